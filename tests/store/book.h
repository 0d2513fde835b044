/* A book is a store of either driver for the time of a test, and short ways to
 * write in it and to read it as text. */
#ifndef TESTS_STORE_BOOK_H
#define TESTS_STORE_BOOK_H

#include "mooncron/schedule.h"
#include "mooncron/store.h"
#include "mooncron/text.h"
#include "scratch.h"

#define T0 INT64_C(1764000000000) /* 2025-11-24T16:00:00Z */

enum book_driver { BOOK_MEMORY, BOOK_SQLITE };

struct book {
    enum book_driver driver;
    struct store *store;
    struct scratch scratch; /* holds journal.db */
    struct error error;
    struct text text; /* of the last reading */
};

void book_open(struct book *book, enum book_driver driver);
/* Also asks SQLite whether its file is whole. */
void book_close(struct book *book);

/* SQLite says of the file at `path` that it is whole. */
void assert_whole(const char *path);

/* ---- entries; slots, cursors and times in seconds after T0 ---- */

#define NO_CURSOR INT64_MIN

struct entry lane(const char *job, int64_t cursor_s);
struct entry leave(const char *job);
struct entry waits(const char *job, int64_t slot_s, int64_t at_s);
struct entry claim(const char *job, int64_t slot_s, uint32_t epoch,
                   int64_t at_s);
struct entry attempt(const char *job, int64_t slot_s, uint32_t epoch,
                     uint32_t number, int64_t at_s);
struct entry finish(const char *job, int64_t slot_s, uint32_t epoch,
                    enum verdict verdict, int64_t at_s);
struct entry pass(const char *job, int64_t first_s, int64_t last_s,
                  int64_t count, enum why why, int64_t at_s);
struct entry paused(const char *job, int64_t at_s, int64_t until_s,
                    const char *by, const char *reason);
struct entry resumed(const char *job, int64_t at_s);

/* Writes one entry: its outcome. */
enum entry_outcome wrote(struct book *book, struct entry entry);
/* Writes them in one batch, all of which must be done. */
void write_all(struct book *book, struct entry *entries, size_t count);
#define WRITE(book, ...)                                                       \
    write_all(book, (struct entry[]){ __VA_ARGS__ },                           \
              sizeof(struct entry[]){ __VA_ARGS__ } / sizeof(struct entry))

/* Another life begins with the store. */
void next_life(struct book *book, const char *owner, int64_t now_s);
/* A whole round of retention, in each step of which `limit` rows may go. */
struct pruning prune_round(struct book *book, const struct retention *retention,
                           int64_t now_s, uint32_t limit);

/* ---- reading, a line for each thing; times in seconds after T0 ---- */

/* Lanes by job, runs, pauses by job, lives and the generation. */
const char *recalled(struct book *book, int64_t now_s);
/* Its lines that begin with `word`. */
const char *recalled_of(struct book *book, int64_t now_s, const char *word);
const char *history_of(struct book *book, const char *job);
const char *history_as(struct book *book, const struct history_query *query);
/* Its slots alone: "a30 b20 a10". */
const char *slots_of(struct book *book, const struct history_query *query);

extern const struct history_query everything;

struct wall seconds(int64_t after_s);

#endif
