/* HTTP out, against a server of real sockets: each send is answered once, and
 * nothing of the loop is left open. */
#include "mooncron/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "testserver.h"

#define KEY     "k3y-that-nobody-else-may-see"
#define WAIT_MS 20000 /* far more than anything here takes */

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static const struct testserver_line lines[] = {
    { "/ok", TESTSERVER_SAY,
      OK_HEAD "Content-Type: application/json\r\nX-Settings-Version: 7\r\n"
              "Content-Length: 16\r\n\r\n{\"success\":true}",
      0 },
    { "/chunked", TESTSERVER_SAY,
      OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
              "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n",
      0 },
    { "/interim", TESTSERVER_SAY,
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" OK_HEAD
      "Content-Length: 2\r\n\r\nok",
      0 },
    { "/500", TESTSERVER_SAY,
      "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nsorry",
      0 },
    { "/redirect", TESTSERVER_SAY,
      "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", 0 },
    { "/control", TESTSERVER_SAY,
      OK_HEAD "X-Odd: a\x01\x1b[31mb\x7f\r\nContent-Length: 0\r\n\r\n", 0 },
    { "/garbage", TESTSERVER_LAST, "\x16\x03\x01 this is no HTTP\r\n\r\n", 0 },
    { "/short", TESTSERVER_LAST, OK_HEAD "Content-Length: 90\r\n\r\nabc", 0 },
    { "/until-close", TESTSERVER_LAST, OK_HEAD "\r\nto the end", 0 },
    { "/drop", TESTSERVER_DROP, "", 0 },
    { "/hold", TESTSERVER_HOLD, OK_HEAD "Content-Length: 2\r\n\r\nok", 0 },
    { "/reset", TESTSERVER_HOLD_RESET, OK_HEAD "Content-Length: 2\r\n\r\nok",
      0 },
    { "/trickle", TESTSERVER_TRICKLE, OK_HEAD "Content-Length: 9999\r\n\r\n",
      0 },
    { "/announced", TESTSERVER_FLOOD, OK_HEAD "Content-Length: 2000000\r\n\r\n",
      4096 },
    { "/endless", TESTSERVER_FLOOD, OK_HEAD "\r\n", SIZE_MAX },
    { "/100k", TESTSERVER_FLOOD, OK_HEAD "Content-Length: 100000\r\n\r\n",
      100000 },
    { "/pre/ok", TESTSERVER_SAY, OK_HEAD "Content-Length: 3\r\n\r\npre", 0 },
    { NULL, 0, NULL, 0 },
};

/* ---- A client on a loop of its own ---- */

struct heard {
    unsigned calls;
    enum http_fault fault;
    bool sent, keyed;
    int status;
    char sentence[512], body[70000], headers[2048];
    size_t body_len;
    uint32_t took_ms;
    uint64_t tag;
};

struct fixture {
    uv_loop_t loop;
    struct testserver *server, *other;
    struct http *http;
    char backend[80], foreign[80];
    bool closed;
};

static void set_up(struct fixture *fix, const char *prefix, bool allowed)
{
    memset(fix, 0, sizeof *fix);
    fix->server = testserver_new(lines);
    fix->other = testserver_new(lines);
    snprintf(fix->backend, sizeof fix->backend, "http://127.0.0.1:%u%s",
             testserver_port(fix->server), prefix);
    snprintf(fix->foreign, sizeof fix->foreign, "http://127.0.0.1:%u",
             testserver_port(fix->other));
    uv_loop_init(&fix->loop);
    const struct http_config config = {
        .backend_url = fix->backend,
        .api_key = KEY,
        .api_key_collection = "users",
        .allow_hosts = allowed ? fix->foreign : NULL,
    };
    struct error err;
    fix->http = http_new(&fix->loop, &config, &err);
    assert_non_null(fix->http);
}

static void on_closed(void *data)
{
    struct fixture *fix = data;
    fix->closed = true;
}

static void on_beat(uv_timer_t *beat)
{
    (void)beat;
}

/* Turns the loop until `*count` is `wanted`. The beat only bounds the wait. */
static void turn_until(struct fixture *fix, const unsigned *count,
                       unsigned wanted)
{
    uv_timer_t beat;
    uv_timer_init(&fix->loop, &beat);
    uv_timer_start(&beat, on_beat, 5, 5);
    uv_update_time(&fix->loop);
    uint64_t end = uv_now(&fix->loop) + WAIT_MS;
    while (*count < wanted && uv_now(&fix->loop) < end)
        uv_run(&fix->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&beat, NULL);
    uv_run(&fix->loop, UV_RUN_NOWAIT);
    assert_int_equal(*count, wanted);
}

