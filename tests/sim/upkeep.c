/* What the store's thread does beside its batches, as engine/keeper.c does: it
 * renews its leases each 20 s of its own time, which stands still while the
 * machine sleeps, and takes old rows away in small steps.
 *
 * Of a step is kept which rows went, so that the checker knows of them; and it
 * is judged at once, by what there was before it and what there is behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "../../engine/journal.h"
#include "../../engine/store/driver.h"
#include "mooncron/mutant.h"
#include "room.h"
#include "sim.h"

/* ---- leases ---- */

static void round_begin(struct disk *disk)
{
    disk->round = (struct pruning){ 0 };
    disk->round_begun = false;
}

static struct now now_of(const struct sim *sim)
{
    return (struct now){ sim_wall(sim), { sim->now_ms } };
}

void upkeep_begin(struct sim *sim, const struct recall *recall)
{
    struct disk *disk = &sim->disk;
    disk->must_renew = disk->must_prune = false;
    disk->renewed = UINT32_MAX;
    round_begin(disk);
    doubt_begin(&disk->doubt, now_of(sim), recall->lives, recall->life_count);
    disk->renew_at_ms = sim->now_ms + JOURNAL_RENEW_MS;
    sim_put(sim, HAPPENS_RENEW, JOURNAL_RENEW_MS, 0, sim->worker.life);
    sim_put(sim, HAPPENS_PRUNE, sim_chance(sim, MINUTE, HOUR), 0,
            sim->worker.life);
}

void upkeep_renew(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    if (sim->now_ms < disk->renew_at_ms) { /* it has slept meanwhile */
        sim_put(sim, HAPPENS_RENEW, disk->renew_at_ms - sim->now_ms, 0,
                sim->worker.life);
        return;
    }
    disk->must_renew = !mutant(NEVER_RENEWS);
    disk_turn(sim);
}

static void renew(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    const struct entry renewal = { .kind = ENTRY_RENEW,
                                   .job = "",
                                   .at = sim_wall(sim) };
    disk_add(sim, &renewal, 0);
    disk->must_renew = false;
    disk->renew_at_ms = sim->now_ms + JOURNAL_RENEW_MS;
    sim_put(sim, HAPPENS_RENEW, JOURNAL_RENEW_MS, 0, sim->worker.life);
}

/* Whether a row got a lease of its own after the last renewal. */
static bool is_newer(const struct disk *disk, const struct row_key *key)
{
    const char *job = names_of(&disk->store->jobs, key->job);
    for (uint32_t i = disk->log.count; i-- > disk->renewed;) {
        const struct entry *entry = &disk->log.list[i].entry;
        bool leases = entry->kind == ENTRY_CLAIM || entry->kind == ENTRY_WAIT ||
                      entry->kind == ENTRY_ATTEMPT;
        if (leases && entry->slot.ms == key->slot.ms &&
            !strcmp(entry->job, job))
            return true;
    }
    return false;
}

static void look_at_lease(void *data, const struct open_run *run)
{
    struct sim *sim = data;
    const struct disk *disk = &sim->disk;
    struct row row;
    disk->store->driver->row_get(disk->store, &run->key, &row);
    if (row.life == disk->store->life && row.lease.ms != disk->lease.ms &&
        !is_newer(disk, &row.key))
        sim_blame(sim, "leases", sim->now_ms,
                  "%s: the run of slot %lld has a lease until %lld, and was "
                  "renewed until %lld",
                  names_of(&disk->store->jobs, row.key.job),
                  (long long)row.key.slot.ms, (long long)row.lease.ms,
                  (long long)disk->lease.ms);
}

void upkeep_look(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    if (disk->renewed != UINT32_MAX)
        disk->store->driver->each_open(disk->store, look_at_lease, sim);
    disk->renewed = UINT32_MAX;
}

/* ---- rows ---- */

/* The rows of a job as they are told: newest slot first. */
struct told {
    struct history_row *rows;
    uint32_t count, cap;
};

/* A step, and the round that it is of. */
struct step {
    struct told before[SIM_JOBS], after[SIM_JOBS];
    uint32_t rows, gone, young;   /* before it; of those that went */
    struct wall old;              /* what ended before it may go */
    struct wall round_old;        /* what did so in all steps must */
    struct wall newest[SIM_JOBS]; /* when the round began: these may stay */
    uint32_t unheard; /* rows that went in the round, and are taken for there */
};

