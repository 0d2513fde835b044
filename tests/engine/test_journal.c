/* The journal: many entries become few commits, in order, and none is lost
 * where the store fails. */
#include "journal.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "doubt.h"
#include "mooncron/memory.h"
#include "mooncron/schedule.h"

#include "faulty.h"

#define LONG_MS  600000 /* a time that must not come to its end */
#define DAY_MS   INT64_C(86400000)
#define START_MS INT64_C(1767225600000)

/* A loop with a journal, and what it was told. */
struct desk {
    uv_loop_t loop;
    struct clock clock;
    struct mono began;
    struct journal *journal;
    uint64_t next_ticket; /* to be added */
    uint64_t told;        /* tickets, each one more than the one before */
    enum entry_outcome outcomes[8]; /* of the first */
    unsigned ills, wells;
    uint64_t told_when_well;
    char sentence[200];
    unsigned answers;
    unsigned news; /* of rows that are forgotten */
    int64_t forgotten;
    char lost[500];
    bool closed;
};

static void on_written(void *data, uint64_t ticket, enum entry_outcome outcome,
                       uint32_t epoch)
{
    (void)epoch;
    struct desk *desk = data;
    assert_false(desk->closed);
    assert_int_equal(ticket, desk->told + 1);
    if (desk->told < 8)
        desk->outcomes[desk->told] = outcome;
    desk->told = ticket;
}

static void on_well(void *data, bool well, const char *sentence)
{
    struct desk *desk = data;
    assert_int_equal(journal_is_well(desk->journal), well);
    if (well)
        desk->wells++;
    else
        desk->ills++;
    assert_int_equal(desk->ills, desk->wells + !well);
    desk->told_when_well = desk->told;
    snprintf(desk->sentence, sizeof desk->sentence, "%s", sentence);
}

static void on_forgotten(void *data, int64_t rows, struct wall upto)
{
    struct desk *desk = data;
    assert_true(upto.ms >= START_MS);
    desk->forgotten += rows;
    desk->news++;
}

static void on_lost(void *data, const char *sentence)
{
    struct desk *desk = data;
    assert_false(desk->closed);
    assert_string_equal(desk->lost, "");
    snprintf(desk->lost, sizeof desk->lost, "%s", sentence);
}

static void on_closed(void *data)
{
    struct desk *desk = data;
    desk->closed = true;
}

/* Its time goes `scale` times as fast. */
static void open_desk_of(struct desk *desk, double scale,
                         struct journal_options options,
                         const struct faulty *faulty)
{
    static const struct journal_events events = { on_written, on_well,
                                                  on_forgotten, on_lost };
    struct error error;
    *desk = (struct desk){ 0 };
    faulty_reset(faulty);
    uv_loop_init(&desk->loop);
    clock_init(&desk->clock, scale, (struct wall){ START_MS });
    desk->began = clock_now(&desk->clock).mono;
    options.clock = &desk->clock;
    options.retention = (struct retention){ LONG_MS, 1000000 };
    if (!options.renew_ms)
        options.renew_ms = LONG_MS;
    if (!options.prune_ms)
        options.prune_ms = LONG_MS;
    desk->journal = journal_new(&desk->loop, store_open_memory("me"), &options,
                                &events, desk, &error);
    assert_non_null(desk->journal);
}

static void open_desk(struct desk *desk, struct journal_options options,
                      const struct faulty *faulty)
{
    open_desk_of(desk, 1.0, options, faulty);
}

/* Gives what was added to the thread. */
static void turn(struct desk *desk)
{
    uv_run(&desk->loop, UV_RUN_NOWAIT);
}

