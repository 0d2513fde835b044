/* A rule knows the two turns of any year by arithmetic, with no table. */
#include "tzrule.h"

#include <string.h>

#include "mooncron/civil.h"
#include "number.h"

/* The turns of all years are numbered: 2 * year, 2 * year + 1. */
#define YEAR_S     INT64_C(31556952) /* on average */
#define YEAR_REACH 100000 /* before and after it the clock is never set */
#define TURN_FIRST (INT64_C(-2) * YEAR_REACH)
#define TURN_LAST  (INT64_C(2) * YEAR_REACH)

/* The first such weekday at or after a day. */
static int64_t weekday_from(int64_t day, unsigned weekday)
{
    int64_t days_on = ((int64_t)weekday - (day + 4)) % 7;
    return day + (days_on < 0 ? days_on + 7 : days_on);
}

static int64_t turn_day(const struct turn *turn, int32_t year)
{
    if (turn->kind == TURN_DAY)
        return civil_days(year, 1, 1) + turn->day;
    if (turn->kind == TURN_JULIAN)
        return turn->day < 60 ? civil_days(year, 1, 1) + turn->day - 1
                              : civil_days(year, 3, 1) + turn->day - 60;
    if (turn->week < 5)
        return weekday_from(
            civil_days(year, turn->month, 1) + 7 * (turn->week - 1), turn->day);
    int64_t next_month = turn->month < 12
                             ? civil_days(year, turn->month + 1U, 1)
                             : civil_days(year + 1, 1, 1);
    return weekday_from(next_month - 7, turn->day);
}

/* The regime that the turn of this number begins. */
static unsigned turn_regime(const struct tzrule *rule, int64_t number)
{
    return (unsigned)(number & 1) ^ rule->first;
}

static int64_t turn_s(const struct tzrule *rule, int64_t number)
{
    unsigned regime = turn_regime(rule, number);
    const struct turn *turn = &rule->turns[regime];
    int32_t year = (int32_t)((number - (number & 1)) / 2);
    return turn_day(turn, year) * DAY_S + turn->time_s -
           rule->regimes[!regime].offset_s;
}

/* The number of the last turn at or before an instant. The guess is right to
 * the year, but for a few days around New Year. */
static int64_t turn_find(const struct tzrule *rule, int64_t at_s)
{
    int64_t number = 2 * (1970 + at_s / YEAR_S);
    if (number < TURN_FIRST)
        number = TURN_FIRST;
    if (number > TURN_LAST)
        number = TURN_LAST;
    while (number > TURN_FIRST && turn_s(rule, number) > at_s)
        number--;
    while (number < TURN_LAST && turn_s(rule, number + 1) <= at_s)
        number++;
    return number;
}

void tzrule_span(const struct tzrule *rule, int64_t at_s, struct zone_span *ret)
{
    const struct regime *now = &rule->regimes[STANDARD], *other = now;
    ret->from_s = INT64_MIN;
    ret->to_s = INT64_MAX;
    if (rule->turning) {
        int64_t number = turn_find(rule, at_s);
        now = &rule->regimes[turn_regime(rule, number)];
        other = &rule->regimes[!turn_regime(rule, number)];
        if (number > TURN_FIRST)
            ret->from_s = turn_s(rule, number);
        if (number < TURN_LAST)
            ret->to_s = turn_s(rule, number + 1);
    }
    ret->offset_s = now->offset_s;
    ret->abbreviation = now->abbreviation;
    ret->before_s = ret->from_s == INT64_MIN ? now->offset_s : other->offset_s;
    ret->after_s = ret->to_s == INT64_MAX ? now->offset_s : other->offset_s;
}

/* A cursor over text that fails once and stays failed. */
struct scan {
    const char *at, *end;
    bool failed;
};

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool abbreviation_good(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '+' &&
            text[i] != '-')
            return false;
    return len >= 3 && len <= ABBREVIATION_MAX;
}

