/* Figures of schedule maths: times a second, beside croner and robfig's cron in
 * the same run; zones; batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"

#include "mooncron/schedule.h"
#include "mooncron/text.h"
#include "mooncron/zones.h"

#define BEGIN_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define ROUNDS   3

/* ---- times ---- */

/* Each walk stays within the years that everybody reaches. */
static const struct walk {
    const char *expression, *zone;
    unsigned count, others_count;
    bool robfig; /* knows the expression, and finds it in five years */
} walks[] = {
    { "*/5 * * * *", "UTC", 2000000, 20000, true },
    { "*/5 * * * *", "Europe/Bucharest", 2000000, 20000, true },
    { "30 2 * * *", "UTC", 100000, 10000, true },
    { "30 2 * * *", "Europe/Bucharest", 100000, 10000, true },
    { "0 9 * * MON-FRI", "UTC", 100000, 10000, true },
    { "0 9 * * MON-FRI", "Europe/Bucharest", 100000, 10000, true },
    { "0 0 13 * FRI", "Europe/Bucharest", 50000, 5000, true },
    { "0 0 31 12 *", "Europe/Bucharest", 900, 500, true },
    { "0 0 29 2 *", "Europe/Bucharest", 200, 50, true },
    { "0 0 * 2 MON#5", "Europe/Bucharest", 200, 20, false },
};

static struct rules *compile(const struct walk *walk, struct zones *zones)
{
    const struct term term = { .kind = TERM_CRON, .text = walk->expression };
    const struct rules_spec spec = { .terms = &term,
                                     .term_count = 1,
                                     .from = { EVER_MS },
                                     .until = { NEVER_MS } };
    struct error err = { "" };
    struct zone *zone = zones_get(zones, walk->zone, &err);
    struct rules *rules = zone ? rules_new(&spec, "bench", zone, &err) : NULL;
    if (!rules)
        fail_msg("%s", err.text);
    zone_unref(zone);
    return rules;
}

/* Millions of times a second. Walks are repeated until they can be timed. */
static double own_rate(const struct walk *walk, struct zones *zones)
{
    struct rules *rules = compile(walk, zones);
    const struct schedule schedule = { .rules = rules };
    unsigned repeats = 1 + 200000 / walk->count;
    double rate[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        int64_t begin = bench_wall_ns();
        for (unsigned k = 0; k < repeats; k++) {
            struct wall at = { BEGIN_MS };
            for (unsigned n = 0; n < walk->count; n++)
                at = schedule_next(&schedule, at);
            assert_true(at.ms > BEGIN_MS && at.ms < NEVER_MS);
        }
        double ns = (double)(bench_wall_ns() - begin);
        rate[i] = 1e3 * walk->count * repeats / ns;
    }
    rules_free(rules);
    return median(rate, ROUNDS);
}

/* 0 where the program is not there. */
static double others_rate(const char *program, const struct walk *walk)
{
    char count[16];
    snprintf(count, sizeof count, "%u", walk->others_count);
    const char *const args[] = { walk->expression, walk->zone, count, NULL };
    double rate[ROUNDS];
    if (!bench_has(program))
        return 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        int64_t ns[2];
        bench_ask(program, args, ns, 2);
        rate[i] = 1e3 * walk->others_count / (double)ns[0];
    }
    return median(rate, ROUNDS);
}

static void put_other(struct text *out, const char *name, double own,
                      double rate)
{
    if (rate > 0)
        text_printf(out, "; %s %.4f: %.0f x", name, rate, own / rate);
    else
        text_printf(out, "; %s -", name);
}

void figure_next(struct bench *bench)
{
    (void)bench;
    struct zones *zones = zones_new(NULL);
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        const struct walk *walk = &walks[i];
        double own = own_rate(walk, zones);
        double croner = others_rate("bench_croner", walk);
        double robfig = walk->robfig ? others_rate("bench_robfig", walk) : 0;
        char figure[64];
        struct text text;
        text_init(&text, 160);
        text_printf(&text, "%.2f M/s", own);
        put_other(&text, "croner", own, croner);
        put_other(&text, "robfig", own, robfig);
        snprintf(figure, sizeof figure, "next, %s %s", walk->expression,
                 walk->zone);
        bench_row(figure, ">= 10 x, >= 2 x",
                  own >= 10 * croner && own >= 2 * robfig, "%s", text.data);
        text_close(&text);
    }
    zones_free(zones);
}

/* ---- zones ---- */

#define LOADS 2000

/* From the file to the zone, as the first job that names it does. */
void figure_zone(struct bench *bench)
{
    (void)bench;
    struct zones *zones = zones_new(NULL);
    struct error err;
    double us[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        int64_t begin = bench_wall_ns();
        for (unsigned n = 0; n < LOADS; n++) {
            zone_unref(zones_get(zones, "Europe/Bucharest", &err));
            zones_forget(zones);
        }
        us[i] = (double)(bench_wall_ns() - begin) / 1e3 / LOADS;
    }
    zones_free(zones);
    double middle = median(us, ROUNDS);
    bench_row("loading a zone, from its file", "<= 20 us", middle <= 20,
              "%.1f us", middle);
}

/* ---- batches ---- */

#define REQUESTS 300000

/* In the mixture of walks, each from an instant of its own. */
static void write_requests(struct bench *bench)
{
    struct text text;
    text_init(&text, 64 << 20);
    for (unsigned i = 0; i < REQUESTS; i++) {
        const struct walk *walk = &walks[i % (sizeof walks / sizeof *walks)];
        text_printf(&text,
                    "{\"id\":%u,\"expr\":\"%s\",\"tz\":\"%s\","
                    "\"from\":\"20%02u-%02u-%02uT00:00:00Z\",\"n\":1}\n",
                    i, walk->expression, walk->zone, i % 60 + 20, i % 12 + 1,
                    i % 28 + 1);
    }
    assert_false(text.cut);
    scratch_write(&bench->scratch, "requests", text.data);
    text_close(&text);
}

void figure_batch(struct bench *bench)
{
    write_requests(bench);
    char *requests = scratch_path(&bench->scratch, "requests");
    const char *const args[] = { requests, NULL };
    double rate[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        int64_t answers;
        int64_t begin = bench_wall_ns();
        bench_ask("bench_batch", args, &answers, 1);
        rate[i] = REQUESTS * 1e9 / (double)(bench_wall_ns() - begin);
        if (answers != REQUESTS)
            fail_msg("%lld answers to %d requests", (long long)answers,
                     REQUESTS);
    }
    free(requests);
    double middle = median(rate, ROUNDS);
    bench_row("next --batch, requests a second", ">= 100000", middle >= 100000,
              "%.0f", middle);
}
