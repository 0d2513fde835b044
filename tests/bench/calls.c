/* Figures of calls: how many, at what price, how punctual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"

#include "mooncron/text.h"

#define SECOND_MS 1000

/* A run of the bare loop: calls a second, and CPU for each. `bursts` with a
 * rest of `pause_ms` before the next. */
struct bare_run {
    unsigned calls, in_flight, bursts, pause_ms;
};

static double bare(const struct bench *bench, const struct bare_run *run,
                   double *ret_cpu_us)
{
    char url[120], calls[16], in_flight[16], bursts[16], pause_ms[16];
    snprintf(url, sizeof url, "%s/api/bare", bench->stand.origin);
    snprintf(calls, sizeof calls, "%u", run->calls);
    snprintf(in_flight, sizeof in_flight, "%u", run->in_flight);
    snprintf(bursts, sizeof bursts, "%u", run->bursts);
    snprintf(pause_ms, sizeof pause_ms, "%u", run->pause_ms);
    const char *const args[] = {
        url, calls, in_flight, bursts, pause_ms, NULL
    };
    double all = (double)run->calls * run->bursts;
    int64_t ns[2];
    bench_ask("bench_bare_curl", args, ns, 2);
    *ret_cpu_us = (double)ns[1] / 1e3 / all;
    return all * 1e9 / (double)ns[0];
}

/* How long one burst took, of a run of so many calls a second. */
static double burst_ms(const struct bare_run *run, double rate)
{
    double all_ms = run->calls * run->bursts * 1e3 / rate;
    return (all_ms - run->pause_ms * (run->bursts - 1.0)) / run->bursts;
}

/* ---- sustained ---- */

/* Sixteen groups of four keep 64 in flight, and 16,000 jobs are due in one
 * instant: the rate is theirs from the first arrival to the last. */
#define GROUPS      16
#define AT_ONCE     16000
#define PATIENCE_MS 30000
#define ROUNDS_MAX  5

static void grouped(struct text *text, unsigned number)
{
    if (number < GROUPS)
        text_printf(text, "group \"g%u\" { limit = 4 }\n", number);
    text_printf(text,
                "job \"job-%05u\" { every = \"5s\", phase = \"0s\", "
                "group = \"g%u\", post = \"/api/job\", body = {} }\n",
                number, number % GROUPS);
}

/* Calls a second of the samples of one instant. */
static double drain_rate(const struct bench *bench, uint32_t first)
{
    const struct sample *sample = &bench->report->sample[first];
    int64_t begin = INT64_MAX, end = INT64_MIN;
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        int64_t at = sample[i].slot_ms * 1000 + sample[i].late_us;
        begin = at < begin ? at : begin;
        end = at > end ? at : end;
    }
    return (AT_ONCE - 1) * 1e6 / (double)(end - begin);
}

static void await_instant(const struct bench *bench, uint32_t before)
{
    if (!bench_samples(bench, before + AT_ONCE, PATIENCE_MS))
        fail_msg("%u of %u calls came", bench->report->samples - before,
                 AT_ONCE);
}

/* The second instant of a worker: by then it has the memory it needs. */
static double drain(struct bench *bench, bool forgetful, double *ret_cpu_us)
{
    bench->forgetful = forgetful;
    bench_worker(bench, false);
    pid_t pid = proc_pid(bench->worker.proc);
    uint32_t before = bench->report->samples;
    await_instant(bench, before);
    bench_wait_ms(500);
    int64_t cpu = bench_cpu_ns(pid);
    await_instant(bench, before += AT_ONCE);
    *ret_cpu_us = (double)(bench_cpu_ns(pid) - cpu) / 1e3 / AT_ONCE;
    bench_worker_stop(bench);
    return drain_rate(bench, before);
}

/* What is compared is measured in turns, and the ratio is that of a turn: a
 * machine that others use is not as fast in the next minute. */
