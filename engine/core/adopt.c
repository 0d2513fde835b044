/* What the store remembers is adopted: cursors by the lanes of the first
 * schedules of a life, runs without a verdict by the jobs they are of.
 *
 * A run that waited goes on waiting, where it is not too late for it. Of one
 * that was claimed nobody knows whether it was sent: it is tried again under
 * the same key with the next epoch, where its job allows another attempt and no
 * newer slot has come; else its outcome is unknown, and stays so. An attempt
 * that may have been sent counts as sent, so that no run has more of them than
 * its job allows, however many lives it takes.
 *
 * The first schedule may be loaded before any Settings are known, with jobs
 * off. That is no word on the jobs: memory is kept until Settings are. A spare
 * adopts no runs: what is open stays open until a worker comes that fires. */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "mutant.h"

static int by_name(const void *key, const void *item)
{
    return strcmp(key, ((const struct lane_memory *)item)->job);
}

static const struct lane_memory *memory_of(const struct core *core,
                                           uint32_t index)
{
    const struct memory_of_store *memory = &core->config.memory;
    if (memory->lane_count == 0)
        return NULL;
    return bsearch(lane_job(core, index)->name, memory->lanes,
                   memory->lane_count, sizeof *memory->lanes, by_name);
}

void adopt_life(struct core *core, uint32_t index)
{
    const struct lane_memory *known = memory_of(core, index);
    if (!known || core->lanes_adopted[known - core->config.memory.lanes])
        return;
    struct lane *lane = lane_at(core, index);
    lane->fails = known->fails;
    lane->runs = known->runs;
    lane->started = known->started;
    if (known->paused_until.ms == EVER_MS || mutant(PAUSE_LOST))
        return;
    lane->absent = true; /* nothing of it was lived through */
    lane_pause(core, index, known->paused_until);
}

bool adopt_cursor(struct core *core, uint32_t index)
{
    const struct lane_memory *known = memory_of(core, index);
    struct lane *lane = lane_at(core, index);
    if (!known || known->cursor.ms == EVER_MS)
        return false;
    bool *used = &core->lanes_adopted[known - core->config.memory.lanes];
    if (*used)
        return false; /* it has had slots in this life, and lost them */
    *used = true;
    lane->cursor = known->cursor;
    if (lane->cursor.ms > core->now.wall.ms)
        lane->cursor = core->now.wall;
    lane->absent = true; /* while it came up this worker fired nothing */
    return true;
}

/* The job may try once more, and no newer slot is due instead: none after its
 * own, or after the moment of a run by hand. A backfill's slot is old from the
 * start. */
static bool may_repeat(const struct core *core, const struct job *job,
                       const struct run_memory *known)
{
    if (known->attempt >= job->retry.attempts)
        return false;
    if (known->trigger == TRIGGER_BACKFILL)
        return true;
    return schedule_next(&job->schedule, known->key.slot).ms >
           core->now.wall.ms;
}

static void adopt_claimed(struct core *core, struct run *run,
                          const struct run_memory *known)
{
    run->reclaimed = true;
    run->last.verdict = VERDICT_UNKNOWN;
    run->started = core->now.mono;
    run->attempt = run->begun = known->attempt;
    run->epoch = known->epoch + !mutant(EPOCH_STAYS);
    if (!may_repeat(core, run->job, known)) {
        run_refuse(core, run, VERDICT_UNKNOWN, WHY_DOWN);
        return;
    }
    run->attempt++;
    uint32_t index = run->lane, place = run_place(run);
    if (run->job->overlap != OVERLAP_ALLOW)
        held_settle(core, index); /* two would keep each other from a claim */
    held_add(core, &core->runs.places[place]);
}

static void adopt_waiting(struct core *core, struct run *run,
                          const struct run_memory *known)
{
    int64_t late_ms = core->now.wall.ms - run->key.slot.ms;
    bool asked_for =
        run->trigger == TRIGGER_MANUAL || run->trigger == TRIGGER_BACKFILL;
    run->waited = run->written = true;
    run->epoch = known->epoch + 1;
    if (!asked_for && late_ms > LATE_MS_MAX) {
        run->trigger = TRIGGER_CATCH_UP;
        if (late_ms > run->job->catch_up.window_ms) {
            run_pass(core, run, VERDICT_MISSED, WHY_DOWN);
            return;
        }
    }
    held_add(core, run);
}

bool adopt_pending(const struct core *core)
{
    return core->config.primary && !core->lanes.memory_over;
}

void adopt_runs(struct core *core)
{
    const struct memory_of_store *memory = &core->config.memory;
    if (!adopt_pending(core))
        return;
    for (uint32_t i = 0; i < memory->run_count; i++) {
        const struct run_memory *known = &memory->runs[i];
        if (core->adopted[i])
            continue;
        uint32_t index =
            jobset_find_scheduled(tenure_in_force(core)->set, known->job);
        if (index == NO_INDEX)
            continue;
        core->adopted[i] = true;
        struct run *run = run_new(core, index, known->key, known->trigger);
        if (known->claimed)
            adopt_claimed(core, run, known);
        else
            adopt_waiting(core, run, known);
    }
}

void adopt_end(struct core *core)
{
    const struct memory_of_store *memory = &core->config.memory;
    for (uint32_t i = 0; i < memory->run_count; i++) {
        const struct run_memory *known = &memory->runs[i];
        if (core->adopted[i])
            continue;
        core->adopted[i] = true; /* its job may come back */
        struct action *act = core_act(core, ACT_FINISH);
        act->finish.note = (struct run_note){ .name = known->job,
                                              .key = known->key,
                                              .trigger = known->trigger,
                                              .attempt = known->attempt,
                                              .epoch = known->epoch + 1,
                                              .cursor = { EVER_MS } };
        act->finish.verdict =
            known->claimed ? VERDICT_UNKNOWN : VERDICT_SKIPPED;
        act->finish.why = known->claimed ? WHY_DOWN : WHY_REMOVED;
    }
    core->lanes.memory_over = true;
}

void adopt_settle(struct core *core)
{
    if (!adopt_pending(core))
        return;
    adopt_end(core);
    if (core->config.journal)
        core_act(core, ACT_LANES)->lanes.forget = true;
}
