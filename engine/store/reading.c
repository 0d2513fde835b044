/* What is remembered is told: all of it at a start; a pause, or lives, to those
 * who ask. */
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "mooncron/mutant.h"

/* ---- recall ---- */

/* A recall that is being filled; its arrays grow, its strings are kept in the
 * arena. */
struct filling {
    struct store *store;
    struct recall *recall;
    struct arena *arena;
    struct wall now;
    size_t lane_cap, run_cap, pause_cap;
    const char **names; /* by number of the job; NULL: not kept yet */
    bool in_order;      /* runs, so far */
};

static const char *keep(struct arena *arena, const char *string)
{
    return arena_copy(arena, string, strlen(string));
}

/* The name of a job, kept once. */
static const char *name_of(struct filling *fill, uint32_t job)
{
    const struct names *jobs = &fill->store->jobs;
    if (job == 0 || job > jobs->count)
        return names_of(jobs, job); /* "?" */
    if (!fill->names[job])
        fill->names[job] = keep(fill->arena, names_of(jobs, job));
    return fill->names[job];
}

static void *grow(void *old, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return old;
    *cap = *cap ? *cap * 2 : 16;
    return memory_resize(old, *cap, size);
}

static void keep_lane(void *data, const struct lane *lane)
{
    struct filling *fill = data;
    struct recall *recall = fill->recall;
    recall->lanes = grow(recall->lanes, recall->lane_count, &fill->lane_cap,
                         sizeof *recall->lanes);
    recall->lanes[recall->lane_count++] = (struct stored_lane){
        .job = name_of(fill, lane->job),
        .cursor = lane->cursor,
        .digest = lane->digest,
        .fails = lane->fails,
        .runs = lane->runs,
        .started = { earlier(lane->started.ms, fill->now.ms) },
    };
}

/* A run goes on, whatever a newer version called its beginning. */
static enum trigger known_trigger(uint8_t trigger)
{
    return trigger < TRIGGERS ? (enum trigger)trigger : TRIGGER_SCHEDULE;
}

/* The attempt of its row failed, and nobody said that no other began. */
static bool may_have_followed(const struct open_run *run)
{
    return run->claimed && run->cause != CAUSE_NONE && !mutant(ATTEMPT_STAYS);
}

static int by_slot(const void *a, const void *b)
{
    const struct stored_run *x = a, *y = b;
    if (x->slot.ms != y->slot.ms)
        return x->slot.ms < y->slot.ms ? -1 : 1;
    if (x->manual != y->manual)
        return x->manual - y->manual;
    return (x->number > y->number) - (x->number < y->number);
}

static void keep_run(void *data, const struct open_run *run)
{
    struct filling *fill = data;
    struct recall *recall = fill->recall;
    recall->runs = grow(recall->runs, recall->run_count, &fill->run_cap,
                        sizeof *recall->runs);
    recall->runs[recall->run_count++] = (struct stored_run){
        .job = name_of(fill, run->key.job),
        .slot = run->key.slot,
        .manual = run->key.kind == ROW_MANUAL,
        .claimed = run->claimed,
        .trigger = known_trigger(run->trigger),
        .attempt = run->attempt + may_have_followed(run),
        .epoch = run->epoch,
        .generation = run->generation,
        .number = run->key.job,
    };
    const struct stored_run *last = &recall->runs[recall->run_count - 1];
    if (recall->run_count > 1 && by_slot(last - 1, last) > 0)
        fill->in_order = false;
}

/* A long backfill of one job is in order as it lies. */
static void order_runs(struct filling *fill)
{
    if (!fill->in_order)
        qsort(fill->recall->runs, fill->recall->run_count,
              sizeof *fill->recall->runs, by_slot);
}

static struct stored_pause kept_pause(struct store *store, struct arena *arena,
                                      uint32_t job,
                                      const struct stored_pause *pause)
{
    return (struct stored_pause){ .job =
                                      keep(arena, names_of(&store->jobs, job)),
                                  .by = keep(arena, pause->by),
                                  .reason = keep(arena, pause->reason),
                                  .since = pause->since,
                                  .until = pause->until };
}

static void keep_pause(void *data, uint32_t job,
                       const struct stored_pause *pause)
{
    struct filling *fill = data;
    struct recall *recall = fill->recall;
    recall->pauses = grow(recall->pauses, recall->pause_count, &fill->pause_cap,
                          sizeof *recall->pauses);
    recall->pauses[recall->pause_count++] =
        kept_pause(fill->store, fill->arena, job, pause);
}

static bool keep_life(void *data, const struct life *life)
{
    struct filling *fill = data;
    struct recall *recall = fill->recall;
    if (life->id == fill->store->life)
        return true;
    struct stored_life *told = &recall->lives[recall->life_count++];
    *told = life->told;
    told->owner = keep(fill->arena, told->owner);
    return recall->life_count < STORE_LIVES_MAX;
}

