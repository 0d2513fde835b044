/* What only a file has: it is kept, locked, damaged, old, new, or on a disk
 * that is full. */
#include "../../engine/store/sqlite_store.h"
#include "book.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a file for each test ---- */

struct file {
    struct book book; /* its store is open between file_open and file_shut */
    char *path;
    struct error note;
};

static void file_begin(struct file *file)
{
    *file = (struct file){ 0 };
    text_init(&file->book.text, 16 << 20);
    scratch_make(&file->book.scratch);
    file->path = scratch_path(&file->book.scratch, "journal.db");
}

static void file_end(struct file *file)
{
    store_close(file->book.store, seconds(9999));
    text_close(&file->book.text);
    scratch_remove(&file->book.scratch);
    free(file->path);
}

static bool file_try(struct file *file, const char *owner, int64_t now_s)
{
    file->note.text[0] = file->book.error.text[0] = '\0';
    file->book.store = store_open_sqlite(file->path, owner, seconds(now_s),
                                         &file->note, &file->book.error);
    return file->book.store;
}

static void file_open(struct file *file, const char *owner, int64_t now_s)
{
    if (!file_try(file, owner, now_s))
        fail_msg("%s", file->book.error.text);
}

static void file_shut(struct file *file, int64_t now_s)
{
    store_close(file->book.store, seconds(now_s));
    file->book.store = NULL;
}

/* `format` with the file's path for its %s. */
static void assert_says(const struct file *file, const char *said,
                        const char *format)
{
    char want[600];
    snprintf(want, sizeof want, format, file->path);
    assert_string_equal(said, want);
}

static void assert_refused(struct file *file, const char *format)
{
    assert_false(file_try(file, "second", 100));
    assert_says(file, file->book.error.text, format);
    assert_string_equal(file->note.text, "");
}

