/* What is asked of the store is answered between what is written. */
#include "desk.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_questions_are_answered_in_order(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked[6] = { 0 };
    desk_open(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    asked[2].fails = true;
    for (unsigned i = 0; i < 6; i++) {
        desk_add_claims(&desk, 3);
        desk_ask(&desk, &asked[i], i + 1);
        if (i % 2)
            desk_turn(&desk);
    }
    faulty_release();
    desk_await_answers(&desk, 6);
    assert_int_equal(desk.told, 18);
    for (unsigned i = 0; i < 6; i++)
        assert_string_equal(asked[i].failure,
                            asked[i].fails ? "read the store: nobody knows"
                                           : "");
    desk_close(&desk);
}

/* A question that the loop leads, step by step. */
struct led {
    struct asked asked; /* first */
    uv_sem_t begun, go; /* each step */
    unsigned step, steps;
    unsigned seen[8]; /* rows, at the beginning of each step */
};

static enum question_step ask_led(struct store *store, struct wall now,
                                  void *question, struct error *reterr)
{
    struct led *led = question;
    (void)now;
    (void)reterr;
    led->asked.seen = led->seen[led->step] = rows_of(store);
    uv_sem_post(&led->begun);
    uv_sem_wait(&led->go);
    return ++led->step < led->steps ? QUESTION_GOES_ON : QUESTION_ANSWERED;
}

static void begin_led(struct desk *desk, struct led *led, unsigned number,
                      unsigned steps)
{
    *led = (struct led){ .asked = { .desk = desk, .number = number },
                         .steps = steps };
    uv_sem_init(&led->begun, 0);
    uv_sem_init(&led->go, 0);
    journal_ask(desk->journal, ask_led, told_rows, led);
}

static void end_led(struct led *led)
{
    uv_sem_destroy(&led->begun);
    uv_sem_destroy(&led->go);
}

/* What is claimed while one question is answered is written before the next. */
static void test_claims_go_before_the_next_question(void **state)
{
    (void)state;
    struct desk desk;
    struct led first, second;
    desk_open(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    begin_led(&desk, &first, 1, 1);
    begin_led(&desk, &second, 2, 1);
    desk_turn(&desk);
    uv_sem_wait(&first.begun);
    desk_add_claims(&desk, 3);
    desk_turn(&desk);
    uv_sem_post(&first.go);
    uv_sem_post(&second.go);
    desk_await_answers(&desk, 2);
    assert_int_equal(first.seen[0], 0);
    assert_int_equal(second.seen[0], 3);
    desk_close(&desk);
    end_led(&first);
    end_led(&second);
}

/* And before the next step of a long one: a claim waits for one step. */
static void test_claims_go_between_steps(void **state)
{
    (void)state;
    struct desk desk;
    struct led led;
    desk_open(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    begin_led(&desk, &led, 1, 8);
    desk_turn(&desk);
    for (unsigned step = 0; step < 8; step++) {
        uv_sem_wait(&led.begun);
        desk_add_claims(&desk, 2);
        desk_turn(&desk);
        uv_sem_post(&led.go);
        desk_await_told(&desk, step * 2); /* of the steps before */
    }
    desk_await_answers(&desk, 1);
    for (unsigned step = 0; step < 8; step++)
        assert_int_equal(led.seen[step], step * 2);
    desk_await_told(&desk, 16);
    desk_close(&desk);
    end_led(&led);
}

/* The end does not wait for all of a long walk. */
static void test_close_cuts_a_walk(void **state)
{
    (void)state;
    struct desk desk;
    struct led led;
    desk_open(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    begin_led(&desk, &led, 1, 8);
    desk_turn(&desk);
    uv_sem_wait(&led.begun);
    desk_add_claims(&desk, 2);
    journal_close(desk.journal, LONG_MS, desk_on_closed, &desk);
    uv_sem_post(&led.go);
    desk_shut(&desk);
    assert_int_equal(led.step, 1);
    assert_int_equal(desk.told, 2);
    assert_string_equal(led.asked.failure, "the worker ends");
    end_led(&led);
}

/* It falls ill between two steps: that is told, and the walk ends. */
static void test_illness_cuts_a_walk(void **state)
{
    (void)state;
    struct desk desk;
    struct led led;
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = UINT_MAX });
    begin_led(&desk, &led, 1, 8);
    desk_turn(&desk);
    uv_sem_wait(&led.begun);
    desk_add_claims(&desk, 1);
    desk_turn(&desk);
    uv_sem_post(&led.go);
    desk_await_answers(&desk, 1);
    assert_int_equal(led.step, 1);
    assert_string_equal(led.asked.failure, "write the store: the disk is full");
    faulty_mend();
    desk_await_told(&desk, 1);
    desk_close(&desk);
    end_led(&led);
}

/* A question is answered when a backfill that was added before it is written.
 */
static void test_a_question_waits_for_the_backfill_before_it(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    desk_open(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    desk_add_backfill(&desk, 3000);
    desk_ask(&desk, &asked, 1);
    asked.rows = 3000;
    desk_await_answers(&desk, 1);
    assert_int_equal(asked.seen, 3000);
    desk_close(&desk);
}

static void test_questions_are_told_why_it_fails(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked[3] = { 0 };
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = UINT_MAX });
    desk_add_claims(&desk, 1);
    desk_ask(&desk, &asked[0], 1);
    desk_await_answers(&desk, 1);
    desk_ask(&desk, &asked[1], 2);
    desk_await_answers(&desk, 2);
    assert_string_equal(asked[0].failure, "write the store: the disk is full");
    assert_string_equal(asked[1].failure, "write the store: the disk is full");
    faulty_mend();
    desk_await_told(&desk, 1);
    desk_ask(&desk, &asked[2], 3);
    desk_await_answers(&desk, 3);
    assert_string_equal(asked[2].failure, "");
    desk_close(&desk);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions_are_answered_in_order),
        cmocka_unit_test(test_claims_go_before_the_next_question),
        cmocka_unit_test(test_claims_go_between_steps),
        cmocka_unit_test(test_close_cuts_a_walk),
        cmocka_unit_test(test_illness_cuts_a_walk),
        cmocka_unit_test(test_a_question_waits_for_the_backfill_before_it),
        cmocka_unit_test(test_questions_are_told_why_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
