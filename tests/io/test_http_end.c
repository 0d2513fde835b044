/* Calls that are cancelled, and a client that is closed: each ends once. */
#include "caller.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_cancel_ends_once(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    caller_get(caller, "/ok");
    /* Before anything: what the handle said last is not this one's. */
    uint64_t handle =
        caller_send(caller, &(struct http_request){ .url = "/hold" });
    assert_false(http_cancel(caller->http, handle));
    assert_false(http_cancel(caller->http, handle));
    assert_int_equal(heard->calls, 0);
    caller_await(caller);
    assert_int_equal(heard->fault, HTTP_CANCELLED);
    assert_false(heard->sent);
    assert_int_equal(heard->status, 0);
    assert_int_equal(heard->body_len, 0);
    assert_false(http_cancel(caller->http, handle)); /* long dead */
    assert_false(http_cancel(caller->http, 0));
    assert_false(http_cancel(caller->http, UINT64_MAX));
    caller_close(caller);
    assert_int_equal(heard->calls, 1);
}

static void test_cancel_under_way_may_have_been_sent(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    uint64_t handle =
        caller_send(caller, &(struct http_request){ .url = "/hold" });
    caller_await_server(caller, 1);
    assert_true(http_cancel(caller->http, handle));
    caller_await(caller);
    assert_int_equal(heard->fault, HTTP_CANCELLED);
    assert_true(heard->sent);
}

static void on_done_never(void *data, uint64_t tag,
                          const struct http_answer *answer)
{
    (void)data, (void)tag;
    fail_msg("it was not sent, and is told of: %s", answer->sentence);
}

static void test_close_ends_what_is_live(void **state)
{
    struct caller *caller = *state;
    const struct http_request hold = { .url = "/hold" };
    static struct heard heard[20];
    caller_get(caller, "/ok");
    for (size_t i = 0; i < 20; i++)
        caller_send_to(caller, &hold, &heard[i]);
    for (int i = 0; i < 50; i++)
        uv_run(&caller->loop, UV_RUN_NOWAIT);
    http_close(caller->http, caller_on_closed, caller);
    assert_int_equal(http_room(caller->http), 0);
    assert_int_equal(http_send(caller->http, &hold, on_done_never, NULL, 0), 0);
    uv_run(&caller->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(heard[i].calls, 1);
        assert_int_equal(heard[i].fault, HTTP_CANCELLED);
    }
}

struct closer {
    struct caller *caller;
    unsigned calls;
};

static void on_done_close(void *data, uint64_t tag,
                          const struct http_answer *answer)
{
    struct closer *closer = data;
    (void)tag;
    assert_int_equal(answer->status, 200);
    closer->calls++;
    http_close(closer->caller->http, caller_on_closed, closer->caller);
}

static void test_close_from_inside_a_callback(void **state)
{
    struct caller *caller = *state;
    struct closer closer = { .caller = caller };
    http_send(caller->http, &(struct http_request){ .url = "/ok" },
              on_done_close, &closer, 0);
    caller_send(caller, &(struct http_request){ .url = "/hold" });
    uv_run(&caller->loop, UV_RUN_DEFAULT);
    assert_int_equal(closer.calls, 1);
    assert_int_equal(caller->heard.fault, HTTP_CANCELLED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CALLER_TEST(test_cancel_ends_once),
        CALLER_TEST(test_cancel_under_way_may_have_been_sent),
        CALLER_TEST(test_close_ends_what_is_live),
        CALLER_TEST(test_close_from_inside_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