/* A cursor that is later than now is of a clock that was wrong: the job is as
 * far as its rows are, or as now where it has none. */
static bool right_cursors(struct filling *fill)
{
    struct store *store = fill->store;
    for (size_t i = 0; i < fill->recall->lane_count; i++) {
        struct stored_lane *lane = &fill->recall->lanes[i];
        if (lane->cursor.ms <= fill->now.ms)
            continue;
        lane->cursor = fill->now;
        uint32_t job = names_find(&store->jobs, lane->job);
        if (store->driver->reach(store, job, fill->now, &lane->cursor) ==
            ANSWER_BROKEN)
            return false;
    }
    return true;
}

static bool fill_all(struct filling *fill)
{
    struct store *store = fill->store;
    const struct store_driver *driver = store->driver;
    struct plan_note plan = { 0 };
    uint32_t life;
    arena_close(&store->told);
    fill->recall->lives =
        memory_new(STORE_LIVES_MAX * sizeof *fill->recall->lives);
    if (driver->plan_last(store, &plan, &life) == ANSWER_BROKEN)
        return false;
    fill->recall->generation = plan.generation;
    if (!driver->each_open(store, keep_run, fill))
        return false;
    order_runs(fill);
    return driver->each_lane(store, keep_lane, fill) &&
           driver->each_pause(store, keep_pause, fill) &&
           driver->each_life(store, keep_life, fill) && right_cursors(fill);
}

bool store_recall(struct store *store, struct wall now, struct recall *ret,
                  struct error *reterr)
{
    struct recall recall = { .space = memory_new(sizeof(struct arena)) };
    struct filling fill = {
        .store = store,
        .recall = &recall,
        .arena = recall.space,
        .now = now,
        .names = memory_new((store->jobs.count + 1) * sizeof *fill.names),
        .in_order = true,
    };
    bool filled = fill_all(&fill);
    free(fill.names);
    if (!filled) {
        recall_close(&recall);
        *reterr = store->error;
        return false;
    }
    *ret = recall;
    return true;
}

void recall_shrink(struct recall *recall)
{
    free(recall->lanes);
    free(recall->runs);
    free(recall->lives);
    *recall = (struct recall){ .space = recall->space,
                               .pauses = recall->pauses,
                               .pause_count = recall->pause_count };
}

void recall_close(struct recall *recall)
{
    recall_shrink(recall);
    free(recall->pauses);
    if (recall->space)
        arena_close(recall->space);
    free(recall->space);
    *recall = (struct recall){ 0 };
}

/* ---- one pause ---- */

bool store_pause_of(struct store *store, const char *job,
                    struct stored_pause *ret)
{
    struct stored_pause pause;
    uint32_t number = names_find(&store->jobs, job);
    arena_close(&store->told);
    if (!number ||
        store->driver->pause_get(store, number, &pause) != ANSWER_YES)
        return false;
    pause.job = names_of(&store->jobs, number);
    *ret = pause;
    return true;
}

/* ---- times without slots ---- */

struct offs {
    struct store *store;
    struct stored_off *offs;
    size_t count, max;
};

static bool tell_off(void *data, const struct stored_off *off)
{
    struct offs *offs = data;
    if (offs->count == offs->max)
        return false;
    struct stored_off *told = &offs->offs[offs->count++];
    *told = *off;
    told->environment = keep(&offs->store->told, off->environment);
    return true;
}

size_t store_offs(struct store *store, const char *job, struct stored_off *ret,
                  size_t max)
{
    struct offs offs = { store, ret, 0, max };
    uint32_t number = names_find(&store->jobs, job);
    arena_close(&store->told);
    return number && store->driver->each_off(store, number, tell_off, &offs)
               ? offs.count
               : 0;
}

/* ---- lives ---- */

struct lives {
    struct store *store;
    struct wall from, to;
    struct stored_life *lives;
    size_t count, max;
};

static bool tell_life(void *data, const struct life *life)
{
    struct lives *lives = data;
    if (lives->count == lives->max)
        return false;
    if (life->told.began.ms > lives->to.ms ||
        life->told.seen.ms < lives->from.ms)
        return true;
    struct stored_life *told = &lives->lives[lives->count++];
    *told = life->told;
    told->owner = keep(&lives->store->told, told->owner);
    return true;
}

size_t store_lives(struct store *store, struct wall from, struct wall to,
                   struct stored_life *ret, size_t max)
{
    struct lives lives = { store, from, to, ret, 0, max };
    arena_close(&store->told);
    return store->driver->each_life(store, tell_life, &lives) ? lives.count : 0;
}
