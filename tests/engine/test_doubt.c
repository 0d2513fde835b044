/* What is doubted: a clock that is ahead of the life before, or of itself. */
#include "doubt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)
#define WALL   INT64_C(1767225600000)
#define MONO   INT64_C(5000)

/* So long after the beginning, by each clock. */
static struct now at(int64_t wall_ms, int64_t mono_ms)
{
    return (struct now){ { WALL + wall_ms }, { MONO + mono_ms } };
}

static struct stored_life life(int64_t began_ms, int64_t seen_ms)
{
    return (struct stored_life){ .began = { WALL + began_ms },
                                 .seen = { WALL + seen_ms } };
}

static bool doubts_a_start(const struct stored_life *lives, size_t count,
                           int64_t after_ms)
{
    struct doubt doubt;
    doubt_begin(&doubt, at(0, 0), lives, count);
    return doubt_holds(&doubt, at(after_ms, after_ms));
}

static void test_a_start(void **state)
{
    (void)state;
    struct stored_life soon = life(-2 * DAY, -DAY);
    struct stored_life late = life(-2 * DAY, -DAY - 1);
    struct stored_life ahead = life(YEAR, YEAR + DAY); /* it was put right */
    assert_false(doubts_a_start(NULL, 0, 0)); /* there is nothing to lose */
    assert_false(doubts_a_start(&soon, 1, 0));
    assert_false(doubts_a_start(&ahead, 1, 0));
    assert_true(doubts_a_start(&late, 1, 0));
    assert_true(doubts_a_start(&late, 1, HOUR - 1));
    assert_false(doubts_a_start(&late, 1, HOUR));
}

/* It dies and is started again, and the clock is still wrong. */
static void test_short_lives(void **state)
{
    (void)state;
    struct stored_life lives[] = {
        life(-10 * MINUTE, -5 * MINUTE),
        life(-40 * MINUTE, -15 * MINUTE),
        life(-YEAR - DAY, -YEAR),
    };
    assert_true(doubts_a_start(lives, 3, 30 * MINUTE - 1));
    assert_false(doubts_a_start(lives, 3, 30 * MINUTE));
    lives[1].began.ms -= HOUR; /* it has lived long enough with it */
    assert_false(doubts_a_start(lives, 3, 0));
}

static void test_a_clock_that_is_set(void **state)
{
    (void)state;
    struct doubt doubt;
    doubt_begin(&doubt, at(0, 0), NULL, 0);
    assert_false(doubt_holds(&doubt, at(9 * DAY, 9 * DAY))); /* it has slept */
    assert_false(doubt_holds(&doubt, at(10 * DAY, 9 * DAY)));
    assert_true(doubt_holds(&doubt, at(YEAR, 9 * DAY)));
    assert_true(doubt_holds(&doubt, at(YEAR, 9 * DAY + HOUR - 1)));
    assert_false(doubt_holds(&doubt, at(YEAR, 9 * DAY + HOUR)));
    assert_false(doubt_holds(&doubt, at(0, 9 * DAY + HOUR))); /* set back */
    assert_true(doubt_holds(&doubt, at(YEAR, 9 * DAY + HOUR)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_start),
        cmocka_unit_test(test_short_lives),
        cmocka_unit_test(test_a_clock_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
