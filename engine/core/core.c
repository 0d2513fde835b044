/* The core: one event in, what to do out.
 *
 * A step settles the clocks, fires what is due, applies the event, and then
 * lets the handover do what has become possible. */
#include "mooncron/core.h"

#include <assert.h>
#include <stdlib.h>

#include "machine.h"
#include "mooncron/memory.h"

/* A host that does not answer a cancel is not waited for. */
#define LEAVE_MS_MAX 2000

const char *const order_verb_names[4] = { "trigger", "pause", "resume",
                                          "backfill" };
const char *const order_names[ORDERS] = {
    [ORDER_DONE] = "done",
    [ORDER_NO_JOB] = "no_job",
    [ORDER_NOT_SCHEDULED] = "not_scheduled",
    [ORDER_OVERLAP] = "overlap",
    [ORDER_NOT_PAUSED] = "not_paused",
    [ORDER_TOO_MANY] = "too_many",
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
        run_cancel(core, tenure->generation, "too many reloads came since");
    }
}

/* ---- the agenda ---- */

/* All of it is a function of the set, the past and the time: a job that a
 * reload did not change is due when it was due before. A slot of this very
 * instant is due as well, where the past does not have it. */
static void agenda_fill(struct core *core)
{
    agenda_clear(&core->agenda);
    const struct tenure *tenure = core_tenure(core);
    if (!tenure || !core->config.primary || core->stopping)
        return;
    const struct wall before = { core->now.wall.ms - 1 };
    for (uint32_t i = 0; i < jobset_count(tenure->set); i++) {
        const struct job *job = jobset_job(tenure->set, i);
        if (job->standing != STANDING_SCHEDULED)
            continue;
        struct wall due = past_next_slot(&core->past, &job->schedule, before);
        agenda_append(&core->agenda,
                      (struct agenda_entry){ .due_ms = due.ms, .id = i });
    }
    agenda_order(&core->agenda);
}

/* Tells the slots from `first` to `last` as missed, but for those in between
 * that had their verdict before the clock was set back over them. */
static void slots_missed(struct core *core, const struct job *job,
                         struct wall first, struct wall last, enum why why)
{
    while (first.ms <= last.ms) {
        struct wall end = past_gap_end(&core->past, first);
        end = schedule_last(&job->schedule, end.ms < last.ms ? end : last);
        struct action *act = core_act(core, ACT_PASS);
        act->pass.job = job;
        act->pass.first = first;
        act->pass.last = end;
        act->pass.count = 1 + schedule_count(&job->schedule, first, end);
        act->pass.verdict = VERDICT_MISSED;
        act->pass.why = why;
        first = past_next_slot(&core->past, &job->schedule, end);
    }
}

/* The job's first due slot is `first`. Only the newest is run, and only while
 * it is fresh; the next due comes from the slot, not from the clock. */
static void job_due(struct core *core, uint32_t index, struct wall first)
{
    const struct job *job = jobset_job(core_tenure(core)->set, index);
    struct wall now = core->now.wall;
    struct wall newest = past_last_slot(&core->past, &job->schedule, now);
    agenda_move_first(&core->agenda,
                      past_next_slot(&core->past, &job->schedule, newest).ms);
    if (now.ms - newest.ms > LATE_MS_MAX) {
        slots_missed(core, job, first, newest, WHY_LATE);
        return;
    }
    const struct wall before = { newest.ms - 1 };
    slots_missed(core, job, first, before, WHY_SUPERSEDED);
    run_due(core, index, newest);
}

static void fire_due(struct core *core)
{
    const struct agenda_entry *first;
    while ((first = agenda_first(&core->agenda)) &&
           first->due_ms <= core->now.wall.ms)
        job_due(core, first->id, (struct wall){ first->due_ms });
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
    if (by_ms > -JUMP_MS_MIN && by_ms < JUMP_MS_MIN)
        return;
    core_act(core, ACT_JUMP)->jump.by_ms = by_ms;
    struct wall from = now.wall;
    if (by_ms > LATE_MS_MAX)
        from.ms -= LATE_MS_MAX; /* slots this old may still be fired */
    else if (by_ms > 0)
        from = before;
    past_jump(&core->past, from);
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
    run_close(&core->runs);
    free(core);
}

void core_swap(struct core *core, struct jobset *set, uint32_t generation,
               struct reload_report *ret_report)
{
    const struct tenure *old = core_tenure(core);
    ret_report->generation = generation;
    ret_report->diff = jobset_compare(old ? old->set : NULL, set);
    ret_report->runs_per_day = jobset_runs_per_day(set);
    ret_report->at = core->in_force_since = core->now.wall;
    core->tenures = memory_resize(core->tenures, core->tenure_count + 1,
                                  sizeof *core->tenures);
    core->tenures[core->tenure_count++] =
        (struct tenure){ .generation = generation, .set = set };
    core_act(core, ACT_SWAP)->swap.report = *ret_report;
    run_move(core);
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
    run_cancel(core, 0, "the worker was told to stop");
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
    agenda_clear(&core->agenda);
    run_forget_waiting(core, WHY_STOPPING);
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

static void apply(struct core *core, const struct event *event)
{
    switch (event->kind) {
    case EV_TIME:
    case EV_CLAIMED:
    case EV_STORE:
    case EV_ORDER:
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
    case EV_ANSWER:
        run_answered(core, event->answer.run, event->answer.verdict);
        break;
    case EV_NAP:
        run_nap(core, event->nap.run, event->nap.call, event->nap.nap_ms);
        break;
    case EV_VERSION:
        handover_version(core);
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
    fire_due(core);
    past_grow(&core->past, core->now.wall);
    apply(core, event);
    run_timers(core);
    handover_turn(core);
    if (core->stopping)
        stop_turn(core);
    core->out = NULL;
}

/* ---- looking ---- */

static int64_t earliest(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

struct core_deadline core_deadline(const struct core *core)
{
    const struct agenda_entry *slot = agenda_first(&core->agenda);
    const struct agenda_entry *timer = agenda_first(&core->runs.timers);
    int64_t mono = handover_deadline(core).ms;
    if (timer)
        mono = earliest(mono, timer->due_ms);
    if (core->stopping)
        mono = earliest(mono, core->stop_at.ms);
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
    return past_next_slot(&core->past, &job->schedule, core->now.wall);
}
