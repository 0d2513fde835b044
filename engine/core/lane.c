/* A lane is what the core remembers of one job of the set in force. */
#include <assert.h>
#include <stdlib.h>

#include "machine.h"
#include "mooncron/memory.h"

struct lane *lane_at(const struct core *core, uint32_t index)
{
    assert(index < core->lanes.count);
    return &core->lanes.lanes[index];
}

const struct job *lane_job(const struct core *core, uint32_t index)
{
    return jobset_job(tenure_in_force(core)->set, index);
}

bool lane_paused(const struct core *core, uint32_t index)
{
    return lane_at(core, index)->paused_until.ms > core->now.wall.ms;
}

/* ---- what goes on ---- */

static bool is_made_up(const struct run *run)
{
    return run->trigger == TRIGGER_CATCH_UP || run->trigger == TRIGGER_BACKFILL;
}

void lane_add(struct core *core, struct run *run)
{
    struct lane *lane = lane_at(core, run->lane);
    run->newer = NO_INDEX;
    run->older = lane->newest;
    lane->newest = run_place(run);
    if (run->older != NO_INDEX)
        core->runs.places[run->older].newer = lane->newest;
    lane->going++;
    lane->making_up += is_made_up(run);
}

void lane_remove(struct core *core, const struct run *run)
{
    struct lane *lane = lane_at(core, run->lane);
    struct run *places = core->runs.places;
    assert((lane->newest == run_place(run)) == (run->newer == NO_INDEX));
    if (run->newer == NO_INDEX)
        lane->newest = run->older;
    else
        places[run->newer].older = run->older;
    if (run->older != NO_INDEX)
        places[run->older].newer = run->newer;
    lane->going--;
    lane->making_up -= is_made_up(run);
}

bool lane_has_room(const struct core *core, uint32_t index)
{
    const struct lane *lane = lane_at(core, index);
    const struct job *job = lane_job(core, index);
    if (lane->going == 0)
        return true;
    return job->overlap == OVERLAP_ALLOW &&
           (!job->overlap_max || lane->going < job->overlap_max);
}

bool lane_too_soon(const struct core *core, uint32_t index, struct wall at)
{
    return job_too_soon(lane_job(core, index), lane_at(core, index)->started,
                        at);
}

/* ---- which slots are undecided ---- */

const struct past *lane_past(const struct core *core, uint32_t index)
{
    static const struct past nothing = { .count = 0 };
    const struct lane *lane = lane_at(core, index);
    if (lane->past)
        return lane->past;
    return lane->absent ? &nothing : &core->past;
}

struct wall lane_next(const struct core *core, uint32_t index,
                      struct wall after)
{
    return past_next_slot(lane_past(core, index),
                          &lane_job(core, index)->schedule, after);
}

struct wall lane_last(const struct core *core, uint32_t index, struct wall at)
{
    return past_last_slot(lane_past(core, index),
                          &lane_job(core, index)->schedule, at);
}

/* A slot of this very instant is due as well, where the past does not have it;
 * so is what fell due while the store was ill, and the past did not grow. */
static struct wall undecided_after(const struct core *core,
                                   const struct lane *lane)
{
    struct wall after = past_end(&core->past);
    if (lane->behind)
        return lane->cursor;
    if (after.ms >= core->now.wall.ms)
        after.ms = core->now.wall.ms - 1;
    return after;
}

struct wall lane_due(const struct core *core, uint32_t index)
{
    const struct lane *lane = lane_at(core, index);
    if (lane->paused_until.ms != EVER_MS)
        return lane->paused_until;
    return lane_next(core, index, undecided_after(core, lane));
}

/* ---- pauses ---- */

/* While a lane is paused time goes on without it: what the others live through
 * from now on says nothing of its slots. */
void lane_pause(struct core *core, uint32_t index, struct wall until)
{
    struct lane *lane = lane_at(core, index);
    lane->paused_until = until;
    if (lane->past)
        return;
    const struct past *past = lane_past(core, index);
    lane->past = memory_new(sizeof *lane->past);
    *lane->past = *past;
    if (lane->behind)
        return;
    lane->behind = true;
    lane->cursor = past_end(&core->past);
}

void lane_resume(struct core *core, uint32_t index, struct wall at)
{
    struct lane *lane = lane_at(core, index);
    assert(lane->paused_until.ms != EVER_MS);
    lane->paused_until.ms = EVER_MS;
    lane->paused_to = at;
    if (lane->cursor.ms > core->now.wall.ms)
        lane_catch(core, index); /* it was paused by a clock that was wrong */
}

void lane_catch(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    free(lane->past);
    lane->past = NULL;
    lane->behind = lane->absent = false;
}

/* Set back, a lane that is behind by nothing yet is like any other. What fell
 * due before that, while the machine slept or the store was ill, is kept by the
 * cursors: the stretch of the past that begins now does not reach back to it.
 * Set forward while the store is ill likewise: the past says that nobody lived
 * through it, which is true of what was leapt over, too. */
