/* What retention takes away, and what stays. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int64_t prune(struct book *book, int64_t keep_s, int64_t rows,
                     int64_t now_s, uint32_t limit)
{
    const struct retention retention = { keep_s * 1000, rows };
    return prune_round(book, &retention, now_s, limit).gone;
}

static void what_ended_long_ago_goes(struct book *book)
{
    for (int i = 0; i < 10; i++)
        WRITE(book, claim("a", i, 1, i), finish("a", i, 1, VERDICT_OK, i),
              claim("b", i, 1, i));
    WRITE(book, finish("b", 3, 1, VERDICT_OK, 50),
          pass("c", 0, 5, 6, WHY_DOWN, 6), pass("c", 7, 8, 2, WHY_DOWN, 9));
    assert_int_equal(prune(book, 100, 1000000, 104, 1000), 4);
    assert_string_equal(
        slots_of(book, &everything),
        "a9 b9 a8 b8 a7 b7 c7 a6 b6 a5 b5 a4 b4 b3 b2 b1 b0 c0");
    assert_int_equal(prune(book, 100, 1000000, 1000, 2), 7);
    assert_int_equal(prune(book, 100, 1000000, 1000, 3), 0);
    /* what goes on stays, and the newest of each job */
    assert_string_equal(slots_of(book, &everything),
                        "a9 b9 b8 b7 c7 b6 b5 b4 b2 b1 b0");
    assert_int_equal(prune(book, INT64_MAX / 1000, 1000000, 1000, 100), 0);
}

static void oldest_of_too_many_go(struct book *book)
{
    for (int i = 0; i < 10; i++)
        WRITE(book, claim("a", i, 1, i), finish("a", i, 1, VERDICT_OK, i));
    assert_int_equal(prune(book, 1000, 7, 20, 2), 3);
    assert_int_equal(prune(book, 1000, 7, 20, 2), 0);
    assert_string_equal(slots_of(book, &everything), "a9 a8 a7 a6 a5 a4 a3");
    WRITE(book, claim("a", 10, 1, 10), claim("b", 0, 1, 0),
          finish("b", 0, 1, VERDICT_OK, 0));
    /* the oldest end goes first, but not the newest row of a job */
    assert_int_equal(prune(book, 1000, 7, 20, 10), 2);
    assert_string_equal(slots_of(book, &everything), "a10 a9 a8 a7 a6 a5 b0");
    assert_int_equal(prune(book, 1000, 0, 20, 100), 5);
    assert_string_equal(slots_of(book, &everything), "a10 b0");
}

static void prune_goes_by_slot(struct book *book)
{
    WRITE(book, pass("a", 0, 50, 51, WHY_DOWN, 60), claim("a", 40, 1, 40),
          finish("a", 40, 1, VERDICT_OK, 41), claim("a", 90, 1, 90));
    assert_int_equal(prune(book, 1000, 2, 200, 10), 1);
    assert_string_equal(slots_of(book, &everything), "a90 a40");
    /* by age what ended last stays, whenever it began */
    WRITE(book, pass("b", 0, 50, 51, WHY_DOWN, 60), claim("b", 90, 1, 90));
    assert_int_equal(prune(book, 100, 1000, 150, 10), 1);
    assert_string_equal(slots_of(book, &everything), "a90 b90 b0");
}

#define OPEN 2000 /* slots of a job that waits */

/* A round in which a slot of those that wait ends after each step. */
static struct pruning prune_meanwhile(struct book *book, unsigned *ret_steps)
{
    const struct retention retention = { 100 * 1000, 1000000 };
    struct pruning round = { 0 };
    unsigned steps = 0;
    while (!round.over) {
        if (!store_prune(book->store, &retention, seconds(10000), 20, &round,
                         &book->error))
            fail_msg("%s", book->error.text);
        int64_t slot_s = OPEN / 2 + (int64_t)++steps;
        WRITE(book, finish("waits", slot_s, 1, VERDICT_OK, 50000));
    }
    *ret_steps = steps;
    return round;
}

/* A thousand rows that stay lie before the first that goes: they are passed in
 * steps, and what is written between these is safe. */
static void prune_goes_in_steps(struct book *book)
{
    const struct retention fewer = { 60000 * 1000, OPEN - 9 };
    struct entry entries[OPEN];
    unsigned steps;
    for (int i = 0; i < OPEN; i++)
        entries[i] = waits("waits", i, 0);
    write_all(book, entries, OPEN);
    for (int i = 0; i < 10; i++)
        WRITE(book, claim("a", 5000 + i, 1, 5000),
              finish("a", 5000 + i, 1, VERDICT_OK, 5001));
    struct pruning round = prune_meanwhile(book, &steps);
    assert_int_equal(round.gone, 9);
    assert_int_equal(round.upto.ms, seconds(5008).ms);
    assert_true(steps >= OPEN / 100);
    /* what ended while it went on, and is too much */
    round = prune_round(book, &fewer, 60000, 100);
    assert_int_equal(round.gone, 10);
    assert_int_equal(round.upto.ms, seconds(OPEN / 2 + 10).ms);
}

static void prune_forgets_lives_and_plans(struct book *book)
{
    struct plan_note plan = {
        .at = seconds(10), .environment = "", .tzdata = "", .file = ""
    };
    WRITE(book, claim("a", 10, 1, 10), finish("a", 10, 1, VERDICT_OK, 11));
    for (uint32_t i = 1; i <= 3; i++) {
        plan.generation = i;
        assert_true(store_publish(book->store, &plan, &book->error));
    }
    for (int i = 0; i < STORE_LIVES_MAX + 20; i++)
        next_life(book, "again", 100);
    assert_int_equal(prune(book, 1000, 1000, 100000, 100), 0);
    static struct stored_life lives[2 * STORE_LIVES_MAX];
    assert_int_equal(store_lives(book->store, seconds(0), seconds(100000),
                                 lives, 2 * STORE_LIVES_MAX),
                     STORE_LIVES_MAX);
    assert_true(store_plan(book->store, &plan));
    assert_int_equal(plan.generation, 3);
    assert_string_equal(history_of(book, NULL),
                        "a slot 10 ok{} schedule epoch 1 attempt 1 started 10 "
                        "ended 11 http 200 \n");
    assert_false(store_publish(book->store, &plan, &book->error));
}

const struct promise promises_of_retention[] = {
    PROMISE(what_ended_long_ago_goes),
    PROMISE(oldest_of_too_many_go),
    PROMISE(prune_goes_by_slot),
    PROMISE(prune_goes_in_steps),
    PROMISE(prune_forgets_lives_and_plans),
    { NULL, NULL },
};
