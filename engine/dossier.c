/* Rows are copied as they are visited: the store's strings live no longer. */
#include "dossier.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "writing.h"

static const char *keep(struct dossier *dossier, const char *string)
{
    const char *text = string ? string : "";
    return arena_copy(&dossier->strings, text, strlen(text));
}

static bool on_row(void *data, const struct history_row *row)
{
    struct dossier *dossier = data;
    if (dossier->row_count == dossier->row_cap) {
        dossier->row_cap = dossier->row_cap ? dossier->row_cap * 2 : 32;
        dossier->rows = memory_resize(dossier->rows, dossier->row_cap,
                                      sizeof *dossier->rows);
    }
    struct history_row *copy = &dossier->rows[dossier->row_count++];
    *copy = *row;
    copy->job = keep(dossier, row->job);
    copy->error = keep(dossier, row->error);
    copy->by = keep(dossier, row->by);
    copy->owner = keep(dossier, row->owner);
    return true;
}

static bool is_kept(const struct dossier *dossier,
                    const struct history_row *row)
{
    for (size_t i = 0; i < dossier->row_count; i++) {
        const struct history_row *kept = &dossier->rows[i];
        if (kept->slot.ms == row->slot.ms && kept->manual == row->manual &&
            (kept->count > 0) == (row->count > 0))
            return true;
    }
    return false;
}

/* Of a slot that is wanted. */
static bool on_slot_row(void *data, const struct history_row *row)
{
    return is_kept(data, row) || on_row(data, row);
}

/* Of older rows the newest run, and no more. */
static bool on_older_row(void *data, const struct history_row *row)
{
    return row->count > 0 || (on_row(data, row), false);
}

struct dossier *dossier_new(const struct history_query *query)
{
    struct dossier *dossier = memory_new(sizeof *dossier);
    struct history_query one_more = *query;
    one_more.limit++;
    dossier->query = *query;
    dossier->walk = history_new(&one_more);
    return dossier;
}

void dossier_want(struct dossier *dossier, struct wall slot)
{
    assert(dossier->wanted_count < DOSSIER_SLOTS_MAX);
    dossier->wanted[dossier->wanted_count++] = slot;
}

static void walk_again(struct dossier *dossier,
                       const struct history_query *query)
{
    history_free(dossier->walk);
    dossier->walk = history_new(query);
}

static void rows_end(struct dossier *dossier)
{
    dossier->more = dossier->row_count > dossier->query.limit;
    if (dossier->more)
        dossier->row_count = dossier->query.limit;
    if (dossier->row_count)
        dossier->oldest = dossier->rows[dossier->row_count - 1].slot;
}

/* By schedule, by hand, and passed over, once or several times. */
#define SLOT_ROWS_MAX 8

static bool begin_slot(struct dossier *dossier)
{
    if (!dossier->wanted_count)
        return false;
    struct history_query slot = dossier->query;
    slot.from = slot.to = dossier->wanted[--dossier->wanted_count];
    slot.limit = SLOT_ROWS_MAX;
    walk_again(dossier, &slot);
    dossier->phase = DOSSIER_SLOTS;
    return true;
}

enum history_step dossier_read(struct dossier *dossier, struct store *store,
                               struct error *reterr)
{
    static history_visitor *const visitors[] = {
        [DOSSIER_ROWS] = on_row,
        [DOSSIER_SLOTS] = on_slot_row,
        [DOSSIER_OLDER] = on_older_row,
    };
    enum history_step step = history_step(
        store, dossier->walk, visitors[dossier->phase], dossier, reterr);
    if (step != HISTORY_OVER)
        return step;
    if (dossier->phase == DOSSIER_ROWS)
        rows_end(dossier);
    return begin_slot(dossier) ? HISTORY_GOES_ON : HISTORY_OVER;
}

bool dossier_look_back(struct dossier *dossier)
{
    if (!dossier->more || dossier->phase == DOSSIER_OLDER)
        return false;
    struct history_query older = dossier->query;
    older.to.ms = dossier->oldest.ms - 1;
    older.limit = DOSSIER_OLDER_ROWS;
    walk_again(dossier, &older);
    dossier->phase = DOSSIER_OLDER;
    return true;
}