/* The same until the server has heard of it. */
static void turn_until_heard(struct fixture *fix, unsigned wanted)
{
    uv_timer_t beat;
    uv_timer_init(&fix->loop, &beat);
    uv_timer_start(&beat, on_beat, 1, 1);
    uint64_t end = uv_now(&fix->loop) + WAIT_MS;
    while (testserver_heard(fix->server) < wanted && uv_now(&fix->loop) < end)
        uv_run(&fix->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&beat, NULL);
    uv_run(&fix->loop, UV_RUN_NOWAIT);
}

static void on_open_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    fail_msg("a uv %s is left open", uv_handle_type_name(handle->type));
}

static void finish(struct fixture *fix)
{
    if (!fix->closed) {
        http_close(fix->http, on_closed, fix);
        uv_run(&fix->loop, UV_RUN_DEFAULT);
    }
    assert_true(fix->closed);
    uv_walk(&fix->loop, on_open_handle, NULL);
    assert_int_equal(uv_loop_close(&fix->loop), 0);
    testserver_free(fix->server);
    testserver_free(fix->other);
}

static void on_done(void *data, uint64_t tag, const struct http_answer *answer)
{
    struct heard *heard = data;
    heard->calls++;
    heard->fault = answer->fault;
    heard->sent = answer->sent;
    heard->keyed = answer->keyed;
    heard->status = answer->status;
    heard->took_ms = answer->took_ms;
    heard->tag = tag;
    heard->body_len = answer->body_len;
    assert_true(answer->body_len < sizeof heard->body);
    assert_int_equal(answer->body[answer->body_len], 0);
    memcpy(heard->body, answer->body, answer->body_len + 1);
    snprintf(heard->headers, sizeof heard->headers, "%s", answer->headers);
    snprintf(heard->sentence, sizeof heard->sentence, "%s", answer->sentence);
    assert_null(strstr(answer->sentence, KEY));
    assert_int_equal(answer->fault == HTTP_NO_FAULT, !*answer->sentence);
}

static uint64_t send_it(struct fixture *fix, const struct http_request *request,
                        struct heard *heard)
{
    memset(heard, 0, sizeof *heard);
    uint64_t handle = http_send(fix->http, request, on_done, heard, 42);
    assert_int_equal(heard->calls, 0); /* never from inside */
    return handle;
}

static void ask(struct fixture *fix, const struct http_request *request,
                struct heard *heard)
{
    assert_int_not_equal(send_it(fix, request, heard), 0);
    turn_until(fix, &heard->calls, 1);
    assert_int_equal(heard->tag, 42);
    assert_int_equal(http_live(fix->http), 0);
}

static void get(struct fixture *fix, const char *url, struct heard *heard)
{
    ask(fix, &(struct http_request){ .method = METHOD_GET, .url = url }, heard);
}

static void post(struct fixture *fix, const char *url, struct heard *heard)
{
    ask(fix,
        &(struct http_request){
            .method = METHOD_POST, .url = url, .body = "{}", .body_len = 2 },
        heard);
}

/* Does request `index` of a server hold this text? */
static bool heard_text(struct testserver *server, unsigned index,
                       const char *text)
{
    char *request = testserver_request(server, index);
    assert_non_null(request);
    bool holds = strstr(request, text) != NULL;
    free(request);
    return holds;
}

/* ---- Answers ---- */

static void test_an_answer_comes_whole(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    size_t len;
    set_up(&fix, "", false);
    get(&fix, "/ok", &heard);
    assert_int_equal(heard.fault, HTTP_NO_FAULT);
    assert_int_equal(heard.status, 200);
    assert_true(heard.sent);
    assert_string_equal(heard.body, "{\"success\":true}");
    const char *version =
        http_header(heard.headers, "x-settings-version", &len);
    assert_non_null(version);
    assert_memory_equal(version, "7\n", len + 1);
    assert_null(http_header(heard.headers, "x-settings", &len));
    assert_null(http_header(heard.headers, "settings-version", &len));
    finish(&fix);
}

