/* A schedule's slots: a lattice, or the earliest of what its terms name, within
 * its bounds, each put off by its jitter. */
#include "mooncron/schedule.h"

#include <assert.h>
#include <string.h>

#include "mooncron/random.h"
#include "rules.h"

/* ---- the lattice ---- */

int64_t lattice_until(int64_t every_ms, int64_t phase_ms, int64_t at_ms)
{
    return floor_div(at_ms - phase_ms, every_ms);
}

static int64_t lattice_slot(int64_t every_ms, int64_t phase_ms, int64_t n)
{
    return n * every_ms + phase_ms;
}

static int64_t lattice_next(int64_t every_ms, int64_t phase_ms,
                            int64_t after_ms)
{
    int64_t n = lattice_until(every_ms, phase_ms, after_ms);
    return lattice_slot(every_ms, phase_ms, n + 1);
}

static int64_t lattice_last(int64_t every_ms, int64_t phase_ms, int64_t at_ms)
{
    int64_t n = lattice_until(every_ms, phase_ms, at_ms);
    return lattice_slot(every_ms, phase_ms, n);
}

int64_t schedule_phase_auto(const char *name, int64_t every_ms)
{
    uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    int64_t seconds = every_ms / 1000;
    return seconds ? (int64_t)hash % seconds * 1000 : 0;
}

/* ---- instants on excluded days ---- */

/* The local day of an instant, and the first instant of the next one and the
 * last of the one before; around a change they may be off by its size, which
 * costs one more look. */
struct local_day {
    int64_t day, begin_ms, end_ms;
};

static struct local_day local_day_of(const struct rules *rules, int64_t at_ms)
{
    struct zone_span span;
    int64_t at_s = floor_div(at_ms, 1000);
    zone_span(rules->zone, at_s, &span);
    int64_t day = floor_div(at_s + span.offset_s, DAY_S);
    int64_t begin_s = day * DAY_S - span.offset_s, end_s = begin_s + DAY_S;
    if (begin_s < span.from_s)
        begin_s = span.from_s;
    if (end_s > span.to_s)
        end_s = span.to_s;
    return (struct local_day){ day, begin_s * 1000, end_s * 1000 };
}

static bool is_excluded(const struct rules *rules, int64_t at_ms,
                        struct local_day *ret)
{
    if (!rules->excludes)
        return false;
    *ret = local_day_of(rules, at_ms);
    return almanac_excludes(rules, ret->day);
}

/* A fold leads back by a day at the most. So within a run of excluded days all
 * but these at its two ends can be leapt over, and nothing that a fold brings
 * back is missed. */
#define FOLD_DAYS 3

/* How far nothing is due after, or before, an instant on an excluded day: up to
 * the end of the day, or nearly to that of its run. */
static int64_t excluded_until(const struct rules *rules,
                              const struct local_day *day)
{
    if (!almanac_excludes(rules, day->day - 1) ||
        !almanac_excludes(rules, day->day - 2))
        return day->end_ms - 1;
    int64_t open = almanac_open_from(rules, day->day) - FOLD_DAYS;
    int64_t end_ms = zone_instant(rules->zone, open * DAY_S) * 1000;
    return (end_ms > day->end_ms ? end_ms : day->end_ms) - 1;
}

static int64_t excluded_from(const struct rules *rules,
                             const struct local_day *day)
{
    if (!almanac_excludes(rules, day->day + 1) ||
        !almanac_excludes(rules, day->day + 2))
        return day->begin_ms;
    int64_t open = almanac_open_until(rules, day->day) + FOLD_DAYS;
    int64_t begin_ms = zone_instant(rules->zone, open * DAY_S) * 1000;
    return begin_ms < day->begin_ms ? begin_ms : day->begin_ms;
}

static bool within_years(int64_t at_ms)
{
    return at_ms >= FIRST_S * 1000 && at_ms <= LAST_S * 1000;
}

/* ---- terms ---- */

