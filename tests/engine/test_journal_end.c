/* The journal is closed: what waits is written, or said to be lost. */
#include "desk.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_close_writes_what_waits(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    desk_open(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    desk_begin_commit(&desk);
    desk_add_claims(&desk, 1500);
    desk_ask(&desk, &asked, 1);
    journal_close(desk.journal, LONG_MS, desk_on_closed, &desk);
    faulty_release();
    desk_shut(&desk);
    assert_int_equal(desk.told, 1501);
    assert_int_equal(desk.answers, 1);
    assert_string_equal(asked.failure, "");
}

static void test_close_gives_up_a_store_that_fails(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked[2] = { 0 };
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = UINT_MAX });
    desk_add_claims(&desk, 10);
    desk_ask(&desk, &asked[0], 1);
    desk_await_ill(&desk);
    desk_await_answers(&desk, 1);
    desk_add_claims(&desk, 1500);
    desk_ask(&desk, &asked[1], 2);
    journal_close(desk.journal, 20, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_int_equal(desk.told, 0);
    assert_int_equal(desk.answers, 2);
    assert_string_not_equal(asked[1].failure, "");
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.wells, 0);
    assert_non_null(strstr(desk.lost, " write down 1510 claims (job of "));
}

/* Verdicts of what was run: those that the store has are not among them. */
static void test_close_tells_what_is_lost(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ 0 });
    desk_add_claims(&desk, 5);
    desk_add(&desk, ENTRY_FINISH, 0);
    desk_await_told(&desk, 6);
    faulty_reset(&(struct faulty){ .failures = UINT_MAX });
    desk_add(&desk, ENTRY_FINISH, 1);
    desk_await_ill(&desk);
    for (int64_t slot = 2; slot < 5; slot++)
        desk_add(&desk, ENTRY_FINISH, slot);
    journal_close(desk.journal, 20, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_string_equal(
        desk.lost,
        "the worker ends, and could not write down 4 verdicts (job of "
        "2026-01-01T00:00:01Z, job of 2026-01-01T00:00:02Z, job of "
        "2026-01-01T00:00:03Z and 1 more): the next life tries each again "
        "under the same key, or says unknown");
}

static void test_close_outlasts_a_failure(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 5 });
    desk_add_claims(&desk, 1500);
    desk_await_ill(&desk);
    journal_close(desk.journal, LONG_MS, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_int_equal(desk.told, 1500);
    assert_int_equal(desk.wells, 1);
}

/* A call that is under way is waited for, what waits is tried once, and further
 * batches are not begun. */
static void test_close_tries_once_when_time_is_up(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    desk_open(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    desk_begin_commit(&desk);
    desk_add_claims(&desk, 2500);
    desk_ask(&desk, &asked, 1);
    journal_close(desk.journal, 0, desk_on_closed, &desk);
    faulty_release();
    desk_shut(&desk);
    assert_non_null(strstr(desk.lost, " write down 1500 claims (job of "));
    assert_int_equal(desk.told, 1 + JOURNAL_BATCH_MAX);
    assert_int_equal(faulty_now().tries, 2);
    assert_int_equal(desk.answers, 1);
    assert_string_equal(asked.failure, "the worker ends");
}

/* The last try is at the end of the time, though the next one is far off. */
static void test_close_tries_a_last_time(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = LONG_MS },
              &(struct faulty){ .failures = 1 });
    desk_add_claims(&desk, 10);
    desk_await_ill(&desk);
    journal_close(desk.journal, 1, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_int_equal(desk.told, 10);
    assert_int_equal(desk.wells, 1);
}

static void test_close_at_once_writes_nothing(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    journal_close(desk.journal, 0, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_int_equal(faulty_now().tries, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_writes_what_waits),
        cmocka_unit_test(test_close_gives_up_a_store_that_fails),
        cmocka_unit_test(test_close_tells_what_is_lost),
        cmocka_unit_test(test_close_outlasts_a_failure),
        cmocka_unit_test(test_close_tries_once_when_time_is_up),
        cmocka_unit_test(test_close_tries_a_last_time),
        cmocka_unit_test(test_close_at_once_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