static void run_until_told(struct desk *desk, uint64_t ticket)
{
    while (desk->told < ticket)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

static void run_until_ill(struct desk *desk)
{
    while (!desk->ills)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

/* The loop ends by itself: no handle is left. */
static void shut_desk(struct desk *desk)
{
    if (!desk->closed)
        uv_run(&desk->loop, UV_RUN_DEFAULT);
    assert_true(desk->closed);
    assert_int_equal(faulty_now().closes, 1);
    assert_int_equal(uv_loop_close(&desk->loop), 0);
}

static void close_desk(struct desk *desk)
{
    journal_close(desk->journal, LONG_MS, on_closed, desk);
    shut_desk(desk);
    assert_string_equal(desk->lost, "");
}

/* ---- entries ---- */

static struct entry entry_of(enum entry_kind kind, int64_t slot)
{
    return (struct entry){
        .kind = kind,
        .job = "job",
        .at = { START_MS },
        .cursor = { EVER_MS },
        .slot = { START_MS + slot * 1000 },
        .last = { START_MS + slot * 1000 },
        .count = kind == ENTRY_PASS,
        .error = "",
        .by = "",
        .epoch = 1,
        .attempt = 1,
    };
}

static void add(struct desk *desk, enum entry_kind kind, int64_t slot)
{
    /* The strings are gone when it is written. */
    char job[16] = "job";
    struct entry entry = entry_of(kind, slot);
    entry.job = job;
    entry.at.ms += (int64_t)desk->next_ticket; /* nothing is a repetition */
    journal_add(desk->journal, &entry, ++desk->next_ticket);
    memset(job, 'x', sizeof job - 1);
}

static void add_claims(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add(desk, ENTRY_CLAIM, (int64_t)desk->next_ticket);
}

/* A commit of one entry is under way, and is held: what is added from now on is
 * taken over together. */
static void begin_commit(struct desk *desk)
{
    add_claims(desk, 1);
    turn(desk);
    faulty_wait_inside();
}

static void test_many_entries_few_commits(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    struct journal_counts counts;
    begin_commit(&desk);
    for (unsigned i = 0; i < 100; i++) { /* while that commit is under way */
        add_claims(&desk, 25);
        turn(&desk);
    }
    journal_counts(desk.journal, &counts);
    assert_int_equal(counts.waiting, 2500);
    assert_int_equal(counts.entries, 0);
    assert_int_equal(desk.told, 0);
    faulty_release();
    run_until_told(&desk, 2501);
    assert_int_equal(faulty_now().commits, 1 + 3);
    assert_int_equal(faulty_now().entries, 2501);
    assert_int_equal(desk.ills, 0);
    journal_counts(desk.journal, &counts);
    assert_int_equal(counts.entries, 2501);
    assert_int_equal(counts.commits.count, 4);
    assert_int_equal(counts.failures, 0);
    assert_int_equal(counts.waiting, 0);
    close_desk(&desk);
}

static void add_backfill(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct entry entry = entry_of(ENTRY_WAIT, 1 + (int64_t)i);
        entry.job = "old";
        entry.trigger = TRIGGER_BACKFILL;
        entry.epoch = 0;
        journal_add(desk->journal, &entry, 0);
    }
}

/* However many slots of a backfill are to be written down, claims of other jobs
 * go before them; those of the same job behind them. */
static void test_claims_go_before_a_backfill(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    begin_commit(&desk);
    add_backfill(&desk, 5000);
    add_claims(&desk, 1);
    turn(&desk);
    faulty_release();
    run_until_told(&desk, 2);
    assert_int_equal(faulty_now().waits_at_claim, 0);
    struct entry claim = entry_of(ENTRY_CLAIM, 4000);
    claim.job = "old";
    journal_add(desk.journal, &claim, ++desk.next_ticket);
    run_until_told(&desk, 3);
    assert_int_equal(faulty_now().waits_at_claim, 5000);
    assert_int_equal(desk.outcomes[2], ENTRY_DONE);
    add_backfill(&desk, 1); /* and so again */
    close_desk(&desk);
    assert_int_equal(faulty_now().waits, 5001);
}

static void test_outcomes(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    add(&desk, ENTRY_CLAIM, 1);
    add(&desk, ENTRY_FINISH, 1);
    add(&desk, ENTRY_CLAIM, 1); /* has ended */
    add(&desk, ENTRY_FINISH, 2);
    run_until_told(&desk, 4);
    assert_int_equal(desk.outcomes[0], ENTRY_DONE);
    assert_int_equal(desk.outcomes[1], ENTRY_DONE);
    assert_int_equal(desk.outcomes[2], ENTRY_TAKEN);
    assert_int_equal(desk.outcomes[3], ENTRY_FENCED);
    close_desk(&desk);
}

/* ---- a store that fails ---- */

static void test_nothing_is_lost(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 5 });
    assert_true(journal_is_well(desk.journal));
    add_claims(&desk, 10);
    run_until_ill(&desk);
    assert_string_equal(desk.sentence, "write the store: the disk is full");
    add_claims(&desk, 1500);
    run_until_told(&desk, 1510);
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.wells, 1);
    assert_string_equal(desk.sentence, "");
    assert_int_equal(faulty_now().entries, 1510);
    assert_int_equal(faulty_now().tries, 5 + faulty_now().commits);
    struct journal_counts counts;
    journal_counts(desk.journal, &counts);
    assert_int_equal(counts.failures, 5);
    assert_int_equal(counts.commits.count, faulty_now().commits);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(desk.outcomes[i], ENTRY_DONE);
    assert_true(journal_is_well(desk.journal));
    close_desk(&desk);
}

