/* The store in a file of SQLite: each call of a driver is a statement. Those
 * that only read are in sqlite_telling.c. */
#include "sqlite_store.h"

#include <stdlib.h>
#include <string.h>

/* ---- transactions ---- */

/* While other lives have no open rows none can be added: the file is ours
 * alone. So claims need not look for rivals. */
static bool look_for_strangers(struct store *store)
{
    if (sqlite_of(store)->alone_life == store->life)
        return true;
    const struct value values[] = { NUM(store->life) };
    enum answer answer =
        statement_first(store, ROW_STRANGERS, values, COUNT(values));
    if (answer == ANSWER_YES)
        statement_end(store, ROW_STRANGERS);
    if (answer == ANSWER_NO)
        sqlite_of(store)->alone_life = store->life;
    return answer != ANSWER_BROKEN;
}

static void rollback(struct store *store)
{
    struct sqlite_store *sqlite = sqlite_of(store);
    struct error kept = store->error;
    for (uint32_t i = 0; i < sqlite->calm_count; i++)
        sqlite->calm[i] = false; /* who knows */
    /* SQLite may have done it by itself. */
    if (!sqlite3_get_autocommit(sqlite->db))
        statement_run(store, ROLLBACK, NULL, 0);
    store->error = kept;
}

static bool begin(struct store *store)
{
    open_runs_forget(&sqlite_of(store)->kept);
    if (!statement_run(store, BEGIN, NULL, 0))
        return false;
    if (look_for_strangers(store))
        return true;
    rollback(store);
    return false;
}

static bool commit(struct store *store)
{
    return statement_run(store, COMMIT, NULL, 0);
}

/* ---- rows ---- */

/* Whether a statement changed its row. */
static enum answer changed(struct store *store, enum statement which,
                           const struct value *values, size_t count)
{
    if (!statement_run(store, which, values, count))
        return ANSWER_BROKEN;
    return sqlite3_changes(sqlite_of(store)->db) ? ANSWER_YES : ANSWER_NO;
}

static enum answer put_row(struct store *store, enum statement which,
                           const struct row *row)
{
    bool is_pass = row->key.kind == ROW_PASS;
    const struct value values[] = {
        NUM(row->key.slot.ms), NUM(row->key.kind),
        NUM(row->key.job),     NUM(row->state == ROW_CLAIMED),
        NUM(row->no_overlap),  NUM(row->life),
        NUM(row->epoch),       NUM(row->generation),
        NUM(row->settings),    NUM(row->trigger),
        NUM(row->attempt),     WHEN(row->lease),
        WHEN(row->started),    WHEN(row->ended),
        NUM(row->verdict),     NUM(row->why),
        NUM(row->cause),       NUM(row->status),
        NUM(row->took_ms),     { .number = row->last.ms, .absent = !is_pass },
        NUM(row->count),       TEXT(row->error),
        TEXT(row->by),
    };
    return changed(store, which, values, COUNT(values));
}

static enum answer row_add(struct store *store, const struct row *row)
{
    return put_row(store, ROW_ADD, row);
}

static bool row_put(struct store *store, const struct row *row)
{
    return put_row(store, ROW_PUT, row) == ANSWER_YES;
}

static enum answer row_claim(struct store *store, const struct row *row)
{
    const struct value values[] = {
        NUM(row->key.slot.ms), NUM(row->key.kind), NUM(row->key.job),
        NUM(row->no_overlap),  NUM(row->life),     NUM(row->epoch),
        NUM(row->generation),  NUM(row->settings), NUM(row->trigger),
        NUM(row->attempt),     WHEN(row->lease),   WHEN(row->started),
        TEXT(row->by),
    };
    return changed(store, ROW_CLAIM, values, COUNT(values));
}

