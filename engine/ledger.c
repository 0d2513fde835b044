/* The ledger turns what the core decided into what the store remembers. */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

/* ---- actions ---- */

static void entry_of_run(const struct run_note *note, struct entry *entry)
{
    const struct job *job = note->job;
    entry->job = note->name;
    entry->slot = entry->last = note->key.slot;
    entry->manual = note->key.manual;
    entry->cursor = note->cursor;
    entry->trigger = (uint8_t)note->trigger;
    entry->generation = note->generation;
    entry->attempt = note->attempt;
    entry->epoch = note->epoch;
    entry->fails = note->fails;
    entry->status = note->status;
    entry->cause = (uint8_t)note->cause;
    entry->no_overlap =
        job && job->overlap != OVERLAP_ALLOW && !note->key.manual;
}

static void entry_of_finish(const struct action *act, struct entry *entry)
{
    entry_of_run(&act->finish.note, entry);
    entry->verdict = (uint8_t)act->finish.verdict;
    entry->why = (uint8_t)act->finish.why;
    entry->cause = (uint8_t)act->finish.cause;
    entry->status = act->finish.status;
    entry->took_ms = act->finish.took_ms;
}

/* A slot that waited has a row already: it gets its verdict there. */
static void entry_of_pass(const struct action *act, struct entry *entry)
{
    entry->job = act->pass.job->name;
    entry->slot = act->pass.first;
    entry->last = act->pass.last;
    entry->count = act->pass.count;
    entry->cursor = act->pass.cursor;
    entry->verdict = (uint8_t)act->pass.verdict;
    entry->why = (uint8_t)act->pass.why;
    if (!act->pass.waited)
        return;
    entry->kind = ENTRY_FINISH;
    entry->slot = entry->last = act->pass.key.slot;
    entry->manual = act->pass.key.manual;
    entry->epoch = act->pass.epoch;
    entry->count = 0;
}

static void entry_of_pause(const struct action *act, struct entry *entry)
{
    entry->job = act->pause.job;
    entry->last = act->pause.until;
    entry->by = act->pause.by;
    entry->error = act->pause.reason;
}

bool ledger_entry(const struct action *act, const struct ledger_side *side,
                  struct entry *ret)
{
    static const enum entry_kind kinds[] = {
        [ACT_WAIT] = ENTRY_WAIT,     [ACT_CLAIM] = ENTRY_CLAIM,
        [ACT_AGAIN] = ENTRY_ATTEMPT, [ACT_FINISH] = ENTRY_FINISH,
        [ACT_PASS] = ENTRY_PASS,     [ACT_PAUSE] = ENTRY_PAUSE,
        [ACT_RESUME] = ENTRY_RESUME, [ACT_DROP] = ENTRY_ATTEMPT,
    };
    *ret = (struct entry){ .at = side->at,
                           .cursor = { EVER_MS },
                           .digest = side->settings,
                           .error = side->error,
                           .by = side->by };
    switch (act->kind) {
    case ACT_WAIT: /* it counts no claim yet */
        ret->kind = kinds[act->kind];
        entry_of_run(&act->note, ret);
        ret->epoch--;
        return true;
    case ACT_CLAIM:
    case ACT_AGAIN:
        ret->kind = kinds[act->kind];
        entry_of_run(&act->note, ret);
        return true;
    case ACT_DROP: /* no cause: nothing has followed */
        ret->kind = kinds[act->kind];
        entry_of_run(&act->note, ret);
        return act->note.handed_on;
    case ACT_FINISH:
        ret->kind = kinds[act->kind];
        entry_of_finish(act, ret);
        return true;
    case ACT_PASS:
        ret->kind = kinds[act->kind];
        entry_of_pass(act, ret);
        return true;
    case ACT_PAUSE:
    case ACT_RESUME:
        ret->kind = kinds[act->kind];
        entry_of_pause(act, ret);
        return true;
    default:
        return false;
    }
}

/* ---- lanes ---- */

/* Of a job of `set` that has no slots: whether that is news. Where Settings
 * have just been heard of, the store knows what is. */
static bool leaves(const struct jobset *set, uint32_t index,
                   const struct action *act)
{
    const struct jobset *before = act->lanes.before;
    const struct job *job = jobset_job(set, index);
    if (job->standing == STANDING_SCHEDULED)
        return false;
    if (act->lanes.forget || !before)
        return act->lanes.forget;
    uint32_t was = jobset_find(before, job->name);
    return was == UINT32_MAX ||
           jobset_job(before, was)->standing != job->standing;
}

static uint8_t off_of(const struct job *job)
{
    static const enum off offs[] = {
        [STANDING_SCHEDULED] = OFF_NOT,
        [STANDING_DISABLED] = OFF_DISABLED,
        [STANDING_ENVIRONMENT] = OFF_ENVIRONMENT,
        [STANDING_JOBS_OFF] = OFF_SETTINGS,
    };
    return (uint8_t)offs[job->standing];
}

