/* The disk: the real store in memory, and what stands between it and the
 * worker when it is the journal's thread and a file.
 *
 * Entries of a step become a batch; one batch is under way at a time, and one
 * that was not taken is written again, as engine/journal.c does. What is
 * durable is kept in a log, from which the store is made anew where power takes
 * its last commits: a store is what its log says. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/journal.h"
#include "mooncron/memory.h"
#include "room.h"
#include "sim.h"

#define OWNER    "worker"
#define PART_MAX 64 /* entries that are handed to the store at once */

/* ---- notes ---- */

static struct note *note_new(struct notes *notes)
{
    notes->list =
        room(notes->list, notes->count, &notes->cap, sizeof *notes->list);
    return &notes->list[notes->count++];
}

static void plan_add(struct notes *notes, const struct plan_note *plan)
{
    notes->plans = room(notes->plans, notes->plan_count, &notes->plan_cap,
                        sizeof *notes->plans);
    notes->plans[notes->plan_count++] = *plan;
}

/* Names outlive every store here, whoever handed them in. */
static const char *stable(const char *name)
{
    if (!*name)
        return "";
    uint32_t number = sim_job_number(name);
    assert(number != NO_JOB);
    return sim_jobs[number];
}

/* Words of an entry, which are the caller's: there are few of them. */
static const char *kept(struct disk *disk, const char *words)
{
    if (!words) /* of an entry that has none */
        return NULL;
    for (uint32_t i = 0; i < disk->text_count; i++)
        if (!strcmp(disk->texts[i], words))
            return disk->texts[i];
    disk->texts = room(disk->texts, disk->text_count, &disk->text_cap,
                       sizeof *disk->texts);
    disk->texts[disk->text_count] = memory_string(words);
    return disk->texts[disk->text_count++];
}

void disk_add(struct sim *sim, const struct entry *entry, uint64_t ticket)
{
    struct note *note = note_new(&sim->disk.waiting);
    *note = (struct note){ .entry = *entry,
                           .ticket = ticket,
                           .added_ms = sim->now_ms };
    note->entry.job = stable(entry->job);
    note->entry.error = kept(&sim->disk, entry->error);
    note->entry.by = kept(&sim->disk, entry->by);
    sim_mix(sim, (uint64_t)entry->kind << 32 ^ (uint64_t)entry->slot.ms);
    sim_mix(sim, entry->verdict * 64u + entry->why);
}

void disk_publish(struct sim *sim, const struct plan_note *plan)
{
    plan_add(&sim->disk.waiting, plan);
}

/* ---- what is durable ---- */

struct commit *disk_commit_new(struct sim *sim, enum commit_kind kind)
{
    struct disk *disk = &sim->disk;
    disk->commits = room(disk->commits, disk->commit_count, &disk->commit_cap,
                         sizeof *disk->commits);
    struct commit *commit = &disk->commits[disk->commit_count++];
    *commit = (struct commit){ .kind = kind,
                               .life = sim->worker.life,
                               .begun_ms = sim->now_ms,
                               .at_ms = sim->now_ms,
                               .wall = sim_wall(sim),
                               .first = disk->log.count,
                               .plan_first = disk->log.plan_count };
    return commit;
}

/* What the store says of an entry, its epoch too, stands in the note from then
 * on. */
static void store_notes(struct store *store, struct note *notes, uint32_t count)
{
    struct entry entries[PART_MAX];
    enum entry_outcome outcomes[PART_MAX];
    struct error err;
    for (uint32_t from = 0; from < count; from += PART_MAX) {
        uint32_t part = count - from < PART_MAX ? count - from : PART_MAX;
        for (uint32_t i = 0; i < part; i++)
            entries[i] = notes[from + i].entry;
        bool written = store_write(store, entries, part, outcomes, &err);
        assert(written);
        for (uint32_t i = 0; i < part; i++) {
            notes[from + i].entry.epoch = entries[i].epoch;
            notes[from + i].outcome = outcomes[i];
        }
    }
}

static void store_plans(struct store *store, const struct plan_note *plans,
                        uint32_t count)
{
    struct error err;
    for (uint32_t i = 0; i < count; i++)
        store_publish(store, &plans[i], &err); /* a later one may be there */
}

/* The batch itself stays as it was added: it may have to be written again. */
static void write_down(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    const struct notes *batch = &disk->writing;
    struct commit *commit = disk_commit_new(sim, COMMIT_BATCH);
    commit->begun_ms = disk->begun_ms;
    commit->count = batch->count;
    commit->plan_count = batch->plan_count;
    commit->held_up = disk->held_up;
    for (uint32_t i = 0; i < batch->count; i++)
        *note_new(&disk->log) = batch->list[i];
    for (uint32_t i = 0; i < batch->plan_count; i++)
        plan_add(&disk->log, &batch->plans[i]);
    store_plans(disk->store, batch->plans, batch->plan_count);
    store_notes(disk->store, &disk->log.list[commit->first], commit->count);
    for (uint32_t i = commit->first; i < disk->log.count; i++) {
        const struct entry *entry = &disk->log.list[i].entry;
        if (entry->kind != ENTRY_RENEW)
            continue;
        disk->renewed = i + 1;
        disk->lease.ms = entry->at.ms + STORE_LEASE_MS;
    }
}

