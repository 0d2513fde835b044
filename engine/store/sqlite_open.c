/* The SQLite store is opened.
 *
 * A file that no use can be made of is moved aside, and a new one begins: it
 * has no cursors, and a job without one begins with the next slot. Every page
 * is looked at first where the file is small, or the life before was cut off;
 * where that one saw damage, each row and each index are held against each
 * other, too. Of a large file that was closed in good order only what a recall
 * reads is looked at: the store's thread finds out about the rest. */
#include <stdlib.h>
#include <string.h>

#include "sqlite_file.h"
#include "sqlite_store.h"

/* Sets the sentence of the opening; it gets the file's name later. */
static enum opened damaged(struct store *store, const char *how)
{
    return schema_damaged(sqlite_of(store)->db, how, &store->error);
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
        int code = statement_prepare(sqlite, (enum statement)i);
        if (code == SQLITE_ERROR)
            return damaged(&sqlite->store, sqlite3_errmsg(sqlite->db));
        if (code)
            return refused(sqlite);
    }
    return OPENED;
}

/* How closely a file is looked at before it is used. A million rows, 80 MB,
 * take 0.5 s of a core page by page, and 1.1 s where indices are compared. */
enum look { LOOK_NOT, LOOK_PAGES, LOOK_ALL };

/* Files up to here are always looked at, which takes some 0.1 s. SQLite's
 * cache has room for as much: what was read is not read again. */
#define LOOK_BYTES_MAX (16 << 20)

/* `ret_look`: as that life asks for it by its end. */
static enum opened read_last_life(struct store *store, uint32_t *ret_last,
                                  enum look *ret_look)
{
    *ret_last = 0;
    *ret_look = LOOK_NOT;
    enum answer answer = statement_first(store, LIFE_LAST, NULL, 0);
    if (answer == ANSWER_YES) {
        *ret_last = column_u32(sqlite_of(store)->statements[LIFE_LAST], 0);
        int64_t ended =
            sqlite3_column_int64(sqlite_of(store)->statements[LIFE_LAST], 1);
        *ret_look = ended == LIFE_SAW_DAMAGE ? LOOK_ALL
                    : ended                  ? LOOK_NOT
                                             : LOOK_PAGES;
        statement_end(store, LIFE_LAST);
    }
    return answer == ANSWER_BROKEN ? refused(sqlite_of(store)) : OPENED;
}

/* What a check found, without the heading that names the database. */
static const char *finding_of(sqlite3_stmt *check)
{
    const char *text = column_text(check, 0);
    const char *end = strncmp(text, "***", 3) ? NULL : strchr(text, '\n');
    return end ? end + 1 : text;
}

static enum opened look_over(struct sqlite_store *sqlite, enum look look)
{
    static const char *const checks[] = {
        [LOOK_PAGES] = "PRAGMA quick_check(1)",
        [LOOK_ALL] = "PRAGMA integrity_check(1)",
    };
    sqlite3_stmt *check = NULL;
    enum opened opened = OPENED;
    if (look == LOOK_NOT)
        return OPENED;
    if (sqlite3_prepare_v2(sqlite->db, checks[look], -1, &check, NULL) ||
        sqlite3_step(check) != SQLITE_ROW)
        opened = refused(sqlite);
    else if (strcmp(column_text(check, 0), "ok"))
        opened = damaged(&sqlite->store, finding_of(check));
    sqlite3_finalize(check);
    return opened;
}

static enum opened read_jobs(struct store *store)
{
    sqlite3_stmt *at = sqlite_of(store)->statements[JOB_EACH];
    enum answer answer = statement_first(store, JOB_EACH, NULL, 0);
    for (; answer == ANSWER_YES; answer = statement_next(store, JOB_EACH)) {
        if (column_u32(at, 0) != store->jobs.count + 1 ||
            names_find(&store->jobs, column_text(at, 1))) {
            statement_end(store, JOB_EACH);
            return damaged(store, "its jobs are not in order");
        }
        names_add(&store->jobs, column_text(at, 1));
    }
    return answer == ANSWER_BROKEN ? refused(sqlite_of(store)) : OPENED;
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

static void keep_open(void *data, const struct open_run *run)
{
    struct open_runs *runs = data;
    if (runs->count == runs->cap) {
        runs->cap = runs->cap ? runs->cap * 2 : 16;
        runs->list = memory_resize(runs->list, runs->cap, sizeof *runs->list);
    }
    runs->list[runs->count++] = *run;
}

/* What is read is kept, but where pages were looked over just now: then the
 * recall reads it. */
static bool read_open(struct store *store, bool looked_over)
{
    struct open_runs runs = { 0 };
    if (looked_over)
        return true;
    runs.there = sqlite_driver.each_open(store, keep_open, &runs);
    if (!runs.there)
        open_runs_forget(&runs);
    sqlite_of(store)->kept = runs;
    return runs.there;
}

/* All that a recall will read can be read; the jobs' names are kept. */
static enum opened read_over(struct store *store, bool looked_over)
{
    enum opened opened = read_jobs(store);
    struct plan_note plan;
    uint32_t life;
    if (opened != OPENED)
        return opened;
    bool read = sqlite_driver.each_lane(store, pass_lane, NULL) &&
                read_open(store, looked_over) &&
                sqlite_driver.each_pause(store, pass_pause, NULL) &&
                sqlite_driver.plan_last(store, &plan, &life) != ANSWER_BROKEN;
    return read ? OPENED : refused(sqlite_of(store));
}

static enum opened try_open(struct sqlite_store *sqlite, int *ret_was,
                            uint32_t *ret_last)
{
    struct store *store = &sqlite->store;
    int64_t bytes = file_bytes(sqlite->path);
    enum look look = LOOK_NOT;
    enum opened opened = file_open(sqlite->path, &schema_journal, &sqlite->db,
                                   ret_was, &store->error);
    if (opened == OPENED)
        opened = prepare_all(sqlite);
    if (opened == OPENED)
        opened = read_last_life(store, ret_last, &look);
    if (look == LOOK_NOT && (bytes <= LOOK_BYTES_MAX || file_torn(bytes)))
        look = LOOK_PAGES;
    if (opened == OPENED)
        opened = look_over(sqlite, look);
    if (opened == OPENED)
        opened = read_over(store, look != LOOK_NOT);
    if (opened != OPENED)
        sqlite_shut(sqlite);
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
    sqlite->store.damages = 0;
    sqlite->store.moved = true;
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
    sqlite->path = memory_string(path);
    if (open_or_move(sqlite, now, &was, &last, &note) != OPENED) {
        *reterr = sqlite->store.error;
        error_wrap(reterr, "journal %s", path);
        sqlite_driver.close(&sqlite->store);
        return NULL;
    }
    note_opening(sqlite, was, &note);
    *ret_note = note;
    store_begin(&sqlite->store, &sqlite_driver, owner, last, now);
    struct open_runs kept = sqlite->kept; /* a life says nothing of runs */
    sqlite->kept = (struct open_runs){ 0 };
    /* Where the disk is full the life is noted with its first batch. */
    if (store_start(&sqlite->store))
        store_done(&sqlite->store, true);
    sqlite->kept = kept;
    return &sqlite->store;
}
