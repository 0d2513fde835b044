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
#include <assert.h>
#include <stdlib.h>

#include "machine.h"
#include "mooncron/memory.h"
#include "mutant.h"
#include "random.h"

/* An id is a serial number and a place: 16 million runs at once, and at 10,000
 * a second 3 years until a number comes again. */
#define PLACE_BITS 24
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

/* ---- places ---- */

struct run *place_new(struct runs *runs)
{
    if (runs->free == NO_INDEX) {
        if (runs->count == runs->cap) {
            runs->cap = runs->cap ? runs->cap * 2 : 16;
            runs->places =
                memory_resize(runs->places, runs->cap, sizeof *runs->places);
        }
        runs->places[runs->count].next = NO_INDEX;
        runs->free = runs->count++;
    }
    uint32_t place = runs->free;
    assert(place <= PLACE_MASK);
    struct run *run = &runs->places[place];
    runs->free = run->next;
    *run = (struct run){ .id = ++runs->serial << PLACE_BITS | place,
                         .lane = NO_INDEX,
                         .group = NO_INDEX,
                         .next = NO_INDEX };
    runs->going++;
    return run;
}

uint32_t run_place(const struct run *run)
{
    return (uint32_t)(run->id & PLACE_MASK);
}

void place_free(struct runs *runs, struct run *run)
{
    uint32_t place = run_place(run);
    run->state = RUN_FREE;
    run->next = runs->free;
    runs->free = place;
    runs->going--;
}

struct run *run_find(struct runs *runs, struct run_id id)
{
    uint64_t place = id.value & PLACE_MASK;
    if (place >= runs->count)
        return NULL;
    struct run *run = &runs->places[place];
    return run->state != RUN_FREE && run->id == id.value ? run : NULL;
}

struct run *run_new(struct core *core, uint32_t index, struct run_key key,
                    enum trigger trigger)
{
    struct tenure *tenure = core_tenure(core);
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
    tenure->runs++;
    return run;
}

/* Whether it counts against the overlap of its job. */
bool run_is_going(const struct run *run)
{
    return !run->hook && run->state >= RUN_WAITING;
}

/* One more, or less, goes on of the lane. */
void lane_count(struct core *core, uint32_t index, enum trigger trigger, int by)
{
    struct lane *lane = lane_at(core, index);
    bool old = trigger == TRIGGER_CATCH_UP || trigger == TRIGGER_BACKFILL;
    lane->going += (uint32_t)by;
    lane->making_up += old ? (uint32_t)by : 0;
}

/* Whether it takes up room in its group. */
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

/* A slot that is run, or waits, is behind its lane's cursor from now on; a
 * manual run has none, and a backfill comes to old ones. */
static struct wall cursor_moved(struct core *core, const struct run *run)
{
    bool covers = !run->key.manual && run->trigger != TRIGGER_BACKFILL;
    if (!covers || run->waited || run->reclaimed)
        return (struct wall){ EVER_MS };
    lane_at(core, run->lane)->cursor = run->key.slot;
    return run->key.slot;
}

void run_wait(struct core *core, struct run *run)
{
    if (run->waited || run->reclaimed)
        return;
    struct wall cursor = cursor_moved(core, run);
    run->waited = true;
    if (core->config.journal && !mutant(HELD_UNWRITTEN))
        run_tell(core, run, ACT_WAIT)->cursor = cursor;
}

/* ---- timers ---- */

static uint32_t timer_stamp(const struct run *run)
{
    return (uint32_t)(run->id >> PLACE_BITS);
}

static void timer_push(struct runs *runs, const struct run *run,
                       enum timer timer, int64_t due_ms)
{
    agenda_push(&runs->timers,
                (struct agenda_entry){ .due_ms = due_ms,
                                       .id = run_place(run) * TIMERS + timer,
                                       .stamp = timer_stamp(run) });
}

void run_arm(struct core *core, struct run *run, enum timer timer,
             int64_t delay_ms)
{
    run->timer.ms = core->now.mono.ms + delay_ms;
    timer_push(&core->runs, run, timer, run->timer.ms);
}

/* The run that a timer is for, or NULL where it is of no use any more. */
static struct run *timer_run(struct runs *runs,
                             const struct agenda_entry *entry)
{
    struct run *run = &runs->places[entry->id / TIMERS];
    if (run->state == RUN_FREE || timer_stamp(run) != entry->stamp)
        return NULL;
    bool wanted = false;
    switch ((enum timer)(entry->id % TIMERS)) {
    case TIMER_TIMEOUT:
        wanted = run->state == RUN_LIVE && run->timer.ms == entry->due_ms;
        break;
    case TIMER_REST:
        wanted = run->state == RUN_RESTING && run->timer.ms == entry->due_ms;
        break;
    case TIMER_NAP:
        wanted = run->state == RUN_LIVE && run->napping &&
                 run->nap_due_ms == entry->due_ms;
        break;
    case TIMERS:
        break;
    }
    return wanted ? run : NULL;
}

/* ---- an attempt ---- */

