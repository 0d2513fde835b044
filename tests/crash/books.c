/* The books: read once, sorted, and looked up. */
#include "books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

/* ---- their order ---- */

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

int books_compare(const struct call *call, const struct call *other)
{
    int slots = by_slot(call->job, call->manual, call->slot_ms, other->job,
                        other->manual, other->slot_ms);
    if (slots)
        return slots;
    if (call->epoch != other->epoch)
        return call->epoch < other->epoch ? -1 : 1;
    return (call->attempt > other->attempt) - (call->attempt < other->attempt);
}

static int compare_calls(const void *call, const void *other)
{
    return books_compare(call, other);
}

/* ---- reading ---- */

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

void books_open(struct books *books, const json_t *calls, sqlite3 *db,
                struct findings *findings)
{
    *books = (struct books){ 0 };
    read_calls(books, calls, findings);
    read_rows(books, db, findings);
}

void books_close(struct books *books)
{
    free(books->calls);
    free(books->rows);
}

/* ---- looking up ---- */

const struct row *books_row_of(const struct books *books,
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

/* The calls of a slot stand together. */
bool books_answered_well(const struct books *books, const struct row *row)
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
