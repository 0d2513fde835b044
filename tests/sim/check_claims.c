/* What was claimed, and when: only what is due or may be caught up, never in a
 * burst (I6), nothing old after the journal was lost (I16), nothing more once
 * the worker was told to stop (I20). */
#include "check.h"

#include <string.h>

static bool had_waited(const struct check *check, uint32_t job,
                       const struct fact *claim)
{
    const struct facts_of_job *facts = &check->facts[job];
    for (uint32_t i = 0; i < facts->wait_count; i++)
        if (facts->waits[i].note->entry.slot.ms == claim->note->entry.slot.ms)
            return true;
    return false;
}

/* How late a claim is by the time that the worker was awake for it, without the
 * steps of its clock that came after its slot. */
static int64_t late_awake_ms(const struct check *check,
                             const struct fact *claim)
{
    const struct sim *sim = check->sim;
    const struct entry *entry = &claim->note->entry;
    int64_t late_ms = entry->at.ms - entry->slot.ms;
    int64_t at_ms = claim->note->added_ms, awake_ms = 0;
    for (uint32_t i = sim->clock_move_count; i-- > 0;) {
        const struct clock_move *move = &sim->clock_moves[i];
        int64_t since_ms = at_ms - move->at_ms;
        int64_t step_ms = move->after.ms - move->before.ms;
        if (since_ms < 0)
            continue;
        if (since_ms >= late_ms)
            break;
        awake_ms += since_ms - check_slept_ms(check, move->at_ms, at_ms);
        late_ms -= since_ms;
        at_ms = move->at_ms;
        if (step_ms >= late_ms) /* that step made it due */
            return awake_ms + late_ms;
        late_ms -= step_ms;
    }
    return awake_ms + late_ms - check_slept_ms(check, at_ms - late_ms, at_ms);
}

/* One that is as good as new waits without a row, for its group or for the run
 * before it. */
static bool waits_unwritten(const struct check *check, const struct job *job,
                            const struct fact *claim)
{
    bool waits = job->group != JOB_NO_GROUP || job->overlap != OVERLAP_ALLOW;
    return waits && late_awake_ms(check, claim) <= LATE_MS_MAX;
}

/* The first claim of a slot tells whether it was late. */
static void check_late(struct check *check, uint32_t job,
                       const struct fact *claim)
{
    const struct entry *entry = &claim->note->entry;
    const struct job *declared = check_job(check, entry->generation, job);
    int64_t late_ms = entry->at.ms - entry->slot.ms;
    int64_t most_ms = LATE_MS_MAX;
    if (!declared || entry->trigger == TRIGGER_MANUAL ||
        entry->trigger == TRIGGER_BACKFILL || entry->epoch > 1)
        return;
    if (entry->trigger == TRIGGER_CATCH_UP)
        most_ms = declared->catch_up.window_ms;
    else if (late_ms > most_ms && (had_waited(check, job, claim) ||
                                   waits_unwritten(check, declared, claim)))
        return;
    /* A clock that drifts back is less than a second early; one that was set
     * back had come as far before. */
    bool early =
        late_ms < -SECOND && check_reached_ms(check, claim->note->added_ms) <
                                 entry->slot.ms - SECOND;
    if (late_ms > most_ms || early)
        sim_blame(check->sim, "I6", claim->note->added_ms,
                  "%s: slot %lld was claimed %lld ms late, by %s",
                  sim_jobs[job], (long long)entry->slot.ms, (long long)late_ms,
                  trigger_names[entry->trigger]);
}

static void check_job_claims(struct check *check, uint32_t job)
{
    const struct facts_of_job *facts = &check->facts[job];
    const struct fact *before = NULL;
    for (uint32_t i = 0; i < facts->claim_count; i++) {
        const struct fact *claim = &facts->claims[i];
        bool first = !before ||
                     before->note->entry.slot.ms != claim->note->entry.slot.ms;
        before = claim;
        if (first && !claim->note->entry.manual)
            check_late(check, job, claim);
    }
}

/* ---- in the order of time ---- */

struct pace {
    uint32_t life;
    const struct note *before; /* that was caught up; or NULL */
};

/* A batch that is written again has it twice. */
static bool is_again(const struct note *a, const struct note *b)
{
    return a->entry.job == b->entry.job && a->entry.slot.ms == b->entry.slot.ms;
}

