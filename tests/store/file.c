/* A journal in a file: made, filled, left behind, spoilt. */
#include "file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

void file_begin(struct file *file)
{
    *file = (struct file){ 0 };
    text_init(&file->book.text, 16 << 20);
    scratch_make(&file->book.scratch);
    file->path = scratch_path(&file->book.scratch, "journal.db");
}

void file_end(struct file *file)
{
    store_close(file->book.store, seconds(9999));
    text_close(&file->book.text);
    scratch_remove(&file->book.scratch);
    free(file->path);
}

int file_setup(void **state)
{
    struct file *file = malloc(sizeof *file);
    file_begin(file);
    *state = file;
    return 0;
}

int file_teardown(void **state)
{
    file_end(*state);
    free(*state);
    return 0;
}

/* ---- its store ---- */

bool file_try_as(struct file *file, const char *owner, int64_t now_s)
{
    file->note.text[0] = file->book.error.text[0] = '\0';
    file->book.store = store_open_sqlite(file->path, owner, seconds(now_s),
                                         &file->note, &file->book.error);
    return file->book.store;
}

void file_open_as(struct file *file, const char *owner, int64_t now_s)
{
    if (!file_try_as(file, owner, now_s))
        fail_msg("%s", file->book.error.text);
}

void file_shut(struct file *file, int64_t now_s)
{
    store_close(file->book.store, seconds(now_s));
    file->book.store = NULL;
}

void assert_says(const struct file *file, const char *said, const char *format)
{
    char want[600];
    snprintf(want, sizeof want, format, file->path);
    assert_string_equal(said, want);
}

void assert_refused(struct file *file, const char *format)
{
    assert_false(file_try_as(file, "second", 100));
    assert_says(file, file->book.error.text, format);
    assert_string_equal(file->note.text, "");
}

/* ---- what is in it ---- */

void write_some(struct file *file)
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

void work_some(struct file *file)
{
    file_open_as(file, "first", 0);
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

void assert_some(struct file *file, const char *lives)
{
    char want[1024];
    snprintf(want, sizeof want, "%s%sgeneration 3\n", some_recalled, lives);
    assert_string_equal(recalled(&file->book, 150), want);
    assert_string_equal(history_of(&file->book, NULL), some_history);
}

void killed(struct file *file, void (*work)(struct file *file))
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

/* ---- the file itself ---- */

void by_sql(const struct file *file, const char *sql)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(file->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error))
        fail_msg("%s: %.200s", error, sql);
    sqlite3_close(db);
}

char *read_bytes(const char *path, size_t *ret_size)
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

void write_bytes(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

int files_with(const struct file *file, const char *part)
{
    int count = 0;
    DIR *folder = opendir(file->book.scratch.path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strstr(entry->d_name, part) != NULL;
    closedir(folder);
    return count;
}
