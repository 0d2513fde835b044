/* Who has lived with the store, what each had for a plan, and what only one may
 * do at a time. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void lives_are_told(struct book *book)
{
    struct entry renew = { .kind = ENTRY_RENEW, .at = seconds(70) };
    WRITE(book, claim("a", 10, 1, 10), claim("a", 20, 1, 20));
    WRITE(book, renew);
    renew.at = seconds(99999); /* a clock that was ahead, and is put right */
    WRITE(book, renew);
    renew.at = seconds(70);
    WRITE(book, renew);
    next_life(book, "second", 100);
    renew.at = seconds(130);
    WRITE(book, renew);
    next_life(book, "third", 99999);
    renew.at = seconds(200);
    WRITE(book, renew);
    const char *first = book->driver == BOOK_MEMORY
                            ? "life first began 20 seen 70\n"
                            : "life first began 0 seen 70\n";
    char want[128];
    snprintf(want, sizeof want, "life second began 100 seen 130\n%s", first);
    assert_string_equal(recalled_of(book, 210, "life"), want);
    struct stored_life lives[3];
    assert_int_equal(
        store_lives(book->store, seconds(70), seconds(250), lives, 3), 3);
    assert_string_equal(lives[0].owner, "third");
    assert_string_equal(lives[2].owner, "first");
    assert_false(lives[2].ended);
    assert_int_equal(
        store_lives(book->store, seconds(71), seconds(99), lives, 3), 0);
    assert_int_equal(
        store_lives(book->store, seconds(71), seconds(100), lives, 3), 1);
    assert_string_equal(lives[0].owner, "second");
    assert_int_equal(
        store_lives(book->store, seconds(0), seconds(250), lives, 2), 2);
}

static void only_the_newest_lives_are_recalled(struct book *book)
{
    for (int i = 0; i < STORE_LIVES_MAX + 20; i++)
        next_life(book, "again", 100 + i);
    struct recall recall;
    assert_true(
        store_recall(book->store, seconds(1000), &recall, &book->error));
    assert_int_equal(recall.life_count, STORE_LIVES_MAX);
    assert_int_equal(recall.lives[0].began.ms,
                     seconds(100 + STORE_LIVES_MAX + 18).ms);
    recall_close(&recall);
}

static void plans_have_rising_numbers(struct book *book)
{
    struct plan_note plan = { .generation = 1,
                              .at = seconds(10),
                              .settings = UINT64_C(0xfedcba9876543210),
                              .environment = "production",
                              .tzdata = "2026a",
                              .file = "scripts/schedules.lua",
                              .jobs = 12 };
    struct plan_note read;
    assert_false(store_plan(book->store, &read));
    assert_true(store_publish(book->store, &plan, &book->error));
    assert_true(store_publish(book->store, &plan, &book->error)); /* again */
    plan.at = seconds(11);
    assert_false(store_publish(book->store, &plan, &book->error));
    assert_string_equal(book->error.text,
                        "generation 1 is not newer than 1, which is published "
                        "already");
    plan.generation = 5;
    assert_true(store_publish(book->store, &plan, &book->error));
    plan.generation = 4;
    assert_false(store_publish(book->store, &plan, &book->error));
    assert_true(store_plan(book->store, &read));
    assert_int_equal(read.generation, 5);
    assert_int_equal(read.at.ms, seconds(11).ms);
    assert_true(read.settings == UINT64_C(0xfedcba9876543210));
    assert_string_equal(read.environment, "production");
    assert_string_equal(read.tzdata, "2026a");
    assert_string_equal(read.file, "scripts/schedules.lua");
    assert_int_equal(read.jobs, 12);
    assert_string_equal(recalled_of(book, 20, "generation"), "generation 5\n");
    next_life(book, "second", 30); /* another one: also with the same time */
    plan.generation = 5;
    assert_false(store_publish(book->store, &plan, &book->error));
}

static void lease_is_held_until_it_ends(struct book *book)
{
    assert_true(store_lease(book->store, "prune", seconds(10), 5000));
    assert_true(store_lease(book->store, "prune", seconds(12), 5000));
    next_life(book, "second", 13);
    assert_false(store_lease(book->store, "prune", seconds(16), 5000));
    assert_true(store_lease(book->store, "other", seconds(16), 5000));
    assert_true(store_lease(book->store, "prune", seconds(17), 5000));
}

const struct promise promises_of_lives[] = {
    PROMISE(lives_are_told),
    PROMISE(only_the_newest_lives_are_recalled),
    PROMISE(plans_have_rising_numbers),
    PROMISE(lease_is_held_until_it_ends),
    { NULL, NULL },
};