/* A worker that is killed: what it did, and nothing after it. */
static void killed(struct file *file, void (*work)(struct file *file))
{
    pid_t pid = fork();
    if (!pid) {
        work(file);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void write_some(struct file *file)
{
    struct book *book = &file->book;
    struct entry end = finish("a", 10, 1, VERDICT_FAILED, 12);
    end.fails = 1;
    end.error = "the backend answered 503";
    struct plan_note plan = { .generation = 3,
                              .at = seconds(1),
                              .environment = "production",
                              .tzdata = "2026a",
                              .file = "schedules.lua" };
    if (!store_publish(book->store, &plan, &book->error))
        fail_msg("%s", book->error.text);
    WRITE(book, lane("a", 0), lane("b", 0), claim("a", 10, 1, 10), end,
          claim("a", 20, 1, 20), waits("b", 20, 20),
          pass("b", 5, 9, 5, WHY_DOWN, 10),
          paused("c", 21, 99, "ana", "deploy"));
}

static void work_some(struct file *file)
{
    file_open(file, "first", 0);
    write_some(file);
}

static const char some_recalled[] =
    "lane a cursor 20 started 20 digest 77 fails 1 runs 2\n"
    "lane b cursor 9 started - digest 77 fails 0 runs 0\n"
    "run a slot 20 claimed schedule attempt 1 epoch 1 generation 7\n"
    "run b slot 20 waits schedule attempt 1 epoch 0 generation 7\n"
    "pause c since 21 until 99 by ana: deploy\n";
static const char some_history[] =
    "a slot 20 claimed schedule epoch 1 attempt 1 started 20 ended - first\n"
    "b slot 20 waits schedule epoch 0 attempt 1 started - ended - first\n"
    "a slot 10 failed{} schedule epoch 1 attempt 1 started 10 ended 12 http "
    "200 first: the backend answered 503\n"
    "b slot 5 to 9 (5) missed{down} schedule epoch 0 attempt 1 started - ended "
    "10 first\n";

static void assert_some(struct file *file, const char *lives)
{
    char want[1024];
    snprintf(want, sizeof want, "%s%sgeneration 3\n", some_recalled, lives);
    assert_string_equal(recalled(&file->book, 150), want);
    assert_string_equal(history_of(&file->book, NULL), some_history);
}

/* ---- kept ---- */

static void test_kept_over_a_close(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    work_some(&file);
    assert_says(&file, file.note.text, "journal %s was made");
    file_shut(&file, 50);
    file_open(&file, "second", 100);
    assert_string_equal(file.note.text, "");
    assert_some(&file, "life first began 0 seen 50 ended\n");
    file_end(&file);
}

static void test_kept_over_a_kill(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    killed(&file, work_some);
    file_open(&file, "second", 100);
    assert_string_equal(file.note.text, "");
    assert_some(&file, "life first began 0 seen 21\n");
    file_end(&file);
}

/* What was read at the opening is not what a recall tells after a write. */
static void test_recall_is_of_now(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    file_open(&file, "second", 100);
    WRITE(&file.book, finish("a", 20, 2, VERDICT_OK, 110));
    assert_string_equal(recalled_of(&file.book, 150, "run"),
                        "run b slot 20 waits schedule attempt 1 epoch 0 "
                        "generation 7\n");
    file_end(&file);
}

/* ---- refused ---- */

static int hold_pipe[2], end_pipe[2];

static void hold(struct file *file)
{
    work_some(file);
    char byte = 'x';
    if (write(hold_pipe[1], &byte, 1) != 1 || read(end_pipe[0], &byte, 1) < 0)
        _exit(1);
}

static void test_another_process_has_it(void **state)
{
    struct file file;
    char byte;
    (void)state;
    file_begin(&file);
    assert_int_equal(pipe(hold_pipe), 0);
    assert_int_equal(pipe(end_pipe), 0);
    pid_t pid = fork();
    if (!pid) {
        close(end_pipe[1]);
        hold(&file);
        _exit(0);
    }
    assert_int_equal(read(hold_pipe[0], &byte, 1), 1);
    assert_refused(&file, "journal %s: it is in use by another process");
    close(end_pipe[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    file_open(&file, "second", 100);
    assert_some(&file, "life first began 0 seen 21\n");
    close(hold_pipe[0]), close(hold_pipe[1]), close(end_pipe[0]);
    file_end(&file);
}

static void test_twice_in_one_process(void **state)
{
    struct file file, again;
    (void)state;
    file_begin(&file);
    file_open(&file, "first", 0);
    again = file;
    assert_refused(&again, "journal %s: it is in use by another process");
    write_some(&file);
    file_end(&file);
}

static void test_not_a_file(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    assert_int_equal(mkdir(file.path, 0700), 0);
    assert_refused(&file, "journal %s: it is a directory");
    assert_int_equal(rmdir(file.path), 0);
    assert_int_equal(mkfifo(file.path, 0600), 0);
    assert_refused(&file, "journal %s: it is not a file");
    assert_int_equal(unlink(file.path), 0);
    file_end(&file);
}

static void test_no_folder(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    free(file.path);
    file.path = scratch_path(&file.book.scratch, "nowhere/journal.db");
    assert_refused(&file, "journal %s: unable to open database file (No such "
                          "file or directory)");
    file_end(&file);
}

/* Whoever is root may write anything: another user tries. */
static void open_unprivileged(struct file *file)
{
    if (!geteuid() && (setgid(65534) || setuid(65534)))
        _exit(1);
    assert_refused(file, "journal %s: it cannot be written");
}

static void test_read_only(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    assert_int_equal(chmod(file.path, 0444), 0);
    assert_int_equal(chmod(file.book.scratch.path, 0755), 0);
    killed(&file, open_unprivileged);
    assert_int_equal(chmod(file.path, 0644), 0);
    file_open(&file, "second", 100);
    assert_some(&file, "life first began 0 seen 50 ended\n");
    file_end(&file);
}

/* Lets SQLite alone do something with the file. */
static void by_sql(const struct file *file, const char *sql)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(file->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error))
        fail_msg("%s: %.200s", error, sql);
    sqlite3_close(db);
}

static void test_of_another_program(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    by_sql(&file, "CREATE TABLE bookmarks(id INTEGER)");
    assert_refused(&file, "journal %s: it is a database of another program");
    by_sql(&file, "INSERT INTO bookmarks VALUES (1); DROP TABLE bookmarks;"
                  "PRAGMA user_version = 9");
    assert_refused(&file, "journal %s: it is a database of another program");
    file_end(&file);
}

static void test_of_a_newer_version(void **state)
{
    struct file file;
    char want[200];
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    by_sql(&file, "PRAGMA user_version = 4711");
    snprintf(want, sizeof want,
             "journal %%s: it is of version 4711, written by a newer mooncron; "
             "this one knows versions up to %d",
             schema_journal.version);
    assert_refused(&file, want);
    snprintf(want, sizeof want, "PRAGMA user_version = %d",
             schema_journal.version);
    by_sql(&file, want);
    file_open(&file, "second", 100);
    assert_some(&file, "life first began 0 seen 50 ended\n");
    file_end(&file);
}

/* ---- damaged ---- */

static char *read_bytes(const char *path, size_t *ret_size)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && !fstat(fd, &st));
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
    close(fd);
    *ret_size = (size_t)st.st_size;
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

/* Names in the folder that hold `part`. */
static int files_with(const struct file *file, const char *part)
{
    int count = 0;
    DIR *folder = opendir(file->book.scratch.path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strstr(entry->d_name, part) != NULL;
    closedir(folder);
    return count;
}

/* The file went aside, a note says so, and nothing is remembered: no cursor
 * from which every job would be due. */
static void assert_moved(struct file *file, const char *why)
{
    char want[600];
    snprintf(want, sizeof want,
             "journal %s: %s: moved aside to %s.corrupt-20251124T160140Z, and "
             "a new one begins",
             file->path, why, file->path);
    assert_string_equal(file->note.text, want);
    assert_string_equal(recalled(&file->book, 150), "");
    write_some(file);
    assert_int_equal(files_with(file, "journal.db.corrupt-20251124T160140Z"),
                     1);
}

static void test_no_database(void **state)
{
    static const char line[] = "this is the diary of a worker, not a journal\n";
    struct file file;
    (void)state;
    for (size_t lines = 1; lines <= 500; lines += 499) {
        char *bytes = malloc(lines * sizeof line);
        size_t size = 0;
        for (size_t i = 0; i < lines; i++, size += sizeof line - 1)
            memcpy(bytes + size, line, sizeof line - 1);
        file_begin(&file);
        write_bytes(file.path, bytes, size);
        file_open(&file, "second", 100);
        assert_moved(&file, lines == 1
                                ? "it is damaged (it has 45 bytes)"
                                : "it is damaged (file is not a database)");
        char *aside = scratch_read(&file.book.scratch,
                                   "journal.db.corrupt-20251124T160140Z");
        assert_memory_equal(aside, bytes, size);
        free(aside);
        free(bytes);
        file_end(&file);
    }
}

static void test_two_in_one_second(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    for (int i = 1; i <= 3; i++) {
        write_bytes(file.path, "garbage and nothing else", 24);
        file_open(&file, "second", 100);
        assert_int_equal(files_with(&file, ".corrupt-"), i);
        file_shut(&file, 100);
    }
    assert_int_equal(files_with(&file, "160140Z-3"), 1);
    file_end(&file);
}

static void test_zero_bytes(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    write_bytes(file.path, "", 0);
    file_open(&file, "second", 100);
    assert_says(&file, file.note.text, "journal %s was made");
    write_some(&file);
    file_end(&file);
}

static void test_zero_bytes_beside_a_wal(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    killed(&file, work_some);
    assert_int_equal(files_with(&file, "-wal"), 1);
    assert_int_equal(truncate(file.path, 0), 0);
    file_open(&file, "second", 100);
    assert_string_equal(recalled(&file.book, 150), "");
    assert_non_null(strstr(file.note.text, "it is empty, and its -wal is not"));
    assert_int_equal(files_with(&file, "160140Z-wal"), 1);
    file_end(&file);
}

/* A journal of more than a few pages, as bytes. */
#define LINES 2000

static void work_much(struct file *file)
{
    static char names[LINES][12];
    struct entry *entries = calloc(LINES, sizeof *entries);
    work_some(file);
    for (int i = 0; i < LINES; i++) {
        snprintf(names[i], sizeof names[i], "much-%d", i % 50);
        entries[i] = claim(names[i], 100 + i, 1, 100 + i);
    }
    write_all(&file->book, entries, LINES);
    for (int i = 0; i < LINES - 20; i++)
        entries[i] = finish(names[i], 100 + i, 1, VERDICT_OK, 100 + i);
    write_all(&file->book, entries, LINES - 20);
    free(entries);
}

/* Ends the WAL, but leaves the life as if it had been killed. */
static char *much(struct file *file, bool ended, size_t *ret_size)
{
    work_much(file);
    file_shut(file, 50);
    if (!ended)
        by_sql(file, "UPDATE life SET ended = 0");
    return read_bytes(file->path, ret_size);
}

static bool ignore_row(void *data, const struct history_row *row)
{
    *(size_t *)data += strlen(row->job) + strlen(row->error);
    return true;
}

/* Everything is tried; nothing but sentences may come of it. */
static void use_all(struct file *file)
{
    struct store *store = file->book.store;
    struct error error;
    struct recall recall;
    size_t read = 0;
    const struct history_query query = { .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = HISTORY_ROWS_MAX };
    const struct retention retention = { 1, 1 };
    struct entry entries[] = { claim("much-1", 50000, 1, 50000),
                               claim("new", 60000, 1, 60000),
                               finish("a", 20, 1, VERDICT_OK, 60000) };
    enum entry_outcome outcomes[3];
    if (store_recall(store, seconds(150), &recall, &error))
        recall_close(&recall);
    store_history(store, &query, ignore_row, &read, &error);
    store_write(store, entries, 3, outcomes, &error);
    struct pruning round = { 0 };
    store_prune(store, &retention, seconds(99999), 100, &round, &error);
}

/* Every page in turn is garbage. A journal whose life was cut off is looked
 * over: what is kept in use afterwards is whole. */
static void each_page(bool ended, int want_moved_min)
{
    struct file file;
    size_t size;
    int moved = 0;
    file_begin(&file);
    char *bytes = much(&file, ended, &size);
    for (size_t page = 0; page < size / 4096; page++) {
        char *copy = malloc(size);
        memcpy(copy, bytes, size);
        for (size_t i = 0; i < 4096; i++)
            copy[page * 4096 + i] = (char)(i * 31 + page);
        write_bytes(file.path, copy, size);
        free(copy);
        file_open(&file, "second", 100 + (int64_t)page);
        if (*file.note.text)
            moved++;
        if (*file.note.text)
            write_some(&file);
        if (*file.note.text || !ended)
            WRITE(&file.book, claim("fresh", 10, 1, 10));
        use_all(&file);
        file_shut(&file, 5000);
        if (*file.note.text || !ended)
            assert_whole(file.path);
        unlink(file.path);
    }
    if (moved < want_moved_min || moved != files_with(&file, ".corrupt-"))
        fail_msg("of %zu pages %d were found damaged", size / 4096, moved);
    free(bytes);
    file_end(&file);
}

static void test_each_page_damaged_after_a_kill(void **state)
{
    (void)state;
    each_page(false, 20);
}

static void test_each_page_damaged_after_a_good_end(void **state)
{
    (void)state;
    each_page(true, 5);
}

static void test_truncated(void **state)
{
    struct file file;
    size_t size;
    (void)state;
    file_begin(&file);
    char *bytes = much(&file, true, &size);
    for (size_t left = size - 1; left > 0; left = left * 7 / 10) {
        write_bytes(file.path, bytes, left);
        file_open(&file, "second", 100);
        if (strstr(file.note.text, "moved aside"))
            assert_string_equal(recalled(&file.book, 150), "");
        else if (size - left > 10) /* of a page's end, which holds nothing */
            fail_msg("%zu of %zu bytes were taken for a journal", left, size);
        file_shut(&file, 5000);
        unlink(file.path);
    }
    free(bytes);
    file_end(&file);
}

/* A WAL that is cut off ends with its last whole commit. */
static void test_wal_cut_off(void **state)
{
    struct file file;
    size_t size, wal_size;
    (void)state;
    file_begin(&file);
    killed(&file, work_some);
    char *wal = scratch_path(&file.book.scratch, "journal.db-wal");
    char *bytes = read_bytes(file.path, &size);
    char *wal_bytes = read_bytes(wal, &wal_size);
    for (size_t left = wal_size - 1; left > 0; left = left * 9 / 10) {
        write_bytes(file.path, bytes, size);
        write_bytes(wal, wal_bytes, left);
        file_open(&file, "second", 100);
        assert_null(strstr(file.note.text, "moved aside"));
        use_all(&file);
        file_shut(&file, 5000);
        assert_whole(file.path);
    }
    free(bytes), free(wal_bytes), free(wal);
    file_end(&file);
}

static void test_table_is_missing(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    by_sql(&file, "DROP TABLE lane");
    file_open(&file, "second", 100);
    assert_moved(&file, "it is damaged (no such table: lane)");
    file_end(&file);
}

static void test_jobs_out_of_order(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    by_sql(&file, "UPDATE job SET id = 9 WHERE name = 'a'");
    file_open(&file, "second", 100);
    assert_moved(&file, "it is damaged (its jobs are not in order)");
    file_end(&file);
}

/* Rows that nobody of ours wrote. */
static void test_odd_rows(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    by_sql(&file,
           "INSERT INTO lane(job, cursor_ms) VALUES (-5, 1), (900, 99);"
           "INSERT INTO pause VALUES (901, 0, 0, '', '');"
           "INSERT INTO run SELECT 77, 9, 902, 5, 1, -3, -1, -1, -1, 999, -1, "
           "NULL, NULL, NULL, 999, 999, 999, 99999, -1, NULL, -1, '', ''");
    file_open(&file, "second", 100);
    assert_string_equal(file.note.text, "");
    assert_non_null(strstr(recalled(&file.book, 150), "lane ? "));
    struct history_query query = { .from = { 77 }, .to = { 77 }, .limit = 1 };
    assert_non_null(strstr(history_as(&file.book, &query),
                           "? slot -1763999999 claimed ? epoch 0"));
    use_all(&file);
    file_end(&file);
}

/* ---- full ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#define BATCH 100

static bool write_batch(struct file *file, int number)
{
    struct entry entries[BATCH];
    enum entry_outcome outcomes[BATCH];
    char names[BATCH][20];
    for (int i = 0; i < BATCH; i++) {
        snprintf(names[i], sizeof names[i], "full-%d-%d", number, i);
        entries[i] = claim(names[i], number, 1, number);
    }
    bool ok = store_write(file->book.store, entries, BATCH, outcomes,
                          &file->book.error);
    for (int i = 0; ok && i < BATCH; i++)
        assert_int_equal(outcomes[i], ENTRY_DONE);
    return ok;
}

static size_t runs_of(struct file *file)
{
    struct recall recall;
    if (!store_recall(file->book.store, seconds(9999), &recall,
                      &file->book.error))
        fail_msg("%s", file->book.error.text);
    size_t count = recall.run_count;
    assert_int_equal(recall.lane_count, count);
    recall_close(&recall);
    return count;
}

static void test_disk_is_full(void **state)
{
    struct file file;
    int written = 0;
    (void)state;
    file_begin(&file);
    file_open(&file, "first", 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t kilobytes = 200; kilobytes <= 1600; kilobytes *= 2) {
        limit_files(kilobytes << 10);
        while (write_batch(&file, written))
            written++;
        assert_non_null(strstr(file.book.error.text, "journal.db: "));
        assert_null(strstr(file.book.error.text, strerror(0)));
        assert_int_equal(runs_of(&file), written * BATCH);
        assert_false(write_batch(&file, written));
        assert_int_equal(runs_of(&file), written * BATCH);
    }
    limit_files(RLIM_INFINITY);
    assert_true(written > 10);
    for (int i = 0; i < 100; i++) /* the same batch, and what comes after */
        assert_true(write_batch(&file, written++));
    assert_int_equal(runs_of(&file), written * BATCH);
    file_shut(&file, 5000);
    assert_whole(file.path);
    file_open(&file, "second", 6000);
    assert_int_equal(runs_of(&file), written * BATCH);
    signal(SIGXFSZ, SIG_DFL);
    file_end(&file);
}

static int64_t pruned(struct file *file, const struct retention *retention)
{
    struct pruning round = { 0 };
    while (!round.over)
        if (!store_prune(file->book.store, retention, seconds(20), 9, &round,
                         &file->book.error))
            fail_msg("%s", file->book.error.text);
    return round.gone;
}

/* Rows that were not written are not counted among those that are too many. */
static void test_full_disk_and_retention(void **state)
{
    const struct retention retention = { INT64_C(1) << 50, 10 };
    struct file file;
    (void)state;
    file_begin(&file);
    file_open(&file, "first", 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 10; i++)
        WRITE(&file.book, pass("a", i, i, 1, WHY_DOWN, i));
    assert_int_equal(pruned(&file, &retention), 0);
    limit_files(0);
    assert_false(write_batch(&file, 1));
    assert_null(strstr(file.book.error.text, strerror(0)));
    limit_files(RLIM_INFINITY);
    assert_int_equal(pruned(&file, &retention), 0);
    assert_true(write_batch(&file, 1));
    assert_int_equal(pruned(&file, &retention), 9);
    signal(SIGXFSZ, SIG_DFL);
    file_end(&file);
}

static void test_disk_is_full_at_the_start(void **state)
{
    struct file file;
    (void)state;
    file_begin(&file);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(0);
    assert_false(file_try(&file, "first", 0));
    limit_files(RLIM_INFINITY);
    work_some(&file);
    file_shut(&file, 50);
    limit_files(0);
    file_open(&file, "second", 100); /* what is remembered can be told */
    assert_some(&file, "life first began 0 seen 50 ended\n");
    assert_false(write_batch(&file, 200));
    limit_files(RLIM_INFINITY);
    assert_true(write_batch(&file, 200));
    file_shut(&file, 250);
    file_open(&file, "third", 300);
    assert_string_equal(recalled_of(&file.book, 300, "life"),
                        "life second began 100 seen 250 ended\n"
                        "life first began 0 seen 50 ended\n");
    signal(SIGXFSZ, SIG_DFL);
    file_end(&file);
}

/* ---- versions ---- */

/* tests/store/versions/N.sql is a journal of version N, with what write_some()
 * writes: made when the version was the newest, by this program with a path for
 * its argument and then `sqlite3 PATH .dump`. */
static void test_every_version(void **state)
{
    (void)state;
    for (int version = 1; version <= schema_journal.version; version++) {
        struct file file;
        char name[200], pragmas[100], want[700];
        const struct scratch source = { SOURCE_DIR "/tests/store/versions" };
        file_begin(&file);
        snprintf(name, sizeof name, "%d.sql", version);
        char *sql = scratch_read(&source, name);
        if (!sql)
            fail_msg("there is no %s of the journal: a step wants one", name);
        by_sql(&file, sql);
        free(sql);
        snprintf(pragmas, sizeof pragmas,
                 "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 schema_journal.application_id, version);
        by_sql(&file, pragmas);
        file_open(&file, "second", 100);
        want[0] = '\0';
        if (version < schema_journal.version)
            snprintf(want, sizeof want,
                     "journal %s was brought from version %d to %d", file.path,
                     version, schema_journal.version);
        assert_string_equal(file.note.text, want);
        assert_some(&file, "life first began 0 seen 50 ended\n");
        write_batch(&file, 200);
        file_shut(&file, 5000);
        assert_whole(file.path);
        file_end(&file);
    }
}

/* How SQLite goes about a statement, a line for each step of its plan. */
static void put_plan(sqlite3 *db, enum statement which, struct text *out)
{
    sqlite3_stmt *plan;
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_text(which));
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW)
        text_printf(out, "%s\n", (const char *)sqlite3_column_text(plan, 3));
    sqlite3_finalize(plan);
    sqlite3_free(sql);
}

