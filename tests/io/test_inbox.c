/* The inbox: threads ask, the loop answers, and either may be late. */
#include "mooncron/inbox.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#define LONG_MS 20000 /* a wait that must not come to its end */

struct office {
    uv_loop_t loop;
    struct inbox *inbox;
    unsigned arrivals;
};

static void on_arrived(void *data)
{
    struct office *office = data;
    office->arrivals++;
}

static void open_office(struct office *office)
{
    struct error error;
    *office = (struct office){ 0 };
    uv_loop_init(&office->loop);
    office->inbox = inbox_new(&office->loop, on_arrived, office, &error);
    assert_non_null(office->inbox);
}

/* The inbox must be closed and every thread joined. */
static void shut_office(struct office *office)
{
    uv_run(&office->loop, UV_RUN_DEFAULT);
    inbox_free(office->inbox);
    assert_int_equal(uv_loop_close(&office->loop), 0);
}

struct asker {
    struct inbox *inbox;
    struct ask ask;
    uint32_t timeout_ms;
    bool let_in;
    struct word word;
    pthread_t thread;
};

static void *ask_in_thread(void *data)
{
    struct asker *asker = data;
    asker->let_in =
        inbox_ask(asker->inbox, &asker->ask, asker->timeout_ms, &asker->word);
    return NULL;
}

static void start_asker(struct asker *asker, struct office *office,
                        uint32_t timeout_ms)
{
    asker->inbox = office->inbox;
    asker->timeout_ms = timeout_ms;
    assert_int_equal(pthread_create(&asker->thread, NULL, ask_in_thread, asker),
                     0);
}

static void join_asker(struct asker *asker)
{
    assert_int_equal(pthread_join(asker->thread, NULL), 0);
}

/* Turns the loop until an ask is there. */
static struct ask take(struct office *office)
{
    struct ask ask;
    while (!inbox_take(office->inbox, &ask))
        uv_run(&office->loop, UV_RUN_ONCE);
    return ask;
}

static void test_ask_and_answer(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    struct asker asker = { .ask = { .cause = ASK_COMMAND, .force = true } };
    snprintf(asker.ask.changed_by, sizeof asker.ask.changed_by, "ops");
    start_asker(&asker, &office, LONG_MS);
    while (office.arrivals == 0)
        uv_run(&office.loop, UV_RUN_ONCE);
    struct ask ask = take(&office);
    assert_true(ask.force);
    assert_int_equal(ask.cause, ASK_COMMAND);
    assert_string_equal(ask.changed_by, "ops");
    struct reload_report report = { .outcome = RELOAD_LOAD_FAILED,
                                    .generation = 3 };
    inbox_answer(office.inbox, ask.id + 1, &report, "nobody asked");
    inbox_answer(office.inbox, ask.id, &report, "a sentence");
    inbox_answer(office.inbox, ask.id, &report, "once is enough");
    join_asker(&asker);
    assert_true(asker.let_in);
    assert_true(asker.word.answered);
    assert_int_equal(asker.word.report.generation, 3);
    assert_string_equal(asker.word.message, "a sentence");
    free(asker.word.message);
    inbox_close(office.inbox);
    shut_office(&office);
}

/* The ask was not seen yet: it stays, and its answer goes nowhere. */
static void test_time_is_up_before_it_was_taken(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    struct asker asker = { .ask = { .cause = ASK_WEBHOOK } };
    start_asker(&asker, &office, 1);
    join_asker(&asker);
    assert_true(asker.let_in);
    assert_false(asker.word.answered);
    struct ask ask = take(&office);
    inbox_answer(office.inbox, ask.id, &(struct reload_report){ 0 }, "late");
    assert_false(inbox_take(office.inbox, &ask));
    inbox_close(office.inbox);
    shut_office(&office);
}

static void test_time_is_up_after_it_was_taken(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    for (unsigned i = 0; i < INBOX_ASKS_MAX + 1; i++) { /* no place is lost */
        struct asker asker = { .timeout_ms = 1 };
        start_asker(&asker, &office, 1);
        struct ask ask = take(&office);
        join_asker(&asker);
        assert_true(asker.let_in);
        assert_false(asker.word.answered);
        inbox_answer(office.inbox, ask.id, &(struct reload_report){ 0 }, "x");
    }
    inbox_close(office.inbox);
    shut_office(&office);
}

static void start_many(struct asker *askers, struct office *office)
{
    for (unsigned i = 0; i < INBOX_ASKS_MAX; i++)
        start_asker(&askers[i], office, LONG_MS);
}

static void test_full_then_in_order(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    static struct asker askers[INBOX_ASKS_MAX];
    memset(askers, 0, sizeof askers);
    start_many(askers, &office);
    struct ask asks[INBOX_ASKS_MAX];
    for (unsigned i = 0; i < INBOX_ASKS_MAX; i++) {
        asks[i] = take(&office);
        assert_true(i == 0 || asks[i].id > asks[i - 1].id);
    }
    struct word word = { 0 };
    struct ask one_more = { .cause = ASK_WEBHOOK };
    assert_false(inbox_ask(office.inbox, &one_more, LONG_MS, &word));
    assert_false(inbox_ask(office.inbox, &one_more, LONG_MS, &word));
    struct ask nobodys = take(&office); /* one for both of them */
    assert_int_equal(nobodys.id, 0);
    assert_int_equal(nobodys.cause, ASK_WEBHOOK);
    assert_false(nobodys.claim.has_enable_jobs || nobodys.force);
    assert_false(inbox_take(office.inbox, &nobodys));
    for (unsigned i = 0; i < INBOX_ASKS_MAX; i++) {
        struct reload_report report = { .generation = (uint32_t)asks[i].id };
        inbox_answer(office.inbox, asks[i].id, &report, NULL);
    }
    for (unsigned i = 0; i < INBOX_ASKS_MAX; i++) {
        join_asker(&askers[i]);
        assert_true(askers[i].word.answered);
        assert_null(askers[i].word.message);
        assert_int_equal(askers[i].word.report.generation, askers[i].ask.id);
    }
    inbox_close(office.inbox);
    shut_office(&office);
}

