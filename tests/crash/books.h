/* The books: what the backend's ledger and the journal have of each slot. */
#ifndef TESTS_CRASH_BOOKS_H
#define TESTS_CRASH_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <sqlite3.h>

#include "mooncron/civil.h"

#include "findings.h"

#define NAME_SIZE 136 /* of a job's name, with its end */
#define KEY_SIZE  (NAME_SIZE + RFC3339_TEXT_MAX + sizeof "/manual")

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

/* Both in the order of jobs and their slots, runs by hand behind these. */
struct books {
    struct call *calls;
    struct row *rows;
    size_t call_count, row_count;
};

/* What cannot be read is a finding. `db` may be one that could not be opened.
 */
void books_open(struct books *books, const json_t *calls, sqlite3 *db,
                struct findings *findings);
void books_close(struct books *books);

/* In the order of the books. */
int books_compare(const struct call *call, const struct call *other);
/* The run that the call is of, or NULL. */
const struct row *books_row_of(const struct books *books,
                               const struct call *call);
/* Whether any call of that run was answered well. */
bool books_answered_well(const struct books *books, const struct row *row);

#endif
