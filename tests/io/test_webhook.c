/* The webhook and the reload, over real sockets, through gate and civetweb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../engine/io/api.h"
#include "hook.h"
#include "mooncron/memory.h"

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- What good ones come to ---- */

static void test_a_webhook_says_what_the_load_came_to(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    json_t *json = listening_expect(
        listening, HOOK, GOOD JSON,
        "{\"enableJobs\":true,\"schedulerEnvironment\":\"dev\","
        "\"timestamp\":\"2026-11-23T14:02:10.000Z\","
        "\"changedBy\":\"ops@example.org\\u0007\",\"more\":[1]}",
        200);
    static const char *const numbers[] = { "schedule",  "added",
                                           "changed",   "removed",
                                           "unchanged", "runsPerDayBefore" };
    static const int wanted[] = { 7, 1, 2, 3, 4, 96 };
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(json_integer_value(json_object_get(json, numbers[i])),
                         wanted[i]);
    assert_true(json_is_true(json_object_get(json, "success")));
    assert_string_equal(json_string_value(json_object_get(json, "message")),
                        "Schedulers restarted");
    assert_string_equal(json_string_value(json_object_get(json, "outcome")),
                        "done");
    assert_true(json_real_value(json_object_get(json, "runsPerDay")) > 1732.4);
    assert_string_equal(
        json_string_value(json_object_get(json, "inForceSince")),
        "2026-11-23T14:02:10Z");
    assert_true(json_is_string(json_object_get(json, "timestamp")));
    json_decref(json);

    struct ask seen = listening_last(listening);
    assert_int_equal(seen.cause, ASK_WEBHOOK);
    assert_false(seen.force);
    assert_true(seen.claim.has_enable_jobs && seen.claim.enable_jobs);
    assert_true(seen.claim.has_environment);
    assert_string_equal(seen.claim.environment, "dev");
    assert_int_equal(seen.claim.at.ms, 1795442530000);
    assert_string_equal(seen.changed_by, "ops@example.org?");
    listening_stop(listening);
}

static void test_a_time_to_come_is_taken_for_now(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    int64_t before = wall_ms();
    json_decref(listening_expect(listening, HOOK, GOOD JSON,
                                 "{\"timestamp\":\"2999-01-01T00:00:00Z\"}",
                                 200));
    int64_t clamped = listening_last(listening).claim.at.ms;
    assert_true(clamped >= before && clamped <= wall_ms());
    before = wall_ms();
    json_decref(listening_expect(listening, HOOK, GOOD JSON,
                                 "{\"schedulerEnvironment\":null}", 200));
    struct ask seen = listening_last(listening);
    assert_true(seen.claim.at.ms >= before && seen.claim.at.ms <= wall_ms());
    assert_false(seen.claim.has_enable_jobs);
    assert_true(seen.claim.has_environment);
    assert_string_equal(seen.claim.environment, "");
    assert_string_equal(seen.changed_by, "");
    listening_stop(listening);
}

static void test_each_outcome_has_its_status_and_words(void **state)
{
    (void)state;
    static const struct {
        struct listening_word word;
        int status, api_status;
        const char *key, *text;
    } cases[] = {
        { { .outcome = RELOAD_DONE }, 200, 200, "outcome", "done" },
        { { .outcome = RELOAD_UNCHANGED },
          200,
          200,
          "message",
          "Nothing changed" },
        { { .outcome = RELOAD_STALE },
          200,
          200,
          "message",
          "Older than the Settings in force: ignored" },
        { { .outcome = RELOAD_SUPERSEDED }, 200, 200, "outcome", "superseded" },
        { { .outcome = RELOAD_LOAD_FAILED,
            .message = "error[E110]: 'every' has \"no\" unit\n  --> a:1\n" },
          500,
          422,
          "message",
          "error[E110]: 'every' has \"no\" unit\n  --> a:1\n" },
        { { .outcome = RELOAD_LOAD_FAILED, .message = "caf\xe9" },
          500,
          422,
          "message",
          "caf?" },
        { { .outcome = RELOAD_FETCH_FAILED },
          500,
          502,
          "message",
          "Settings could not be fetched" },
        { { .outcome = RELOAD_STOPPING },
          503,
          503,
          "message",
          "The worker is stopping" },
        { { .outcome = RELOAD_BUSY },
          503,
          503,
          "message",
          "Too many wait for a reload: it goes on, and its outcome is in the "
          "log" },
    };
    struct listening *listening = listening_start(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        listening_say(listening, &cases[i].word);
        listening_expect_text(listening, HOOK, GOOD JSON, "{}", cases[i].status,
                              cases[i].key, cases[i].text);
        listening_expect_text(listening, API, TOKEN, "", cases[i].api_status,
                              cases[i].key, cases[i].text);
        if (cases[i].api_status >= 300) /* as all of the API */
            listening_expect_text(listening, API, TOKEN, "",
                                  cases[i].api_status, "error", cases[i].text);
    }
    const struct listening_word failed = { .outcome = RELOAD_FETCH_FAILED };
    listening_say(listening, &failed);
    listening_expect_text(listening, HOOK, GOOD JSON, "{}", 500, "error",
                          "Failed to restart schedulers");
    listening_stop(listening);
}