void figure_sustained(struct bench *bench)
{
    static const struct bare_run loop = { AT_ONCE, 64, 1, 0 };
    double bare_rate[ROUNDS_MAX], rate[ROUNDS_MAX], durable[ROUNDS_MAX];
    double bare_cpu[ROUNDS_MAX], cpu[ROUNDS_MAX], durable_cpu[ROUNDS_MAX];
    double of_bare[ROUNDS_MAX], of_rate[ROUNDS_MAX];
    size_t rounds = bench->quick ? 3 : ROUNDS_MAX;
    bench->one_core = true;
    bench_file(bench, AT_ONCE, grouped, "");
    for (size_t i = 0; i < rounds; i++) {
        bare_rate[i] = bare(bench, &loop, &bare_cpu[i]);
        rate[i] = drain(bench, true, &cpu[i]);
        durable[i] = drain(bench, false, &durable_cpu[i]);
        of_bare[i] = rate[i] / bare_rate[i];
        of_rate[i] = durable[i] / rate[i];
    }
    double to_bare = median(of_bare, rounds), to_rate = median(of_rate, rounds);
    bench_row("sustained calls a second, 64 in flight", ">= 0.80 x bare",
              to_bare >= 0.8,
              "%.0f, bare %.0f: %.2f x (CPU a call %.1f us, bare %.1f)",
              median(rate, rounds), median(bare_rate, rounds), to_bare,
              median(cpu, rounds), median(bare_cpu, rounds));
    bench_row("the same with the SQLite store", ">= 0.60 x without it",
              to_rate >= 0.6, "%.0f: %.2f x (CPU a call %.1f us)",
              median(durable, rounds), to_rate, median(durable_cpu, rounds));
}

/* ---- a thousand in one instant ---- */

#define INSTANT_JOBS     1000
#define INSTANT_EVERY_MS 2000

static void due_together(struct text *text, const char *name, unsigned number)
{
    text_printf(text,
                "job \"%s-%04u\" { every = \"2s\", phase = \"0s\", "
                "post = \"/api/job\", body = {} }\n",
                name, number);
}

/* Each kind of worker has jobs of its own: one with a journal makes up what
 * another, of which it knows nothing, has run meanwhile. */
static void forgotten(struct text *text, unsigned number)
{
    due_together(text, "forgotten", number);
}

static void kept(struct text *text, unsigned number)
{
    due_together(text, "kept", number);
}

#define INSTANTS 5 /* of one worker; the first of all is not counted */

/* What the calls of each instant were late by: of one kind of worker, whose
 * turns alternate with those of another. */
struct instants {
    double p50_ms[ROUNDS_MAX * INSTANTS], p99_ms[ROUNDS_MAX * INSTANTS];
    double cpu_us[ROUNDS_MAX]; /* by turn */
    size_t count, early;
};

static void instant_add(struct instants *instants, const struct bench *bench,
                        int64_t slot_ms)
{
    struct lateness late = bench_lateness(bench, slot_ms, slot_ms + 1);
    if (late.count != INSTANT_JOBS)
        fail_msg("%zu of %d calls came", late.count, INSTANT_JOBS);
    instants->p50_ms[instants->count] = late.p50_ms;
    instants->p99_ms[instants->count++] = late.p99_ms;
    instants->early += late.early;
}

static void instants_turn(struct instants *instants, struct bench *bench,
                          bool forgetful)
{
    bench->forgetful = forgetful;
    bench_file(bench, INSTANT_JOBS, forgetful ? forgotten : kept, "");
    bench_worker(bench, false);
    pid_t pid = proc_pid(bench->worker.proc);
    uint32_t before = bench->report->samples;
    bench_samples(bench, before + INSTANT_JOBS, 10000); /* now it is warm */
    bench_wait_ms(500);
    int64_t slot_ms = bench_wall_ns() / 1000000, cpu = bench_cpu_ns(pid);
    before = bench->report->samples;
    if (!bench_samples(bench, before + INSTANTS * INSTANT_JOBS, 120000))
        fail_msg("%u calls came", bench->report->samples - before);
    bench_wait_ms(500);
    instants->cpu_us[instants->count / INSTANTS] =
        (double)(bench_cpu_ns(pid) - cpu) / 1e3 /
        (double)(bench->report->samples - before);
    for (int i = 0; i < INSTANTS; i++) {
        slot_ms += INSTANT_EVERY_MS - slot_ms % INSTANT_EVERY_MS;
        instant_add(instants, bench, slot_ms);
    }
    bench_worker_stop(bench);
}

#define INSTANT_MS_MAX 50

