/* The store is damaged: who waits for it is told that it stays so. */
#include "desk.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void await_damage(struct desk *desk, bool writes)
{
    while (!desk->damages[writes])
        uv_run(&desk->loop, UV_RUN_ONCE);
}

static const struct faulty damaged = { .failures = UINT_MAX, .damages = 1 };

/* It has no end that is waited for, and nothing becomes of what is left. */
static void test_what_cannot_be_written_is_not_waited_for(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 }, &damaged);
    desk_add_claims(&desk, 1);
    await_damage(&desk, true);
    assert_int_equal(desk.ills, 1);
    desk_add(&desk, ENTRY_FINISH, 1);
    journal_close(desk.journal, LONG_MS, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_string_equal(
        desk.lost, "the worker ends, and could not write down 1 verdict (job "
                   "of 2026-01-01T00:00:01Z); nor 1 claim (job of "
                   "2026-01-01T00:00:00Z), of which nothing was sent");
    assert_int_equal(desk.damages[true], 1);
    assert_int_equal(desk.damages[false], 0);
}

/* Questions are refused all the while, and each is. */
static void test_it_is_told_once(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    struct faulty more = damaged;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 }, &damaged);
    desk_add_claims(&desk, 1);
    await_damage(&desk, true);
    more.damages = 7;
    faulty_reset(&more);
    desk_ask(&desk, &asked, 1);
    desk_await_answers(&desk, 1);
    assert_string_not_equal(asked.failure, "");
    journal_close(desk.journal, LONG_MS, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_int_equal(desk.damages[true], 1);
}

static void test_what_only_a_reader_met_stops_no_write(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { .fails = true };
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .damages = 1 });
    desk_ask(&desk, &asked, 1);
    await_damage(&desk, false);
    desk_add_claims(&desk, 10);
    desk_await_told(&desk, 10);
    assert_true(journal_is_well(desk.journal));
    assert_int_equal(desk.damages[true], 0);
    struct faulty worse = damaged;
    worse.damages = 2;
    faulty_reset(&worse);
    desk_add_claims(&desk, 1);
    await_damage(&desk, true);
    journal_close(desk.journal, LONG_MS, desk_on_closed, &desk);
    desk_shut(&desk);
    assert_int_equal(desk.damages[false], 1);
}

/* A disk that is full after a reader met with damage gets well again. */
static void test_another_failure_is_no_damage(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { .fails = true };
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .damages = 1 });
    desk_ask(&desk, &asked, 1);
    await_damage(&desk, false);
    faulty_reset(&(struct faulty){ .failures = 3, .damages = 1 });
    desk_add_claims(&desk, 1);
    desk_await_wells(&desk, 1);
    desk_close(&desk);
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.damages[true], 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_written_is_not_waited_for),
        cmocka_unit_test(test_it_is_told_once),
        cmocka_unit_test(test_what_only_a_reader_met_stops_no_write),
        cmocka_unit_test(test_another_failure_is_no_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
