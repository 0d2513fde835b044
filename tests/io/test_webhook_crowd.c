/* Many webhooks at once, and what holds a flood of them off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../engine/io/api.h"
#include "hook.h"
#include "mooncron/inbox.h"

/* ---- a crowd ---- */

#define CROWD 100

/* A webhook that is on its way; its answer is not waited for. */
static int knock(const struct listening *listening)
{
    static const char bytes[] =
        HOOK " HTTP/1.1\r\nHost: a\r\n" GOOD JSON "Content-Length: 2\r\n\r\n{}";
    int fd = raw_connect(listening_port(listening));
    raw_send(fd, bytes, sizeof bytes - 1);
    return fd;
}
static void test_a_hundred_at_once_are_answered(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    int fds[CROWD];
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = knock(listening);
    listening_await(listening, INBOX_ASKS_MAX); /* all wait for one reload */
    listening_say(listening, &(struct listening_word){ 0 });
    for (size_t i = 0; i < CROWD; i++) {
        char *answer = raw_read(fds[i]);
        if (raw_status(answer) != 200)
            fail_msg("webhook %zu: %s", i, answer);
        free(answer);
    }
    assert_int_equal(listening_await(listening, CROWD), CROWD);
    listening_stop(listening);
}

/* Who is being answered gets the answer; who asks afterwards is not heard. */
static void test_who_waits_at_the_stop_is_answered(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    int fds[8];
    for (size_t i = 0; i < 8; i++)
        fds[i] = knock(listening);
    listening_await(listening, 8);
    listening_stop_begin(listening);
    listening_say(listening,
                  &(struct listening_word){ .outcome = RELOAD_STOPPING });
    for (size_t i = 0; i < 8; i++) {
        char *answer = raw_read(fds[i]);
        assert_int_equal(raw_status(answer), 503);
        free(answer);
    }
    listening_stop(listening);
}

/* The clients go away before they are answered. */
static void test_clients_may_hang_up(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    listening_say(listening, &(struct listening_word){ .hold = true });
    for (unsigned i = 0; i < 8; i++) {
        int fd = knock(listening);
        listening_await(listening, i + 1);
        struct linger reset = { .l_onoff = 1 };
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    listening_say(listening, &(struct listening_word){ 0 });
    json_decref(listening_expect(listening, HOOK, GOOD JSON, "{}", 200));
    listening_stop(listening);
}

/* ---- a flood ---- */

/* A flood of wrong secrets is cut off, and the bucket says for how long. */
static void test_a_flood_of_wrong_secrets_is_cut_off(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    unsigned refused = 0, tries = 0;
    for (; refused == 0 && tries < 100; tries++) {
        char *answer = listening_ask(listening, HOOK, JSON, "{}");
        if (raw_status(answer) == 429) {
            refused++;
            assert_non_null(strstr(answer, "\r\nRetry-After: 1\r\n"));
        } else {
            assert_int_equal(raw_status(answer), 401);
        }
        free(answer);
    }
    assert_int_equal(refused, 1);
    assert_true(tries > RATE_BURST / RATE_FAILURE);
    listening_stop(listening);
}

static void test_each_peer_has_its_rate(void **state)
{
    (void)state;
    struct rates *rates = rates_new();
    unsigned wait_s = 0;
    for (unsigned i = 0; i < RATE_BURST; i++)
        assert_true(rates_take(rates, "a", 1000, &wait_s));
    assert_false(rates_take(rates, "a", 1000, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_true(rates_take(rates, "b", 1000, &wait_s));
    assert_true(rates_take(rates, "a", 1020, &wait_s)); /* one came back */
    assert_false(rates_take(rates, "a", 1020, &wait_s));
    assert_false(rates_take(rates, "a", 500, &wait_s)); /* the clock is odd */
    for (unsigned i = 0; i < RATE_PEERS; i++) { /* others need the place */
        char peer[16];
        snprintf(peer, sizeof peer, "p%u", i);
        assert_true(rates_take(rates, peer, 2000, &wait_s));
    }
    for (unsigned i = 0; i < RATE_BURST; i++)
        assert_true(rates_take(rates, "a", 2000, &wait_s));
    rates_punish(rates, "nobody");
    rates_free(rates);
    rates_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hundred_at_once_are_answered),
        cmocka_unit_test(test_who_waits_at_the_stop_is_answered),
        cmocka_unit_test(test_clients_may_hang_up),
        cmocka_unit_test(test_a_flood_of_wrong_secrets_is_cut_off),
        cmocka_unit_test(test_each_peer_has_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
