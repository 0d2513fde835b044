/* A schedule agrees with counting every millisecond, and "auto" with what was
 * promised to users for ever. */
#include "mooncron/jobset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_slot(const struct schedule *schedule, int64_t ms)
{
    int64_t rest = (ms - schedule->phase_ms) % schedule->every_ms;
    return rest == 0;
}

/* Small lattices around the epoch, on both sides of it. */
static void test_next_brute(void **state)
{
    (void)state;
    for (int64_t every = 1; every <= 7; every++)
        for (int64_t phase = 0; phase < every; phase++) {
            const struct schedule schedule = { every, phase, NULL };
            for (int64_t after = -30; after <= 30; after++) {
                int64_t want = after + 1;
                while (!is_slot(&schedule, want))
                    want++;
                struct wall next =
                    schedule_next(&schedule, (struct wall){ after });
                assert_int_equal(next.ms, want);
            }
        }
}

static void test_count_brute(void **state)
{
    (void)state;
    for (int64_t every = 1; every <= 5; every++)
        for (int64_t phase = 0; phase < every; phase++) {
            const struct schedule schedule = { every, phase, NULL };
            for (int64_t after = -15; after <= 15; after++) {
                int64_t want = 0;
                for (int64_t until = after; until <= 15; until++) {
                    want += until > after && is_slot(&schedule, until);
                    assert_int_equal(schedule_count(&schedule,
                                                    (struct wall){ after },
                                                    (struct wall){ until }),
                                     want);
                }
            }
        }
}

static void test_count_backwards(void **state)
{
    (void)state;
    const struct schedule schedule = { 1000, 0, NULL };
    assert_int_equal(
        schedule_count(&schedule, (struct wall){ 9000 }, (struct wall){ 0 }),
        0);
}

#define MINUTE INT64_C(60000)
#define NOW    INT64_C(1795435651000) /* 2026-11-23T12:07:31Z */

/* The next column of `plan` in the product's page, two hours before its
 * offset. */
static const struct {
    const char *name;
    int64_t minutes;
    int64_t wait_ms; /* from NOW to the first slot */
} promised[] = {
    { "hub-snapshot-events", 60, 2 * MINUTE + 20000 },
    { "sync-city-counters", 60, 9 * MINUTE + 9000 },
    { "feed-aggregate", 15, 11 * MINUTE + 52000 },
    { "feed-rank", 20, 15 * MINUTE + 47000 },
    { "sync-listing-type-counters", 60, 31 * MINUTE + 45000 },
    { "hub-snapshot-services", 60, 42 * MINUTE + 27000 },
    { "hub-snapshot-locations", 60, 53 * MINUTE + 47000 },
};

static void test_phase_auto(void **state)
{
    (void)state;
    assert_int_equal(schedule_phase_auto("feed-rank", 20 * MINUTE), 198000);
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
        struct schedule schedule = { .every_ms = promised[i].minutes * MINUTE };
        schedule.phase_ms =
            schedule_phase_auto(promised[i].name, schedule.every_ms);
        struct wall next = schedule_next(&schedule, (struct wall){ NOW });
        if (next.ms - NOW != promised[i].wait_ms)
            fail_msg("%s: %lld ms", promised[i].name,
                     (long long)(next.ms - NOW));
    }
}

/* Whole seconds below the interval, whatever the interval. */
static void test_phase_auto_range(void **state)
{
    (void)state;
    char name[2] = "a";
    for (; name[0] <= 'z'; name[0]++)
        for (int64_t every = 1; every < 20000; every += 499) {
            int64_t phase = schedule_phase_auto(name, every);
            assert_true(phase >= 0 && phase < every && phase % 1000 == 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_brute),
        cmocka_unit_test(test_count_brute),
        cmocka_unit_test(test_count_backwards),
        cmocka_unit_test(test_phase_auto),
        cmocka_unit_test(test_phase_auto_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
