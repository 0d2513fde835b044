/* The days of a month are the bits of a word, and so are the times of a day:
 * what a cron expression matches is found by shifts, not by looking at each.
 *
 * Bit d is day d, so a day later is a shift to the left. The set of weekdays,
 * turned so that its lowest bit is the weekday of day 1 and then repeated, is
 * the calendar of the month. */
#include "mooncron/cron.h"

#include <assert.h>

#include "number.h"

#define HOUR_S   3600
#define MINUTE_S 60

#define SUNDAY   (1u << 0)
#define SATURDAY (1u << 6)

struct month {
    unsigned length;
    unsigned first; /* weekday of day 1, Sunday is 0 */
    uint32_t all;   /* its days */
};

/* Weekdays that the months before push day 1 on, in a year that begins in
 * March. */
static const uint8_t month_push[12] = { 1, 4, 3, 6, 1, 4, 6, 2, 5, 0, 3, 5 };

/* The calendar repeats every 400 years, to the weekday. */
static struct month month_of(int32_t year, unsigned month)
{
    int32_t cycle = year % 400;
    uint32_t y = (uint32_t)(cycle < 0 ? cycle + 800 : cycle + 400);
    bool leap = y % 4 == 0 && (y % 100 != 0 || y == 400);
    uint32_t length = month == 2 ? 28u + leap : 30 + (month + (month > 7)) % 2;
    y -= month <= 2;
    return (struct month){
        .length = length,
        .first = (y + y / 4 - y / 100 + y / 400 + month_push[month - 1]) % 7,
        .all = UINT32_MAX >> (31 - length) & ~1u,
    };
}

/* Turns a set of weekdays: bit 0 is the weekday of day 1. */
static uint32_t turned(uint32_t weekdays, const struct month *month)
{
    return (weekdays >> month->first | weekdays << (7 - month->first)) & 0x7f;
}

static uint32_t every_week(uint32_t weekdays, const struct month *month)
{
    return turned(weekdays, month) * 0x10204081u << 1;
}

static uint32_t reversed(uint32_t bits)
{
    bits = bits >> 16 | bits << 16;
    bits = (bits >> 8 & 0x00ff00ff) | (bits & 0x00ff00ff) << 8;
    bits = (bits >> 4 & 0x0f0f0f0f) | (bits & 0x0f0f0f0f) << 4;
    bits = (bits >> 2 & 0x33333333) | (bits & 0x33333333) << 2;
    return (bits >> 1 & 0x55555555) | (bits & 0x55555555) << 1;
}

/* From Saturday back to Friday, from Sunday on to Monday; on the edge of the
 * month the other way, over the weekend. */
static uint32_t nearest_workdays(uint32_t days, const struct month *month)
{
    uint32_t first = 1u << 1, last = 1u << month->length;
    if (days & 1) /* LW */
        days |= last;
    days &= month->all;
    uint32_t saturdays = days & every_week(SATURDAY, month);
    uint32_t sundays = days & every_week(SUNDAY, month);
    return (days & ~saturdays & ~sundays) | (saturdays & ~first) >> 1 |
           (saturdays & first) << 2 | (sundays & ~last) << 1 |
           (sundays & last) >> 2;
}

static uint32_t by_day(const struct cron *cron, const struct month *month)
{
    uint32_t days = cron->days;
    if (cron->days_last)
        days |= reversed(cron->days_last) >> (31 - month->length);
    if (cron->days_near)
        days |= nearest_workdays(cron->days_near, month);
    return days;
}

static uint32_t by_weekday(const struct cron *cron, const struct month *month)
{
    uint32_t last_week = month->all & ~(month->all >> 7);
    uint32_t days = every_week(cron->weekdays, month) |
                    (every_week(cron->weekdays_last, month) & last_week);
    for (unsigned week = 0; week < 5; week++)
        days |= turned(cron->weekdays_nth[week], month) << (7 * week + 1);
    return days;
}

