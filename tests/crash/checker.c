/* The checker: what must hold between the ledger and the journal.
 *
 * Every slot that the backend received has a row that was claimed; a slot has
 * one key, no attempt of one claim comes twice, and where a job has no retries
 * none comes after the first; the rows of a job cover its slots from the first
 * to the last without a gap, and none of them twice; who was answered nothing
 * is not said to be well; the file is whole, and is the same that the first
 * life made. */
#include "checker.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "mooncron/verdict.h"

#define NAME_SIZE    136 /* of a job's name, with its end */
#define KEY_SIZE     (NAME_SIZE + RFC3339_TEXT_MAX + sizeof "/manual")
#define FINDINGS_MAX 20 /* of a point that are told */

/* ---- findings ---- */

void findings_open(struct findings *findings)
{
    *findings = (struct findings){ 0 };
    text_init(&findings->text, 64 << 10);
}

void findings_close(struct findings *findings)
{
    text_close(&findings->text);
}

static void note(struct findings *findings, unsigned *counter,
                 const char *format, va_list arguments)
{
    ++*counter;
    unsigned all = findings->lost + findings->doubled + findings->unsound;
    if (all > FINDINGS_MAX)
        return;
    text_puts(&findings->text, "  ");
    text_vprintf(&findings->text, format, arguments);
    text_putc(&findings->text, '\n');
}

void findings_count(struct findings *findings, unsigned *counter,
                    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(findings, counter, format, arguments);
    va_end(arguments);
}

void findings_add(struct findings *findings, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(findings, &findings->unsound, format, arguments);
    va_end(arguments);
}

/* ---- what is read ---- */

struct call {
    char job[NAME_SIZE], key[KEY_SIZE];
    int64_t slot_ms;
    uint32_t attempt, epoch;
    bool manual, answered_well;
};

struct row {
    char job[NAME_SIZE];
    int64_t slot_ms, last_ms, slots;
    uint32_t epoch, attempt;
    uint8_t verdict, why;
    bool manual, passed, done;
};

struct books {
    struct call *calls;
    struct row *rows;
    size_t call_count, row_count;
};

/* Runs by hand stand behind all slots of their job: they are none. */
static int by_slot(const char *job, bool manual, int64_t slot_ms,
                   const char *other, bool other_manual, int64_t other_ms)
{
    int names = strcmp(job, other);
    if (names)
        return names;
    if (manual != other_manual)
        return manual ? 1 : -1;
    return (slot_ms > other_ms) - (slot_ms < other_ms);
}

static int call_to_row(const struct call *call, const struct row *row)
{
    return by_slot(call->job, call->manual, call->slot_ms, row->job,
                   row->manual, row->slot_ms);
}