/* Tidings keep their order: ill, the tickets of the batch, well. */
static void test_well_after_the_batch(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 1, .held = true });
    begin_commit(&desk);
    add_claims(&desk, 10);
    faulty_release();
    while (!desk.wells)
        uv_run(&desk.loop, UV_RUN_ONCE);
    assert_int_equal(desk.told_when_well, 1);
    close_desk(&desk);
}

/* It fails, works, and fails again: each change is told. */
static void test_each_change_is_told(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 2 });
    for (unsigned i = 1; i <= 20; i++) {
        add_claims(&desk, 1);
        run_until_told(&desk, i);
        while (desk.wells < i)
            uv_run(&desk.loop, UV_RUN_ONCE);
        assert_int_equal(desk.ills, i);
        faulty_reset(&(struct faulty){ .failures = i % 3 + 1 });
    }
    faulty_mend();
    close_desk(&desk);
}

static void test_passes_are_given_up(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(
        &desk, (struct journal_options){ .again_ms = 1 },
        &(struct faulty){ .failures = UINT_MAX, .passes_unwritten = true });
    add(&desk, ENTRY_CLAIM, 1);
    run_until_ill(&desk);
    struct entry pass = entry_of(ENTRY_PASS, 2);
    for (unsigned i = 0; i < JOURNAL_ENTRIES_MAX + 1; i++)
        journal_add(desk.journal, &pass, 0);
    journal_add(desk.journal, &pass, ++desk.next_ticket);
    faulty_mend();
    run_until_told(&desk, 2);
    assert_int_equal(desk.wells, 1);
    unsigned long given_up = strtoul(desk.sentence, NULL, 10);
    assert_in_range(given_up, 1, JOURNAL_ENTRIES_MAX / 4);
    assert_int_equal(faulty_now().passes + given_up, JOURNAL_ENTRIES_MAX + 2);
    faulty_reset(&(struct faulty){ .failures = 1 });
    add(&desk, ENTRY_CLAIM, 3);
    while (desk.wells < 2)
        uv_run(&desk.loop, UV_RUN_ONCE);
    assert_string_equal(desk.sentence, ""); /* it was said before */
    close_desk(&desk);
}

/* ---- plans ---- */

static void test_plans_are_published(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 2 });
    struct plan_note plan = { .generation = 7,
                              .environment = "production",
                              .tzdata = "2026a",
                              .file = "schedules.lua" };
    journal_publish(desk.journal, &plan);
    plan.generation = 6; /* a later one is there: left at that */
    journal_publish(desk.journal, &plan);
    add_claims(&desk, 1);
    run_until_told(&desk, 1);
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.wells, 1);
    close_desk(&desk);
}

/* ---- questions ---- */

struct asked {
    struct desk *desk;
    pthread_t loop_thread;
    unsigned rows;   /* that there must be at least */
    unsigned seen;   /* that there were */
    unsigned number; /* which of the answers this one is */
    bool fails;
    char failure[200];
};

static bool count_row(void *data, const struct history_row *row)
{
    (void)row;
    ++*(unsigned *)data;
    return true;
}

