/* Whose word it is on each run that a host was handed. */
#include "errands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void add(struct errands *errands, uint64_t run)
{
    const struct run_note note = { .run = { run } };
    errands_add(errands, &note);
}

static void owes(struct errands *errands, uint64_t run, bool owes)
{
    errands_turn(errands, errands_find(errands, run), owes);
}

/* Of those that it owes a word it is at work on the one that has waited
 * longest: not the first that it was handed, nor the first of the list. */
static void test_at_work(void **state)
{
    struct errands errands = { 0 };
    (void)state;
    assert_int_equal(errands_at_work(&errands), 0);
    for (uint64_t run = 1; run <= 20; run++)
        add(&errands, run);
    assert_int_equal(errands.owed, 20);
    assert_int_equal(errands_at_work(&errands), 1);
    owes(&errands, 1, false); /* it asked for something, */
    assert_int_equal(errands.owed, 19);
    assert_int_equal(errands_at_work(&errands), 2);
    owes(&errands, 1, true); /* and has it: it is the last in line */
    owes(&errands, 2, true); /* as it was */
    assert_int_equal(errands.owed, 20);
    assert_int_equal(errands_at_work(&errands), 2);
    for (uint64_t run = 2; run <= 20; run++)
        errands_remove(&errands, errands_find(&errands, run));
    assert_int_equal(errands.count, 1);
    assert_int_equal(errands_at_work(&errands), 1);
    errands_close(&errands);
}

/* Nobody waits for one that was cancelled, and the host owes a word on it all
 * the same. */
static void test_cancelled(void **state)
{
    struct errands errands = { 0 };
    (void)state;
    add(&errands, 7);
    add(&errands, 8);
    errands_find(&errands, 7)->cancelled = true;
    assert_null(errands_live(&errands, 7));
    assert_non_null(errands_live(&errands, 8));
    assert_int_equal(errands_at_work(&errands), 7);
    errands_remove(&errands, errands_find(&errands, 7));
    assert_null(errands_find(&errands, 7));
    assert_int_equal(errands.owed, 1);
    assert_int_equal(errands_at_work(&errands), 8);
    errands_close(&errands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_work),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
