/* A file is opened: it is kept over lives, or it is refused and left alone. */
#include "../../engine/store/sqlite_store.h"
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- kept ---- */

static void test_kept_over_a_close(void **state)
{
    struct file *file = *state;
    work_some(file);
    assert_says(file, file->note.text, "journal %s was made");
    file_shut(file, 50);
    file_open_as(file, "second", 100);
    assert_string_equal(file->note.text, "");
    assert_some(file, "life first began 0 seen 50 ended\n");
}

static void test_kept_over_a_kill(void **state)
{
    struct file *file = *state;
    killed(file, work_some);
    file_open_as(file, "second", 100);
    assert_string_equal(file->note.text, "");
    assert_some(file, "life first began 0 seen 21\n");
}

/* What was read at the opening is not what a recall tells after a write. */
static void test_recall_is_of_now(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    file_open_as(file, "second", 100);
    WRITE(&file->book, finish("a", 20, 2, VERDICT_OK, 110));
    assert_string_equal(recalled_of(&file->book, 150, "run"),
                        "run b slot 20 waits schedule attempt 1 epoch 0 "
                        "generation 7\n");
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

static void test_what_another_process_has_is_refused(void **state)
{
    struct file *file = *state;
    char byte;
    assert_int_equal(pipe(hold_pipe), 0);
    assert_int_equal(pipe(end_pipe), 0);
    pid_t pid = fork();
    if (!pid) {
        close(end_pipe[1]);
        hold(file);
        _exit(0);
    }
    assert_int_equal(read(hold_pipe[0], &byte, 1), 1);
    assert_refused(file, "journal %s: it is in use by another process");
    close(end_pipe[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    file_open_as(file, "second", 100);
    assert_some(file, "life first began 0 seen 21\n");
    close(hold_pipe[0]), close(hold_pipe[1]), close(end_pipe[0]);
}

static void test_it_is_not_opened_twice_in_one_process(void **state)
{
    struct file *file = *state, again;
    file_open_as(file, "first", 0);
    again = *file;
    assert_refused(&again, "journal %s: it is in use by another process");
    write_some(file);
}

static void test_what_is_no_file_is_refused(void **state)
{
    struct file *file = *state;
    assert_int_equal(mkdir(file->path, 0700), 0);
    assert_refused(file, "journal %s: it is a directory");
    assert_int_equal(rmdir(file->path), 0);
    assert_int_equal(mkfifo(file->path, 0600), 0);
    assert_refused(file, "journal %s: it is not a file");
    assert_int_equal(unlink(file->path), 0);
}

static void test_a_missing_folder_is_said(void **state)
{
    struct file *file = *state;
    free(file->path);
    file->path = scratch_path(&file->book.scratch, "nowhere/journal.db");
    assert_refused(file, "journal %s: unable to open database file (No such "
                         "file or directory)");
}

/* Whoever is root may write anything: another user tries. */
static void open_unprivileged(struct file *file)
{
    if (!geteuid() && (setgid(65534) || setuid(65534)))
        _exit(1);
    assert_refused(file, "journal %s: it cannot be written");
}

static void test_what_cannot_be_written_is_refused(void **state)
{
    struct file *file = *state;
    work_some(file);
    file_shut(file, 50);
    assert_int_equal(chmod(file->path, 0444), 0);
    assert_int_equal(chmod(file->book.scratch.path, 0755), 0);
    killed(file, open_unprivileged);
    assert_int_equal(chmod(file->path, 0644), 0);
    file_open_as(file, "second", 100);
    assert_some(file, "life first began 0 seen 50 ended\n");
}

static void test_another_programs_file_is_left_alone(void **state)
{
    struct file *file = *state;
    by_sql(file, "CREATE TABLE bookmarks(id INTEGER)");
    assert_refused(file, "journal %s: it is a database of another program");
    by_sql(file, "INSERT INTO bookmarks VALUES (1); DROP TABLE bookmarks;"
                 "PRAGMA user_version = 9");
    assert_refused(file, "journal %s: it is a database of another program");
}

static void test_a_newer_version_is_left_alone(void **state)
{
    struct file *file = *state;
    char want[200];
    work_some(file);
    file_shut(file, 50);
    by_sql(file, "PRAGMA user_version = 4711");
    snprintf(want, sizeof want,
             "journal %%s: it is of version 4711, written by a newer mooncron; "
             "this one knows versions up to %d",
             schema_journal.version);
    assert_refused(file, want);
    snprintf(want, sizeof want, "PRAGMA user_version = %d",
             schema_journal.version);
    by_sql(file, want);
    file_open_as(file, "second", 100);
    assert_some(file, "life first began 0 seen 50 ended\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FILE_TEST(test_kept_over_a_close),
        FILE_TEST(test_kept_over_a_kill),
        FILE_TEST(test_recall_is_of_now),
        FILE_TEST(test_what_another_process_has_is_refused),
        FILE_TEST(test_it_is_not_opened_twice_in_one_process),
        FILE_TEST(test_what_is_no_file_is_refused),
        FILE_TEST(test_a_missing_folder_is_said),
        FILE_TEST(test_what_cannot_be_written_is_refused),
        FILE_TEST(test_another_programs_file_is_left_alone),
        FILE_TEST(test_a_newer_version_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
