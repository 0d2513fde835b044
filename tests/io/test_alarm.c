/* The alarm rings on a real loop: never early, and by either clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "mooncron/clock.h"

struct stand {
    uv_loop_t loop;
    struct clock clock;
    struct alarm *alarm;
    struct now rang; /* the last time */
    unsigned rings;
    bool close_when_it_rings;
};

static void on_ring(void *data)
{
    struct stand *stand = data;
    stand->rang = clock_now(&stand->clock);
    stand->rings++;
    if (stand->close_when_it_rings)
        alarm_close(stand->alarm);
}

static void stand_open(struct stand *stand, double scale, struct wall start)
{
    struct error error;
    *stand = (struct stand){ 0 };
    uv_loop_init(&stand->loop);
    clock_init(&stand->clock, scale, start);
    stand->alarm =
        alarm_new(&stand->loop, &stand->clock, on_ring, stand, &error);
    assert_non_null(stand->alarm);
}

static void stand_end(struct stand *stand)
{
    uv_run(&stand->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&stand->loop), 0);
}

static void run_until_ring(struct stand *stand)
{
    for (unsigned before = stand->rings; stand->rings == before;)
        uv_run(&stand->loop, UV_RUN_ONCE);
}

static struct core_deadline never(void)
{
    return (struct core_deadline){ { NEVER_MS }, { NEVER_MS } };
}

static const struct {
    double scale;
    int64_t wall_ms, mono_ms; /* from now; 0: never */
} cases[] = {
    { 1, 20, 0 },         { 1, 0, 20 },    { 1, 20, 60000 }, { 1, 60000, 20 },
    { 60, 1500, 0 },      { 60, 0, 1500 }, { 0.5, 10, 0 },   { 3.7, 100, 0 },
    { 10000, 200000, 0 }, { 1, 1, 0 },     { 7, 13, 60000 },
};

/* Each several times, from wherever the clock stands then. */
static void test_not_early(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stand stand;
        stand_open(&stand, cases[i].scale, (struct wall){ 0 });
        for (int again = 0; again < 5; again++) {
            struct now now = clock_now(&stand.clock);
            struct core_deadline due = never();
            if (cases[i].wall_ms)
                due.wall.ms = now.wall.ms + cases[i].wall_ms;
            if (cases[i].mono_ms)
                due.mono.ms = now.mono.ms + cases[i].mono_ms;
            alarm_set(stand.alarm, due);
            run_until_ring(&stand);
            if (stand.rang.wall.ms < due.wall.ms &&
                stand.rang.mono.ms < due.mono.ms)
                fail_msg("case %zu rang early", i);
        }
        assert_int_equal(stand.rings, 5);
        alarm_close(stand.alarm);
        stand_end(&stand);
    }
}

/* A deadline that has passed rings at once, however long ago it was. */
static void test_passed(void **state)
{
    (void)state;
    static const int64_t passed[] = { 0, 1, -1, INT64_MIN };
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        struct stand stand;
        stand_open(&stand, 1, (struct wall){ 0 });
        alarm_set(stand.alarm,
                  (struct core_deadline){ { passed[i] }, { NEVER_MS } });
        run_until_ring(&stand);
        assert_int_equal(stand.rings, 1);
        alarm_close(stand.alarm);
        stand_end(&stand);
    }
}

/* An earlier deadline replaces a later one, and the other way round. */
static void test_replace(void **state)
{
    (void)state;
    struct stand stand;
    stand_open(&stand, 1, (struct wall){ 0 });
    struct now now = clock_now(&stand.clock);
    struct core_deadline far = never(), near = never();
    far.mono.ms = now.mono.ms + 100000;
    near.mono.ms = now.mono.ms + 20;
    alarm_set(stand.alarm, far);
    alarm_set(stand.alarm, near);
    run_until_ring(&stand);
    assert_true(stand.rang.mono.ms >= near.mono.ms);
    assert_true(stand.rang.mono.ms < far.mono.ms);

    now = clock_now(&stand.clock);
    near.mono.ms = now.mono.ms + 5;
    far.mono.ms = now.mono.ms + 60;
    alarm_set(stand.alarm, near);
    alarm_set(stand.alarm, far);
    run_until_ring(&stand);
    assert_true(stand.rang.mono.ms >= far.mono.ms);
    alarm_close(stand.alarm);
    stand_end(&stand);
}

/* A ring may close the alarm it comes from. */
static void test_close_in_ring(void **state)
{
    (void)state;
    struct stand stand;
    stand_open(&stand, 1, (struct wall){ 0 });
    stand.close_when_it_rings = true;
    alarm_set(stand.alarm, (struct core_deadline){ { 1 }, { NEVER_MS } });
    stand_end(&stand);
    assert_int_equal(stand.rings, 1);
}

static void test_close_unset(void **state)
{
    (void)state;
    struct stand stand;
    stand_open(&stand, 1, (struct wall){ 0 });
    alarm_close(stand.alarm);
    stand_end(&stand);
    assert_int_equal(stand.rings, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_early),
        cmocka_unit_test(test_passed),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_close_in_ring),
        cmocka_unit_test(test_close_unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
