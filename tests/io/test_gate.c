/* The gate from outside: raw bytes, slow clients, crowds, no descriptors. */
#include "../../engine/io/gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "listening.h"
#include "mooncron/clock.h"
#include "mooncron/memory.h"
#include "mooncron/text.h"

#define WEBHOOK                                                                \
    "POST /webhook/settings-changed HTTP/1.1\r\nHost: a\r\n"                   \
    "X-Webhook-Secret: s3cret\r\nContent-Type: application/json\r\n"
#define GOOD WEBHOOK "Content-Length: 2\r\n\r\n{}"

static void expect(const struct listening *listening, const char *bytes,
                   int status)
{
    char *answer = raw_ask(listening_port(listening), bytes);
    if (raw_status(answer) != status)
        fail_msg("%.80s: wanted %d, found %.200s", bytes, status, answer);
    if (status >= 400)
        assert_non_null(strstr(answer, "{\"error\":\""));
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    free(answer);
}

/* The heads are tried one by one in test_request; here, that each kind of
 * answer reaches the client. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int status;
    } cases[] = {
        { GOOD, 200 },
        { "POST /webhook/settings-changed HTTP/1.0\r\nHost: a\r\n"
          "X-Webhook-Secret: s3cret\r\nContent-Type: application/json\r\n"
          "Content-Length: 2\r\n\r\n{}",
          200 },
        { "\x16\x03\x01\x02 this is TLS", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\nHost: a\n\n", 400 },
        { WEBHOOK "Content-Length: 65537\r\n\r\n", 413 },
        { WEBHOOK "Expect: wonders\r\n\r\n", 417 },
        { WEBHOOK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501 },
        { "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501 },
        { "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
        /* What follows a request is not a second one. */
        { GOOD GOOD, 200 },
    };
    struct listening *listening = listening_start(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(listening, cases[i].bytes, cases[i].status);
    listening_stop(listening);
}

static void test_too_long(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    struct text text;
    text_init(&text, 1 << 20);
    text_fill(&text, 'G', 5000);
    expect(listening, text.data, 414);
    text_clear(&text);
    text_puts(&text, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    text_fill(&text, 'x', 20000);
    text_puts(&text, "\r\n\r\n");
    expect(listening, text.data, 431);
    text_clear(&text);
    /* The body is on its way already; the refusal arrives all the same. */
    text_puts(&text, WEBHOOK "Content-Length: 300000\r\n\r\n");
    text_fill(&text, 'x', 300000);
    expect(listening, text.data, 413);
    text_close(&text);
    listening_stop(listening);
}

/* After the answer we still listen for a while: who hangs up on a client that
 * is sending makes its kernel throw the answer away. */
static void test_lingering(void **state)
{
    (void)state;
    static const char head[] = WEBHOOK "Content-Length: 300000\r\n\r\n";
    struct listening *listening = listening_start(NULL);
    int fd = raw_connect(listening_port(listening));
    raw_send(fd, head, sizeof head - 1);
    char answer[1024];
    while (recv(fd, answer, sizeof answer, 0) > 0)
        ;
    for (int i = 0; i < 10; i++)
        assert_int_equal(send(fd, "more", 4, MSG_NOSIGNAL), 4);
    close(fd);
    listening_stop(listening);
}

static void test_cut(void **state)
{
    (void)state;
    static const char *const cuts[] = { "P", "POST /webhook", WEBHOOK,
                                        WEBHOOK "Content-Length: 2\r\n\r\n{" };
    struct listening *listening = listening_start(NULL);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        int fd = raw_connect(listening_port(listening));
        raw_send(fd, cuts[i], strlen(cuts[i]));
        shutdown(fd, SHUT_WR);
        char *answer = raw_read(fd);
        assert_int_equal(raw_status(answer), 400);
        free(answer);
    }
    int fd = raw_connect(listening_port(listening));
    shutdown(fd, SHUT_WR);
    char *answer = raw_read(fd); /* said nothing, hears nothing */
    assert_string_equal(answer, "");
    free(answer);
    assert_int_equal(listening_await(listening, 0), 0);
    listening_stop(listening);
}

