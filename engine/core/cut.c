/* A cut ends runs before their time, many at once: for a newer slot of their
 * job, with their generation, and at the end of the worker. */
#include "machine.h"

void run_cancel(struct core *core, uint32_t generation, enum why why,
                const char *because)
{
    for (uint32_t i = 0; i < core->runs.count; i++) {
        struct run *run = &core->runs.places[i];
        if (generation && run->generation != generation)
            continue;
        if (run->state == RUN_LIVE)
            run_cancel_one(core, run, why, because);
        else if (run->state == RUN_RESTING)
            run_finish(core, run, &run->last, why);
    }
}

/* What rests ends at once, and the heir may begin with that. So it is put aside
 * until the others know: the walk is over what went on when it began. */
void run_replace(struct core *core, uint32_t index)
{
    struct runs *runs = &core->runs;
    uint32_t resting = NO_INDEX, older;
    for (uint32_t i = lane_at(core, index)->newest; i != NO_INDEX; i = older) {
        struct run *run = &runs->places[i];
        older = run->older;
        if (run->key.manual)
            continue;
        if (run->state == RUN_LIVE) {
            run_cancel_one(core, run, WHY_REPLACED,
                           "a newer slot of its job is due");
        } else if (run->state == RUN_RESTING) {
            run->next = resting;
            resting = i;
        } else if (run->state != RUN_LEAVING) { /* it has not begun */
            run->leaving = WHY_REPLACED;
        }
    }
    while (resting != NO_INDEX) {
        struct run *run = &runs->places[resting];
        resting = run->next;
        run_finish(core, run, &run->last, WHY_REPLACED);
    }
}

/* Where there is a journal its row waits for the next life, which decides; an
 * attempt that would follow is handed on with its claim. */
static void forget_one(struct core *core, struct run *run)
{
    if (run_is_unwritten(core, run))
        lane_settle(core, run->lane);
    if (core->config.journal)
        run_drop(core, run);
    else if (run->state == RUN_RESTING)
        run_finish(core, run, &run->last, WHY_STOPPING);
    else
        run_pass(core, run, VERDICT_SKIPPED, WHY_STOPPING);
}

void run_forget_idle(struct core *core)
{
    struct runs *runs = &core->runs;
    for (uint32_t i = 0; i < runs->queue_count; i++)
        while (runs->queues[i].waiting)
            forget_one(core, queue_pop(runs, &runs->queues[i]));
    for (uint32_t i = 0; i < runs->count; i++) {
        struct run *run = &runs->places[i];
        if (run->state == RUN_HELD || run->state == RUN_HEIR ||
            run->state == RUN_RESTING)
            forget_one(core, run);
    }
    core->lanes.held = 0;
}

/* What another life may have sent is left to the next, which may try it again.
 * A claim of ours is in the journal's hands, and may be written yet: its
 * verdict goes with it. */
void run_forget_claims(struct core *core)
{
    for (uint32_t i = 0; i < core->runs.count; i++) {
        struct run *run = &core->runs.places[i];
        if (run->state != RUN_CLAIMING)
            continue;
        if (run->reclaimed)
            run_drop(core, run);
        else
            run_refuse(core, run, VERDICT_SKIPPED, WHY_STOPPING);
    }
}