static int compare_calls(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    int slots =
        by_slot(x->job, x->manual, x->slot_ms, y->job, y->manual, y->slot_ms);
    if (slots)
        return slots;
    if (x->epoch != y->epoch)
        return x->epoch < y->epoch ? -1 : 1;
    return (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

static const char *string_of(const json_t *call, const char *name)
{
    const char *text = json_string_value(json_object_get(call, name));
    return text ? text : "";
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && !strcmp(text + len - end_len, end);
}

static void read_calls(struct books *books, const json_t *calls,
                       struct findings *findings)
{
    size_t i;
    json_t *one;
    books->calls =
        memory_new((json_array_size(calls) + 1) * sizeof *books->calls);
    json_array_foreach(calls, i, one)
    {
        struct call *call = &books->calls[books->call_count++];
        const char *slot = string_of(one, "scheduledTime");
        struct wall at;
        snprintf(call->job, sizeof call->job, "%s", string_of(one, "job"));
        snprintf(call->key, sizeof call->key, "%s",
                 string_of(one, "idempotencyKey"));
        call->manual = ends_with(call->key, "/manual");
        if (!rfc3339_parse(slot, strlen(slot), &at))
            findings_add(findings, "a call of %s for the slot \"%s\"",
                         call->job, slot);
        call->slot_ms = at.ms;
        call->attempt = (uint32_t)atoi(string_of(one, "attempt"));
        call->epoch = (uint32_t)atoi(string_of(one, "epoch"));
        call->answered_well =
            json_integer_value(json_object_get(one, "status")) == 200;
    }
    qsort(books->calls, books->call_count, sizeof *books->calls, compare_calls);
    findings->calls += (unsigned)books->call_count;
}

static const char rows_sql[] =
    "SELECT job.name, slot_ms, coalesce(last_ms, slot_ms), slots, epoch,"
    " attempt, verdict, why, kind, ended_ms IS NOT NULL FROM run"
    " JOIN job ON job.id = run.job"
    " ORDER BY job.name, kind = 1, slot_ms, kind";

static struct row row_read(sqlite3_stmt *at)
{
    struct row row = {
        .slot_ms = sqlite3_column_int64(at, 1),
        .last_ms = sqlite3_column_int64(at, 2),
        .slots = sqlite3_column_int64(at, 3),
        .epoch = (uint32_t)sqlite3_column_int64(at, 4),
        .attempt = (uint32_t)sqlite3_column_int64(at, 5),
        .verdict = (uint8_t)sqlite3_column_int(at, 6),
        .why = (uint8_t)sqlite3_column_int(at, 7),
        .manual = sqlite3_column_int(at, 8) == 1,
        .passed = sqlite3_column_int(at, 8) == 2,
        .done = sqlite3_column_int(at, 9),
    };
    snprintf(row.job, sizeof row.job, "%s",
             (const char *)sqlite3_column_text(at, 0));
    return row;
}

static void read_rows(struct books *books, sqlite3 *db,
                      struct findings *findings)
{
    sqlite3_stmt *at = NULL;
    size_t cap = 0;
    if (sqlite3_prepare_v2(db, rows_sql, -1, &at, NULL))
        findings_add(findings, "the journal: %s", sqlite3_errmsg(db));
    while (at && sqlite3_step(at) == SQLITE_ROW) {
        if (books->row_count == cap) {
            cap = cap ? cap * 2 : 256;
            books->rows = memory_resize(books->rows, cap, sizeof *books->rows);
        }
        books->rows[books->row_count++] = row_read(at);
    }
    sqlite3_finalize(at);
    findings->slots += (unsigned)books->row_count;
}

/* ---- the file ---- */

static void look_whole(sqlite3 *db, struct findings *findings)
{
    sqlite3_stmt *check = NULL;
    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL) ||
        sqlite3_step(check) != SQLITE_ROW)
        findings_add(findings, "integrity_check: %s", sqlite3_errmsg(db));
    else if (strcmp((const char *)sqlite3_column_text(check, 0), "ok"))
        findings_add(findings, "integrity_check: %s",
                     (const char *)sqlite3_column_text(check, 0));
    sqlite3_finalize(check);
}

/* Nothing was done to the disk itself, so no journal was ever unreadable. */
static void look_aside(const char *folder, struct findings *findings)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (strstr(entry->d_name, "corrupt"))
            findings_add(findings, "a journal was moved aside: %s",
                         entry->d_name);
    if (dir)
        closedir(dir);
}

/* ---- the ledger against the rows ---- */

static const struct row *row_of(const struct books *books,
                                const struct call *call)
{
    size_t from = 0, to = books->row_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct row *row = &books->rows[middle];
        if (call_to_row(call, row) > 0)
            from = middle + 1;
        else
            to = middle;
    }
    const struct row *row = &books->rows[from];
    bool same =
        from < books->row_count && !call_to_row(call, row) && !row->passed;
    return same ? row : NULL;
}

static void look_at_call(const struct books *books, const struct call *call,
                         struct findings *findings)
{
    char slot[RFC3339_TEXT_MAX], key[sizeof call->key];
    rfc3339_format((struct wall){ call->slot_ms }, 0, slot);
    snprintf(key, sizeof key, "%s/%s%s", call->job, slot,
             call->manual ? "/manual" : "");
    const struct row *row = row_of(books, call);
    if (strcmp(call->key, key))
        findings_count(findings, &findings->doubled,
                       "%s was sent under the key %s", key, call->key);
    if (!row)
        findings_count(findings, &findings->lost, "%s was sent and has no row",
                       key);
    else if (row->epoch < call->epoch)
        findings_count(findings, &findings->lost,
                       "%s was sent by claim %u, and its row is of claim %u",
                       key, call->epoch, row->epoch);
    else if (row->done && row->verdict > VERDICT_UNKNOWN)
        findings_count(findings, &findings->lost,
                       "%s was sent, and its row says %s{%s}", key,
                       verdict_names[row->verdict], why_names[row->why]);
}

static const struct rhythm *rhythm_of(const struct rhythm *rhythms,
                                      const char *job)
{
    while (rhythms->prefix &&
           strncmp(rhythms->prefix, job, strlen(rhythms->prefix)))
        rhythms++;
    return rhythms->prefix ? rhythms : NULL;
}

