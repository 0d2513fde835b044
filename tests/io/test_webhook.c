/* The webhook and the reload, over real sockets, through gate and civetweb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../engine/io/api.h"
#include "listening.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "mooncron/text.h"

#define HOOK  "POST /webhook/settings-changed"
#define API   "POST /api/v1/reload"
#define GOOD  "X-Webhook-Secret: s3cret\r\n"
#define TOKEN "Authorization: Bearer t0ken\r\n"
#define JSON  "Content-Type: application/json\r\n"

/* "<line> HTTP/1.1", Host, the headers, a right Content-Length, the body. */
static char *ask(const struct listening *listening, const char *line,
                 const char *headers, const char *body)
{
    struct text text;
    text_init(&text, 1 << 20);
    text_printf(&text,
                "%s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n%s",
                line, headers, strlen(body), body);
    char *answer = raw_ask(listening_port(listening), text.data);
    text_close(&text);
    return answer;
}

static json_t *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    json_t *json = json_loads(body, 0, NULL);
    if (!json)
        fail_msg("no JSON in: %s", answer);
    return json;
}

/* Asks, and gives the JSON of the answer, which the caller lets go. */
static json_t *expect(const struct listening *listening, const char *line,
                      const char *headers, const char *body, int status)
{
    char *answer = ask(listening, line, headers, body);
    if (raw_status(answer) != status)
        fail_msg("%s %s %s: wanted %d, found %s", line, headers, body, status,
                 answer);
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    json_t *json = body_of(answer);
    free(answer);
    return json;
}

static void expect_text(const struct listening *listening, const char *line,
                        const char *headers, const char *body, int status,
                        const char *key, const char *text)
{
    json_t *json = expect(listening, line, headers, body, status);
    const char *found = json_string_value(json_object_get(json, key));
    if (!found || strcmp(found, text) != 0)
        fail_msg("%s: wanted \"%s\", found \"%s\"", key, text,
                 found ? found : "nothing");
    json_decref(json);
}

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- What good ones come to ---- */

static void test_good(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    json_t *json =
        expect(listening, HOOK, GOOD JSON,
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

static void test_times(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    int64_t before = wall_ms();
    json_decref(expect(listening, HOOK, GOOD JSON,
                       "{\"timestamp\":\"2999-01-01T00:00:00Z\"}", 200));
    int64_t clamped = listening_last(listening).claim.at.ms;
    assert_true(clamped >= before && clamped <= wall_ms());
    before = wall_ms();
    json_decref(expect(listening, HOOK, GOOD JSON,
                       "{\"schedulerEnvironment\":null}", 200));
    struct ask seen = listening_last(listening);
    assert_true(seen.claim.at.ms >= before && seen.claim.at.ms <= wall_ms());
    assert_false(seen.claim.has_enable_jobs);
    assert_true(seen.claim.has_environment);
    assert_string_equal(seen.claim.environment, "");
    assert_string_equal(seen.changed_by, "");
    listening_stop(listening);
}

static void test_outcomes(void **state)
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
        expect_text(listening, HOOK, GOOD JSON, "{}", cases[i].status,
                    cases[i].key, cases[i].text);
        expect_text(listening, API, TOKEN, "", cases[i].api_status,
                    cases[i].key, cases[i].text);
        if (cases[i].api_status >= 300) /* as all of the API */
            expect_text(listening, API, TOKEN, "", cases[i].api_status, "error",
                        cases[i].text);
    }
    const struct listening_word failed = { .outcome = RELOAD_FETCH_FAILED };
    listening_say(listening, &failed);
    expect_text(listening, HOOK, GOOD JSON, "{}", 500, "error",
                "Failed to restart schedulers");
    listening_stop(listening);
}