static int64_t every_next(const struct rules *rules, const struct term *term,
                          int64_t after_ms)
{
    struct local_day day;
    for (;;) {
        int64_t slot = lattice_next(term->every_ms, term->phase_ms, after_ms);
        if (!within_years(slot))
            return NEVER_MS;
        if (!is_excluded(rules, slot, &day))
            return slot;
        after_ms = excluded_until(rules, &day);
    }
}

static int64_t every_last(const struct rules *rules, const struct term *term,
                          int64_t at_ms)
{
    struct local_day day;
    for (;;) {
        int64_t slot = lattice_last(term->every_ms, term->phase_ms, at_ms);
        if (!within_years(slot))
            return EVER_MS;
        if (!is_excluded(rules, slot, &day))
            return slot;
        at_ms = excluded_from(rules, &day) - 1;
    }
}

uint32_t list_after(const struct term *term, int64_t after_ms)
{
    uint32_t low = 0, high = term->slot_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (term->slots_ms[middle] <= after_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t list_next(const struct rules *rules, const struct term *term,
                         int64_t after_ms)
{
    struct local_day day;
    uint32_t i = list_after(term, after_ms);
    while (i < term->slot_count && is_excluded(rules, term->slots_ms[i], &day))
        i = list_after(term, excluded_until(rules, &day));
    return i < term->slot_count ? term->slots_ms[i] : NEVER_MS;
}

static int64_t list_last(const struct rules *rules, const struct term *term,
                         int64_t at_ms)
{
    struct local_day day;
    uint32_t i = list_after(term, at_ms);
    while (i > 0 && is_excluded(rules, term->slots_ms[i - 1], &day))
        i = list_after(term, excluded_from(rules, &day) - 1);
    return i > 0 ? term->slots_ms[i - 1] : EVER_MS;
}

static int64_t term_next(const struct rules *rules, uint32_t i,
                         int64_t after_ms)
{
    const struct term *term = &rules->spec.terms[i];
    int64_t slot_s;
    switch (term->kind) {
    case TERM_EVERY:
        return every_next(rules, term, after_ms);
    case TERM_CRON:
    case TERM_AT:
        return crossing_next(rules, &rules->crons[i], floor_div(after_ms, 1000),
                             &slot_s)
                   ? slot_s * 1000
                   : NEVER_MS;
    case TERM_ONCE:
    case TERM_LIST:
        return list_next(rules, term, after_ms);
    }
    return NEVER_MS;
}

static int64_t term_last(const struct rules *rules, uint32_t i, int64_t at_ms)
{
    const struct term *term = &rules->spec.terms[i];
    int64_t slot_s;
    switch (term->kind) {
    case TERM_EVERY:
        return every_last(rules, term, at_ms);
    case TERM_CRON:
    case TERM_AT:
        return crossing_last(rules, &rules->crons[i], floor_div(at_ms, 1000),
                             &slot_s)
                   ? slot_s * 1000
                   : EVER_MS;
    case TERM_ONCE:
    case TERM_LIST:
        return list_last(rules, term, at_ms);
    }
    return EVER_MS;
}

/* ---- nominal slots: all terms, within the bounds ---- */

/* Bounds are kept within the years 1 to 9999: at their end both of UTC and of
 * the local clock, so that no text of a slot has a year of five digits. */
static int64_t earliest_ms(const struct rules *rules)
{
    int64_t from_ms = rules->spec.from.ms;
    return from_ms > FIRST_S * 1000 ? from_ms : FIRST_S * 1000;
}

static int64_t latest_ms(const struct rules *rules)
{
    int64_t until_ms = rules->spec.until.ms;
    return until_ms < rules->last_ms ? until_ms : rules->last_ms;
}

int64_t nominal_next(const struct rules *rules, int64_t after_ms)
{
    if (after_ms < earliest_ms(rules))
        after_ms = earliest_ms(rules) - 1;
    int64_t first = NEVER_MS;
    for (uint32_t i = 0; i < rules->spec.term_count; i++) {
        int64_t slot = term_next(rules, i, after_ms);
        first = slot < first ? slot : first;
    }
    return first <= latest_ms(rules) ? first : NEVER_MS;
}

static int64_t nominal_last(const struct rules *rules, int64_t at_ms)
{
    if (at_ms < earliest_ms(rules))
        return EVER_MS;
    if (at_ms > latest_ms(rules))
        at_ms = latest_ms(rules);
    int64_t last = EVER_MS;
    for (uint32_t i = 0; i < rules->spec.term_count; i++) {
        int64_t slot = term_last(rules, i, at_ms);
        last = slot > last ? slot : last;
    }
    return last >= earliest_ms(rules) ? last : EVER_MS;
}

/* ---- jitter ---- */

/* By how much a nominal slot is put off: whole seconds, a hash of job and slot,
 * and never up to the next slot, so that slots keep their order, nor out of the
 * years. */
static int64_t delay_ms(const struct rules *rules, int64_t slot_ms)
{
    int64_t next_ms = nominal_next(rules, slot_ms);
    int64_t most_ms = rules->spec.jitter_ms;
    if (next_ms != NEVER_MS && next_ms - slot_ms < most_ms)
        most_ms = next_ms - slot_ms;
    if (rules->last_ms + 1000 - slot_ms < most_ms)
        most_ms = rules->last_ms + 1000 - slot_ms;
    uint64_t seconds = (uint64_t)most_ms / 1000;
    if (!seconds)
        return 0;
    uint64_t hash =
        random_spread(rules->seed ^ random_spread((uint64_t)slot_ms));
    return (int64_t)(hash % seconds) * 1000;
}

static int64_t rules_next(const struct rules *rules, int64_t after_ms)
{
    if (!rules->spec.jitter_ms)
        return nominal_next(rules, after_ms);
    int64_t last = nominal_last(rules, after_ms);
    if (last != EVER_MS && last + delay_ms(rules, last) > after_ms)
        return last + delay_ms(rules, last);
    int64_t next = nominal_next(rules, after_ms);
    return next == NEVER_MS ? NEVER_MS : next + delay_ms(rules, next);
}

static int64_t rules_last(const struct rules *rules, int64_t at_ms)
{
    int64_t last = nominal_last(rules, at_ms);
    if (!rules->spec.jitter_ms || last == EVER_MS)
        return last;
    if (last + delay_ms(rules, last) <= at_ms)
        return last + delay_ms(rules, last);
    last = nominal_last(rules, last - 1);
    return last == EVER_MS ? EVER_MS : last + delay_ms(rules, last);
}

/* ---- next and last ---- */

/* A lattice without rules has no zone: it ends before any clock shows 10000. */
#define LATTICE_LAST_MS ((LAST_S - OFFSET_S_MAX) * 1000)

struct wall schedule_next(const struct schedule *schedule, struct wall after)
{
    if (schedule->rules)
        return (struct wall){ rules_next(schedule->rules, after.ms) };
    assert(schedule->every_ms > 0);
    if (after.ms >= LATTICE_LAST_MS)
        return (struct wall){ NEVER_MS };
    int64_t slot =
        lattice_next(schedule->every_ms, schedule->phase_ms, after.ms);
    return (struct wall){ slot <= LATTICE_LAST_MS ? slot : NEVER_MS };
}

struct wall schedule_last(const struct schedule *schedule, struct wall at)
{
    if (schedule->rules)
        return (struct wall){ rules_last(schedule->rules, at.ms) };
    if (at.ms > LATTICE_LAST_MS)
        at.ms = LATTICE_LAST_MS;
    return (struct wall){ lattice_last(schedule->every_ms, schedule->phase_ms,
                                       at.ms) };
}

/* ---- counting ---- */

static int64_t nominal_count(const struct rules *rules, int64_t after_ms,
                             int64_t until_ms)
{
    if (after_ms < earliest_ms(rules))
        after_ms = earliest_ms(rules) - 1;
    if (until_ms > latest_ms(rules))
        until_ms = latest_ms(rules);
    return after_ms < until_ms ? tally(rules, after_ms, until_ms) : 0;
}

/* One where the last nominal slot at `at_ms` is still put off. */
static int64_t still_due(const struct rules *rules, int64_t at_ms)
{
    int64_t last = nominal_last(rules, at_ms);
    return rules->spec.jitter_ms && last != EVER_MS &&
           last + delay_ms(rules, last) > at_ms;
}

int64_t schedule_count(const struct schedule *schedule, struct wall after,
                       struct wall until)
{
    if (until.ms <= after.ms)
        return 0;
    const struct rules *rules = schedule->rules;
    if (rules)
        return nominal_count(rules, after.ms, until.ms) +
               still_due(rules, after.ms) - still_due(rules, until.ms);
    if (until.ms > LATTICE_LAST_MS)
        until.ms = LATTICE_LAST_MS;
    if (until.ms <= after.ms)
        return 0;
    return lattice_until(schedule->every_ms, schedule->phase_ms, until.ms) -
           lattice_until(schedule->every_ms, schedule->phase_ms, after.ms);
}

/* ---- averages ---- */

/* Of four years, which have one leap day. */
static double cron_per_day(const struct rules *rules, const struct cron *cron)
{
    int days = 0;
    for (int32_t year = 2025; year < 2029; year++)
        for (unsigned month = 1; month <= 12; month++)
            days += __builtin_popcount(cron_days(cron, year, month));
    unsigned nth = rules->spec.nth > 1 ? rules->spec.nth : 1;
    return (double)days * cron_times(cron) / (4 * 365.25) / nth;
}

static double list_per_day(const struct term *term)
{
    if (term->slot_count < 2)
        return 0;
    int64_t span_ms = term->slots_ms[term->slot_count - 1] - term->slots_ms[0];
    return (term->slot_count - 1) * (double)DAY_MS / (double)span_ms;
}

static double term_per_day(const struct rules *rules, uint32_t i)
{
    const struct term *term = &rules->spec.terms[i];
    if (term->kind == TERM_EVERY)
        return (double)DAY_MS / (double)term->every_ms;
    const struct cron *cron = rules_cron(rules, i);
    return cron ? cron_per_day(rules, cron) : list_per_day(term);
}

double schedule_per_day(const struct schedule *schedule)
{
    if (!schedule->rules)
        return (double)DAY_MS / (double)schedule->every_ms;
    double sum = 0;
    for (uint32_t i = 0; i < schedule->rules->spec.term_count; i++)
        sum += term_per_day(schedule->rules, i);
    return sum;
}

/* ---- fates ---- */

/* A single local time stands for the first instant after a gap, and for the
 * first coming of a fold, whatever `gap` and `fold` say of times of day. */
static enum fate once_fate(const struct term *term,
                           const struct zone_span *change)
{
    int64_t local;
    int64_t before = change->from_s + change->before_s;
    int64_t after = change->from_s + change->offset_s;
    if (!local_parse(term->text, strlen(term->text), &local))
        return FATE_UNTOUCHED;
    if (before <= local && local < after)
        return FATE_MOVED;
    return after <= local && local < before ? FATE_ONCE : FATE_UNTOUCHED;
}

static enum fate term_fate(const struct rules *rules, uint32_t i,
                           const struct zone_span *change)
{
    const struct term *term = &rules->spec.terms[i];
    const struct cron *cron = rules_cron(rules, i);
    if (term->kind == TERM_ONCE)
        return once_fate(term, change);
    return cron ? crossing_fate(rules, cron, change) : FATE_UNTOUCHED;
}

enum fate schedule_fate(const struct schedule *schedule,
                        const struct zone_span *change)
{
    enum fate worst = FATE_UNTOUCHED;
    const struct rules *rules = schedule->rules;
    if (rules && (change->from_s > floor_div(rules->spec.until.ms, 1000) ||
                  change->from_s < floor_div(rules->spec.from.ms, 1000)))
        return FATE_UNTOUCHED; /* not yet, or no longer */
    for (uint32_t i = 0; rules && i < rules->spec.term_count; i++) {
        enum fate fate = term_fate(rules, i, change);
        worst = fate > worst ? fate : worst;
    }
    return worst;
}
