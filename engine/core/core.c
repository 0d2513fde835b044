/* The core: one event in, what to do out.
 *
 * A step settles the clocks, fires what is due, applies the event, and then
 * lets the handover do what has become possible. */
#include "mooncron/core.h"

#include <assert.h>
#include <stdlib.h>

#include "machine.h"
#include "mooncron/memory.h"
#include "mutant.h"
#include "number.h"

/* A host that does not answer a cancel is not waited for. */
#define LEAVE_MS_MAX 2000

/* ---- actions ---- */

struct action *core_act(struct core *core, enum action_kind kind)
{
    struct update *out = core->out;
    if (out->count == out->cap) {
        out->cap = out->cap ? out->cap * 2 : 16;
        out->actions =
            memory_resize(out->actions, out->cap, sizeof *out->actions);
    }
    struct action *act = &out->actions[out->count++];
    *act = (struct action){ .kind = kind };
    return act;
}

void update_close(struct update *update)
{
    free(update->actions);
    *update = (struct update){ 0 };
}

/* ---- clocks ---- */

/* The wall clock was set where it went another way than the time. */
static void clocks_settle(struct core *core, struct now now)
{
    if (now.mono.ms < core->now.mono.ms)
        now.mono = core->now.mono;
    int64_t by_ms =
        (now.wall.ms - core->now.wall.ms) - (now.mono.ms - core->now.mono.ms);
    struct wall before = core->now.wall;
    core->now = now;
    core->leapt = by_ms >= JUMP_MS_MIN;
    if (by_ms > -JUMP_MS_MIN && by_ms < JUMP_MS_MIN)
        return;
    core_act(core, ACT_JUMP)->jump.by_ms = by_ms;
    struct wall from = now.wall;
    if (by_ms > LATE_MS_MAX)
        from.ms -= LATE_MS_MAX; /* slots this old may still be fired */
    else if (by_ms > 0)
        from = before;
    lanes_leap(core, by_ms);
    past_jump(&core->past, from);
    if (mutant(PAST_LOST) && by_ms < 0)
        past_begin(&core->past, from);
    if (by_ms < 0)
        agenda_fill(core);
}

/* ---- life ---- */

struct core *core_new(const struct core_config *config, struct now now)
{
    struct core *core = memory_new(sizeof *core);
    core->config = *config;
    core->now = now;
    core->runs.free = NO_INDEX;
    core->random = config->seed;
    core->began = now.wall;
    core->store_well.ms = core->manual_last.ms = EVER_MS;
    core->adopted = memory_new(config->memory.run_count + 1);
    core->lanes_adopted = memory_new(config->memory.lane_count + 1);
    core->lanes.line_first = core->lanes.line_last = NO_INDEX;
    core->lanes.held_at.ms = now.mono.ms + CATCH_UP_SETTLE_MS;
    if (mutant(START_BURST))
        core->lanes.held_at = now.mono;
    core->lanes.held_looked.ms = core->lanes.held_at.ms - CATCH_UP_SPACING_MS;
    core->handover.generations = config->memory.generation;
    past_begin(&core->past, now.wall);
    handover_begin(core);
    return core;
}

void core_free(struct core *core)
{
    if (!core)
        return;
    tenures_close(core);
    agenda_close(&core->agenda);
    lanes_close(&core->lanes);
    away_close(&core->away);
    run_close(&core->runs);
    circuits_close(&core->circuits);
    free(core->adopted);
    free(core->lanes_adopted);
    free(core);
}

/* ---- stopping ---- */

static void stop_now(struct core *core)
{
    core->leaving = true;
    core->stop_at.ms = core->now.mono.ms + LEAVE_MS_MAX;
    run_cancel(core, 0, WHY_STOPPING, "the worker was told to stop");
}

static void stop(struct core *core)
{
    if (core->stopping) {
        if (!core->leaving)
            stop_now(core);
        return;
    }
    core->stopping = true;
    core->stop_at.ms = core->now.mono.ms + core->config.drain_ms;
    if (!mutant(STOP_CLAIMS))
        agenda_clear(&core->agenda);
    run_forget_idle(core);
    if (core->store_ill)
        run_forget_claims(core);
    handover_stop(core);
}

static void stop_turn(struct core *core)
{
    bool late = core->now.mono.ms >= core->stop_at.ms;
    if (core->runs.taken && late && !core->leaving)
        stop_now(core);
    else if (!core->runs.taken || late)
        core_act(core, ACT_DONE);
}

/* ---- a step ---- */

/* While the store is ill nothing is fired: no claim could be kept. Time stands
 * still for slots, and what was due meanwhile is late afterwards. */
