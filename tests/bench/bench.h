/* The benchmarks: figures measured against the real worker, beside a bare
 * libcurl loop and a bare Lua load of the same file, in one run. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc.h"
#include "report.h"
#include "scratch.h"
#include "stand.h"
#include "worker.h"

struct text;

/* One figure's surroundings: a folder, a sink, and a worker that may be started
 * and stopped several times. */
struct bench {
    bool quick;
    bool one_core;  /* the worker is kept to one processor */
    bool forgetful; /* it keeps no journal on disk: --state none */
    struct scratch scratch;
    struct proc *sink;
    struct report *report; /* mapped; the sink writes it */
    struct stand stand;    /* only its origin: the sink's */
    struct worker worker;
};

/* ---- figures: each prints its rows ---- */

void figure_start(struct bench *bench);
void figure_reload(struct bench *bench);
void figure_late_reload(struct bench *bench);
void figure_memory(struct bench *bench);
void figure_idle(struct bench *bench);
void figure_claims(struct bench *bench);
void figure_sustained(struct bench *bench);
void figure_instant(struct bench *bench);
void figure_even(struct bench *bench);
void figure_next(struct bench *bench);
void figure_zone(struct bench *bench);
void figure_batch(struct bench *bench);
void figure_store(struct bench *bench);

/* A line of the table: what was measured, in words, and whether it is within
 * the aim. */
void bench_row(const char *figure, const char *aim, bool met,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- tools ---- */

void bench_open(struct bench *bench, bool quick);
void bench_close(struct bench *bench);

/* Starts the worker with Settings from a file, or from the sink, and waits for
 * its first schedule: when that was armed, in ns of the wall clock. */
int64_t bench_worker(struct bench *bench, bool from_sink);
void bench_worker_stop(struct bench *bench);

/* From now on children run on this processor alone; -1: on any. */
void bench_pin(int cpu);

/* Whether a program is in the build folder: some need what is not everywhere.
 */
bool bench_has(const char *program);
/* Runs a program of the build folder and reads the numbers that it prints. */
void bench_ask(const char *program, const char *const *args, int64_t *ret,
               size_t count);

/* Writes schedules.lua: `count` jobs, each a line made of `format`, which gets
 * the number of the job once or twice. `last` is added. */
typedef void bench_line(struct text *text, unsigned number);
void bench_file(struct bench *bench, unsigned count, bench_line *line,
                const char *last);

int64_t bench_wall_ns(void);
int64_t bench_cpu_ns(pid_t pid);
uint64_t bench_switches(pid_t pid); /* voluntary, of all threads */
unsigned long bench_children_kb(pid_t pid);
/* Waiting is what a benchmark is for. */
void bench_wait_ms(int64_t ms);
/* Waits until the sink has so many samples; false after `ms`. */
bool bench_samples(const struct bench *bench, uint32_t count, int64_t ms);

double median(double *values, size_t count);

/* How late the slots between two instants were. */
struct lateness {
    size_t count;
    double p50_ms, p99_ms, max_ms;
    size_t early;
};
struct lateness bench_lateness(const struct bench *bench, int64_t from_ms,
                               int64_t until_ms);

#endif
