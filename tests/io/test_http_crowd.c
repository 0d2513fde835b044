/* Many calls at once: connections are shared, and so is the loop. */
#include "caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct crowd {
    struct caller *caller;
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
    while (crowd->sent < crowd->wanted && http_room(crowd->caller->http)) {
        assert_int_not_equal(
            http_send(crowd->caller->http, crowd->request, on_crowd, crowd, 0),
            0);
        crowd->sent++;
        if (http_live(crowd->caller->http) > crowd->live_max)
            crowd->live_max = http_live(crowd->caller->http);
    }
}

static void test_connections_are_reused(void **state)
{
    struct caller *caller = *state;
    for (int i = 0; i < 20; i++)
        caller_post(caller, i % 2 ? "/ok" : "/chunked");
    assert_int_equal(testserver_heard(caller->server), 20);
    assert_int_equal(testserver_accepts(caller->server), 1);
}

static void test_a_crowd_keeps_to_the_room(void **state)
{
    struct caller *caller = *state;
    const struct http_request request = {
        .method = METHOD_POST, .url = "/ok", .body = "{}", .body_len = 2
    };
    struct crowd crowd = { .caller = caller,
                           .request = &request,
                           .wanted = 1000 };
    crowd_fill(&crowd);
    assert_int_equal(http_room(caller->http), 0);
    assert_int_equal(http_send(caller->http, &request, on_crowd, &crowd, 0), 0);
    loop_until(&caller->loop, &crowd.done, 1000);
    assert_int_equal(crowd.good, 1000);
    assert_int_equal(crowd.live_max, HTTP_LIVE_MAX);
    assert_int_equal(testserver_heard(caller->server), 1000);
    assert_true(testserver_accepts(caller->server) <= HTTP_LIVE_MAX);
}

static void on_ring(uv_timer_t *timer)
{
    ++*(unsigned *)timer->data;
}

/* Calls that fail at once, and are sent again at once, share the loop. */
static void fail_at_once(struct caller *caller, const char *url)
{
    uv_timer_t timer;
    unsigned rings = 0;
    const struct http_request request = { .url = url };
    struct crowd crowd = { .caller = caller,
                           .request = &request,
                           .wanted = UINT32_MAX };
    uv_timer_init(&caller->loop, &timer);
    timer.data = &rings;
    uv_timer_start(&timer, on_ring, 20, 0);
    crowd_fill(&crowd);
    loop_until(&caller->loop, &rings, 1);
    crowd.wanted = crowd.sent;
    loop_until(&caller->loop, &crowd.done, crowd.sent);
    assert_int_equal(crowd.good, 0);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&caller->loop, UV_RUN_NOWAIT);
}

static void test_failing_at_once_does_not_hold_the_loop(void **state)
{
    struct caller *caller = *state;
    caller_call_nobody(caller, "127.0.0.1");
    fail_at_once(caller, "/ok");
    fail_at_once(caller, "nonsense");
    caller_become(caller,
                  &(struct http_config){ .backend_url = "http://169.254.1.1" });
    fail_at_once(caller, "/refused/before/a/socket");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CALLER_TEST(test_connections_are_reused),
        CALLER_TEST(test_a_crowd_keeps_to_the_room),
        CALLER_TEST(test_failing_at_once_does_not_hold_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
