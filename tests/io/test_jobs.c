/* What operators ask for over HTTP becomes an ask, or a sentence that says
 * which field is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "listening.h"

#define TOKEN "Authorization: Bearer t0ken\r\n"
#define RUN   "POST /api/v1/jobs/feed-rank/run"
#define PAUSE "POST /api/v1/jobs/feed-rank/pause"
#define BACK  "POST /api/v1/jobs/feed-rank/backfill"
#define JOB   "GET /api/v1/jobs/feed-rank"

static void expect(struct listening *listening, const char *line,
                   const char *headers, const char *body, int status,
                   const char *needle)
{
    char *answer = listening_ask(listening, line, headers, body);
    if (raw_status(answer) != status || !strstr(answer, needle))
        fail_msg("%s %s: %d \"%s\" was wanted, and this came:\n%s", line, body,
                 status, needle, answer);
    free(answer);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *line, *headers, *body;
        int status;
        const char *error;
    } cases[] = {
        { RUN, "", "", 401, "Unauthorized" },
        { RUN, TOKEN, "[]", 400, "The body must be empty or a JSON object" },
        { RUN, TOKEN, "{\"force\":1}", 400,
          "force must be true or false, found 1\"" },
        { RUN, TOKEN, "{\"forse\":true}", 400, "unknown field `forse`" },
        { RUN, TOKEN, "{\"by\":\"a\\nb\"}", 400,
          "by must be one line of text, at most 64 bytes, found "
          "\\\"a\\\\nb\\\"\"" },
        { RUN, TOKEN, "{\"reason\":5}", 400,
          "reason must be one line of text, at most 200 bytes, found 5\"" },
        { RUN, TOKEN,
          "{\"by\":\"0123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789\"}",
          400, "at most 64 bytes, found a text of 80 bytes\"" },
        { RUN "?x=1", TOKEN, "", 400, "unknown parameter `x`" },
        { PAUSE, TOKEN, "{\"for\":2}", 400,
          "for must be a duration like \\\"2h\\\", from 1s to 366d, found "
          "2\"" },
        { PAUSE, TOKEN, "{\"for\":\"0s\"}", 400, "366d, found \\\"0s\\\"\"" },
        { PAUSE, TOKEN, "{\"for\":\"367d\"}", 400, "for must be a duration" },
        { BACK, TOKEN, "{}", 400, "from is missing" },
        { BACK, TOKEN, "{\"from\":\"2026-01-01T00:00:00Z\"}", 400,
          "to is missing" },
        { BACK, TOKEN,
          "{\"from\":\"2026-01-02T00:00:00Z\",\"to\":\"2026-01-01T00:00:00Z\"}",
          400, "to must not be before from" },
        { BACK, TOKEN, "{\"cancel\":\"all\"}", 400,
          "cancel must be true or false, found \\\"all\\\"\"" },
        { BACK, TOKEN, "{\"yes\":{}}", 400, "found an object\"" },
        { BACK, TOKEN, "{\"yes\":[true]}", 400, "found a list\"" },
        { BACK, TOKEN, "{\"cancel\":true,\"to\":\"2026-01-01T00:00:00Z\"}", 400,
          "cancel takes back all that waits: no from, to or dry_run" },
        { BACK, TOKEN, "{\"from\":\"yesterday\"}", 400,
          "from must be a time like 2026-11-23T14:07:31Z" },
        { JOB "/runs?limit=0", "", "", 400,
          "limit must be a whole number from 1 to 1000, found \\\"0\\\"\"" },
        { JOB "/runs?limit=1001", "", "", 400, "limit must be" },
        { JOB "/runs?limit=-1", "", "", 400, "limit must be" },
        { JOB "/runs?verdict=okay", "", "", 400, "verdict must be ok, failed" },
        { JOB "/runs?from=%zz", "", "", 400, "the query is malformed" },
        { JOB "/runs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "", "",
          400, "to must not be before from" },
        { JOB "/runs/today", "", "", 400, "~manual, found \\\"today\\\"\"" },
        { JOB "/runs?verdict=%ff", "", "", 400, "found what is no UTF-8\"" },
        { JOB "/runs?%ff=1", "", "", 400, "unknown parameter `?`" },
        { JOB "/why?at=1", "", "", 400, "at must be a time like" },
        { "GET /api/v1/jobs/a%00b/why", "", "", 400,
          "The path holds what is no name" },
        { "GET /api/v1/jobs/a%2/why", "", "", 400,
          "The path holds what is no name" },
        { "GET /api/v1/jobs//why", "", "", 404, "Not found" },
        { "GET /api/v1/jobs/a/b/why", "", "", 404, "Not found" },
        { "GET /api/v1/jobs/a/run", "", "", 405,
          "The method is not allowed here" },
        { "GET /api/v1/status?job=", "", "", 400,
          "job must be the name of a job" },
        { "GET /api/v1/plan?job=", "", "", 400,
          "job must be the name of a job" },
        { "GET /api/v1/plan?horizon=24", "", "", 400,
          "horizon must be a duration like 24h, up to 366d" },
        { "GET /api/v1/plan?horizon=0s", "", "", 400, "horizon must be" },
        { "GET /api/v1/plan?horizon=367d", "", "", 400, "horizon must be" },
        { "GET /api/v1/plan?now=1", "", "", 400, "unknown parameter `now`" },
        { "POST /api/v1/plan", TOKEN, "", 405,
          "The method is not allowed here" },
    };
    char deep[4097]; /* enough for the stack of any thread */
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    struct listening *listening = listening_start(NULL);
    expect(listening, RUN, TOKEN, deep, 400, "must be empty or a JSON object");
    expect(listening, "POST /api/v1/reload", TOKEN, deep, 400,
           "must be empty or a JSON object");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(listening, cases[i].line, cases[i].headers, cases[i].body,
               cases[i].status, cases[i].error);
    assert_int_equal(listening_await(listening, 0), 0);
    listening_stop(listening);
}

