/* A run is one execution of a slot: it may wait for its group, lives, ends.
 *
 *   due ──► overlap? ──► group full? ──► live ──► answered
 *             │              │            │
 *          skipped        waiting      leaving (cancelled) ──► answered
 *                            │
 *              room: live · job gone or stopping: skipped
 *
 * A run belongs to the generation it was started in. A reload moves it to the
 * lane and the queue that the new set has for its job, so that overlap and
 * limits hold across reloads. */
#include <assert.h>
#include <stdlib.h>

#include "machine.h"
#include "mooncron/memory.h"

/* An id is a serial number and a place: 16 million runs at once, and at 10,000
 * a second 3 years until a number comes again. */
#define PLACE_BITS 24
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

enum timer { TIMER_TIMEOUT, TIMER_NAP, TIMERS };

/* ---- places ---- */

static struct run *run_new(struct runs *runs)
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

static uint32_t run_place(const struct run *run)
{
    return (uint32_t)(run->id & PLACE_MASK);
}

static void run_free(struct runs *runs, struct run *run)
{
    uint32_t place = run_place(run);
    run->state = RUN_FREE;
    run->next = runs->free;
    runs->free = place;
    runs->going--;
}

/* NULL where the run has ended, or never was. */
static struct run *run_find(struct runs *runs, struct run_id id)
{
    uint64_t place = id.value & PLACE_MASK;
    if (place >= runs->count)
        return NULL;
    struct run *run = &runs->places[place];
    return run->state != RUN_FREE && run->id == id.value ? run : NULL;
}

/* ---- timers ---- */

static uint32_t timer_stamp(const struct run *run)
{
    return (uint32_t)(run->id >> PLACE_BITS);
}

static void run_arm(struct runs *runs, const struct run *run, enum timer timer,
                    int64_t due_ms)
{
    agenda_push(&runs->timers,
                (struct agenda_entry){ .due_ms = due_ms,
                                       .id = run_place(run) * TIMERS + timer,
                                       .stamp = timer_stamp(run) });
}

/* The run that a timer is for, or NULL where it is of no use any more. */
static struct run *timer_run(struct runs *runs,
                             const struct agenda_entry *entry)
{
    struct run *run = &runs->places[entry->id / TIMERS];
    if (run->state != RUN_LIVE || timer_stamp(run) != entry->stamp)
        return NULL;
    if (entry->id % TIMERS == TIMER_NAP &&
        (!run->napping || run->nap_due_ms != entry->due_ms))
        return NULL;
    return run;
}

