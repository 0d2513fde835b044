/* The answer to an attempt: what it means for the run, whether another attempt
 * follows, and when. An accepted run (202) is asked for until it is done. */
#include "machine.h"
#include "mooncron/random.h"
#include "mutant.h"

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

static bool may_mend(const struct run *run)
{
    return run->job->retry.on >> run->last.cause & 1 ||
           (mutant(RETRY_CLIENT) && run->last.cause == CAUSE_CLIENT);
}

/* What `on` cannot name. */
static bool is_final(enum cause cause)
{
    return cause == CAUSE_NONE || cause == CAUSE_CLIENT || cause == CAUSE_SETUP;
}

/* What is against another attempt, whenever it would begin. */
static enum why retry_against(const struct core *core, const struct run *run)
{
    if (!may_mend(run))
        return is_final(run->last.cause) ? WHY_FINAL : WHY_RETRY_ON;
    if (core->stopping)
        return WHY_DRAINING;
    return run->lane == NO_INDEX ? WHY_REMOVED : WHY_NONE;
}

/* And after that pause. The next slot of the job is a better attempt than a
 * late one of this. */
static enum why pause_against(const struct core *core, const struct run *run,
                              int64_t pause_ms)
{
    struct wall next = schedule_next(&run->job->schedule, core->now.wall);
    if (next.ms != NEVER_MS && core->now.wall.ms + pause_ms >= next.ms)
        return WHY_NEXT_SLOT;
    return pause_ms < deadline_left_ms(core, run, NEVER_MS / 2) ? WHY_NONE
                                                                : WHY_NO_TIME;
}

/* Why no other attempt follows one that failed, where more are left; WHY_NONE:
 * it does, after a pause. */
static enum why retry_plan(struct core *core, const struct run *run,
                           int64_t retry_after_ms, int64_t *ret_pause_ms)
{
    enum why against = retry_against(core, run);
    if (against != WHY_NONE)
        return against;
    int64_t pause_ms = backoff_ms(core, run);
    if (retry_after_ms > pause_ms)
        pause_ms = retry_after_ms;
    *ret_pause_ms = pause_ms;
    return pause_against(core, run, pause_ms);
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
    bool known = run->accepted;
    run->accepted = true;
    run->last.verdict = VERDICT_UNKNOWN;
    if (left_ms <= 0 || core->stopping) {
        run_finish(core, run, &run->last,
                   left_ms <= 0 ? WHY_DEADLINE : WHY_STOPPING);
        return;
    }
    if (!known)
        run_tell(core, run, ACT_ACCEPTED)->left_ms = left_ms;
    if (pause_ms <= 0) /* nobody means without a pause */
        pause_ms = POLL_MS;
    run_rest(core, run, pause_ms < left_ms ? pause_ms : left_ms);
}

static void run_again(struct core *core, struct run *run, int64_t pause_ms)
{
    if (run->last.cause == CAUSE_DENIED) /* it is done, and failed */
        run->accepted = false;
    struct run_note *note = run_tell(core, run, ACT_AGAIN);
    note->pause_ms = pause_ms;
    note->status = run->last.status;
    note->cause = run->last.cause;
    run_rest(core, run, pause_ms);
}

/* With attempts left. */
static void run_failed(struct core *core, struct run *run,
                       int64_t retry_after_ms)
{
    int64_t pause_ms = 0;
    enum why against = retry_plan(core, run, retry_after_ms, &pause_ms);
    if (against == WHY_NONE)
        run_again(core, run, pause_ms);
    else
        run_finish(core, run, &run->last,
                   mutant(ENDS_SILENT) ? WHY_NONE : against);
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
    circuit_tell(core, run, event);
    if (event->answer.accepted) {
        run_accepted(core, run, event);
        return;
    }
    if (run->last.verdict == VERDICT_OK ||
        run->attempt >= run->job->retry.attempts)
        run_finish(core, run, &run->last, WHY_NONE);
    else
        run_failed(core, run, event->answer.retry_after_ms);
}

/* ---- what else happens to an attempt ---- */

void run_cancel_one(struct core *core, struct run *run, enum why why,
                    const char *because)
{
    run->state = RUN_LEAVING;
    run->leaving = why;
    struct action *act = core_act(core, ACT_CANCEL);
    act->cancel.note = run_note(run);
    act->cancel.because = because;
}

void run_wake(struct core *core, struct run *run)
{
    run->napping = false;
    struct action *act = core_act(core, ACT_WAKE);
    act->wake.run.value = run->id;
    act->wake.generation = run->generation;
    act->wake.call = run->nap_call;
}

void run_rested(struct core *core, struct run *run)
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
