/* One fetch of Settings for each thing a backend, or what stands before it,
 * may answer: the outcome, and the variable that the sentence names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "loop.h"
#include "mooncron/settings.h"
#include "testserver.h"

#define PATH   "/api/settings"
#define OK     "HTTP/1.1 200 OK\r\n"
#define JSON   "Content-Type: application/json; charset=utf-8\r\n"
#define HTML   "Content-Type: text/html\r\n"
#define OBJECT "{\"enableJobs\":true,\"version\":\"field\"}" /* 37 bytes */

struct heard {
    unsigned calls;
    enum fetch_outcome outcome;
    struct settings *settings;
    struct error err;
};

static void on_done(void *data, enum fetch_outcome outcome,
                    struct settings *settings, const struct error *error)
{
    struct heard *heard = data;
    heard->calls++;
    heard->outcome = outcome;
    heard->settings = settings;
    if (error)
        heard->err = *error;
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

/* Asks `port` once; nothing of the loop is left after it. */
static struct heard fetch_at(uint16_t port, const struct settings *known)
{
    uv_loop_t loop;
    char url[64];
    struct error err;
    struct heard heard = { .calls = 0 };
    bool closed = false;
    uv_loop_init(&loop);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    const struct http_config config = { .backend_url = url,
                                        .api_key = "s3cret-k3y" };
    struct http *http = http_new(&loop, &config, &err);
    assert_non_null(http);
    assert_true(settings_fetch(http, known, 300, on_done, &heard));
    assert_int_equal(heard.calls, 0);
    while (!heard.calls)
        uv_run(&loop, UV_RUN_ONCE);
    http_close(http, on_closed, &closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(closed);
    loop_end(&loop);
    assert_int_equal(heard.calls, 1);
    assert_null(strstr(heard.err.text, "s3cret-k3y"));
    return heard;
}

/* What the server heard goes to `ret_request`, freed by the caller. */
static struct heard fetch(enum testserver_act act, const char *bytes,
                          const struct settings *known, char **ret_request)
{
    const struct testserver_line lines[] = {
        { PATH, act, bytes, 100000 },
        { NULL, 0, NULL, 0 },
    };
    struct testserver *server = testserver_new(lines);
    struct heard heard = fetch_at(testserver_port(server), known);
    if (ret_request)
        *ret_request = testserver_request(server, 0);
    testserver_free(server);
    return heard;
}

static void test_settings_come_with_their_names(void **state)
{
    (void)state;
    char *request;
    struct heard heard =
        fetch(TESTSERVER_SAY,
              OK JSON "ETag: W/\"abc\"\r\nX-Settings-Version: 12\r\n"
                      "Content-Length: 37\r\n\r\n" OBJECT,
              NULL, &request);
    assert_int_equal(heard.outcome, FETCH_OK);
    assert_true(heard.settings->facts.enable_jobs);
    assert_string_equal(heard.settings->etag, "W/\"abc\"");
    assert_string_equal(heard.settings->version, "12");
    assert_non_null(strstr(request, "GET /api/settings HTTP/1.1\r\n"));
    assert_non_null(
        strstr(request, "Authorization: users API-Key s3cret-k3y\r\n"));
    assert_null(strstr(request, "If-None-Match"));
    free(request);
    /* Asked again, it is enough to say that nothing changed. */
    struct heard again =
        fetch(TESTSERVER_SAY, "HTTP/1.1 304 Not Modified\r\n\r\n",
              heard.settings, &request);
    assert_int_equal(again.outcome, FETCH_NOT_MODIFIED);
    assert_null(again.settings);
    assert_non_null(strstr(request, "If-None-Match: W/\"abc\"\r\n"));
    free(request);
    settings_free(heard.settings);
}

static void test_the_field_names_the_version(void **state)
{
    (void)state;
    struct heard heard = fetch(
        TESTSERVER_SAY, OK "Content-Length: 37\r\n\r\n" OBJECT, NULL, NULL);
    assert_int_equal(heard.outcome, FETCH_OK);
    assert_string_equal(heard.settings->version, "field");
    assert_string_equal(heard.settings->etag, "");
    settings_free(heard.settings);
}

static void test_other_answers_name_what_to_look_at(void **state)
{
    (void)state;
    static const struct {
        enum testserver_act act;
        const char *bytes;
        enum fetch_outcome outcome;
        const char *wanted;
    } rows[] = {
        { TESTSERVER_SAY,
          "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
          FETCH_REFUSED, "answered 401: WORKER_API_KEY" },
        { TESTSERVER_SAY, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
          FETCH_REFUSED, "answered 403: WORKER_API_KEY" },
        { TESTSERVER_SAY,
          "HTTP/1.1 404 Not Found\r\nContent-Length: 29\r\n\r\n"
          "{\"message\":\"Route not found\"}",
          FETCH_REFUSED, "MOONCRON_API_KEY_COLLECTION" },
        { TESTSERVER_SAY, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
          FETCH_REFUSED, "404: BACKEND_URL is another program's" },
        { TESTSERVER_SAY, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
          FETCH_FAILED, "answered 500" },
        { TESTSERVER_SAY,
          "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: "
          "0\r\n\r\n",
          FETCH_FAILED, "redirect is not followed" },
        { TESTSERVER_SAY, "HTTP/1.1 304 Not Modified\r\n\r\n", FETCH_FAILED,
          "answered 304" },
        { TESTSERVER_SAY, OK HTML "Content-Length: 14\r\n\r\n<html> login !",
          FETCH_FAILED,
          "answered 200 with text/html, no Settings: is BACKEND_URL right?" },
        { TESTSERVER_SAY, OK "Content-Length: 2\r\n\r\nhi", FETCH_FAILED,
          "answered 200 with no type, no Settings" },
        { TESTSERVER_SAY, OK JSON "Content-Length: 2\r\n\r\n[]", FETCH_FAILED,
          "must be a JSON object, found an array" },
        { TESTSERVER_SAY, OK JSON "Content-Length: 0\r\n\r\n", FETCH_FAILED,
          "no JSON" },
        { TESTSERVER_SAY,
          OK JSON "Content-Length: 20\r\n\r\n{\"enableJobs\":\"yes\"}",
          FETCH_FAILED, "enableJobs must be true or false, found \"yes\"" },
        { TESTSERVER_LAST, OK JSON "Content-Length: 90\r\n\r\n{\"ena",
          FETCH_FAILED, "no answer from BACKEND_URL/api/settings (network" },
        { TESTSERVER_FLOOD, OK JSON "\r\n{\"enableJobs\":true,\"x\":\"",
          FETCH_FAILED, "larger than 64 KiB" },
        { TESTSERVER_FLOOD, OK JSON "Content-Length: 9999999\r\n\r\n",
          FETCH_FAILED, "larger than 1 MiB" },
        { TESTSERVER_DROP, "", FETCH_FAILED, "(network" },
        { TESTSERVER_HOLD, "", FETCH_FAILED, "(timeout" },
        { TESTSERVER_TRICKLE, OK JSON "\r\n{", FETCH_FAILED, "(timeout" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard heard = fetch(rows[i].act, rows[i].bytes, NULL, NULL);
        assert_null(heard.settings);
        if (!strstr(heard.err.text, rows[i].wanted))
            fail_msg("row %zu says: %s", i, heard.err.text);
        assert_int_equal(heard.outcome, rows[i].outcome);
    }
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct heard heard = fetch_at(testserver_no_port(), NULL);
    assert_int_equal(heard.outcome, FETCH_FAILED);
    assert_non_null(
        strstr(heard.err.text, "no answer from BACKEND_URL" PATH " (refused"));
}

int main(void)
{
    alarm(120); /* a loop that waits for nobody must not hang the suite */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_come_with_their_names),
        cmocka_unit_test(test_the_field_names_the_version),
        cmocka_unit_test(test_other_answers_name_what_to_look_at),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
