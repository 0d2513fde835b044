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

const char *const order_verb_names[4] = { "trigger", "pause", "resume",
                                          "backfill" };
const char *const order_names[ORDERS] = {
    [ORDER_DONE] = "done",
    [ORDER_NO_JOB] = "no_job",
    [ORDER_NOT_SCHEDULED] = "not_scheduled",
    [ORDER_OVERLAP] = "overlap",
    [ORDER_LEFT_OPEN] = "left_open",
    [ORDER_NOT_PAUSED] = "not_paused",
    [ORDER_TOO_MANY] = "too_many",
    [ORDER_TOO_OLD] = "too_old",
    [ORDER_STORE] = "store",
    [ORDER_NOT_PRIMARY] = "not_primary",
    [ORDER_STOPPING] = "stopping",
};

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

/* ---- tenures ---- */

struct tenure *core_tenure(const struct core *core)
{
    return core->tenure_count ? &core->tenures[core->tenure_count - 1] : NULL;
}

struct tenure *core_tenure_of(const struct core *core, uint32_t generation)
{
    uint32_t i = core->tenure_count;
    do
        assert(i > 0);
    while (core->tenures[--i].generation != generation);
    return &core->tenures[i];
}

static void tenure_retire(struct core *core, struct tenure *tenure)
{
    if (tenure->runs || tenure->retired || tenure == core_tenure(core))
        return;
    tenure->retired = true;
    core_act(core, ACT_RETIRE)->retire.generation = tenure->generation;
}

void core_tenure_leave(struct core *core, uint32_t generation)
{
    struct tenure *tenure = core_tenure_of(core, generation);
    assert(tenure->runs > 0);
    tenure->runs--;
    tenure_retire(core, tenure);
}

/* The caller has read the actions of the step before: what they pointed into
 * may go. */
static void tenures_sweep(struct core *core)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < core->tenure_count; i++) {
        if (core->tenures[i].retired)
            jobset_unref(core->tenures[i].set);
        else
            core->tenures[kept++] = core->tenures[i];
    }
    core->tenure_count = kept;
}

/* Too many generations finish their runs: the oldest are cut short. */
static void tenures_cut(struct core *core)
{
    for (uint32_t i = 0; i + 1 + TENURES_DRAINING_MAX < core->tenure_count;
         i++) {
        struct tenure *tenure = &core->tenures[i];
        if (tenure->cut)
            continue;
        tenure->cut = true;
        run_cancel(core, tenure->generation, WHY_REPLACED,
                   "too many reloads came since");
    }
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
    for (uint32_t i = 0; i < core->tenure_count; i++)
        jobset_unref(core->tenures[i].set);
    free(core->tenures);
    agenda_close(&core->agenda);
    lanes_close(&core->lanes);
    away_close(&core->away);
    run_close(&core->runs);
    circuits_close(&core->circuits);
    free(core->adopted);
    free(core->lanes_adopted);
    free(core);
}

/* Settings have been known since the core began, or are now. */
static bool settings_known(const struct core *core)
{
    return core->handover.known || core->config.has_cached ||
           !core->config.fetches;
}

/* Lanes move to the set that has just come into force. */
static void lanes_follow(struct core *core, const struct jobset *before)
{
    bool forget = settings_known(core) && !core->lanes.memory_over;
    lanes_move(core, before);
    adopt_runs(core);
    if (forget)
        adopt_end(core);
    if (!core->config.journal)
        return;
    struct action *act = core_act(core, ACT_LANES);
    act->lanes.before = before;
    act->lanes.forget = forget;
}

void core_settle(struct core *core)
{
    if (core->lanes.memory_over)
        return;
    adopt_end(core);
    if (core->config.journal)
        core_act(core, ACT_LANES)->lanes.forget = true;
}

void core_swap(struct core *core, struct jobset *set, uint32_t generation,
               struct reload_report *ret_report)
{
    const struct tenure *old = core_tenure(core);
    const struct jobset *before = old ? old->set : NULL;
    ret_report->generation = generation;
    ret_report->diff = jobset_compare(before, set);
    ret_report->runs_per_day = jobset_runs_per_day(set);
    ret_report->at = core->in_force_since = core->now.wall;
    lanes_leave(core, set);
    core->tenures = memory_resize(core->tenures, core->tenure_count + 1,
                                  sizeof *core->tenures);
    core->tenures[core->tenure_count++] =
        (struct tenure){ .generation = generation, .set = set };
    core_act(core, ACT_SWAP)->swap.report = *ret_report;
    lanes_follow(core, before);
    if (core->tenure_count > 1)
        tenure_retire(core, &core->tenures[core->tenure_count - 2]);
    agenda_fill(core);
    tenures_cut(core);
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
    if (core->runs.going && late && !core->leaving)
        stop_now(core);
    else if (!core->runs.going || late)
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
    const struct tenure *tenure = core_tenure(core);
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
        .runs = core->runs.going,
        .store_well = !core->store_ill,
    };
}

struct wall core_next_slot(const struct core *core, uint32_t index)
{
    const struct tenure *tenure = core_tenure(core);
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