static enum answer row_end(struct store *store, const struct row *row)
{
    const struct value values[] = {
        NUM(row->key.slot.ms), NUM(row->key.kind), NUM(row->key.job),
        NUM(row->epoch),       NUM(row->attempt),  WHEN(row->ended),
        NUM(row->verdict),     NUM(row->why),      NUM(row->cause),
        NUM(row->status),      NUM(row->took_ms),  TEXT(row->error),
    };
    return changed(store, ROW_END, values, COUNT(values));
}

static enum answer rival(struct store *store, const struct row_key *key)
{
    if (sqlite_of(store)->alone_life == store->life)
        return ANSWER_NO;
    const struct value values[] = { NUM(key->job), NUM(store->life),
                                    NUM(key->slot.ms), NUM(key->kind) };
    enum answer answer =
        statement_first(store, ROW_RIVAL, values, COUNT(values));
    if (answer == ANSWER_YES)
        statement_end(store, ROW_RIVAL);
    return answer;
}

static bool renew(struct store *store, struct wall lease)
{
    const struct value values[] = { NUM(store->life), WHEN(lease) };
    return statement_run(store, ROW_RENEW, values, COUNT(values));
}

/* ---- jobs ---- */

static bool add_job(struct store *store, uint32_t id, const char *name)
{
    const struct value values[] = { NUM(id), TEXT(name) };
    return statement_run(store, JOB_ADD, values, COUNT(values));
}

static enum answer lane_add(struct store *store, uint32_t job,
                            struct wall cursor, uint64_t digest)
{
    const struct value values[] = { NUM(job), WHEN(cursor), NUM(digest) };
    enum answer back = changed(store, LANE_BACK, values, COUNT(values));
    if (back != ANSWER_NO)
        return back;
    return statement_run(store, LANE_ADD, values, COUNT(values))
               ? ANSWER_NO
               : ANSWER_BROKEN;
}

static enum answer lane_leave(struct store *store, uint32_t job,
                              uint64_t digest)
{
    const struct value values[] = { NUM(job), NUM(digest) };
    return changed(store, LANE_LEAVE, values, COUNT(values));
}

static bool lane_change(struct store *store, uint32_t job,
                        const struct lane_change *change)
{
    const struct value values[] = { NUM(job), WHEN(change->cursor),
                                    WHEN(change->started), NUM(change->runs) };
    enum answer answer = changed(store, LANE_CHANGE, values, COUNT(values));
    if (answer == ANSWER_NO)
        return statement_run(store, LANE_NEW, values, COUNT(values));
    return answer == ANSWER_YES;
}

static bool *calm_of(struct sqlite_store *sqlite, uint32_t job)
{
    if (job >= sqlite->calm_count) {
        uint32_t count = 2 * job;
        sqlite->calm = memory_resize(sqlite->calm, count, sizeof *sqlite->calm);
        memset(sqlite->calm + sqlite->calm_count, false,
               count - sqlite->calm_count);
        sqlite->calm_count = count;
    }
    return &sqlite->calm[job];
}

static bool lane_fails(struct store *store, uint32_t job, uint32_t fails)
{
    bool *calm = calm_of(sqlite_of(store), job);
    if (*calm && fails == 0)
        return true;
    const struct value values[] = { NUM(job), NUM(fails) };
    *calm = fails == 0;
    return statement_run(store, LANE_FAILS, values, COUNT(values));
}

static bool off_add(struct store *store, uint32_t job,
                    const struct stored_off *off)
{
    const struct value values[] = { NUM(job), NUM(off->since.ms), NUM(off->why),
                                    NUM(off->generation),
                                    TEXT(off->environment) };
    return statement_run(store, OFF_ADD, values, COUNT(values));
}

static bool off_end(struct store *store, uint32_t job, struct wall until)
{
    const struct value values[] = { NUM(job), NUM(until.ms) };
    return statement_run(store, OFF_END, values, COUNT(values));
}

static bool put_pause(struct store *store, uint32_t job,
                      const struct stored_pause *pause)
{
    const struct value values[] = { NUM(job), NUM(pause->since.ms),
                                    NUM(pause->until.ms), TEXT(pause->by),
                                    TEXT(pause->reason) };
    return statement_run(store, PAUSE_PUT, values, COUNT(values));
}

