/* Dates and times of day as a schedule file writes them. */
#include "mooncron/civil.h"
#include "rules.h"

/* ---- reading digits ---- */

/* Exactly two digits up to `max`, at `*at`; -1 where they are not there. */
static int two_digits(const char **at, const char *end, int max)
{
    if (end - *at < 2 || !is_digit((*at)[0]) || !is_digit((*at)[1]))
        return -1;
    int value = ((*at)[0] - '0') * 10 + (*at)[1] - '0';
    *at += 2;
    return value <= max ? value : -1;
}

static bool skip(const char **at, const char *end, char c)
{
    if (*at == end || **at != c)
        return false;
    ++*at;
    return true;
}

/* "08:00" or "08:00:30" up to the end: seconds of the day, or -1. */
static int32_t time_of_day(const char *at, const char *end)
{
    int hour = two_digits(&at, end, 23);
    if (hour < 0 || !skip(&at, end, ':'))
        return -1;
    int minute = two_digits(&at, end, 59);
    int second = skip(&at, end, ':') ? two_digits(&at, end, 59) : 0;
    if (minute < 0 || second < 0 || at != end)
        return -1;
    return hour * 3600 + minute * 60 + second;
}

/* ---- texts ---- */

bool at_parse(const char *text, size_t len, struct cron *ret)
{
    int32_t time = time_of_day(text, text + len);
    if (time < 0)
        return false;
    *ret = (struct cron){ .seconds = UINT64_C(1) << time % 60,
                          .minutes = UINT64_C(1) << time / 60 % 60,
                          .hours = UINT32_C(1) << time / 3600,
                          .days = 0xfffffffe,
                          .months = 0x1ffe,
                          .weekdays = 0x7f,
                          .has_seconds = true };
    return true;
}

bool date_parse(const char *text, size_t len, int32_t *ret_days)
{
    const char *at = text, *end = text + len;
    int century = two_digits(&at, end, 99), rest = two_digits(&at, end, 99);
    if (century < 0 || rest < 0 || century + rest == 0 || !skip(&at, end, '-'))
        return false;
    int month = two_digits(&at, end, 12);
    if (month < 1 || !skip(&at, end, '-'))
        return false;
    int day = two_digits(&at, end, 31);
    if (day < 1 || at != end)
        return false;
    int64_t days =
        civil_days(century * 100 + rest, (unsigned)month, (unsigned)day);
    if (civil_from((struct wall){ days * DAY_MS }, 0).day != day)
        return false; /* 30 February */
    *ret_days = (int32_t)days;
    return true;
}

#define DATE_LEN 10

bool local_parse(const char *text, size_t len, int64_t *ret_local_s)
{
    int32_t days;
    if (len <= DATE_LEN || !date_parse(text, DATE_LEN, &days) ||
        (text[DATE_LEN] != 'T' && text[DATE_LEN] != ' '))
        return false;
    int32_t time = time_of_day(text + DATE_LEN + 1, text + len);
    if (time < 0)
        return false;
    *ret_local_s = days * DAY_S + time;
    return true;
}
