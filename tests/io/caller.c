/* A caller: the HTTP client on a loop of its own, and what it was told. */
#include "caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* ---- a client for each test ---- */

int caller_setup(void **state)
{
    struct caller *caller = calloc(1, sizeof *caller);
    struct error err;
    caller->server = testserver_new(lines);
    caller->other = testserver_new(lines);
    snprintf(caller->backend, sizeof caller->backend, "http://127.0.0.1:%u",
             testserver_port(caller->server));
    snprintf(caller->foreign, sizeof caller->foreign, "http://127.0.0.1:%u",
             testserver_port(caller->other));
    const struct http_config config = {
        .backend_url = caller->backend,
        .api_key = KEY,
        .api_key_collection = "users",
        .allow_hosts = caller->foreign,
    };
    uv_loop_init(&caller->loop);
    caller->http = http_new(&caller->loop, &config, &err);
    assert_non_null(caller->http);
    *state = caller;
    return 0;
}

int caller_teardown(void **state)
{
    struct caller *caller = *state;
    caller_close(caller);
    loop_end(&caller->loop);
    testserver_free(caller->server);
    testserver_free(caller->other);
    free(caller);
    return 0;
}

void caller_on_closed(void *data)
{
    struct caller *caller = data;
    caller->closed = true;
}

void caller_close(struct caller *caller)
{
    if (!caller->closed) {
        http_close(caller->http, caller_on_closed, caller);
        uv_run(&caller->loop, UV_RUN_DEFAULT);
    }
    assert_true(caller->closed);
}

void caller_become(struct caller *caller, const struct http_config *config)
{
    struct error err;
    caller_close(caller);
    caller->http = http_new(&caller->loop, config, &err);
    assert_non_null(caller->http);
    caller->closed = false;
}

void caller_call_nobody(struct caller *caller, const char *host)
{
    char url[64];
    snprintf(url, sizeof url, "http://%s:%u", host, testserver_no_port());
    caller_become(caller, &(struct http_config){ .backend_url = url });
}

/* ---- calls ---- */

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

uint64_t caller_send_to(struct caller *caller,
                        const struct http_request *request, struct heard *heard)
{
    memset(heard, 0, sizeof *heard);
    uint64_t handle = http_send(caller->http, request, on_done, heard, 42);
    assert_int_not_equal(handle, 0);
    assert_int_equal(heard->calls, 0);
    return handle;
}

uint64_t caller_send(struct caller *caller, const struct http_request *request)
{
    return caller_send_to(caller, request, &caller->heard);
}

void caller_await(struct caller *caller)
{
    loop_until(&caller->loop, &caller->heard.calls, 1);
    assert_int_equal(caller->heard.tag, 42);
}

void caller_ask(struct caller *caller, const struct http_request *request)
{
    caller_send(caller, request);
    caller_await(caller);
    assert_int_equal(http_live(caller->http), 0);
}

void caller_get(struct caller *caller, const char *url)
{
    caller_ask(caller,
               &(struct http_request){ .method = METHOD_GET, .url = url });
}

void caller_post(struct caller *caller, const char *url)
{
    caller_ask(caller, &(struct http_request){ .method = METHOD_POST,
                                               .url = url,
                                               .body = "{}",
                                               .body_len = 2 });
}

/* ---- what the servers heard ---- */

static unsigned heard_by(void *server)
{
    return testserver_heard(server);
}

void caller_await_server(struct caller *caller, unsigned wanted)
{
    loop_until_says(&caller->loop, heard_by, caller->server, wanted);
}

bool heard_at(struct caller *caller, unsigned index, const char *text)
{
    char *request = testserver_request(caller->server, index);
    assert_non_null(request);
    bool holds = strstr(request, text) != NULL;
    free(request);
    return holds;
}
