/* History is walked through in steps: first the rows whose slots lie within the
 * time that is asked for, then the passes that began before it and reach into
 * it. These are few, but there is no order in which they would be found newest
 * first: they are gathered, put in order, and told.
 *
 *   WITHIN  rows, newest first, each told as it is found
 *   GATHER  job by job, the keys of passes that reach `from`
 *   TELL    these, newest first
 */
#include <stdlib.h>

#include "driver.h"

struct history_walk {
    struct history_query query;
    uint32_t left; /* rows to be told */
    bool begun;
    enum { WITHIN, GATHER, TELL, OVER } phase;
    struct row_walk rows;
    struct pass_walk passes; /* of one job after the other */
    uint32_t last_job;
    struct row_key *found;
    size_t found_count, found_cap, told;
};

struct history_walk *history_new(const struct history_query *query)
{
    struct history_walk *walk = memory_new(sizeof *walk);
    walk->query = *query;
    walk->left = query->limit;
    if (walk->left > HISTORY_ROWS_MAX)
        walk->left = HISTORY_ROWS_MAX;
    return walk;
}

void history_free(struct history_walk *walk)
{
    if (!walk)
        return;
    free(walk->found);
    free(walk);
}

/* ---- a row is told ---- */

static bool is_wanted(const struct history_query *query, const struct row *row)
{
    if (!query->verdicts)
        return true;
    return row->state == ROW_DONE && row->verdict < 32 &&
           (query->verdicts >> row->verdict & 1);
}

/* Numbers that only a newer version has words for, or a damaged page has. */
static uint8_t known(uint8_t number, uint8_t count, uint8_t otherwise)
{
    return number < count ? number : otherwise;
}

static struct history_row told(const struct store *store, const struct row *row)
{
    bool is_pass = row->key.kind == ROW_PASS;
    return (struct history_row){
        .job = names_of(&store->jobs, row->key.job),
        .slot = row->key.slot,
        .last = is_pass ? row->last : row->key.slot,
        .count = row->count,
        .started = row->started,
        .ended = row->ended,
        .took_ms = row->took_ms,
        .error = row->error,
        .by = row->by,
        .owner = row->owner,
        .settings = row->settings,
        .generation = row->generation,
        .attempt = row->attempt,
        .epoch = row->epoch,
        .status = row->status,
        .trigger = known(row->trigger, TRIGGERS, TRIGGER_SCHEDULE),
        .verdict = known(row->verdict, VERDICTS, VERDICT_UNKNOWN),
        .why = known(row->why, WHYS, WHY_NONE),
        .cause = known(row->cause, CAUSES, CAUSE_NONE),
        .manual = row->key.kind == ROW_MANUAL,
        .claimed = row->state == ROW_CLAIMED,
        .done = row->state == ROW_DONE,
    };
}

/* One step, and whom it tells. */
struct telling {
    struct store *store;
    struct history_walk *walk;
    history_visitor *visit;
    void *data;
};

static bool tell_row(void *data, const struct row *row)
{
    struct telling *telling = data;
    struct history_walk *walk = telling->walk;
    if (!is_wanted(&walk->query, row))
        return true;
    const struct history_row history = told(telling->store, row);
    if (telling->visit(telling->data, &history) && --walk->left > 0)
        return true;
    walk->phase = OVER;
    return false;
}

/* ---- passes that reach into the time ---- */

static void keep_pass(void *data, const struct row_key *key)
{
    struct history_walk *walk = data;
    if (key->slot.ms >= walk->query.from.ms || key->slot.ms > walk->query.to.ms)
        return;
    if (walk->found_count == walk->found_cap) {
        walk->found_cap = walk->found_cap ? walk->found_cap * 2 : 16;
        walk->found =
            memory_resize(walk->found, walk->found_cap, sizeof *walk->found);
    }
    walk->found[walk->found_count++] = *key;
}

static int newest_first(const void *a, const void *b)
{
    const struct row_key *x = a, *y = b;
    if (x->slot.ms != y->slot.ms)
        return x->slot.ms > y->slot.ms ? -1 : 1;
    return (x->job > y->job) - (x->job < y->job);
}

static void gather_of(struct history_walk *walk, uint32_t job)
{
    const struct history_query *query = &walk->query;
    walk->passes = (struct pass_walk){ .job = job,
                                       .from = query->from,
                                       .begin_max = { query->from.ms - 1 },
                                       .last = { EVER_MS },
                                       .slot = { EVER_MS } };
}