/* ---- a batch ---- */

static int64_t commit_ms(struct sim *sim)
{
    switch (sim->disk.illness) {
    case ILL_TIMEOUT:
        return 3 * SECOND;
    case ILL_PARTITION:
        return sim_chance(sim, 1, 3 * SECOND);
    default:
        return sim->disk.slow ? sim_long(sim, 5, 2500) : sim_chance(sim, 1, 8);
    }
}

void disk_turn(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    if (disk->busy)
        return;
    upkeep_turn(sim);
    if (!disk->waiting.count && !disk->waiting.plan_count)
        return;
    struct notes empty = disk->writing;
    disk->writing = disk->waiting;
    disk->waiting = empty;
    disk->waiting.count = disk->waiting.plan_count = 0;
    disk->busy = true;
    disk->begun_ms = sim->now_ms;
    disk->held_up = disk->ill_before;
    disk->ill_before = false;
    sim_put(sim, HAPPENS_COMMIT, commit_ms(sim), 0, sim->worker.life);
    sim_await(sim, FAULT_CRASH_COMMIT);
}

static void tell_well(struct sim *sim, bool well)
{
    if (sim->disk.well == well)
        return;
    sim->disk.well = well;
    const struct event event = { .kind = EV_STORE, .store = { well } };
    sim_put_event(sim, 0, &event);
}

static void tell_claims(struct sim *sim)
{
    const struct disk *disk = &sim->disk;
    const struct commit *commit = &disk->commits[disk->commit_count - 1];
    for (uint32_t i = 0; i < commit->count; i++) {
        const struct note *note = &disk->log.list[commit->first + i];
        if (!note->ticket)
            continue;
        struct event event = { .kind = EV_CLAIMED };
        event.claimed.run.value = note->ticket;
        event.claimed.epoch = note->entry.epoch;
        event.claimed.outcome =
            note->outcome == ENTRY_DONE ? CLAIM_DURABLE : CLAIM_TAKEN;
        sim_put_event(sim, 0, &event);
        sim_await(sim, FAULT_CRASH_CLAIMED);
    }
}

/* Whether the batch became durable, and whether its writer hears of it. */
static bool is_written(struct sim *sim, bool *ret_heard)
{
    *ret_heard = false;
    switch (sim->disk.illness) {
    case ILL_ENOSPC:
        sim_hit(sim, FAULT_DISK_ENOSPC);
        return false;
    case ILL_EIO:
        sim_hit(sim, FAULT_DISK_EIO);
        return false;
    case ILL_TIMEOUT:
        sim_hit(sim, FAULT_STORE_TIMEOUT);
        return sim_one_in(sim, 2);
    case ILL_AMBIGUOUS:
        sim_hit(sim, FAULT_STORE_AMBIGUOUS);
        return true;
    case ILL_PARTITION:
        sim_hit(sim, FAULT_STORE_PARTITION);
        return false;
    case ILL_NOT:
        break;
    }
    *ret_heard = true;
    return true;
}

void disk_commit(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    bool heard;
    if (is_written(sim, &heard))
        write_down(sim);
    if (!heard || disk->writing.count != 1 ||
        disk->writing.list[0].entry.kind != ENTRY_RENEW)
        sim_tell(sim, "store: %u entries %s", disk->writing.count,
                 heard ? "are durable" : "were refused");
    if (!heard) {
        tell_well(sim, false);
        disk->held_up = disk->ill_before = true;
        sim_put(sim, HAPPENS_COMMIT, JOURNAL_AGAIN_MS, 0, sim->worker.life);
        return;
    }
    tell_claims(sim);
    tell_well(sim, true);
    disk->busy = false;
    disk->writing.count = disk->writing.plan_count = 0;
    disk_turn(sim);
}

/* ---- lives ---- */

/* What is under way, or waits, is nobody's any more. */
static void let_go(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    disk->busy = disk->must_renew = disk->must_prune = false;
    disk->writing.count = disk->writing.plan_count = 0;
    disk->waiting.count = disk->waiting.plan_count = 0;
    upkeep_look(sim);
}

void disk_cut(struct sim *sim, bool power)
{
    struct disk *disk = &sim->disk;
    if (disk->busy && disk->illness == ILL_NOT) {
        bool whole = !power && sim_one_in(sim, 2);
        if (whole)
            write_down(sim);
        else
            sim_hit(sim, FAULT_DISK_TORN);
        sim_tell(sim, "store: a batch was %s", whole ? "written" : "torn");
    }
    let_go(sim);
}

