/* What is due: the agenda's first slots are run, held to be made up, or missed.
 *
 * However long nobody looked, a job's due slots are treated together. The
 * newest is run where it is fresh. What is older is caught up as the job says,
 * in the line of held runs, never all at once; the rest is missed, in one
 * action with its reason. So a restart, a pause, a clock that was set and a
 * store that was ill are one case. */
#include "machine.h"
#include "mutant.h"

/* ---- what is missed ---- */

/* Why the slots from `first` on are missed, and up to which slot that holds. */
static enum why missed_why(const struct core *core, uint32_t index,
                           struct wall first, bool fresh, struct wall *end)
{
    const struct lane *lane = lane_at(core, index);
    const struct {
        struct wall to;
        enum why why;
    } reasons[] = {
        { lane_paused(core, index) ? core->now.wall : lane->paused_to,
          WHY_PAUSED },
        { core->began, WHY_DOWN },
        { core->store_ill ? core->now.wall : core->store_well, WHY_STORE },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (first.ms > reasons[i].to.ms)
            continue;
        if (end->ms > reasons[i].to.ms)
            *end = reasons[i].to;
        return reasons[i].why;
    }
    if (core->leapt)
        return WHY_CLOCK;
    return fresh ? WHY_SUPERSEDED : WHY_LATE;
}

/* Tells the slots from `first` to `last` as missed, but for those in between
 * that had their verdict before the clock was set back over them. */
static void miss(struct core *core, uint32_t index, struct wall first,
                 struct wall last, bool fresh)
{
    const struct job *job = lane_job(core, index);
    struct lane *lane = lane_at(core, index);
    while (first.ms <= last.ms) {
        struct wall end = last;
        enum why why = missed_why(core, index, first, fresh, &end);
        struct wall gap = past_gap_end(lane_past(core, index), first);
        if (gap.ms < end.ms)
            end = gap;
        end = schedule_last(&job->schedule, end);
        lane_settle(core, index);
        struct action *act = core_act(core, ACT_PASS);
        act->pass.job = job;
        act->pass.first = first;
        act->pass.last = act->pass.cursor = end;
        act->pass.count = 1 + schedule_count(&job->schedule, first, end);
        act->pass.verdict = VERDICT_MISSED;
        act->pass.why = why;
        lane->cursor = end;
        first = lane_next(core, index, end);
    }
}

void due_forgo(struct core *core, uint32_t index)
{
    const struct lane *lane = lane_at(core, index);
    struct wall first = lane->behind ? lane_next(core, index, lane->cursor)
                                     : lane_due(core, index);
    if (first.ms <= core->now.wall.ms)
        miss(core, index, first, lane_last(core, index, core->now.wall), false);
}

void due_pass(struct core *core, uint32_t index, struct wall slot, enum why why)
{
    lane_settle(core, index);
    struct action *act = core_act(core, ACT_PASS);
    act->pass.job = lane_job(core, index);
    act->pass.first = act->pass.last = act->pass.cursor = slot;
    if (mutant(CURSOR_STAYS))
        act->pass.cursor.ms = EVER_MS;
    act->pass.count = 1;
    act->pass.verdict = why == WHY_STORE ? VERDICT_MISSED : VERDICT_SKIPPED;
    act->pass.why = why;
    lane_at(core, index)->cursor = slot;
}

/* ---- what is run ---- */

/* WHY_NONE: nothing of the job itself is against one more run of it. */
static enum why objection(const struct core *core, uint32_t index,
                          struct wall slot)
{
    const struct lane *lane = lane_at(core, index);
    const struct job *job = lane_job(core, index);
    if (job->max_runs && lane->runs >= job->max_runs)
        return WHY_MAX_RUNS;
    if (lane_too_soon(core, index, slot))
        return WHY_MIN_GAP;
    if (circuit_holds(core, index))
        return WHY_CIRCUIT;
    return WHY_NONE;
}

/* Runs of the job go on: the slot waits for their end. */
static void heir_new(struct core *core, uint32_t index, struct wall slot)
{
    struct lane *lane = lane_at(core, index);
    struct run *run = run_new(core, index, (struct run_key){ .slot = slot },
                              TRIGGER_SCHEDULE);
    run->state = RUN_HEIR;
    lane->heir = run_place(run);
    run_wait(core, run);
}

/* The slot that waits gives way to a newer one. */
static void heir_pass(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    if (lane->heir == NO_INDEX)
        return;
    struct run *run = &core->runs.places[lane->heir];
    lane->heir = NO_INDEX;
    run_pass(core, run, VERDICT_SKIPPED, WHY_OVERLAP);
}

/* A slot that was due while the store was ill had nothing in its way but that,
 * where no run of the job goes on that had begun before it. */
static bool is_late_by_store(const struct core *core, uint32_t index,
                             struct wall slot)
{
    const struct lane *lane = lane_at(core, index);
    bool begun = lane->going > lane->claiming && lane->started.ms < slot.ms;
    return slot.ms <= core->store_well.ms && !begun;
}

/* Only old slots go on, or one whose claim the store held up until this one was
 * due as well: they do not cost a new one its run. */
static bool gives_way(const struct core *core, uint32_t index, struct wall slot)
{
    const struct lane *lane = lane_at(core, index);
    return lane->making_up == lane->going ||
           is_late_by_store(core, index, slot);
}

/* What the job's policy says while a run of it goes on; false: it may run
 * beside that one. */