static void test_orders(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    expect(listening, RUN, TOKEN, "", 200, "{\"heard\":1}");
    struct ask seen = listening_last(listening);
    assert_int_equal(seen.kind, ASK_ORDER);
    assert_int_equal(seen.order.verb, VERB_TRIGGER);
    assert_string_equal(seen.job, "feed-rank");
    assert_string_equal(seen.order.by, "127.0.0.1");
    assert_false(seen.order.force);
    expect(listening, RUN, TOKEN,
           "{\"force\":true,\"by\":\"ana\",\"reason\":\"caf\xc3\xa9\"}", 200,
           "");
    seen = listening_last(listening);
    assert_true(seen.order.force);
    assert_string_equal(seen.order.by, "ana");
    assert_string_equal(seen.order.reason, "caf\xc3\xa9");
    expect(listening, PAUSE, TOKEN, "", 200, "");
    assert_int_equal(listening_last(listening).order.for_ms, 7200000);
    expect(listening, PAUSE, TOKEN, "{\"for\":\"90m\"}", 200, "");
    assert_int_equal(listening_last(listening).order.for_ms, 5400000);
    expect(listening, "POST /api/v1/jobs/a%3Ab/resume", TOKEN,
           "{\"dry_run\":true}", 200, "");
    seen = listening_last(listening);
    assert_string_equal(seen.job, "a:b");
    assert_true(seen.order.dry_run);
    expect(listening, BACK, TOKEN,
           "{\"from\":\"1970-01-01T00:00:01Z\",\"to\":\"1970-01-01T02:00:02+"
           "02:00\",\"yes\":true}",
           200, "");
    seen = listening_last(listening);
    assert_int_equal(seen.order.verb, VERB_BACKFILL);
    assert_int_equal(seen.order.from.ms, 1000);
    assert_int_equal(seen.order.to.ms, 2000);
    assert_true(seen.order.yes && !seen.order.dry_run);
    expect(listening, BACK, TOKEN, "{\"cancel\":true}", 200, "");
    assert_true(listening_last(listening).order.cancel);
    listening_stop(listening);
}