static void store_turned(struct core *core, bool well)
{
    if (core->store_ill && well)
        core->store_well = core->now.wall;
    core->store_ill = !well;
    if (core->store_ill && core->stopping)
        run_forget_claims(core);
}

static void apply(struct core *core, const struct event *event)
{
    switch (event->kind) {
    case EV_TIME:
        break;
    case EV_ASK:
        handover_ask(core, event);
        break;
    case EV_FETCHED:
        handover_fetched(core, event);
        break;
    case EV_LOADED:
        handover_loaded(core, event);
        break;
    case EV_CLAIMED:
        run_claimed(core, event);
        break;
    case EV_ANSWER:
        run_answered(core, event);
        break;
    case EV_NAP:
        run_nap(core, event->nap.run, event->nap.call, event->nap.nap_ms);
        break;
    case EV_VERSION:
        handover_version(core);
        break;
    case EV_STORE:
        store_turned(core, event->store.well);
        break;
    case EV_ORDER:
        order_take(core, &event->order);
        break;
    case EV_STOP:
        stop(core);
        break;
    }
}

void core_step(struct core *core, const struct event *event,
               struct update *update)
{
    core->out = update;
    tenures_sweep(core);
    clocks_settle(core, event->now);
    if (!core->store_ill) {
        due_turn(core);
        past_grow(&core->past, core->now.wall);
    } else if (mutant(FIRES_ILL)) {
        past_grow(&core->past, core->now.wall);
    }
    apply(core, event);
    run_timers(core);
    held_turn(core);
    handover_turn(core);
    if (core->stopping)
        stop_turn(core);
    core->out = NULL;
}

/* ---- looking ---- */

struct core_deadline core_deadline(const struct core *core)
{
    const struct agenda_entry *slot =
        core->store_ill ? NULL : agenda_first(&core->agenda);
    const struct agenda_entry *timer = agenda_first(&core->runs.timers);
    int64_t mono = handover_deadline(core).ms;
    mono = earlier(mono, held_deadline(core).ms);
    if (timer)
        mono = earlier(mono, timer->due_ms);
    if (core->stopping)
        mono = earlier(mono, core->stop_at.ms);
    return (struct core_deadline){ { slot ? slot->due_ms : NEVER_MS },
                                   { mono } };
}

struct core_status core_status(const struct core *core)
{
    const struct tenure *tenure = tenure_in_force(core);
    const struct handover *h = &core->handover;
    return (struct core_status){
        .generation = tenure ? tenure->generation : 0,
        .set = tenure ? tenure->set : NULL,
        .in_force_since = core->in_force_since,
        .settings = h->in_force,
        .settings_known = h->known,
        .unconfirmed = h->unconfirmed,
        .fetching = h->fetching,
        .loading = h->loading,
        .stopping = core->stopping,
        .fetch_failures = h->failures,
        .runs = core->runs.taken,
        .store_well = !core->store_ill,
    };
}

struct wall core_next_slot(const struct core *core, uint32_t index)
{
    const struct tenure *tenure = tenure_in_force(core);
    if (!tenure || !core->config.primary || core->stopping)
        return (struct wall){ NEVER_MS };
    const struct job *job = jobset_job(tenure->set, index);
    if (job->standing != STANDING_SCHEDULED)
        return (struct wall){ NEVER_MS };
    const struct lane *lane = lane_at(core, index);
    if (job->max_runs && lane->runs >= job->max_runs)
        return (struct wall){ NEVER_MS };
    struct wall after = core->now.wall;
    if (lane_paused(core, index))
        after = lane->paused_until;
    else if (lane->due.ms > after.ms)
        return lane->due;
    return past_next_slot(&core->past, &job->schedule, after);
}

static struct wall unwritten_slot(const struct core *core,
                                  const struct lane *lane)
{
    if (lane->unwritten == NO_INDEX)
        return (struct wall){ EVER_MS };
    return core->runs.places[lane->unwritten].key.slot;
}

struct lane_status core_lane(const struct core *core, uint32_t index)
{
    const struct lane *lane = lane_at(core, index);
    return (struct lane_status){
        .going = lane->going,
        .queued = lane->held + (lane->heir != NO_INDEX),
        .fails = lane->fails,
        .runs = lane->runs,
        .cursor = lane->cursor,
        .started = lane->started,
        .paused_until = { lane_paused(core, index) ? lane->paused_until.ms
                                                   : EVER_MS },
        .unwritten = unwritten_slot(core, lane),
        .circuit_open = circuit_holds(core, index),
        .fresh = lane->fresh,
    };
}
