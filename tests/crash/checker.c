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
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "mooncron/civil.h"
#include "mooncron/verdict.h"

#include "books.h"

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

static void look_at_call(const struct books *books, const struct call *call,
                         struct findings *findings)
{
    char slot[RFC3339_TEXT_MAX], key[sizeof call->key];
    rfc3339_format((struct wall){ call->slot_ms }, 0, slot);
    snprintf(key, sizeof key, "%s/%s%s", call->job, slot,
             call->manual ? "/manual" : "");
    const struct row *row = books_row_of(books, call);
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
    if (!books_compare(before, call))
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

static void look_at_row(const struct books *books, const struct row *row,
                        const struct rhythm *rhythm, struct findings *findings)
{
    char slot[RFC3339_TEXT_MAX];
    rfc3339_format((struct wall){ row->slot_ms }, 0, slot);
    findings->open += !row->done;
    /* One that waits was never claimed, and is the next life's: of any job,
     * where the store held up the claim of the slot before it. */
    if (!row->done && row->epoch > 0 && !rhythm->may_wait)
        findings_count(findings, &findings->lost, "%s/%s has no verdict",
                       row->job, slot);
    if (row->done && !row->passed && row->verdict == VERDICT_OK &&
        !books_answered_well(books, row))
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
    struct books books;
    char path[4096];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    look_aside(folder, findings);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL))
        findings_add(findings, "the journal: %s", sqlite3_errmsg(db));
    else
        look_whole(db, findings);
    books_open(&books, calls, db, findings);
    look_at_calls(&books, rhythms, findings);
    look_at_rows(&books, rhythms, findings);
    sqlite3_close(db);
    books_close(&books);
}
