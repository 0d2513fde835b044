/* The store in a file of SQLite: each call of a driver is a statement, prepared
 * once.
 *
 * At opening a file that no use can be made of is moved aside, and a new one
 * begins: it has no cursors, and a job without one begins with the next slot.
 * Where the life before was cut off, every page is looked at first; otherwise
 * only what a recall reads. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "sqlite_file.h"
#include "sqlite_schema.h"

/* ---- statements ---- */

#define ROW_COLUMNS                                                            \
    "slot_ms, kind, job, claimed, no_overlap, run.life, epoch, generation, "   \
    "settings, trigger, attempt, lease_ms, started_ms, ended_ms, verdict, "    \
    "why, cause, status, took_ms, last_ms, slots, error, who "
#define TOLD  "SELECT " ROW_COLUMNS ", coalesce(owner, '') FROM run "
#define OWNED "LEFT JOIN life ON life.id = run.life "
#define WANTED                                                                 \
    "AND (?3 = 0 OR (verdict < 32 AND ?3 >> verdict & 1 "                      \
    "AND ended_ms IS NOT NULL)) "
#define NEWEST_FIRST "ORDER BY slot_ms DESC, kind, job"

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    JOB_ADD,
    JOB_EACH,
    ROW_ADD,
    ROW_GET,
    ROW_PUT,
    ROW_RIVAL,
    ROW_STRANGERS,
    ROW_RENEW,
    ROW_COUNT,
    ROW_OPEN,
    ROW_REACH,
    ROW_PRUNE,
    LANE_ADD,
    LANE_LEAVE,
    LANE_CHANGE,
    LANE_FAILS,
    LANE_EACH,
    PAUSE_PUT,
    PAUSE_END,
    PAUSE_GET,
    PAUSE_EACH,
    LIFE_PUT,
    LIFE_LAST,
    LIFE_EACH,
    LIFE_FORGET,
    PLAN_ADD,
    PLAN_LAST,
    PLAN_FORGET,
    LEASE_GET,
    LEASE_PUT,
    HISTORY,
    HISTORY_INTO, /* passes that begin before the time and reach into it */
    HISTORY_JOB,
    HISTORY_JOB_INTO,
    STATEMENTS,
};

