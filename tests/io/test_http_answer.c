/* What comes of a call: an answer, or what went wrong. */
#include "caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_an_answer_comes_whole(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    size_t len;
    caller_get(caller, "/ok");
    assert_int_equal(heard->fault, HTTP_NO_FAULT);
    assert_int_equal(heard->status, 200);
    assert_true(heard->sent);
    assert_string_equal(heard->body, "{\"success\":true}");
    const char *version =
        http_header(heard->headers, "x-settings-version", &len);
    assert_non_null(version);
    assert_memory_equal(version, "7\n", len + 1);
    assert_null(http_header(heard->headers, "x-settings", &len));
    assert_null(http_header(heard->headers, "settings-version", &len));
}

static void test_statuses_are_answers(void **state)
{
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
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        caller_get(caller, rows[i].path);
        assert_int_equal(heard->fault, HTTP_NO_FAULT);
        assert_int_equal(heard->status, rows[i].status);
        assert_string_equal(heard->body, rows[i].body);
    }
    /* The redirect was not followed. */
    assert_int_equal(testserver_heard(caller->server),
                     sizeof rows / sizeof *rows);
}

static void test_early_headers_are_forgotten(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    size_t len;
    caller_get(caller, "/interim");
    assert_null(http_header(heard->headers, "x-early", &len));
    assert_non_null(http_header(heard->headers, "content-length", &len));
    caller_get(caller, "/control");
    assert_non_null(strstr(heard->headers, "x-odd: a  [31mb \n"));
}

static void test_broken_answers_are_faults(void **state)
{
    static const char *const paths[] = { "/garbage", "/short", "/drop" };
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        caller_post(caller, paths[i]);
        assert_int_equal(heard->fault, HTTP_BROKEN);
        assert_true(heard->sent);
    }
    assert_int_equal(testserver_heard(caller->server), 3); /* none sent twice */
}

static void test_too_large_ends_and_large_is_cut(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    caller_get(caller, "/announced");
    assert_int_equal(heard->fault, HTTP_TOO_LARGE);
    /* It ends at the limit, not when its time is up. */
    caller_ask(caller,
               &(struct http_request){ .url = "/endless", .timeout_ms = 8000 });
    assert_int_equal(heard->fault, HTTP_TOO_LARGE);
    assert_true(heard->took_ms < 8000);
    caller_get(caller, "/100k");
    assert_int_equal(heard->fault, HTTP_NO_FAULT);
    assert_int_equal(heard->body_len, HTTP_KEEP_MAX);
    caller_ask(caller,
               &(struct http_request){ .url = "/100k", .keep_max = 10 });
    assert_string_equal(heard->body, "xxxxxxxxxx");
}

static void test_slow_is_a_timeout(void **state)
{
    static const char *const paths[] = { "/hold", "/trickle" };
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        caller_ask(caller,
                   &(struct http_request){ .url = paths[i], .timeout_ms = 60 });
        assert_int_equal(heard->fault, HTTP_TIMEOUT);
        assert_true(heard->sent);
        assert_true(heard->took_ms >= 55);
    }
}

static void test_refused_sent_nothing(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    caller_call_nobody(caller, "127.0.0.1");
    for (int i = 0; i < 3; i++) {
        caller_post(caller, "/ok");
        assert_int_equal(heard->fault, HTTP_UNREACHABLE);
        assert_false(heard->sent);
        assert_int_equal(heard->status, 0);
    }
}

/* A descriptor that libcurl closed is free for the next who wants one. */
static void test_refused_leaves_no_watch(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    uv_pipe_t pipes[8];
    int ends[8][2];
    caller_call_nobody(caller, "localhost");
    caller_post(caller, "/ok");
    assert_int_equal(heard->fault, HTTP_UNREACHABLE);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
        uv_pipe_init(&caller->loop, &pipes[i], 0);
        assert_int_equal(uv_pipe_open(&pipes[i], ends[i][0]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        uv_close((uv_handle_t *)&pipes[i], NULL);
        close(ends[i][1]);
    }
    uv_run(&caller->loop, UV_RUN_NOWAIT);
}

static void test_reset_before_reading(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    testserver_refuse(caller->server);
    caller_post(caller, "/ok");
    /* The reset is seen as the connection comes about, or a moment later. */
    if (heard->fault == HTTP_UNREACHABLE)
        assert_false(heard->sent);
    else
        assert_int_equal(heard->fault, HTTP_BROKEN);
    assert_int_equal(testserver_heard(caller->server), 0);
}

/* What arrived whole before a reset is an answer, though poll tells of the
 * error first. */
static void test_an_answer_before_a_reset_counts(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    caller_send(caller, &(struct http_request){ .url = "/reset" });
    caller_await_server(caller, 1);
    testserver_release(caller->server); /* sent and reset, and nobody looked */
    caller_await(caller);
    assert_string_equal(heard->sentence, "");
    assert_int_equal(heard->status, 200);
    assert_string_equal(heard->body, "ok");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CALLER_TEST(test_an_answer_comes_whole),
        CALLER_TEST(test_statuses_are_answers),
        CALLER_TEST(test_early_headers_are_forgotten),
        CALLER_TEST(test_broken_answers_are_faults),
        CALLER_TEST(test_too_large_ends_and_large_is_cut),
        CALLER_TEST(test_slow_is_a_timeout),
        CALLER_TEST(test_refused_sent_nothing),
        CALLER_TEST(test_refused_leaves_no_watch),
        CALLER_TEST(test_reset_before_reading),
        CALLER_TEST(test_an_answer_before_a_reset_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