/* What is asked while jobs wait to be claimed goes by an index, and by as many
 * of its columns as there are: a job with a million rows costs no more. */
static void test_nothing_is_searched_in_vain(void **state)
{
    static const struct {
        enum statement which;
        const char *plan[4]; /* steps, in any order */
    } wanted[] = {
        { ROW_GET,
          { "SEARCH run USING PRIMARY KEY (slot_ms=? AND kind=? AND job=?)" } },
        { ROW_RIVAL, { "SEARCH run USING INDEX run_open (job=?)" } },
        { ROW_REACH,
          { "SEARCH run USING COVERING INDEX run_job (job=? AND slot_ms<?)",
            "SEARCH run USING COVERING INDEX run_passed (job=? AND "
            "last_ms>?)" } },
        { ROW_OLD,
          { "SEARCH old USING PRIMARY KEY ((slot_ms,kind,job)>(?,?,?) AND "
            "slot_ms<?)",
            "SEARCH newer USING COVERING INDEX run_job (job=? AND "
            "slot_ms>?)" } },
        { HISTORY_SLOT,
          { "SEARCH run USING PRIMARY KEY (slot_ms=? AND (kind,job)>(?,?))" } },
        { HISTORY_OLDER,
          { "SEARCH run USING PRIMARY KEY (slot_ms>? AND slot_ms<?)" } },
        { HISTORY_JOB,
          { "SEARCH run USING INDEX run_job (job=? AND slot_ms>? AND "
            "slot_ms<?)" } },
        { OFF_EACH, { "SEARCH off USING PRIMARY KEY (job=?)" } },
        { OFF_END, { "SEARCH off USING PRIMARY KEY (job=?)" } },
        { PASSES,
          { "SEARCH run USING COVERING INDEX run_passed (job=? AND "
            "(last_ms,slot_ms)>(?,?))" } },
    };
    struct file file;
    sqlite3 *db;
    (void)state;
    file_begin(&file);
    work_some(&file);
    file_shut(&file, 50);
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct text *plan = &file.book.text;
        text_clear(plan);
        put_plan(db, wanted[i].which, plan);
        for (size_t k = 0; k < 4 && wanted[i].plan[k]; k++)
            if (!strstr(plan->data, wanted[i].plan[k]))
                fail_msg("%s\nis no part of\n%sof %s", wanted[i].plan[k],
                         plan->data, statement_text(wanted[i].which));
        if (strstr(plan->data, "SCAN run"))
            fail_msg("%sof %s", plan->data, statement_text(wanted[i].which));
    }
    sqlite3_close(db);
    file_end(&file);
}