static bool overlaps(struct core *core, uint32_t index, struct wall slot)
{
    struct lane *lane = lane_at(core, index);
    const struct job *job = lane_job(core, index);
    switch ((enum overlap)job->overlap) {
    case OVERLAP_ALLOW:
        if (lane_has_room(core, index))
            return false;
        break;
    case OVERLAP_QUEUE:
        if (lane->heir != NO_INDEX)
            break;
        heir_new(core, index, slot);
        return true;
    case OVERLAP_CANCEL:
        heir_pass(core, index);
        heir_new(core, index, slot);
        run_replace(core, index);
        return true;
    case OVERLAP_SKIP:
        if (!gives_way(core, index, slot) || lane->heir != NO_INDEX)
            break;
        heir_new(core, index, slot);
        return true;
    }
    due_pass(core, index, slot,
             is_late_by_store(core, index, slot) ? WHY_STORE : WHY_OVERLAP);
    return true;
}

void due_run(struct core *core, uint32_t index, struct wall slot)
{
    const struct job *job = lane_job(core, index);
    enum why against = objection(core, index, slot);
    if (against != WHY_NONE) {
        due_pass(core, index, slot, against);
        return;
    }
    if (lane_at(core, index)->going && overlaps(core, index, slot))
        return;
    const struct queue *queue = queue_of(core, job->group);
    if (queue && queue_full(queue) && queue->waiting >= CORE_WAITING_MAX) {
        due_pass(core, index, slot, WHY_GROUP_FULL);
        return;
    }
    run_admit(core, run_new(core, index, (struct run_key){ .slot = slot },
                            TRIGGER_SCHEDULE));
}

/* ---- which of them ---- */

/* The newest where it is fresh, and what the catch-up policy adds to it. */
void due_choose(struct core *core, uint32_t index, struct wall first)
{
    struct choice *choice = &core->choice;
    const struct catch_up *policy = &lane_job(core, index)->catch_up;
    int64_t now_ms = core->now.wall.ms;
    int64_t window_ms = mutant(NO_WINDOW) ? NEVER_MS : policy->window_ms;
    choice->newest = lane_last(core, index, core->now.wall);
    choice->fresh = now_ms - choice->newest.ms <= LATE_MS_MAX;
    choice->count = 0;
    uint32_t max = policy->window_ms && policy->max ? policy->max : 1;
    for (struct wall slot = choice->newest; slot.ms >= first.ms;
         slot = lane_last(core, index, (struct wall){ slot.ms - 1 })) {
        bool ordinary = choice->fresh && choice->count == 0;
        if (!ordinary &&
            (policy->window_ms == 0 || now_ms - slot.ms > window_ms))
            break;
        choice->kept[choice->count++] = slot;
        if (choice->count == max)
            break;
    }
}

/* A pause that is over, to be told. */
struct relief {
    struct wall until;
    const char *by, *reason;
};

static void relief_tell(struct core *core, uint32_t index,
                        const struct relief *relief)
{
    if (!relief)
        return;
    struct action *act = core_act(core, ACT_RESUME);
    act->pause.job = lane_job(core, index)->name;
    act->pause.until = relief->until;
    act->pause.by = relief->by;
    act->pause.reason = relief->reason;
}

/* The job's first due slot is `first`; the next due comes from the newest slot,
 * not from the clock, and is returned. */
static struct wall job_due(struct core *core, uint32_t index, struct wall first,
                           const struct relief *relief)
{
    const struct choice *choice = &core->choice;
    due_choose(core, index, first);
    struct lane *lane = lane_at(core, index);
    struct wall missed = choice->newest;
    if (choice->count)
        missed.ms = choice->kept[choice->count - 1].ms - 1;
    miss(core, index, first, missed, choice->fresh);
    if (choice->count && lane->held && lane_job(core, index)->catch_up.max <= 1)
        held_supersede(core, index);
    bool runs = choice->count && choice->fresh;
    for (uint32_t i = choice->count; i-- > (uint32_t)runs;)
        held_add(core, run_new(core, index,
                               (struct run_key){ .slot = choice->kept[i] },
                               TRIGGER_CATCH_UP));
    relief_tell(core, index, relief);
    if (runs)
        due_run(core, index, choice->kept[0]);
    lane_catch(core, index);
    return past_next_slot(&core->past, &lane_job(core, index)->schedule,
                          choice->newest);
}

/* What is due of the lane, and when it has its next turn. */
static struct wall lane_decide(struct core *core, uint32_t index,
                               struct wall due, const struct relief *relief)
{
    const struct lane *lane = lane_at(core, index);
    if (lane->behind)
        due = lane_next(core, index, lane->cursor);
    if (due.ms <= core->now.wall.ms)
        return job_due(core, index, due, relief);
    relief_tell(core, index, relief);
    lane_catch(core, index);
    return lane_next(core, index, core->now.wall);
}

struct wall due_resume(struct core *core, uint32_t index, struct wall until,
                       const char *by, const char *reason)
{
    const struct relief relief = { until, by, reason };
    lane_resume(core, index, until);
    return lane_decide(core, index, lane_due(core, index), &relief);
}

/* The agenda's first entry is this lane's, and due: a slot, or a pause's end.
 */
static void lane_turn(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    struct wall due = { agenda_first(&core->agenda)->due_ms };
    if (lane_paused(core, index))
        due = lane->paused_until;
    else if (lane->paused_until.ms != EVER_MS)
        due = due_resume(core, index, lane->paused_until, "", "");
    else
        due = lane_decide(core, index, due, NULL);
    agenda_postpone(core, index, due);
}

void due_turn(struct core *core)
{
    const struct agenda_entry *first;
    while ((first = agenda_first(&core->agenda)) &&
           first->due_ms <= core->now.wall.ms) {
        if (first->stamp == lane_at(core, first->id)->stamp)
            lane_turn(core, first->id);
        else
            agenda_pop(&core->agenda); /* resumed since: it has another */
    }
}
