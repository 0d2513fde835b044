/* A date of HTTP comes in one of three forms, each of which is a pattern. */
#include "mooncron/http_date.h"

#include <string.h>

#include "mooncron/civil.h"
#include "mooncron/core.h"

/* Letters stand for fields, the rest for itself:
 *   w W  the name of a weekday, short or whole     d  day, two digits
 *   e    day, a blank in front where it has one digit
 *   m    name of the month    Y y  year, of four or two digits
 *   t    time of day */
static const char *const forms[] = {
    "w, d m Y t GMT",
    "W, d-m-y t GMT",
    "w m e t Y",
};

struct date {
    unsigned year, month, day, second;
    bool short_year;
};

struct cursor {
    const char *at, *end;
    bool failed;
};

static unsigned digits(struct cursor *in, int count)
{
    unsigned value = 0;
    for (; count > 0; count--, in->at++) {
        if (in->at == in->end || *in->at < '0' || *in->at > '9') {
            in->failed = true;
            return 0;
        }
        value = value * 10 + (unsigned)(*in->at - '0');
    }
    return value;
}

static void literal(struct cursor *in, char wanted)
{
    if (in->at == in->end || *in->at != wanted)
        in->failed = true;
    else
        in->at++;
}

static unsigned name(struct cursor *in, const char *const *names,
                     unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if ((size_t)(in->end - in->at) >= len &&
            !memcmp(in->at, names[i], len)) {
            in->at += len;
            return i;
        }
    }
    in->failed = true;
    return 0;
}

static unsigned time_of_day_s(struct cursor *in)
{
    unsigned hour = digits(in, 2);
    literal(in, ':');
    unsigned minute = digits(in, 2);
    literal(in, ':');
    unsigned second = digits(in, 2);
    in->failed |= hour > 23 || minute > 59 || second > 60;
    return hour * 3600 + minute * 60 + second;
}

static unsigned padded_day(struct cursor *in)
{
    if (in->at == in->end || *in->at != ' ')
        return digits(in, 2);
    in->at++;
    return digits(in, 1);
}

static void field(struct cursor *in, char form, struct date *date)
{
    static const char *const weekdays[7] = { "Sunday",    "Monday",   "Tuesday",
                                             "Wednesday", "Thursday", "Friday",
                                             "Saturday" };
    switch (form) {
    case 'w':
        name(in, civil_weekdays, 7);
        break;
    case 'W':
        name(in, weekdays, 7);
        break;
    case 'd':
        date->day = digits(in, 2);
        break;
    case 'e':
        date->day = padded_day(in);
        break;
    case 'm':
        date->month = name(in, civil_months, 12) + 1;
        break;
    case 'Y':
    case 'y':
        date->short_year = form == 'y';
        date->year = digits(in, date->short_year ? 2 : 4);
        break;
    case 't':
        date->second = time_of_day_s(in);
        break;
    default:
        literal(in, form);
    }
}

/* Two digits are a year of this century, unless that is more than fifty years
 * ahead: then of the last one. */
static unsigned whole_year(unsigned year, struct wall now)
{
    unsigned this_year = (unsigned)civil_from(now, 0).year;
    unsigned whole = this_year / 100 * 100 + year;
    return whole > this_year + 50 ? whole - 100 : whole;
}

static bool date_at(const struct date *date, struct wall now,
                    struct wall *ret_at)
{
    int32_t year =
        (int32_t)(date->short_year ? whole_year(date->year, now) : date->year);
    int64_t days = civil_days(year, date->month, date->day);
    struct wall midnight = { days * 86400000 };
    struct civil found = civil_from(midnight, 0);
    if (date->day < 1 || found.month != date->month || found.day != date->day)
        return false; /* the month has no such day */
    ret_at->ms = midnight.ms + (int64_t)date->second * 1000;
    return true;
}

bool http_date_parse(const char *text, size_t len, struct wall now,
                     struct wall *ret_at)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct cursor in = { text, text + len, false };
        struct date date = { 0 };
        for (const char *form = forms[i]; *form && !in.failed; form++)
            field(&in, *form, &date);
        if (!in.failed && in.at == in.end)
            return date_at(&date, now, ret_at);
    }
    return false;
}

static int64_t bounded(int64_t ms)
{
    if (ms < 0)
        return 0;
    return ms < RETRY_AFTER_MS_MAX ? ms : RETRY_AFTER_MS_MAX;
}

/* Digits that are no number of ours are a long time all the same. */
static int64_t seconds_ms(const char *text, size_t len)
{
    int64_t ms = 0;
    for (size_t i = 0; i < len; i++)
        ms = bounded(ms * 10 + (text[i] - '0') * 1000);
    return ms;
}

int64_t http_retry_after_ms(const char *text, size_t len, struct wall now)
{
    struct wall at;
    size_t i = 0;
    while (i < len && text[i] >= '0' && text[i] <= '9')
        i++;
    if (len > 0 && i == len)
        return seconds_ms(text, len);
    return http_date_parse(text, len, now, &at) ? bounded(at.ms - now.ms) : -1;
}