static const char *const growing[] = {
    "CREATE TABLE thing(name TEXT); INSERT INTO thing VALUES ('lamp');",
    "ALTER TABLE thing ADD COLUMN weight INTEGER NOT NULL DEFAULT 3;",
    "INSERT INTO thing(name) VALUES ('oak'); ALTER TABLE thing ADD COLUMN n;",
};
static const char *const broken[] = {
    "CREATE TABLE thing(name TEXT); INSERT INTO thing VALUES ('lamp');",
    "ALTER TABLE thing ADD COLUMN weight INTEGER NOT NULL DEFAULT 3;",
    "INSERT INTO thing(name) VALUES ('oak'); INSERT INTO nowhere VALUES (1);",
};

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return n;
}

static void bring(sqlite3 *db, const char *const *steps, int version,
                  int want_was)
{
    const struct schema schema = { 4711, version, steps };
    struct error error = { "" };
    int was;
    assert_int_equal(schema_look(db, &schema, &was, &error), OPENED);
    assert_int_equal(was, want_was);
    if (schema_bring(db, &schema, was, &error) != OPENED)
        fail_msg("%s", error.text);
    assert_int_equal(ask(db, "PRAGMA user_version"), version);
}

static void test_steps_from_each_version(void **state)
{
    (void)state;
    for (int from = 0; from <= 3; from++) {
        sqlite3 *db;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        bring(db, growing, from, 0);
        bring(db, growing, 3, from);
        assert_int_equal(ask(db, "SELECT sum(weight) FROM thing"), 6);
        assert_int_equal(ask(db, "SELECT count(n) FROM thing"), 0);
        sqlite3_close(db);
    }
}

