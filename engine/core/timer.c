/* A timer tells when a run is to be looked at again: one agenda for all, on the
 * monotonic clock. What is of no use any more is thrown away at its top. */
#include "machine.h"

static void timer_push(struct runs *runs, const struct run *run,
                       enum timer timer, int64_t due_ms)
{
    agenda_push(&runs->timers,
                (struct agenda_entry){ .due_ms = due_ms,
                                       .id = run_place(run) * TIMERS + timer,
                                       .stamp = run_serial(run) });
}

void run_arm(struct core *core, struct run *run, enum timer timer,
             int64_t delay_ms)
{
    run->timer.ms = core->now.mono.ms + delay_ms;
    timer_push(&core->runs, run, timer, run->timer.ms);
}

void run_nap(struct core *core, struct run_id id, uint32_t call, int64_t nap_ms)
{
    struct run *run = run_find(&core->runs, id);
    if (!run || run->state != RUN_LIVE)
        return;
    run->napping = true;
    run->nap_call = call;
    run->nap_due_ms = core->now.mono.ms + (nap_ms > 0 ? nap_ms : 0);
    timer_push(&core->runs, run, TIMER_NAP, run->nap_due_ms);
}

static bool is_wanted(const struct core *core, const struct run *run,
                      enum timer timer, int64_t due_ms)
{
    bool armed = run->timer.ms == due_ms;
    switch (timer) {
    case TIMER_WAIT:
        return armed && run_is_unwritten(core, run);
    case TIMER_TIMEOUT:
        return armed && run->state == RUN_LIVE;
    case TIMER_REST:
        return armed && run->state == RUN_RESTING;
    case TIMER_NAP:
        return run->napping && run->state == RUN_LIVE &&
               run->nap_due_ms == due_ms;
    case TIMERS:
        break;
    }
    return false;
}

/* The run that a timer is for, or NULL where it is of no use any more. */
static struct run *timer_run(struct core *core,
                             const struct agenda_entry *entry)
{
    struct run *run = &core->runs.places[entry->id / TIMERS];
    enum timer timer = (enum timer)(entry->id % TIMERS);
    bool same = run->state != RUN_FREE && run_serial(run) == entry->stamp;
    return same && is_wanted(core, run, timer, entry->due_ms) ? run : NULL;
}

static void timer_ring(struct core *core, struct run *run, enum timer timer)
{
    switch (timer) {
    case TIMER_WAIT:
        lane_settle(core, run->lane);
        break;
    case TIMER_TIMEOUT:
        run_cancel_one(core, run, WHY_NONE, "its timeout has passed");
        break;
    case TIMER_REST:
        run_rested(core, run);
        break;
    case TIMER_NAP:
        run_wake(core, run);
        break;
    case TIMERS:
        break;
    }
}

void run_timers(struct core *core)
{
    struct agenda *timers = &core->runs.timers;
    const struct agenda_entry *first;
    while ((first = agenda_first(timers))) {
        struct run *run = timer_run(core, first);
        enum timer timer = (enum timer)(first->id % TIMERS);
        if (run && first->due_ms > core->now.mono.ms)
            break;
        agenda_pop(timers);
        if (run)
            timer_ring(core, run, timer);
    }
}