static void run_attempt(struct core *core, struct run *run)
{
    if (!run->probe && !circuit_admits(core, run)) {
        if (run->attempt == 1)
            run_refuse(core, run, VERDICT_SKIPPED, WHY_CIRCUIT);
        else
            run_finish(core, run, &run->last, WHY_CIRCUIT);
        return;
    }
    run->state = RUN_LIVE;
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

/* Whether it is one of the runs that its job has in its life: counted when the
 * claim is asked for, so that no two are the last. */
static bool run_counts(const struct run *run)
{
    return !run->key.manual && !run->reclaimed;
}

/* Its job was paused while it waited: it is one of those that were due in the
 * pause, and made up after it where these are. */
static bool held_back(struct core *core, struct run *run)
{
    if (run->key.manual || !lane_paused(core, run->lane))
        return false;
    if (run->trigger == TRIGGER_SCHEDULE)
        run->trigger = TRIGGER_CATCH_UP;
    held_add(core, run);
    return true;
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
    enum trigger trigger = run->trigger;
    if (!run->leaving && held_back(core, run)) {
        lane_count(core, index, trigger, -1);
        lane_free(core, index);
        return;
    }
    enum why against = objection(core, run);
    if (against != WHY_NONE) {
        run_pass(core, run, VERDICT_SKIPPED, against);
        return;
    }
    if (run->job->overlap != OVERLAP_ALLOW && run_counts(run))
        held_settle(core, index);
    run = &core->runs.places[place]; /* hooks may have moved it */
    lane_at(core, index)->runs += run_counts(run);
    run->state = RUN_CLAIMING;
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
    if (held_back(core, run))
        return;
    lane_count(core, run->lane, run->trigger, 1);
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

/* ---- its answer ---- */

static int64_t deadline_left_ms(const struct core *core, const struct run *run,
                                int64_t usual_ms)
{
    int64_t deadline_ms =
        run->job->deadline_ms ? run->job->deadline_ms : usual_ms;
    return run->started.ms + deadline_ms - core->now.mono.ms;
}

/* Full jitter: anything up to a bound that doubles with each attempt. */
static int64_t backoff_ms(struct core *core, const struct run *run)
{
    const struct retry *retry = &run->job->retry;
    int64_t bound_ms = retry->backoff_ms;
    for (uint32_t i = 1; i < run->attempt && bound_ms < retry->backoff_max_ms;
         i++)
        bound_ms *= 2;
    if (bound_ms > retry->backoff_max_ms)
        bound_ms = retry->backoff_max_ms;
    return random_up_to(bound_ms, &core->random);
}

/* How long to rest before another attempt; below 0: there is none. The next
 * slot of the job is a better attempt than a late one of this. */
static int64_t retry_pause_ms(struct core *core, const struct run *run,
                              int64_t retry_after_ms)
{
    const struct retry *retry = &run->job->retry;
    if (run->last.verdict == VERDICT_OK || core->stopping ||
        run->lane == NO_INDEX || run->attempt >= retry->attempts ||
        !(retry->on >> run->last.cause & 1 ||
          (mutant(RETRY_CLIENT) && run->last.cause == CAUSE_CLIENT)))
        return -1;
    int64_t pause_ms = backoff_ms(core, run);
    if (retry_after_ms > pause_ms)
        pause_ms = retry_after_ms;
    struct wall next = schedule_next(&run->job->schedule, core->now.wall);
    if (next.ms != NEVER_MS && core->now.wall.ms + pause_ms >= next.ms)
        return -1;
    return pause_ms < deadline_left_ms(core, run, NEVER_MS / 2) ? pause_ms : -1;
}

static void run_rest(struct core *core, struct run *run, int64_t pause_ms)
{
    run->state = RUN_RESTING;
    run_arm(core, run, TIMER_REST, pause_ms);
}

static void run_accepted(struct core *core, struct run *run,
                         const struct event *event)
{
    int64_t pause_ms = event->answer.retry_after_ms;
    int64_t left_ms = deadline_left_ms(core, run, ACCEPTED_MS_MAX);
    run->accepted = true;
    run->last.verdict = VERDICT_UNKNOWN;
    if (left_ms <= 0 || core->stopping) {
        run_finish(core, run, &run->last,
                   left_ms <= 0 ? WHY_DEADLINE : WHY_STOPPING);
        return;
    }
    if (pause_ms <= 0) /* nobody means without a pause */
        pause_ms = POLL_MS;
    run_rest(core, run, pause_ms < left_ms ? pause_ms : left_ms);
}

static void run_again(struct core *core, struct run *run, int64_t pause_ms)
{
    if (run->last.cause == CAUSE_DENIED) /* it is done, and failed */
        run->accepted = false;
    run_tell(core, run, ACT_AGAIN)->pause_ms = pause_ms;
    run_rest(core, run, pause_ms);
}

/* A run that its timeout cancelled is answered by whoever carried that out. */
static struct ending ending_of(const struct run *run, const struct event *event)
{
    bool cut = run->state == RUN_LEAVING && event->answer.verdict != VERDICT_OK;
    bool silent = event->answer.cause == CAUSE_NONE;
    return (struct ending){ .verdict = event->answer.verdict,
                            .cause = cut && silent ? CAUSE_TIMEOUT
                                                   : event->answer.cause,
                            .status = event->answer.status };
}

void run_answered(struct core *core, const struct event *event)
{
    struct run *run = run_find(&core->runs, event->answer.run);
    if (!run || (run->state != RUN_LIVE && run->state != RUN_LEAVING))
        return;
    if (run->hook) {
        run_drop(core, run);
        return;
    }
    run->last = ending_of(run, event);
    run->napping = false;
    if (run->leaving != WHY_NONE) {
        bool all_the_same = run->last.verdict == VERDICT_OK;
        run_finish(core, run, &run->last,
                   all_the_same ? WHY_NONE : run->leaving);
        return;
    }
    circuit_tell(core, run, run->last.cause);
    if (event->answer.accepted) {
        run_accepted(core, run, event);
        return;
    }
    int64_t pause_ms = retry_pause_ms(core, run, event->answer.retry_after_ms);
    if (pause_ms >= 0)
        run_again(core, run, pause_ms);
    else
        run_finish(core, run, &run->last, WHY_NONE);
}

/* ---- when time passes ---- */

static const char timed_out[] = "its timeout has passed";

static void run_cancel_one(struct core *core, struct run *run, enum why why,
                           const char *because)
{
    run->state = RUN_LEAVING;
    run->leaving = why;
    struct action *act = core_act(core, ACT_CANCEL);
    act->cancel.run.value = run->id;
    act->cancel.generation = run->generation;
    act->cancel.because = because;
}

static void run_wake(struct core *core, struct run *run)
{
    run->napping = false;
    struct action *act = core_act(core, ACT_WAKE);
    act->wake.run.value = run->id;
    act->wake.generation = run->generation;
    act->wake.call = run->nap_call;
}

static void run_rested(struct core *core, struct run *run)
{
    if (!run->accepted) {
        run->attempt++;
        run->key.slot.ms += mutant(KEY_CHANGES);
        run_attempt(core, run);
        return;
    }
    if (deadline_left_ms(core, run, ACCEPTED_MS_MAX) <= 0) {
        run_finish(core, run, &run->last, WHY_DEADLINE);
        return;
    }
    run->state = RUN_LIVE;
    run_tell(core, run, ACT_POLL);
}

static void timer_ring(struct core *core, struct run *run, enum timer timer)
{
    switch (timer) {
    case TIMER_TIMEOUT:
        run_cancel_one(core, run, WHY_NONE, timed_out);
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

/* What is stale at the top is thrown away, so that nobody wakes up for it. */
void run_timers(struct core *core)
{
    struct runs *runs = &core->runs;
    const struct agenda_entry *first;
    while ((first = agenda_first(&runs->timers))) {
        struct run *run = timer_run(runs, first);
        enum timer timer = (enum timer)(first->id % TIMERS);
        if (run && first->due_ms > core->now.mono.ms)
            break;
        agenda_pop(&runs->timers);
        if (run)
            timer_ring(core, run, timer);
    }
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

/* ---- many of them ---- */

static void cancel_by_state(struct core *core, struct run *run, enum why why,
                            const char *because)
{
    switch (run->state) {
    case RUN_LIVE:
        run_cancel_one(core, run, why, because);
        break;
    case RUN_WAITING:
    case RUN_CLAIMING:
        run->leaving = why;
        break;
    case RUN_RESTING:
        run_finish(core, run, &run->last, why);
        break;
    default:
        break;
    }
}

void run_cancel(struct core *core, uint32_t generation, enum why why,
                const char *because)
{
    for (uint32_t i = 0; i < core->runs.count; i++) {
        struct run *run = &core->runs.places[i];
        if ((run->state == RUN_LIVE || run->state == RUN_RESTING) &&
            (!generation || run->generation == generation))
            cancel_by_state(core, run, why, because);
    }
}

/* Where the last of them ends at once, the one that waits begins while we still
 * look: it is not in its own way. */
void run_replace(struct core *core, uint32_t index)
{
    uint32_t heir = lane_at(core, index)->queued;
    for (uint32_t i = 0; i < core->runs.count; i++) {
        struct run *run = &core->runs.places[i];
        if (i != heir && run->lane == index && !run->hook && !run->key.manual)
            cancel_by_state(core, run, WHY_REPLACED,
                            "a newer slot of its job is due");
    }
}

/* Where there is a journal its row waits for the next life, which decides; an
 * attempt that would follow is handed on with its claim. */
static void forget_one(struct core *core, struct run *run)
{
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
        if (run->state == RUN_HELD || run->state == RUN_QUEUED ||
            run->state == RUN_RESTING)
            forget_one(core, run);
    }
    core->lanes.held = 0;
}

void run_close(struct runs *runs)
{
    free(runs->places);
    free(runs->queues);
    agenda_close(&runs->timers);
}
