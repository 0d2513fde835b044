/* The almanac knows on which local days and times a term is due, and nothing of
 * zones: jumping from month to month, day to day, time to time. */
#include "mooncron/civil.h"
#include "rules.h"

/* ---- excluded days ---- */

static unsigned weekday_of(int64_t day)
{
    return (unsigned)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static bool calendar_has(const struct calendar *calendar, int64_t day)
{
    uint32_t low = 0, high = calendar->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < calendar->count && calendar->days[low] == day;
}

bool almanac_excludes(const struct rules *rules, int64_t day)
{
    if (rules->spec.weekdays_off >> weekday_of(day) & 1)
        return true;
    for (uint32_t i = 0; i < rules->spec.calendar_count; i++)
        if (calendar_has(rules->spec.calendars[i], day))
            return true;
    return false;
}

/* ---- due days ---- */

static bool cron_has_day(const struct cron *cron, int64_t day)
{
    struct civil date = civil_from((struct wall){ day * DAY_MS }, 0);
    return cron_days(cron, date.year, date.month) >> date.day & 1;
}

/* Whether a slot of an excluded day has moved to `day`, which is not excluded:
 * it comes from the run of excluded days beside it, `step` to that side. */
static bool moved_here(const struct rules *rules, const struct cron *cron,
                       int64_t day, int step)
{
    for (int n = 1; n <= EXCLUDED_RUN_MAX; n++) {
        int64_t other = day + n * step;
        if (!almanac_excludes(rules, other))
            return false;
        if (cron_has_day(cron, other))
            return true;
    }
    return false;
}

static bool is_due(const struct rules *rules, const struct cron *cron,
                   int64_t day, bool named)
{
    if (almanac_excludes(rules, day))
        return false;
    switch ((enum excluded)rules->spec.excluded) {
    case EXCLUDED_SKIP:
        return named;
    case EXCLUDED_NEXT:
        return named || moved_here(rules, cron, day, -1);
    case EXCLUDED_PREVIOUS:
        return named || moved_here(rules, cron, day, 1);
    }
    return named;
}

/* The days of a month, bit d for day d; `first` is its day 1 since 1970. */
static uint32_t due_days(const struct rules *rules, const struct cron *cron,
                         const struct civil *month, int64_t first)
{
    uint32_t named = cron_days(cron, month->year, month->month);
    if (!rules->excludes)
        return named;
    int64_t next = month->month == 12
                       ? civil_days(month->year + 1, 1, 1)
                       : civil_days(month->year, month->month + 1u, 1);
    uint32_t due = 0;
    for (int64_t day = first; day < next; day++) {
        unsigned bit = (unsigned)(day - first) + 1;
        if (is_due(rules, cron, day, named >> bit & 1))
            due |= UINT32_C(1) << bit;
    }
    return due;
}

/* ---- every nth ---- */

/* How many days `cron` names from 1970 until before `day`; negative ahead of
 * 1970. */
static int64_t days_before(const struct cron *cron, int64_t day)
{
    struct civil date = civil_from((struct wall){ day * DAY_MS }, 0);
    int64_t months = (date.year - INT64_C(1970)) * 12 + date.month - 1;
    int64_t low = months < 0 ? months : 0, high = months < 0 ? 0 : months;
    int64_t count = 0;
    for (int64_t m = low; m < high; m++) {
        int64_t year = 1970 + floor_div(m, 12);
        unsigned month = (unsigned)(m - (year - 1970) * 12) + 1;
        count += __builtin_popcount(cron_days(cron, (int32_t)year, month));
    }
    uint32_t here = cron_days(cron, date.year, date.month);
    int rank = __builtin_popcount(here & ((UINT32_C(1) << date.day) - 1));
    return (months < 0 ? -count : count) + rank;
}

/* Nominal slots are numbered from 1970 on, before any day is taken away. */
static bool is_nth(const struct rules *rules, const struct cron *cron,
                   int64_t day, int32_t second)
{
    if (rules->spec.nth <= 1)
        return true;
    int64_t number = days_before(cron, day) * cron_times(cron) +
                     cron_times_before(cron, second);
    return number % rules->spec.nth == 0;
}

/* ---- times of a day ---- */

static bool time_next(const struct rules *rules, const struct cron *cron,
                      int64_t day, int32_t second, int64_t *ret_s)
{
    while (second < DAY_S && (second = cron_time_next(cron, second)) >= 0) {
        if (is_nth(rules, cron, day, second)) {
            *ret_s = day * DAY_S + second;
            return true;
        }
        second++;
    }
    return false;
}

static bool time_last(const struct rules *rules, const struct cron *cron,
                      int64_t day, int32_t second, int64_t *ret_s)
{
    while (second >= 0 && (second = cron_time_last(cron, second)) >= 0) {
        if (is_nth(rules, cron, day, second)) {
            *ret_s = day * DAY_S + second;
            return true;
        }
        second--;
    }
    return false;
}

/* ---- months ---- */

static void month_forward(struct civil *month)
{
    if (++month->month > 12) {
        month->month = 1;
        month->year++;
    }
}

static void month_back(struct civil *month)
{
    if (--month->month < 1) {
        month->month = 12;
        month->year--;
    }
}

/* From a month in which nothing can be due to the next in which something can,
 * as far as the expression alone says. */
static bool month_named(const struct cron *cron, const struct civil *month)
{
    return cron->months >> month->month & 1;
}

bool almanac_next(const struct rules *rules, const struct cron *cron,
                  int64_t from_s, int64_t *ret_s)
{
    int64_t start = floor_div(from_s, DAY_S);
    struct civil month = civil_from((struct wall){ start * DAY_MS }, 0);
    unsigned from_day = month.day;
    for (; month.year <= 9999; month_forward(&month), from_day = 1) {
        if (!rules->excludes && !month_named(cron, &month))
            continue;
        int64_t first = civil_days(month.year, month.month, 1);
        uint32_t days = due_days(rules, cron, &month, first);
        for (days &= ~UINT32_C(0) << from_day; days; days &= days - 1) {
            int64_t day = first + __builtin_ctz(days) - 1;
            int32_t second = day == start ? (int32_t)(from_s - day * DAY_S) : 0;
            if (time_next(rules, cron, day, second, ret_s))
                return true;
        }
    }
    return false;
}

bool almanac_last(const struct rules *rules, const struct cron *cron,
                  int64_t from_s, int64_t *ret_s)
{
    int64_t start = floor_div(from_s, DAY_S);
    struct civil month = civil_from((struct wall){ start * DAY_MS }, 0);
    unsigned from_day = month.day;
    for (; month.year >= 1; month_back(&month), from_day = 31) {
        if (!rules->excludes && !month_named(cron, &month))
            continue;
        int64_t first = civil_days(month.year, month.month, 1);
        uint32_t days = due_days(rules, cron, &month, first);
        for (days &= ~UINT32_C(0) >> (31 - from_day); days;) {
            unsigned bit = 31u - (unsigned)__builtin_clz(days);
            int64_t day = first + bit - 1;
            int32_t second = day == start ? (int32_t)(from_s - day * DAY_S)
                                          : (int32_t)DAY_S - 1;
            if (time_last(rules, cron, day, second, ret_s))
                return true;
            days &= ~(UINT32_C(1) << bit);
        }
    }
    return false;
}
