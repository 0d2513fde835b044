/* What is sent, to whom, and with whose key. */
#include "caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_the_request_is_as_asked(void **state)
{
    struct caller *caller = *state;
    const char *const headers[] = { "X-Mooncron-Job: feed:rank",
                                    "Content-Type: text/plain" };
    caller_post(caller, "/ok");
    assert_true(heard_at(caller, 0, "POST /ok HTTP/1.1\r\n"));
    assert_true(
        heard_at(caller, 0, "\r\nAuthorization: users API-Key " KEY "\r\n"));
    assert_true(heard_at(caller, 0, "\r\nx-api-key: " KEY "\r\n"));
    assert_true(heard_at(caller, 0, "User-Agent: mooncron/"));
    assert_true(heard_at(caller, 0, "Content-Type: application/json\r\n"));
    assert_true(heard_at(caller, 0, "\r\n\r\n{}"));
    caller_ask(caller,
               &(struct http_request){ .method = METHOD_PUT,
                                       .url = "/ok",
                                       .block = "X-First: 1\r\nX-Second: 2",
                                       .headers = headers,
                                       .header_count = 2,
                                       .body = "text",
                                       .body_len = 4 });
    assert_true(heard_at(caller, 1, "PUT /ok HTTP/1.1\r\n"));
    assert_true(heard_at(caller, 1,
                         "\r\nX-First: 1\r\nX-Second: 2\r\n"
                         "X-Mooncron-Job: feed:rank\r\n"));
    assert_true(heard_at(caller, 1, "Content-Type: text/plain\r\n"));
    assert_false(heard_at(caller, 1, "application/json"));
    /* The same handle again: nothing of the last request is left. */
    caller_get(caller, "/ok");
    assert_true(heard_at(caller, 2, "GET /ok HTTP/1.1\r\n"));
    assert_false(heard_at(caller, 2, "X-"));
    assert_false(heard_at(caller, 2, "Content-"));
    caller_ask(caller,
               &(struct http_request){ .method = METHOD_DELETE, .url = "/ok" });
    assert_true(heard_at(caller, 3, "DELETE /ok HTTP/1.1\r\n"));
    caller_ask(caller,
               &(struct http_request){ .method = METHOD_POST, .url = "/ok" });
    assert_true(heard_at(caller, 4, "Content-Length: 0\r\n"));
}

static void test_a_large_body_does_not_wait_to_be_welcome(void **state)
{
    struct caller *caller = *state;
    size_t len = 200000;
    char *body = malloc(len + 1);
    memset(body, 'b', len);
    body[len] = '\0';
    caller_send(caller, &(struct http_request){ .method = METHOD_POST,
                                                .url = "/ok",
                                                .body = body,
                                                .body_len = len });
    memset(body, 'X', len); /* it was copied */
    caller_await(caller);
    assert_int_equal(caller->heard.status, 200);
    assert_false(heard_at(caller, 0, "Expect"));
    assert_false(heard_at(caller, 0, "XX"));
    char *request = testserver_request(caller->server, 0);
    assert_true(strlen(request) > len);
    free(request);
    free(body);
}

static void test_the_prefix_is_kept(void **state)
{
    struct caller *caller = *state;
    char url[120];
    snprintf(url, sizeof url, "%s/pre/", caller->backend);
    caller_become(caller, &(struct http_config){ .backend_url = url });
    caller_get(caller, "/ok");
    assert_string_equal(caller->heard.body, "pre");
}

static void test_the_key_stays_with_the_backend(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    char url[120];
    snprintf(url, sizeof url, "%s/ok", caller->foreign);
    caller_get(caller, url);
    assert_int_equal(heard->status, 200);
    assert_int_equal(testserver_heard(caller->other), 1);
    char *request = testserver_request(caller->other, 0);
    assert_null(strstr(request, KEY));
    free(request);
    assert_false(heard->keyed);
    /* Written out, it is still the backend. */
    snprintf(url, sizeof url, "%s/ok", caller->backend);
    caller_get(caller, url);
    assert_true(heard_at(caller, 0, KEY));
    assert_true(heard->keyed);
    /* Who brings a key of their own gets none of ours. */
    const char *const own[] = { "authorization: Bearer mine" };
    caller_ask(caller, &(struct http_request){
                           .url = "/ok", .headers = own, .header_count = 1 });
    assert_true(heard_at(caller, 1, "Bearer mine"));
    assert_false(heard_at(caller, 1, KEY));
    assert_false(heard->keyed);
}

/* A POST over a connection that ends before its answer is not sent again, a
 * GET may be. */
static void test_a_post_is_never_sent_twice(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    caller_get(caller, "/ok");
    caller_post(caller, "/drop");
    assert_int_equal(heard->fault, HTTP_BROKEN);
    assert_true(heard->sent);
    assert_int_equal(testserver_heard(caller->server), 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CALLER_TEST(test_the_request_is_as_asked),
        CALLER_TEST(test_a_large_body_does_not_wait_to_be_welcome),
        CALLER_TEST(test_the_prefix_is_kept),
        CALLER_TEST(test_the_key_stays_with_the_backend),
        CALLER_TEST(test_a_post_is_never_sent_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
