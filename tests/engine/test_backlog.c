/* The backlog: it copies, keeps the order, and uses its space again. */
#include "backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/schedule.h"

static void add(struct backlog *backlog, enum entry_kind kind, unsigned number,
                uint64_t ticket)
{
    char job[32], error[600];
    snprintf(job, sizeof job, "job-%u", number);
    memset(error, 'e', sizeof error - 1);
    error[number % 600] = '\0';
    error[599] = '\0';
    const struct entry entry = {
        .kind = kind, .job = job, .error = error, .epoch = number
    };
    backlog_add(backlog, &entry, ticket);
}

static void assert_entry(const struct backlog *backlog, size_t i,
                         unsigned number)
{
    char job[32];
    snprintf(job, sizeof job, "job-%u", number);
    assert_int_equal(backlog->entries[i].epoch, number);
    assert_string_equal(backlog->entries[i].job, job);
    assert_null(backlog->entries[i].by);
    assert_int_equal(strlen(backlog->entries[i].error),
                     number % 600 < 599 ? number % 600 : 599);
}

static void test_copies_in_order(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    assert_true(backlog_is_empty(&backlog));
    for (unsigned i = 0; i < 5000; i++)
        add(&backlog, ENTRY_FINISH, i, i);
    assert_false(backlog_is_empty(&backlog));
    for (unsigned i = 0; i < 5000; i++) {
        assert_entry(&backlog, i, i);
        assert_int_equal(backlog.tickets[i], i);
    }
    backlog_clear(&backlog);
    assert_true(backlog_is_empty(&backlog));
    backlog_close(&backlog);
}

static void test_space_is_used_again(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    const struct entry *entries = NULL;
    size_t bytes = 0;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 1000; i++)
            add(&backlog, ENTRY_FINISH, i, 0);
        if (round > 2) { /* the first few find out how much it takes */
            assert_ptr_equal(backlog.entries, entries);
            assert_int_equal(arena_bytes(&backlog.text), bytes);
        }
        entries = backlog.entries;
        bytes = arena_bytes(&backlog.text);
        backlog_clear(&backlog);
    }
    for (unsigned i = 0; i < 20000; i++)
        add(&backlog, ENTRY_FINISH, i, 0);
    backlog_clear(&backlog);
    assert_null(backlog.entries); /* a burst is not kept for */
    backlog_close(&backlog);
}

/* Every third entry is no pass, every seventh pass has a ticket. */
static bool may_go(unsigned i)
{
    return i % 3 && i % 7;
}

static void test_oldest_passes_go(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(backlog_thin(&backlog, 1000), 0);
        add(&backlog, i % 3 ? ENTRY_PASS : ENTRY_FINISH, i, i % 7 ? 0 : i + 1);
    }
    size_t gone = backlog_thin(&backlog, 1000);
    assert_in_range(gone, 100, 200);
    assert_int_equal(backlog.count, 1000 - gone);
    size_t at = 0, left_out = 0;
    for (unsigned i = 0; i < 1000; i++) {
        if (may_go(i) && left_out < gone)
            left_out++;
        else
            assert_entry(&backlog, at++, i);
    }
    assert_int_equal(at, backlog.count);
    assert_int_equal(backlog_thin(&backlog, 1000), 0);
    backlog_close(&backlog);
}

/* What may not go stays, however much it is. */
static void test_the_rest_stays(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    for (unsigned i = 0; i < 3000; i++) {
        assert_int_equal(backlog_thin(&backlog, 1000), 0);
        add(&backlog, ENTRY_CLAIM, i, i);
    }
    assert_int_equal(backlog.count, 3000);
    backlog_clear(&backlog);
    for (unsigned i = 0; i < 1000; i++)
        add(&backlog, ENTRY_PASS, i, 0);
    assert_true(backlog_thin(&backlog, 1000) > 0); /* it begins anew */
    backlog_close(&backlog);
}

/* The strings of passes that were given up are given up, too. */
static void test_days_without_a_store(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    size_t most = 0;
    add(&backlog, ENTRY_CLAIM, 1, 1);
    for (unsigned i = 2; i < 100000; i++) {
        backlog_thin(&backlog, 1000);
        add(&backlog, ENTRY_PASS, i, 0);
        if (arena_bytes(&backlog.text) > most)
            most = arena_bytes(&backlog.text);
    }
    assert_true(most < 4 << 20);
    assert_entry(&backlog, 0, 1);
    assert_entry(&backlog, backlog.count - 1, 99999);
    backlog_close(&backlog);
}