static const char *const statement_sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [JOB_ADD] = "INSERT INTO job(id, name) VALUES (?1, ?2)",
    [JOB_EACH] = "SELECT id, name FROM job ORDER BY id",
    [ROW_ADD] = "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
                "?22, ?23) ON CONFLICT DO NOTHING",
    [ROW_GET] = "SELECT " ROW_COLUMNS "FROM run "
                "WHERE slot_ms = ?1 AND kind = ?2 AND job = ?3",
    [ROW_PUT] = "UPDATE run SET claimed = ?4, no_overlap = ?5, life = ?6, "
                "epoch = ?7, generation = ?8, settings = ?9, trigger = ?10, "
                "attempt = ?11, lease_ms = ?12, started_ms = ?13, "
                "ended_ms = ?14, verdict = ?15, why = ?16, cause = ?17, "
                "status = ?18, took_ms = ?19, last_ms = ?20, slots = ?21, "
                "error = ?22, who = ?23 "
                "WHERE slot_ms = ?1 AND kind = ?2 AND job = ?3",
    [ROW_RIVAL] = "SELECT 1 FROM run INDEXED BY run_open "
                  "WHERE job = ?1 AND ended_ms IS NULL AND claimed "
                  "AND no_overlap AND life <> ?2 "
                  "AND (slot_ms <> ?3 OR kind <> ?4) LIMIT 1",
    [ROW_STRANGERS] = "SELECT 1 FROM run INDEXED BY run_open "
                      "WHERE ended_ms IS NULL AND life <> ?1 LIMIT 1",
    [ROW_RENEW] = "UPDATE run SET lease_ms = ?2 "
                  "WHERE ended_ms IS NULL AND life = ?1",
    [ROW_COUNT] = "SELECT count(*) FROM run",
    [ROW_OPEN] = "SELECT " ROW_COLUMNS "FROM run INDEXED BY run_open "
                 "WHERE ended_ms IS NULL ORDER BY slot_ms, kind, job",
    [ROW_REACH] = "SELECT max(min(coalesce(last_ms, slot_ms), ?2)) FROM run "
                  "WHERE job = ?1 AND slot_ms <= ?2 AND kind <> 1",
    [ROW_PRUNE] = "DELETE FROM run WHERE (slot_ms, kind, job) IN ("
                  "SELECT slot_ms, kind, job FROM run AS old "
                  "INDEXED BY run_ended "
                  "WHERE ended_ms < ?1 AND EXISTS ("
                  "SELECT 1 FROM run AS newer INDEXED BY run_job "
                  "WHERE newer.job = old.job AND newer.slot_ms >= old.slot_ms "
                  "AND (newer.slot_ms > old.slot_ms OR newer.kind > old.kind)) "
                  "ORDER BY ended_ms, slot_ms, kind, job LIMIT ?2)",
    [LANE_ADD] = "INSERT INTO lane(job, cursor_ms, digest) VALUES (?1, ?2, ?3) "
                 "ON CONFLICT DO UPDATE SET "
                 "cursor_ms = coalesce(cursor_ms, excluded.cursor_ms), "
                 "digest = excluded.digest",
    [LANE_LEAVE] = "UPDATE lane SET cursor_ms = NULL WHERE job = ?1",
    [LANE_CHANGE] = "INSERT INTO lane(job, cursor_ms, started_ms, runs) "
                    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
                    "cursor_ms = coalesce(excluded.cursor_ms, cursor_ms), "
                    "started_ms = coalesce(excluded.started_ms, started_ms), "
                    "runs = runs + excluded.runs",
    [LANE_FAILS] = "INSERT INTO lane(job, fails) VALUES (?1, ?2) "
                   "ON CONFLICT DO UPDATE SET fails = excluded.fails "
                   "WHERE fails <> excluded.fails",
    [LANE_EACH] = "SELECT job, cursor_ms, digest, fails, runs, started_ms "
                  "FROM lane",
    [PAUSE_PUT] = "REPLACE INTO pause(job, since_ms, until_ms, who, reason) "
                  "VALUES (?1, ?2, ?3, ?4, ?5)",
    [PAUSE_END] = "DELETE FROM pause WHERE job = ?1",
    [PAUSE_GET] = "SELECT job, since_ms, until_ms, who, reason FROM pause "
                  "WHERE job = ?1",
    [PAUSE_EACH] = "SELECT job, since_ms, until_ms, who, reason FROM pause",
    [LIFE_PUT] = "INSERT INTO life(id, owner, began_ms, seen_ms, ended) "
                 "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
                 "began_ms = excluded.began_ms, seen_ms = excluded.seen_ms, "
                 "ended = excluded.ended",
    [LIFE_LAST] = "SELECT id, ended FROM life ORDER BY id DESC LIMIT 1",
    [LIFE_EACH] = "SELECT id, owner, began_ms, seen_ms, ended FROM life "
                  "ORDER BY id DESC",
    [LIFE_FORGET] = "DELETE FROM life WHERE seen_ms < ?1 AND id < ("
                    "SELECT min(id) FROM ("
                    "SELECT id FROM life ORDER BY id DESC LIMIT ?2))",
    [PLAN_ADD] = "INSERT INTO plan(generation, life, at_ms, settings, "
                 "environment, tzdata, file, jobs) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [PLAN_LAST] = "SELECT generation, life, at_ms, settings, environment, "
                  "tzdata, file, jobs FROM plan "
                  "ORDER BY generation DESC LIMIT 1",
    [PLAN_FORGET] = "DELETE FROM plan WHERE at_ms < ?1 AND generation < ("
                    "SELECT max(generation) FROM plan)",
    [LEASE_GET] = "SELECT life, epoch, until_ms FROM lease WHERE name = ?1",
    [LEASE_PUT] = "REPLACE INTO lease(name, life, epoch, until_ms) "
                  "VALUES (?1, ?2, ?3, ?4)",
    [HISTORY] =
        TOLD OWNED "WHERE slot_ms BETWEEN ?1 AND ?2 " WANTED NEWEST_FIRST,
    [HISTORY_INTO] = TOLD "INDEXED BY run_passed " OWNED
                          "WHERE last_ms >= ?1 AND slot_ms < ?1 "
                          "AND slot_ms <= ?2 " WANTED NEWEST_FIRST,
    [HISTORY_JOB] =
        TOLD "INDEXED BY run_job " OWNED "WHERE slot_ms BETWEEN ?1 AND ?2 "
             "AND job = ?4 " WANTED NEWEST_FIRST,
    [HISTORY_JOB_INTO] = TOLD
    "INDEXED BY run_passed " OWNED "WHERE last_ms >= ?1 AND slot_ms < ?1 "
    "AND slot_ms <= ?2 AND job = ?4 " WANTED NEWEST_FIRST,
};

