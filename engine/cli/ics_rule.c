/* Schedules that a recurrence rule of iCalendar says exactly: lattices, and
 * times of day on days that its BY... parts can name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ics.h"
#include "mooncron/civil.h"

#define DAY_S        INT64_C(86400)
#define YEARS_AHEAD  20
#define CHANGES_MAX  100
#define GAP_S_MAX    (3 * INT64_C(3600)) /* longer ones are never made up */
#define SEARCH_DAYS  (9 * 366)           /* 29 February over 2100 */
#define ALL_MONTHS   0x1ffeu
#define ALL_WEEKDAYS 0x7fu

static const char *const weekday_names[7] = { "SU", "MO", "TU", "WE",
                                              "TH", "FR", "SA" };

/* ---- a rule, part by part ---- */

struct part {
    struct text *out;
    bool begun;
};

static void part_item(struct part *part, const char *name, const char *format,
                      int number, const char *word)
{
    if (part->begun)
        text_putc(part->out, ',');
    else
        text_printf(part->out, ";%s=", name);
    part->begun = true;
    if (number)
        text_printf(part->out, format, number);
    text_puts(part->out, word);
}

static void weekdays_put(uint8_t weekdays, struct part *part, int nth)
{
    for (int day = 0; day < 7; day++)
        if (weekdays >> day & 1)
            part_item(part, "BYDAY", "%d", nth, weekday_names[day]);
}

static void months_put(const struct cron *cron, struct text *out)
{
    struct part part = { out, false };
    for (int month = 1; month <= 12 && cron->months != ALL_MONTHS; month++)
        if (cron->months >> month & 1)
            part_item(&part, "BYMONTH", "%d", month, "");
}

static void monthdays_put(const struct cron *cron, struct text *out)
{
    struct part part = { out, false };
    for (int day = 1; day <= 31; day++)
        if (cron->days >> day & 1)
            part_item(&part, "BYMONTHDAY", "%d", day, "");
    for (int n = 0; n < 31; n++) /* L is the last: -1 */
        if (cron->days_last >> n & 1)
            part_item(&part, "BYMONTHDAY", "%d", -n - 1, "");
}

static bool numbers_weekdays(const struct cron *cron)
{
    uint8_t numbered = cron->weekdays_last;
    for (int k = 0; k < 5; k++)
        numbered |= cron->weekdays_nth[k];
    return numbered != 0;
}

/* Days of the month, without those of the week in `off`. */
static bool put_monthdays(const struct cron *cron, uint8_t off,
                          struct text *out)
{
    struct part part = { out, false };
    if (cron->days_near)
        return false;
    text_puts(out, cron->months == ALL_MONTHS ? "FREQ=MONTHLY" : "FREQ=YEARLY");
    months_put(cron, out);
    monthdays_put(cron, out);
    if (off)
        weekdays_put(ALL_WEEKDAYS & ~off, &part, 0);
    return true;
}

static bool put_numbered(const struct cron *cron, uint8_t off, struct text *out)
{
    struct part part = { out, false };
    if (off)
        return false;
    text_puts(out, "FREQ=MONTHLY");
    months_put(cron, out);
    weekdays_put(cron->weekdays, &part, 0);
    for (int k = 0; k < 5; k++)
        weekdays_put(cron->weekdays_nth[k], &part, k + 1);
    weekdays_put(cron->weekdays_last, &part, -1);
    return true;
}

static bool put_weekdays(uint8_t weekdays, const struct cron *cron,
                         struct text *out)
{
    struct part part = { out, false };
    text_puts(out, "FREQ=WEEKLY");
    months_put(cron, out);
    weekdays_put(weekdays, &part, 0);
    return weekdays != 0;
}

static bool put_days(const struct cron *cron, uint8_t off, struct text *out)
{
    if (cron->days_restricted)
        return !cron->weekdays_restricted && put_monthdays(cron, off, out);
    if (cron->weekdays_restricted && numbers_weekdays(cron))
        return put_numbered(cron, off, out);
    if (cron->weekdays_restricted || off)
        return put_weekdays(cron->weekdays & ALL_WEEKDAYS & ~off, cron, out);
    text_puts(out, "FREQ=DAILY");
    months_put(cron, out);
    return true;
}

/* A bound is an instant, also where the events are by a local clock. */
static void until_put(struct wall until, struct text *out)
{
    char time[ICS_TIME_MAX];
    if (until.ms != NEVER_MS)
        text_printf(out, ";UNTIL=%sZ",
                    ics_time(floor_div(until.ms, 1000), time));
}

static bool rule_take(struct text *rule, struct recurrence *ret)
{
    bool fits = rule->len < sizeof ret->rule;
    if (fits)
        memcpy(ret->rule, rule->data, rule->len + 1);
    text_close(rule);
    return fits;
}

/* ---- lattices ---- */

