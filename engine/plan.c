/* A plan is found by the planner, which asks the core, and by the warnings. */
#include "plan.h"

#include <stdlib.h>

#include "mooncron/memory.h"
#include "warnings.h"

struct wall plan_next(const struct plan *plan, const struct job *job)
{
    if (job->standing != STANDING_SCHEDULED)
        return (struct wall){ NEVER_MS };
    return schedule_next(&job->schedule, plan->now);
}

static void add_slot(void *data, uint32_t job, struct wall slot)
{
    struct plan *plan = data;
    if (plan->only != UINT32_MAX && plan->only != job)
        return;
    if (plan->slot_count == plan->slot_cap) {
        plan->slot_cap = plan->slot_cap ? 2 * plan->slot_cap : 1024;
        plan->slots =
            memory_resize(plan->slots, plan->slot_cap, sizeof *plan->slots);
    }
    plan->slots[plan->slot_count++] = (struct plan_slot){ slot.ms, job };
}

static int compare_slots(const void *left, const void *right)
{
    const struct plan_slot *a = left, *b = right;
    if (a->job != b->job)
        return a->job < b->job ? -1 : 1;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

void plan_find(struct plan *plan, struct planner *planner, int64_t walk_max,
               bool ascii)
{
    struct wall until = { plan->now.ms + plan->horizon_ms };
    bool one = plan->job && *plan->job;
    plan->only = one ? jobset_find(plan->set, plan->job) : UINT32_MAX;
    if (planner)
        plan->totals = planner_walk(planner, plan->now, until, walk_max,
                                    plan->every_slot ? add_slot : NULL, plan);
    if (plan->slot_count)
        qsort(plan->slots, plan->slot_count, sizeof *plan->slots,
              compare_slots);
    warnings_find(plan->set, plan->environment, plan->now, ascii,
                  &plan->warnings);
}

void plan_close(struct plan *plan)
{
    mistakes_clear(&plan->warnings);
    free(plan->slots);
}
