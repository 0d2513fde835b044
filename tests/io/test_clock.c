/* The clocks go on, at their scale, from where they were started. */
#include "mooncron/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return at.tv_sec * INT64_C(1000) + at.tv_nsec / 1000000;
}

/* Between two readings of the machine's own clocks. */
static void test_real(void **state)
{
    (void)state;
    struct clock clock;
    clock_init(&clock, 1, (struct wall){ 0 });
    int64_t wall = read_ms(CLOCK_REALTIME), boot = read_ms(CLOCK_BOOTTIME);
    struct now now = clock_now(&clock);
    assert_in_range(now.wall.ms, wall, read_ms(CLOCK_REALTIME));
    assert_in_range(now.mono.ms, boot, read_ms(CLOCK_BOOTTIME));
}

static const double scales[] = { 0.1, 0.5, 1, 3.7, 60, 10000 };

/* What passes is between what really passed before and after, scaled; a
 * millisecond for each reading that was cut. */
static void test_scales(void **state)
{
    (void)state;
    const struct wall start = { INT64_C(1795435651000) };
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        struct clock clock;
        int64_t before = read_ms(CLOCK_BOOTTIME);
        clock_init(&clock, scales[i], start);
        int64_t started = read_ms(CLOCK_BOOTTIME);
        struct now first = clock_now(&clock);
        while (read_ms(CLOCK_BOOTTIME) < started + 20)
            assert_true(clock_now(&clock).mono.ms >= first.mono.ms);
        int64_t reached = read_ms(CLOCK_BOOTTIME);
        struct now now = clock_now(&clock);
        int64_t after = read_ms(CLOCK_BOOTTIME);
        double least = (double)(reached - started - 1) * scales[i] - 1;
        double most = (double)(after - before + 1) * scales[i] + 1;
        double passed = (double)(now.wall.ms - start.ms);
        assert_true(passed >= least && passed <= most);
        assert_true((double)(now.mono.ms - first.mono.ms) <= most);
    }
}

static void test_wall_ns(void **state)
{
    (void)state;
    struct clock clock;
    clock_init(&clock, 60, (struct wall){ 5000 });
    int64_t ns = clock_wall_ns(&clock);
    struct now now = clock_now(&clock);
    assert_true(ns >= INT64_C(5000000000));
    assert_true(ns / 1000000 <= now.wall.ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_wall_ns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
