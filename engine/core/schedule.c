/* A schedule is a lattice on the UTC epoch: slot n is n * every + phase. */
#include <assert.h>
#include <string.h>

#include "mooncron/jobset.h"

/* Floor division by a positive number. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* How many slots lie at or before `at`, counted from slot 0. */
static int64_t slots_until(const struct schedule *schedule, struct wall at)
{
    return floor_div(at.ms - schedule->phase_ms, schedule->every_ms);
}

struct wall schedule_next(const struct schedule *schedule, struct wall after)
{
    assert(schedule->every_ms > 0);
    int64_t n = slots_until(schedule, after) + 1;
    return (struct wall){ n * schedule->every_ms + schedule->phase_ms };
}

struct wall schedule_last(const struct schedule *schedule, struct wall at)
{
    int64_t n = slots_until(schedule, at);
    return (struct wall){ n * schedule->every_ms + schedule->phase_ms };
}

int64_t schedule_count(const struct schedule *schedule, struct wall after,
                       struct wall until)
{
    if (until.ms <= after.ms)
        return 0;
    return slots_until(schedule, until) - slots_until(schedule, after);
}

int64_t schedule_phase_auto(const char *name, int64_t every_ms)
{
    uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    int64_t seconds = every_ms / 1000;
    return seconds ? (int64_t)hash % seconds * 1000 : 0;
}