static void test_statuses_are_answers(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int status;
        const char *body;
    } rows[] = {
        { "/none", 404, "" },
        { "/500", 500, "sorry" },
        { "/redirect", 302, "" },
        { "/chunked", 200, "hello world" },
        { "/interim", 200, "ok" },
        { "/until-close", 200, "to the end" },
        { "/ok?q=1", 200, "{\"success\":true}" },
    };
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        get(&fix, rows[i].path, &heard);
        assert_int_equal(heard.fault, HTTP_NO_FAULT);
        assert_int_equal(heard.status, rows[i].status);
        assert_string_equal(heard.body, rows[i].body);
    }
    /* The redirect was not followed. */
    assert_int_equal(testserver_heard(fix.server), sizeof rows / sizeof *rows);
    finish(&fix);
}

static void test_early_headers_are_forgotten(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    size_t len;
    set_up(&fix, "", false);
    get(&fix, "/interim", &heard);
    assert_null(http_header(heard.headers, "x-early", &len));
    assert_non_null(http_header(heard.headers, "content-length", &len));
    get(&fix, "/control", &heard);
    assert_non_null(strstr(heard.headers, "x-odd: a  [31mb \n"));
    finish(&fix);
}

static void test_broken_answers_are_faults(void **state)
{
    (void)state;
    static const char *const paths[] = { "/garbage", "/short", "/drop" };
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        post(&fix, paths[i], &heard);
        assert_int_equal(heard.fault, HTTP_BROKEN);
        assert_true(heard.sent);
    }
    assert_int_equal(testserver_heard(fix.server), 3); /* none sent twice */
    finish(&fix);
}

static void test_too_large_ends_and_large_is_cut(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    get(&fix, "/announced", &heard);
    assert_int_equal(heard.fault, HTTP_TOO_LARGE);
    /* It ends at the limit, not when its time is up. */
    ask(&fix, &(struct http_request){ .url = "/endless", .timeout_ms = 8000 },
        &heard);
    assert_int_equal(heard.fault, HTTP_TOO_LARGE);
    assert_true(heard.took_ms < 8000);
    get(&fix, "/100k", &heard);
    assert_int_equal(heard.fault, HTTP_NO_FAULT);
    assert_int_equal(heard.body_len, HTTP_KEEP_MAX);
    ask(&fix, &(struct http_request){ .url = "/100k", .keep_max = 10 }, &heard);
    assert_string_equal(heard.body, "xxxxxxxxxx");
    finish(&fix);
}

/* ---- Waiting ---- */

static void test_slow_is_a_timeout(void **state)
{
    (void)state;
    static const char *const paths[] = { "/hold", "/trickle" };
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ask(&fix, &(struct http_request){ .url = paths[i], .timeout_ms = 60 },
            &heard);
        assert_int_equal(heard.fault, HTTP_TIMEOUT);
        assert_true(heard.sent);
        assert_in_range(heard.took_ms, 55, 5000);
    }
    finish(&fix);
}

static void test_refused_sent_nothing(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    char url[64];
    set_up(&fix, "", true);
    http_close(fix.http, on_closed, &fix);
    uv_run(&fix.loop, UV_RUN_DEFAULT);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", testserver_no_port());
    const struct http_config config = { .backend_url = url };
    struct error err;
    fix.closed = false;
    fix.http = http_new(&fix.loop, &config, &err);
    for (int i = 0; i < 3; i++) {
        post(&fix, "/ok", &heard);
        assert_int_equal(heard.fault, HTTP_UNREACHABLE);
        assert_false(heard.sent);
        assert_int_equal(heard.status, 0);
    }
    finish(&fix);
}

