/* A run is one execution of a slot, from its claim to its verdict.
 *
 *   due ──► admitted ──► claiming ──► live ──► answered ──► verdict
 *              │            │          ▲  │        │
 *           waiting      taken:        │  │     failed, and may be mended;
 *         (group full)   dropped       │  │     or accepted (202)
 *                                      │  ▼        ▼
 *                                      │ leaving  resting
 *                                      └───────────┘
 *
 * The claim is durable before the first byte leaves. A run belongs to the
 * generation it was started in. A reload moves it to the lane and the queue
 * that the new set has for its job, so that overlap and limits hold across
 * reloads. A hook is a run without a slot: it is live, answered, and gone. */
#include <stdlib.h>

#include "machine.h"
#include "mutant.h"

struct run *run_new(struct core *core, uint32_t index, struct run_key key,
                    enum trigger trigger)
{
    struct tenure *tenure = tenure_in_force(core);
    const struct job *job = lane_job(core, index);
    struct run *run = place_new(&core->runs);
    run->state = RUN_HELD; /* its place is not free: it may end at once */
    run->generation = tenure->generation;
    run->job = job;
    run->key = key;
    run->trigger = trigger;
    run->epoch = run->attempt = 1;
    run->lane = index;
    run->group = job->group; /* JOB_NO_GROUP is NO_INDEX */
    run->circuit = lane_at(core, index)->circuit;
    run->ill_at = LONG_AGO;
    tenure->runs++;
    return run;
}

bool run_is_going(const struct run *run)
{
    return !run->hook && run->state >= RUN_WAITING;
}

void run_count_claim(struct core *core, const struct run *run, int by)
{
    if (run->state == RUN_CLAIMING && run->lane != NO_INDEX)
        lane_at(core, run->lane)->claiming += (uint32_t)by;
}

bool run_has_room(const struct run *run)
{
    return !run->hook && run->state > RUN_WAITING;
}

/* ---- what is told of it ---- */

struct run_note run_note(const struct run *run)
{
    return (struct run_note){ .run = { run->id },
                              .generation = run->generation,
                              .job = run->job,
                              .name = run->job->name,
                              .key = run->key,
                              .trigger = run->trigger,
                              .attempt = run->attempt,
                              .epoch = run->epoch,
                              .cursor = { EVER_MS },
                              .function = run->hook };
}

struct run_note *run_tell(struct core *core, const struct run *run,
                          enum action_kind kind)
{
    struct action *act = core_act(core, kind);
    act->note = run_note(run);
    return &act->note;
}

/* ---- an attempt ---- */

void run_attempt(struct core *core, struct run *run)
{
    if (run->pass != PASS_PROBE && !circuit_admits(core, run)) {
        if (run->attempt == 1)
            run_refuse(core, run, VERDICT_SKIPPED, WHY_CIRCUIT);
        else
            run_finish(core, run, &run->last, WHY_CIRCUIT);
        return;
    }
    run_count_claim(core, run, -1);
    run->state = RUN_LIVE;
    run->begun = run->attempt;
    if (run->job->function) /* of a declared job the HTTP side keeps time */
        run_arm(core, run, TIMER_TIMEOUT, run->job->timeout_ms);
    run_tell(core, run, ACT_START);
}

/* The claim is durable. Where the store took so long that the slot is old, it
 * is as if nobody had been there; but what another life may have sent stays
 * unknown. */
static void run_start(struct core *core, struct run *run)
{
    struct lane *lane = run->lane == NO_INDEX ? NULL : lane_at(core, run->lane);
    int64_t late_ms = core->now.wall.ms - run->key.slot.ms;
    int64_t late_max_ms = run->job->catch_up.window_ms > LATE_MS_MAX
                              ? run->job->catch_up.window_ms
                              : LATE_MS_MAX;
    run->started = core->now.mono;
    if (core->leaving)
        run->leaving = WHY_STOPPING;
    if (run->leaving && run->reclaimed) {
        run_refuse(core, run, VERDICT_UNKNOWN, run->leaving);
        return;
    }
    if (run->leaving) {
        run_refuse(core, run, VERDICT_SKIPPED,
                   run->leaving == WHY_REPLACED ? WHY_OVERLAP : run->leaving);
        return;
    }
    if (run->trigger == TRIGGER_SCHEDULE && !run->waited && !run->reclaimed &&
        late_ms > late_max_ms) {
        run_refuse(core, run, VERDICT_MISSED, WHY_STORE);
        return;
    }
    if (lane)
        lane->started = core->now.wall;
    run_attempt(core, run);
}