static void test_no_word_in_time(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_wait_ms = 50;
    struct listening *listening = listening_start(&config);
    listening_say(listening, &(struct listening_word){ .hold = true });
    expect_text(listening, HOOK, GOOD JSON, "{}", 500, "message",
                "There is no result yet: the old schedule keeps running, and "
                "loading goes on");
    listening_say(listening, &(struct listening_word){ 0 });
    json_decref(expect(listening, HOOK, GOOD JSON, "{}", 200));
    listening_stop(listening);
}

/* ---- What bad ones come to ---- */

static void test_bad(void **state)
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
        { API, TOKEN, "{\"force\":1}", 400, "force must be true or false" },
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
        expect_text(listening, cases[i].line, cases[i].headers, cases[i].body,
                    cases[i].status, "error", cases[i].error);
    }
    assert_int_equal(listening_await(listening, 0), 0);
    listening_stop(listening);
}

static void test_allow(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    char *answer = ask(listening, "GET /api/v1/reload", "", "");
    assert_non_null(strstr(answer, "\r\nAllow: POST\r\n"));
    free(answer);
    answer = ask(listening, API, "", "");
    assert_non_null(strstr(answer, "\r\nWWW-Authenticate: Bearer\r\n"));
    free(answer);
    answer = ask(listening, "HEAD /nothing", "", "");
    assert_int_equal(raw_status(answer), 404);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(body, "\r\n\r\n");
    free(answer);
    listening_stop(listening);
}

static void test_content_types(void **state)
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
        json_decref(expect(listening, HOOK, headers, "{}", 200));
    }
    listening_stop(listening);
}

static void test_largest_body(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    char *body = memory_new((64 << 10) + 1);
    memset(body, ' ', 64 << 10);
    body[0] = '{';
    body[(64 << 10) - 1] = '}';
    json_decref(expect(listening, HOOK, GOOD JSON, body, 200));
    free(body);
    listening_stop(listening);
}

static void test_no_secret(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_secret = NULL;
    config.admin_token = NULL;
    struct listening *listening = listening_start(&config);
    expect_text(listening, HOOK, GOOD JSON, "{}", 500, "error",
                "Server misconfigured");
    expect_text(listening, API, TOKEN, "", 404, "error", "Not found");
    listening_stop(listening);
}

static void test_two_secrets(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_secret_previous = "0ld";
    struct listening *listening = listening_start(&config);
    json_decref(expect(listening, HOOK, GOOD JSON, "{}", 200));
    json_decref(
        expect(listening, HOOK, "X-Webhook-Secret: 0ld\r\n" JSON, "{}", 200));
    json_decref(
        expect(listening, HOOK, "X-Webhook-Secret: 0lder\r\n" JSON, "{}", 401));
    listening_stop(listening);
}

/* ---- Signatures ---- */

static void sign(char headers[512], const char *secret, const char *id,
                 int64_t at_s, const char *body)
{
    char content[512], base64[64];
    snprintf(content, sizeof content, "%s.%lld.%s", id, (long long)at_s, body);
    secret_hmac_base64(secret, strlen(secret), content, strlen(content),
                       base64);
    snprintf(headers, 512,
             JSON "webhook-id: %s\r\nwebhook-timestamp: %lld\r\n"
                  "webhook-signature: v1,%s\r\n",
             id, (long long)at_s, base64);
}

static void test_signed(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_secret_previous = "0ld";
    config.webhook_signature_only = true;
    struct listening *listening = listening_start(&config);
    char headers[512];
    int64_t now_s = wall_ms() / 1000;
    sign(headers, "s3cret", "one", now_s, "{}");
    expect_text(listening, HOOK, headers, "{}", 200, "outcome", "done");
    expect_text(listening, HOOK, headers, "{}", 200, "outcome", "replay");
    json_decref(expect(listening, HOOK, headers, "{ }", 401));
    sign(headers, "0ld", "two", now_s, "{}");
    expect_text(listening, HOOK, headers, "{}", 200, "outcome", "done");
    sign(headers, "wrong", "three", now_s, "{}");
    json_decref(expect(listening, HOOK, headers, "{}", 401));
    sign(headers, "s3cret", "four", now_s - 302, "{}");
    json_decref(expect(listening, HOOK, headers, "{}", 401));
    sign(headers, "s3cret", "five", now_s + 302, "{}");
    json_decref(expect(listening, HOOK, headers, "{}", 401));
    json_decref(expect(listening, HOOK, GOOD JSON, "{}", 401));
    assert_int_equal(listening_await(listening, 2), 2);
    listening_stop(listening);
}

