/* A store of either driver, written and read in short. */
#include "book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

struct wall seconds(int64_t after_s)
{
    if (after_s == NO_CURSOR)
        return (struct wall){ EVER_MS };
    return (struct wall){ T0 + after_s * 1000 };
}

void book_open(struct book *book, enum book_driver driver)
{
    *book = (struct book){ .driver = driver };
    text_init(&book->text, 16 << 20);
    if (driver == BOOK_MEMORY) {
        book->store = store_open_memory("first");
        return;
    }
    scratch_make(&book->scratch);
    char *path = scratch_path(&book->scratch, "journal.db");
    struct error note;
    book->store =
        store_open_sqlite(path, "first", seconds(0), &note, &book->error);
    if (!book->store)
        fail_msg("%s", book->error.text);
    free(path);
}

void assert_whole(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *check;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(check), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(check, 0), "ok");
    sqlite3_finalize(check);
    sqlite3_close(db);
}

void book_close(struct book *book)
{
    store_close(book->store, seconds(1000000));
    if (book->driver == BOOK_SQLITE) {
        char *path = scratch_path(&book->scratch, "journal.db");
        assert_whole(path);
        free(path);
    }
    scratch_remove(&book->scratch);
    text_close(&book->text);
}

/* ---- entries ---- */

static struct entry entry_of(enum entry_kind kind, const char *job,
                             int64_t slot_s, int64_t at_s)
{
    return (struct entry){ .kind = kind,
                           .job = job,
                           .at = seconds(at_s),
                           .slot = seconds(slot_s),
                           .cursor = { EVER_MS },
                           .generation = 7,
                           .digest = 77,
                           .attempt = 1,
                           .error = "",
                           .by = "" };
}

struct entry lane(const char *job, int64_t cursor_s)
{
    struct entry entry = entry_of(ENTRY_LANE, job, 0, 0);
    entry.cursor = seconds(cursor_s);
    return entry;
}

struct entry leave(const char *job)
{
    return entry_of(ENTRY_LEAVE, job, 0, 0);
}

struct entry waits(const char *job, int64_t slot_s, int64_t at_s)
{
    struct entry entry = entry_of(ENTRY_WAIT, job, slot_s, at_s);
    entry.cursor = seconds(slot_s);
    return entry;
}

struct entry claim(const char *job, int64_t slot_s, uint32_t epoch,
                   int64_t at_s)
{
    struct entry entry = entry_of(ENTRY_CLAIM, job, slot_s, at_s);
    entry.cursor = seconds(slot_s);
    entry.epoch = epoch;
    return entry;
}

struct entry attempt(const char *job, int64_t slot_s, uint32_t epoch,
                     uint32_t number, int64_t at_s)
{
    struct entry entry = entry_of(ENTRY_ATTEMPT, job, slot_s, at_s);
    entry.epoch = epoch;
    entry.attempt = number;
    entry.status = 503;
    entry.cause = CAUSE_SERVER;
    entry.error = "the backend answered 503";
    return entry;
}

struct entry finish(const char *job, int64_t slot_s, uint32_t epoch,
                    enum verdict verdict, int64_t at_s)
{
    struct entry entry = entry_of(ENTRY_FINISH, job, slot_s, at_s);
    entry.epoch = epoch;
    entry.verdict = (uint8_t)verdict;
    entry.took_ms = 120;
    entry.status = 200;
    return entry;
}

struct entry pass(const char *job, int64_t first_s, int64_t last_s,
                  int64_t count, enum why why, int64_t at_s)
{
    struct entry entry = entry_of(ENTRY_PASS, job, first_s, at_s);
    entry.last = entry.cursor = seconds(last_s);
    entry.count = count;
    entry.verdict = VERDICT_MISSED;
    entry.why = (uint8_t)why;
    return entry;
}

struct entry paused(const char *job, int64_t at_s, int64_t until_s,
                    const char *by, const char *reason)
{
    struct entry entry = entry_of(ENTRY_PAUSE, job, 0, at_s);
    entry.last = seconds(until_s);
    entry.by = by;
    entry.error = reason;
    return entry;
}

struct entry resumed(const char *job, int64_t at_s)
{
    return entry_of(ENTRY_RESUME, job, 0, at_s);
}

enum entry_outcome wrote(struct book *book, struct entry entry)
{
    enum entry_outcome outcome;
    if (!store_write(book->store, &entry, 1, &outcome, &book->error))
        fail_msg("%s", book->error.text);
    return outcome;
}

void write_all(struct book *book, struct entry *entries, size_t count)
{
    enum entry_outcome *outcomes = calloc(count, sizeof *outcomes);
    if (!store_write(book->store, entries, count, outcomes, &book->error))
        fail_msg("%s", book->error.text);
    for (size_t i = 0; i < count; i++)
        if (outcomes[i] != ENTRY_DONE)
            fail_msg("entry %zu of %zu has outcome %d", i, count, outcomes[i]);
    free(outcomes);
}

void next_life(struct book *book, const char *owner, int64_t now_s)
{
    if (!store_next_life(book->store, owner, seconds(now_s), &book->error))
        fail_msg("%s", book->error.text);
}

struct pruning prune_round(struct book *book, const struct retention *retention,
                           int64_t now_s, uint32_t limit)
{
    struct pruning round = { 0 };
    while (!round.over)
        if (!store_prune(book->store, retention, seconds(now_s), limit, &round,
                         &book->error))
            fail_msg("%s", book->error.text);
    return round;
}

