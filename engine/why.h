/* Why a job ran at an instant, or did not, or will, told in sentences.
 *
 * Pure: everything is in the case, so any instant, past or future, can be told
 * of in a test. */
#ifndef MOONCRON_WHY_H
#define MOONCRON_WHY_H

#include "blocker.h"
#include "dossier.h"
#include "mooncron/core.h"
#include "mooncron/text.h"
#include "recent.h"

/* The slots whose rows an answer needs, by this schedule: the one that is
 * meant, else those on both sides. How many. */
#define WHY_SLOTS_MAX 2
size_t why_slots(const struct schedule *schedule, struct wall at,
                 struct wall ret[WHY_SLOTS_MAX]);

/* How many rows before the instant are looked at: the run that was still going,
 * and manual ones between. */
#define WHY_ROWS_MAX 100

struct why_case {
    const struct job *job;
    const struct zone *zone; /* times are shown in it */
    struct wall at, now;
    struct wall told_at; /* by when the store had answered */
    struct wall next; /* the core's next slot; 0: not known, NEVER_MS: none */
    const char *environment; /* in force */
    bool primary, stopping, store_ill;
    struct lane_status lane;         /* where the job is scheduled */
    struct circuit_status circuit;   /* likewise */
    struct blocker blocker;          /* of its run that waits, where one does */
    const struct recent_job *recent; /* NULL: nothing is known */
    const char *owner; /* this life, as rows have it; NULL: not known */
    uint32_t generation;
    struct wall in_force_since;
    uint32_t keep_days;            /* of what has ended; 0: not known */
    const struct dossier *dossier; /* NULL where the store did not answer */
    const char *failure;           /* then: why */
};

/* A whole minute means every moment of it. */
#define WHY_MINUTE_MS 60000

/* One object: `code`, `slot`, `previous` and `next` slots, `sentences`, and the
 * `run` where there is one. */
void why_tell(const struct why_case *c, struct text *out);
/* The same of a job that the schedule in force does not have: what the dossier
 * knows of it, and that. Of the job only `name` is looked at; `code` is
 * "removed". */
void why_tell_gone(const struct why_case *c, struct text *out);

#endif