/* A sender repeats what failed, under the same id. */
static void test_signed_again_after_failure(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    char headers[512];
    sign(headers, "s3cret", "one", wall_ms() / 1000, "{}");
    listening_say(listening,
                  &(struct listening_word){ .outcome = RELOAD_FETCH_FAILED });
    json_decref(expect(listening, HOOK, headers, "{}", 500));
    listening_say(listening, &(struct listening_word){ 0 });
    expect_text(listening, HOOK, headers, "{}", 200, "outcome", "done");
    expect_text(listening, HOOK, headers, "{}", 200, "outcome", "replay");
    listening_stop(listening);
}

/* ---- The command line ---- */

static void test_api(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    json_decref(expect(listening, API, TOKEN, "", 200));
    assert_int_equal(listening_last(listening).cause, ASK_COMMAND);
    assert_false(listening_last(listening).force);
    json_decref(expect(listening, API, "Authorization: bearer t0ken\r\n",
                       "{\"force\":true}", 200));
    assert_true(listening_last(listening).force);
    assert_false(listening_last(listening).claim.has_enable_jobs);
    listening_stop(listening);
}

static void test_api_of_this_machine(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.admin_loopback_only = true;
    struct listening *listening = listening_start(&config);
    json_decref(expect(listening, API, TOKEN, "", 200));
    json_decref(
        expect(listening, API, TOKEN "X-Forwarded-For: 1.2.3.4\r\n", "", 403));
    json_decref(
        expect(listening, API, TOKEN "Forwarded: for=1.2.3.4\r\n", "", 403));
    listening_stop(listening);
}

static const char *right_token(const struct web_request *request,
                               const char *name)
{
    (void)request;
    return strcmp(name, "Authorization") == 0 ? "Bearer t0ken" : NULL;
}

/* Tests come from loopback; one from elsewhere is made by hand. */
static void test_api_of_another_machine(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.admin_loopback_only = true;
    struct clock clock;
    clock_init(&clock, 1, (struct wall){ 0 });
    struct desk desk = { .config = &config,
                         .clock = &clock,
                         .rates = rates_new() };
    struct web_request request = {
        .peer = "10.0.0.1", .net = "10.0.0.1", .body = "", .header = right_token
    };
    struct web_answer answer = { 0 };
    api_reload(&desk, &request, &answer);
    assert_int_equal(answer.status, 403);
    json_decref(answer.body);
    rates_free(desk.rates);
}

/* ---- Many ---- */

#define CROWD 100

static void test_hundred_at_once(void **state)
{
    (void)state;
    static const char bytes[] =
        HOOK " HTTP/1.1\r\nHost: a\r\n" GOOD JSON "Content-Length: 2\r\n\r\n{}";
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    int fds[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        fds[i] = raw_connect(listening_port(listening));
        raw_send(fds[i], bytes, sizeof bytes - 1);
    }
    listening_await(listening, INBOX_ASKS_MAX); /* all wait for one reload */
    listening_say(listening, &(struct listening_word){ 0 });
    for (size_t i = 0; i < CROWD; i++) {
        char *answer = raw_read(fds[i]);
        if (raw_status(answer) != 200)
            fail_msg("webhook %zu: %s", i, answer);
        free(answer);
    }
    assert_int_equal(listening_await(listening, CROWD), CROWD);
    listening_stop(listening);
}