/* Neither by hand, nor begun by another life. */
static bool run_is_new(const struct run *run)
{
    return !run->key.manual && !run->reclaimed;
}

/* Whether it is one of the runs that its job has in its life: those that its
 * schedule asks for, and no operator. Counted when the claim is asked for, so
 * that no two are the last. */
static bool run_counts(const struct run *run)
{
    return run_is_new(run) && run->trigger != TRIGGER_BACKFILL;
}

/* Its job was paused while it waited: it is one of those that were due in the
 * pause, and made up after it where these are. */
static bool is_held_back(const struct core *core, const struct run *run)
{
    return !run->key.manual && lane_paused(core, run->lane);
}

static void hold_back(struct core *core, struct run *run)
{
    if (run->trigger == TRIGGER_SCHEDULE)
        run->trigger = TRIGGER_CATCH_UP;
    held_add(core, run);
}

/* What is against it now that its turn has come. */
static enum why objection(struct core *core, struct run *run)
{
    const struct lane *lane = lane_at(core, run->lane);
    uint32_t max_runs = run->job->max_runs;
    if (run->leaving)
        return WHY_OVERLAP;
    if (max_runs && run_counts(run) && lane->runs >= max_runs)
        return WHY_MAX_RUNS;
    return circuit_admits(core, run) ? WHY_NONE : WHY_CIRCUIT;
}

/* It has waited for its group, or has no need to. */
void run_begin(struct core *core, struct run *run)
{
    uint32_t index = run->lane, place = run_place(run);
    if (!run->leaving && is_held_back(core, run)) {
        lane_remove(core, run);
        hold_back(core, run);
        lane_free(core, index);
        return;
    }
    enum why against = objection(core, run);
    if (against != WHY_NONE) {
        run_pass(core, run, VERDICT_SKIPPED, against);
        return;
    }
    if (run->job->overlap != OVERLAP_ALLOW && run_is_new(run))
        held_settle(core, index);
    run = &core->runs.places[place]; /* hooks may have moved it */
    lane_at(core, index)->runs += run_counts(run);
    run->state = RUN_CLAIMING;
    run_count_claim(core, run, 1);
    if (run->group != NO_INDEX && !(mutant(GROUP_LEAKS) && run->waited))
        core->runs.queues[run->group].live++;
    struct wall cursor = cursor_moved(core, run);
    if (core->config.journal)
        run_tell(core, run, ACT_CLAIM)->cursor = cursor;
    if (!core->config.journal || mutant(SEND_FIRST))
        run_start(core, run);
}

void run_admit(struct core *core, struct run *run)
{
    struct queue *queue = queue_of(core, run->group);
    if (is_held_back(core, run)) {
        hold_back(core, run);
        return;
    }
    lane_add(core, run);
    run->state = RUN_WAITING;
    if (!queue || !queue_full(queue)) {
        run_begin(core, run);
        return;
    }
    run_wait(core, run);
    queue_push(&core->runs, run);
}

void run_claimed(struct core *core, const struct event *event)
{
    struct run *run = run_find(&core->runs, event->claimed.run);
    if (!run || run->state != RUN_CLAIMING)
        return;
    if (event->claimed.outcome == CLAIM_TAKEN && !mutant(CLAIM_IGNORED)) {
        if (run->lane != NO_INDEX)
            lane_at(core, run->lane)->runs -= run_counts(run);
        run_drop(core, run);
        return;
    }
    if (event->claimed.epoch)
        run->epoch = event->claimed.epoch;
    run_start(core, run);
}

void run_close(struct runs *runs)
{
    free(runs->places);
    free(runs->queues);
    agenda_close(&runs->timers);
}