static void run_cancel_one(struct core *core, struct run *run,
                           const char *because)
{
    run->state = RUN_LEAVING;
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

/* What is stale at the top is thrown away, so that nobody wakes up for it. */
void run_timers(struct core *core)
{
    struct runs *runs = &core->runs;
    const struct agenda_entry *first;
    while ((first = agenda_first(&runs->timers))) {
        struct run *run = timer_run(runs, first);
        bool nap = first->id % TIMERS == TIMER_NAP;
        if (run && first->due_ms > core->now.mono.ms)
            break;
        agenda_pop(&runs->timers);
        if (run && nap)
            run_wake(core, run);
        else if (run)
            run_cancel_one(core, run, "its timeout has passed");
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
    run_arm(&core->runs, run, TIMER_NAP, run->nap_due_ms);
}

/* ---- queues of groups ---- */

static void queue_push(struct runs *runs, struct run *run)
{
    struct queue *queue = &runs->queues[run->group];
    run->next = NO_INDEX;
    if (queue->last == NO_INDEX)
        queue->first = run_place(run);
    else
        runs->places[queue->last].next = run_place(run);
    queue->last = run_place(run);
    queue->waiting++;
}

static struct run *queue_pop(struct runs *runs, struct queue *queue)
{
    assert(queue->waiting > 0);
    struct run *run = &runs->places[queue->first];
    queue->first = run->next;
    if (queue->first == NO_INDEX)
        queue->last = NO_INDEX;
    queue->waiting--;
    return run;
}

static bool queue_full(const struct queue *queue)
{
    return queue->live >= queue->limit;
}

/* ---- a run's life ---- */

static void pass_over(struct core *core, const struct job *job,
                      struct wall slot, enum why why)
{
    struct action *act = core_act(core, ACT_PASS);
    act->pass.job = job;
    act->pass.first = act->pass.last = slot;
    act->pass.count = 1;
    act->pass.verdict = VERDICT_SKIPPED;
    act->pass.why = why;
}

static void run_begin(struct core *core, struct run *run)
{
    run->state = RUN_LIVE;
    run->started = core->now.mono;
    if (run->group != NO_INDEX)
        core->runs.queues[run->group].live++;
    if (run->job->function) /* of a declared job the HTTP side keeps time */
        run_arm(&core->runs, run, TIMER_TIMEOUT,
                core->now.mono.ms + run->job->timeout_ms);
    struct action *act = core_act(core, ACT_START);
    act->note.run.value = run->id;
    act->note.generation = run->generation;
    act->note.job = run->job;
    act->note.key.slot = run->slot;
}

void run_due(struct core *core, uint32_t index, struct wall slot)
{
    struct runs *runs = &core->runs;
    struct tenure *tenure = core_tenure(core);
    const struct job *job = jobset_job(tenure->set, index);
    if (job->overlap == OVERLAP_SKIP && runs->lanes[index] > 0) {
        pass_over(core, job, slot, WHY_OVERLAP);
        return;
    }
    struct queue *queue =
        job->group == JOB_NO_GROUP ? NULL : &runs->queues[job->group];
    if (queue && queue_full(queue) && queue->waiting >= CORE_WAITING_MAX) {
        pass_over(core, job, slot, WHY_GROUP_FULL);
        return;
    }
    struct run *run = run_new(runs);
    run->generation = tenure->generation;
    run->job = job;
    run->slot = slot;
    run->lane = index;
    run->group = queue ? job->group : NO_INDEX;
    runs->lanes[index]++;
    tenure->runs++;
    if (!queue || !queue_full(queue)) {
        run_begin(core, run);
        return;
    }
    run->state = RUN_WAITING;
    queue_push(runs, run);
}

/* The run is over, whatever its verdict: its place is free again. */
static void run_end(struct core *core, struct run *run)
{
    uint32_t generation = run->generation;
    if (run->lane != NO_INDEX)
        core->runs.lanes[run->lane]--;
    run_free(&core->runs, run);
    core_tenure_leave(core, generation);
}

static void queue_fill(struct core *core, struct queue *queue)
{
    while (queue->waiting && !queue_full(queue))
        run_begin(core, queue_pop(&core->runs, queue));
}

void run_answered(struct core *core, struct run_id id, enum verdict verdict)
{
    struct run *run = run_find(&core->runs, id);
    if (!run || run->state == RUN_WAITING)
        return;
    struct action *act = core_act(core, ACT_FINISH);
    act->finish.note.run = id;
    act->finish.note.generation = run->generation;
    act->finish.note.job = run->job;
    act->finish.note.key.slot = run->slot;
    act->finish.verdict = verdict;
    act->finish.took_ms = core->now.mono.ms - run->started.ms;
    uint32_t group = run->group;
    run_end(core, run);
    if (group == NO_INDEX)
        return;
    core->runs.queues[group].live--;
    queue_fill(core, &core->runs.queues[group]);
}

/* ---- all of them ---- */

void run_cancel(struct core *core, uint32_t generation, const char *because)
{
    for (uint32_t i = 0; i < core->runs.count; i++) {
        struct run *run = &core->runs.places[i];
        if (run->state == RUN_LIVE &&
            (!generation || run->generation == generation))
            run_cancel_one(core, run, because);
    }
}

void run_forget_waiting(struct core *core, enum why why)
{
    struct runs *runs = &core->runs;
    for (uint32_t i = 0; i < runs->queue_count; i++) {
        while (runs->queues[i].waiting) {
            struct run *run = queue_pop(runs, &runs->queues[i]);
            pass_over(core, run->job, run->slot, why);
            run_end(core, run);
        }
    }
}

/* ---- moving to a new set ---- */

static struct queue *queues_new(const struct jobset *set, uint32_t *ret_count)
{
    *ret_count = jobset_group_count(set);
    struct queue *queues = memory_new(*ret_count * sizeof *queues);
    for (uint32_t i = 0; i < *ret_count; i++)
        queues[i] = (struct queue){ .limit = jobset_group(set, i)->limit,
                                    .first = NO_INDEX,
                                    .last = NO_INDEX };
    return queues;
}

/* The lane and the group that `set` has for the run's job. */
static void run_place_in(struct run *run, const struct jobset *set)
{
    uint32_t index = jobset_find(set, run->job->name);
    bool there = index != UINT32_MAX &&
                 jobset_job(set, index)->standing == STANDING_SCHEDULED;
    run->lane = there ? index : NO_INDEX;
    run->group = there ? jobset_job(set, index)->group : NO_INDEX;
}

static void move_live(struct core *core, struct run *run,
                      const struct jobset *set)
{
    run_place_in(run, set);
    if (run->lane != NO_INDEX)
        core->runs.lanes[run->lane]++;
    if (run->group != NO_INDEX)
        core->runs.queues[run->group].live++;
}

/* Its place in the queue is gone already, and no lane counts it. */
static void drop_waiting(struct core *core, struct run *run, enum why why)
{
    pass_over(core, run->job, run->slot, why);
    run->lane = NO_INDEX;
    run_end(core, run);
}

/* Nothing was sent yet: it becomes a run of the new generation, or of none. */
static void move_waiting(struct core *core, struct run *run,
                         struct tenure *tenure)
{
    run_place_in(run, tenure->set);
    if (run->lane == NO_INDEX) {
        drop_waiting(core, run, WHY_REMOVED);
        return;
    }
    const struct job *job = jobset_job(tenure->set, run->lane);
    uint32_t *lane = &core->runs.lanes[run->lane];
    if (job->overlap == OVERLAP_SKIP && *lane > 0) { /* it was allowed before */
        drop_waiting(core, run, WHY_OVERLAP);
        return;
    }
    ++*lane;
    core_tenure_leave(core, run->generation);
    run->generation = tenure->generation;
    run->job = job;
    tenure->runs++;
    if (run->group == NO_INDEX)
        run_begin(core, run);
    else
        queue_push(&core->runs, run);
}

void run_move(struct core *core)
{
    struct runs *runs = &core->runs;
    struct tenure *tenure = core_tenure(core);
    struct queue *old = runs->queues;
    uint32_t old_count = runs->queue_count;
    free(runs->lanes);
    runs->lanes = memory_new(jobset_count(tenure->set) * sizeof *runs->lanes);
    runs->queues = queues_new(tenure->set, &runs->queue_count);
    for (uint32_t i = 0; i < runs->count; i++) {
        struct run *run = &runs->places[i];
        if (run->state == RUN_LIVE || run->state == RUN_LEAVING)
            move_live(core, run, tenure->set);
    }
    for (uint32_t i = 0; i < old_count; i++)
        while (old[i].waiting)
            move_waiting(core, queue_pop(runs, &old[i]), tenure);
    free(old);
    for (uint32_t i = 0; i < runs->queue_count; i++)
        queue_fill(core, &runs->queues[i]);
}

void run_close(struct runs *runs)
{
    free(runs->places);
    free(runs->lanes);
    free(runs->queues);
    agenda_close(&runs->timers);
}