static void lattice_rule(int64_t every_s, struct text *out)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = { { DAY_S, "DAILY" },
                  { 3600, "HOURLY" },
                  { 60, "MINUTELY" },
                  { 1, "SECONDLY" } };
    size_t i = 0;
    while (every_s % units[i].seconds)
        i++;
    text_printf(out, "FREQ=%s", units[i].name);
    if (every_s / units[i].seconds > 1)
        text_printf(out, ";INTERVAL=%lld",
                    (long long)(every_s / units[i].seconds));
}

static bool lattice_of(const struct schedule *schedule, struct wall now,
                       struct wall from, struct wall until,
                       struct recurrence *ret)
{
    const struct schedule bare = { schedule->every_ms, schedule->phase_ms,
                                   NULL };
    struct text rule;
    if (bare.every_ms % 1000 || bare.phase_ms % 1000)
        return false;
    struct wall after = { from.ms > now.ms ? from.ms - 1 : now.ms };
    struct wall first = schedule_next(&bare, after);
    ret->utc = true;
    ret->count = first.ms <= until.ms;
    ret->starts[0].local_s = first.ms / 1000;
    ret->starts[0].second = -1;
    text_init(&rule, RECURRENCE_RULE_MAX);
    lattice_rule(bare.every_ms / 1000, &rule);
    until_put(until, &rule);
    return rule_take(&rule, ret);
}

/* ---- changes of offset ---- */

/* Right after a gap a time may be due anyway: then there is one run. */
static bool has_time(const struct rules *rules, int64_t local_s)
{
    int32_t second = (int32_t)(local_s - floor_div(local_s, DAY_S) * DAY_S);
    for (uint32_t i = 0; i < rules_spec(rules)->term_count; i++)
        if (cron_time_next(rules_cron(rules, i), second) == second)
            return true;
    return false;
}

/* How a calendar reads a local time that a change touches (RFC 5545, 3.3.5): in
 * a gap by the offset before it, in a fold at its first coming. Whether that is
 * what the job does. */
static bool reads_the_same(const struct rules *rules,
                           const struct zone_span *change, int64_t local_s)
{
    const struct rules_spec *spec = rules_spec(rules);
    int64_t low = change->from_s + change->before_s;
    int64_t high = change->from_s + change->offset_s;
    if (high < low)
        return local_s < high || local_s >= low || spec->fold == FOLD_FIRST;
    if (local_s < low || local_s >= high)
        return true;
    return spec->gap == GAP_AFTER && local_s == low && high - low < GAP_S_MAX &&
           !has_time(rules, high);
}

static bool change_is_harmless(const struct schedule *schedule,
                               const struct cron *cron,
                               const struct zone_span *change)
{
    if (schedule_fate(schedule, change) == FATE_UNTOUCHED)
        return true;
    if (rules_wildcard(schedule->rules))
        return false;
    int64_t day = floor_div(change->from_s + change->before_s, DAY_S) - 1;
    for (int64_t last = day + 2; day <= last; day++) {
        int32_t second = cron_time_next(cron, 0);
        while (second >= 0) {
            if (!reads_the_same(schedule->rules, change, day * DAY_S + second))
                return false;
            second = second + 1 < DAY_S ? cron_time_next(cron, second + 1) : -1;
        }
    }
    return true;
}

static bool changes_are_harmless(const struct schedule *schedule,
                                 const struct cron *cron, struct wall now)
{
    const struct zone *zone = rules_zone(schedule->rules);
    int64_t after_s = now.ms / 1000;
    int64_t until_s = after_s + YEARS_AHEAD * 366 * DAY_S;
    struct zone_span change;
    for (int i = 0; i < CHANGES_MAX && zone_change(zone, after_s, &change) &&
                    change.from_s <= until_s;
         i++) {
        if (!change_is_harmless(schedule, cron, &change))
            return false;
        after_s = change.from_s;
    }
    return true;
}

/* ---- times of day ---- */

static bool is_named(const struct rules_spec *spec, const struct cron *cron,
                     int64_t day)
{
    struct civil date = civil_from((struct wall){ day * DAY_S * 1000 }, 0);
    return cron_days(cron, date.year, date.month) >> date.day & 1 &&
           !(spec->weekdays_off >> date.weekday & 1);
}

/* ---- days that are off by their date ---- */