void lanes_leap(struct core *core, int64_t by_ms)
{
    struct wall end = past_end(&core->past);
    for (uint32_t i = 0; i < core->lanes.count; i++) {
        struct lane *lane = lane_at(core, i);
        if (by_ms < 0 && !lane->past && lane->cursor.ms > core->now.wall.ms)
            lane->behind = lane->absent = false;
        bool kept = by_ms < 0 || core->store_ill;
        if (!kept || lane->behind || end.ms >= core->now.wall.ms)
            continue;
        lane->behind = true;
        lane->cursor = end;
    }
}

/* All of it is a function of the set, the past and the lanes: a job that a
 * reload did not change is due when it was due before. */
void agenda_fill(struct core *core)
{
    agenda_clear(&core->agenda);
    if (!tenure_in_force(core) || !core->config.primary || core->stopping)
        return;
    for (uint32_t i = 0; i < core->lanes.count; i++) {
        struct lane *lane = lane_at(core, i);
        if (!lane->scheduled)
            continue;
        lane->stamp = 0;
        lane->due = lane_due(core, i);
        agenda_append(&core->agenda,
                      (struct agenda_entry){ .due_ms = lane->due.ms, .id = i });
    }
    agenda_order(&core->agenda);
}

void agenda_renew(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    lane->stamp++;
    lane->due = lane_due(core, index);
    agenda_push(&core->agenda, (struct agenda_entry){ .due_ms = lane->due.ms,
                                                      .id = index,
                                                      .stamp = lane->stamp });
}

void agenda_postpone(struct core *core, uint32_t index, struct wall due)
{
    lane_at(core, index)->due = due;
    agenda_move_first(&core->agenda, due.ms);
}

/* ---- moving to a new set ---- */

static void lane_begin(struct lane *lane)
{
    *lane = (struct lane){ .cursor = { EVER_MS },
                           .due = { EVER_MS },
                           .paused_until = { EVER_MS },
                           .paused_to = { EVER_MS },
                           .started = { EVER_MS },
                           .ill_at = LONG_AGO,
                           .newest = NO_INDEX,
                           .heir = NO_INDEX,
                           .unwritten = NO_INDEX,
                           .held_first = NO_INDEX,
                           .held_last = NO_INDEX,
                           .line_next = NO_INDEX,
                           .circuit = NO_INDEX };
}

/* What a job keeps of its old lane, whatever became of its declaration. */
static void lane_inherit(struct lane *lane, struct lane *old)
{
    lane->cursor = old->cursor;
    lane->paused_until = old->paused_until;
    lane->paused_to = old->paused_to;
    lane->started = old->started;
    lane->fails = old->fails;
    lane->runs = old->runs;
    lane->behind = old->behind;
    lane->absent = old->absent;
    lane->past = old->past;
    old->past = NULL;
}

/* The job has slots from here on, after this instant: what is due at it was
 * fired before. */
static void lane_open(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    lane->behind = true;
    lane->absent = false;
    if (!core->lanes.memory_over && adopt_cursor(core, index))
        return;
    lane->cursor = core->now.wall;
    lane->fresh = true;
}

void lanes_leave(struct core *core, const struct jobset *set)
{
    for (uint32_t i = 0; core->config.primary && i < core->lanes.count; i++) {
        const struct lane *lane = lane_at(core, i);
        lane_settle(core, i);
        bool owes = lane->scheduled && (lane->behind || core->store_ill);
        if (owes &&
            jobset_find_scheduled(set, lane_job(core, i)->name) == NO_INDEX)
            due_forgo(core, i);
    }
}

void lanes_move(struct core *core, const struct jobset *before)
{
    const struct jobset *set = tenure_in_force(core)->set;
    struct lanes old = core->lanes;
    struct lanes *lanes = &core->lanes;
    lanes->count = jobset_count(set);
    lanes->lanes = memory_new(lanes->count * sizeof *lanes->lanes);
    lanes->line_first = lanes->line_last = NO_INDEX;
    lanes->held = 0;
    if (before)
        away_keep(core, before, &old);
    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct job *job = jobset_job(set, i);
        uint32_t was = before ? jobset_find(before, job->name) : NO_INDEX;
        struct lane *lane = &lanes->lanes[i];
        lane_begin(lane);
        if (was != NO_INDEX)
            lane_inherit(lane, &old.lanes[was]);
        else if (!away_return(core, i) && !lanes->memory_over)
            adopt_life(core, i);
        lane->scheduled = job->standing == STANDING_SCHEDULED;
        lane->circuit = circuit_find(core, job);
        if (was != NO_INDEX && lane->circuit == old.lanes[was].circuit &&
            job->digest == jobset_job(before, was)->digest)
            lane->ill_at = old.lanes[was].ill_at;
        if (lane->scheduled && (was == NO_INDEX || !old.lanes[was].scheduled))
            lane_open(core, i);
    }
    run_move(core);
    held_move(core, &old);
    lanes_close(&old);
}

void lanes_close(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        free(lanes->lanes[i].past);
    free(lanes->lanes);
}