static bool tell(void *data, const struct history_row *row)
{
    struct told *told = data;
    told->rows = room(told->rows, told->count, &told->cap, sizeof *row);
    told->rows[told->count++] = *row;
    return true;
}

static void look(struct sim *sim, struct told told[SIM_JOBS])
{
    struct error err;
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        const struct history_query query = { .job = sim_jobs[i],
                                             .from = { EVER_MS },
                                             .to = { NEVER_MS },
                                             .limit = HISTORY_ROWS_MAX };
        told[i].count = 0;
        if (!store_history(sim->disk.store, &query, tell, &told[i], &err))
            abort();
    }
}

static bool is_same(const struct history_row *a, const struct history_row *b)
{
    return a->slot.ms == b->slot.ms && a->manual == b->manual &&
           !a->count == !b->count;
}

static bool is_old(const struct step *step, const struct history_row *row)
{
    return row->slot.ms < step->old.ms && row->ended.ms < step->old.ms;
}

static void blame(struct sim *sim, uint32_t job, const struct history_row *row,
                  const char *what)
{
    sim_blame(sim, "kept", sim->now_ms, "%s: the row of slot %lld %s",
              sim_jobs[job], (long long)row->slot.ms, what);
}

static void take_away(struct sim *sim, struct step *step, uint32_t job,
                      const struct history_row *row)
{
    struct disk *disk = &sim->disk;
    disk->gone =
        room(disk->gone, disk->gone_count, &disk->gone_cap, sizeof *disk->gone);
    disk->gone[disk->gone_count++] =
        (struct gone){ disk->commit_count - 1, job, *row };
    step->gone++;
    step->young += !is_old(step, row);
    if (!row->done)
        blame(sim, job, row, "was taken away, and had no verdict");
}

/* What went of one job, and what stayed. */
static void compare(struct sim *sim, struct step *step, uint32_t job)
{
    const struct told *before = &step->before[job], *after = &step->after[job];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < before->count; i++) {
        const struct history_row *row = &before->rows[i];
        if (kept < after->count && is_same(row, &after->rows[kept]))
            kept++;
        else
            take_away(sim, step, job, row);
    }
    step->rows += before->count;
    if (before->count &&
        (!after->count || after->rows[0].slot.ms != before->rows[0].slot.ms))
        blame(sim, job, &before->rows[0],
              "was taken away, and was the newest of its job");
}

static struct wall newest_of(const struct told *told)
{
    return told->count ? told->rows[0].slot : (struct wall){ EVER_MS };
}

/* When a round is over nothing is left that was old when it began. */
static void look_at_rest(struct sim *sim, struct step *step)
{
    for (uint32_t job = 0; job < SIM_JOBS; job++) {
        const struct told *told = &step->after[job];
        for (uint32_t i = 0; i < told->count; i++) {
            const struct history_row *row = &told->rows[i];
            if (row->done && row->slot.ms < step->round_old.ms &&
                row->ended.ms < step->round_old.ms &&
                row->slot.ms != newest_of(told).ms &&
                row->slot.ms != step->newest[job].ms)
                blame(sim, job, row, "is old, and stays");
        }
    }
}

static void judge(struct sim *sim, struct step *step)
{
    for (uint32_t job = 0; job < SIM_JOBS; job++)
        compare(sim, step, job);
    int64_t over = (int64_t)step->rows - sim->disk.retention.keep_rows;
    if (step->young > (over > 0 ? over : 0) + step->unheard)
        sim_blame(sim, "kept", sim->now_ms,
                  "%u rows were taken away that are not old, of %u",
                  step->young, step->rows);
    if (sim->disk.round.over)
        look_at_rest(sim, step);
}

/* To look at all rows is dear: where none may go, it is enough that none does.
 */
static bool may_go(const struct sim *sim, const struct step *step)
{
    int64_t first_ms = SIM_BEGINS_MS;
    for (uint32_t i = 0; i < sim->clock_move_count; i++)
        if (sim->clock_moves[i].after.ms < first_ms)
            first_ms = sim->clock_moves[i].after.ms;
    return sim->options.forgets || step->old.ms > first_ms - DAY;
}