struct sqlite_store {
    struct store store; /* first */
    char *path;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    bool damaged;        /* seen while it was open */
    uint32_t alone_life; /* has no open rows of other lives beside it */
};

static struct sqlite_store *of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* What a statement is given. */
struct value {
    const char *text; /* NULL: a number */
    int64_t number;
    bool absent;
};
#define NUM(n)                                                                 \
    {                                                                          \
        .number = (int64_t)(n)                                                 \
    }
#define TEXT(s)                                                                \
    {                                                                          \
        .text = (s)                                                            \
    }
#define WHEN(at)                                                               \
    {                                                                          \
        .number = (at).ms, .absent = (at).ms == EVER_MS                        \
    }

static void bind(sqlite3_stmt *statement, const struct value *values,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &values[i];
        int at = (int)i + 1;
        if (value->text)
            sqlite3_bind_text(statement, at, value->text, -1, SQLITE_STATIC);
        else if (value->absent)
            sqlite3_bind_null(statement, at);
        else
            sqlite3_bind_int64(statement, at, value->number);
    }
}

/* The sentence for what just failed. */
static void blame(struct sqlite_store *sqlite)
{
    struct error *error = &sqlite->store.error;
    if (schema_blame(sqlite->db, error) == OPENED_DAMAGED)
        sqlite->damaged = true;
    error_wrap(error, "journal %s", sqlite->path);
}

/* A statement's next row. Whoever is not told ANSWER_YES need not end it. */
static enum answer next(struct store *store, enum statement which)
{
    sqlite3_stmt *statement = of(store)->statements[which];
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return ANSWER_YES;
    if (code != SQLITE_DONE)
        blame(of(store));
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? ANSWER_NO : ANSWER_BROKEN;
}

static enum answer first(struct store *store, enum statement which,
                         const struct value *values, size_t count)
{
    bind(of(store)->statements[which], values, count);
    return next(store, which);
}

static void end(struct store *store, enum statement which)
{
    sqlite3_reset(of(store)->statements[which]);
}

/* Runs a statement that tells nothing. */
static bool run(struct store *store, enum statement which,
                const struct value *values, size_t count)
{
    return first(store, which, values, count) == ANSWER_NO;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- columns ---- */

static int64_t number(sqlite3_stmt *statement, int column, int64_t max)
{
    int64_t n = sqlite3_column_int64(statement, column);
    return n < 0 ? 0 : n > max ? max : n;
}

static uint8_t small(sqlite3_stmt *statement, int column)
{
    return (uint8_t)number(statement, column, UINT8_MAX);
}

static uint32_t medium(sqlite3_stmt *statement, int column)
{
    return (uint32_t)number(statement, column, UINT32_MAX);
}

static struct wall when(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (struct wall){ EVER_MS };
    return (struct wall){ sqlite3_column_int64(statement, column) };
}

static const char *text(sqlite3_stmt *statement, int column)
{
    const unsigned char *bytes = sqlite3_column_text(statement, column);
    return bytes ? (const char *)bytes : "";
}

/* ---- transactions ---- */

/* While other lives have no open rows none can be added: the file is ours
 * alone. So claims need not look for rivals. */
static bool look_for_strangers(struct store *store)
{
    if (of(store)->alone_life == store->life)
        return true;
    const struct value values[] = { NUM(store->life) };
    enum answer answer = first(store, ROW_STRANGERS, values, COUNT(values));
    if (answer == ANSWER_YES)
        end(store, ROW_STRANGERS);
    if (answer == ANSWER_NO)
        of(store)->alone_life = store->life;
    return answer != ANSWER_BROKEN;
}

static void rollback(struct store *store)
{
    struct error kept = store->error;
    /* SQLite may have done it by itself. */
    if (!sqlite3_get_autocommit(of(store)->db))
        run(store, ROLLBACK, NULL, 0);
    store->error = kept;
}

static bool begin(struct store *store)
{
    if (!run(store, BEGIN, NULL, 0))
        return false;
    if (look_for_strangers(store))
        return true;
    rollback(store);
    return false;
}

static bool commit(struct store *store)
{
    return run(store, COMMIT, NULL, 0);
}

/* ---- rows ---- */

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
    if (!run(store, which, values, COUNT(values)))
        return ANSWER_BROKEN;
    return sqlite3_changes(of(store)->db) ? ANSWER_YES : ANSWER_NO;
}

