/* A file that is damaged is found out, moved aside whole, and a new one begins.
 */
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

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

static void test_garbage_is_moved_aside_whole(void **state)
{
    static const char line[] = "this is the diary of a worker, not a journal\n";
    static const struct {
        size_t lines;
        const char *why;
    } rows[] = {
        { 1, "it is damaged (it has 45 bytes)" },
        { 500, "it is damaged (file is not a database)" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct file file;
        struct text diary;
        text_init(&diary, 1 << 20);
        for (size_t k = 0; k < rows[i].lines; k++)
            text_puts(&diary, line);
        file_begin(&file);
        write_bytes(file.path, diary.data, diary.len);
        file_open_as(&file, "second", 100);
        assert_moved(&file, rows[i].why);
        char *aside = scratch_read(&file.book.scratch,
                                   "journal.db.corrupt-20251124T160140Z");
        assert_string_equal(aside, diary.data);
        free(aside);
        text_close(&diary);
        file_end(&file);
    }
}

static void test_names_aside_differ_within_a_second(void **state)
{
    struct file *file = *state;
    for (int i = 1; i <= 3; i++) {
        write_bytes(file->path, "garbage and nothing else", 24);
        file_open_as(file, "second", 100);
        assert_int_equal(files_with(file, ".corrupt-"), i);
        file_shut(file, 100);
    }
    assert_int_equal(files_with(file, "160140Z-3"), 1);
}

static void test_an_empty_file_is_a_new_journal(void **state)
{
    struct file *file = *state;
    write_bytes(file->path, "", 0);
    file_open_as(file, "second", 100);
    assert_says(file, file->note.text, "journal %s was made");
    write_some(file);
}

static void test_an_empty_file_beside_a_wal_is_damaged(void **state)
{
    struct file *file = *state;
    killed(file, work_some);
    assert_int_equal(files_with(file, "-wal"), 1);
    assert_int_equal(truncate(file->path, 0), 0);
    file_open_as(file, "second", 100);
    assert_string_equal(recalled(&file->book, 150), "");
    assert_non_null(
        strstr(file->note.text, "it is empty, and its -wal is not"));
    assert_int_equal(files_with(file, "160140Z-wal"), 1);
}

/* A journal of more than a few pages, as bytes. */
#define MUCH 2000 /* entries */

static void work_much(struct file *file)
{
    static char names[MUCH][12];
    struct entry *entries = calloc(MUCH, sizeof *entries);
    work_some(file);
    for (int i = 0; i < MUCH; i++) {
        snprintf(names[i], sizeof names[i], "much-%d", i % 50);
        entries[i] = claim(names[i], 100 + i, 1, 100 + i);
    }
    write_all(&file->book, entries, MUCH);
    for (int i = 0; i < MUCH - 20; i++)
        entries[i] = finish(names[i], 100 + i, 1, VERDICT_OK, 100 + i);
    write_all(&file->book, entries, MUCH - 20);
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
    const struct retention retention = { 1, 1 };
    struct entry entries[] = { claim("much-1", 50000, 1, 50000),
                               claim("new", 60000, 1, 60000),
                               finish("a", 20, 1, VERDICT_OK, 60000) };
    enum entry_outcome outcomes[3];
    if (store_recall(store, seconds(150), &recall, &error))
        recall_close(&recall);
    store_history(store, &everything, ignore_row, &read, &error);
    store_write(store, entries, 3, outcomes, &error);
    struct pruning round = { 0 };
    store_prune(store, &retention, seconds(99999), 100, &round, &error);
}

/* Every page in turn is garbage. A journal of this size is looked over, however
 * its life ended: what is kept in use afterwards is whole. */
static void each_page(struct file *file, bool ended)
{
    size_t size;
    int moved = 0;
    char *bytes = much(file, ended, &size);
    for (size_t page = 0; page < size / 4096; page++) {
        char *copy = malloc(size);
        memcpy(copy, bytes, size);
        for (size_t i = 0; i < 4096; i++)
            copy[page * 4096 + i] = (char)(i * 31 + page);
        write_bytes(file->path, copy, size);
        free(copy);
        file_open_as(file, "second", 100 + (int64_t)page);
        if (*file->note.text)
            moved++;
        assert_null(strchr(file->note.text, '\n')); /* one line of a log */
        if (*file->note.text)
            write_some(file);
        WRITE(&file->book, claim("fresh", 10, 1, 10));
        use_all(file);
        file_shut(file, 5000);
        assert_whole(file->path);
        unlink(file->path);
    }
    if (moved < 20 || moved != files_with(file, ".corrupt-"))
        fail_msg("of %zu pages %d were found damaged", size / 4096, moved);
    free(bytes);
}

static void test_each_page_damaged_after_a_kill(void **state)
{
    each_page(*state, false);
}

static void test_each_page_damaged_after_a_good_end(void **state)
{
    each_page(*state, true);
}

/* ---- what only shows while it is in use ---- */

/* Rows of an index are gone: pages are as they should be. */
static void lose_index_rows(const struct file *file)
{
    by_sql(file,
           "CREATE TABLE kept AS SELECT * FROM sqlite_schema "
           "WHERE name = 'run_open';"
           "CREATE TABLE rows AS SELECT * FROM run WHERE ended_ms IS NULL;"
           "DELETE FROM run WHERE ended_ms IS NULL;"
           "PRAGMA writable_schema = ON;"
           "DELETE FROM sqlite_schema WHERE name = 'run_open'");
    by_sql(file, "INSERT INTO run SELECT * FROM rows;"
                 "PRAGMA writable_schema = ON;"
                 "INSERT INTO sqlite_schema SELECT * FROM kept");
    by_sql(file, "DROP TABLE kept; DROP TABLE rows");
}

static bool finishes(struct file *file)
{
    struct entry end[] = { finish("a", 20, 1, VERDICT_OK, 60) };
    enum entry_outcome outcome;
    return store_write(file->book.store, end, 1, &outcome, &file->book.error);
}

/* The life that met with it says so by its end, and the next one looks closer
 * than at a life that was cut off. */
static void test_what_a_write_finds_the_next_life_finds(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    lose_index_rows(file);
    file_open_as(file, "second", 55);
    assert_string_equal(file->note.text, "");
    assert_int_equal(store_damages(file->book.store), 0);
    assert_false(finishes(file));
    assert_says(file, file->book.error.text,
                "journal %s: it is damaged (database disk image is malformed)");
    assert_true(store_damages(file->book.store) > 0);
    file_shut(file, 70);
    file_open_as(file, "third", 100);
    assert_moved(file, "it is damaged (row 3 missing from index run_open)");
}

/* Too large to be looked over at each start: a slot each second, from 1000 on.
 */
static void make_large(const struct file *file)
{
    by_sql(file, "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL "
                 "SELECT i + 1 FROM n WHERE i < 41000) "
                 "INSERT INTO run SELECT 1764000000000 + i * 1000, 0, 1, 0, 0, "
                 "1, 1, 1, 1, 0, 1, NULL, 1, 2, 0, 0, 0, 200, 1, NULL, 0, "
                 "printf('%500d', i), '' FROM n");
}

/* From a quarter of it to three. */
static void wipe_middle(const struct file *file)
{
    size_t size;
    char *bytes = read_bytes(file->path, &size);
    assert_true(size > 16 << 20);
    size_t from = size / 4 / 4096 * 4096;
    memset(bytes + from, 0, size / 2);
    write_bytes(file->path, bytes, size);
    free(bytes);
}

static bool claims(struct file *file, int64_t slot)
{
    struct entry claims[] = { claim("b", slot, 1, slot) };
    enum entry_outcome outcome;
    return store_write(file->book.store, claims, 1, &outcome,
                       &file->book.error);
}

static void test_a_large_file_is_found_damaged_in_use(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    make_large(file);
    wipe_middle(file);
    file_open_as(file, "second", 100);
    assert_string_equal(file->note.text, "");
    assert_true(claims(file, 60000));
    assert_int_equal(store_damages(file->book.store), 0);
    assert_false(claims(file, 21000));
    assert_true(store_damages(file->book.store) > 0);
    file_shut(file, 60001);
    file_open_as(file, "third", 100);
    assert_non_null(strstr(file->note.text, "moved aside"));
}

static void test_what_is_truncated_is_no_journal(void **state)
{
    struct file *file = *state;
    size_t size;
    char *bytes = much(file, true, &size);
    for (size_t left = size - 1; left > 0; left = left * 7 / 10) {
        write_bytes(file->path, bytes, left);
        file_open_as(file, "second", 100);
        if (strstr(file->note.text, "moved aside"))
            assert_string_equal(recalled(&file->book, 150), "");
        else if (size - left > 10) /* of a page's end, which holds nothing */
            fail_msg("%zu of %zu bytes were taken for a journal", left, size);
        file_shut(file, 5000);
        unlink(file->path);
    }
    free(bytes);
}

/* A WAL that is cut off ends with its last whole commit. */
static void test_a_wal_cut_off_ends_with_its_last_commit(void **state)
{
    struct file *file = *state;
    size_t size, wal_size;
    killed(file, work_some);
    char *wal = scratch_path(&file->book.scratch, "journal.db-wal");
    char *bytes = read_bytes(file->path, &size);
    char *wal_bytes = read_bytes(wal, &wal_size);
    for (size_t left = wal_size - 1; left > 0; left = left * 9 / 10) {
        write_bytes(file->path, bytes, size);
        write_bytes(wal, wal_bytes, left);
        file_open_as(file, "second", 100);
        assert_null(strstr(file->note.text, "moved aside"));
        use_all(file);
        file_shut(file, 5000);
        assert_whole(file->path);
    }
    free(bytes), free(wal_bytes), free(wal);
}

/* ---- the header of a WAL ---- */

static char *wal_of(const struct file *file)
{
    return scratch_path(&file->book.scratch, "journal.db-wal");
}

/* SQLite would take a WAL with such a header for an empty one. */
static void test_a_wal_with_a_bad_header_is_damage(void **state)
{
    struct file *file = *state;
    size_t size, wal_size;
    killed(file, work_some);
    char *wal = wal_of(file);
    char *bytes = read_bytes(file->path, &size);
    char *wal_bytes = read_bytes(wal, &wal_size);
    for (int at = 0; at < 32; at++) {
        write_bytes(file->path, bytes, size);
        wal_bytes[at] ^= 0x10;
        write_bytes(wal, wal_bytes, wal_size);
        wal_bytes[at] ^= 0x10;
        file_open_as(file, "second", 100);
        assert_non_null(strstr(file->note.text,
                               "it is damaged (its -wal has a bad header): "
                               "moved aside to "));
        assert_string_equal(recalled(&file->book, 150), "");
        assert_int_equal(files_with(file, ".corrupt-"), 2 * (at + 1));
        file_shut(file, 100);
    }
    free(bytes), free(wal_bytes), free(wal);
}

static void checkpoint(struct file *file)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA wal_checkpoint(RESTART)", NULL, NULL, NULL),
        SQLITE_OK);
}