/* A descriptor that libcurl closed is free for the next who wants one. */
static void test_refused_leaves_no_watch(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    char url[64];
    set_up(&fix, "", true);
    struct http *idle = fix.http;
    snprintf(url, sizeof url, "http://localhost:%u", testserver_no_port());
    const struct http_config config = { .backend_url = url };
    struct error err;
    fix.http = http_new(&fix.loop, &config, &err);
    post(&fix, "/ok", &heard);
    assert_int_equal(heard.fault, HTTP_UNREACHABLE);
    uv_pipe_t pipes[8];
    int ends[8][2];
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
        uv_pipe_init(&fix.loop, &pipes[i], 0);
        assert_int_equal(uv_pipe_open(&pipes[i], ends[i][0]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        uv_close((uv_handle_t *)&pipes[i], NULL);
        close(ends[i][1]);
    }
    http_close(idle, on_closed, &fix);
    uv_run(&fix.loop, UV_RUN_DEFAULT);
    fix.closed = false;
    finish(&fix);
}

static void test_reset_before_reading(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    testserver_refuse(fix.server);
    post(&fix, "/ok", &heard);
    /* The reset is seen as the connection comes about, or a moment later. */
    if (heard.fault == HTTP_UNREACHABLE)
        assert_false(heard.sent);
    else
        assert_int_equal(heard.fault, HTTP_BROKEN);
    assert_int_equal(testserver_heard(fix.server), 0);
    finish(&fix);
}

/* What arrived whole before a reset is an answer, though poll tells of the
 * error first. */
static void test_an_answer_before_a_reset_counts(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    send_it(&fix, &(struct http_request){ .url = "/reset" }, &heard);
    turn_until_heard(&fix, 1);
    testserver_release(fix.server); /* sent and reset, and nobody looked */
    turn_until(&fix, &heard.calls, 1);
    assert_string_equal(heard.sentence, "");
    assert_int_equal(heard.status, 200);
    assert_string_equal(heard.body, "ok");
    finish(&fix);
}

/* ---- What is sent ---- */

static void test_the_request_is_as_asked(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    const char *const headers[] = { "X-Mooncron-Job: feed:rank",
                                    "Content-Type: text/plain" };
    set_up(&fix, "", false);
    post(&fix, "/ok", &heard);
    assert_true(heard_text(fix.server, 0, "POST /ok HTTP/1.1\r\n"));
    assert_true(heard_text(fix.server, 0,
                           "\r\nAuthorization: users API-Key " KEY "\r\n"));
    assert_true(heard_text(fix.server, 0, "\r\nx-api-key: " KEY "\r\n"));
    assert_true(heard_text(fix.server, 0, "User-Agent: mooncron/"));
    assert_true(
        heard_text(fix.server, 0, "Content-Type: application/json\r\n"));
    assert_true(heard_text(fix.server, 0, "\r\n\r\n{}"));
    ask(&fix,
        &(struct http_request){ .method = METHOD_PUT,
                                .url = "/ok",
                                .headers = headers,
                                .header_count = 2,
                                .body = "text",
                                .body_len = 4 },
        &heard);
    assert_true(heard_text(fix.server, 1, "PUT /ok HTTP/1.1\r\n"));
    assert_true(heard_text(fix.server, 1, "X-Mooncron-Job: feed:rank\r\n"));
    assert_true(heard_text(fix.server, 1, "Content-Type: text/plain\r\n"));
    assert_false(heard_text(fix.server, 1, "application/json"));
    /* The same handle again: nothing of the last request is left. */
    get(&fix, "/ok", &heard);
    assert_true(heard_text(fix.server, 2, "GET /ok HTTP/1.1\r\n"));
    assert_false(heard_text(fix.server, 2, "X-Mooncron-Job"));
    assert_false(heard_text(fix.server, 2, "Content-"));
    ask(&fix, &(struct http_request){ .method = METHOD_DELETE, .url = "/ok" },
        &heard);
    assert_true(heard_text(fix.server, 3, "DELETE /ok HTTP/1.1\r\n"));
    ask(&fix, &(struct http_request){ .method = METHOD_POST, .url = "/ok" },
        &heard);
    assert_true(heard_text(fix.server, 4, "Content-Length: 0\r\n"));
    finish(&fix);
}

static void test_a_large_body_does_not_wait_to_be_welcome(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    size_t len = 200000;
    char *body = malloc(len + 1);
    memset(body, 'b', len);
    body[len] = '\0';
    send_it(&fix,
            &(struct http_request){ .method = METHOD_POST,
                                    .url = "/ok",
                                    .body = body,
                                    .body_len = len },
            &heard);
    memset(body, 'X', len); /* it was copied */
    turn_until(&fix, &heard.calls, 1);
    assert_int_equal(heard.status, 200);
    assert_false(heard_text(fix.server, 0, "Expect"));
    assert_false(heard_text(fix.server, 0,
                            "X"
                            "X"));
    char *request = testserver_request(fix.server, 0);
    assert_true(strlen(request) > len);
    free(request);
    free(body);
    finish(&fix);
}

static void test_the_prefix_is_kept(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "/pre/", false);
    get(&fix, "/ok", &heard);
    assert_string_equal(heard.body, "pre");
    finish(&fix);
}

