/* A journal in a file: made, filled, left behind, spoilt. */
#ifndef TESTS_STORE_FILE_H
#define TESTS_STORE_FILE_H

#include "book.h"

struct file {
    struct book book; /* its store is open between file_open_as and file_shut */
    char *path;
    struct error note; /* of the last opening */
};

void file_begin(struct file *file); /* there is none yet */
void file_end(struct file *file);

/* For cmocka: one for each test, which is its state. */
int file_setup(void **state);
int file_teardown(void **state);
#define FILE_TEST(function)                                                    \
    cmocka_unit_test_setup_teardown(function, file_setup, file_teardown)

/* ---- its store ---- */

bool file_try_as(struct file *file, const char *owner, int64_t now_s);
/* The same; the test fails where it is not opened. */
void file_open_as(struct file *file, const char *owner, int64_t now_s);
void file_shut(struct file *file, int64_t now_s);
/* It is not opened; `format` has the file's path for its %s. */
void assert_refused(struct file *file, const char *format);
void assert_says(const struct file *file, const char *said, const char *format);

/* ---- what is in it ---- */

/* Opens it as "first" at 0, and writes some of everything. */
void work_some(struct file *file);
void write_some(struct file *file); /* in one that is open */
/* All of it is there, and these lives. */
void assert_some(struct file *file, const char *lives);

/* A worker that is killed: what it did, and nothing after it. */
void killed(struct file *file, void (*work)(struct file *file));

/* ---- the file itself ---- */

/* Lets SQLite alone do something with it. */
void by_sql(const struct file *file, const char *sql);
/* The whole of a file; freed by the caller. */
char *read_bytes(const char *path, size_t *ret_size);
void write_bytes(const char *path, const char *bytes, size_t size);
/* Names in its folder that hold `part`. */
int files_with(const struct file *file, const char *part);

#endif
