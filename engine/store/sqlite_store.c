/* The store in a file of SQLite: each call of a driver is a statement. */
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

/* Strings are those of the statement. */
static struct row row_read(sqlite3_stmt *statement)
{
    struct row row = {
        .key = { column_wall(statement, 0), column_u32(statement, 2),
                 column_u8(statement, 1) },
        .no_overlap = column_u8(statement, 4),
        .life = column_u32(statement, 5),
        .epoch = column_u32(statement, 6),
        .generation = column_u32(statement, 7),
        .settings = (uint64_t)sqlite3_column_int64(statement, 8),
        .trigger = column_u8(statement, 9),
        .attempt = column_u32(statement, 10),
        .lease = column_wall(statement, 11),
        .started = column_wall(statement, 12),
        .ended = column_wall(statement, 13),
        .verdict = column_u8(statement, 14),
        .why = column_u8(statement, 15),
        .cause = column_u8(statement, 16),
        .status = (uint16_t)column_number(statement, 17, UINT16_MAX),
        .took_ms = column_number(statement, 18, INT64_MAX),
        .last = column_wall(statement, 19),
        .count = column_number(statement, 20, INT64_MAX),
        .error = column_text(statement, 21),
        .by = column_text(statement, 22),
        .owner = "",
    };
    row.state = (uint8_t)(row.ended.ms != EVER_MS   ? ROW_DONE
                          : column_u8(statement, 3) ? ROW_CLAIMED
                                                    : ROW_WAITS);
    return row;
}

static enum answer row_get(struct store *store, const struct row_key *key,
                           struct row *ret)
{
    const struct value values[] = { NUM(key->slot.ms), NUM(key->kind),
                                    NUM(key->job) };
    enum answer answer = statement_first(store, ROW_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    arena_close(&store->told);
    *ret = row_read(sqlite_of(store)->statements[ROW_GET]);
    ret->error = arena_copy(&store->told, ret->error, strlen(ret->error));
    ret->by = arena_copy(&store->told, ret->by, strlen(ret->by));
    statement_end(store, ROW_GET);
    return ANSWER_YES;
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

static const char *keep(struct store *store, const char *string)
{
    return arena_copy(&store->told, string, strlen(string));
}

static enum answer plan_last(struct store *store, struct plan_note *ret,
                             uint32_t *ret_life)
{
    enum answer answer = statement_first(store, PLAN_LAST, NULL, 0);
    if (answer != ANSWER_YES)
        return answer;
    sqlite3_stmt *at = sqlite_of(store)->statements[PLAN_LAST];
    *ret = (struct plan_note){
        .generation = column_u32(at, 0),
        .at = column_wall(at, 2),
        .settings = (uint64_t)sqlite3_column_int64(at, 3),
        .environment = keep(store, column_text(at, 4)),
        .tzdata = keep(store, column_text(at, 5)),
        .file = keep(store, column_text(at, 6)),
        .jobs = column_u32(at, 7),
    };
    *ret_life = column_u32(at, 1);
    statement_end(store, PLAN_LAST);
    return ANSWER_YES;
}

static enum answer lease_get(struct store *store, const char *name,
                             struct lease *ret)
{
    const struct value values[] = { TEXT(name) };
    enum answer answer =
        statement_first(store, LEASE_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    sqlite3_stmt *at = sqlite_of(store)->statements[LEASE_GET];
    *ret = (struct lease){ column_u32(at, 0), column_u32(at, 1),
                           column_wall(at, 2) };
    statement_end(store, LEASE_GET);
    return ANSWER_YES;
}

static bool lease_put(struct store *store, const char *name,
                      const struct lease *lease)
{
    const struct value values[] = { TEXT(name), NUM(lease->life),
                                    NUM(lease->epoch), NUM(lease->until.ms) };
    return statement_run(store, LEASE_PUT, values, COUNT(values));
}

/* ---- retention ---- */

static enum answer old(struct store *store, struct old_walk *walk,
                       struct row_key *ret_keys, uint32_t *ret_count)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[ROW_OLD];
    const struct value values[] = { NUM(walk->at.slot.ms), NUM(walk->at.kind),
                                    NUM(walk->at.job), NUM(walk->before.ms) };
    enum answer answer = statement_first(store, ROW_OLD, values, COUNT(values));
    for (; answer == ANSWER_YES; answer = statement_next(store, ROW_OLD)) {
        if (!walk->left || *ret_count == walk->most) {
            statement_end(store, ROW_OLD);
            break;
        }
        const struct row_key key = { column_wall(at, 0), column_u32(at, 2),
                                     column_u8(at, 1) };
        walk->left--;
        walk->at = (struct row_place){ key.slot, key.kind, key.job };
        if (column_u8(at, 3))
            ret_keys[(*ret_count)++] = key;
    }
    return answer;
}

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

static int64_t count_rows(struct store *store)
{
    if (statement_first(store, ROW_COUNT, NULL, 0) != ANSWER_YES)
        return -1;
    int64_t count =
        sqlite3_column_int64(sqlite_of(store)->statements[ROW_COUNT], 0);
    statement_end(store, ROW_COUNT);
    return count;
}

/* ---- telling ---- */

static bool each_lane(struct store *store, lane_visitor *visit, void *data)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[LANE_EACH];
    enum answer answer = statement_first(store, LANE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = statement_next(store, LANE_EACH)) {
        const struct lane lane = {
            .job = column_u32(at, 0),
            .cursor = column_wall(at, 1),
            .digest = (uint64_t)sqlite3_column_int64(at, 2),
            .fails = column_u32(at, 3),
            .runs = column_u32(at, 4),
            .started = column_wall(at, 5),
        };
        visit(data, &lane);
    }
    return answer == ANSWER_NO;
}

void open_runs_forget(struct open_runs *runs)
{
    free(runs->list);
    *runs = (struct open_runs){ 0 };
}

static bool each_open(struct store *store, open_visitor *visit, void *data)
{
    struct open_runs *kept = &sqlite_of(store)->kept;
    if (kept->there) {
        for (size_t i = 0; i < kept->count; i++)
            visit(data, &kept->list[i]);
        open_runs_forget(kept);
        return true;
    }
    sqlite3_stmt *at = sqlite_of(store)->statements[ROW_OPEN];
    enum answer answer = statement_first(store, ROW_OPEN, NULL, 0);
    for (; answer == ANSWER_YES; answer = statement_next(store, ROW_OPEN)) {
        const struct open_run run = {
            .key = { column_wall(at, 0), column_u32(at, 2), column_u8(at, 1) },
            .claimed = column_u8(at, 3),
            .trigger = column_u8(at, 4),
            .attempt = column_u32(at, 5),
            .epoch = column_u32(at, 6),
            .generation = column_u32(at, 7),
            .cause = column_u8(at, 8),
        };
        visit(data, &run);
    }
    return answer == ANSWER_NO;
}

static struct stored_pause pause_read(sqlite3_stmt *at)
{
    return (struct stored_pause){ .since = column_wall(at, 1),
                                  .until = column_wall(at, 2),
                                  .by = column_text(at, 3),
                                  .reason = column_text(at, 4) };
}

static bool each_pause(struct store *store, pause_visitor *visit, void *data)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[PAUSE_EACH];
    enum answer answer = statement_first(store, PAUSE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = statement_next(store, PAUSE_EACH)) {
        const struct stored_pause pause = pause_read(at);
        visit(data, column_u32(at, 0), &pause);
    }
    return answer == ANSWER_NO;
}