void disk_drain(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    bool heard;
    disk->must_renew = disk->must_prune = false;
    for (int tries = 0; tries < 2; tries++) {
        if (!disk->busy)
            disk_turn(sim);
        if (!disk->busy || !is_written(sim, &heard))
            break;
        write_down(sim);
        disk->busy = false;
        disk->writing.count = disk->writing.plan_count = 0;
    }
    let_go(sim);
}

/* The store of a file is closed and opened; this one goes on with another
 * life. */
bool disk_open(struct sim *sim, struct recall *ret)
{
    struct disk *disk = &sim->disk;
    struct error err = { "" };
    if (disk->illness != ILL_NOT && sim_one_in(sim, 2))
        return false;
    disk_commit_new(sim, COMMIT_LIFE);
    bool open = store_next_life(disk->store, OWNER, sim_wall(sim), &err) &&
                store_recall(disk->store, sim_wall(sim), ret, &err);
    assert(open);
    disk->well = true;
    upkeep_begin(sim, ret);
    return true;
}

/* ---- what power takes with it ---- */

static void store_prune_again(struct disk *disk, const struct commit *commit)
{
    struct prune prune = disk->prunes[commit->step];
    struct error err;
    store_prune(disk->store, &disk->retention, commit->wall, prune.limit,
                &prune.round, &err);
}

static void store_replay(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    struct error err;
    store_close(disk->store, sim_wall(sim));
    disk->store = store_open_memory(OWNER);
    uint32_t from = disk->commit_count;
    while (from > 0 && disk->commits[from - 1].kind != COMMIT_FRESH)
        from--;
    for (uint32_t i = from; i < disk->commit_count; i++) {
        const struct commit *commit = &disk->commits[i];
        if (commit->lost)
            continue;
        if (commit->kind == COMMIT_LIFE)
            store_next_life(disk->store, OWNER, commit->wall, &err);
        if (commit->kind == COMMIT_PRUNE)
            store_prune_again(disk, commit);
        store_plans(disk->store, &disk->log.plans[commit->plan_first],
                    commit->plan_count);
        store_notes(disk->store, &disk->log.list[commit->first], commit->count);
    }
}

void disk_lose_tail(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    int64_t commits = sim_chance(sim, 1, 6);
    uint32_t i = disk->commit_count;
    bool lost = false;
    while (i-- > 0 && commits-- > 0 && disk->commits[i].kind >= COMMIT_BATCH)
        lost = disk->commits[i].lost = true;
    if (!lost)
        return;
    sim_hit(sim, FAULT_STORE_TAIL);
    sim_tell(sim, "store: its last commits are lost");
    store_replay(sim);
}

void disk_lose_all(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    sim_hit(sim, FAULT_STORE_CORRUPT);
    sim_tell(sim, "store: nothing of it can be read");
    for (uint32_t i = 0; i < disk->commit_count; i++)
        disk->commits[i].lost = true;
    store_close(disk->store, sim_wall(sim));
    disk->store = store_open_memory(OWNER);
    disk_commit_new(sim, COMMIT_FRESH);
}

/* As it is set unless somebody sets it otherwise; or some days, or some rows:
 * more than a day, so that what an operator runs again is remembered. */
static struct retention retention_of(struct sim *sim)
{
    struct retention keep = { .keep_ms = 30 * DAY, .keep_rows = 1000000 };
    if (!sim->options.forgets)
        return keep;
    keep.keep_ms = sim_chance(sim, 2 * DAY, 5 * DAY);
    if (sim_one_in(sim, 2))
        keep.keep_rows = sim_long(sim, SIM_JOBS, 3000);
    return keep;
}

void disk_begin(struct sim *sim)
{
    struct disk *disk = &sim->disk;
    disk->commit_count = disk->log.count = disk->log.plan_count = 0;
    disk->gone_count = disk->prune_count = 0;
    disk->retention = retention_of(sim);
    disk->waiting.count = disk->writing.count = 0;
    disk->waiting.plan_count = disk->writing.plan_count = 0;
    disk->illness = ILL_NOT;
    disk->busy = disk->slow = disk->ill_before = false;
    disk->must_renew = disk->must_prune = false;
    disk->renewed = UINT32_MAX;
    disk->well = true;
    disk->store = store_open_memory(OWNER);
    disk_commit_new(sim, COMMIT_FRESH);
}

static void notes_free(struct notes *notes)
{
    free(notes->list);
    free(notes->plans);
}

void disk_free(struct sim *sim)
{
    notes_free(&sim->disk.waiting);
    notes_free(&sim->disk.writing);
    notes_free(&sim->disk.log);
    free(sim->disk.commits);
    for (uint32_t i = 0; i < sim->disk.text_count; i++)
        free(sim->disk.texts[i]);
    free(sim->disk.texts);
    upkeep_free(sim);
}