void ledger_lanes(const struct core *core, const struct action *act,
                  const struct memory_of_store *memory, struct wall at,
                  void (*add)(void *data, const struct entry *entry),
                  void *data)
{
    const struct core_status status = core_status(core);
    const struct jobset *set = status.set;
    const struct jobset *before = act->lanes.before;
    struct entry entry = { .kind = ENTRY_LANE,
                           .at = at,
                           .error = "",
                           .by = "",
                           .generation = status.generation };
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        struct lane_status lane = core_lane(core, i);
        if (!lane.fresh)
            continue;
        entry.job = jobset_job(set, i)->name;
        entry.digest = jobset_job(set, i)->digest;
        entry.cursor = lane.cursor;
        add(data, &entry);
    }
    entry.kind = ENTRY_LEAVE;
    entry.cursor.ms = EVER_MS;
    entry.digest = 0;
    entry.error = status.settings.environment;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        entry.job = jobset_job(set, i)->name;
        entry.why = off_of(jobset_job(set, i));
        if (leaves(set, i, act))
            add(data, &entry);
    }
    entry.why = OFF_REMOVED;
    for (uint32_t i = 0; before && i < jobset_count(before); i++) {
        entry.job = jobset_job(before, i)->name;
        if (jobset_find_scheduled(before, entry.job) != UINT32_MAX &&
            jobset_find(set, entry.job) == UINT32_MAX)
            add(data, &entry);
    }
    for (uint32_t i = 0; act->lanes.forget && i < memory->lane_count; i++) {
        entry.job = memory->lanes[i].job;
        if (memory->lanes[i].cursor.ms != EVER_MS &&
            jobset_find(set, entry.job) == UINT32_MAX)
            add(data, &entry);
    }
}

/* ---- remembering ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct lane_memory *)a)->job,
                  ((const struct lane_memory *)b)->job);
}

static struct lane_memory *lane_named(struct lane_memory *lanes, uint32_t count,
                                      const char *job)
{
    const struct lane_memory key = { .job = job };
    return count ? bsearch(&key, lanes, count, sizeof *lanes, by_name) : NULL;
}

/* A pause counts without a cursor, too: of a job that was off when it came. */
static void remember_pauses(const struct recall *recall,
                            struct lane_memory *lanes, uint32_t *count)
{
    uint32_t sorted = *count;
    for (size_t i = 0; i < recall->pause_count; i++) {
        const struct stored_pause *pause = &recall->pauses[i];
        struct lane_memory *lane = lane_named(lanes, sorted, pause->job);
        if (!lane) {
            lane = &lanes[(*count)++];
            *lane = (struct lane_memory){ .job = pause->job,
                                          .cursor = { EVER_MS },
                                          .started = { EVER_MS } };
        }
        lane->paused_until = pause->until;
    }
    qsort(lanes, *count, sizeof *lanes, by_name);
}

void ledger_remember(const struct recall *recall, struct memory_of_store *ret)
{
    size_t lanes_max = recall->lane_count + recall->pause_count;
    struct lane_memory *lanes = memory_new((lanes_max + 1) * sizeof *lanes);
    struct run_memory *runs =
        memory_new((recall->run_count + 1) * sizeof *runs);
    uint32_t count = 0;
    for (size_t i = 0; i < recall->lane_count; i++)
        lanes[count++] =
            (struct lane_memory){ .job = recall->lanes[i].job,
                                  .cursor = recall->lanes[i].cursor,
                                  .fails = recall->lanes[i].fails,
                                  .runs = recall->lanes[i].runs,
                                  .started = recall->lanes[i].started,
                                  .paused_until = { EVER_MS } };
    qsort(lanes, count, sizeof *lanes, by_name);
    remember_pauses(recall, lanes, &count);
    for (size_t i = 0; i < recall->run_count; i++) {
        const struct stored_run *run = &recall->runs[i];
        runs[i] = (struct run_memory){ .job = run->job,
                                       .key = { run->slot, run->manual },
                                       .trigger = run->trigger,
                                       .claimed = run->claimed,
                                       .attempt = run->attempt,
                                       .epoch = run->epoch };
    }
    *ret = (struct memory_of_store){ .lanes = lanes,
                                     .lane_count = count,
                                     .runs = runs,
                                     .run_count = (uint32_t)recall->run_count,
                                     .generation = recall->generation };
}

void ledger_forget(struct memory_of_store *memory)
{
    free((void *)(uintptr_t)memory->lanes);
    free((void *)(uintptr_t)memory->runs);
    *memory = (struct memory_of_store){ 0 };
}