/* Half of them were taken, half were not: all are let go. */
static void test_close_lets_everybody_go(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    static struct asker askers[INBOX_ASKS_MAX];
    memset(askers, 0, sizeof askers);
    start_many(askers, &office);
    for (unsigned i = 0; i < INBOX_ASKS_MAX / 2; i++)
        take(&office);
    inbox_close(office.inbox);
    for (unsigned i = 0; i < INBOX_ASKS_MAX; i++) {
        join_asker(&askers[i]); /* some may have come after the end */
        assert_false(askers[i].word.answered);
    }
    struct word word = { 0 };
    struct ask late = { .cause = ASK_WEBHOOK };
    assert_false(inbox_ask(office.inbox, &late, LONG_MS, &word));
    shut_office(&office);
}

static void test_questions_leave_room_for_reloads(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    static struct asker askers[INBOX_QUESTIONS_MAX];
    memset(askers, 0, sizeof askers);
    struct ask ask;
    for (unsigned i = 0; i < INBOX_QUESTIONS_MAX; i++) {
        askers[i].ask.kind = ASK_STATUS;
        start_asker(&askers[i], &office, LONG_MS);
        ask = take(&office);
        assert_int_equal(ask.kind, ASK_STATUS);
    }
    struct word word = { 0 };
    struct ask one_more = { .kind = ASK_WHY };
    assert_false(inbox_ask(office.inbox, &one_more, LONG_MS, &word));
    assert_false(inbox_take(office.inbox, &ask)); /* nothing was left behind */
    struct asker reload = { .ask = { .cause = ASK_WEBHOOK } };
    start_asker(&reload, &office, LONG_MS);
    ask = take(&office);
    assert_int_equal(ask.kind, ASK_RELOAD);
    inbox_close(office.inbox);
    join_asker(&reload);
    assert_true(reload.let_in);
    for (unsigned i = 0; i < INBOX_QUESTIONS_MAX; i++)
        join_asker(&askers[i]);
    shut_office(&office);
}

static void test_question_is_told_json(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    struct asker asker = { .ask = { .kind = ASK_ORDER, .job = "rank" } };
    asker.ask.order.verb = VERB_PAUSE;
    snprintf(asker.ask.order.reason, sizeof asker.ask.order.reason, "move");
    start_asker(&asker, &office, LONG_MS);
    struct ask ask = take(&office), again;
    assert_true(inbox_recall(office.inbox, ask.id, &again));
    assert_string_equal(again.job, "rank");
    assert_string_equal(again.order.reason, "move");
    inbox_tell(office.inbox, ask.id, 202, strdup("{}"), 9);
    assert_false(inbox_recall(office.inbox, ask.id, &again));
    inbox_tell(office.inbox, ask.id, 500, strdup("once is enough"), 0);
    join_asker(&asker);
    assert_true(asker.word.answered);
    assert_int_equal(asker.word.status, 202);
    assert_string_equal(asker.word.json, "{}");
    assert_int_equal(asker.word.tag, 9);
    free(asker.word.json);
    inbox_close(office.inbox);
    shut_office(&office);
}

/* Who gave the order was told that there was no answer: it is not carried out
 * behind their back. */
static void test_order_that_nobody_waits_for_is_dropped(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    struct asker asker = { .ask = { .kind = ASK_ORDER } };
    start_asker(&asker, &office, 1);
    join_asker(&asker);
    assert_false(asker.word.answered);
    uv_run(&office.loop, UV_RUN_NOWAIT);
    struct ask ask;
    assert_false(inbox_take(office.inbox, &ask));
    inbox_close(office.inbox);
    shut_office(&office);
}

static void test_health(void **state)
{
    (void)state;
    struct office office;
    open_office(&office);
    assert_false(inbox_health(office.inbox).ready);
    struct health health = { .ready = true, .line = "schedule #3" };
    inbox_set_health(office.inbox, &health);
    assert_true(inbox_health(office.inbox).ready);
    assert_string_equal(inbox_health(office.inbox).line, "schedule #3");
    inbox_close(office.inbox);
    shut_office(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ask_and_answer),
        cmocka_unit_test(test_time_is_up_before_it_was_taken),
        cmocka_unit_test(test_time_is_up_after_it_was_taken),
        cmocka_unit_test(test_full_then_in_order),
        cmocka_unit_test(test_close_lets_everybody_go),
        cmocka_unit_test(test_questions_leave_room_for_reloads),
        cmocka_unit_test(test_question_is_told_json),
        cmocka_unit_test(test_order_that_nobody_waits_for_is_dropped),
        cmocka_unit_test(test_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
