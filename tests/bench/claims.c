/* Figures of the store: claims a second through the journal, as the worker
 * makes them, beside the same claims written by the hundred without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <uv.h>

#include "bench.h"

#include "journal.h"
#include "mooncron/schedule.h"

#define BEGIN_MS   INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define DIRECT_MAX 100                    /* in a batch */
#define ROUNDS     3

/* The nth claim: a hundred jobs, a slot of each a second. */
static struct entry claim_of(unsigned number, char job[static 16])
{
    snprintf(job, 16, "job-%02u", number % 100);
    const struct wall slot = { BEGIN_MS + (int64_t)(number / 100) * 1000 };
    return (struct entry){ .kind = ENTRY_CLAIM,
                           .job = job,
                           .at = slot,
                           .cursor = slot,
                           .slot = slot,
                           .last = slot,
                           .error = "",
                           .by = "",
                           .generation = 1,
                           .attempt = 1,
                           .epoch = 1 };
}

static struct store *open_store(const struct bench *bench, const char *name)
{
    struct error note = { "" }, error = { "" };
    char *path = scratch_path(&bench->scratch, name);
    struct store *store = store_open_sqlite(
        path, "bench", (struct wall){ BEGIN_MS }, &note, &error);
    if (!store)
        fail_msg("%s", error.text);
    free(path);
    return store;
}

/* ---- without a journal ---- */

static void write_hundred(struct store *store, unsigned first)
{
    struct entry entries[DIRECT_MAX];
    enum entry_outcome outcomes[DIRECT_MAX];
    char jobs[DIRECT_MAX][16];
    struct error error = { "" };
    for (unsigned i = 0; i < DIRECT_MAX; i++)
        entries[i] = claim_of(first + i, jobs[i]);
    if (!store_write(store, entries, DIRECT_MAX, outcomes, &error))
        fail_msg("%s", error.text);
}

static double direct_rate(const struct bench *bench, const char *name,
                          unsigned count)
{
    struct store *store = open_store(bench, name);
    int64_t begun = bench_wall_ns();
    for (unsigned i = 0; i < count; i += DIRECT_MAX)
        write_hundred(store, i);
    double ns = (double)(bench_wall_ns() - begun);
    store_close(store, (struct wall){ BEGIN_MS });
    return count * 1e9 / ns;
}

/* ---- with one ---- */

struct claimer {
    struct journal *journal;
    unsigned added, told, count;
    int64_t ended_ns;
};

static void add_claim(struct claimer *claimer)
{
    char job[16];
    struct entry entry = claim_of(claimer->added++, job);
    journal_add(claimer->journal, &entry, claimer->added);
}

/* Each claim that is durable makes room for another. */
static void on_written(void *data, uint64_t ticket, enum entry_outcome outcome,
                       uint32_t epoch)
{
    (void)epoch;
    struct claimer *claimer = data;
    assert_int_equal(outcome, ENTRY_DONE);
    assert_int_equal(ticket, ++claimer->told);
    if (claimer->added < claimer->count)
        add_claim(claimer);
    if (claimer->told < claimer->count)
        return;
    claimer->ended_ns = bench_wall_ns();
    journal_close(claimer->journal, 0, NULL, NULL);
}

static void on_well(void *data, bool well, const char *sentence)
{
    (void)data, (void)well;
    fail_msg("%s", sentence);
}

static double journal_rate(const struct bench *bench, const char *name,
                           unsigned count, unsigned under_way)
{
    static const struct journal_events events = { .written = on_written,
                                                  .well = on_well };
    uv_loop_t loop;
    struct clock clock;
    struct error error;
    struct claimer claimer = { .count = count };
    uv_loop_init(&loop);
    clock_init(&clock, 1.0, (struct wall){ BEGIN_MS });
    const struct journal_options options = {
        .clock = &clock, .retention = { INT64_MAX, INT64_MAX }
    };
    claimer.journal = journal_new(&loop, open_store(bench, name), &options,
                                  &events, &claimer, &error);
    assert_non_null(claimer.journal);
    int64_t begun = bench_wall_ns();
    for (unsigned i = 0; i < under_way; i++)
        add_claim(&claimer);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return count * 1e9 / (double)(claimer.ended_ns - begun);
}

/* A commit costs the same whatever is in it: who has 64 under way, as many as
 * there are calls at once, cannot have more than 64 in one. */
static const struct load {
    unsigned under_way;
    double aim; /* times the direct rate */
} loads[] = { { 64, 0.6 }, { 1000, 1 } };

static void measure(struct bench *bench, const struct load *load,
                    unsigned count)
{
    double direct[ROUNDS], through[ROUNDS];
    char figure[64], aim[32], name[48];
    for (size_t i = 0; i < ROUNDS; i++) {
        snprintf(name, sizeof name, "direct-%u-%zu", load->under_way, i);
        direct[i] = direct_rate(bench, name, count);
        snprintf(name, sizeof name, "journal-%u-%zu", load->under_way, i);
        through[i] = journal_rate(bench, name, count, load->under_way);
    }
    double one = median(direct, ROUNDS), other = median(through, ROUNDS);
    snprintf(figure, sizeof figure, "claims a second, %u under way",
             load->under_way);
    snprintf(aim, sizeof aim, ">= %.1f x direct", load->aim);
    bench_row(figure, aim, other >= load->aim * one,
              "%.0f, without the journal %.0f: %.1f x", other, one,
              other / one);
}

void figure_claims(struct bench *bench)
{
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        measure(bench, &loads[i], bench->quick ? 20000 : 100000);
}