/* A client may say that it has no more to send, and still read. */
static void test_half_close(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    int fd = raw_connect(listening_port(listening));
    raw_send(fd, GOOD, strlen(GOOD));
    shutdown(fd, SHUT_WR);
    char *answer = raw_read(fd);
    assert_int_equal(raw_status(answer), 200);
    free(answer);
    listening_stop(listening);
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    int fd = raw_connect(listening_port(listening));
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (const char *at = GOOD; *at; at++)
        raw_send(fd, at, 1);
    char *answer = raw_read(fd);
    assert_int_equal(raw_status(answer), 200);
    free(answer);
    listening_stop(listening);
}

/* Sends a head, and waits for the word that the body may follow. */
static void expect_continue(int fd)
{
    static const char head[] =
        WEBHOOK "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    raw_send(fd, head, sizeof head - 1);
    char word[64] = "";
    assert_int_equal(recv(fd, word, 25, MSG_WAITALL), 25);
    assert_string_equal(word, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void test_continue(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    int fd = raw_connect(listening_port(listening));
    expect_continue(fd);
    raw_send(fd, "{}", 2);
    char *answer = raw_read(fd);
    assert_int_equal(raw_status(answer), 200);
    free(answer);
    listening_stop(listening);
}

/* The deadline is the real one, five seconds: it is waited for, not slept. */
static void test_slow_clients(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    int quiet = raw_connect(listening_port(listening));
    int slow = raw_connect(listening_port(listening));
    raw_send(slow, WEBHOOK, strlen(WEBHOOK));
    for (int i = 0; i < 20; i++) {
        raw_send(slow, "x", 1);
        expect(listening, GOOD, 200);
    }
    char *answer = raw_read(slow);
    assert_int_equal(raw_status(answer), 408);
    free(answer);
    answer = raw_read(quiet);
    assert_string_equal(answer, "");
    free(answer);
    listening_stop(listening);
}

/* ---- Health ---- */

static void expect_health(const struct listening *listening, const char *line,
                          int status, const char *body)
{
    char request[128];
    snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: a\r\n\r\n", line);
    char *answer = raw_ask(listening_port(listening), request);
    assert_int_equal(raw_status(answer), status);
    const char *found = strstr(answer, "\r\n\r\n");
    assert_non_null(found);
    assert_string_equal(found + 4, body);
    free(answer);
}

static void test_health(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    expect_health(listening, "GET /healthz", 200, "ok\n");
    expect_health(listening, "GET /readyz", 503, "ok\n");
    struct health health = { .ready = false, .line = "no schedule yet" };
    inbox_set_health(listening_inbox(listening), &health);
    expect_health(listening, "GET /healthz", 200, "no schedule yet\n");
    expect_health(listening, "GET /readyz?verbose", 503, "no schedule yet\n");
    health = (struct health){ .ready = true, .line = "schedule #14" };
    inbox_set_health(listening_inbox(listening), &health);
    expect_health(listening, "GET /readyz", 200, "schedule #14\n");
    expect_health(listening, "HEAD /readyz", 200, "");
    expect_health(listening, "POST /readyz", 405,
                  "{\"error\":\"Only GET and HEAD are allowed here\"}\n");
    listening_stop(listening);
}

/* ---- Crowds ---- */

/* More slow ones than may be: they throw each other out, a good one passes. */
static void test_slow_crowd(void **state)
{
    (void)state;
    enum { CROWD = GATE_LOOPBACK_MAX + 40 };
    struct listening *listening = listening_start(NULL);
    int fds[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        fds[i] = raw_connect(listening_port(listening));
        raw_send(fds[i], "POST /", 6);
    }
    expect(listening, GOOD, 200);
    char byte;
    struct pollfd first = { .fd = fds[0], .events = POLLIN };
    assert_int_equal(poll(&first, 1, 10000), 1);
    assert_true(recv(fds[0], &byte, 1, 0) <= 0); /* the first had to go */
    struct pollfd last = { .fd = fds[CROWD - 1], .events = POLLIN };
    assert_int_equal(poll(&last, 1, 0), 0); /* the last may still try */
    for (size_t i = 0; i < CROWD; i++)
        close(fds[i]);
    listening_stop(listening);
}

/* More than may be, and all are being answered: the rest hears so at once. */
static void test_busy_crowd(void **state)
{
    (void)state;
    enum { CROWD = GATE_LOOPBACK_MAX };
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    int fds[CROWD];
    for (size_t i = 0; i < CROWD - 1; i++) {
        fds[i] = raw_connect(listening_port(listening));
        raw_send(fds[i], GOOD, strlen(GOOD));
    }
    /* When the last one is told to go on, all before it have been read. */
    fds[CROWD - 1] = raw_connect(listening_port(listening));
    expect_continue(fds[CROWD - 1]);
    raw_send(fds[CROWD - 1], "{}", 2);
    listening_await(listening, INBOX_ASKS_MAX);
    int late = raw_connect(listening_port(listening));
    char *answer = raw_read(late);
    assert_int_equal(raw_status(answer), 503);
    assert_non_null(strstr(answer, "\r\nRetry-After: 1\r\n"));
    assert_non_null(
        strstr(answer, "{\"error\":\"There are too many requests\"}\n"));
    free(answer);
    listening_say(listening, &(struct listening_word){ 0 });
    for (size_t i = 0; i < CROWD; i++) {
        answer = raw_read(fds[i]);
        assert_int_equal(raw_status(answer), 200);
        free(answer);
    }
    listening_stop(listening);
}

static int64_t cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Without descriptors who comes has to wait, and nobody spins meanwhile. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    none = limit;
    none.rlim_cur = 0; /* nothing new gets a number below this */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(listening_port(listening)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    raw_send(fd, GOOD, strlen(GOOD));
    int64_t before = cpu_ms();
    none.rlim_cur = 1; /* poll() itself needs that many */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    int ready = poll(&wait, 1, 500); /* a deadline that must pass */
    int64_t used = cpu_ms() - before;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(ready, 0);
    assert_true(used < 200);
    char *answer = raw_read(fd);
    assert_int_equal(raw_status(answer), 200);
    free(answer);
    listening_stop(listening);
}

/* One descriptor is left, so the client gets in, and its request no further. */
static void test_no_descriptors_behind(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    struct rlimit limit, few;
    getrlimit(RLIMIT_NOFILE, &limit);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int next = dup(fd);
    close(next);
    few = limit;
    few.rlim_cur = (rlim_t)next + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(listening_port(listening)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    raw_send(fd, GOOD, strlen(GOOD));
    char *answer = raw_read(fd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(raw_status(answer), 503);
    assert_non_null(strstr(answer, "The worker has no descriptors left"));
    free(answer);
    expect(listening, GOOD, 200);
    listening_stop(listening);
}

/* ---- Start ---- */

static void on_arrived(void *data)
{
    (void)data;
}

static void expect_no_start(const struct server_config *config,
                            const char *sentence)
{
    uv_loop_t loop;
    struct error error = { "" };
    uv_loop_init(&loop);
    struct inbox *inbox = inbox_new(&loop, on_arrived, NULL, &error);
    struct clock clock;
    clock_init(&clock, 1, (struct wall){ 0 });
    assert_null(server_start(&loop, config, inbox, &clock, NULL, &error));
    if (!strstr(error.text, sentence))
        fail_msg("wanted \"%s\" in \"%s\"", sentence, error.text);
    inbox_close(inbox);
    uv_run(&loop, UV_RUN_DEFAULT);
    inbox_free(inbox);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_no_start(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    struct server_config config = listening_config();
    config.port = listening_port(listening);
    expect_no_start(&config, "the address is in use by another program");
    listening_stop(listening);
    config = listening_config();
    config.host = "192.0.2.1";
    expect_no_start(&config, "listen on 192.0.2.1 port 0: this machine does "
                             "not have that address");
    config.host = "";
    expect_no_start(&config, "the address is empty");
    config.host = "256.256.256.256";
    expect_no_start(&config, "listen on 256.256.256.256 port 0: ");
    config = listening_config();
    config.webhook_secret = "";
    expect_no_start(&config, "WORKER_WEBHOOK_SECRET is empty");
    config.webhook_secret = "whsec_no base64";
    expect_no_start(&config, "WORKER_WEBHOOK_SECRET: the secret begins with "
                             "\"whsec_\", but");
    config.webhook_secret = NULL;
    config.secret_required = true;
    expect_no_start(&config, "WORKER_WEBHOOK_SECRET is not set");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_lingering),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_slow_clients),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_slow_crowd),
        cmocka_unit_test(test_busy_crowd),
        cmocka_unit_test(test_no_descriptors),
        cmocka_unit_test(test_no_descriptors_behind),
        cmocka_unit_test(test_no_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
