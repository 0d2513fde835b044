/* A civil date is a count of days since 1970 as people write it. */
#include "mooncron/civil.h"

#include <stdio.h>

#include "number.h"

const char *const civil_weekdays[7] = { "Sun", "Mon", "Tue", "Wed",
                                        "Thu", "Fri", "Sat" };
const char *const civil_months[12] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

#define ERA_DAYS    INT64_C(146097) /* 400 years */
#define EPOCH_SHIFT INT64_C(719468) /* from 0000-03-01 to 1970-01-01 */

int64_t civil_days(int32_t year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (int64_t)((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

struct civil civil_from(struct wall at, int32_t offset_s)
{
    int64_t seconds = floor_div(at.ms, 1000);
    int64_t local = seconds + offset_s;
    int64_t days = floor_div(local, DAY_S);
    int64_t second = local - days * DAY_S;

    int64_t z = days + EPOCH_SHIFT;
    int64_t era = floor_div(z, ERA_DAYS);
    int64_t day_of_era = z - era * ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                           day_of_era / 146096) /
                          365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (struct civil){
        .year = (int32_t)(year_of_era + era * 400 + (month <= 2)),
        .month = (uint8_t)month,
        .day = (uint8_t)(day_of_year - (153 * shifted + 2) / 5 + 1),
        .hour = (uint8_t)(second / 3600),
        .minute = (uint8_t)(second / 60 % 60),
        .second = (uint8_t)(second % 60),
        .ms = (uint16_t)(at.ms - seconds * 1000),
        .weekday = (uint8_t)(((days + 4) % 7 + 7) % 7),
    };
}

const char *rfc3339_format(struct wall at, int32_t offset_s,
                           char buffer[RFC3339_TEXT_MAX])
{
    struct civil c = civil_from(at, offset_s);
    int len =
        snprintf(buffer, RFC3339_TEXT_MAX, "%04d-%02u-%02uT%02u:%02u:%02u",
                 (int)c.year, c.month, c.day, c.hour, c.minute, c.second);
    if (c.ms)
        len += snprintf(buffer + len, (size_t)(RFC3339_TEXT_MAX - len), ".%03u",
                        c.ms);
    unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60;
    if (offset_s == 0)
        snprintf(buffer + len, (size_t)(RFC3339_TEXT_MAX - len), "Z");
    else
        snprintf(buffer + len, (size_t)(RFC3339_TEXT_MAX - len), "%c%02u:%02u",
                 offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return buffer;
}

/* A cursor over text that fails once and stays failed. */
struct scan {
    const char *at, *end;
    bool failed;
};

static unsigned scan_digits(struct scan *scan, int count, unsigned max)
{
    unsigned value = 0;
    for (int i = 0; i < count; i++, scan->at++) {
        if (scan->at == scan->end || !is_digit(*scan->at)) {
            scan->failed = true;
            return 0;
        }
        value = value * 10 + (unsigned)(*scan->at - '0');
    }
    scan->failed |= value > max;
    return value;
}

static char scan_one(struct scan *scan, const char *allowed)
{
    for (; scan->at < scan->end && *allowed; allowed++)
        if (*scan->at == *allowed)
            return *scan->at++;
    scan->failed = true;
    return '\0';
}

static bool scan_is(const struct scan *scan, char c)
{
    return scan->at < scan->end && *scan->at == c;
}

static int64_t scan_fraction_ms(struct scan *scan)
{
    if (!scan_is(scan, '.'))
        return 0;
    const char *first = ++scan->at;
    int64_t ms = 0, weight = 100;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
         scan->at++, weight /= 10)
        ms += (*scan->at - '0') * weight;
    scan->failed |= scan->at == first;
    return ms;
}

static int64_t scan_offset_s(struct scan *scan)
{
    char sign = scan_one(scan, "Zz+-");
    if (sign != '+' && sign != '-')
        return 0;
    int64_t hours = scan_digits(scan, 2, 23);
    scan_one(scan, ":");
    int64_t seconds = hours * 3600 + scan_digits(scan, 2, 59) * 60;
    return sign == '-' ? -seconds : seconds;
}

static unsigned month_days(unsigned year, unsigned month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return 30 + (month + (month > 7)) % 2;
}

bool rfc3339_parse(const char *text, size_t len, struct wall *ret_at)
{
    struct scan scan = { text, text + len, false };
    unsigned year = scan_digits(&scan, 4, 9999);
    scan_one(&scan, "-");
    unsigned month = scan_digits(&scan, 2, 12);
    scan_one(&scan, "-");
    unsigned day = scan_digits(&scan, 2, 31);
    scan_one(&scan, "Tt ");
    int64_t second = scan_digits(&scan, 2, 23) * INT64_C(3600);
    scan_one(&scan, ":");
    second += scan_digits(&scan, 2, 59) * INT64_C(60);
    scan_one(&scan, ":");
    second += scan_digits(&scan, 2, 60);
    int64_t ms = scan_fraction_ms(&scan);
    int64_t offset_s = scan_offset_s(&scan);
    if (scan.failed || scan.at != scan.end || month < 1 || day < 1 ||
        day > month_days(year, month))
        return false;
    int64_t days = civil_days((int32_t)year, month, day);
    ret_at->ms = (days * DAY_S + second - offset_s) * 1000 + ms;
    return true;
}
