/* What was accepted, and where it is asked for. */
#include "fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *path;
    enum verdict verdict;
    enum cause cause;
    bool accepted;
    int64_t retry_after_ms;
    const char *says;
};

static const struct row firsts[] = {
    { "/begin", VERDICT_OK, CAUSE_NONE, true, 7000, "" },
    { "/bare", VERDICT_OK, CAUSE_NONE, false, -1, "" },
    { "/away", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "evil.example.net" },
    { "/away", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "127.0.0.1" },
    { "/nonsense", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "Location" },
};

/* After the first has accepted it. */
static const struct row seconds[] = {
    { "/begin", VERDICT_OK, CAUSE_NONE, true, -1, "" },
    { "/begin-done", VERDICT_OK, CAUSE_NONE, false, -1, "" },
    { "/begin-denied", VERDICT_FAILED, CAUSE_DENIED, false, -1, "success" },
    { "/begin-other", VERDICT_OK, CAUSE_NONE, false, -1, "" },
    { "/begin-circle", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "5 times" },
    { "/begin-strays", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "evil" },
    { "/begin-gone", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "no more" },
    { "/begin-sick", VERDICT_UNKNOWN, CAUSE_SERVER, true, 3000, "503" },
};

static void assert_judged(const struct fleet *fleet, const struct row *row)
{
    const struct judgement *judgement = &fleet->judgement;
    assert_int_equal(judgement->verdict, row->verdict);
    assert_int_equal(judgement->cause, row->cause);
    assert_int_equal(judgement->accepted, row->accepted);
    assert_int_equal(judgement->retry_after_ms, row->retry_after_ms);
    assert_non_null(strstr(judgement->sentence.text, row->says));
}

static void poll(struct fleet *fleet, const struct job *job, uint64_t run)
{
    const struct run_note note = fleet_note(job, run);
    unsigned before = fleet->told;
    traffic_poll(fleet->traffic, &note);
    fleet_await_told(fleet, before + 1);
    assert_int_equal(fleet->last.value, run);
}

static void test_202_with_a_place_to_ask_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct fleet fleet;
        fleet_open(&fleet, FLEET_CALLS_MAX, 5);
        fleet_start(&fleet, fleet_job(&fleet, 0, firsts[i].path), 1);
        fleet_await_told(&fleet, 1);
        assert_judged(&fleet, &firsts[i]);
        fleet_close(&fleet);
    }
}

static void poll_once(const struct row *row, size_t server)
{
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 1);
    const struct job *job = fleet_job(&fleet, server, row->path);
    fleet_start(&fleet, job, 1);
    fleet_await_told(&fleet, 1);
    assert_true(fleet.judgement.accepted);
    poll(&fleet, job, 1);
    assert_judged(&fleet, row);
    fleet_close(&fleet);
}

/* On the backend and on another origin alike. */
static void test_the_place_says_what_came_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        poll_once(&seconds[i], 0);
        poll_once(&seconds[i], 1);
    }
}

/* A new Location replaces the old one; where none came the old one stays. */
static void test_the_place_moves(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 5);
    const struct job *moves = fleet_job(&fleet, 0, "/begin-moves");
    const struct job *stays = fleet_job(&fleet, 0, "/begin");
    fleet_start(&fleet, moves, 1);
    fleet_await_told(&fleet, 1);
    poll(&fleet, moves, 1);
    assert_true(fleet.judgement.accepted);
    poll(&fleet, moves, 1);
    assert_false(fleet.judgement.accepted);
    assert_int_equal(fleet.judgement.verdict, VERDICT_OK);
    fleet_start(&fleet, stays, 2);
    fleet_await_told(&fleet, 4);
    poll(&fleet, stays, 2);
    poll(&fleet, stays, 2);
    assert_true(fleet.judgement.accepted);
    char *request = testserver_request(fleet.servers[0], 5);
    assert_non_null(strstr(request, "GET /run/wait HTTP/1.1\r\n"));
    assert_non_null(
        strstr(request, "Idempotency-Key: job/1970-01-01T00:00:02Z\r\n"));
    free(request);
    fleet_close(&fleet);
}

static void test_what_is_forgotten_is_not_asked(void **state)
{
    (void)state;
    struct fleet fleet;
    fleet_open(&fleet, FLEET_CALLS_MAX, 5);
    const struct job *job = fleet_job(&fleet, 0, "/begin");
    for (uint64_t run = 1; run <= 100; run++)
        fleet_start(&fleet, job, run);
    fleet_await_told(&fleet, 100);
    for (uint64_t run = 1; run <= 100; run += 2)
        traffic_forget(fleet.traffic, (struct run_id){ run });
    traffic_forget(fleet.traffic, (struct run_id){ 1000 });
    for (uint64_t run = 1; run <= 100; run++) {
        poll(&fleet, job, run);
        assert_int_equal(fleet.judgement.accepted, run % 2 == 0);
        if (run % 2)
            assert_int_equal(fleet.judgement.verdict, VERDICT_UNKNOWN);
    }
    assert_int_equal(fleet_heard(&fleet), 150);
    fleet_close(&fleet);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_202_with_a_place_to_ask_is_accepted),
        cmocka_unit_test(test_the_place_says_what_came_of_it),
        cmocka_unit_test(test_the_place_moves),
        cmocka_unit_test(test_what_is_forgotten_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
