/* The store fails: it is told once, tried again, and nothing is lost. */
#include "desk.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_nothing_is_lost(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 5 });
    assert_true(journal_is_well(desk.journal));
    desk_add_claims(&desk, 10);
    desk_await_ill(&desk);
    assert_string_equal(desk.ill, "write the store: the disk is full");
    desk_add_claims(&desk, 1500);
    desk_await_told(&desk, 1510);
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.wells, 1);
    assert_string_equal(desk.well, "");
    assert_int_equal(faulty_now().entries, 1510);
    assert_int_equal(faulty_now().tries, 5 + faulty_now().commits);
    struct journal_counts counts;
    journal_counts(desk.journal, &counts);
    assert_int_equal(counts.failures, 5);
    assert_int_equal(counts.commits.count, faulty_now().commits);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(desk.outcomes[i], ENTRY_DONE);
    assert_true(journal_is_well(desk.journal));
    desk_close(&desk);
}

/* Tidings keep their order: ill, the tickets of the batch, well. */
static void test_well_after_the_batch(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 1, .held = true });
    desk_begin_commit(&desk);
    desk_add_claims(&desk, 10);
    faulty_release();
    while (!desk.wells)
        uv_run(&desk.loop, UV_RUN_ONCE);
    assert_int_equal(desk.told_when_well, 1);
    desk_close(&desk);
}

/* It fails, works, and fails again: each change is told. */
static void test_each_change_is_told(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 2 });
    for (unsigned i = 1; i <= 20; i++) {
        desk_add_claims(&desk, 1);
        desk_await_told(&desk, i);
        desk_await_wells(&desk, i);
        assert_int_equal(desk.ills, i);
        faulty_reset(&(struct faulty){ .failures = i % 3 + 1 });
    }
    faulty_mend();
    desk_close(&desk);
}

static void test_passes_are_given_up(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(
        &desk, (struct journal_options){ .again_ms = 1 },
        &(struct faulty){ .failures = UINT_MAX, .passes_unwritten = true });
    desk_add(&desk, ENTRY_CLAIM, 1);
    desk_await_ill(&desk);
    struct entry pass = entry_of(ENTRY_PASS, 2);
    for (unsigned i = 0; i < JOURNAL_ENTRIES_MAX + 1; i++)
        journal_add(desk.journal, &pass, 0);
    journal_add(desk.journal, &pass, ++desk.next_ticket);
    faulty_mend();
    desk_await_told(&desk, 2);
    assert_int_equal(desk.wells, 1);
    unsigned long given_up = strtoul(desk.well, NULL, 10);
    assert_in_range(given_up, 1, JOURNAL_ENTRIES_MAX / 4);
    assert_int_equal(faulty_now().passes + given_up, JOURNAL_ENTRIES_MAX + 2);
    faulty_reset(&(struct faulty){ .failures = 1 });
    desk_add(&desk, ENTRY_CLAIM, 3);
    desk_await_wells(&desk, 2);
    assert_string_equal(desk.well, ""); /* it was said before */
    desk_close(&desk);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_well_after_the_batch),
        cmocka_unit_test(test_each_change_is_told),
        cmocka_unit_test(test_passes_are_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
