/* Heartbeats: nobody waits for them, and each change is told once. */
#include "fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_a_heartbeat_is_told_where_it_changes(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 1); /* one after the other */
    struct job good = *fleet_job(&fleet, 1, "/ping/good");
    struct job bad = *fleet_job(&fleet, 1, "/ping/bad");
    for (int i = 0; i < 3; i++)
        traffic_beat(fleet.traffic, &good);
    for (int i = 0; i < 3; i++)
        traffic_beat(fleet.traffic, &bad);
    loop_until(&fleet.loop, &fleet.beats, 1);
    assert_string_equal(fleet.beat, "job: the backend answered 500");
    for (int i = 0; i < 2; i++)
        traffic_beat(fleet.traffic, &good);
    bad.name = good.name = "gone"; /* jobs may go at once */
    loop_until(&fleet.loop, &fleet.beats, 2);
    assert_string_equal(fleet.beat, "job: ");
    fleet_await_heard(&fleet, 8);
    assert_int_equal(fleet.told, 0);
    char *request = testserver_request(fleet.servers[1], 0);
    assert_non_null(strstr(request, "GET /ping/good HTTP/1.1\r\n"));
    assert_null(strcasestr(request, "x-mooncron"));
    free(request);
    fleet_close(&fleet);
}

/* An origin of heartbeats that hangs does not fill the memory. */
static void test_heartbeats_that_wait_have_a_bound(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 1);
    const struct job *held = fleet_job(&fleet, 1, "/hold");
    for (int i = 0; i < 1 + 2 * TRAFFIC_BEATS_MAX; i++)
        traffic_beat(fleet.traffic, held);
    fleet_await_heard(&fleet, 1);
    testserver_release(fleet.servers[1]);
    fleet_await_heard(&fleet, 1 + TRAFFIC_BEATS_MAX);
    const struct job *last = fleet_job(&fleet, 1, "/ok");
    fleet_start(&fleet, last, 1); /* behind whatever still waits */
    fleet_await_told(&fleet, 1);
    assert_int_equal(fleet_heard(&fleet), 2 + TRAFFIC_BEATS_MAX);
    fleet_close(&fleet);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_heartbeat_is_told_where_it_changes),
        cmocka_unit_test(test_heartbeats_that_wait_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
