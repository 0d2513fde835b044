/* The tables of the journal, and how older ones become these.
 *
 * Rows of runs lie in the order of their slots, not of their jobs: what is
 * claimed in one batch is due together, so it lies on the same pages, and so do
 * its verdicts. Only run_job, which finds the rows of one job that have ended,
 * is written all over. Words (verdict, why, trigger, cause) are the numbers of
 * mooncron/verdict.h; an instant that is not there is NULL. */
#include "sqlite_schema.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char *const steps[] = {
    /* 1 */
    "CREATE TABLE job ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE"
    ") STRICT;"
    "CREATE TABLE lane (" /* of each job: how far it is */
    "  job INTEGER PRIMARY KEY,"
    "  cursor_ms INTEGER,"
    "  digest INTEGER NOT NULL DEFAULT 0,"
    "  fails INTEGER NOT NULL DEFAULT 0,"
    "  runs INTEGER NOT NULL DEFAULT 0,"
    "  started_ms INTEGER"
    ") STRICT;"
    "CREATE TABLE run (" /* and slots without one */
    "  slot_ms INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL," /* 0 a run, 1 by hand, 2 passed over */
    "  job INTEGER NOT NULL,"
    "  claimed INTEGER NOT NULL,"
    "  no_overlap INTEGER NOT NULL,"
    "  life INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  generation INTEGER NOT NULL,"
    "  settings INTEGER NOT NULL,"
    "  trigger INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL,"
    "  lease_ms INTEGER,"
    "  started_ms INTEGER,"
    "  ended_ms INTEGER," /* NULL: no verdict yet */
    "  verdict INTEGER NOT NULL,"
    "  why INTEGER NOT NULL,"
    "  cause INTEGER NOT NULL,"
    "  status INTEGER NOT NULL,"
    "  took_ms INTEGER NOT NULL,"
    "  last_ms INTEGER," /* of slots passed over, and how many: */
    "  slots INTEGER NOT NULL,"
    "  error TEXT NOT NULL,"
    "  who TEXT NOT NULL,"
    "  PRIMARY KEY (slot_ms, kind, job)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX run_job ON run(job, slot_ms);"
    "CREATE INDEX run_open ON run(job) WHERE ended_ms IS NULL;"
    "CREATE INDEX run_passed ON run(last_ms) WHERE last_ms IS NOT NULL;"
    "CREATE TABLE pause ("
    "  job INTEGER PRIMARY KEY,"
    "  since_ms INTEGER NOT NULL,"
    "  until_ms INTEGER NOT NULL,"
    "  who TEXT NOT NULL,"
    "  reason TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE life ("
    "  id INTEGER PRIMARY KEY,"
    "  owner TEXT NOT NULL,"
    "  began_ms INTEGER NOT NULL,"
    "  seen_ms INTEGER NOT NULL,"
    "  ended INTEGER NOT NULL" /* in good order; -1: it saw damage */
    ") STRICT;"
    "CREATE TABLE plan ("
    "  generation INTEGER PRIMARY KEY,"
    "  life INTEGER NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  settings INTEGER NOT NULL,"
    "  environment TEXT NOT NULL,"
    "  tzdata TEXT NOT NULL,"
    "  file TEXT NOT NULL,"
    "  jobs INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE lease ("
    "  name TEXT PRIMARY KEY NOT NULL,"
    "  life INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  until_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;",
    /* 2: passes are asked for job by job; what was off when is remembered */
    "DROP INDEX run_passed;"
    "CREATE INDEX run_passed ON run(job, last_ms) WHERE last_ms IS NOT NULL;"
    "CREATE TABLE off (" /* times in which a job had no slots */
    "  job INTEGER NOT NULL,"
    "  since_ms INTEGER NOT NULL,"
    "  until_ms INTEGER," /* NULL: it goes on */
    "  why INTEGER NOT NULL,"
    "  generation INTEGER NOT NULL,"
    "  environment TEXT NOT NULL,"
    "  PRIMARY KEY (job, since_ms)"
    ") STRICT, WITHOUT ROWID;",
    /* 3: a job's row is in run_job when it has ended, and in run_open before:
     * a call waits for its claim, and for no verdict */
    ("DROP INDEX run_job;"
     "CREATE INDEX run_job ON run(job, slot_ms) WHERE ended_ms IS NOT NULL;"),
};