static int compare_days(const void *left, const void *right)
{
    const int32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static bool is_off(const struct recurrence *recurrence, int64_t day)
{
    const int32_t key = (int32_t)day;
    return recurrence->off_count &&
           bsearch(&key, recurrence->off, recurrence->off_count, sizeof key,
                   compare_days);
}

/* From yesterday on, which in some zones is not over. False: too many. */
static bool off_add(const struct rules_spec *spec, const struct cron *cron,
                    const struct calendar *calendar, int64_t from,
                    struct recurrence *ret)
{
    for (uint32_t i = 0; i < calendar->count; i++) {
        if (calendar->days[i] < from ||
            !is_named(spec, cron, calendar->days[i]))
            continue;
        if (ret->off_count == RECURRENCE_OFF_MAX)
            return false;
        ret->off[ret->off_count++] = calendar->days[i];
    }
    return true;
}

static bool off_fill(const struct rules_spec *spec, const struct cron *cron,
                     struct wall now, struct recurrence *ret)
{
    int64_t from = floor_div(now.ms, DAY_S * 1000) - 1;
    for (uint32_t i = 0; i < spec->calendar_count; i++)
        if (!off_add(spec, cron, spec->calendars[i], from, ret))
            return false;
    if (ret->off_count)
        qsort(ret->off, ret->off_count, sizeof *ret->off, compare_days);
    size_t kept = 0;
    for (size_t i = 0; i < ret->off_count; i++)
        if (!kept || ret->off[i] != ret->off[kept - 1])
            ret->off[kept++] = ret->off[i];
    ret->off_count = kept;
    return true;
}

/* ---- where the events begin ---- */

/* The first time later than now, at this second of its day; false: none. */
static bool first_start(const struct rules *rules, const struct cron *cron,
                        int32_t second, struct wall now,
                        const struct recurrence *recurrence, int64_t *ret_s)
{
    const struct rules_spec *spec = rules_spec(rules);
    int64_t begin_ms = spec->from.ms > now.ms ? spec->from.ms : now.ms + 1;
    int64_t day = floor_div(floor_div(begin_ms, 1000), DAY_S) - 1;
    for (int64_t last = day + SEARCH_DAYS; day < last; day++) {
        int64_t local_s = day * DAY_S + second;
        int64_t at_ms = zone_instant(rules_zone(rules), local_s) * 1000;
        if (at_ms < begin_ms || !is_named(spec, cron, day) ||
            is_off(recurrence, day))
            continue;
        *ret_s = local_s;
        return at_ms <= spec->until.ms;
    }
    return false;
}

static bool starts_add(const struct rules *rules, const struct cron *cron,
                       struct wall now, struct recurrence *ret)
{
    if (cron_times(cron) + ret->count > RECURRENCE_TIMES_MAX)
        return false;
    int32_t second = cron_time_next(cron, 0);
    while (second >= 0) {
        int64_t local_s;
        if (first_start(rules, cron, second, now, ret, &local_s)) {
            ret->starts[ret->count].second = second;
            ret->starts[ret->count++].local_s = local_s;
        }
        second = second + 1 < DAY_S ? cron_time_next(cron, second + 1) : -1;
    }
    return true;
}

/* One expression; or times of day, in order and none twice. */
static bool terms_are_simple(const struct rules *rules)
{
    const struct rules_spec *spec = rules_spec(rules);
    if (spec->term_count == 1)
        return rules_cron(rules, 0) != NULL;
    for (uint32_t i = 0; i < spec->term_count; i++) {
        if (spec->terms[i].kind != TERM_AT)
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (cron_time_next(rules_cron(rules, i), 0) ==
                cron_time_next(rules_cron(rules, j), 0))
                return false;
    }
    return true;
}

/* Whatever days are taken away, nothing moves. */
static bool rules_are_simple(const struct rules *rules)
{
    const struct rules_spec *spec = rules_spec(rules);
    bool excepts = spec->weekdays_off || spec->calendar_count;
    return spec->nth <= 1 && (!excepts || spec->excluded == EXCLUDED_SKIP) &&
           terms_are_simple(rules);
}

static bool clock_of(const struct schedule *schedule, struct wall now,
                     struct recurrence *ret)
{
    const struct rules *rules = schedule->rules;
    const struct rules_spec *spec = rules_spec(rules);
    struct text rule;
    if (!rules_are_simple(rules) ||
        !off_fill(spec, rules_cron(rules, 0), now, ret))
        return false;
    for (uint32_t i = 0; i < spec->term_count; i++) {
        const struct cron *cron = rules_cron(rules, i);
        if (!changes_are_harmless(schedule, cron, now) ||
            !starts_add(rules, cron, now, ret))
            return false;
    }
    text_init(&rule, RECURRENCE_RULE_MAX);
    bool exact = ret->off_count * ret->count <= RECURRENCE_EXDATES &&
                 put_days(rules_cron(rules, 0), spec->weekdays_off, &rule);
    until_put(spec->until, &rule);
    if (ret->count == 1)
        ret->starts[0].second = -1;
    return rule_take(&rule, ret) && exact;
}

bool recurrence_of(const struct schedule *schedule, struct wall now,
                   struct recurrence *ret)
{
    const struct rules_spec *spec =
        schedule->rules ? rules_spec(schedule->rules) : NULL;
    ret->utc = false;
    ret->count = ret->off_count = 0;
    if (!spec)
        return lattice_of(schedule, now, (struct wall){ EVER_MS },
                          (struct wall){ NEVER_MS }, ret);
    if (!schedule->every_ms)
        return clock_of(schedule, now, ret);
    return !spec->weekdays_off && !spec->calendar_count &&
           lattice_of(schedule, now, spec->from, spec->until, ret);
}
