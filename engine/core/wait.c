/* What waits, and when that is written down.
 *
 * The newest slot of a job may wait without a row, while it is as good as new:
 * the cursor that is written stops before it. Where the worker dies the next
 * life finds the slot due, and runs it as on any day. So most waits, which are
 * short, end with a claim and cost the store nothing. A row is written when the
 * cursor is about to pass over the slot, when it is so late that the next life
 * would not just run it, and before runs move or the worker stops. */
#include "machine.h"
#include "mutant.h"

/* Whether the cursor has yet to pass over its slot: a manual run has none, a
 * backfill comes to old ones, and what has a row is passed over. */
static bool is_ahead(const struct run *run)
{
    return !run->key.manual && run->trigger != TRIGGER_BACKFILL &&
           !run->written && !run->reclaimed;
}

bool run_is_unwritten(const struct core *core, const struct run *run)
{
    return run->lane != NO_INDEX &&
           lane_at(core, run->lane)->unwritten == run_place(run);
}

static void forget_unwritten(struct core *core, const struct run *run)
{
    if (run_is_unwritten(core, run))
        lane_at(core, run->lane)->unwritten = NO_INDEX;
}

struct wall cursor_moved(struct core *core, const struct run *run)
{
    if (!is_ahead(run))
        return (struct wall){ EVER_MS };
    forget_unwritten(core, run);
    lane_settle(core, run->lane);
    lane_at(core, run->lane)->cursor = run->key.slot;
    return run->key.slot;
}

static void write_wait(struct core *core, struct run *run)
{
    struct wall cursor = cursor_moved(core, run);
    run->written = true;
    if (core->config.journal && !mutant(HELD_UNWRITTEN))
        run_tell(core, run, ACT_WAIT)->cursor = cursor;
}

void run_wait(struct core *core, struct run *run)
{
    run->waited = true;
    if (run->written || run->reclaimed || run_is_unwritten(core, run))
        return;
    int64_t new_ms = run->key.slot.ms + LATE_MS_MAX - core->now.wall.ms;
    if (!is_ahead(run) || new_ms <= 0) {
        write_wait(core, run);
        return;
    }
    struct lane *lane = lane_at(core, run->lane);
    lane_settle(core, run->lane);
    lane->unwritten = run_place(run);
    lane->cursor = run->key.slot;
    if (core->config.journal)
        run_arm(core, run, TIMER_WAIT, new_ms);
}

void lane_settle(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    if (lane->unwritten == NO_INDEX)
        return;
    if (mutant(WAIT_PASSED))
        lane->unwritten = NO_INDEX;
    else
        write_wait(core, &core->runs.places[lane->unwritten]);
}
