/* A reload moves runs to the lanes and queues of the new set, so that overlap
 * and limits hold across it. What was started stays of its generation; what
 * only waits becomes a run of the one in force, or is passed over where its job
 * is gone. */
#include <stdlib.h>

#include "machine.h"
#include "mutant.h"

void run_place_in(struct run *run, const struct jobset *set)
{
    run->lane = jobset_find_scheduled(set, run->job->name);
    run->group =
        run->lane == NO_INDEX ? NO_INDEX : jobset_job(set, run->lane)->group;
}

/* Nothing was sent yet: it becomes a run of the generation in force. */
void run_renew(struct core *core, struct run *run)
{
    struct tenure *tenure = tenure_in_force(core);
    tenure_leave(core, run->generation);
    run->generation = tenure->generation;
    run->job = jobset_job(tenure->set, run->lane);
    run->circuit = lane_at(core, run->lane)->circuit;
    tenure->runs++;
}

static void move_going(struct core *core, struct run *run,
                       const struct jobset *set)
{
    if (run->hook)
        return;
    run_place_in(run, set);
    if (run->lane == NO_INDEX)
        return;
    lane_add(core, run);
    lane_at(core, run->lane)->going -= mutant(OVERLAP_LOST);
    run_count_claim(core, run, 1);
    if (run->group != NO_INDEX)
        core->runs.queues[run->group].live++;
}

/* Its place in the queue is gone already, and no lane counts it. */
static void leave_idle(struct core *core, struct run *run, enum why why)
{
    run->lane = run->group = NO_INDEX;
    run_pass(core, run, VERDICT_SKIPPED, why);
}

/* What was admitted beside others may be too much now. */
static bool stricter(const struct job *before, const struct job *job)
{
    return job->overlap != before->overlap ||
           job->overlap_max != before->overlap_max;
}

static void move_waiting(struct core *core, struct run *run)
{
    run_place_in(run, tenure_in_force(core)->set);
    if (run->lane == NO_INDEX) {
        leave_idle(core, run, WHY_REMOVED);
        return;
    }
    if (stricter(run->job, lane_job(core, run->lane)) &&
        !lane_has_room(core, run->lane)) {
        leave_idle(core, run, WHY_OVERLAP);
        return;
    }
    lane_add(core, run);
    run_renew(core, run);
    if (run->group == NO_INDEX)
        run_begin(core, run);
    else
        queue_push(&core->runs, run);
}

/* Where what it waits for does not go on any more, it begins. */
static void move_heir(struct core *core, struct run *run)
{
    run_place_in(run, tenure_in_force(core)->set);
    if (run->lane == NO_INDEX) {
        leave_idle(core, run, WHY_REMOVED);
        return;
    }
    struct lane *lane = lane_at(core, run->lane);
    if (lane->heir != NO_INDEX) {
        leave_idle(core, run, WHY_OVERLAP);
        return;
    }
    run_renew(core, run);
    if (lane->going)
        lane->heir = run_place(run);
    else
        run_admit(core, run);
}

void run_move(struct core *core)
{
    struct runs *runs = &core->runs;
    const struct jobset *set = tenure_in_force(core)->set;
    struct queue *old = runs->queues;
    uint32_t old_count = runs->queue_count;
    runs->queues = queues_new(set, &runs->queue_count);
    for (uint32_t i = 0; i < runs->count; i++)
        if (runs->places[i].state >= RUN_CLAIMING)
            move_going(core, &runs->places[i], set);
    for (uint32_t i = 0; i < old_count; i++)
        while (old[i].waiting)
            move_waiting(core, queue_pop(runs, &old[i]));
    free(old);
    uint32_t count = runs->count;
    for (uint32_t i = 0; i < count; i++)
        if (runs->places[i].state == RUN_HEIR)
            move_heir(core, &runs->places[i]);
    for (uint32_t i = 0; i < runs->queue_count; i++)
        queue_fill(core, i);
}