static void test_step_that_fails(void **state)
{
    const struct schema schema = { 4711, 3, broken };
    struct error error = { "" };
    sqlite3 *db;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    bring(db, broken, 1, 0);
    assert_int_equal(schema_bring(db, &schema, 1, &error), OPENED_REFUSED);
    assert_string_equal(error.text,
                        "bringing it to version 3: no such table: nowhere");
    /* the step before it stands, nothing of it does, and it may go on */
    assert_int_equal(ask(db, "PRAGMA user_version"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM thing"), 1);
    bring(db, growing, 3, 2);
    sqlite3_close(db);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_over_a_close),
        cmocka_unit_test(test_kept_over_a_kill),
        cmocka_unit_test(test_recall_is_of_now),
        cmocka_unit_test(test_another_process_has_it),
        cmocka_unit_test(test_twice_in_one_process),
        cmocka_unit_test(test_not_a_file),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_of_another_program),
        cmocka_unit_test(test_of_a_newer_version),
        cmocka_unit_test(test_no_database),
        cmocka_unit_test(test_two_in_one_second),
        cmocka_unit_test(test_zero_bytes),
        cmocka_unit_test(test_zero_bytes_beside_a_wal),
        cmocka_unit_test(test_each_page_damaged_after_a_kill),
        cmocka_unit_test(test_each_page_damaged_after_a_good_end),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_wal_cut_off),
        cmocka_unit_test(test_table_is_missing),
        cmocka_unit_test(test_jobs_out_of_order),
        cmocka_unit_test(test_odd_rows),
        cmocka_unit_test(test_disk_is_full),
        cmocka_unit_test(test_full_disk_and_retention),
        cmocka_unit_test(test_disk_is_full_at_the_start),
        cmocka_unit_test(test_every_version),
        cmocka_unit_test(test_nothing_is_searched_in_vain),
        cmocka_unit_test(test_steps_from_each_version),
        cmocka_unit_test(test_step_that_fails),
    };
    if (argc == 2) { /* makes the journal for tests/store/versions */
        struct file file = { .path = argv[1] };
        text_init(&file.book.text, 1 << 20);
        work_some(&file);
        file_shut(&file, 50);
        text_close(&file.book.text);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