static void test_questions(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    expect(listening, "GET /api/v1/runs", "", "", 200, "");
    struct ask seen = listening_last(listening);
    assert_int_equal(seen.kind, ASK_RUNS);
    assert_string_equal(seen.job, "");
    assert_int_equal(seen.runs.limit, 20);
    expect(listening,
           JOB "/runs?limit=7&verdict=failed,missed&"
               "from=1970-01-01T02:00:01+02:00&to=1970-01-01T00%3a00:09Z",
           "", "", 200, "");
    seen = listening_last(listening);
    assert_string_equal(seen.job, "feed-rank");
    assert_int_equal(seen.runs.limit, 7);
    assert_int_equal(seen.runs.verdicts,
                     1u << VERDICT_FAILED | 1u << VERDICT_MISSED);
    assert_int_equal(seen.runs.from.ms, 1000);
    assert_int_equal(seen.runs.to.ms, 9000);
    expect(listening, JOB "/runs/1970-01-01T00:00:01.5Z~manual", "", "", 200,
           "");
    seen = listening_last(listening);
    assert_int_equal(seen.kind, ASK_RUN);
    assert_true(seen.key.manual);
    assert_int_equal(seen.key.slot.ms, 1500);
    expect(listening, "GET /api/v1/plan", "", "", 200, "");
    seen = listening_last(listening);
    assert_int_equal(seen.kind, ASK_PLAN);
    assert_string_equal(seen.job, "");
    assert_int_equal(seen.horizon_ms, 0);
    expect(listening, "GET /api/v1/plan?job=a%3Ab&horizon=90m", "", "", 200,
           "");
    seen = listening_last(listening);
    assert_string_equal(seen.job, "a:b");
    assert_int_equal(seen.horizon_ms, 5400000);
    expect(listening, JOB "/why", "", "", 200, "");
    seen = listening_last(listening);
    assert_int_equal(seen.kind, ASK_WHY);
    assert_int_equal(seen.at.ms, NEVER_MS);
    listening_stop(listening);
}

static void test_an_answer_that_is_known_is_not_sent_again(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    expect(listening, "GET /api/v1/status", "", "", 200,
           "ETag: \"000000000000abcd\"\r\nCache-Control: no-cache");
    char *answer =
        listening_ask(listening, "GET /api/v1/status",
                      "If-None-Match: \"1\", \"000000000000abcd\"\r\n", "");
    assert_int_equal(raw_status(answer), 304);
    assert_null(strstr(answer, "heard"));
    free(answer);
    expect(listening, "GET /api/v1/status", "If-None-Match: \"1\"\r\n", "", 200,
           "heard");
    listening_stop(listening);
}

static void test_metrics_are_text(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    expect(listening, "GET /metrics", "", "", 200,
           "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    assert_int_equal(listening_last(listening).kind, ASK_METRICS);
    expect(listening, "GET /metrics", "X-Forwarded-For: 192.0.2.1\r\n", "", 401,
           "Content-Type: application/json\r\n");
    expect(listening, "GET /metrics", "X-Forwarded-For: 192.0.2.1\r\n" TOKEN,
           "", 200, "heard");
    expect(listening, "GET /metrics?x=1", "", "", 400, "unknown parameter `x`");
    expect(listening, "POST /metrics", "", "", 405, "Allow: GET");
    listening_stop(listening);
}

/* What came through a proxy of this machine came from elsewhere. */
static void test_who_may_look(void **state)
{
    (void)state;
    static const char far[] = "X-Forwarded-For: 192.0.2.1\r\n";
    static const char far_token[] = "Forwarded: for=192.0.2.1\r\n" TOKEN;
    struct listening *listening = listening_start(NULL);
    expect(listening, "GET /api/v1/status", far, "", 401, "Bearer");
    expect(listening, "GET /api/v1/status", far_token, "", 200, "heard");
    listening_stop(listening);

    struct server_config config = listening_config();
    config.admin_loopback_only = true;
    listening = listening_start(&config);
    expect(listening, "GET /api/v1/status", far_token, "", 403,
           "Only this machine may ask, unless MOONCRON_ADMIN_TOKEN is set");
    expect(listening, "GET /api/v1/status", "", "", 200, "heard");
    listening_stop(listening);

    config.looks_public = true; /* to look, and no more */
    listening = listening_start(&config);
    expect(listening, "GET /api/v1/status", far, "", 200, "heard");
    expect(listening, JOB "/why", far, "", 200, "heard");
    expect(listening, RUN, far, "", 403, "Only this machine may ask");
    listening_stop(listening);
    config.looks_public = false;

    config.admin_token = NULL;
    listening = listening_start(&config);
    expect(listening, "GET /api/v1/status", "", "", 200, "heard");
    expect(listening, "GET /api/v1/status", far, "", 403, "may look");
    expect(listening, RUN, "", "", 404, "Not found");
    listening_stop(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_an_answer_that_is_known_is_not_sent_again),
        cmocka_unit_test(test_metrics_are_text),
        cmocka_unit_test(test_who_may_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