static unsigned rows_of(struct store *store)
{
    const struct history_query query = { .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = HISTORY_ROWS_MAX };
    struct error error;
    unsigned rows = 0;
    assert_true(store_history(store, &query, count_row, &rows, &error));
    return rows;
}

static enum question_step ask_rows(struct store *store, struct wall now,
                                   void *question, struct error *reterr)
{
    struct asked *asked = question;
    assert_false(pthread_equal(pthread_self(), asked->loop_thread));
    assert_true(now.ms >= START_MS);
    if (asked->fails) {
        error_set(reterr, "read the store: nobody knows");
        return QUESTION_FAILED;
    }
    asked->seen = rows_of(store);
    return QUESTION_ANSWERED;
}

static void told_rows(void *question, const char *failure)
{
    struct asked *asked = question;
    assert_false(asked->desk->closed);
    assert_int_equal(++asked->desk->answers, asked->number);
    snprintf(asked->failure, sizeof asked->failure, "%s",
             failure ? failure : "");
    if (!failure)
        assert_true(asked->seen >= asked->rows);
}

static void ask(struct desk *desk, struct asked *asked, unsigned number)
{
    asked->desk = desk;
    asked->loop_thread = pthread_self();
    asked->number = number;
    asked->rows = (unsigned)desk->next_ticket;
    journal_ask(desk->journal, ask_rows, told_rows, asked);
}

static void run_until_answered(struct desk *desk, unsigned answers)
{
    while (desk->answers < answers)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

static void test_answers_in_order(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked[6] = { 0 };
    open_desk(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    asked[2].fails = true;
    for (unsigned i = 0; i < 6; i++) {
        add_claims(&desk, 3);
        ask(&desk, &asked[i], i + 1);
        if (i % 2)
            turn(&desk);
    }
    faulty_release();
    run_until_answered(&desk, 6);
    assert_int_equal(desk.told, 18);
    for (unsigned i = 0; i < 6; i++)
        assert_string_equal(asked[i].failure,
                            asked[i].fails ? "read the store: nobody knows"
                                           : "");
    close_desk(&desk);
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
    open_desk(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    begin_led(&desk, &first, 1, 1);
    begin_led(&desk, &second, 2, 1);
    turn(&desk);
    uv_sem_wait(&first.begun);
    add_claims(&desk, 3);
    turn(&desk);
    uv_sem_post(&first.go);
    uv_sem_post(&second.go);
    run_until_answered(&desk, 2);
    assert_int_equal(first.seen[0], 0);
    assert_int_equal(second.seen[0], 3);
    close_desk(&desk);
    end_led(&first);
    end_led(&second);
}

/* And before the next step of a long one: a claim waits for one step. */
static void test_claims_go_between_steps(void **state)
{
    (void)state;
    struct desk desk;
    struct led led;
    open_desk(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    begin_led(&desk, &led, 1, 8);
    turn(&desk);
    for (unsigned step = 0; step < 8; step++) {
        uv_sem_wait(&led.begun);
        add_claims(&desk, 2);
        turn(&desk);
        uv_sem_post(&led.go);
        run_until_told(&desk, step * 2); /* of the steps before */
    }
    run_until_answered(&desk, 1);
    for (unsigned step = 0; step < 8; step++)
        assert_int_equal(led.seen[step], step * 2);
    run_until_told(&desk, 16);
    close_desk(&desk);
    end_led(&led);
}

/* The end does not wait for all of a long walk. */
static void test_close_cuts_a_walk(void **state)
{
    (void)state;
    struct desk desk;
    struct led led;
    open_desk(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    begin_led(&desk, &led, 1, 8);
    turn(&desk);
    uv_sem_wait(&led.begun);
    add_claims(&desk, 2);
    journal_close(desk.journal, LONG_MS, on_closed, &desk);
    uv_sem_post(&led.go);
    shut_desk(&desk);
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
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = UINT_MAX });
    begin_led(&desk, &led, 1, 8);
    turn(&desk);
    uv_sem_wait(&led.begun);
    add_claims(&desk, 1);
    turn(&desk);
    uv_sem_post(&led.go);
    run_until_answered(&desk, 1);
    assert_int_equal(led.step, 1);
    assert_string_equal(led.asked.failure, "write the store: the disk is full");
    faulty_mend();
    run_until_told(&desk, 1);
    close_desk(&desk);
    end_led(&led);
}

/* A question is answered when a backfill that was added before it is written.
 */
static void test_answers_after_a_backfill(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    open_desk(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    add_backfill(&desk, 3000);
    ask(&desk, &asked, 1);
    asked.rows = 3000;
    run_until_answered(&desk, 1);
    assert_int_equal(asked.seen, 3000);
    close_desk(&desk);
}

static void test_questions_while_it_fails(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked[3] = { 0 };
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = UINT_MAX });
    add_claims(&desk, 1);
    ask(&desk, &asked[0], 1);
    run_until_answered(&desk, 1);
    ask(&desk, &asked[1], 2);
    run_until_answered(&desk, 2);
    assert_string_equal(asked[0].failure, "write the store: the disk is full");
    assert_string_equal(asked[1].failure, "write the store: the disk is full");
    faulty_mend();
    run_until_told(&desk, 1);
    ask(&desk, &asked[2], 3);
    run_until_answered(&desk, 3);
    assert_string_equal(asked[2].failure, "");
    close_desk(&desk);
}

/* ---- what the thread does by itself ---- */

static void test_renewals(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .renew_ms = 1 },
              &(struct faulty){ 0 });
    faulty_wait_renewals(3);
    close_desk(&desk);
    assert_int_equal(desk.told, 0);
}

