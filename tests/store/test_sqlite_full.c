/* The disk is full: nothing that was acknowledged is lost, and once there is
 * room it goes on where it was. */
#include "file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

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

static void test_what_was_acknowledged_outlives_a_full_disk(void **state)
{
    struct file *file = *state;
    int written = 0;
    file_open_as(file, "first", 0);
    for (rlim_t kilobytes = 200; kilobytes <= 1600; kilobytes *= 2) {
        limit_files(kilobytes << 10);
        while (write_batch(file, written))
            written++;
        assert_non_null(strstr(file->book.error.text, "journal.db: "));
        assert_null(strstr(file->book.error.text, strerror(0)));
        assert_int_equal(runs_of(file), written * BATCH);
        assert_false(write_batch(file, written));
        assert_int_equal(runs_of(file), written * BATCH);
    }
    limit_files(RLIM_INFINITY);
    assert_true(written > 10);
    for (int i = 0; i < 100; i++) /* the same batch, and what comes after */
        assert_true(write_batch(file, written++));
    assert_int_equal(runs_of(file), written * BATCH);
    file_shut(file, 5000);
    assert_whole(file->path);
    file_open_as(file, "second", 6000);
    assert_int_equal(runs_of(file), written * BATCH);
}

/* Rows that were not written are not counted among those that are too many. */
static void test_retention_counts_what_was_written(void **state)
{
    const struct retention retention = { INT64_C(1) << 50, 10 };
    struct file *file = *state;
    file_open_as(file, "first", 0);
    for (int i = 0; i < 10; i++)
        WRITE(&file->book, pass("a", i, i, 1, WHY_DOWN, i));
    assert_int_equal(prune_round(&file->book, &retention, 20, 9).gone, 0);
    limit_files(0);
    assert_false(write_batch(file, 1));
    assert_null(strstr(file->book.error.text, strerror(0)));
    limit_files(RLIM_INFINITY);
    assert_int_equal(prune_round(&file->book, &retention, 20, 9).gone, 0);
    assert_true(write_batch(file, 1));
    assert_int_equal(prune_round(&file->book, &retention, 20, 9).gone, 9);
}

static void test_a_life_may_begin_on_a_full_disk(void **state)
{
    struct file *file = *state;
    limit_files(0);
    assert_false(file_try_as(file, "first", 0));
    limit_files(RLIM_INFINITY);
    work_some(file);
    file_shut(file, 50);
    limit_files(0);
    file_open_as(file, "second", 100); /* what is remembered can be told */
    assert_some(file, "life first began 0 seen 50 ended\n");
    assert_false(write_batch(file, 200));
    limit_files(RLIM_INFINITY);
    assert_true(write_batch(file, 200));
    file_shut(file, 250);
    file_open_as(file, "third", 300);
    assert_string_equal(recalled_of(&file->book, 300, "life"),
                        "life second began 100 seen 250 ended\n"
                        "life first began 0 seen 50 ended\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FILE_TEST(test_what_was_acknowledged_outlives_a_full_disk),
        FILE_TEST(test_retention_counts_what_was_written),
        FILE_TEST(test_a_life_may_begin_on_a_full_disk),
    };
    signal(SIGXFSZ, SIG_IGN); /* a write fails, and that is all */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
