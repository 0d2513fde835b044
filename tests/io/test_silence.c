/* A call may be silent for as long as its timeout says, and no longer. The
 * clock that libcurl and libuv read is the test's own: minutes pass at once. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "mooncron/http.h"

#include "loop.h"
#include "testserver.h"

#define WAIT_MS 20000 /* of real time; far more than anything here takes */

static _Atomic time_t ahead_s;

/* In place of the C library's, for the libraries, too. */
int clock_gettime(clockid_t id, struct timespec *ret)
{
    int status = (int)syscall(SYS_clock_gettime, id, ret);
    ret->tv_sec += ahead_s;
    return status;
}

static const struct testserver_line lines[] = {
    { "/hold", TESTSERVER_HOLD,
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0 },
    { NULL, 0, NULL, 0 },
};

struct fixture {
    uv_loop_t loop;
    struct testserver *server;
    struct http *http;
    char backend[80];
    unsigned calls;
    enum http_fault fault;
    uint32_t took_ms;
};

static void on_done(void *data, uint64_t tag, const struct http_answer *answer)
{
    struct fixture *fix = data;
    (void)tag;
    fix->calls++;
    fix->fault = answer->fault;
    fix->took_ms = answer->took_ms;
}

static unsigned heard_by(void *server)
{
    return testserver_heard(server);
}

/* A call that has reached a server which says nothing. */
static void begin(struct fixture *fix, uint32_t timeout_ms)
{
    memset(fix, 0, sizeof *fix);
    fix->server = testserver_new(lines);
    snprintf(fix->backend, sizeof fix->backend, "http://127.0.0.1:%u",
             testserver_port(fix->server));
    uv_loop_init(&fix->loop);
    const struct http_config config = { .backend_url = fix->backend };
    struct error err;
    fix->http = http_new(&fix->loop, &config, &err);
    assert_non_null(fix->http);
    const struct http_request request = { .method = METHOD_POST,
                                          .url = "/hold",
                                          .timeout_ms = timeout_ms };
    assert_true(http_send(fix->http, &request, on_done, fix, 0));
    loop_until_says(&fix->loop, heard_by, fix->server, 1);
}

/* Second by second, as the loop would see them. */
static void pass(struct fixture *fix, unsigned seconds)
{
    while (seconds--) {
        ahead_s++;
        uv_run(&fix->loop, UV_RUN_NOWAIT);
        uv_run(&fix->loop, UV_RUN_NOWAIT);
    }
}

static void on_closed(void *data)
{
    (void)data;
}

static void finish(struct fixture *fix)
{
    http_close(fix->http, on_closed, NULL);
    uv_run(&fix->loop, UV_RUN_DEFAULT);
    loop_end(&fix->loop);
    testserver_free(fix->server);
}

static void test_silence_within_the_timeout_is_no_end(void **state)
{
    (void)state;
    struct fixture fix;
    begin(&fix, 2 * MINUTE_MS);
    pass(&fix, 100);
    assert_int_equal(fix.calls, 0);
    testserver_release(fix.server);
    loop_until(&fix.loop, &fix.calls, 1);
    assert_int_equal(fix.fault, HTTP_NO_FAULT);
    assert_in_range(fix.took_ms, 100 * 1000, 2 * MINUTE_MS);
    finish(&fix);
}

static void test_the_timeout_ends_it(void **state)
{
    (void)state;
    struct fixture fix;
    begin(&fix, 2 * MINUTE_MS);
    pass(&fix, 121);
    loop_until(&fix.loop, &fix.calls, 1);
    assert_int_equal(fix.fault, HTTP_TIMEOUT);
    assert_in_range(fix.took_ms, 2 * MINUTE_MS, 2 * MINUTE_MS + WAIT_MS);
    finish(&fix);
}

/* Our end of the connection to the server. */
static int socket_to(uint16_t port)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        if (!getpeername(fd, (struct sockaddr *)&peer, &len) &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
            return fd;
    }
    fail_msg("no connection to port %u", port);
    return -1;
}

static int socket_option(int fd, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

/* Whoever has gone without a word does not hold a call of a day for a day. */
static void test_a_silent_connection_is_probed(void **state)
{
    (void)state;
    struct fixture fix;
    begin(&fix, 24 * 60 * MINUTE_MS);
    int fd = socket_to(testserver_port(fix.server));
    assert_true(socket_option(fd, SOL_SOCKET, SO_KEEPALIVE));
    assert_in_range(socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1, 120);
    assert_in_range(socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 1, 60);
    finish(&fix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_within_the_timeout_is_no_end),
        cmocka_unit_test(test_the_timeout_ends_it),
        cmocka_unit_test(test_a_silent_connection_is_probed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