static enum answer row_add(struct store *store, const struct row *row)
{
    return put_row(store, ROW_ADD, row);
}

static bool row_put(struct store *store, const struct row *row)
{
    return put_row(store, ROW_PUT, row) == ANSWER_YES;
}

/* Strings are those of the statement. */
static struct row row_read(sqlite3_stmt *statement)
{
    struct row row = {
        .key = { when(statement, 0), medium(statement, 2),
                 small(statement, 1) },
        .no_overlap = small(statement, 4),
        .life = medium(statement, 5),
        .epoch = medium(statement, 6),
        .generation = medium(statement, 7),
        .settings = (uint64_t)sqlite3_column_int64(statement, 8),
        .trigger = small(statement, 9),
        .attempt = medium(statement, 10),
        .lease = when(statement, 11),
        .started = when(statement, 12),
        .ended = when(statement, 13),
        .verdict = small(statement, 14),
        .why = small(statement, 15),
        .cause = small(statement, 16),
        .status = (uint16_t)number(statement, 17, UINT16_MAX),
        .took_ms = number(statement, 18, INT64_MAX),
        .last = when(statement, 19),
        .count = number(statement, 20, INT64_MAX),
        .error = text(statement, 21),
        .by = text(statement, 22),
        .owner = "",
    };
    row.state = (uint8_t)(row.ended.ms != EVER_MS ? ROW_DONE
                          : small(statement, 3)   ? ROW_CLAIMED
                                                  : ROW_WAITS);
    return row;
}