/* What was torn when the WAL was to begin anew, and what only looks like it. */
static void sequence_is_one_more(struct file *file)
{
    size_t size;
    char *wal = wal_of(file);
    char *bytes = read_bytes(wal, &size);
    bytes[15]++;
    write_bytes(wal, bytes, size);
    file_open_as(file, "second", 100);
    assert_string_equal(file->note.text, "");
    assert_some(file, "life first began 0 seen 21\n");
    free(bytes), free(wal);
}

static void test_a_header_torn_after_a_checkpoint_is_harmless(void **state)
{
    struct file *file = *state;
    killed(file, work_some);
    killed(file, checkpoint);
    sequence_is_one_more(file);
}

static void test_a_header_that_seems_torn_loses_nothing(void **state)
{
    struct file *file = *state;
    killed(file, work_some);
    sequence_is_one_more(file);
}

/* A kill in the first write of a WAL. */
static void test_a_wal_without_a_frame_is_an_empty_one(void **state)
{
    static const size_t sizes[] = { 1, 16, 32, 55, 500 };
    static const char garbage[500] = "garbage";
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    char *wal = wal_of(file);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_bytes(wal, garbage, sizes[i]);
        file_open_as(file, "second", 100);
        assert_string_equal(file->note.text, "");
        file_shut(file, 100);
    }
    free(wal);
}

