/* Calls wait for each other: who is sent when, and what is left at the end. */
#include "fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_an_origin_that_hangs_starves_nobody(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 5);
    const struct job *slow = fleet_job(&fleet, 1, "/hold");
    const struct job *quick = fleet_job(&fleet, 0, "/ok");
    for (uint64_t run = 1; run <= 100; run++)
        fleet_start(&fleet, slow, run);
    assert_int_equal(http_live(fleet.http), 5);
    for (uint64_t run = 101; run <= 200; run++)
        fleet_start(&fleet, quick, run);
    assert_int_equal(http_live(fleet.http), FLEET_CALLS_MAX);
    fleet_await_told(&fleet, 100);
    assert_int_equal(fleet.ok, 100);
    assert_int_equal(testserver_heard(fleet.servers[0]), 100);
    assert_int_equal(testserver_heard(fleet.servers[1]), 5);
    testserver_release(fleet.servers[1]);
    fleet_await_told(&fleet, 200);
    assert_int_equal(fleet.ok, 200);
    assert_int_equal(testserver_heard(fleet.servers[1]), 100);
    fleet_close(&fleet);
}

/* The usual caps: five origins that all hang get 256 between them. */
static void test_the_caps_hold(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, 256, 64);
    for (size_t server = 0; server < FLEET_SERVERS; server++) {
        const struct job *job = fleet_job(&fleet, server, "/hold");
        for (uint64_t run = 1; run <= 100; run++)
            fleet_start(&fleet, job, server * 100 + run);
    }
    assert_int_equal(http_live(fleet.http), 256);
    fleet_await_heard(&fleet, 256);
    for (size_t server = 0; server < 4; server++)
        assert_int_equal(testserver_heard(fleet.servers[server]), 64);
    assert_int_equal(testserver_heard(fleet.servers[4]), 0);
    for (size_t server = 0; server < FLEET_SERVERS; server++)
        testserver_release(fleet.servers[server]);
    fleet_await_told(&fleet, 500);
    assert_int_equal(fleet.ok, 500);
    fleet_close(&fleet);
}

/* One call at a time: origins take turns, and each keeps its order. */
static void test_origins_take_turns(void **state)
{
    (void)state;
    static const uint64_t order[] = { 99, 1, 11, 21, 2, 12, 22, 3, 13, 23 };
    struct fleet fleet;
    fleet_open(&fleet, 1, 1);
    const struct job *held = fleet_job(&fleet, 3, "/hold");
    fleet_start(&fleet, held, 99); /* until all the others wait */
    for (size_t server = 0; server < 3; server++) {
        const struct job *job = fleet_job(&fleet, server, "/ok");
        for (uint64_t run = 1; run <= 3; run++)
            fleet_start(&fleet, job, server * 10 + run);
    }
    testserver_release(fleet.servers[3]);
    fleet_await_told(&fleet, 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(fleet.order[i], order[i]);
    fleet_close(&fleet);
}

static void test_what_is_allowed_nowhere_fails(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 5);
    strcpy(fleet.origins[1], "http://evil.example.net");
    fleet_start(&fleet, fleet_job(&fleet, 1, "/ok"), 1);
    fleet_await_told(&fleet, 1);
    assert_int_equal(fleet.judgement.verdict, VERDICT_FAILED);
    assert_int_equal(fleet.judgement.cause, CAUSE_SETUP);
    fleet_close(&fleet);
}

static void test_a_request_of_a_script_has_the_key_of_its_attempt(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 5);
    const struct run_note note = fleet_note(fleet_job(&fleet, 0, ""), 7);
    char url[] = "/ok";
    const struct host_request asked = {
        .run = 7, .method = METHOD_GET, .url = url, .headers = ""
    };
    traffic_scripted(fleet.traffic, &asked, &note, 3);
    url[1] = 'X'; /* it was copied */
    loop_until(&fleet.loop, &fleet.responses, 1);
    assert_int_equal(fleet.response_status, 200);
    char *request = testserver_request(fleet.servers[0], 0);
    assert_non_null(
        strstr(request, "Idempotency-Key: job/1970-01-01T00:00:07Z/3\r\n"));
    free(request);
    fleet_close(&fleet);
}

/* What still waits at the end is nobody's. */
static void test_what_waits_at_the_end_is_nobodys(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, 1, 1);
    const struct job *job = fleet_job(&fleet, 0, "/hold");
    const struct run_note note = fleet_note(job, 9);
    const struct host_request asked = { .run = 9, .url = "/ok", .headers = "" };
    fleet_start(&fleet, job, 1);
    fleet_start(&fleet, job, 2);
    traffic_scripted(fleet.traffic, &asked, &note, 1);
    traffic_beat(fleet.traffic, job);
    fleet_close(&fleet);
    assert_int_equal(fleet.told, 1);
}

static void test_settings_are_the_backends(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 5);
    fleet_start(&fleet, fleet_job(&fleet, 1, "/versioned"), 1);
    fleet_await_told(&fleet, 1);
    assert_int_equal(fleet.versions, 0);
    fleet_start(&fleet, fleet_job(&fleet, 0, "/versioned"), 2);
    fleet_await_told(&fleet, 2);
    assert_int_equal(fleet.versions, 1);
    fleet_close(&fleet);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_origin_that_hangs_starves_nobody),
        cmocka_unit_test(test_the_caps_hold),
        cmocka_unit_test(test_origins_take_turns),
        cmocka_unit_test(test_what_is_allowed_nowhere_fails),
        cmocka_unit_test(test_a_request_of_a_script_has_the_key_of_its_attempt),
        cmocka_unit_test(test_what_waits_at_the_end_is_nobodys),
        cmocka_unit_test(test_settings_are_the_backends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