/* The instant in the middle, and the others. `bare_ms` is how long the bare
 * loop takes for as many calls, to the last answer. */
static void instants_row(const struct bench *bench, const char *figure,
                         struct instants *instants, double bare_ms)
{
    size_t count = instants->count, within = 0;
    double p50_ms = median(instants->p50_ms, count);
    double p99_ms = median(instants->p99_ms, count); /* and in order */
    while (within < count && instants->p99_ms[within] <= INSTANT_MS_MAX)
        within++;
    bench_row(figure, "p99 <= 50 ms",
              p99_ms <= INSTANT_MS_MAX && !instants->early &&
                  !bench->report->doubled,
              "p50 %.1f ms, p99 %.1f (%.1f to %.1f) ms, %zu of %zu within; "
              "%.2f x the %.1f ms of bare; %zu early, %llu twice",
              p50_ms, p99_ms, instants->p99_ms[0], instants->p99_ms[count - 1],
              within, count, p99_ms / bare_ms, bare_ms, instants->early,
              (unsigned long long)bench->report->doubled);
}

void figure_instant(struct bench *bench)
{
    static const struct bare_run burst = { INSTANT_JOBS, 64, INSTANTS,
                                           INSTANT_EVERY_MS };
    struct instants forgetful = { 0 }, durable = { 0 };
    double bare_ms[ROUNDS_MAX], bare_cpu[ROUNDS_MAX], to_bare[ROUNDS_MAX];
    size_t rounds = bench->quick ? 1 : ROUNDS_MAX;
    bench->one_core = true;
    for (size_t i = 0; i < rounds; i++) {
        bare_ms[i] = burst_ms(&burst, bare(bench, &burst, &bare_cpu[i]));
        instants_turn(&forgetful, bench, true);
        instants_turn(&durable, bench, false);
        to_bare[i] = forgetful.cpu_us[i] / bare_cpu[i];
    }
    double ratio = median(to_bare, rounds), last_ms = median(bare_ms, rounds);
    bench_row("CPU a call, 1,000 due in one second", "<= 1.30 x bare",
              ratio <= 1.3, "%.1f us, bare %.1f us: %.2f x",
              median(forgetful.cpu_us, rounds), median(bare_cpu, rounds),
              ratio);
    instants_row(bench, "lateness, 1,000 in one instant", &forgetful, last_ms);
    instants_row(bench, "the same with the SQLite store", &durable, last_ms);
}

/* ---- spread evenly ---- */

#define EVEN_JOBS 10000

static void spread(struct text *text, unsigned number)
{
    text_printf(text,
                "job \"job-%05u\" { every = \"1s\", phase = \"%ums\", "
                "post = \"/api/job\", body = {} }\n",
                number, number % 1000);
}

static void even(struct bench *bench, const char *figure, const char *aim,
                 double p50_ms, double p99_ms)
{
    int64_t seconds = bench->quick ? 5 : 20;
    bench_worker(bench, false);
    bench_wait_ms(2 * SECOND_MS);
    int64_t from = (bench_wall_ns() / 1000000 / SECOND_MS + 1) * SECOND_MS;
    int64_t until = from + seconds * SECOND_MS;
    bench_wait_ms(until - bench_wall_ns() / 1000000 + SECOND_MS);
    struct lateness late = bench_lateness(bench, from, until);
    bench_worker_stop(bench);
    long long lost = EVEN_JOBS * seconds - (long long)late.count;
    bench_row(figure, aim,
              late.p50_ms <= p50_ms && late.p99_ms <= p99_ms && !late.early &&
                  !lost && !bench->report->doubled,
              "p50 %.2f ms, p99 %.1f ms; %zu early, %lld lost, %llu twice",
              late.p50_ms, late.p99_ms, late.early, lost,
              (unsigned long long)bench->report->doubled);
}

void figure_even(struct bench *bench)
{
    bench->one_core = true;
    bench_file(bench, EVEN_JOBS, spread, "");
    bench->forgetful = true;
    even(bench, "lateness, 10,000 jobs a second, spread",
         "p50 <= 0.5, p99 <= 10", 0.5, 10);
    bench->forgetful = false;
    even(bench, "the same with the SQLite store", "p99 <= 20 ms", 20, 20);
}
