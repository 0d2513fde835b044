/* The planner asks the core itself: a schedule is put in force in virtual time,
 * and every run that it starts is a slot of the plan. */
#ifndef MOONCRON_PLANNER_H
#define MOONCRON_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/jobset.h"

/* A walk takes a microsecond or two a slot: this many are ten seconds, which is
 * as long as anybody looks at an empty screen. */
#define PLANNER_WALK_MAX 5000000

/* A heartbeat runs often, at the same pace everywhere, whatever Settings say:
 * counted apart, or nobody would see the rest. */
#define PLANNER_HEARTBEAT_MS 300000
bool planner_is_heartbeat(const struct job *job);

struct planner_totals {
    uint32_t scheduled;
    int64_t runs, heartbeats; /* within the horizon */
    /* The rest only where `walked`; without heartbeats. */
    bool walked;
    int64_t minute_max; /* most starts in one minute */
    int64_t hour_max;
    struct wall hour; /* the hour that has them, on the clock of the set's zone
                       * as though that were UTC */
};

/* One slot, in the order in which they fire. */
typedef void planner_slot(void *data, uint32_t job, struct wall slot);

struct planner;

/* A reference to the set is taken over. References are not counted for several
 * threads: this and planner_free() are of the thread that has the set; the walk
 * in between may be of another. */
struct planner *planner_new(struct jobset *set);
void planner_free(struct planner *planner); /* NULL is fine */

/* Plans (now, until], once. `slot` may be NULL; it is not called where the
 * horizon holds more than `walk_max` slots. */
struct planner_totals planner_walk(struct planner *planner, struct wall now,
                                   struct wall until, int64_t walk_max,
                                   planner_slot *slot, void *data);

#endif
