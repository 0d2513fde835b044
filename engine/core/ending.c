/* The end of a run: its verdict is told, its place is free, what waited for it
 * begins, and what the file wants to be called after it is called. */
#include "machine.h"
#include "mutant.h"

void lane_free(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    if (lane->going || lane->heir == NO_INDEX)
        return;
    struct run *heir = &core->runs.places[lane->heir];
    lane->heir = NO_INDEX;
    run_admit(core, heir);
}

/* It is over: its place is free again, and who waited for it may begin. */
static void run_end(struct core *core, struct run *run)
{
    uint32_t index = run->lane, group = run->group;
    bool room = run_has_room(run) && group != NO_INDEX;
    run_count_claim(core, run, -1);
    if (index != NO_INDEX && run_is_going(run)) {
        struct lane *lane = lane_at(core, index);
        lane->going += mutant(OVERLAP_LOST) && !lane->going;
        lane_remove(core, run);
    }
    if (run_is_unwritten(core, run))
        lane_at(core, index)->unwritten = NO_INDEX;
    uint32_t generation = run->generation;
    circuit_release(core, run);
    place_free(&core->runs, run);
    tenure_leave(core, generation);
    if (room)
        core->runs.queues[group].live--;
    if (core->stopping)
        return;
    if (room)
        queue_fill(core, group);
    held_soon(core);
    if (index != NO_INDEX)
        lane_free(core, index);
}

/* Of one that rests the row says that another attempt follows: the next life
 * would have to count that as sent. */
void run_drop(struct core *core, struct run *run)
{
    run_tell(core, run, ACT_DROP)->handed_on =
        run->state == RUN_RESTING && !run->accepted;
    run_end(core, run);
}

void run_pass(struct core *core, struct run *run, enum verdict verdict,
              enum why why)
{
    if (run->reclaimed) { /* another life may have sent it */
        run_refuse(core, run, VERDICT_UNKNOWN, why);
        return;
    }
    struct wall cursor = cursor_moved(core, run);
    struct action *act = core_act(core, ACT_PASS);
    act->pass.job = run->job;
    act->pass.first = act->pass.last = run->key.slot;
    act->pass.count = 1;
    act->pass.verdict = verdict;
    act->pass.why = why;
    act->pass.cursor = cursor;
    act->pass.waited = run->written;
    act->pass.key = run->key;
    act->pass.epoch = run->epoch;
    run_end(core, run);
}

/* A function of the file is called after a run of the job. */
static void hook_begin(struct core *core, uint32_t generation,
                       const struct run_note *after, uint32_t function,
                       enum verdict ended)
{
    if (!function)
        return;
    struct run *run = place_new(&core->runs);
    run->generation = generation;
    run->job = after->job;
    run->key = after->key;
    run->trigger = after->trigger;
    run->attempt = after->attempt;
    run->epoch = after->epoch;
    run->hook = function;
    run->circuit = NO_INDEX;
    run->state = RUN_LIVE;
    tenure_of(core, generation)->runs++;
    run_arm(core, run, TIMER_TIMEOUT, HOOK_MS_MAX);
    run_tell(core, run, ACT_HOOK)->ended = ended;
}

/* Failures in a row are counted by the lane; what is told of them, and that
 * they are over, is told once the job's threshold is reached. */
static void run_aftermath(struct core *core, const struct run_note *note,
                          uint32_t before, enum verdict verdict)
{
    const struct job *job = note->job;
    uint32_t after = job->alert_after ? job->alert_after : 1;
    if (verdict != VERDICT_OK) {
        if (note->fails >= after)
            hook_begin(core, note->generation, note, job->on_failure, verdict);
        return;
    }
    hook_begin(core, note->generation, note, job->on_success, verdict);
    if (before >= after)
        hook_begin(core, note->generation, note, job->on_recover, verdict);
    if (job->heartbeat[0])
        core_act(core, ACT_BEAT)->note = *note;
}

void run_finish(struct core *core, struct run *run, const struct ending *ending,
                enum why why)
{
    struct lane *lane = run->lane == NO_INDEX ? NULL : lane_at(core, run->lane);
    uint32_t before = lane ? lane->fails : 0;
    bool ran = ending->verdict <= VERDICT_UNKNOWN;
    if (lane && ran)
        lane->fails = ending->verdict == VERDICT_OK ? 0 : before + 1;
    struct action *act = core_act(core, ACT_FINISH);
    act->finish.note = run_note(run);
    if (run->begun) /* another may have been about to */
        act->finish.note.attempt = run->begun;
    act->finish.note.fails = lane ? lane->fails : 0;
    act->finish.verdict = ending->verdict;
    act->finish.cause = ending->cause;
    act->finish.status = ending->status;
    act->finish.why = why;
    act->finish.took_ms = ran ? core->now.mono.ms - run->started.ms : 0;
    struct run_note note = act->finish.note;
    if (mutant(FINISH_LOST) && core->store_ill)
        core->out->count--;
    if (ran && !core->leaving)
        run_aftermath(core, &note, before, ending->verdict);
    run_end(core, run_find(&core->runs, note.run));
}

void run_refuse(struct core *core, struct run *run, enum verdict verdict,
                enum why why)
{
    const struct ending ending = { .verdict = verdict };
    run_finish(core, run, &ending, why);
}
