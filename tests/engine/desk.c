/* A loop with a journal, and what it was told. */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
    snprintf(well ? desk->well : desk->ill, sizeof desk->ill, "%s", sentence);
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

static void on_damaged(void *data, bool writes)
{
    struct desk *desk = data;
    if (writes)
        assert_false(journal_is_well(desk->journal));
    desk->damages[writes]++;
}

void desk_on_closed(void *data)
{
    struct desk *desk = data;
    desk->closed = true;
}

void desk_open_at(struct desk *desk, double scale,
                  struct journal_options options, const struct faulty *faulty)
{
    static const struct journal_events events = { on_written, on_well,
                                                  on_forgotten, on_lost,
                                                  on_damaged };
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

void desk_open(struct desk *desk, struct journal_options options,
               const struct faulty *faulty)
{
    desk_open_at(desk, 1.0, options, faulty);
}

void desk_shut(struct desk *desk)
{
    if (!desk->closed)
        uv_run(&desk->loop, UV_RUN_DEFAULT);
    assert_true(desk->closed);
    assert_int_equal(faulty_now().closes, 1);
    assert_int_equal(uv_loop_close(&desk->loop), 0);
}

void desk_close(struct desk *desk)
{
    journal_close(desk->journal, LONG_MS, desk_on_closed, desk);
    desk_shut(desk);
    assert_string_equal(desk->lost, "");
}

void desk_turn(struct desk *desk)
{
    uv_run(&desk->loop, UV_RUN_NOWAIT);
}

void desk_await_told(struct desk *desk, uint64_t ticket)
{
    while (desk->told < ticket)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

void desk_await_ill(struct desk *desk)
{
    while (!desk->ills)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

void desk_await_answers(struct desk *desk, unsigned answers)
{
    while (desk->answers < answers)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

void desk_await_wells(struct desk *desk, unsigned wells)
{
    while (desk->wells < wells)
        uv_run(&desk->loop, UV_RUN_ONCE);
}

/* ---- entries ---- */

struct entry entry_of(enum entry_kind kind, int64_t slot)
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

void desk_add(struct desk *desk, enum entry_kind kind, int64_t slot)
{
    /* The strings are gone when it is written. */
    char job[16] = "job";
    struct entry entry = entry_of(kind, slot);
    entry.job = job;
    entry.at.ms += (int64_t)desk->next_ticket; /* nothing is a repetition */
    journal_add(desk->journal, &entry, ++desk->next_ticket);
    memset(job, 'x', sizeof job - 1);
}

void desk_add_claims(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        desk_add(desk, ENTRY_CLAIM, (int64_t)desk->next_ticket);
}

void desk_add_backfill(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct entry entry = entry_of(ENTRY_WAIT, 1 + (int64_t)i);
        entry.job = "old";
        entry.trigger = TRIGGER_BACKFILL;
        entry.epoch = 0;
        journal_add(desk->journal, &entry, 0);
    }
}

void desk_begin_commit(struct desk *desk)
{
    desk_add_claims(desk, 1);
    desk_turn(desk);
    faulty_wait_inside();
}

/* ---- questions ---- */

static bool count_row(void *data, const struct history_row *row)
{
    (void)row;
    ++*(unsigned *)data;
    return true;
}

unsigned rows_of(struct store *store)
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

void told_rows(void *question, const char *failure)
{
    struct asked *asked = question;
    assert_false(asked->desk->closed);
    assert_int_equal(++asked->desk->answers, asked->number);
    snprintf(asked->failure, sizeof asked->failure, "%s",
             failure ? failure : "");
    if (!failure)
        assert_true(asked->seen >= asked->rows);
}

void desk_ask(struct desk *desk, struct asked *asked, unsigned number)
{
    asked->desk = desk;
    asked->loop_thread = pthread_self();
    asked->number = number;
    asked->rows = (unsigned)desk->next_ticket;
    journal_ask(desk->journal, ask_rows, told_rows, asked);
}
