/* What the file of SQLite tells: each call of a driver that only reads is a
 * statement. */
#include "sqlite_store.h"

#include <stdlib.h>
#include <string.h>

/* ---- one of a kind ---- */

static const char *keep(struct store *store, const char *string)
{
    return arena_copy(&store->told, string, strlen(string));
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

enum answer tell_row_get(struct store *store, const struct row_key *key,
                         struct row *ret)
{
    const struct value values[] = { NUM(key->slot.ms), NUM(key->kind),
                                    NUM(key->job) };
    enum answer answer = statement_first(store, ROW_GET, values, COUNT(values));
    if (answer != ANSWER_YES)
        return answer;
    arena_close(&store->told);
    *ret = row_read(sqlite_of(store)->statements[ROW_GET]);
    ret->error = keep(store, ret->error);
    ret->by = keep(store, ret->by);
    statement_end(store, ROW_GET);
    return ANSWER_YES;
}

enum answer tell_plan_last(struct store *store, struct plan_note *ret,
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

enum answer tell_lease_get(struct store *store, const char *name,
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

static struct stored_pause pause_read(sqlite3_stmt *at)
{
    return (struct stored_pause){ .since = column_wall(at, 1),
                                  .until = column_wall(at, 2),
                                  .by = column_text(at, 3),
                                  .reason = column_text(at, 4) };
}

enum answer tell_pause_get(struct store *store, uint32_t job,
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

enum answer tell_reach(struct store *store, uint32_t job, struct wall upto,
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

int64_t tell_count_rows(struct store *store)
{
    if (statement_first(store, ROW_COUNT, NULL, 0) != ANSWER_YES)
        return -1;
    int64_t count =
        sqlite3_column_int64(sqlite_of(store)->statements[ROW_COUNT], 0);
    statement_end(store, ROW_COUNT);
    return count;
}

/* ---- all of a kind ---- */

bool tell_each_lane(struct store *store, lane_visitor *visit, void *data)
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

bool tell_each_open(struct store *store, open_visitor *visit, void *data)
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

bool tell_each_pause(struct store *store, pause_visitor *visit, void *data)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[PAUSE_EACH];
    enum answer answer = statement_first(store, PAUSE_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = statement_next(store, PAUSE_EACH)) {
        const struct stored_pause pause = pause_read(at);
        visit(data, column_u32(at, 0), &pause);
    }
    return answer == ANSWER_NO;
}

bool tell_each_off(struct store *store, uint32_t job, off_visitor *visit,
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

bool tell_each_life(struct store *store, life_visitor *visit, void *data)
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

enum answer tell_old(struct store *store, struct old_walk *walk,
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

/* ---- history ---- */

/* Without a look at all of its columns. */
static bool is_wanted(sqlite3_stmt *at, uint32_t verdicts)
{
    uint8_t verdict = column_u8(at, 14);
    return !verdicts || (verdict < 32 && verdicts >> verdict & 1 &&
                         column_wall(at, 13).ms != EVER_MS);
}

/* Rows of a statement that has been begun; the walk is at each in turn. */
static enum answer rows_visit(struct store *store, enum statement which,
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

static enum answer slot_visit(struct store *store, struct row_walk *walk,
                              row_visitor *visit, void *data)
{
    const struct value values[] = { NUM(walk->at.slot.ms), NUM(walk->at.kind),
                                    NUM(walk->at.job) };
    return rows_visit(
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

enum answer tell_history(struct store *store, struct row_walk *walk,
                         row_visitor *visit, void *data)
{
    if (walk->job) {
        const struct value values[] = { NUM(walk->job), NUM(walk->from.ms),
                                        NUM(walk->at.slot.ms),
                                        NUM(walk->at.kind) };
        return rows_visit(
            store, HISTORY_JOB,
            statement_first(store, HISTORY_JOB, values, COUNT(values)), walk,
            visit, data);
    }
    enum answer answer;
    do {
        answer = slot_visit(store, walk, visit, data);
        if (answer == ANSWER_NO)
            answer = go_older(store, walk);
        else
            break;
    } while (answer == ANSWER_YES);
    return answer;
}

enum answer tell_passes(struct store *store, struct pass_walk *walk,
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
