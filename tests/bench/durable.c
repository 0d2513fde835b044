/* Figures of the store: claims a second, one by one and in batches, in memory
 * and in SQLite, beside a file that is synced as often; how much of that time
 * the disk's sync takes; and what a run costs there of a processor, which a
 * busy machine blurs less. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
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
#define FEW      10000 /* claims of a round, where rows are few */
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

/* ---- what it takes ---- */

struct spent {
    int64_t wall_ns, cpu_ns, sync_ns;
};

static int64_t synced_ns; /* in fdatasync, so far */

/* In place of libc's: SQLite comes by here, too. */
int fdatasync(int fd)
{
    int64_t begin = bench_wall_ns();
    int code = (int)syscall(SYS_fdatasync, fd);
    synced_ns += bench_wall_ns() - begin;
    return code;
}

static struct spent so_far(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (struct spent){ bench_wall_ns(),
                           (int64_t)at.tv_sec * 1000000000 + at.tv_nsec,
                           synced_ns };
}

static void add_since(struct spent *sum, struct spent begin)
{
    struct spent end = so_far();
    sum->wall_ns += end.wall_ns - begin.wall_ns;
    sum->cpu_ns += end.cpu_ns - begin.cpu_ns;
    sum->sync_ns += end.sync_ns - begin.sync_ns;
}

/* On claims in batches of `batch`; with `ends` on their verdicts as well. */
static struct spent spent_on(struct load *load, unsigned claims, unsigned batch,
                             bool ends)
{
    static struct entry begun[BIGGEST], ended[BIGGEST];
    struct spent spent = { 0 };
    for (unsigned until = load->count + claims; load->count < until;) {
        for (unsigned i = 0; i < batch; i++) {
            begun[i] = claim_of(load, load->count);
            ended[i] = finish_of(load, load->count++);
        }
        struct spent begin = so_far();
        write_entries(load, begun, batch);
        if (!ends)
            add_since(&spent, begin);
        write_entries(load, ended, batch);
        if (ends)
            add_since(&spent, begin);
    }
    return spent;
}

/* Of some rounds the median. */
struct pace {
    double rate;         /* thousands a second */
    double sync_percent; /* of the time */
    double cpu_us;       /* of each */
    unsigned rows;       /* that there are in the end */
};

static struct pace pace_of(struct load *load, unsigned claims, unsigned batch,
                           bool ends)
{
    double rate[ROUNDS], sync[ROUNDS], cpu[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct spent spent = spent_on(load, claims, batch, ends);
        rate[i] = 1e6 * claims / (double)spent.wall_ns;
        sync[i] = 100.0 * (double)spent.sync_ns / (double)spent.wall_ns;
        cpu[i] = (double)spent.cpu_ns / claims / 1e3;
    }
    return (struct pace){ median(rate, ROUNDS), median(sync, ROUNDS),
                          median(cpu, ROUNDS), load->count };
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
    struct pace one, few, many, runs, small, big;
};

static struct figures measure(struct bench *bench, bool sqlite)
{
    unsigned claims = bench->quick ? 20000 : 100000;
    struct load *load = load_new(bench, sqlite);
    struct figures figures;
    figures.few = pace_of(load, FEW, BATCH, false);
    figures.small = pace_of(load, claims, BATCH, true);
    figures.big = pace_of(load, claims, BIGGEST, true);
    figures.many = pace_of(load, claims, BATCH, false);
    figures.runs = pace_of(load, claims, BATCH, true);
    figures.one = pace_of(load, sqlite ? claims / 20 : claims, 1, false);
    store_close(load->store, (struct wall){ NEVER_MS / 2 });
    free(load);
    return figures;
}

/* Where the sync is most of it the disk is the bound, and else the processor:
 * run_job, which a claim changes far from all others, costs more with each row
 * until every job has a page of its own there. */
static void tell_batches(const char *figure, const struct pace *pace,
                         double memory)
{
    bench_row(figure, ">= 100 k/s", pace->rate >= 100,
              "%.1f k/s, %u rows; sync %.0f %%, CPU %.1f us each; memory %.0f",
              pace->rate, pace->rows, pace->sync_percent, pace->cpu_us, memory);
}

static void tell_cost(const char *figure, const struct pace *pace,
                      double memory_us)
{
    bench_row(figure, "<= 15 us", pace->cpu_us <= 15,
              "%.1f us, %u rows; memory %.1f us", pace->cpu_us, pace->rows,
              memory_us);
}

void figure_store(struct bench *bench)
{
    struct figures memory = measure(bench, false);
    struct figures sqlite = measure(bench, true);
    double bare = syncs(bench, bench->quick ? 500 : 2000);
    bench_row("claims one by one, SQLite", "-", true,
              "%.2f k/s; sync %.0f %%; bare sync %.2f: %.2f x; memory %.0f",
              sqlite.one.rate, sqlite.one.sync_percent, bare,
              sqlite.one.rate / bare, memory.one.rate);
    tell_batches("batches of 100, few rows, SQLite", &sqlite.few,
                 memory.few.rate);
    tell_batches("claims in batches of 100, SQLite", &sqlite.many,
                 memory.many.rate);
    bench_row("claims and verdicts, 100 each, SQLite", "-", true,
              "%.1f k runs/s; sync %.0f %%; memory %.0f", sqlite.runs.rate,
              sqlite.runs.sync_percent, memory.runs.rate);
    tell_cost("CPU of a run, 100 a commit, SQLite", &sqlite.small,
              memory.small.cpu_us);
    tell_cost("CPU of a run, 1,000 a commit, SQLite", &sqlite.big,
              memory.big.cpu_us);
}
