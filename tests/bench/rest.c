/* Figures of a worker at rest: memory and wake-ups. */
#include <stdio.h>

#include "bench.h"

#include "mooncron/text.h"

#define SETTLE_MS 1500

static void quarterly(struct text *text, unsigned number)
{
    text_printf(text,
                "job \"job-%05u\" { every = \"15m\", post = \"/api/job\" }\n",
                number);
}

/* Of the daemon, and of its script host. */
static unsigned long resident_kb(struct bench *bench, unsigned jobs,
                                 unsigned long *ret_host_kb)
{
    /* A scripted job keeps the script host alive. */
    bench_file(bench, jobs - 1, quarterly,
               "job \"scripted\" { every = \"15m\", run = function() end }\n");
    bench_worker(bench, false);
    bench_wait_ms(SETTLE_MS);
    pid_t pid = proc_pid(bench->worker.proc);
    unsigned long kb = footprint_of(pid).rss_kb;
    *ret_host_kb = bench_children_kb(pid);
    bench_worker_stop(bench);
    return kb;
}

void figure_memory(struct bench *bench)
{
    enum { FEW = 10, MANY = 10010 };
    unsigned long host, many_host;
    unsigned long few = resident_kb(bench, FEW, &host);
    unsigned long many = resident_kb(bench, MANY, &many_host);
    double both = (double)(few + host) / 1024;
    double each = ((double)many - (double)few) * 1024 / (MANY - FEW);
    bench_row("RSS with 10 jobs, both processes", "<= 16 MB", both <= 16,
              "%.1f MB: daemon %.1f, script host %.1f", both,
              (double)few / 1024, (double)host / 1024);
    bench_row("RSS of the daemon for each further job", "<= 600 bytes",
              each <= 600, "%.0f bytes; 10,010 jobs: script host %.1f MB", each,
              (double)many_host / 1024);
}

/* Half of their interval away from any slot: what is measured is the rest. */
static void quarterly_later(struct text *text, unsigned number)
{
    const int64_t quarter_ms = 15 * 60 * 1000;
    int64_t phase_ms =
        (bench_wall_ns() / 1000000 + quarter_ms / 2) % quarter_ms;
    text_printf(text,
                "job \"job-%05u\" { every = \"15m\", phase = \"%lldms\", "
                "post = \"/api/job\" }\n",
                number, (long long)phase_ms);
}

void figure_idle(struct bench *bench)
{
    int64_t span_ms = bench->quick ? 60000 : 120000;
    bench_file(bench, 10, quarterly_later, "");
    bench_worker(bench, true);
    bench_wait_ms(SETTLE_MS);
    pid_t pid = proc_pid(bench->worker.proc);
    uint64_t switches = bench_switches(pid);
    uint64_t calls = bench->report->calls;
    int64_t cpu = bench_cpu_ns(pid);
    bench_wait_ms(span_ms);
    double minutes = (double)span_ms / 60000;
    double woke = (double)(bench_switches(pid) - switches) / minutes;
    double ms = (double)(bench_cpu_ns(pid) - cpu) / 1e6 / minutes;
    uint64_t calls_seen = bench->report->calls - calls;
    bench_worker_stop(bench);
    bench_row("idle, 10 jobs: wake-ups a minute", "<= 2", woke <= 2,
              "%.1f, with %llu polls in %.1f minutes", woke,
              (unsigned long long)calls_seen, minutes);
    bench_row("idle, 10 jobs: CPU a minute", "<= 1 ms", ms <= 1, "%.2f ms", ms);
}