/* ---- reading ---- */

const struct history_query everything = { .from = { EVER_MS },
                                          .to = { NEVER_MS },
                                          .limit = HISTORY_ROWS_MAX };

static void put_time(struct text *out, const char *word, struct wall at)
{
    if (at.ms == EVER_MS)
        text_printf(out, " %s -", word);
    else
        text_printf(out, " %s %lld", word, (long long)(at.ms - T0) / 1000);
}

static void put_lane(struct text *out, const struct stored_lane *lane)
{
    text_printf(out, "lane %s", lane->job);
    put_time(out, "cursor", lane->cursor);
    put_time(out, "started", lane->started);
    text_printf(out, " digest %llu fails %u runs %u\n",
                (unsigned long long)lane->digest, lane->fails, lane->runs);
}

static void put_run(struct text *out, const struct stored_run *run)
{
    text_printf(out, "run %s", run->job);
    put_time(out, "slot", run->slot);
    text_printf(out, " %s%s %s attempt %u epoch %u generation %u\n",
                run->manual ? "manual " : "",
                run->claimed ? "claimed" : "waits", trigger_names[run->trigger],
                run->attempt, run->epoch, run->generation);
}

static void put_pause(struct text *out, const struct stored_pause *pause)
{
    text_printf(out, "pause %s", pause->job);
    put_time(out, "since", pause->since);
    put_time(out, "until", pause->until);
    text_printf(out, " by %s: %s\n", pause->by, pause->reason);
}

static void put_life(struct text *out, const struct stored_life *life)
{
    text_printf(out, "life %s", life->owner);
    put_time(out, "began", life->began);
    put_time(out, "seen", life->seen);
    text_puts(out, life->ended ? " ended\n" : "\n");
}

/* Lanes and pauses come in the order of the driver. */
static int by_lane(const void *a, const void *b)
{
    const struct stored_lane *x = a, *y = b;
    return strcmp(x->job, y->job);
}

static int by_pause(const void *a, const void *b)
{
    const struct stored_pause *x = a, *y = b;
    return strcmp(x->job, y->job);
}

const char *recalled(struct book *book, int64_t now_s)
{
    struct recall recall;
    struct text *out = &book->text;
    text_clear(out);
    if (!store_recall(book->store, seconds(now_s), &recall, &book->error))
        fail_msg("%s", book->error.text);
    if (recall.lane_count)
        qsort(recall.lanes, recall.lane_count, sizeof *recall.lanes, by_lane);
    if (recall.pause_count)
        qsort(recall.pauses, recall.pause_count, sizeof *recall.pauses,
              by_pause);
    for (size_t i = 0; i < recall.lane_count; i++)
        put_lane(out, &recall.lanes[i]);
    for (size_t i = 0; i < recall.run_count; i++)
        put_run(out, &recall.runs[i]);
    for (size_t i = 0; i < recall.pause_count; i++)
        put_pause(out, &recall.pauses[i]);
    for (size_t i = 0; i < recall.life_count; i++)
        put_life(out, &recall.lives[i]);
    if (recall.generation)
        text_printf(out, "generation %u\n", recall.generation);
    recall_close(&recall);
    return out->data;
}

const char *recalled_of(struct book *book, int64_t now_s, const char *word)
{
    recalled(book, now_s);
    char *all = text_take(&book->text);
    for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
        if (!strncmp(line, word, strlen(word)))
            text_printf(&book->text, "%s\n", line);
    free(all);
    return book->text.data;
}

static const char *word_of(const char *const *words, size_t count,
                           uint8_t number)
{
    return number < count ? words[number] : "?";
}

static bool put_history(void *data, const struct history_row *row)
{
    struct text *out = data;
    text_printf(out, "%s", row->job);
    put_time(out, "slot", row->slot);
    if (row->count) {
        put_time(out, "to", row->last);
        text_printf(out, " (%lld)", (long long)row->count);
    }
    text_puts(out, row->manual ? " manual" : "");
    if (!row->done)
        text_puts(out, row->claimed ? " claimed" : " waits");
    else
        text_printf(out, " %s{%s}",
                    word_of(verdict_names, VERDICTS, row->verdict),
                    word_of(why_names, WHYS, row->why));
    text_printf(out, " %s epoch %u attempt %u",
                word_of(trigger_names, TRIGGERS, row->trigger), row->epoch,
                row->attempt);
    put_time(out, "started", row->started);
    put_time(out, "ended", row->ended);
    if (row->status)
        text_printf(out, " http %u", row->status);
    text_printf(out, " %s%s%s%s%s\n", row->owner, *row->by ? " by " : "",
                row->by, *row->error ? ": " : "", row->error);
    return true;
}

const char *history_as(struct book *book, const struct history_query *query)
{
    text_clear(&book->text);
    if (!store_history(book->store, query, put_history, &book->text,
                       &book->error))
        fail_msg("%s", book->error.text);
    return book->text.data;
}

const char *history_of(struct book *book, const char *job)
{
    struct history_query query = everything;
    query.job = job;
    return history_as(book, &query);
}

const char *slots_of(struct book *book, const struct history_query *query)
{
    char *all = strdup(history_as(book, query));
    text_clear(&book->text);
    char *rest = all;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char job[16];
        int slot;
        assert_int_equal(sscanf(line, "%15s slot %d", job, &slot), 2);
        text_printf(&book->text, "%s%s%d", book->text.len ? " " : "", job,
                    slot);
    }
    free(all);
    return book->text.data;
}