static bool scan_try(struct scan *scan, char c)
{
    if (scan->failed || scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static void scan_expect(struct scan *scan, char c)
{
    scan->failed |= !scan_try(scan, c);
}

static int32_t scan_number(struct scan *scan, int32_t min, int32_t max)
{
    const char *first = scan->at;
    int32_t value = 0;
    while (scan->at < scan->end && is_digit(*scan->at) && value <= max)
        value = value * 10 + (*scan->at++ - '0');
    scan->failed |= scan->at == first || value < min || value > max;
    return value;
}

/* "EET", or "<+0530>". */
static void scan_name(struct scan *scan, struct regime *regime)
{
    bool quoted = scan_try(scan, '<');
    const char *name = scan->at;
    while (scan->at < scan->end &&
           (quoted ? *scan->at != '>' : is_letter(*scan->at)))
        scan->at++;
    size_t len = (size_t)(scan->at - name);
    if (!abbreviation_good(name, len)) {
        scan->failed = true;
        return;
    }
    memcpy(regime->abbreviation, name, len);
    if (quoted)
        scan_expect(scan, '>');
}

/* [+-]h[hh][:mm[:ss]] */
static int32_t scan_time_s(struct scan *scan, int32_t hours_max)
{
    bool negative = scan_try(scan, '-');
    if (!negative)
        scan_try(scan, '+');
    int32_t seconds = scan_number(scan, 0, hours_max) * 3600;
    if (scan_try(scan, ':')) {
        seconds += scan_number(scan, 0, 59) * 60;
        if (scan_try(scan, ':'))
            seconds += scan_number(scan, 0, 59);
    }
    return negative ? -seconds : seconds;
}

/* POSIX counts what is west of Greenwich; we count what is east. */
static void scan_offset(struct scan *scan, struct regime *regime)
{
    regime->offset_s = -scan_time_s(scan, 24);
}

static void scan_turn(struct scan *scan, struct turn *turn)
{
    scan_expect(scan, ',');
    if (scan_try(scan, 'M')) {
        turn->kind = TURN_WEEKDAY;
        turn->month = (uint16_t)scan_number(scan, 1, 12);
        scan_expect(scan, '.');
        turn->week = (uint16_t)scan_number(scan, 1, 5);
        scan_expect(scan, '.');
        turn->day = (uint16_t)scan_number(scan, 0, 6);
    } else if (scan_try(scan, 'J')) {
        turn->kind = TURN_JULIAN;
        turn->day = (uint16_t)scan_number(scan, 1, 365);
    } else {
        turn->kind = TURN_DAY;
        turn->day = (uint16_t)scan_number(scan, 0, 365);
    }
    turn->time_s = scan_try(scan, '/') ? scan_time_s(scan, 167) : 2 * 3600;
}

static void scan_rule(struct scan *scan, struct tzrule *rule)
{
    struct regime *standard = &rule->regimes[STANDARD];
    struct regime *daylight = &rule->regimes[DAYLIGHT];
    scan_name(scan, standard);
    scan_offset(scan, standard);
    if (scan->failed || scan->at == scan->end)
        return;
    rule->turning = true;
    scan_name(scan, daylight);
    daylight->offset_s = standard->offset_s + 3600;
    if (scan->at < scan->end && *scan->at != ',')
        scan_offset(scan, daylight);
    scan_turn(scan, &rule->turns[DAYLIGHT]);
    scan_turn(scan, &rule->turns[STANDARD]);
    scan->failed |= scan->at != scan->end;
}

/* The calendar repeats after 400 years; so do the turns. */
#define CYCLE_FIRST (INT64_C(2) * 2000)
#define CYCLE_END   (INT64_C(2) * 2400)

static bool turns_alternate(const struct tzrule *rule)
{
    int64_t last_s = turn_s(rule, CYCLE_FIRST);
    for (int64_t number = CYCLE_FIRST + 1; number <= CYCLE_END; number++) {
        int64_t next_s = turn_s(rule, number);
        if (next_s <= last_s)
            return false;
        last_s = next_s;
    }
    return true;
}

/* Each time that it ends it begins again: "XXX3EDT4,0/0,J365/23" is how RFC
 * 8536 writes daylight saving all the year. */
static bool daylight_never_ends(const struct tzrule *rule)
{
    if (rule->first != DAYLIGHT)
        return false;
    for (int64_t number = CYCLE_FIRST; number < CYCLE_END; number += 2)
        if (turn_s(rule, number + 1) != turn_s(rule, number + 2))
            return false;
    return true;
}

/* Which turn comes first, and whether they come at all. */
static bool rule_settle(struct tzrule *rule)
{
    rule->first = DAYLIGHT;
    if (turn_s(rule, CYCLE_FIRST) > turn_s(rule, CYCLE_FIRST + 1))
        rule->first = STANDARD;
    if (daylight_never_ends(rule)) {
        rule->turning = false;
        rule->regimes[STANDARD] = rule->regimes[DAYLIGHT];
        return true;
    }
    return rule->regimes[STANDARD].offset_s !=
               rule->regimes[DAYLIGHT].offset_s &&
           turns_alternate(rule);
}

bool tzrule_parse(const char *text, size_t len, struct tzrule *ret,
                  struct error *reterr)
{
    struct tzrule rule = { 0 };
    struct scan scan = { text, text + len, false };
    scan_rule(&scan, &rule);
    if (scan.failed) {
        error_set(reterr, "its rule is no POSIX TZ string: byte %zu is wrong",
                  (size_t)(scan.at - text) + 1);
        return false;
    }
    if (rule.turning && !rule_settle(&rule)) {
        error_set(reterr,
                  "its rule does not set the clock forward and back in turn");
        return false;
    }
    *ret = rule;
    return true;
}
