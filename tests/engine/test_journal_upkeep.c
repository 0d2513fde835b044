/* What the store's thread does by itself: leases are renewed, old rows go. */
#include "desk.h"
#include "doubt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_leases_are_renewed(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .renew_ms = 1 },
              &(struct faulty){ 0 });
    faulty_wait_renewals(3);
    desk_close(&desk);
    assert_int_equal(desk.told, 0);
}

/* A step that took all that it may is followed by another. */
static void test_a_round_of_retention_is_told_once(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .prune_ms = 1 },
              &(struct faulty){ .prunes_full = 4 });
    faulty_wait_prunes(5);
    desk_close(&desk);
    assert_int_equal(faulty_now().prunes, 5);
    assert_int_equal(desk.news, 1); /* of the round, not of each step */
    assert_int_equal(desk.forgotten, 4 * JOURNAL_PRUNE_MAX);
}

/* A round in which nothing went is no news. */
static void test_a_round_that_takes_nothing_is_no_news(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .prune_ms = 1 },
              &(struct faulty){ 0 });
    faulty_wait_prunes(1);
    desk_close(&desk);
    assert_int_equal(desk.news, 0);
}

/* The life before ended two days ago: nothing goes for an hour of the clock. */
static void test_nothing_goes_while_the_clock_is_in_doubt(void **state)
{
    (void)state;
    struct desk desk;
    const struct stored_life life = { .began = { START_MS - LONG_MS },
                                      .seen = { START_MS - 2 * DAY_MS } };
    desk_open_at(&desk, 10000, /* an hour takes 360 ms */
                 (struct journal_options){
                     .prune_ms = 1, .lives = &life, .life_count = 1 },
                 &(struct faulty){ 0 });
    faulty_wait_prunes(1);
    assert_true(clock_now(&desk.clock).mono.ms - desk.began.ms >= DOUBT_MS);
    desk_close(&desk);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leases_are_renewed),
        cmocka_unit_test(test_a_round_of_retention_is_told_once),
        cmocka_unit_test(test_a_round_that_takes_nothing_is_no_news),
        cmocka_unit_test(test_nothing_goes_while_the_clock_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