static enum answer pause_get(struct store *store, uint32_t job,
                             struct stored_pause *ret)
{
    const struct value values[] = { NUM(job) };
    enum answer answer =
        statement_first(store, PAUSE_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    *ret = pause_read(sqlite_of(store)->statements[PAUSE_GET]);
    ret->by = keep(store, ret->by);
    ret->reason = keep(store, ret->reason);
    statement_end(store, PAUSE_GET);
    return ANSWER_YES;
}

static bool each_off(struct store *store, uint32_t job, off_visitor *visit,
                     void *data)
{
    const struct value values[] = { NUM(job) };
    sqlite3_stmt *at = sqlite_of(store)->statements[OFF_EACH];
    enum answer answer =
        statement_first(store, OFF_EACH, values, COUNT(values));
    for (; answer == ANSWER_YES; answer = statement_next(store, OFF_EACH)) {
        const struct stored_off off = { .since = column_wall(at, 0),
                                        .until = column_wall(at, 1),
                                        .why = column_u8(at, 2),
                                        .generation = column_u32(at, 3),
                                        .environment = column_text(at, 4) };
        if (!visit(data, &off)) {
            statement_end(store, OFF_EACH);
            return true;
        }
    }
    return answer == ANSWER_NO;
}

static bool each_life(struct store *store, life_visitor *visit, void *data)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[LIFE_EACH];
    enum answer answer = statement_first(store, LIFE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = statement_next(store, LIFE_EACH)) {
        const struct life life = { .id = column_u32(at, 0),
                                   .told = { .owner = column_text(at, 1),
                                             .began = column_wall(at, 2),
                                             .seen = column_wall(at, 3),
                                             .ended = column_u8(at, 4) } };
        if (!visit(data, &life)) {
            statement_end(store, LIFE_EACH);
            return true;
        }
    }
    return answer == ANSWER_NO;
}