static void check_pace(struct check *check, struct pace *pace,
                       const struct note *note, const struct commit *commit)
{
    const struct span_of_life *life =
        &check->sim->worker.lives[commit->life - 1];
    const struct entry *entry = &note->entry;
    if (note->added_ms > life->stopped_ms)
        sim_blame(check->sim, "I20", note->added_ms,
                  "%s: slot %lld was claimed by a worker that was to stop",
                  entry->job, (long long)entry->slot.ms);
    if (entry->trigger != TRIGGER_CATCH_UP)
        return;
    if (pace->life != commit->life)
        *pace = (struct pace){ commit->life, NULL };
    if (note->added_ms < life->began_ms + CATCH_UP_SETTLE_MS)
        sim_blame(check->sim, "I6", note->added_ms,
                  "%s: slot %lld was caught up at the start", entry->job,
                  (long long)entry->slot.ms);
    if (pace->before && !is_again(note, pace->before) &&
        note->added_ms >= pace->before->added_ms &&
        note->added_ms < pace->before->added_ms + CATCH_UP_SPACING_MS)
        sim_blame(check->sim, "I6", note->added_ms,
                  "%s: slot %lld was caught up in a burst", entry->job,
                  (long long)entry->slot.ms);
    pace->before = note;
}

/* ---- pauses ---- */

/* Of its schedule, and new: what waited for its group goes on. */
static bool is_new_run(const struct entry *entry, const struct note *pause)
{
    return entry->kind == ENTRY_CLAIM && !entry->manual && entry->epoch == 1 &&
           entry->trigger != TRIGGER_BACKFILL &&
           entry->slot.ms > pause->entry.at.ms;
}

/* A job that is paused is not run by its schedule, in whatever life. */
static void check_paused(struct check *check, uint32_t job)
{
    const struct disk *disk = &check->sim->disk;
    const struct note *pause = NULL;
    /* A pause goes with the declaration of its job. */
    bool goes =
        !strcmp(sim_jobs[job], "moving") || !strcmp(sim_jobs[job], "coming");
    for (uint32_t i = 0; i < check->commit_count; i++) {
        const struct commit *commit = check->commits[i];
        for (uint32_t n = 0; n < commit->count && !commit->lost; n++) {
            const struct note *note = &disk->log.list[commit->first + n];
            const struct entry *entry = &note->entry;
            if (entry->job != sim_jobs[job])
                continue;
            if (entry->kind == ENTRY_PAUSE)
                pause = note;
            else if (entry->kind == ENTRY_RESUME ||
                     (entry->kind == ENTRY_LEAVE && goes))
                pause = NULL;
            if (pause && is_new_run(entry, pause) &&
                note->added_ms > pause->added_ms &&
                entry->at.ms < pause->entry.last.ms)
                sim_blame(check->sim, "I6", note->added_ms,
                          "%s: slot %lld was run while the job was paused",
                          entry->job, (long long)entry->slot.ms);
        }
    }
}

/* What the clock has shown since the journal was lost. */
static int64_t earliest_ms(const struct check *check)
{
    const struct sim *sim = check->sim;
    int64_t first_ms = sim->disk.commits[check->fresh_first].wall.ms;
    for (uint32_t i = 0; i < sim->clock_move_count; i++)
        if (sim->clock_moves[i].at_ms >= check->fresh_ms &&
            sim->clock_moves[i].after.ms < first_ms)
            first_ms = sim->clock_moves[i].after.ms;
    return first_ms;
}

/* A journal that was lost never means "every job for the first time". */
static void check_fresh(struct check *check, const struct note *note)
{
    const struct entry *entry = &note->entry;
    if (check->fresh_first == 0 || entry->manual ||
        entry->trigger == TRIGGER_BACKFILL)
        return;
    if (entry->slot.ms < earliest_ms(check) - 2 * SECOND)
        sim_blame(check->sim, "I16", note->added_ms,
                  "%s: slot %lld was run after the journal was lost",
                  entry->job, (long long)entry->slot.ms);
}

void check_claims(struct check *check)
{
    const struct disk *disk = &check->sim->disk;
    struct pace pace = { 0, NULL };
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        check_job_claims(check, i);
        check_paused(check, i);
    }
    for (uint32_t i = 0; i < check->commit_count; i++) {
        const struct commit *commit = check->commits[i];
        for (uint32_t n = 0; n < commit->count; n++) {
            const struct note *note = &disk->log.list[commit->first + n];
            if (note->entry.kind != ENTRY_CLAIM)
                continue;
            check_pace(check, &pace, note, commit);
            check_fresh(check, note);
        }
    }
}