static void test_a_wal_that_cannot_be_read_is_refused(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    char *wal = wal_of(file);
    assert_int_equal(mkdir(wal, 0700), 0);
    assert_refused(file,
                   "journal %s: its -wal cannot be read (Is a directory)");
    assert_int_equal(rmdir(wal), 0);
    free(wal);
}

static void test_a_missing_table_is_damage(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    by_sql(file, "DROP TABLE lane");
    file_open_as(file, "second", 100);
    assert_moved(file, "it is damaged (no such table: lane)");
}

static void test_jobs_out_of_order_are_damage(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    by_sql(file, "UPDATE job SET id = 9 WHERE name = 'a'");
    file_open_as(file, "second", 100);
    assert_moved(file, "it is damaged (its jobs are not in order)");
}

/* Rows that nobody of ours wrote. */
static void test_odd_rows_are_told_and_harm_nothing(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    by_sql(file,
           "INSERT INTO lane(job, cursor_ms) VALUES (-5, 1), (900, 99);"
           "INSERT INTO pause VALUES (901, 0, 0, '', '');"
           "INSERT INTO run SELECT 77, 9, 902, 5, 1, -3, -1, -1, -1, 999, -1, "
           "NULL, NULL, NULL, 999, 999, 999, 99999, -1, NULL, -1, '', ''");
    file_open_as(file, "second", 100);
    assert_string_equal(file->note.text, "");
    assert_non_null(strstr(recalled(&file->book, 150), "lane ? "));
    struct history_query query = { .from = { 77 }, .to = { 77 }, .limit = 1 };
    assert_non_null(strstr(history_as(&file->book, &query),
                           "? slot -1763999999 claimed schedule epoch 0"));
    use_all(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage_is_moved_aside_whole),
        FILE_TEST(test_names_aside_differ_within_a_second),
        FILE_TEST(test_an_empty_file_is_a_new_journal),
        FILE_TEST(test_an_empty_file_beside_a_wal_is_damaged),
        FILE_TEST(test_each_page_damaged_after_a_kill),
        FILE_TEST(test_each_page_damaged_after_a_good_end),
        FILE_TEST(test_what_a_write_finds_the_next_life_finds),
        FILE_TEST(test_a_large_file_is_found_damaged_in_use),
        FILE_TEST(test_what_is_truncated_is_no_journal),
        FILE_TEST(test_a_wal_cut_off_ends_with_its_last_commit),
        FILE_TEST(test_a_wal_with_a_bad_header_is_damage),
        FILE_TEST(test_a_header_torn_after_a_checkpoint_is_harmless),
        FILE_TEST(test_a_header_that_seems_torn_loses_nothing),
        FILE_TEST(test_a_wal_without_a_frame_is_an_empty_one),
        FILE_TEST(test_a_wal_that_cannot_be_read_is_refused),
        FILE_TEST(test_a_missing_table_is_damage),
        FILE_TEST(test_jobs_out_of_order_are_damage),
        FILE_TEST(test_odd_rows_are_told_and_harm_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