/* Who is being answered gets the answer; who asks afterwards is not heard. */
static void test_stop_while_asks_wait(void **state)
{
    (void)state;
    static const char bytes[] =
        HOOK " HTTP/1.1\r\nHost: a\r\n" GOOD JSON "Content-Length: 2\r\n\r\n{}";
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    int fds[8];
    for (size_t i = 0; i < 8; i++) {
        fds[i] = raw_connect(listening_port(listening));
        raw_send(fds[i], bytes, sizeof bytes - 1);
    }
    listening_await(listening, 8);
    listening_stop_begin(listening);
    listening_say(listening,
                  &(struct listening_word){ .outcome = RELOAD_STOPPING });
    for (size_t i = 0; i < 8; i++) {
        char *answer = raw_read(fds[i]);
        assert_int_equal(raw_status(answer), 503);
        free(answer);
    }
    listening_stop(listening);
}

/* The clients go away before they are answered. */
static void test_clients_hang_up(void **state)
{
    (void)state;
    static const char bytes[] =
        HOOK " HTTP/1.1\r\nHost: a\r\n" GOOD JSON "Content-Length: 2\r\n\r\n{}";
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    for (unsigned i = 0; i < 8; i++) {
        int fd = raw_connect(listening_port(listening));
        raw_send(fd, bytes, sizeof bytes - 1);
        listening_await(listening, i + 1);
        struct linger reset = { .l_onoff = 1 };
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    listening_say(listening, &(struct listening_word){ 0 });
    json_decref(expect(listening, HOOK, GOOD JSON, "{}", 200));
    listening_stop(listening);
}

/* A flood of wrong secrets is cut off, and the bucket says for how long. */
static void test_flood(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    unsigned refused = 0, tries = 0;
    for (; refused == 0 && tries < 100; tries++) {
        char *answer = ask(listening, HOOK, JSON, "{}");
        if (raw_status(answer) == 429) {
            refused++;
            assert_non_null(strstr(answer, "\r\nRetry-After: 1\r\n"));
        } else {
            assert_int_equal(raw_status(answer), 401);
        }
        free(answer);
    }
    assert_int_equal(refused, 1);
    assert_true(tries > RATE_BURST / RATE_FAILURE);
    listening_stop(listening);
}

static void test_rates(void **state)
{
    (void)state;
    struct rates *rates = rates_new();
    unsigned wait_s = 0;
    for (unsigned i = 0; i < RATE_BURST; i++)
        assert_true(rates_take(rates, "a", 1000, &wait_s));
    assert_false(rates_take(rates, "a", 1000, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_true(rates_take(rates, "b", 1000, &wait_s));
    assert_true(rates_take(rates, "a", 1020, &wait_s)); /* one came back */
    assert_false(rates_take(rates, "a", 1020, &wait_s));
    assert_false(rates_take(rates, "a", 500, &wait_s)); /* the clock is odd */
    for (unsigned i = 0; i < RATE_PEERS; i++) { /* others need the place */
        char peer[16];
        snprintf(peer, sizeof peer, "p%u", i);
        assert_true(rates_take(rates, peer, 2000, &wait_s));
    }
    for (unsigned i = 0; i < RATE_BURST; i++)
        assert_true(rates_take(rates, "a", 2000, &wait_s));
    rates_punish(rates, "nobody");
    rates_free(rates);
    rates_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_no_word_in_time),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_allow),
        cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_largest_body),
        cmocka_unit_test(test_no_secret),
        cmocka_unit_test(test_two_secrets),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_signed_again_after_failure),
        cmocka_unit_test(test_api),
        cmocka_unit_test(test_api_of_this_machine),
        cmocka_unit_test(test_api_of_another_machine),
        cmocka_unit_test(test_hundred_at_once),
        cmocka_unit_test(test_stop_while_asks_wait),
        cmocka_unit_test(test_clients_hang_up),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
