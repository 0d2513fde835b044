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

static void put_finish(const struct action *act, struct entry *entry)
{
    entry_of_run(&act->finish.note, entry);
    entry->verdict = (uint8_t)act->finish.verdict;
    entry->why = (uint8_t)act->finish.why;
    entry->cause = (uint8_t)act->finish.cause;
    entry->status = act->finish.status;
    entry->took_ms = act->finish.took_ms;
}

/* A slot that waited has a row already: it gets its verdict there. */
static void put_pass(const struct action *act, struct entry *entry)
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

static void put_pause(const struct action *act, struct entry *entry)
{
    entry->job = act->pause.job;
    entry->last = act->pause.until;
    entry->by = act->pause.by;
    entry->error = act->pause.reason;
}

static void put_wait(const struct action *act, struct entry *entry)
{
    entry_of_run(&act->note, entry);
    entry->epoch--; /* it counts no claim yet */
}

static void put_note(const struct action *act, struct entry *entry)
{
    entry_of_run(&act->note, entry);
}

/* What is written down of an action, and as what. */
static const struct {
    enum entry_kind kind;
    void (*put)(const struct action *act, struct entry *entry);
} writings[] = {
    [ACT_WAIT] = { ENTRY_WAIT, put_wait },
    [ACT_CLAIM] = { ENTRY_CLAIM, put_note },
    [ACT_AGAIN] = { ENTRY_ATTEMPT, put_note },
    [ACT_DROP] = { ENTRY_ATTEMPT, put_note }, /* no cause: nothing followed */
    [ACT_FINISH] = { ENTRY_FINISH, put_finish },
    [ACT_PASS] = { ENTRY_PASS, put_pass },
    [ACT_PAUSE] = { ENTRY_PAUSE, put_pause },
    [ACT_RESUME] = { ENTRY_RESUME, put_pause },
};

bool ledger_entry(const struct action *act, const struct ledger_side *side,
                  struct entry *ret)
{
    if (act->kind >= sizeof writings / sizeof *writings ||
        !writings[act->kind].put)
        return false;
    *ret = (struct entry){ .kind = writings[act->kind].kind,
                           .at = side->at,
                           .cursor = { EVER_MS },
                           .digest = side->settings,
                           .error = side->error,
                           .by = side->by };
    writings[act->kind].put(act, ret);
    return act->kind != ACT_DROP || act->note.handed_on;
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

/* Where the entries of one action go. */
struct sink {
    void (*add)(void *data, const struct entry *entry);
    void *data;
};

static void add_fresh(const struct core *core, const struct jobset *set,
                      struct entry entry, const struct sink *sink)
{
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct lane_status lane = core_lane(core, i);
        entry.job = jobset_job(set, i)->name;
        entry.digest = jobset_job(set, i)->digest;
        entry.cursor = lane.cursor;
        if (lane.fresh)
            sink->add(sink->data, &entry);
    }
}

static void add_off(const struct jobset *set, const struct action *act,
                    struct entry entry, const struct sink *sink)
{
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        entry.job = jobset_job(set, i)->name;
        entry.why = off_of(jobset_job(set, i));
        if (leaves(set, i, act))
            sink->add(sink->data, &entry);
    }
}

static void add_removed(const struct jobset *set, const struct jobset *before,
                        struct entry entry, const struct sink *sink)
{
    for (uint32_t i = 0; before && i < jobset_count(before); i++) {
        entry.job = jobset_job(before, i)->name;
        if (jobset_job(before, i)->standing == STANDING_SCHEDULED &&
            jobset_find(set, entry.job) == UINT32_MAX)
            sink->add(sink->data, &entry);
    }
}

/* The remembered ones that the first set does not have. */
static void add_forgotten(const struct jobset *set,
                          const struct memory_of_store *memory,
                          struct entry entry, const struct sink *sink)
{
    for (uint32_t i = 0; i < memory->lane_count; i++) {
        entry.job = memory->lanes[i].job;
        if (memory->lanes[i].cursor.ms != EVER_MS &&
            jobset_find(set, entry.job) == UINT32_MAX)
            sink->add(sink->data, &entry);
    }
}

void ledger_lanes(const struct core *core, const struct action *act,
                  const struct memory_of_store *memory, struct wall at,
                  void (*add)(void *data, const struct entry *entry),
                  void *data)
{
    const struct core_status status = core_status(core);
    const struct sink sink = { add, data };
    struct entry entry = { .kind = ENTRY_LANE,
                           .at = at,
                           .error = "",
                           .by = "",
                           .generation = status.generation };
    add_fresh(core, status.set, entry, &sink);
    entry.kind = ENTRY_LEAVE;
    entry.cursor.ms = EVER_MS;
    entry.error = status.settings.environment;
    add_off(status.set, act, entry, &sink);
    entry.why = OFF_REMOVED;
    add_removed(status.set, act->lanes.before, entry, &sink);
    if (act->lanes.forget)
        add_forgotten(status.set, memory, entry, &sink);
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