/* The entries of a job keep their order; jobs do not wait for each other. */
static void test_parked(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    struct parked parked = { 0 };
    const struct entry old = { .kind = ENTRY_WAIT,
                               .job = "old",
                               .trigger = TRIGGER_BACKFILL,
                               .cursor = { EVER_MS } };
    struct entry other = old, claim = old;
    claim.kind = ENTRY_CLAIM;
    other.job = "other";
    other.trigger = TRIGGER_SCHEDULE;
    for (uint64_t ticket = 1; ticket <= 10; ticket++)
        backlog_add(&backlog,
                    ticket == 2   ? &old
                    : ticket == 5 ? &claim
                                  : &other,
                    ticket);
    parked_take(&parked, &backlog);
    assert_int_equal(parked_count(&parked), 2);
    assert_int_equal(parked.backlog.tickets[0], 2);
    assert_int_equal(parked.backlog.tickets[1], 5);
    assert_int_equal(backlog.count, 8);
    assert_int_equal(backlog.tickets[1], 3);
    backlog_clear(&backlog);
    parked_done(&parked, 1);
    backlog_add(&backlog, &claim, 11);
    parked_take(&parked, &backlog);
    assert_int_equal(parked_count(&parked), 2);
    assert_int_equal(parked.at, 1);
    parked_done(&parked, 2);
    backlog_add(&backlog, &claim, 12); /* nothing of it is parked any more */
    parked_take(&parked, &backlog);
    assert_int_equal(parked_count(&parked), 0);
    assert_int_equal(backlog.count, 1);
    backlog_close(&backlog);
    backlog_close(&parked.backlog);
}

/* Of many jobs the rest is written as it comes. */
static void test_parked_is_of_few_jobs(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    struct parked parked = { 0 };
    char job[] = "a";
    struct entry old = { .kind = ENTRY_WAIT,
                         .job = job,
                         .trigger = TRIGGER_BACKFILL,
                         .cursor = { EVER_MS } };
    for (; *job <= 'z'; ++*job)
        backlog_add(&backlog, &old, 0);
    parked_take(&parked, &backlog);
    assert_int_equal(parked_count(&parked), PARKED_JOBS_MAX);
    assert_int_equal(backlog.count, 26 - PARKED_JOBS_MAX);
    assert_string_equal(backlog.entries[0].job, "q");
    backlog_close(&backlog);
    backlog_close(&parked.backlog);
}

static void test_questions_in_order(void **state)
{
    (void)state;
    struct questions list = { 0 };
    struct question asked[3];
    for (unsigned round = 0; round < 2; round++) {
        assert_null(questions_pop(&list));
        for (size_t i = 0; i < 3; i++)
            questions_push(&list, &asked[i]);
        for (size_t i = 0; i < 3; i++)
            assert_ptr_equal(questions_pop(&list), &asked[i]);
    }
    assert_null(questions_pop(&list));
}

static void test_questions_are_joined(void **state)
{
    (void)state;
    struct questions list = { 0 }, more = { 0 };
    struct question asked[5];
    questions_join(&list, &more);
    assert_null(list.first);
    for (unsigned round = 0; round < 2; round++) { /* behind none, and some */
        questions_push(&more, &asked[2 * round]);
        questions_push(&more, &asked[2 * round + 1]);
        questions_join(&list, &more);
        assert_null(more.first);
    }
    questions_push(&list, &asked[4]);
    questions_join(&list, &more);
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(questions_pop(&list), &asked[i]);
    assert_null(questions_pop(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_in_order),
        cmocka_unit_test(test_space_is_used_again),
        cmocka_unit_test(test_oldest_passes_go),
        cmocka_unit_test(test_the_rest_stays),
        cmocka_unit_test(test_days_without_a_store),
        cmocka_unit_test(test_parked),
        cmocka_unit_test(test_parked_is_of_few_jobs),
        cmocka_unit_test(test_questions_in_order),
        cmocka_unit_test(test_questions_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