static void test_a_load_that_takes_long_is_said_to_go_on(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_wait_ms = 50;
    struct listening *listening = listening_start(&config);
    listening_say(listening, &(struct listening_word){ .hold = true });
    listening_expect_text(
        listening, HOOK, GOOD JSON, "{}", 500, "message",
        "There is no result yet: the old schedule keeps running, and "
        "loading goes on");
    listening_say(listening, &(struct listening_word){ 0 });
    json_decref(listening_expect(listening, HOOK, GOOD JSON, "{}", 200));
    listening_stop(listening);
}

/* ---- What bad ones come to ---- */

static void test_what_is_refused_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *line, *headers, *body;
        int status;
        const char *error;
    } cases[] = {
        { HOOK, JSON, "{}", 401, "Unauthorized" },
        { HOOK, "X-Webhook-Secret: S3cret\r\n" JSON, "{}", 401,
          "Unauthorized" },
        { HOOK, "X-Webhook-Secret:\r\n" JSON, "{}", 401, "Unauthorized" },
        { HOOK, "X-Webhook-Secret: s3crets\r\n", "[", 401, "Unauthorized" },
        { HOOK, GOOD, "{}", 415, "Content-Type must be application/json" },
        { HOOK, GOOD "Content-Type: text/plain\r\n", "{}", 415,
          "Content-Type must be application/json" },
        { HOOK, GOOD "Content-Type: application/jsonp\r\n", "{}", 415,
          "Content-Type must be application/json" },
        { HOOK, GOOD JSON, "", 400, "The body must be a JSON object" },
        { HOOK, GOOD JSON, "{", 400, "The body must be a JSON object" },
        { HOOK, GOOD JSON, "[]", 400, "The body must be a JSON object" },
        { HOOK, GOOD JSON, "\"x\"", 400, "The body must be a JSON object" },
        { HOOK, GOOD JSON, "{} {}", 400, "The body must be a JSON object" },
        { HOOK, GOOD JSON, "{\"a\":1,\"a\":2}", 400,
          "The body must be a JSON object" },
        { HOOK, GOOD JSON, "{\"a\":\"\xff\"}", 400,
          "The body must be a JSON object" },
        { HOOK, GOOD JSON, "{\"enableJobs\":\"true\"}", 400,
          "enableJobs must be true or false" },
        { HOOK, GOOD JSON, "{\"enableJobs\":null}", 400,
          "enableJobs must be true or false" },
        { HOOK, GOOD JSON, "{\"enableJobs\":1}", 400,
          "enableJobs must be true or false" },
        { HOOK, GOOD JSON, "{\"schedulerEnvironment\":5}", 400,
          "schedulerEnvironment must be null or 1 to 64 letters, digits, "
          "'.', '_' or '-'" },
        { HOOK, GOOD JSON, "{\"schedulerEnvironment\":\"\"}", 400,
          "schedulerEnvironment must be null or 1 to 64 letters, digits, "
          "'.', '_' or '-'" },
        { HOOK, GOOD JSON, "{\"schedulerEnvironment\":\"a b\"}", 400,
          "schedulerEnvironment must be null or 1 to 64 letters, digits, "
          "'.', '_' or '-'" },
        { HOOK, GOOD JSON, "{\"timestamp\":1700000000}", 400,
          "timestamp must be a time like 2026-11-23T14:02:10.000Z" },
        { HOOK, GOOD JSON, "{\"timestamp\":\"yesterday\"}", 400,
          "timestamp must be a time like 2026-11-23T14:02:10.000Z" },
        { API, "", "", 401, "Unauthorized" },
        { API, "Authorization: Bearer wrong\r\n", "", 401, "Unauthorized" },
        { API, "Authorization: Basic t0ken\r\n", "", 401, "Unauthorized" },
        { API, GOOD, "", 401, "Unauthorized" },
        { API, TOKEN, "[]", 400, "The body must be empty or a JSON object" },
        { API, TOKEN, "{", 400, "The body must be empty or a JSON object" },
        { API, TOKEN, "{\"force\":1}", 400,
          "force must be true or false, found 1" },
        { "GET /webhook/settings-changed", GOOD, "", 405,
          "The method is not allowed here" },
        { "DELETE /api/v1/reload", "", "", 405,
          "The method is not allowed here" },
        { "OPTIONS /api/v1/reload", "", "", 405,
          "The method is not allowed here" },
        { "GET /", "", "", 404, "Not found" },
        { "POST /webhook/settings-changed/", GOOD, "", 404, "Not found" },
        { "POST /webhook//settings-changed", GOOD, "", 404, "Not found" },
        { "GET /../../etc/passwd", "", "", 404, "Not found" },
        { "GET /%2e%2e/%2e%2e/etc/passwd", "", "", 404, "Not found" },
        { "PUT /file", "", "x", 404, "Not found" },
    };
    struct listening *listening = listening_start(NULL);
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].status == 401 && ++failures * RATE_FAILURE > 150)
            fail_msg("too many failures for one bucket");
        listening_expect_text(listening, cases[i].line, cases[i].headers,
                              cases[i].body, cases[i].status, "error",
                              cases[i].error);
    }
    assert_int_equal(listening_await(listening, 0), 0);
    listening_stop(listening);
}

