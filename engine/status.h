/* The status of the worker, as JSON: what is in force, and of each job when it
 * runs next and how it went last. */
#ifndef MOONCRON_STATUS_H
#define MOONCRON_STATUS_H

#include "mooncron/core.h"
#include "mooncron/text.h"
#include "recent.h"

/* What the gate lets through of one answer, and some room for its end. */
#define STATUS_BYTES_MAX (900 << 10)

struct status_view {
    const struct core *core;
    const struct recent *recent;
    struct wall now;
    const char *job; /* of this one alone; "": of all */
    const char *file, *node_env;
    const char *loaded_by, *loaded_who; /* the schedule in force; or "" */
    bool primary;
};

/* Writes the object, and returns what is equal where two of them differ by the
 * time alone. Jobs that do not fit are counted as `omitted`. */
uint64_t status_write(const struct status_view *view, struct text *out);

/* Of an answer: what is equal where two of them say the same; never 0. */
uint64_t status_tag(const char *bytes, size_t len);

/* The environment in force: that of Settings, or, where they name none, of the
 * process; borrowed of either. */
const char *status_environment(const struct core_status *status,
                               const char *node_env);
/* Of a job that has no slots: why, as plan says it; NULL where it has some. */
const char *status_reason(const struct job *job);
/* The zone that the job's times are shown in: its own, or the set's. */
const struct zone *status_zone(const struct jobset *set, const struct job *job);

/* What a job calls, and a run, as members of an object that is open. */
void status_target(const struct job *job, struct text *out);
void status_run(const struct recent_run *run, const struct zone *zone,
                struct text *out);
/* Of one that was accepted since when, and until when it is asked for; nothing
 * of any other, or of NULL. */
void status_accepted(const struct recent_run *run, const struct zone *zone,
                     struct text *out);
/* "2026-11-23T14:07:31Z", and "~manual" behind it: what names a run in a path.
 */
#define STATUS_KEY_MAX 64
const char *status_key(struct run_key key, char buffer[STATUS_KEY_MAX]);

#endif
