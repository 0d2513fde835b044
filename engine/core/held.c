/* A held run is to be made up: a slot that was due while nobody was there, or
 * one that an operator asked for again.
 *
 * Lanes that hold runs stand in a line, and take turns: one run, then the next
 * lane's. None begins before the worker has lived for a while, and each a pause
 * after the one before. So a worker that dies at once makes nothing up, an
 * outage of a thousand jobs ends in a trickle, and a long backfill of one job
 * does not hold up the others. */
#include <assert.h>

#include "machine.h"
#include "mutant.h"

#define LOOK_AGAIN_MS 1000 /* where none may begin: a circuit, a group */
/* Of a longer line, none of which may begin, no more than one look is taken in
 * CATCH_UP_SPACING_MS, however many runs end. */
#define LOOK_LANES_MAX 64

/* ---- the line ---- */

static void line_join(struct core *core, uint32_t index)
{
    struct lanes *lanes = &core->lanes;
    struct lane *lane = lane_at(core, index);
    if (lane->in_line)
        return;
    lane->in_line = true;
    lane->line_next = NO_INDEX;
    if (lanes->line_last == NO_INDEX)
        lanes->line_first = index;
    else
        lane_at(core, lanes->line_last)->line_next = index;
    lanes->line_last = index;
}

static uint32_t line_leave(struct core *core)
{
    struct lanes *lanes = &core->lanes;
    uint32_t index = lanes->line_first;
    struct lane *lane = lane_at(core, index);
    lanes->line_first = lane->line_next;
    if (lanes->line_first == NO_INDEX)
        lanes->line_last = NO_INDEX;
    lane->in_line = false;
    return index;
}

/* ---- a lane's runs ---- */

/* Newer slots make it superfluous, where its job makes up one at a time. */
static bool is_replaceable(const struct run *run)
{
    return run->trigger == TRIGGER_CATCH_UP && !run->reclaimed;
}

static void held_push(struct core *core, struct run *run)
{
    struct lane *lane = lane_at(core, run->lane);
    run->state = RUN_HELD;
    run->next = NO_INDEX;
    if (lane->held_last == NO_INDEX)
        lane->held_first = run_place(run);
    else
        core->runs.places[lane->held_last].next = run_place(run);
    lane->held_last = run_place(run);
    lane->held++;
    lane->reclaimed += run->reclaimed;
    lane->catching_up += is_replaceable(run);
    core->lanes.held++;
    line_join(core, run->lane);
}

static struct run *held_pop(struct core *core, struct lane *lane)
{
    assert(lane->held > 0);
    struct run *run = &core->runs.places[lane->held_first];
    lane->held_first = run->next;
    if (lane->held_first == NO_INDEX)
        lane->held_last = NO_INDEX;
    lane->held--;
    lane->reclaimed -= run->reclaimed;
    lane->catching_up -= is_replaceable(run);
    core->lanes.held--;
    return run;
}

void held_add(struct core *core, struct run *run)
{
    held_push(core, run);
    run_wait(core, run);
}

void held_supersede(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    if (!lane->catching_up)
        return; /* a long backfill is not walked for it */
    for (uint32_t left = lane->held; left > 0; left--) {
        struct run *run = held_pop(core, lane);
        if (is_replaceable(run))
            run_pass(core, run, VERDICT_MISSED, WHY_SUPERSEDED);
        else
            held_push(core, run);
        lane = lane_at(core, index);
    }
}

/* What another life had claimed is no mere wish any more: it stays. */
static bool is_wish(const struct run *run)
{
    return run->trigger == TRIGGER_BACKFILL && !run->reclaimed;
}

void held_cancel(struct core *core, uint32_t index, struct order_report *report)
{
    for (uint32_t left = lane_at(core, index)->held; left > 0; left--) {
        struct run *run = held_pop(core, lane_at(core, index));
        if (!is_wish(run) || report->runs == BACKFILL_SLOTS_MAX) {
            report->more |= is_wish(run);
            held_push(core, run);
            continue;
        }
        report->last = run->key.slot;
        if (report->runs++ == 0)
            report->first = run->key.slot;
        run_pass(core, run, VERDICT_SKIPPED, WHY_CANCELLED);
    }
}

