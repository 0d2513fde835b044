/* What every driver of the store promises: one suite, run over each. */
#include "promises/promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TESTS_MAX 200 /* both drivers, a hundred promises */

static const struct promise *const subjects[] = {
    promises_of_claims,    promises_of_batches,   promises_of_epochs,
    promises_of_backfills, promises_of_recall,    promises_of_offs,
    promises_of_lives,     promises_of_history,   promises_of_walks,
    promises_of_values,    promises_of_retention,
};
#define SUBJECTS (sizeof subjects / sizeof *subjects)

struct suite {
    struct CMUnitTest tests[TESTS_MAX]; /* those without a name are none */
    char names[TESTS_MAX][96];
    size_t count;
};

static void keep_with(const struct promise *promise, enum book_driver driver)
{
    struct book book;
    book_open(&book, driver);
    promise->keep(&book);
    book_close(&book);
}

static void with_memory(void **state)
{
    keep_with(*state, BOOK_MEMORY);
}

static void with_sqlite(void **state)
{
    keep_with(*state, BOOK_SQLITE);
}

static void add(struct suite *suite, const char *driver,
                CMUnitTestFunction test, const struct promise *promise)
{
    assert_true(suite->count < TESTS_MAX);
    char *name = suite->names[suite->count];
    snprintf(name, sizeof *suite->names, "%s: %s", driver, promise->name);
    suite->tests[suite->count++] = (struct CMUnitTest){
        .name = name,
        .test_func = test,
        .initial_state = (void *)(uintptr_t)promise,
    };
}

static void add_all(struct suite *suite, const char *driver,
                    CMUnitTestFunction test)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        for (const struct promise *promise = subjects[i]; promise->name;
             promise++)
            add(suite, driver, test, promise);
}

int main(void)
{
    static struct suite suite;
    add_all(&suite, "memory", with_memory);
    add_all(&suite, "SQLite", with_sqlite);
    return cmocka_run_group_tests(suite.tests, NULL, NULL);
}
