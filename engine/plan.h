/* A plan: what would run, and when. It is made of a schedule at a moment, by
 * commands that only look and by the daemon, and told as JSON by both. */
#ifndef MOONCRON_PLAN_H
#define MOONCRON_PLAN_H

#include "mooncron/core.h"
#include "mooncron/mistake.h"
#include "mooncron/text.h"
#include "planner.h"

struct plan_slot {
    int64_t at_ms;
    uint32_t job;
};

struct plan {
    /* What it is of; borrowed. */
    const struct jobset *set;
    struct wall now;
    struct facts facts; /* the Settings that the set was loaded with */
    const char *file;
    const char *environment; /* in force: Settings', or NODE_ENV */
    const char *source;      /* of the Settings: "flag", "file", "backend" or
                              * "cache" */
    const char *digest;      /* of the file: plan_digest(); or "" */
    const char *tzdata;      /* version of the zones' data, or "" */
    /* What is wanted of it. */
    const char *job; /* JSON tells of this one alone; "" or NULL: of all */
    int64_t horizon_ms;
    bool every_slot; /* a horizon was named: JSON lists each slot in it */
    /* What was found. */
    struct planner_totals totals;
    struct plan_slot *slots; /* with every_slot; sorted by job, then time */
    size_t slot_count, slot_cap;
    uint32_t only; /* index of `job`; UINT32_MAX: all */
    struct mistakes warnings;
};

/* Finds what is due and what there is to say of it. `planner` has the plan's
 * set, and walks at most `walk_max` slots; NULL: nobody wants sums. `ascii`:
 * pictures without UTF-8. */
void plan_find(struct plan *plan, struct planner *planner, int64_t walk_max,
               bool ascii);
void plan_close(struct plan *plan);

/* The first slot of a job after now; NEVER_MS where it has none. */
struct wall plan_next(const struct plan *plan, const struct job *job);

/* SHA-256 of a schedule file, in hex; "" where it cannot be read. */
#define PLAN_DIGEST_MAX 65
void plan_digest(const char *path, char hex[PLAN_DIGEST_MAX]);

void plan_json(const struct plan *plan, struct text *out);

/* plan_changes.c: the changes of offset in the horizon, and what jobs do there;
 * in JSON, each zone's next one where none is in it: "transitions": [...]. */
void plan_changes(const struct plan *plan, struct text *out);
void plan_changes_json(const struct plan *plan, struct text *out);

#endif