static enum answer row_get(struct store *store, const struct row_key *key,
                           struct row *ret)
{
    const struct value values[] = { NUM(key->slot.ms), NUM(key->kind),
                                    NUM(key->job) };
    enum answer answer = first(store, ROW_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    arena_close(&store->told);
    *ret = row_read(of(store)->statements[ROW_GET]);
    ret->error = arena_copy(&store->told, ret->error, strlen(ret->error));
    ret->by = arena_copy(&store->told, ret->by, strlen(ret->by));
    end(store, ROW_GET);
    return ANSWER_YES;
}

static enum answer rival(struct store *store, const struct row_key *key)
{
    if (of(store)->alone_life == store->life)
        return ANSWER_NO;
    const struct value values[] = { NUM(key->job), NUM(store->life),
                                    NUM(key->slot.ms), NUM(key->kind) };
    enum answer answer = first(store, ROW_RIVAL, values, COUNT(values));
    if (answer == ANSWER_YES)
        end(store, ROW_RIVAL);
    return answer;
}

static bool renew(struct store *store, struct wall lease)
{
    const struct value values[] = { NUM(store->life), WHEN(lease) };
    return run(store, ROW_RENEW, values, COUNT(values));
}

/* ---- jobs ---- */

static bool add_job(struct store *store, uint32_t id, const char *name)
{
    const struct value values[] = { NUM(id), TEXT(name) };
    return run(store, JOB_ADD, values, COUNT(values));
}

static bool lane_add(struct store *store, uint32_t job, struct wall cursor,
                     uint64_t digest)
{
    const struct value values[] = { NUM(job), WHEN(cursor), NUM(digest) };
    return run(store, LANE_ADD, values, COUNT(values));
}

static bool lane_leave(struct store *store, uint32_t job)
{
    const struct value values[] = { NUM(job) };
    return run(store, LANE_LEAVE, values, COUNT(values));
}

static bool lane_change(struct store *store, uint32_t job,
                        const struct lane_change *change)
{
    const struct value values[] = { NUM(job), WHEN(change->cursor),
                                    WHEN(change->started), NUM(change->runs) };
    return run(store, LANE_CHANGE, values, COUNT(values));
}

static bool lane_fails(struct store *store, uint32_t job, uint32_t fails)
{
    const struct value values[] = { NUM(job), NUM(fails) };
    return run(store, LANE_FAILS, values, COUNT(values));
}

static bool put_pause(struct store *store, uint32_t job,
                      const struct stored_pause *pause)
{
    const struct value values[] = { NUM(job), NUM(pause->since.ms),
                                    NUM(pause->until.ms), TEXT(pause->by),
                                    TEXT(pause->reason) };
    return run(store, PAUSE_PUT, values, COUNT(values));
}

static bool resume(struct store *store, uint32_t job)
{
    const struct value values[] = { NUM(job) };
    return run(store, PAUSE_END, values, COUNT(values));
}

/* ---- lives, plans, leases ---- */

static bool put_life(struct store *store, const struct life *life)
{
    /* A life that saw damage did not end in good order. */
    bool ended = life->told.ended && !of(store)->damaged;
    const struct value values[] = { NUM(life->id), TEXT(life->told.owner),
                                    NUM(life->told.began.ms),
                                    NUM(life->told.seen.ms), NUM(ended) };
    return run(store, LIFE_PUT, values, COUNT(values));
}

static bool put_plan(struct store *store, const struct plan_note *plan)
{
    const struct value values[] = {
        NUM(plan->generation), NUM(store->life),        NUM(plan->at.ms),
        NUM(plan->settings),   TEXT(plan->environment), TEXT(plan->tzdata),
        TEXT(plan->file),      NUM(plan->jobs),
    };
    return run(store, PLAN_ADD, values, COUNT(values));
}

static const char *keep(struct store *store, const char *string)
{
    return arena_copy(&store->told, string, strlen(string));
}

static enum answer plan_last(struct store *store, struct plan_note *ret,
                             uint32_t *ret_life)
{
    enum answer answer = first(store, PLAN_LAST, NULL, 0);
    if (answer != ANSWER_YES)
        return answer;
    sqlite3_stmt *at = of(store)->statements[PLAN_LAST];
    *ret = (struct plan_note){
        .generation = medium(at, 0),
        .at = when(at, 2),
        .settings = (uint64_t)sqlite3_column_int64(at, 3),
        .environment = keep(store, text(at, 4)),
        .tzdata = keep(store, text(at, 5)),
        .file = keep(store, text(at, 6)),
        .jobs = medium(at, 7),
    };
    *ret_life = medium(at, 1);
    end(store, PLAN_LAST);
    return ANSWER_YES;
}

static enum answer lease_get(struct store *store, const char *name,
                             struct lease *ret)
{
    const struct value values[] = { TEXT(name) };
    enum answer answer = first(store, LEASE_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    sqlite3_stmt *at = of(store)->statements[LEASE_GET];
    *ret = (struct lease){ medium(at, 0), medium(at, 1), when(at, 2) };
    end(store, LEASE_GET);
    return ANSWER_YES;
}

static bool lease_put(struct store *store, const char *name,
                      const struct lease *lease)
{
    const struct value values[] = { TEXT(name), NUM(lease->life),
                                    NUM(lease->epoch), NUM(lease->until.ms) };
    return run(store, LEASE_PUT, values, COUNT(values));
}

/* ---- retention ---- */

static int64_t prune(struct store *store, struct wall before, uint32_t limit)
{
    const struct value values[] = { NUM(before.ms), NUM(limit) };
    if (!run(store, ROW_PRUNE, values, COUNT(values)))
        return -1;
    return sqlite3_changes64(of(store)->db);
}

static bool forget(struct store *store, struct wall before)
{
    const struct value values[] = { NUM(before.ms), NUM(STORE_LIVES_MAX) };
    return run(store, PLAN_FORGET, values, 1) &&
           run(store, LIFE_FORGET, values, COUNT(values));
}

static int64_t count_rows(struct store *store)
{
    if (first(store, ROW_COUNT, NULL, 0) != ANSWER_YES)
        return -1;
    int64_t count = sqlite3_column_int64(of(store)->statements[ROW_COUNT], 0);
    end(store, ROW_COUNT);
    return count;
}

/* ---- telling ---- */

static bool each_lane(struct store *store, lane_visitor *visit, void *data)
{
    sqlite3_stmt *at = of(store)->statements[LANE_EACH];
    enum answer answer = first(store, LANE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = next(store, LANE_EACH)) {
        const struct lane lane = {
            .job = medium(at, 0),
            .cursor = when(at, 1),
            .digest = (uint64_t)sqlite3_column_int64(at, 2),
            .fails = medium(at, 3),
            .runs = medium(at, 4),
            .started = when(at, 5),
        };
        visit(data, &lane);
    }
    return answer == ANSWER_NO;
}

/* Shows the rows of a statement that has been begun. `*ret_end` where the
 * visitor wants no more. */
static bool tell_rows(struct store *store, enum statement which,
                      enum answer answer, row_visitor *visit, void *data,
                      bool *ret_end)
{
    sqlite3_stmt *at = of(store)->statements[which];
    for (; answer == ANSWER_YES; answer = next(store, which)) {
        struct row row = row_read(at);
        if (sqlite3_column_count(at) > 23)
            row.owner = text(at, 23);
        if (visit(data, &row))
            continue;
        end(store, which);
        *ret_end = true;
        return true;
    }
    return answer == ANSWER_NO;
}

static bool each_open(struct store *store, row_visitor *visit, void *data)
{
    bool ended = false;
    return tell_rows(store, ROW_OPEN, first(store, ROW_OPEN, NULL, 0), visit,
                     data, &ended);
}

static struct stored_pause pause_read(sqlite3_stmt *at)
{
    return (struct stored_pause){ .since = when(at, 1),
                                  .until = when(at, 2),
                                  .by = text(at, 3),
                                  .reason = text(at, 4) };
}

static bool each_pause(struct store *store, pause_visitor *visit, void *data)
{
    sqlite3_stmt *at = of(store)->statements[PAUSE_EACH];
    enum answer answer = first(store, PAUSE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = next(store, PAUSE_EACH)) {
        const struct stored_pause pause = pause_read(at);
        visit(data, medium(at, 0), &pause);
    }
    return answer == ANSWER_NO;
}

static enum answer pause_get(struct store *store, uint32_t job,
                             struct stored_pause *ret)
{
    const struct value values[] = { NUM(job) };
    enum answer answer = first(store, PAUSE_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    *ret = pause_read(of(store)->statements[PAUSE_GET]);
    ret->by = keep(store, ret->by);
    ret->reason = keep(store, ret->reason);
    end(store, PAUSE_GET);
    return ANSWER_YES;
}

static bool each_life(struct store *store, life_visitor *visit, void *data)
{
    sqlite3_stmt *at = of(store)->statements[LIFE_EACH];
    enum answer answer = first(store, LIFE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = next(store, LIFE_EACH)) {
        const struct life life = { .id = medium(at, 0),
                                   .told = { .owner = text(at, 1),
                                             .began = when(at, 2),
                                             .seen = when(at, 3),
                                             .ended = small(at, 4) } };
        if (!visit(data, &life)) {
            end(store, LIFE_EACH);
            return true;
        }
    }
    return answer == ANSWER_NO;
}

static enum answer reach(struct store *store, uint32_t job, struct wall upto,
                         struct wall *ret)
{
    const struct value values[] = { NUM(job), NUM(upto.ms) };
    enum answer answer = first(store, ROW_REACH, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    struct wall reached = when(of(store)->statements[ROW_REACH], 0);
    end(store, ROW_REACH);
    if (reached.ms == EVER_MS)
        return ANSWER_NO;
    *ret = reached;
    return ANSWER_YES;
}

static bool history(struct store *store, uint32_t job,
                    const struct history_query *query, row_visitor *visit,
                    void *data)
{
    const struct value values[] = { NUM(query->from.ms), NUM(query->to.ms),
                                    NUM(query->verdicts), NUM(job) };
    size_t count = job ? 4 : 3;
    enum statement within = job ? HISTORY_JOB : HISTORY;
    enum statement into = job ? HISTORY_JOB_INTO : HISTORY_INTO;
    bool ended = false;
    return tell_rows(store, within, first(store, within, values, count), visit,
                     data, &ended) &&
           (ended || tell_rows(store, into, first(store, into, values, count),
                               visit, data, &ended));
}

/* ---- closing ---- */

static void shut(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(sqlite->statements[i]);
        sqlite->statements[i] = NULL;
    }
    sqlite3_close(sqlite->db);
    sqlite->db = NULL;
    names_close(&sqlite->store.jobs);
}

static void close_sqlite(struct store *store)
{
    struct sqlite_store *sqlite = of(store);
    shut(sqlite);
    free(sqlite->path);
    free(sqlite);
}

static const struct store_driver sqlite_driver = {
    .close = close_sqlite,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .job = add_job,
    .row_add = row_add,
    .row_get = row_get,
    .row_put = row_put,
    .rival = rival,
    .renew = renew,
    .lane_add = lane_add,
    .lane_leave = lane_leave,
    .lane_change = lane_change,
    .lane_fails = lane_fails,
    .pause = put_pause,
    .resume = resume,
    .life = put_life,
    .plan = put_plan,
    .lease_get = lease_get,
    .lease_put = lease_put,
    .prune = prune,
    .forget = forget,
    .count = count_rows,
    .each_lane = each_lane,
    .each_open = each_open,
    .each_pause = each_pause,
    .each_life = each_life,
    .plan_last = plan_last,
    .pause_get = pause_get,
    .reach = reach,
    .history = history,
};

/* ---- opening ---- */

/* Sets the sentence of the opening; it gets the file's name later. */
static enum opened damaged(struct store *store, const char *how)
{
    error_set(&store->error, "it is damaged (%s)", how);
    return OPENED_DAMAGED;
}

static enum opened refused(struct sqlite_store *sqlite)
{
    return schema_blame(sqlite->db, &sqlite->store.error);
}

/* A file of the newest version for which a statement makes no sense lacks a
 * table or a column. */
static enum opened prepare_all(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int code = sqlite3_prepare_v3(sqlite->db, statement_sql[i], -1,
                                      SQLITE_PREPARE_PERSISTENT,
                                      &sqlite->statements[i], NULL);
        if (code == SQLITE_ERROR)
            return damaged(&sqlite->store, sqlite3_errmsg(sqlite->db));
        if (code)
            return refused(sqlite);
    }
    return OPENED;
}

static enum opened read_last_life(struct store *store, uint32_t *ret_last,
                                  bool *ret_ended)
{
    *ret_last = 0;
    *ret_ended = true;
    enum answer answer = first(store, LIFE_LAST, NULL, 0);
    if (answer == ANSWER_YES) {
        *ret_last = medium(of(store)->statements[LIFE_LAST], 0);
        *ret_ended = small(of(store)->statements[LIFE_LAST], 1);
        end(store, LIFE_LAST);
    }
    return answer == ANSWER_BROKEN ? refused(of(store)) : OPENED;
}

/* Looks at every page of a file that nobody closed. */
static enum opened look_over(struct sqlite_store *sqlite)
{
    sqlite3_stmt *check = NULL;
    enum opened opened = OPENED;
    if (sqlite3_prepare_v2(sqlite->db, "PRAGMA quick_check(1)", -1, &check,
                           NULL) ||
        sqlite3_step(check) != SQLITE_ROW)
        opened = refused(sqlite);
    else if (strcmp(text(check, 0), "ok"))
        opened = damaged(&sqlite->store, text(check, 0));
    sqlite3_finalize(check);
    return opened;
}

static enum opened read_jobs(struct store *store)
{
    sqlite3_stmt *at = of(store)->statements[JOB_EACH];
    enum answer answer = first(store, JOB_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = next(store, JOB_EACH)) {
        if (medium(at, 0) != store->jobs.count + 1 ||
            names_find(&store->jobs, text(at, 1))) {
            end(store, JOB_EACH);
            return damaged(store, "its jobs are not in order");
        }
        names_add(&store->jobs, text(at, 1));
    }
    return answer == ANSWER_BROKEN ? refused(of(store)) : OPENED;
}

static void pass_lane(void *data, const struct lane *lane)
{
    (void)data;
    (void)lane;
}

static void pass_pause(void *data, uint32_t job,
                       const struct stored_pause *pause)
{
    (void)data;
    (void)job;
    (void)pause;
}

static bool pass_row(void *data, const struct row *row)
{
    (void)data;
    (void)row;
    return true;
}

/* All that a recall will read can be read; the jobs' names are kept. */
static enum opened read_over(struct store *store)
{
    enum opened opened = read_jobs(store);
    struct plan_note plan;
    uint32_t life;
    if (opened != OPENED)
        return opened;
    bool read = each_lane(store, pass_lane, NULL) &&
                each_open(store, pass_row, NULL) &&
                each_pause(store, pass_pause, NULL) &&
                plan_last(store, &plan, &life) != ANSWER_BROKEN;
    return read ? OPENED : refused(of(store));
}

static enum opened try_open(struct sqlite_store *sqlite, int *ret_was,
                            uint32_t *ret_last)
{
    struct store *store = &sqlite->store;
    bool ended = true, torn = file_torn(sqlite->path);
    enum opened opened = file_open(sqlite->path, &schema_journal, &sqlite->db,
                                   ret_was, &store->error);
    if (opened == OPENED)
        opened = prepare_all(sqlite);
    if (opened == OPENED)
        opened = read_last_life(store, ret_last, &ended);
    if (opened == OPENED && (!ended || torn))
        opened = look_over(sqlite);
    if (opened == OPENED)
        opened = read_over(store);
    if (opened != OPENED)
        shut(sqlite);
    return opened;
}

/* A file that no use can be made of goes aside; `ret_note` then says so. */
static enum opened open_or_move(struct sqlite_store *sqlite, struct wall now,
                                int *ret_was, uint32_t *ret_last,
                                struct error *ret_note)
{
    enum opened opened = try_open(sqlite, ret_was, ret_last);
    if (opened != OPENED_DAMAGED)
        return opened;
    struct error why = sqlite->store.error;
    if (!file_aside(sqlite->path, now, ret_note, &sqlite->store.error))
        return OPENED_REFUSED;
    sqlite->damaged = false;
    opened = try_open(sqlite, ret_was, ret_last);
    error_wrap(ret_note, "journal %s: %s", sqlite->path, why.text);
    return opened;
}

static void note_opening(const struct sqlite_store *sqlite, int was,
                         struct error *ret_note)
{
    if (*ret_note->text)
        return;
    if (was == 0)
        error_set(ret_note, "journal %s was made", sqlite->path);
    else if (was < schema_journal.version)
        error_set(ret_note, "journal %s was brought from version %d to %d",
                  sqlite->path, was, schema_journal.version);
}

struct store *store_open_sqlite(const char *path, const char *owner,
                                struct wall now, struct error *ret_note,
                                struct error *reterr)
{
    struct sqlite_store *sqlite = memory_new(sizeof *sqlite);
    struct error note = { "" };
    int was = 0;
    uint32_t last = 0;
    sqlite->path = memory_copy(path, strlen(path));
    if (open_or_move(sqlite, now, &was, &last, &note) != OPENED) {
        *reterr = sqlite->store.error;
        error_wrap(reterr, "journal %s", path);
        close_sqlite(&sqlite->store);
        return NULL;
    }
    note_opening(sqlite, was, &note);
    *ret_note = note;
    store_begin(&sqlite->store, &sqlite_driver, owner, last, now);
    /* Where the disk is full the life is noted with its first batch. */
    if (store_start(&sqlite->store))
        store_done(&sqlite->store, true);
    return &sqlite->store;
}