uint32_t cron_days(const struct cron *cron, int32_t year, unsigned month_number)
{
    assert(month_number >= 1 && month_number <= 12);
    if (!(cron->months >> month_number & 1))
        return 0;
    struct month month = month_of(year, month_number);
    if (!cron->days_restricted && !cron->weekdays_restricted)
        return month.all;
    uint32_t days = 0;
    if (cron->days_restricted)
        days |= by_day(cron, &month);
    if (cron->weekdays_restricted)
        days |= by_weekday(cron, &month);
    return days & month.all;
}

struct clock {
    unsigned hour, minute, second;
};

static struct clock clock_of(int32_t second)
{
    unsigned s = (unsigned)second;
    return (struct clock){ s / HOUR_S, s / MINUTE_S % 60, s % 60 };
}

static int32_t second_of(int hour, int minute, int second)
{
    return hour * HOUR_S + minute * MINUTE_S + second;
}

static bool has(uint64_t set, unsigned n)
{
    return set >> n & 1;
}

static uint64_t below(uint64_t set, unsigned n)
{
    return set & ((UINT64_C(1) << n) - 1);
}

static int lowest(uint64_t set)
{
    return set ? __builtin_ctzll(set) : -1;
}

static int highest(uint64_t set)
{
    return set ? 63 - __builtin_clzll(set) : -1;
}

static int lowest_from(uint64_t set, unsigned n)
{
    return lowest(set >> n << n);
}

int32_t cron_time_next(const struct cron *cron, int32_t second)
{
    assert(second >= 0 && second < DAY_S);
    struct clock at = clock_of(second);
    if (has(cron->hours, at.hour)) {
        int s = lowest_from(cron->seconds, at.second);
        if (s >= 0 && has(cron->minutes, at.minute))
            return second - (int32_t)at.second + s;
        int m = lowest_from(cron->minutes, at.minute + 1);
        if (m >= 0)
            return second_of((int)at.hour, m, lowest(cron->seconds));
    }
    int h = lowest_from(cron->hours, at.hour + 1);
    if (h < 0)
        return -1;
    return second_of(h, lowest(cron->minutes), lowest(cron->seconds));
}

int32_t cron_time_last(const struct cron *cron, int32_t second)
{
    assert(second >= 0 && second < DAY_S);
    struct clock at = clock_of(second);
    if (has(cron->hours, at.hour)) {
        int s = highest(below(cron->seconds, at.second + 1));
        if (s >= 0 && has(cron->minutes, at.minute))
            return second - (int32_t)at.second + s;
        int m = highest(below(cron->minutes, at.minute));
        if (m >= 0)
            return second_of((int)at.hour, m, highest(cron->seconds));
    }
    int h = highest(below(cron->hours, at.hour));
    if (h < 0)
        return -1;
    return second_of(h, highest(cron->minutes), highest(cron->seconds));
}

static uint32_t count(uint64_t set)
{
    return (uint32_t)__builtin_popcountll(set);
}

uint32_t cron_times(const struct cron *cron)
{
    return count(cron->hours) * count(cron->minutes) * count(cron->seconds);
}

uint32_t cron_times_before(const struct cron *cron, int32_t second)
{
    assert(second >= 0 && second <= DAY_S);
    struct clock at = clock_of(second);
    uint32_t hours = count(below(cron->hours, at.hour));
    uint32_t minutes = hours * count(cron->minutes);
    if (has(cron->hours, at.hour))
        minutes += count(below(cron->minutes, at.minute));
    uint32_t seconds = minutes * count(cron->seconds);
    if (has(cron->hours, at.hour) && has(cron->minutes, at.minute))
        seconds += count(below(cron->seconds, at.second));
    return seconds;
}

/* The member of a set that `index` others are below. */
static int member(uint64_t set, uint32_t index)
{
    while (index-- > 0)
        set &= set - 1;
    return lowest(set);
}

int32_t cron_time_at(const struct cron *cron, uint32_t index)
{
    assert(index < cron_times(cron));
    uint32_t seconds = count(cron->seconds), minutes = count(cron->minutes);
    return second_of(member(cron->hours, index / seconds / minutes),
                     member(cron->minutes, index / seconds % minutes),
                     member(cron->seconds, index % seconds));
}