static void test_refusals_have_their_headers(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    char *answer = listening_ask(listening, "GET /api/v1/reload", "", "");
    assert_non_null(strstr(answer, "\r\nAllow: POST\r\n"));
    free(answer);
    answer = listening_ask(listening, API, "", "");
    assert_non_null(strstr(answer, "\r\nWWW-Authenticate: Bearer\r\n"));
    free(answer);
    answer = listening_ask(listening, "HEAD /nothing", "", "");
    assert_int_equal(raw_status(answer), 404);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(body, "\r\n\r\n");
    free(answer);
    listening_stop(listening);
}

static void test_json_may_have_a_charset(void **state)
{
    (void)state;
    static const char *const good[] = {
        "Content-Type: application/json; charset=utf-8\r\n",
        "Content-Type: application/json ;charset=utf-8\r\n",
        "content-type: Application/JSON\r\n",
    };
    struct listening *listening = listening_start(NULL);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char headers[128];
        snprintf(headers, sizeof headers, GOOD "%s", good[i]);
        json_decref(listening_expect(listening, HOOK, headers, "{}", 200));
    }
    listening_stop(listening);
}

static void test_a_body_of_64_kib_is_read(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    char *body = memory_new((64 << 10) + 1);
    memset(body, ' ', 64 << 10);
    body[0] = '{';
    body[(64 << 10) - 1] = '}';
    json_decref(listening_expect(listening, HOOK, GOOD JSON, body, 200));
    free(body);
    listening_stop(listening);
}

static void test_without_secrets_nobody_is_let_in(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_secret = NULL;
    config.admin_token = NULL;
    struct listening *listening = listening_start(&config);
    listening_expect_text(listening, HOOK, GOOD JSON, "{}", 500, "error",
                          "Server misconfigured");
    listening_expect_text(listening, API, TOKEN, "", 404, "error", "Not found");
    listening_stop(listening);
}

static void test_the_previous_secret_is_good_too(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_secret_previous = "0ld";
    struct listening *listening = listening_start(&config);
    json_decref(listening_expect(listening, HOOK, GOOD JSON, "{}", 200));
    json_decref(listening_expect(listening, HOOK,
                                 "X-Webhook-Secret: 0ld\r\n" JSON, "{}", 200));
    json_decref(listening_expect(
        listening, HOOK, "X-Webhook-Secret: 0lder\r\n" JSON, "{}", 401));
    listening_stop(listening);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_webhook_says_what_the_load_came_to),
        cmocka_unit_test(test_a_time_to_come_is_taken_for_now),
        cmocka_unit_test(test_each_outcome_has_its_status_and_words),
        cmocka_unit_test(test_a_load_that_takes_long_is_said_to_go_on),
        cmocka_unit_test(test_what_is_refused_says_why),
        cmocka_unit_test(test_refusals_have_their_headers),
        cmocka_unit_test(test_json_may_have_a_charset),
        cmocka_unit_test(test_a_body_of_64_kib_is_read),
        cmocka_unit_test(test_without_secrets_nobody_is_let_in),
        cmocka_unit_test(test_the_previous_secret_is_good_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