/* Nothing but the job's own claim may be there when a newer slot is claimed. */
void held_settle(struct core *core, uint32_t index)
{
    if (!lane_at(core, index)->reclaimed)
        return; /* as on any day */
    for (uint32_t left = lane_at(core, index)->held; left > 0; left--) {
        struct run *run = held_pop(core, lane_at(core, index));
        if (run->reclaimed)
            run_refuse(core, run, VERDICT_UNKNOWN, WHY_DOWN);
        else
            held_push(core, run);
    }
}

/* ---- a turn ---- */

/* Its window has passed while it waited for its turn. */
static bool held_expired(const struct core *core, const struct run *run)
{
    return run->trigger == TRIGGER_CATCH_UP && !run->reclaimed &&
           !mutant(NO_WINDOW) &&
           core->now.wall.ms - run->key.slot.ms > run->job->catch_up.window_ms;
}

static void lane_expire(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    enum why why = lane_paused(core, index) ? WHY_PAUSED : WHY_LATE;
    while (lane->held &&
           held_expired(core, &core->runs.places[lane->held_first]))
        run_pass(core, held_pop(core, lane), VERDICT_MISSED, why);
}

/* A run that is made up costs the job no slot, by min_gap either. One that was
 * ordered does not wait for a gap that its schedule may never leave. */
static bool costs_a_slot(const struct core *core, uint32_t index)
{
    const struct lane *lane = lane_at(core, index);
    return core->runs.places[lane->held_first].trigger == TRIGGER_CATCH_UP &&
           job_too_soon(lane_job(core, index), core->now.wall, lane->due);
}

static bool lane_admits(struct core *core, uint32_t index)
{
    const struct job *job = lane_job(core, index);
    const struct queue *queue = queue_of(core, job->group);
    if (lane_paused(core, index) || circuit_holds(core, index) ||
        lane_too_soon(core, index, core->now.wall) || costs_a_slot(core, index))
        return false;
    if (queue && queue_full(queue))
        return false;
    return lane_has_room(core, index);
}

/* True where a run of the line's first lane has begun. */
static bool lane_turn(struct core *core)
{
    uint32_t index = line_leave(core);
    lane_expire(core, index);
    struct lane *lane = lane_at(core, index);
    if (!lane->held)
        return false;
    if (!lane_admits(core, index)) {
        line_join(core, index);
        return false;
    }
    struct run *run = held_pop(core, lane);
    if (lane->held)
        line_join(core, index);
    run_admit(core, run);
    return true;
}

void held_turn(struct core *core)
{
    struct lanes *lanes = &core->lanes;
    if (!lanes->held || core->store_ill || core->stopping ||
        core->now.mono.ms < lanes->held_at.ms)
        return;
    lanes->held_at.ms = core->now.mono.ms + LOOK_AGAIN_MS;
    uint32_t end = lanes->line_last, index, looked = 0;
    bool begun;
    do {
        index = lanes->line_first;
        begun = lane_turn(core) && !mutant(BURST);
        looked++;
    } while (!begun && index != end && lanes->line_first != NO_INDEX);
    if (begun)
        lanes->held_at.ms = core->now.mono.ms + CATCH_UP_SPACING_MS;
    if (begun || looked > LOOK_LANES_MAX)
        lanes->held_looked = core->now.mono;
}

struct mono held_deadline(const struct core *core)
{
    const struct lanes *lanes = &core->lanes;
    bool idle = !lanes->held || core->store_ill || core->stopping;
    return idle ? (struct mono){ NEVER_MS } : lanes->held_at;
}

void held_soon(struct core *core)
{
    struct lanes *lanes = &core->lanes;
    int64_t soon_ms = lanes->held_looked.ms + CATCH_UP_SPACING_MS;
    if (soon_ms < lanes->held_at.ms)
        lanes->held_at.ms = soon_ms;
}

/* ---- moving and leaving ---- */

static void move_one(struct core *core, struct run *run)
{
    run_place_in(run, tenure_in_force(core)->set);
    if (run->lane == NO_INDEX) {
        run_pass(core, run, VERDICT_SKIPPED, WHY_REMOVED);
        return;
    }
    run_renew(core, run);
    held_push(core, run);
}

void held_move(struct core *core, const struct lanes *old)
{
    for (uint32_t i = old->line_first; i != NO_INDEX;
         i = old->lanes[i].line_next) {
        uint32_t place = old->lanes[i].held_first;
        while (place != NO_INDEX) {
            struct run *run = &core->runs.places[place];
            place = run->next;
            move_one(core, run);
        }
    }
}
