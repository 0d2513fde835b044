/* A run is cut off: whether its call had left is what comes of it. */
#include "fleet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_what_was_sent_is_unknown_and_what_waited_failed(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 1);
    const struct job *job = fleet_job(&fleet, 0, "/hold");
    for (uint64_t run = 1; run <= 3; run++)
        fleet_start(&fleet, job, run);
    fleet_await_heard(&fleet, 1);
    traffic_cancel(fleet.traffic, (struct run_id){ 2 }); /* waits */
    assert_int_equal(fleet.told, 1);
    assert_int_equal(fleet.last.value, 2);
    assert_int_equal(fleet.judgement.verdict, VERDICT_FAILED);
    assert_int_equal(fleet.judgement.cause, CAUSE_NONE);
    traffic_cancel(fleet.traffic, (struct run_id){ 1 }); /* was sent */
    assert_int_equal(fleet.told, 1);
    fleet_await_told(&fleet, 2);
    assert_int_equal(fleet.last.value, 1);
    assert_int_equal(fleet.judgement.verdict, VERDICT_UNKNOWN);
    fleet_await_heard(&fleet, 2); /* the third has the place */
    testserver_release(fleet.servers[0]);
    fleet_await_told(&fleet, 3);
    assert_int_equal(fleet.last.value, 3);
    assert_int_equal(fleet.judgement.verdict, VERDICT_OK);
    traffic_cancel(fleet.traffic, (struct run_id){ 3 }); /* is no more */
    assert_int_equal(fleet.told, 3);
    fleet_close(&fleet);
}

/* Whether the request of a script had left is told to whoever cuts it off. */
static void test_a_script_hears_whether_its_request_had_left(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 1);
    for (uint64_t run = 1; run <= 2; run++) {
        const struct run_note note = fleet_note(fleet_job(&fleet, 0, ""), run);
        const struct host_request asked = {
            .run = run, .method = METHOD_POST, .url = "/hold", .headers = ""
        };
        traffic_scripted(fleet.traffic, &asked, &note, 1);
    }
    fleet_await_heard(&fleet, 1);
    assert_false(
        traffic_cancel(fleet.traffic, (struct run_id){ 2 })); /* waits */
    assert_true(traffic_cancel(fleet.traffic, (struct run_id){ 1 }));
    assert_false(traffic_cancel(fleet.traffic, (struct run_id){ 3 }));
    loop_until(&fleet.loop, &fleet.responses, 1);
    assert_int_equal(fleet_heard(&fleet), 1);
    fleet_close(&fleet);
}

/* What was accepted may have happened, whether the question was sent or not. */
static void test_a_poll_that_is_cut_off_is_unknown(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 1);
    const struct job *job = fleet_job(&fleet, 0, "/begin-held");
    for (uint64_t run = 1; run <= 2; run++)
        fleet_start(&fleet, job, run);
    fleet_await_told(&fleet, 2);
    for (uint64_t run = 1; run <= 2; run++) {
        const struct run_note note = fleet_note(job, run);
        traffic_poll(fleet.traffic, &note);
    }
    fleet_await_heard(&fleet, 3);
    for (uint64_t run = 2; run >= 1; run--) {
        traffic_cancel(fleet.traffic, (struct run_id){ run });
        fleet_await_told(&fleet, 5 - (unsigned)run);
        assert_int_equal(fleet.last.value, run);
        assert_int_equal(fleet.judgement.verdict, VERDICT_UNKNOWN);
        assert_false(fleet.judgement.accepted);
    }
    fleet_close(&fleet);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sent_is_unknown_and_what_waited_failed),
        cmocka_unit_test(test_a_script_hears_whether_its_request_had_left),
        cmocka_unit_test(test_a_poll_that_is_cut_off_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
