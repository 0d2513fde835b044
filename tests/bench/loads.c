/* Figures of loading: the start, a reload, and fires beside a reload. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"

#include "client.h"

#include "mooncron/text.h"

#define ROUNDS_MAX 7
#define SPACING_MS 1100 /* loads are spaced by a second */

/* As people write them: the options of the shipped file's snapshot jobs. */
static void hourly(struct text *text, unsigned number)
{
    text_printf(text,
                "job \"job-%05u\" {\n"
                "  every   = \"1h\",\n"
                "  phase   = \"auto\",\n"
                "  post    = \"/api/hub/build-snapshot\",\n"
                "  body    = { collection = \"collection-%u\" },\n"
                "  timeout = \"2m\",\n"
                "}\n",
                number, number);
}

/* ---- start ---- */

static double start_ms(struct bench *bench)
{
    int64_t begun = bench_wall_ns();
    int64_t armed = bench_worker(bench, false);
    bench_worker_stop(bench);
    return (double)(armed - begun) / 1e6;
}

void figure_start(struct bench *bench)
{
    static const struct {
        unsigned jobs;
        double aim_ms;
    } rows[] = { { 10, 15 }, { 10000, 80 }, { 100000, 500 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double ms[ROUNDS_MAX];
        size_t rounds = bench->quick ? 3 : ROUNDS_MAX;
        bench_file(bench, rows[i].jobs, hourly, "");
        for (size_t round = 0; round < rounds; round++)
            ms[round] = start_ms(bench);
        char figure[64], aim[32];
        snprintf(figure, sizeof figure, "start to first armed job, %u jobs",
                 rows[i].jobs);
        snprintf(aim, sizeof aim, "<= %.0f ms", rows[i].aim_ms);
        double middle = median(ms, rounds);
        bench_row(figure, aim, middle <= rows[i].aim_ms, "%.1f ms", middle);
    }
}

/* ---- reload ---- */

/* The file with one job that differs from round to round. */
static void change(struct bench *bench, unsigned jobs, size_t round)
{
    char last[160];
    snprintf(last, sizeof last,
             "job \"last\" { every = \"1h\", post = \"/api/last/%zu\" }\n",
             round);
    bench_file(bench, jobs, hourly, last);
}

static double webhook_ms(const struct bench *bench)
{
    int64_t begun = bench_wall_ns();
    struct client_answer answer = worker_webhook(&bench->worker, "{}");
    int64_t took = bench_wall_ns() - begun;
    if (answer.status != 200)
        fail_msg("the webhook was answered with %d: %s", answer.status,
                 answer.body);
    client_answer_close(&answer);
    return (double)took / 1e6;
}

static double bare_ms(const struct bench *bench)
{
    int64_t ns;
    char *file = scratch_path(&bench->scratch, "schedules.lua");
    bench_ask("bench_bare_lua", (const char *[]){ file, NULL }, &ns, 1);
    free(file);
    return (double)ns / 1e6;
}

static void reload_of(struct bench *bench, unsigned jobs, double aim)
{
    double ms[ROUNDS_MAX], same[ROUNDS_MAX];
    size_t rounds = bench->quick ? 3 : ROUNDS_MAX;
    change(bench, jobs, 0);
    bench_worker(bench, false);
    for (size_t round = 0; round < rounds; round++) {
        bench_wait_ms(SPACING_MS);
        change(bench, jobs, round + 1);
        ms[round] = webhook_ms(bench);
        bench_wait_ms(SPACING_MS);
        same[round] = webhook_ms(bench);
    }
    double bare = bare_ms(bench), middle = median(ms, rounds);
    double unchanged = median(same, rounds);
    bench_worker_stop(bench);
    char figure[64], text[48];
    snprintf(figure, sizeof figure, "reload, %u jobs", jobs);
    snprintf(text, sizeof text, "<= %.0f x bare Lua", aim);
    bench_row(figure, text, middle <= aim * bare,
              "%.1f ms, bare Lua %.1f ms: %.1f x", middle, bare, middle / bare);
    snprintf(figure, sizeof figure, "reload, %u jobs, nothing changed", jobs);
    bench_row(figure, "<= 5 ms", unchanged <= 5, "%.1f ms", unchanged);
}

void figure_reload(struct bench *bench)
{
    reload_of(bench, 1000, 6);
    reload_of(bench, 10000, 4);
}

/* ---- fires beside a reload ---- */

#define BUSY 100 /* a fire each 10 ms */

static void hourly_and_busy(struct text *text, unsigned number)
{
    if (number >= BUSY)
        hourly(text, number);
    else
        text_printf(text,
                    "job \"job-%05u\" { every = \"1s\", phase = \"%ums\", "
                    "post = \"/api/busy\" }\n",
                    number, number * 10 + 1);
}

void figure_late_reload(struct bench *bench)
{
    size_t rounds = bench->quick ? 3 : ROUNDS_MAX;
    bench_file(bench, 10000, hourly_and_busy, "");
    bench_worker(bench, false);
    bench_wait_ms(2 * SPACING_MS);
    int64_t from = bench_wall_ns() / 1000000;
    for (size_t round = 0; round < rounds; round++) {
        char last[32];
        snprintf(last, sizeof last, "local round = %zu\n", round);
        bench_file(bench, 10000, hourly_and_busy, last);
        webhook_ms(bench);
        bench_wait_ms(SPACING_MS);
    }
    int64_t until = bench_wall_ns() / 1000000 - SPACING_MS / 2;
    struct lateness late = bench_lateness(bench, from, until);
    bench_worker_stop(bench);
    bench_row("fires during reloads of 10,000 jobs", "none later than 10 ms",
              late.count && late.max_ms <= 10,
              "%zu fires, p99 %.1f ms, latest %.1f ms", late.count, late.p99_ms,
              late.max_ms);
}