static void round_goes_on(struct sim *sim, struct step *step)
{
    struct disk *disk = &sim->disk;
    if (!disk->round_begun || step->old.ms < step->round_old.ms)
        step->round_old = step->old;
    if (!disk->round_begun)
        step->unheard = 0;
    for (uint32_t i = 0; !disk->round_begun && i < SIM_JOBS; i++)
        step->newest[i] = newest_of(&step->before[i]);
    disk->round_begun = true;
}

static const struct prune *prune_new(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    struct commit *commit = disk_commit_new(sim, COMMIT_PRUNE);
    commit->step = disk->prune_count;
    disk->prunes = room(disk->prunes, disk->prune_count, &disk->prune_cap,
                        sizeof *disk->prunes);
    struct prune *prune = &disk->prunes[disk->prune_count++];
    prune->round = disk->round;
    prune->limit = (uint32_t)sim_long(sim, 8, JOURNAL_PRUNE_MAX);
    return prune;
}

/* Where its end is not heard of the next step begins where this one did. */
static void take_rows(struct sim *sim, bool heard)
{
    struct disk *disk = &sim->disk;
    if (!disk->step)
        disk->step = memory_new(sizeof *disk->step);
    struct step *step = disk->step;
    step->rows = step->gone = step->young = 0;
    step->old.ms = sim_wall(sim).ms - disk->retention.keep_ms;
    bool looks = may_go(sim, step);
    if (looks)
        look(sim, step->before);
    round_goes_on(sim, step);
    const struct prune *prune = prune_new(sim);
    struct error err;
    if (!store_prune(disk->store, &disk->retention, sim_wall(sim), prune->limit,
                     &disk->round, &err))
        abort();
    if (looks) {
        look(sim, step->after);
        judge(sim, step);
    }
    if (disk->round.gone - prune->round.gone != step->gone)
        sim_blame(sim, "kept", sim->now_ms,
                  "%lld rows are said to have gone, and %u have",
                  (long long)(disk->round.gone - prune->round.gone),
                  step->gone);
    sim_tell(sim, "store: %u old rows are taken away", step->gone);
    if (!heard) {
        disk->round = prune->round;
        step->unheard += step->gone;
    }
    if (disk->round.over)
        round_begin(disk);
}

/* Whether it is done, and whether that is heard of. */
static bool is_done(struct sim *sim, bool *ret_heard)
{
    *ret_heard = sim->await != FAULT_CRASH_PRUNE;
    sim_await(sim, FAULT_CRASH_PRUNE);
    if (!*ret_heard)
        return sim_one_in(sim, 2);
    *ret_heard = sim->disk.illness == ILL_NOT;
    if (*ret_heard)
        return true;
    sim_hit(sim, FAULT_STORE_PRUNE);
    return sim->disk.illness == ILL_AMBIGUOUS ||
           (sim->disk.illness == ILL_TIMEOUT && sim_one_in(sim, 2));
}

/* A round that is begun goes on soon; then a long rest, since to look at all
 * rows is dear. */
static int64_t pause_ms(struct sim *sim)
{
    if (sim->disk.round_begun && !sim->disk.must_prune)
        return sim_chance(sim, SECOND, MINUTE);
    return sim->options.forgets ? sim_chance(sim, MINUTE, 8 * HOUR)
                                : sim_chance(sim, 12 * HOUR, 2 * DAY);
}

void upkeep_prune(struct sim *sim)
{
    sim->disk.must_prune = true;
    disk_turn(sim);
    sim_put(sim, HAPPENS_PRUNE, pause_ms(sim), 0, sim->worker.life);
}

void upkeep_turn(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    bool heard;
    if (disk->must_prune && doubt_holds(&disk->doubt, now_of(sim)))
        disk->must_prune = false;
    if (disk->must_prune && is_done(sim, &heard))
        take_rows(sim, heard);
    disk->must_prune = false;
    if (disk->must_renew)
        renew(sim);
}

void upkeep_free(struct sim *sim)
{
    struct step *step = sim->disk.step;
    for (uint32_t i = 0; step && i < SIM_JOBS; i++) {
        free(step->before[i].rows);
        free(step->after[i].rows);
    }
    free(step);
    free(sim->disk.gone);
    free(sim->disk.prunes);
}
