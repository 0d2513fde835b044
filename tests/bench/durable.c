/* Figures of the store: claims a second, one by one and in batches, in memory
 * and in SQLite, beside a file that is synced as often; and what a run costs
 * there of a processor, which a busy machine blurs less. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench.h"

#include "mooncron/schedule.h"
#include "mooncron/store.h"

#define BEGIN_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define JOBS     1000
#define BATCH    100
#define BIGGEST  1000
#define ROUNDS   3

/* Jobs that are due together, each second once more. */
struct load {
    struct store *store;
    char names[JOBS][16];
    unsigned count; /* claims so far */
};

static struct entry claim_of(const struct load *load, unsigned number)
{
    const struct wall slot = { BEGIN_MS + number / JOBS * 1000 };
    return (struct entry){ .kind = ENTRY_CLAIM,
                           .job = load->names[number % JOBS],
                           .at = { slot.ms + 3 },
                           .slot = slot,
                           .cursor = slot,
                           .digest = UINT64_C(0x123456789abcdef0),
                           .generation = 7,
                           .attempt = 1,
                           .epoch = 1,
                           .no_overlap = true };
}

static struct entry finish_of(const struct load *load, unsigned number)
{
    struct entry entry = claim_of(load, number);
    entry.kind = ENTRY_FINISH;
    entry.at.ms += 40;
    entry.took_ms = 37;
    entry.status = 200;
    return entry;
}

static void write_entries(struct load *load, struct entry *entries,
                          size_t count)
{
    static enum entry_outcome outcomes[BIGGEST];
    struct error error;
    if (!store_write(load->store, entries, count, outcomes, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(outcomes[i], ENTRY_DONE);
}

/* Claims in batches of `batch`, thousands a second; with `ends` the time for
 * their verdicts counts as well. */
static double rate_of(struct load *load, unsigned claims, unsigned batch,
                      bool ends)
{
    static struct entry begun[BATCH], ended[BATCH];
    int64_t spent = 0;
    for (unsigned until = load->count + claims; load->count < until;) {
        for (unsigned i = 0; i < batch; i++) {
            begun[i] = claim_of(load, load->count);
            ended[i] = finish_of(load, load->count++);
        }
        int64_t begin = bench_wall_ns();
        write_entries(load, begun, batch);
        if (!ends)
            spent += bench_wall_ns() - begin;
        write_entries(load, ended, batch);
        if (ends)
            spent += bench_wall_ns() - begin;
    }
    return 1e6 * claims / (double)spent;
}

static double median_of(struct load *load, unsigned claims, unsigned batch,
                        bool ends)
{
    double rate[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        rate[i] = rate_of(load, claims, batch, ends);
    return median(rate, ROUNDS);
}

/* ---- what a run costs ---- */

static int64_t cpu_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* Microseconds of CPU for each run that is claimed and ends, a batch of runs a
 * commit. */
static double cost_of(struct load *load, unsigned runs, unsigned batch)
{
    static struct entry begun[BIGGEST], ended[BIGGEST];
    int64_t spent = 0;
    for (unsigned until = load->count + runs; load->count < until;) {
        for (unsigned i = 0; i < batch; i++) {
            begun[i] = claim_of(load, load->count);
            ended[i] = finish_of(load, load->count++);
        }
        int64_t begin = cpu_ns();
        write_entries(load, begun, batch);
        write_entries(load, ended, batch);
        spent += cpu_ns() - begin;
    }
    return (double)spent / runs / 1e3;
}

static double median_cost(struct load *load, unsigned runs, unsigned batch)
{
    double cost[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        cost[i] = cost_of(load, runs, batch);
    return median(cost, ROUNDS);
}

/* Commits that a journal could at best make here: thousands a second. */
static double syncs(struct bench *bench, unsigned count)
{
    static const char page[4096];
    char *path = scratch_path(&bench->scratch, "synced");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    free(path);
    int64_t begin = bench_wall_ns();
    for (unsigned i = 0; i < count; i++)
        if (write(fd, page, sizeof page) != sizeof page || fdatasync(fd))
            fail_msg("the disk cannot be written");
    double rate = 1e6 * count / (double)(bench_wall_ns() - begin);
    close(fd);
    return rate;
}

static struct load *load_new(struct bench *bench, bool sqlite)
{
    struct load *load = calloc(1, sizeof *load);
    struct error note, error;
    char *path = scratch_path(&bench->scratch, "journal.db");
    load->store =
        sqlite ? store_open_sqlite(path, "bench", (struct wall){ BEGIN_MS },
                                   &note, &error)
               : store_open_memory("bench");
    if (!load->store)
        fail_msg("%s", error.text);
    free(path);
    for (unsigned i = 0; i < JOBS; i++)
        snprintf(load->names[i], sizeof load->names[i], "job-%05u", i);
    return load;
}

struct figures {
    double one, many, runs;
    double small_us, big_us;
};

static struct figures measure(struct bench *bench, bool sqlite)
{
    unsigned claims = bench->quick ? 20000 : 100000;
    struct load *load = load_new(bench, sqlite);
    struct figures figures;
    figures.small_us = median_cost(load, claims, BATCH);
    figures.big_us = median_cost(load, claims, BIGGEST);
    figures.many = median_of(load, claims, BATCH, false);
    figures.runs = median_of(load, claims, BATCH, true);
    figures.one = median_of(load, sqlite ? claims / 20 : claims, 1, false);
    store_close(load->store, (struct wall){ NEVER_MS / 2 });
    free(load);
    return figures;
}

void figure_store(struct bench *bench)
{
    struct figures memory = measure(bench, false);
    struct figures sqlite = measure(bench, true);
    double bare = syncs(bench, bench->quick ? 500 : 2000);
    bench_row("claims one by one, SQLite", "-", true,
              "%.2f k/s; bare sync %.2f: %.2f x; memory %.0f: %.4f x",
              sqlite.one, bare, sqlite.one / bare, memory.one,
              sqlite.one / memory.one);
    bench_row("claims in batches of 100, SQLite", ">= 100 k/s",
              sqlite.many >= 100,
              "%.1f k/s; one by one %.0f x; memory %.0f: "
              "%.3f x",
              sqlite.many, sqlite.many / sqlite.one, memory.many,
              sqlite.many / memory.many);
    bench_row("claims and verdicts, 100 each, SQLite", "-", true,
              "%.1f k runs/s; memory %.0f: %.3f x", sqlite.runs, memory.runs,
              sqlite.runs / memory.runs);
    bench_row("CPU of a run, 100 a commit, SQLite", "<= 15 us",
              sqlite.small_us <= 15, "%.1f us; memory %.1f us", sqlite.small_us,
              memory.small_us);
    bench_row("CPU of a run, 1,000 a commit, SQLite", "<= 15 us",
              sqlite.big_us <= 15, "%.1f us; memory %.1f us", sqlite.big_us,
              memory.big_us);
}
