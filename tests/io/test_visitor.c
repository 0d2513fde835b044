/* A visit whose room misbehaves: each way has its status. */
#include "../../engine/io/visitor.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "listening.h"

#define GOOD "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

enum mischief {
    REFUSES,
    SHUT,
    HANGS_UP,
    CUTS,
    BABBLES,
    SLEEPS,
    TELLS_MUCH, /* and that is no mischief */
    TELLS_TOO_MUCH,
};

/* A gate before a false room; both sides of it are one thread of the test. */
struct stage {
    uv_loop_t loop;
    uv_async_t bell;
    struct gate *gate;
    uint16_t port;
    enum mischief mischief;
    int room; /* a listening socket */
    unsigned inside;
    bool stopped;
    char *answer;
};

static uint16_t on_enter(void *data)
{
    struct stage *stage = data;
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    if (stage->mischief == SHUT)
        return 0;
    stage->inside++;
    getsockname(stage->room, (struct sockaddr *)&address, &len);
    return ntohs(address.sin_port);
}

static void on_leave(void *data)
{
    struct stage *stage = data;
    stage->inside--;
}

#define HEAD "HTTP/1.1 200 OK\r\n\r\n"

/* The request is read first: unread, it would make a reset of the end. */
static void tell(int fd, size_t len)
{
    char *bytes = malloc(len);
    size_t got = 0;
    while (got < 2 || memcmp(bytes + got - 2, "{}", 2) != 0)
        got += (size_t)recv(fd, bytes + got, len - got, 0);
    memset(bytes, 'x', len);
    memcpy(bytes, HEAD, strlen(HEAD));
    raw_send(fd, bytes, len);
    free(bytes);
}

static void misbehave(const struct stage *stage)
{
    if (stage->mischief == SHUT || stage->mischief == REFUSES)
        return;
    int fd = accept(stage->room, NULL, NULL);
    char byte;
    if (stage->mischief != HANGS_UP)
        recv(fd, &byte, 1, MSG_PEEK);
    if (stage->mischief == CUTS)
        raw_send(fd, "HTTP/1", 6);
    if (stage->mischief == BABBLES)
        raw_send(fd, "SSH-2.0-OpenSSH\r\n", 17);
    if (stage->mischief == TELLS_MUCH)
        tell(fd, GATE_ANSWER_MAX - 1);
    if (stage->mischief == TELLS_TOO_MUCH)
        tell(fd, GATE_ANSWER_MAX + 1);
    if (stage->mischief == SLEEPS) { /* until the gate has had enough */
        struct pollfd gone = { .fd = fd, .events = POLLRDHUP };
        poll(&gone, 1, 10000);
    }
    close(fd);
}

static void play(void *data)
{
    struct stage *stage = data;
    int fd = raw_connect(stage->port);
    raw_send(fd, GOOD, strlen(GOOD));
    misbehave(stage);
    stage->answer = raw_read(fd);
    uv_async_send(&stage->bell);
}

static void on_gate_stopped(void *data)
{
    struct stage *stage = data;
    stage->stopped = true;
}

static void on_played(uv_async_t *bell)
{
    struct stage *stage = bell->data;
    gate_stop(stage->gate, on_gate_stopped, stage);
    uv_close((uv_handle_t *)bell, NULL);
}

static void open_false_room(struct stage *stage)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    stage->room = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(stage->room, (const struct sockaddr *)&address, sizeof address),
        0);
    if (stage->mischief != REFUSES)
        assert_int_equal(listen(stage->room, 1), 0);
}

static void play_all(struct stage *stage, void (*client)(void *data))
{
    struct error error;
    uv_loop_init(&stage->loop);
    uv_async_init(&stage->loop, &stage->bell, on_played);
    stage->bell.data = stage;
    open_false_room(stage);
    struct gate_config config = { .host = "localhost",
                                  .token = "t",
                                  .answer_ms_max = 100,
                                  .enter = on_enter,
                                  .leave = on_leave,
                                  .data = stage };
    if (stage->mischief != SLEEPS)
        config.answer_ms_max = 20000;
    stage->gate = gate_start(&stage->loop, &config, &error);
    assert_non_null(stage->gate);
    stage->port = gate_port(stage->gate);
    uv_thread_t thread;
    uv_thread_create(&thread, client, stage);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    uv_thread_join(&thread);
    assert_true(stage->stopped);
    assert_int_equal(stage->inside, 0);
    assert_int_equal(uv_loop_close(&stage->loop), 0);
    close(stage->room);
}

static void expect_mischief(enum mischief mischief, int status)
{
    struct stage stage = { .mischief = mischief };
    play_all(&stage, play);
    if (raw_status(stage.answer) != status)
        fail_msg("mischief %d: wanted %d, found %s", mischief, status,
                 stage.answer);
    if (mischief == TELLS_MUCH)
        assert_int_equal(strlen(stage.answer), GATE_ANSWER_MAX - 1);
    free(stage.answer);
}

static void test_mischief(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* server_start() would have */
    expect_mischief(SHUT, 503);
    expect_mischief(REFUSES, 503);
    expect_mischief(HANGS_UP, 502);
    expect_mischief(CUTS, 502);
    expect_mischief(BABBLES, 502);
    expect_mischief(SLEEPS, 504);
    expect_mischief(TELLS_MUCH, 200);
    expect_mischief(TELLS_TOO_MUCH, 502);
}

/* Nobody fetches what he is told, until all were: the last of them is too many.
 */
#define CROWD (GATE_ANSWERS_MAX / GATE_ANSWER_MAX + 1)

static void play_crowd(void *data)
{
    struct stage *stage = data;
    int fds[CROWD];
    unsigned turned_away = 0;
    for (unsigned i = 0; i < CROWD; i++) {
        fds[i] = raw_connect(stage->port);
        raw_send(fds[i], GOOD, strlen(GOOD));
        misbehave(stage);
        struct pollfd told = { .fd = fds[i], .events = POLLIN };
        assert_int_equal(poll(&told, 1, 20000), 1); /* it is all there */
    }
    for (unsigned i = 0; i < CROWD; i++) {
        char *answer = raw_read(fds[i]);
        turned_away += raw_status(answer) == 503;
        assert_true(raw_status(answer) == 503 ||
                    strlen(answer) == GATE_ANSWER_MAX - 1);
        free(answer);
    }
    assert_int_equal(turned_away, 1);
    uv_async_send(&stage->bell);
}

static void test_crowd(void **state)
{
    (void)state;
    play_all(&(struct stage){ .mischief = TELLS_MUCH }, play_crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mischief),
        cmocka_unit_test(test_crowd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