static bool resume(struct store *store, uint32_t job)
{
    const struct value values[] = { NUM(job) };
    return statement_run(store, PAUSE_END, values, COUNT(values));
}

/* ---- lives, plans, leases ---- */

static bool put_life(struct store *store, const struct life *life)
{
    /* A life that saw damage does not end in good order. */
    int ended = store->damages ? LIFE_SAW_DAMAGE : life->told.ended;
    const struct value values[] = { NUM(life->id), TEXT(life->told.owner),
                                    NUM(life->told.began.ms),
                                    NUM(life->told.seen.ms), NUM(ended) };
    return statement_run(store, LIFE_PUT, values, COUNT(values));
}

static bool put_plan(struct store *store, const struct plan_note *plan)
{
    const struct value values[] = {
        NUM(plan->generation), NUM(store->life),        NUM(plan->at.ms),
        NUM(plan->settings),   TEXT(plan->environment), TEXT(plan->tzdata),
        TEXT(plan->file),      NUM(plan->jobs),
    };
    return statement_run(store, PLAN_ADD, values, COUNT(values));
}

static bool lease_put(struct store *store, const char *name,
                      const struct lease *lease)
{
    const struct value values[] = { TEXT(name), NUM(lease->life),
                                    NUM(lease->epoch), NUM(lease->until.ms) };
    return statement_run(store, LEASE_PUT, values, COUNT(values));
}

/* ---- retention ---- */

static bool drop(struct store *store, const struct row_key *keys,
                 uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct value values[] = { NUM(keys[i].slot.ms), NUM(keys[i].kind),
                                        NUM(keys[i].job) };
        if (!statement_run(store, ROW_DROP, values, COUNT(values)))
            return false;
    }
    return true;
}

static bool forget(struct store *store, struct wall before)
{
    const struct value values[] = { NUM(before.ms), NUM(STORE_LIVES_MAX) };
    return statement_run(store, PLAN_FORGET, values, 1) &&
           statement_run(store, OFF_FORGET, values, 1) &&
           statement_run(store, LIFE_FORGET, values, COUNT(values));
}

/* ---- closing ---- */

void open_runs_forget(struct open_runs *runs)
{
    free(runs->list);
    *runs = (struct open_runs){ 0 };
}

void sqlite_shut(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(sqlite->statements[i]);
        sqlite->statements[i] = NULL;
    }
    sqlite3_close(sqlite->db);
    sqlite->db = NULL;
    open_runs_forget(&sqlite->kept);
    names_close(&sqlite->store.jobs);
}

static void close_sqlite(struct store *store)
{
    struct sqlite_store *sqlite = sqlite_of(store);
    sqlite_shut(sqlite);
    free(sqlite->calm);
    free(sqlite->path);
    free(sqlite);
}

const struct store_driver sqlite_driver = {
    .close = close_sqlite,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .job = add_job,
    .row_add = row_add,
    .row_get = tell_row_get,
    .row_put = row_put,
    .row_claim = row_claim,
    .row_end = row_end,
    .rival = rival,
    .renew = renew,
    .lane_add = lane_add,
    .lane_leave = lane_leave,
    .off_add = off_add,
    .off_end = off_end,
    .lane_change = lane_change,
    .lane_fails = lane_fails,
    .pause = put_pause,
    .resume = resume,
    .life = put_life,
    .plan = put_plan,
    .lease_get = tell_lease_get,
    .lease_put = lease_put,
    .drop = drop,
    .forget = forget,
    .count = tell_count_rows,
    .each_lane = tell_each_lane,
    .each_open = tell_each_open,
    .each_pause = tell_each_pause,
    .each_off = tell_each_off,
    .each_life = tell_each_life,
    .plan_last = tell_plan_last,
    .pause_get = tell_pause_get,
    .reach = tell_reach,
    .old = tell_old,
    .history = tell_history,
    .passes = tell_passes,
};
