/* The planner asks the core itself: a schedule is put in force in virtual time,
 * and every run that it starts is a slot of the plan. */
#ifndef MOONCRON_CLI_PLANNER_H
#define MOONCRON_CLI_PLANNER_H

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

/* Plans (now, until]. `slot` may be NULL; it is not called where the horizon
 * holds more than PLANNER_WALK_MAX slots. */
struct planner_totals planner_run(struct jobset *set, struct wall now,
                                  struct wall until, planner_slot *slot,
                                  void *data);

#endif
