/* Many entries become few commits, in order; each has its outcome. */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_many_entries_few_commits(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    struct journal_counts counts;
    desk_begin_commit(&desk);
    for (unsigned i = 0; i < 100; i++) { /* while that commit is under way */
        desk_add_claims(&desk, 25);
        desk_turn(&desk);
    }
    journal_counts(desk.journal, &counts);
    assert_int_equal(counts.waiting, 2500);
    assert_int_equal(counts.entries, 0);
    assert_int_equal(desk.told, 0);
    faulty_release();
    desk_await_told(&desk, 2501);
    assert_int_equal(faulty_now().commits, 1 + 3);
    assert_int_equal(faulty_now().entries, 2501);
    assert_int_equal(desk.ills, 0);
    journal_counts(desk.journal, &counts);
    assert_int_equal(counts.entries, 2501);
    assert_int_equal(counts.commits.count, 4);
    assert_int_equal(counts.failures, 0);
    assert_int_equal(counts.waiting, 0);
    desk_close(&desk);
}

static void add_pass(struct desk *desk, int64_t slot)
{
    struct entry pass = entry_of(ENTRY_PASS, slot);
    journal_add(desk->journal, &pass, 0);
    desk_turn(desk);
}

/* What nobody waits for is written with what somebody does, or at the end. */
static void test_passes_wait_for_company(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .linger_ms = LONG_MS },
              &(struct faulty){ 0 });
    add_pass(&desk, 1);
    add_pass(&desk, 2);
    assert_int_equal(faulty_now().tries, 0);
    desk_add_claims(&desk, 1);
    desk_await_told(&desk, 1);
    assert_int_equal(faulty_now().entries, 3);
    assert_int_equal(faulty_now().commits, 1);
    add_pass(&desk, 3);
    desk_close(&desk);
    assert_int_equal(faulty_now().entries, 4);
}

/* The bell comes behind the count, and may have been heard already. */
static void await_entries(struct desk *desk, uint64_t entries)
{
    struct journal_counts counts;
    for (;;) {
        journal_counts(desk->journal, &counts);
        if (counts.entries >= entries)
            return;
        uv_run(&desk->loop, UV_RUN_ONCE);
    }
}

static void test_passes_do_not_wait_for_ever(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ .linger_ms = 1 },
              &(struct faulty){ 0 });
    for (int64_t i = 1; i <= 3; i++) {
        add_pass(&desk, i);
        await_entries(&desk, (uint64_t)i);
    }
    desk_close(&desk);
}

/* However many slots of a backfill are to be written down, claims of other jobs
 * go before them; those of the same job behind them. */
static void test_claims_go_before_a_backfill(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    desk_begin_commit(&desk);
    desk_add_backfill(&desk, 5000);
    desk_add_claims(&desk, 1);
    desk_turn(&desk);
    faulty_release();
    desk_await_told(&desk, 2);
    assert_int_equal(faulty_now().waits_at_claim, 0);
    struct entry claim = entry_of(ENTRY_CLAIM, 4000);
    claim.job = "old";
    journal_add(desk.journal, &claim, ++desk.next_ticket);
    desk_await_told(&desk, 3);
    assert_int_equal(faulty_now().waits_at_claim, 5000);
    assert_int_equal(desk.outcomes[2], ENTRY_DONE);
    desk_add_backfill(&desk, 1); /* and so again */
    desk_close(&desk);
    assert_int_equal(faulty_now().waits, 5001);
}

static void test_each_entry_has_its_outcome(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    desk_add(&desk, ENTRY_CLAIM, 1);
    desk_add(&desk, ENTRY_FINISH, 1);
    desk_add(&desk, ENTRY_CLAIM, 1); /* has ended */
    desk_add(&desk, ENTRY_FINISH, 2);
    desk_await_told(&desk, 4);
    assert_int_equal(desk.outcomes[0], ENTRY_DONE);
    assert_int_equal(desk.outcomes[1], ENTRY_DONE);
    assert_int_equal(desk.outcomes[2], ENTRY_TAKEN);
    assert_int_equal(desk.outcomes[3], ENTRY_FENCED);
    desk_close(&desk);
}

struct plan_asked {
    struct asked asked; /* first */
    uint32_t generation;
};

static enum question_step ask_plan(struct store *store, struct wall now,
                                   void *question, struct error *reterr)
{
    struct plan_asked *asked = question;
    struct plan_note plan;
    (void)now;
    (void)reterr;
    if (store_plan(store, &plan))
        asked->generation = plan.generation;
    return QUESTION_ANSWERED;
}

static void test_plans_are_published(void **state)
{
    (void)state;
    struct desk desk;
    struct plan_asked asked = { .asked = { .desk = &desk, .number = 1 } };
    desk_open(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 2 });
    struct plan_note plan = { .generation = 7,
                              .environment = "production",
                              .tzdata = "2026a",
                              .file = "schedules.lua" };
    journal_publish(desk.journal, &plan);
    plan.generation = 6; /* a later one is there: left at that */
    journal_publish(desk.journal, &plan);
    desk_add_claims(&desk, 1);
    desk_await_told(&desk, 1);
    journal_ask(desk.journal, ask_plan, told_rows, &asked);
    desk_await_answers(&desk, 1);
    assert_int_equal(asked.generation, 7);
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.wells, 1);
    desk_close(&desk);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_entries_few_commits),
        cmocka_unit_test(test_passes_wait_for_company),
        cmocka_unit_test(test_passes_do_not_wait_for_ever),
        cmocka_unit_test(test_claims_go_before_a_backfill),
        cmocka_unit_test(test_each_entry_has_its_outcome),
        cmocka_unit_test(test_plans_are_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