/* A step that took all that it may is followed by another. */
static void test_prunes(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .prune_ms = 1 },
              &(struct faulty){ .prunes_full = 4 });
    faulty_wait_prunes(5);
    close_desk(&desk);
    assert_int_equal(faulty_now().prunes, 5);
    assert_int_equal(desk.news, 1); /* of the round, not of each step */
    assert_int_equal(desk.forgotten, 4 * JOURNAL_PRUNE_MAX);
}

/* The life before ended two days ago: nothing goes for an hour of the clock. */
static void test_prunes_nothing_by_a_clock_in_doubt(void **state)
{
    (void)state;
    struct desk desk;
    const struct stored_life life = { .began = { START_MS - LONG_MS },
                                      .seen = { START_MS - 2 * DAY_MS } };
    open_desk_of(&desk, 10000, /* an hour takes 360 ms */
                 (struct journal_options){
                     .prune_ms = 1, .lives = &life, .life_count = 1 },
                 &(struct faulty){ 0 });
    faulty_wait_prunes(1);
    assert_true(clock_now(&desk.clock).mono.ms - desk.began.ms >= DOUBT_MS);
    close_desk(&desk);
}

/* A round in which nothing went is no news. */
static void test_prunes_nothing(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .prune_ms = 1 },
              &(struct faulty){ 0 });
    faulty_wait_prunes(1);
    close_desk(&desk);
    assert_int_equal(desk.news, 0);
}

/* ---- the end ---- */

static void test_close_writes_what_waits(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    open_desk(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    begin_commit(&desk);
    add_claims(&desk, 1500);
    ask(&desk, &asked, 1);
    journal_close(desk.journal, LONG_MS, on_closed, &desk);
    faulty_release();
    shut_desk(&desk);
    assert_int_equal(desk.told, 1501);
    assert_int_equal(desk.answers, 1);
    assert_string_equal(asked.failure, "");
}

static void test_close_while_it_fails(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked[2] = { 0 };
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = UINT_MAX });
    add_claims(&desk, 10);
    ask(&desk, &asked[0], 1);
    run_until_ill(&desk);
    run_until_answered(&desk, 1);
    add_claims(&desk, 1500);
    ask(&desk, &asked[1], 2);
    journal_close(desk.journal, 20, on_closed, &desk);
    shut_desk(&desk);
    assert_int_equal(desk.told, 0);
    assert_int_equal(desk.answers, 2);
    assert_string_not_equal(asked[1].failure, "");
    assert_int_equal(desk.ills, 1);
    assert_int_equal(desk.wells, 0);
    assert_non_null(strstr(desk.lost, " write down 1510 claims (job of "));
}