void dossier_add_pause(struct dossier *dossier, struct store *store,
                       const char *job)
{
    struct stored_pause pause;
    dossier->is_paused = store_pause_of(store, job, &pause);
    if (!dossier->is_paused)
        return;
    dossier->pause = pause;
    dossier->pause.job = keep(dossier, pause.job);
    dossier->pause.by = keep(dossier, pause.by);
    dossier->pause.reason = keep(dossier, pause.reason);
}

void dossier_add_offs(struct dossier *dossier, struct store *store,
                      const char *job)
{
    dossier->offs = memory_new(STORE_OFFS_MAX * sizeof *dossier->offs);
    dossier->off_count = store_offs(store, job, dossier->offs, STORE_OFFS_MAX);
    for (size_t i = 0; i < dossier->off_count; i++)
        dossier->offs[i].environment =
            keep(dossier, dossier->offs[i].environment);
}

void dossier_add_lives(struct dossier *dossier, struct store *store,
                       struct wall now)
{
    dossier->lives = memory_new(STORE_LIVES_MAX * sizeof *dossier->lives);
    dossier->moved = store_was_moved(store);
    dossier->life_count = store_lives(store, (struct wall){ 0 }, now,
                                      dossier->lives, STORE_LIVES_MAX);
    for (size_t i = 0; i < dossier->life_count; i++)
        dossier->lives[i].owner = keep(dossier, dossier->lives[i].owner);
}

static bool on_any_row(void *data, const struct history_row *row)
{
    (void)row;
    *(bool *)data = true;
    return false;
}

void dossier_add_known(struct dossier *dossier, struct store *store,
                       const char *job)
{
    const struct history_query query = {
        .job = job, .from = { EVER_MS }, .to = { NEVER_MS }, .limit = 1
    };
    struct history_walk *walk = history_new(&query);
    struct error error;
    while (history_step(store, walk, on_any_row, &dossier->known, &error) ==
           HISTORY_GOES_ON)
        ;
    history_free(walk);
}

void dossier_free(struct dossier *dossier)
{
    if (!dossier)
        return;
    history_free(dossier->walk);
    free(dossier->rows);
    free(dossier->lives);
    free(dossier->offs);
    arena_close(&dossier->strings);
    free(dossier);
}

bool dossier_left_open(const struct history_row *row, const char *owner)
{
    return owner && row->count == 0 && row->claimed && !row->done &&
           strcmp(row->owner, owner) != 0;
}

static const char *state_of(const struct history_row *row, const char *owner)
{
    if (row->count > 0)
        return "passed";
    if (row->done)
        return "done";
    if (dossier_left_open(row, owner))
        return "left_open";
    return row->claimed ? "running" : "waiting";
}

static void put_end(const struct history_row *row, const struct zone *zone,
                    struct text *out)
{
    writing_time(out, "ended", row->ended, zone);
    if (verdict_of_left(row->verdict, row->why))
        writing_null(out, "took_ms");
    else
        writing_number(out, "took_ms", row->took_ms);
    if (row->status)
        writing_number(out, "status", row->status);
    else
        writing_null(out, "status");
    writing_word(out, "cause", row->cause ? cause_names[row->cause] : "");
}

static void put_run(const struct history_row *row, const struct zone *zone,
                    struct text *out)
{
    char key[STATUS_KEY_MAX];
    writing_string(out, "key",
                   status_key((struct run_key){ row->slot, row->manual }, key));
    writing_string(out, "trigger", trigger_names[row->trigger]);
    writing_number(out, "attempt", row->attempt);
    writing_number(out, "epoch", row->epoch);
    writing_number(out, "schedule", row->generation);
    writing_time(out, "started", row->started, zone);
    if (row->done)
        put_end(row, zone, out);
    writing_word(out, "error", row->error);
    writing_word(out, "by", row->by);
    writing_word(out, "owner", row->owner);
}

void dossier_row(const struct history_row *row, const char *owner,
                 const struct zone *zone, struct text *out)
{
    bool decided = row->done || row->count > 0;
    writing_string(out, "job", row->job);
    writing_string(out, "state", state_of(row, owner));
    writing_time(out, "slot", row->slot, zone);
    writing_word(out, "verdict", decided ? verdict_names[row->verdict] : "");
    writing_word(out, "why", decided && row->why ? why_names[row->why] : "");
    if (row->count == 0) {
        put_run(row, zone, out);
        return;
    }
    writing_time(out, "last", row->last, zone);
    writing_number(out, "count", row->count);
    writing_word(out, "by", row->by);
    writing_word(out, "reason", row->error);
}