const struct schema schema_journal = {
    .application_id = 0x6d6f6f6e, /* "moon" */
    .version = sizeof steps / sizeof *steps,
    .steps = steps,
};

/* The errno of the last call on a file that failed; 0: none has. */
static int errno_of(sqlite3_file *file)
{
    int code = 0;
    if (file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code;
}

static int disk_errno(sqlite3 *db)
{
    sqlite3_file *file = NULL, *wal = NULL;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    int code = errno_of(file);
    return code ? code : errno_of(wal);
}

enum opened schema_damaged(sqlite3 *db, const char *how, struct error *reterr)
{
    int code = disk_errno(db);
    if (code) {
        error_set(reterr, "it cannot be read (%s)", strerror(code));
        return OPENED_REFUSED;
    }
    error_set(reterr, "it is damaged (%s)", how);
    return OPENED_DAMAGED;
}

/* A write that was cut short, at a limit of the process, has no errno. */
static void blame_system(sqlite3 *db, struct error *reterr)
{
    int code = sqlite3_system_errno(db);
    if (code)
        error_set(reterr, "%s (%s)", sqlite3_errmsg(db), strerror(code));
    else
        error_set(reterr, "%s", sqlite3_errmsg(db));
}

enum opened schema_blame(sqlite3 *db, struct error *reterr)
{
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return schema_damaged(db, sqlite3_errmsg(db), reterr);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error_set(reterr, "it is in use by another process");
        return OPENED_REFUSED;
    case SQLITE_FULL:
        error_set(reterr, "the disk is full");
        return OPENED_REFUSED;
    case SQLITE_READONLY:
        error_set(reterr, "it is read-only");
        return OPENED_REFUSED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        blame_system(db, reterr);
        return OPENED_REFUSED;
    default:
        error_set(reterr, "%s", sqlite3_errmsg(db));
        return OPENED_REFUSED;
    }
}

/* The one number that `sql` asks for. */
static bool ask(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    bool there =
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;
    if (there)
        *ret = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && there;
}

enum opened schema_look(sqlite3 *db, const struct schema *schema, int *ret_was,
                        struct error *reterr)
{
    int64_t id, version, tables;
    if (!ask(db, "PRAGMA application_id", &id) ||
        !ask(db, "PRAGMA user_version", &version) ||
        !ask(db, "SELECT count(*) FROM sqlite_schema", &tables))
        return schema_blame(db, reterr);
    if (id != schema->application_id && (id || version || tables)) {
        error_set(reterr, "it is a database of another program");
        return OPENED_REFUSED;
    }
    if (version > schema->version) {
        error_set(reterr,
                  "it is of version %lld, written by a newer mooncron; this "
                  "one knows versions up to %d",
                  (long long)version, schema->version);
        return OPENED_REFUSED;
    }
    *ret_was = version < 0 ? 0 : (int)version;
    return OPENED;
}

static bool take_step(sqlite3 *db, const struct schema *schema, int step)
{
    char *mark = sqlite3_mprintf("PRAGMA application_id = %d;"
                                 "PRAGMA user_version = %d; COMMIT",
                                 schema->application_id, step + 1);
    bool ok = mark && !sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) &&
              !sqlite3_exec(db, schema->steps[step], NULL, NULL, NULL) &&
              !sqlite3_exec(db, mark, NULL, NULL, NULL);
    sqlite3_free(mark);
    return ok;
}

enum opened schema_bring(sqlite3 *db, const struct schema *schema, int was,
                         struct error *reterr)
{
    for (int step = was; step < schema->version; step++) {
        if (take_step(db, schema, step))
            continue;
        enum opened opened = schema_blame(db, reterr);
        error_wrap(reterr, "bringing it to version %d", step + 1);
        if (!sqlite3_get_autocommit(db))
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return opened;
    }
    return OPENED;
}
