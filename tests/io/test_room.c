/* The room behind the gate opens and shuts, and knows its own; the peers too.
 */
#include "../../engine/io/room.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <uv.h>

#include "../../engine/io/peer.h"
#include "listening.h"

#define GOOD "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

static unsigned count_threads(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/task");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void mark_true(void *data)
{
    bool *flag = data;
    *flag = true;
}

static void do_nothing(void *data)
{
    (void)data;
}

/* A sanitizer starts one of its own with the first thread. */
static unsigned count_threads_after_one(void)
{
    uv_thread_t thread;
    assert_int_equal(uv_thread_create(&thread, do_nothing, NULL), 0);
    uv_thread_join(&thread);
    return count_threads();
}

static void run_until_threads(uv_loop_t *loop, unsigned count)
{
    uint64_t until = uv_hrtime() + UINT64_C(20000000000);
    while (count_threads() > count && uv_hrtime() < until)
        uv_run(loop, UV_RUN_ONCE);
    assert_true(count_threads() <= count);
}

static void on_tick(uv_timer_t *tick)
{
    (void)tick;
}

/* Opened by the first, closed when nobody came, opened again; who has no token
 * hears nothing. */
static void test_room(void **state)
{
    (void)state;
    unsigned threads = count_threads_after_one();
    uv_loop_t loop;
    struct error error;
    struct server_config config = listening_config();
    struct clock clock;
    clock_init(&clock, 1, (struct wall){ 0 });
    struct desk desk = { .config = &config, .clock = &clock, .token = "t" };
    uv_loop_init(&loop);
    uv_timer_t tick; /* threads end after they rang: look again */
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 20, 20);
    struct room *room = room_new(&loop, &desk, 10, &error);
    assert_true(count_threads() <= threads);

    uint16_t port = room_enter(room);
    assert_int_not_equal(port, 0);
    assert_int_equal(room_enter(room), port);
    assert_true(count_threads() > threads);
    char *answer = raw_ask(port, GOOD);
    assert_int_equal(raw_status(answer), 403);
    free(answer);
    answer = raw_ask(port, "GET / HTTP/1.1\r\nHost: a\r\n"
                           "X-Mooncron-Gate: tt\r\n\r\n");
    assert_int_equal(raw_status(answer), 403);
    free(answer);
    room_leave(room);
    room_leave(room);
    run_until_threads(&loop, threads); /* the room is shut */

    assert_int_not_equal(room_enter(room), 0);
    room_leave(room);
    bool closed = false;
    room_close(room, mark_true, &closed);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(closed);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_peers(void **state)
{
    (void)state;
    static const struct {
        const char *address, *text, *net;
        bool loopback;
    } cases[] = {
        { "127.0.0.1", "127.0.0.1", "loopback", true },
        { "127.9.9.9", "127.9.9.9", "loopback", true },
        { "10.1.2.3", "10.1.2.3", "10.1.2.3", false },
        { "::1", "::1", "loopback", true },
        { "::ffff:127.0.0.1", "127.0.0.1", "loopback", true },
        { "::ffff:10.1.2.3", "10.1.2.3", "10.1.2.3", false },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64",
          false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sockaddr_storage address = { 0 };
        struct sockaddr_in in = { .sin_family = AF_INET };
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
        if (inet_pton(AF_INET, cases[i].address, &in.sin_addr) == 1)
            memcpy(&address, &in, sizeof in);
        else if (inet_pton(AF_INET6, cases[i].address, &in6.sin6_addr) == 1)
            memcpy(&address, &in6, sizeof in6);
        struct peer peer;
        peer_init(&peer, &address);
        assert_string_equal(peer.text, cases[i].text);
        assert_string_equal(peer.net, cases[i].net);
        assert_int_equal(peer.loopback, cases[i].loopback);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