static void test_the_key_stays_with_the_backend(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    char url[120];
    set_up(&fix, "", true);
    snprintf(url, sizeof url, "%s/ok", fix.foreign);
    get(&fix, url, &heard);
    assert_int_equal(heard.status, 200);
    assert_int_equal(testserver_heard(fix.other), 1);
    assert_false(heard_text(fix.other, 0, KEY));
    assert_false(heard.keyed);
    /* Written out, it is still the backend. */
    snprintf(url, sizeof url, "%s/ok", fix.backend);
    get(&fix, url, &heard);
    assert_true(heard_text(fix.server, 0, KEY));
    assert_true(heard.keyed);
    /* Who brings a key of their own gets none of ours. */
    const char *const own[] = { "authorization: Bearer mine" };
    ask(&fix,
        &(struct http_request){
            .url = "/ok", .headers = own, .header_count = 1 },
        &heard);
    assert_true(heard_text(fix.server, 1, "Bearer mine"));
    assert_false(heard_text(fix.server, 1, KEY));
    assert_false(heard.keyed);
    finish(&fix);
}

/* ---- What is refused ---- */

static void test_bad_requests_are_faults(void **state)
{
    (void)state;
    static const struct {
        const char *url, *header, *sentence;
    } rows[] = {
        { "", NULL, "no URL" },
        { "ok", NULL, "no URL" },
        { "ftp://127.0.0.1/ok", NULL, "only http" },
        { "file:///etc/passwd", NULL, "no URL" },
        { "http://127.0.0.1:1/ok", NULL, "neither BACKEND_URL's origin" },
        { "http://user:pass@127.0.0.1/ok", NULL, "no place in a URL" },
        { "//127.0.0.1:1/ok", NULL, NULL }, /* a path, below the backend */
        { "/a b", NULL, "space or a control" },
        { "/a\r\nX: 1", NULL, "space or a control" },
        { "/ok", "a", "malformed" },
        { "/ok", "", "malformed" },
        { "/ok", ": b", "malformed" },
        { "/ok", "a b: c", "malformed" },
        { "/ok", "a: b\r\nX: 1", "malformed" },
        { "/ok", "a: b\x01", "malformed" },
        { "/ok", "a: b\tc", "malformed" },
        { "/ok", "a: b\x7f", "malformed" },
        { "/ok", "X-Secret: " KEY "\n", "malformed" },
    };
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(&fix,
            &(struct http_request){ .url = rows[i].url,
                                    .headers = &rows[i].header,
                                    .header_count = rows[i].header != NULL },
            &heard);
        if (!rows[i].sentence) {
            assert_int_equal(heard.status, 404);
            continue;
        }
        assert_int_equal(heard.fault, HTTP_BAD_URL);
        assert_false(heard.sent);
        assert_int_equal(heard.status, 0);
        if (!strstr(heard.sentence, rows[i].sentence))
            fail_msg("\"%s\" says: %s", rows[i].url, heard.sentence);
    }
    finish(&fix);
}

static void test_long_requests_are_refused(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    char url[HTTP_URL_MAX + 2];
    memset(url, 'a', sizeof url - 1);
    url[0] = '/';
    url[sizeof url - 1] = '\0';
    get(&fix, url, &heard);
    assert_int_equal(heard.fault, HTTP_BAD_URL);
    const char *headers[HTTP_HEADERS_MAX + 1];
    for (size_t i = 0; i <= HTTP_HEADERS_MAX; i++)
        headers[i] = "X-Many: 1";
    ask(&fix,
        &(struct http_request){ .url = "/ok",
                                .headers = headers,
                                .header_count = HTTP_HEADERS_MAX + 1 },
        &heard);
    assert_int_equal(heard.fault, HTTP_BAD_URL);
    ask(&fix,
        &(struct http_request){ .url = "/ok",
                                .headers = headers,
                                .header_count = HTTP_HEADERS_MAX },
        &heard);
    assert_int_equal(heard.status, 200);
    finish(&fix);
}

static void test_link_local_is_refused(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_loop_init(&loop);
    static const char *const urls[] = { "http://169.254.169.254",
                                        "http://[fe80::1]",
                                        "http://[::ffff:169.254.169.254]" };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const struct http_config config = { .backend_url = urls[i] };
        struct error err;
        struct fixture fix = { .http = http_new(&loop, &config, &err) };
        struct heard heard;
        assert_non_null(fix.http);
        send_it(&fix, &(struct http_request){ .url = "/" }, &heard);
        http_close(fix.http, on_closed, &fix); /* ends by itself or cancelled */
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(heard.calls, 1);
        assert_true(fix.closed);
    }
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const struct http_config config = { .backend_url = urls[i] };
        struct error err;
        struct http *http = http_new(&loop, &config, &err);
        struct heard heard = { .calls = 0 };
        struct fixture fix = { .http = http };
        assert_non_null(http);
        assert_int_not_equal(http_send(http,
                                       &(struct http_request){ .url = "/" },
                                       on_done, &heard, 0),
                             0);
        while (!heard.calls)
            uv_run(&loop, UV_RUN_ONCE);
        assert_int_equal(heard.fault, HTTP_BAD_URL);
        assert_non_null(strstr(heard.sentence, "link-local"));
        http_close(http, on_closed, &fix);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_true(fix.closed);
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_the_own_listener_is_not_called(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", true);
    struct sockaddr_storage listener = { 0 };
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(testserver_port(fix.server)),
    };
    memcpy(&listener, &address, sizeof address); /* on any address */
    http_avoid(fix.http, &listener);
    get(&fix, "/ok", &heard);
    assert_int_equal(heard.fault, HTTP_BAD_URL);
    assert_false(heard.sent);
    assert_non_null(strstr(heard.sentence, "the worker's own listener"));
    char url[120];
    snprintf(url, sizeof url, "%s/ok", fix.foreign); /* another port */
    get(&fix, url, &heard);
    assert_int_equal(heard.status, 200);
    finish(&fix);
}

