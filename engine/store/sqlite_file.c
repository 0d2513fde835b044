/* A file of SQLite, opened for one process alone.
 *
 * An exclusive lock keeps the second process out, from the first read to the
 * close; it also spares SQLite the shared memory beside a WAL. The WAL is
 * synced at each commit: what was acknowledged survives a power cut. */
#include "sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mooncron/civil.h"
#include "mooncron/text.h"
#include "wal_header.h"

#define BUSY_MS       100 /* a process that is just ending */
#define SMALLEST_PAGE 512 /* that SQLite knows */
#define FRAME_HEADER  24  /* before each page in a WAL */

static const char pragmas_before[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                     "PRAGMA cell_size_check = ON;"
                                     "PRAGMA trusted_schema = OFF;"
                                     "PRAGMA secure_delete = OFF;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA cache_size = -16384;";
static const char pragmas_after[] = "PRAGMA journal_mode = WAL;"
                                    "PRAGMA synchronous = FULL;"
                                    "PRAGMA wal_autocheckpoint = 4096;"
                                    "PRAGMA journal_size_limit = 33554432;";

/* A path of another file beside it; freed by the caller. */
static char *beside(const char *path, const char *suffix)
{
    struct text text;
    text_init(&text, 8192);
    text_printf(&text, "%s%s", path, suffix);
    return text_take(&text);
}

static bool has_bytes(const char *path)
{
    struct stat st;
    return !stat(path, &st) && st.st_size > 0;
}

/* ---- its WAL ---- */

/* False: `errno` says why, 0: it has no frame, so nothing was committed to it.
 */
static bool read_header(int fd, unsigned char header[WAL_HEADER_BYTES])
{
    struct stat st;
    if (fstat(fd, &st))
        return false;
    errno = 0;
    if (st.st_size < WAL_HEADER_BYTES + FRAME_HEADER + SMALLEST_PAGE)
        return false;
    ssize_t count;
    do
        count = pread(fd, header, WAL_HEADER_BYTES, 0);
    while (count < 0 && errno == EINTR);
    return count == WAL_HEADER_BYTES;
}

/* The old header is written back, under which SQLite reads frames that are in
 * the database already. So nothing hangs on whether it was torn or its sequence
 * alone was spoilt. Where it cannot be written, SQLite will say so. */
static void mend(const char *wal, unsigned char header[WAL_HEADER_BYTES])
{
    int fd = open(wal, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    wal_header_restore(header);
    while (pwrite(fd, header, WAL_HEADER_BYTES, 0) < 0 && errno == EINTR)
        ;
    close(fd);
}

/* SQLite would pass over all that was committed to a WAL with a bad header. */
static enum opened look_at_wal(const char *wal, struct error *reterr)
{
    unsigned char header[WAL_HEADER_BYTES];
    int fd = open(wal, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool there = fd >= 0 && read_header(fd, header);
    int failed = errno;
    if (fd >= 0)
        close(fd);
    if (!there && (!failed || failed == ENOENT))
        return OPENED;
    if (!there) {
        error_set(reterr, "its -wal cannot be read (%s)", strerror(failed));
        return OPENED_REFUSED;
    }
    switch (wal_header_look(header)) {
    case WAL_HEADER_TORN:
        mend(wal, header);
        return OPENED;
    case WAL_HEADER_DAMAGED:
        error_set(reterr, "it is damaged (its -wal has a bad header)");
        return OPENED_DAMAGED;
    case WAL_HEADER_WHOLE:
        break;
    }
    return OPENED;
}

/* ---- opening ---- */

static enum opened look_beside(const char *path, struct error *reterr)
{
    char *wal = beside(path, "-wal");
    enum opened opened = look_at_wal(wal, reterr);
    free(wal);
    return opened;
}

/* What SQLite would take for a new file, or would not name well. */
static enum opened look_at(const char *path, struct error *reterr)
{
    struct stat st;
    if (stat(path, &st)) {
        if (errno == ENOENT)
            return OPENED;
        error_set(reterr, "%s", strerror(errno));
        return OPENED_REFUSED;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(reterr, "it is %s",
                  S_ISDIR(st.st_mode) ? "a directory" : "not a file");
        return OPENED_REFUSED;
    }
    if (st.st_size >= SMALLEST_PAGE)
        return look_beside(path, reterr);
    if (st.st_size) {
        error_set(reterr, "it is damaged (it has %lld bytes)",
                  (long long)st.st_size);
        return OPENED_DAMAGED;
    }
    char *wal = beside(path, "-wal");
    bool emptied = has_bytes(wal);
    free(wal);
    if (!emptied) /* a start that was cut off before anything was written */
        return OPENED;
    error_set(reterr, "it is damaged (it is empty, and its -wal is not)");
    return OPENED_DAMAGED;
}

static enum opened set_up(sqlite3 *db, const struct schema *schema,
                          int *ret_was, struct error *reterr)
{
    if (sqlite3_db_readonly(db, "main")) {
        error_set(reterr, "it cannot be written");
        return OPENED_REFUSED;
    }
    sqlite3_busy_timeout(db, BUSY_MS);
    if (sqlite3_exec(db, pragmas_before, NULL, NULL, NULL))
        return schema_blame(db, reterr);
    enum opened opened = schema_look(db, schema, ret_was, reterr);
    if (opened != OPENED)
        return opened;
    if (sqlite3_exec(db, pragmas_after, NULL, NULL, NULL))
        return schema_blame(db, reterr);
    return schema_bring(db, schema, *ret_was, reterr);
}

enum opened file_open(const char *path, const struct schema *schema,
                      sqlite3 **ret_db, int *ret_was, struct error *reterr)
{
    enum opened opened = look_at(path, reterr);
    *ret_db = NULL;
    if (opened != OPENED)
        return opened;
    sqlite3 *db;
    /* Nobody asks how much it has allocated; counting that takes a lock each
     * time. It is refused once SQLite is in use, and set by then. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db, flags, NULL))
        opened = schema_blame(db, reterr);
    else
        opened = set_up(db, schema, ret_was, reterr);
    if (opened == OPENED)
        *ret_db = db;
    else
        sqlite3_close(db);
    return opened;
}

int64_t file_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) ? 0 : st.st_size;
}

bool file_torn(int64_t bytes)
{
    return bytes % SMALLEST_PAGE;
}

/* ---- moving aside ---- */

/* "<path>.corrupt-20261123T140731Z", or with "-2" where that is there. */
static char *aside_name(const char *path, struct wall now)
{
    struct civil civil = civil_from(now, 0);
    struct text text;
    text_init(&text, 8192);
    for (int n = 1;; n++) {
        text_clear(&text);
        text_printf(&text, "%s.corrupt-%04d%02u%02uT%02u%02u%02uZ", path,
                    civil.year, civil.month, civil.day, civil.hour,
                    civil.minute, civil.second);
        if (n > 1)
            text_printf(&text, "-%d", n);
        if (access(text.data, F_OK))
            return text_take(&text);
    }
}

static bool move(const char *path, const char *aside, const char *suffix)
{
    char *from = beside(path, suffix), *to = beside(aside, suffix);
    bool moved = !rename(from, to) || errno == ENOENT;
    free(from);
    free(to);
    return moved;
}

bool file_aside(const char *path, struct wall now, struct error *ret_note,
                struct error *reterr)
{
    char *aside = aside_name(path, now);
    /* What belongs to it goes first: a WAL left behind would be taken for the
     * new file's. */
    bool moved = move(path, aside, "-wal") && move(path, aside, "-shm") &&
                 move(path, aside, "-journal") && move(path, aside, "");
    if (moved)
        error_set(ret_note, "moved aside to %s, and a new one begins", aside);
    else
        error_set(reterr, "it could not be moved aside to %s: %s", aside,
                  strerror(errno));
    free(aside);
    return moved;
}