/* `call` follows `before`. */
static void look_at_repeat(const struct call *before, const struct call *call,
                           const struct rhythm *rhythm,
                           struct findings *findings)
{
    if (strcmp(before->key, call->key))
        return;
    if (!compare_calls(before, call))
        findings_count(findings, &findings->doubled,
                       "%s: attempt %u of claim %u came twice", call->key,
                       call->attempt, call->epoch);
    else if (rhythm && !rhythm->again)
        findings_count(findings, &findings->doubled,
                       "%s was sent again, and its job has no retries",
                       call->key);
}

static void look_at_calls(const struct books *books,
                          const struct rhythm *rhythms,
                          struct findings *findings)
{
    for (size_t i = 0; i < books->call_count; i++) {
        const struct call *call = &books->calls[i];
        look_at_call(books, call, findings);
        if (i > 0)
            look_at_repeat(call - 1, call, rhythm_of(rhythms, call->job),
                           findings);
    }
}

/* ---- the rows among themselves ---- */

/* The calls of a slot stand together. */
static bool was_answered_well(const struct books *books, const struct row *row)
{
    size_t from = 0, to = books->call_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct call *call = &books->calls[middle];
        if (call_to_row(call, row) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < books->call_count; from++) {
        const struct call *call = &books->calls[from];
        if (call_to_row(call, row))
            return false;
        if (call->answered_well)
            return true;
    }
    return false;
}

static void look_at_row(const struct books *books, const struct row *row,
                        const struct rhythm *rhythm, struct findings *findings)
{
    char slot[RFC3339_TEXT_MAX];
    rfc3339_format((struct wall){ row->slot_ms }, 0, slot);
    findings->open += !row->done;
    if (!row->done && !rhythm->may_wait)
        findings_count(findings, &findings->lost, "%s/%s has no verdict",
                       row->job, slot);
    if (row->done && !row->passed && row->verdict == VERDICT_OK &&
        !was_answered_well(books, row))
        findings_add(findings, "%s/%s is said to be ok, and was not", row->job,
                     slot);
    if (!row->passed || !rhythm->every_ms)
        return;
    int64_t count = (row->last_ms - row->slot_ms) / rhythm->every_ms + 1;
    if (row->slots != count)
        findings_add(findings,
                     "%s/%s: %" PRId64 " slots passed over are told, "
                     "and there were %" PRId64,
                     row->job, slot, row->slots, count);
}

/* `row` follows `before`, of the same job. */
static void look_between(const struct row *before, const struct row *row,
                         const struct rhythm *rhythm, struct findings *findings)
{
    char slot[RFC3339_TEXT_MAX], next[RFC3339_TEXT_MAX];
    int64_t next_ms = before->last_ms + rhythm->every_ms;
    rfc3339_format((struct wall){ row->slot_ms }, 0, slot);
    rfc3339_format((struct wall){ next_ms }, 0, next);
    if (row->slot_ms < next_ms)
        findings_count(findings, &findings->doubled, "%s/%s has two verdicts",
                       row->job, slot);
    else if (row->slot_ms > next_ms && !rhythm->may_be_away)
        findings_count(findings, &findings->lost,
                       "%s has nothing of the slots from %s to before %s",
                       row->job, next, slot);
}

static void look_at_rows(const struct books *books,
                         const struct rhythm *rhythms,
                         struct findings *findings)
{
    for (size_t i = 0; i < books->row_count; i++) {
        const struct row *row = &books->rows[i];
        const struct rhythm *rhythm = rhythm_of(rhythms, row->job);
        if (!rhythm)
            continue;
        look_at_row(books, row, rhythm, findings);
        if (i > 0 && !row->manual && rhythm->every_ms &&
            !strcmp(row->job, row[-1].job))
            look_between(row - 1, row, rhythm, findings);
    }
}

void checker_look(const json_t *calls, const char *folder,
                  const struct rhythm *rhythms, struct findings *findings)
{
    struct books books = { 0 };
    char path[4096];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    look_aside(folder, findings);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL))
        findings_add(findings, "the journal: %s", sqlite3_errmsg(db));
    else
        look_whole(db, findings);
    read_calls(&books, calls, findings);
    read_rows(&books, db, findings);
    look_at_calls(&books, rhythms, findings);
    look_at_rows(&books, rhythms, findings);
    sqlite3_close(db);
    free(books.calls);
    free(books.rows);
}
