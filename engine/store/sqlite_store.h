/* What the files of the SQLite driver share: the store, and statements that
 * were prepared once. */
#ifndef MOONCRON_STORE_SQLITE_STORE_H
#define MOONCRON_STORE_SQLITE_STORE_H

#include <sqlite3.h>

#include "driver.h"
#include "sqlite_schema.h"

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    JOB_ADD,
    JOB_EACH,
    ROW_ADD,
    ROW_GET,
    ROW_PUT,
    ROW_CLAIM,
    ROW_END,
    ROW_RIVAL,
    ROW_STRANGERS,
    ROW_RENEW,
    ROW_COUNT,
    ROW_OPEN,
    ROW_REACH,
    ROW_OLD, /* and whether it may go */
    ROW_DROP,
    LANE_ADD,
    LANE_BACK,
    LANE_LEAVE,
    LANE_CHANGE,
    LANE_NEW,
    LANE_FAILS,
    LANE_EACH,
    OFF_ADD,
    OFF_END,
    OFF_EACH,
    OFF_FORGET,
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
    HISTORY_SLOT,  /* the rest of the rows of a slot */
    HISTORY_OLDER, /* the next older slot */
    HISTORY_JOB,
    PASSES,
    STATEMENTS,
};

/* In the place of whether a life ended in good order. Who knows nothing of it
 * takes it for one that was cut off. */
#define LIFE_SAW_DAMAGE (-1)

/* Open runs as they were read at the opening: the recall that follows does not
 * read a million of them again. */
struct open_runs {
    bool there;
    struct open_run *list;
    size_t count, cap;
};

struct sqlite_store {
    struct store store; /* first */
    char *path;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    struct open_runs kept; /* until anything is written */
    uint32_t alone_life;   /* has no open rows of other lives beside it */
    /* By number: jobs of which it was written last that none of their runs has
     * failed since the last good one. Most verdicts say no more than that. */
    bool *calm;
    uint32_t calm_count;
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* Closes statements and file, and keeps the rest. */
void sqlite_shut(struct sqlite_store *sqlite);

extern const struct store_driver sqlite_driver;

void open_runs_forget(struct open_runs *runs);

/* ---- sqlite_telling.c: what driver.h says ---- */

enum answer tell_row_get(struct store *store, const struct row_key *key,
                         struct row *ret);
enum answer tell_plan_last(struct store *store, struct plan_note *ret,
                           uint32_t *ret_life);
enum answer tell_lease_get(struct store *store, const char *name,
                           struct lease *ret);
enum answer tell_pause_get(struct store *store, uint32_t job,
                           struct stored_pause *ret);
enum answer tell_reach(struct store *store, uint32_t job, struct wall upto,
                       struct wall *ret);
int64_t tell_count_rows(struct store *store);
bool tell_each_lane(struct store *store, lane_visitor *visit, void *data);
bool tell_each_open(struct store *store, open_visitor *visit, void *data);
bool tell_each_pause(struct store *store, pause_visitor *visit, void *data);
bool tell_each_off(struct store *store, uint32_t job, off_visitor *visit,
                   void *data);
bool tell_each_life(struct store *store, life_visitor *visit, void *data);
enum answer tell_old(struct store *store, struct old_walk *walk,
                     struct row_key *ret_keys, uint32_t *ret_count);
enum answer tell_history(struct store *store, struct row_walk *walk,
                         row_visitor *visit, void *data);
enum answer tell_passes(struct store *store, struct pass_walk *walk,
                        pass_visitor *visit, void *data);

/* ---- sqlite_statements.c ---- */

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

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *statement_text(enum statement which); /* its SQL */
/* The code of SQLite. */
int statement_prepare(struct sqlite_store *sqlite, enum statement which);

/* Gives a statement its values and steps to its first row. Whoever is told
 * ANSWER_YES reads the row and goes on to the next or ends it; otherwise it has
 * ended. */
enum answer statement_first(struct store *store, enum statement which,
                            const struct value *values, size_t count);
enum answer statement_next(struct store *store, enum statement which);
void statement_end(struct store *store, enum statement which);
/* Runs a statement that tells nothing. */
bool statement_run(struct store *store, enum statement which,
                   const struct value *values, size_t count);

/* Numbers that do not fit, which nobody of ours wrote, become the nearest that
 * does. */
int64_t column_number(sqlite3_stmt *statement, int column, int64_t max);
uint8_t column_u8(sqlite3_stmt *statement, int column);
uint32_t column_u32(sqlite3_stmt *statement, int column);
struct wall column_wall(sqlite3_stmt *statement, int column);
/* Lives until the statement goes on. */
const char *column_text(sqlite3_stmt *statement, int column);

#endif
