/* What says the same is found from the sets of an expression and from what the
 * zone will do. */
#include "rewrite.h"

#include "cron_words.h"
#include "mooncron/duration.h"

#define ALL_MONTHS  0x1ffe
#define TIMES_MAX   6   /* more are no help in `at` */
#define CHANGES_MAX 200 /* of a hundred years: beyond, every zone repeats */

/* ---- every ---- */

/* Whether local times that are `step_s` apart stay on one lattice of UTC: every
 * offset, now and later, is a multiple of it. */
static bool offsets_fit(const struct zone *zone, struct wall now,
                        int32_t step_s)
{
    struct zone_span span;
    int64_t at_s = now.ms / 1000;
    zone_span(zone, at_s, &span);
    for (unsigned i = 0; i < CHANGES_MAX; i++) {
        if (span.offset_s % step_s)
            return false;
        if (!zone_change(zone, at_s, &span))
            return true;
        at_s = span.from_s;
    }
    return true;
}

static bool put_every(const struct rules *rules, const struct cron *cron,
                      struct wall now, struct text *out)
{
    struct day_times times = day_times_of(cron);
    char every[DURATION_TEXT_MAX], phase[DURATION_TEXT_MAX];
    bool follows = cron->wildcard || offsets_fit(rules_zone(rules), now, 86400);
    if (!times.step || !day_times_round(&times) || !follows ||
        !offsets_fit(rules_zone(rules), now, times.step))
        return false;
    text_printf(out, "every = \"%s\"",
                duration_format(times.step * INT64_C(1000), every));
    if (times.first)
        text_printf(out, ", phase = \"%s\"",
                    duration_format(times.first * INT64_C(1000), phase));
    return true;
}

/* ---- at ---- */

static void put_time(int32_t second, struct text *out)
{
    text_printf(out, "\"%02d:%02d", (int)second / 3600, (int)second / 60 % 60);
    if (second % 60)
        text_printf(out, ":%02d", (int)second % 60);
    text_putc(out, '"');
}

static bool put_at(const struct cron *cron, struct text *out)
{
    struct day_times times = day_times_of(cron);
    if (times.count > TIMES_MAX || cron->wildcard)
        return false;
    text_puts(out, times.count > 1 ? "at = { " : "at = ");
    for (int32_t at = times.first;; at = cron_time_next(cron, at + 1)) {
        put_time(at, out);
        if (at == times.last)
            break;
        text_puts(out, ", ");
    }
    text_puts(out, times.count > 1 ? " }" : "");
    return true;
}

/* ---- all ---- */

static void put_cron(const struct cron *cron, struct text *out)
{
    text_puts(out, "cron = \"");
    cron_print(cron, out);
    text_putc(out, '"');
}

void rewrite_lua(const struct rules *rules, struct wall now, struct text *out)
{
    const struct cron *cron = rules_cron(rules, 0);
    const struct rules_spec *spec = rules_spec(rules);
    bool daily = cron_is_daily(cron) && cron->months == ALL_MONTHS;
    if (daily && put_every(rules, cron, now, out))
        return;
    if (!daily || !put_at(cron, out))
        put_cron(cron, out);
    if (rules_zone(rules) != zone_utc())
        text_printf(out, ", timezone = \"%s\"", zone_name(rules_zone(rules)));
    if (!cron->wildcard && spec->gap != GAP_AFTER)
        text_printf(out, ", gap = \"%s\"", gap_names[spec->gap]);
    if (!cron->wildcard && spec->fold != FOLD_FIRST)
        text_printf(out, ", fold = \"%s\"", fold_names[spec->fold]);
}