/* Verdicts of what was run: those that the store has are not among them. */
static void test_close_tells_what_is_lost(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ 0 });
    add_claims(&desk, 5);
    add(&desk, ENTRY_FINISH, 0);
    run_until_told(&desk, 6);
    faulty_reset(&(struct faulty){ .failures = UINT_MAX });
    add(&desk, ENTRY_FINISH, 1);
    run_until_ill(&desk);
    for (int64_t slot = 2; slot < 5; slot++)
        add(&desk, ENTRY_FINISH, slot);
    journal_close(desk.journal, 20, on_closed, &desk);
    shut_desk(&desk);
    assert_string_equal(
        desk.lost,
        "the worker ends, and could not write down 4 verdicts (job of "
        "2026-01-01T00:00:01Z, job of 2026-01-01T00:00:02Z, job of "
        "2026-01-01T00:00:03Z and 1 more): the next life tries each again "
        "under the same key, or says unknown");
}

static void test_close_outlasts_a_failure(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = 1 },
              &(struct faulty){ .failures = 5 });
    add_claims(&desk, 1500);
    run_until_ill(&desk);
    journal_close(desk.journal, LONG_MS, on_closed, &desk);
    shut_desk(&desk);
    assert_int_equal(desk.told, 1500);
    assert_int_equal(desk.wells, 1);
}

/* A call that is under way is waited for, what waits is tried once, and further
 * batches are not begun. */
static void test_close_when_time_is_up(void **state)
{
    (void)state;
    struct desk desk;
    struct asked asked = { 0 };
    open_desk(&desk, (struct journal_options){ 0 },
              &(struct faulty){ .held = true });
    begin_commit(&desk);
    add_claims(&desk, 2500);
    ask(&desk, &asked, 1);
    journal_close(desk.journal, 0, on_closed, &desk);
    faulty_release();
    shut_desk(&desk);
    assert_non_null(strstr(desk.lost, " write down 1500 claims (job of "));
    assert_int_equal(desk.told, 1 + JOURNAL_BATCH_MAX);
    assert_int_equal(faulty_now().tries, 2);
    assert_int_equal(desk.answers, 1);
    assert_string_equal(asked.failure, "the worker ends");
}

/* The last try is at the end of the time, though the next one is far off. */
static void test_close_tries_a_last_time(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ .again_ms = LONG_MS },
              &(struct faulty){ .failures = 1 });
    add_claims(&desk, 10);
    run_until_ill(&desk);
    journal_close(desk.journal, 1, on_closed, &desk);
    shut_desk(&desk);
    assert_int_equal(desk.told, 10);
    assert_int_equal(desk.wells, 1);
}

static void test_close_at_once(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, (struct journal_options){ 0 }, &(struct faulty){ 0 });
    journal_close(desk.journal, 0, on_closed, &desk);
    shut_desk(&desk);
    assert_int_equal(faulty_now().tries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_entries_few_commits),
        cmocka_unit_test(test_claims_go_before_a_backfill),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_well_after_the_batch),
        cmocka_unit_test(test_each_change_is_told),
        cmocka_unit_test(test_passes_are_given_up),
        cmocka_unit_test(test_plans_are_published),
        cmocka_unit_test(test_answers_in_order),
        cmocka_unit_test(test_claims_go_before_the_next_question),
        cmocka_unit_test(test_claims_go_between_steps),
        cmocka_unit_test(test_close_cuts_a_walk),
        cmocka_unit_test(test_illness_cuts_a_walk),
        cmocka_unit_test(test_answers_after_a_backfill),
        cmocka_unit_test(test_questions_while_it_fails),
        cmocka_unit_test(test_renewals),
        cmocka_unit_test(test_prunes),
        cmocka_unit_test(test_prunes_nothing),
        cmocka_unit_test(test_prunes_nothing_by_a_clock_in_doubt),
        cmocka_unit_test(test_close_writes_what_waits),
        cmocka_unit_test(test_close_while_it_fails),
        cmocka_unit_test(test_close_tells_what_is_lost),
        cmocka_unit_test(test_close_outlasts_a_failure),
        cmocka_unit_test(test_close_when_time_is_up),
        cmocka_unit_test(test_close_tries_a_last_time),
        cmocka_unit_test(test_close_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