static void test_config_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *backend, *allow, *sentence;
    } rows[] = {
        { NULL, NULL, "BACKEND_URL" },
        { "", NULL, "BACKEND_URL" },
        { "localhost:4000", NULL, "BACKEND_URL" },
        { "ftp://localhost", NULL, "BACKEND_URL" },
        { "http://", NULL, "BACKEND_URL" },
        { "http://a:b@localhost", NULL, "BACKEND_URL" },
        { "http://localhost/?x=1", NULL, "BACKEND_URL" },
        { "http://local host", NULL, "BACKEND_URL" },
        { "http://localhost:99999", NULL, "BACKEND_URL" },
        { "http://localhost", "ftp://x", "MOONCRON_ALLOW_HOSTS" },
    };
    uv_loop_t loop;
    uv_loop_init(&loop);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_config config = { .backend_url = rows[i].backend,
                                            .allow_hosts = rows[i].allow };
        struct error err = { "" };
        assert_null(http_new(&loop, &config, &err));
        if (strncmp(err.text, rows[i].sentence, strlen(rows[i].sentence)))
            fail_msg("%s: %s", rows[i].backend, err.text);
        assert_null(strstr(err.text, "a:b"));
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* What a place that trusts nobody sets. */
static void test_strict_config_is_checked(void **state)
{
    (void)state;
    static const struct {
        struct http_config config;
        const char *sentence;
    } rows[] = {
        { { .backend_url = "http://a", .https_only = true },
          "only https:// is spoken here (MOONCRON_HTTPS_ONLY)" },
        { { .backend_url = "https://a",
            .allow_hosts = "http://b",
            .https_only = true },
          "only https:// is spoken here (MOONCRON_HTTPS_ONLY)" },
        { { .backend_url = "https://a", .ca_file = "/no/file" },
          "MOONCRON_CA_FILE: /no/file: No such" },
        { { .backend_url = "https://a", .client_cert = "/no/file" },
          "MOONCRON_CLIENT_CERT: /no/file: No such" },
        { { .backend_url = "https://a",
            .client_cert = "/dev/null",
            .client_key = "/no/file" },
          "MOONCRON_CLIENT_KEY: /no/file: No such" },
        { { .backend_url = "https://a", .client_key = "/dev/null" },
          "MOONCRON_CLIENT_KEY is set, and MOONCRON_CLIENT_CERT is not" },
    };
    uv_loop_t loop;
    uv_loop_init(&loop);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = { "" };
        assert_null(http_new(&loop, &rows[i].config, &err));
        if (!strstr(err.text, rows[i].sentence))
            fail_msg("%zu: %s", i, err.text);
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* Where the list allows https alone, a script's http:// is no URL. */
static void test_https_only_holds_for_each_call(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_loop_init(&loop);
    const struct http_config config = { .backend_url = "https://localhost",
                                        .https_only = true };
    struct error err;
    struct fixture fix = { .http = http_new(&loop, &config, &err) };
    struct heard heard = { 0 };
    send_it(&fix, &(struct http_request){ .url = "http://localhost/" }, &heard);
    while (!heard.calls)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(heard.fault, HTTP_BAD_URL);
    assert_non_null(strstr(heard.sentence, "MOONCRON_HTTPS_ONLY"));
    http_close(fix.http, on_closed, &fix);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- Ends ---- */

static void test_cancel_ends_once(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    get(&fix, "/ok", &heard);
    /* Before anything: what the handle said last is not this one's. */
    uint64_t handle =
        send_it(&fix, &(struct http_request){ .url = "/hold" }, &heard);
    assert_false(http_cancel(fix.http, handle));
    assert_false(http_cancel(fix.http, handle));
    assert_int_equal(heard.calls, 0);
    turn_until(&fix, &heard.calls, 1);
    assert_int_equal(heard.fault, HTTP_CANCELLED);
    assert_false(heard.sent);
    assert_int_equal(heard.status, 0);
    assert_int_equal(heard.body_len, 0);
    assert_false(http_cancel(fix.http, handle)); /* long dead */
    assert_false(http_cancel(fix.http, 0));
    assert_false(http_cancel(fix.http, UINT64_MAX));
    finish(&fix);
    assert_int_equal(heard.calls, 1);
}

static void test_cancel_under_way_may_have_been_sent(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    uint64_t handle =
        send_it(&fix, &(struct http_request){ .url = "/hold" }, &heard);
    turn_until_heard(&fix, 1);
    assert_int_equal(testserver_heard(fix.server), 1);
    assert_true(http_cancel(fix.http, handle));
    turn_until(&fix, &heard.calls, 1);
    assert_int_equal(heard.fault, HTTP_CANCELLED);
    assert_true(heard.sent);
    finish(&fix);
}

static void test_close_ends_what_is_live(void **state)
{
    (void)state;
    struct fixture fix;
    static struct heard heard[20];
    set_up(&fix, "", false);
    get(&fix, "/ok", &heard[0]);
    for (size_t i = 0; i < 20; i++)
        send_it(&fix, &(struct http_request){ .url = "/hold" }, &heard[i]);
    for (int i = 0; i < 50; i++)
        uv_run(&fix.loop, UV_RUN_NOWAIT);
    http_close(fix.http, on_closed, &fix);
    assert_int_equal(http_room(fix.http), 0);
    assert_int_equal(http_send(fix.http, &(struct http_request){ .url = "/ok" },
                               on_done, &heard[0], 0),
                     0);
    uv_run(&fix.loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(heard[i].calls, 1);
        assert_int_equal(heard[i].fault, HTTP_CANCELLED);
    }
    finish(&fix);
}

struct closer {
    struct fixture *fix;
    unsigned calls;
};

static void on_done_close(void *data, uint64_t tag,
                          const struct http_answer *answer)
{
    struct closer *closer = data;
    (void)tag;
    assert_int_equal(answer->status, 200);
    closer->calls++;
    http_close(closer->fix->http, on_closed, closer->fix);
}

static void test_close_from_inside_a_callback(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    struct closer closer = { .fix = &fix };
    http_send(fix.http, &(struct http_request){ .url = "/ok" }, on_done_close,
              &closer, 0);
    send_it(&fix, &(struct http_request){ .url = "/hold" }, &heard);
    uv_run(&fix.loop, UV_RUN_DEFAULT);
    assert_int_equal(closer.calls, 1);
    assert_int_equal(heard.fault, HTTP_CANCELLED);
    finish(&fix);
}

/* ---- Many ---- */

struct crowd {
    struct fixture *fix;
    const struct http_request *request;
    unsigned wanted, sent, done, good;
    size_t live_max;
};

static void crowd_fill(struct crowd *crowd);

static void on_crowd(void *data, uint64_t tag, const struct http_answer *answer)
{
    struct crowd *crowd = data;
    (void)tag;
    crowd->done++;
    crowd->good += answer->status == 200;
    crowd_fill(crowd);
}

static void crowd_fill(struct crowd *crowd)
{
    while (crowd->sent < crowd->wanted && http_room(crowd->fix->http)) {
        assert_int_not_equal(
            http_send(crowd->fix->http, crowd->request, on_crowd, crowd, 0), 0);
        crowd->sent++;
        if (http_live(crowd->fix->http) > crowd->live_max)
            crowd->live_max = http_live(crowd->fix->http);
    }
}

static void test_connections_are_reused(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    for (int i = 0; i < 20; i++)
        post(&fix, i % 2 ? "/ok" : "/chunked", &heard);
    assert_int_equal(testserver_heard(fix.server), 20);
    assert_int_equal(testserver_accepts(fix.server), 1);
    finish(&fix);
}

static void test_a_crowd_keeps_to_the_room(void **state)
{
    (void)state;
    struct fixture fix;
    set_up(&fix, "", false);
    const struct http_request request = {
        .method = METHOD_POST, .url = "/ok", .body = "{}", .body_len = 2
    };
    struct crowd crowd = { .fix = &fix, .request = &request, .wanted = 1000 };
    crowd_fill(&crowd);
    assert_int_equal(http_room(fix.http), 0);
    assert_int_equal(http_send(fix.http, &request, on_crowd, &crowd, 0), 0);
    turn_until(&fix, &crowd.done, 1000);
    assert_int_equal(crowd.good, 1000);
    assert_int_equal(crowd.live_max, HTTP_LIVE_MAX);
    assert_int_equal(testserver_heard(fix.server), 1000);
    assert_true(testserver_accepts(fix.server) <= HTTP_LIVE_MAX);
    finish(&fix);
}

/* A POST over a connection that ends before its answer is not sent again, a
 * GET may be. */
static void test_a_post_is_never_sent_twice(void **state)
{
    (void)state;
    struct fixture fix;
    struct heard heard;
    set_up(&fix, "", false);
    get(&fix, "/ok", &heard);
    post(&fix, "/drop", &heard);
    assert_int_equal(heard.fault, HTTP_BROKEN);
    assert_true(heard.sent);
    assert_int_equal(testserver_heard(fix.server), 2);
    finish(&fix);
}

static void on_ring(uv_timer_t *timer)
{
    ++*(unsigned *)timer->data;
}

/* Calls that fail at once, and are sent again at once, share the loop. */
static void fail_at_once(const char *backend, const char *url)
{
    struct fixture fix;
    uv_timer_t timer;
    unsigned rings = 0;
    set_up(&fix, "", false);
    http_close(fix.http, on_closed, &fix);
    uv_run(&fix.loop, UV_RUN_DEFAULT);
    fix.closed = false;
    const struct http_config config = { .backend_url = backend };
    struct error err;
    fix.http = http_new(&fix.loop, &config, &err);
    const struct http_request request = { .url = url };
    struct crowd crowd = { .fix = &fix,
                           .request = &request,
                           .wanted = UINT32_MAX };
    uv_timer_init(&fix.loop, &timer);
    timer.data = &rings;
    uv_timer_start(&timer, on_ring, 20, 0);
    crowd_fill(&crowd);
    turn_until(&fix, &rings, 1);
    crowd.wanted = crowd.sent;
    turn_until(&fix, &crowd.done, crowd.sent);
    assert_int_equal(crowd.good, 0);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&fix.loop, UV_RUN_NOWAIT);
    finish(&fix);
}

static void test_failing_at_once_does_not_hold_the_loop(void **state)
{
    (void)state;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u", testserver_no_port());
    fail_at_once(url, "/ok");
    fail_at_once(url, "nonsense");
    fail_at_once("http://169.254.1.1", "/refused/before/a/socket");
}

int main(void)
{
    /* A child of a test suite without a way out must not hang. */
    alarm(240);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_comes_whole),
        cmocka_unit_test(test_statuses_are_answers),
        cmocka_unit_test(test_early_headers_are_forgotten),
        cmocka_unit_test(test_broken_answers_are_faults),
        cmocka_unit_test(test_too_large_ends_and_large_is_cut),
        cmocka_unit_test(test_slow_is_a_timeout),
        cmocka_unit_test(test_refused_sent_nothing),
        cmocka_unit_test(test_refused_leaves_no_watch),
        cmocka_unit_test(test_reset_before_reading),
        cmocka_unit_test(test_an_answer_before_a_reset_counts),
        cmocka_unit_test(test_the_request_is_as_asked),
        cmocka_unit_test(test_a_large_body_does_not_wait_to_be_welcome),
        cmocka_unit_test(test_the_prefix_is_kept),
        cmocka_unit_test(test_the_key_stays_with_the_backend),
        cmocka_unit_test(test_bad_requests_are_faults),
        cmocka_unit_test(test_long_requests_are_refused),
        cmocka_unit_test(test_link_local_is_refused),
        cmocka_unit_test(test_the_own_listener_is_not_called),
        cmocka_unit_test(test_config_is_checked),
        cmocka_unit_test(test_strict_config_is_checked),
        cmocka_unit_test(test_https_only_holds_for_each_call),
        cmocka_unit_test(test_cancel_ends_once),
        cmocka_unit_test(test_cancel_under_way_may_have_been_sent),
        cmocka_unit_test(test_close_ends_what_is_live),
        cmocka_unit_test(test_close_from_inside_a_callback),
        cmocka_unit_test(test_connections_are_reused),
        cmocka_unit_test(test_a_crowd_keeps_to_the_room),
        cmocka_unit_test(test_a_post_is_never_sent_twice),
        cmocka_unit_test(test_failing_at_once_does_not_hold_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