static enum answer reach(struct store *store, uint32_t job, struct wall upto,
                         struct wall *ret)
{
    const struct value values[] = { NUM(job), NUM(upto.ms) };
    enum answer answer =
        statement_first(store, ROW_REACH, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    struct wall reached =
        column_wall(sqlite_of(store)->statements[ROW_REACH], 0);
    statement_end(store, ROW_REACH);
    if (reached.ms == EVER_MS)
        return ANSWER_NO;
    *ret = reached;
    return ANSWER_YES;
}

/* ---- history ---- */

/* Without a look at all of its columns. */
static bool is_wanted(sqlite3_stmt *at, uint32_t verdicts)
{
    uint8_t verdict = column_u8(at, 14);
    return !verdicts || (verdict < 32 && verdicts >> verdict & 1 &&
                         column_wall(at, 13).ms != EVER_MS);
}

/* Rows of a statement that has been begun; the walk is at each in turn. */
static enum answer tell_rows(struct store *store, enum statement which,
                             enum answer answer, struct row_walk *walk,
                             row_visitor *visit, void *data)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[which];
    for (; answer == ANSWER_YES; answer = statement_next(store, which)) {
        if (!walk->left)
            break;
        walk->left--;
        walk->at = (struct row_place){ column_wall(at, 0), column_u8(at, 1),
                                       column_u32(at, 2) };
        if (!is_wanted(at, walk->verdicts))
            continue;
        struct row row = row_read(at);
        row.owner = column_text(at, 23);
        if (!visit(data, &row))
            break;
    }
    if (answer == ANSWER_YES)
        statement_end(store, which);
    return answer;
}

static enum answer tell_slot(struct store *store, struct row_walk *walk,
                             row_visitor *visit, void *data)
{
    const struct value values[] = { NUM(walk->at.slot.ms), NUM(walk->at.kind),
                                    NUM(walk->at.job) };
    return tell_rows(
        store, HISTORY_SLOT,
        statement_first(store, HISTORY_SLOT, values, COUNT(values)), walk,
        visit, data);
}

/* The walk stands before the rows of the next older slot. */
static enum answer go_older(struct store *store, struct row_walk *walk)
{
    const struct value values[] = { NUM(walk->from.ms), NUM(walk->at.slot.ms) };
    enum answer answer =
        statement_first(store, HISTORY_OLDER, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    struct wall slot =
        column_wall(sqlite_of(store)->statements[HISTORY_OLDER], 0);
    statement_end(store, HISTORY_OLDER);
    if (slot.ms == EVER_MS)
        return ANSWER_NO;
    walk->at = (struct row_place){ slot, -1, -1 };
    return ANSWER_YES;
}

static enum answer history(struct store *store, struct row_walk *walk,
                           row_visitor *visit, void *data)
{
    if (walk->job) {
        const struct value values[] = { NUM(walk->job), NUM(walk->from.ms),
                                        NUM(walk->at.slot.ms),
                                        NUM(walk->at.kind) };
        return tell_rows(
            store, HISTORY_JOB,
            statement_first(store, HISTORY_JOB, values, COUNT(values)), walk,
            visit, data);
    }
    enum answer answer;
    do {
        answer = tell_slot(store, walk, visit, data);
        if (answer == ANSWER_NO)
            answer = go_older(store, walk);
        else
            break;
    } while (answer == ANSWER_YES);
    return answer;
}

static enum answer passes(struct store *store, struct pass_walk *walk,
                          pass_visitor *visit, void *data)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[PASSES];
    struct wall last = walk->last.ms == EVER_MS ? walk->from : walk->last;
    const struct value values[] = { NUM(walk->job), NUM(last.ms),
                                    NUM(walk->slot.ms) };
    enum answer answer = statement_first(store, PASSES, values, COUNT(values));
    for (; answer == ANSWER_YES; answer = statement_next(store, PASSES)) {
        if (!walk->left) {
            statement_end(store, PASSES);
            break;
        }
        walk->left--;
        walk->last = column_wall(at, 0);
        walk->slot = column_wall(at, 1);
        const struct row_key key = { walk->slot, walk->job, ROW_PASS };
        if (key.slot.ms <= walk->begin_max.ms)
            visit(data, &key);
    }
    return answer;
}

/* ---- closing ---- */

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
    .row_get = row_get,
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
    .lease_get = lease_get,
    .lease_put = lease_put,
    .drop = drop,
    .forget = forget,
    .count = count_rows,
    .each_lane = each_lane,
    .each_open = each_open,
    .each_pause = each_pause,
    .each_off = each_off,
    .each_life = each_life,
    .plan_last = plan_last,
    .pause_get = pause_get,
    .reach = reach,
    .old = old,
    .history = history,
    .passes = passes,
};