static void begin_gathering(struct telling *telling)
{
    struct history_walk *walk = telling->walk;
    if (walk->query.from.ms == EVER_MS) { /* none began before */
        walk->phase = OVER;
        return;
    }
    walk->phase = GATHER;
    walk->last_job =
        walk->rows.job ? walk->rows.job : telling->store->jobs.count;
    gather_of(walk, walk->rows.job ? walk->rows.job : 1);
}

/* Jobs are looked at like rows: each is a search of its own. */
static bool step_gather(struct telling *telling)
{
    struct history_walk *walk = telling->walk;
    walk->passes.left = HISTORY_STEP_ROWS;
    while (walk->passes.left) {
        enum answer answer = telling->store->driver->passes(
            telling->store, &walk->passes, keep_pass, walk);
        if (answer == ANSWER_BROKEN)
            return false;
        if (answer == ANSWER_YES)
            return true;
        if (walk->passes.job >= walk->last_job) {
            if (walk->found_count)
                qsort(walk->found, walk->found_count, sizeof *walk->found,
                      newest_first);
            walk->phase = TELL;
            return true;
        }
        uint32_t left = walk->passes.left;
        gather_of(walk, walk->passes.job + 1);
        walk->passes.left = left ? left - 1 : 0;
    }
    return true;
}

/* It may be gone by now. */
static bool tell_pass(struct telling *telling, const struct row_key *key)
{
    struct row_walk one = { .job = key->job,
                            .from = key->slot,
                            .to = key->slot,
                            .left = 1,
                            .at = { key->slot, ROW_PASS - 1, INT64_MAX } };
    return telling->store->driver->history(telling->store, &one, tell_row,
                                           telling) != ANSWER_BROKEN;
}

static bool step_tell(struct telling *telling)
{
    struct history_walk *walk = telling->walk;
    for (int i = 0; i < HISTORY_STEP_ROWS && walk->phase == TELL; i++) {
        if (walk->told == walk->found_count)
            walk->phase = OVER;
        else if (!tell_pass(telling, &walk->found[walk->told++]))
            return false;
    }
    return true;
}

/* ---- rows within the time ---- */

static bool step_within(struct telling *telling)
{
    struct history_walk *walk = telling->walk;
    walk->rows.left = HISTORY_STEP_ROWS;
    enum answer answer = telling->store->driver->history(
        telling->store, &walk->rows, tell_row, telling);
    if (answer == ANSWER_NO && walk->phase == WITHIN)
        begin_gathering(telling);
    return answer != ANSWER_BROKEN;
}

/* ---- the walk ---- */

static void begin(struct telling *telling)
{
    struct history_walk *walk = telling->walk;
    const struct history_query *query = &walk->query;
    uint32_t job =
        query->job ? names_find(&telling->store->jobs, query->job) : 0;
    walk->begun = true;
    walk->rows = (struct row_walk){ .job = job,
                                    .from = query->from,
                                    .to = query->to,
                                    .verdicts = query->verdicts,
                                    .at = { query->to, -1, -1 } };
    if (!walk->left || (query->job && !job) || !telling->store->jobs.count)
        walk->phase = OVER;
    else if (query->from.ms > query->to.ms)
        begin_gathering(telling);
}

enum history_step history_step(struct store *store, struct history_walk *walk,
                               history_visitor *visit, void *data,
                               struct error *reterr)
{
    static bool (*const steps[])(struct telling * telling) = {
        [WITHIN] = step_within, [GATHER] = step_gather, [TELL] = step_tell
    };
    struct telling telling = { store, walk, visit, data };
    if (!walk->begun)
        begin(&telling);
    if (walk->phase != OVER && !steps[walk->phase](&telling)) {
        *reterr = store->error;
        return HISTORY_FAILED;
    }
    return walk->phase == OVER ? HISTORY_OVER : HISTORY_GOES_ON;
}

bool store_history(struct store *store, const struct history_query *query,
                   history_visitor *visit, void *data, struct error *reterr)
{
    struct history_walk *walk = history_new(query);
    enum history_step step;
    do
        step = history_step(store, walk, visit, data, reterr);
    while (step == HISTORY_GOES_ON);
    history_free(walk);
    return step == HISTORY_OVER;
}
