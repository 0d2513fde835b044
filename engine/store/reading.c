/* What is remembered is told: all of it at a start; a pause, or lives, to those
 * who ask. */
#include <stdlib.h>
#include <string.h>

#include "driver.h"

/* ---- recall ---- */

/* A recall that is being filled; its arrays grow, its strings are kept in the
 * arena. */
struct filling {
    struct store *store;
    struct recall *recall;
    struct arena *arena;
    struct wall now;
    size_t lane_cap, run_cap, pause_cap;
};

static const char *keep(struct arena *arena, const char *string)
{
    return arena_copy(arena, string, strlen(string));
}

static void *grow(void *old, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return old;
    *cap = *cap ? *cap * 2 : 16;
    return memory_resize(old, *cap, size);
}

static struct wall earlier(struct wall a, struct wall b)
{
    return a.ms < b.ms ? a : b;
}

static void keep_lane(void *data, const struct lane *lane)
{
    struct filling *fill = data;
    struct recall *recall = fill->recall;
    recall->lanes = grow(recall->lanes, recall->lane_count, &fill->lane_cap,
                         sizeof *recall->lanes);
    recall->lanes[recall->lane_count++] = (struct stored_lane){
        .job = keep(fill->arena, names_of(&fill->store->jobs, lane->job)),
        .cursor = lane->cursor,
        .digest = lane->digest,
        .fails = lane->fails,
        .runs = lane->runs,
        .started = earlier(lane->started, fill->now),
    };
}

/* A run goes on, whatever a newer version called its beginning. */
static enum trigger known_trigger(uint8_t trigger)
{
    return trigger < TRIGGERS ? (enum trigger)trigger : TRIGGER_SCHEDULE;
}

static bool keep_run(void *data, const struct row *row)
{
    struct filling *fill = data;
    struct recall *recall = fill->recall;
    recall->runs = grow(recall->runs, recall->run_count, &fill->run_cap,
                        sizeof *recall->runs);
    recall->runs[recall->run_count++] = (struct stored_run){
        .job = keep(fill->arena, names_of(&fill->store->jobs, row->key.job)),
        .slot = row->key.slot,
        .manual = row->key.kind == ROW_MANUAL,
        .claimed = row->state == ROW_CLAIMED,
        .trigger = known_trigger(row->trigger),
        .attempt = row->attempt,
        .epoch = row->epoch,
        .generation = row->generation,
    };
    return true;
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
    return driver->each_lane(store, keep_lane, fill) &&
           driver->each_open(store, keep_run, fill) &&
           driver->each_pause(store, keep_pause, fill) &&
           driver->each_life(store, keep_life, fill) && right_cursors(fill);
}

bool store_recall(struct store *store, struct wall now, struct recall *ret,
                  struct error *reterr)
{
    struct recall recall = { .space = memory_new(sizeof(struct arena)) };
    struct filling fill = {
        .store = store, .recall = &recall, .arena = recall.space, .now = now
    };
    if (!fill_all(&fill)) {
        recall_close(&recall);
        *reterr = store->error;
        return false;
    }
    *ret = recall;
    return true;
}

void recall_close(struct recall *recall)
{
    free(recall->lanes);
    free(recall->runs);
    free(recall->pauses);
    free(recall->lives);
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
