/* A zone as iCalendar wants it: its changes of offset, by a rule where all that
 * come follow one, else each by its date.
 *
 * The rule is found by looking: a zone tells its changes, not how it knows
 * them. Weekdays repeat after 28 years, so what holds for 40 is the rule. */
#include <stdio.h>
#include <string.h>

#include "ics.h"
#include "mooncron/civil.h"

#define YEAR_S       INT64_C(31556952) /* on average */
#define YEARS_BEFORE 2 /* so that the first of each kind is in the past */
#define YEARS_AFTER  40
#define YEARS_MIN    29 /* of a rule: all weekdays have been seen */
#define ONSETS_MAX   200
#define RULE_MAX     96

/* A change, by the clock that goes until then. */
struct onset {
    struct zone_span span;
    struct civil local;
};

static const char *const weekday_names[7] = { "SU", "MO", "TU", "WE",
                                              "TH", "FR", "SA" };

static size_t onsets_find(const struct zone *zone, int64_t now_s,
                          struct onset *onsets)
{
    size_t count = 0;
    int64_t after_s = now_s - YEARS_BEFORE * YEAR_S;
    int64_t until_s = now_s + YEARS_AFTER * YEAR_S;
    while (count < ONSETS_MAX) {
        struct onset *onset = &onsets[count];
        if (!zone_change(zone, after_s, &onset->span) ||
            onset->span.from_s > until_s)
            break;
        after_s = onset->span.from_s;
        onset->local =
            civil_from((struct wall){ after_s * 1000 }, onset->span.before_s);
        count++;
    }
    return count;
}

/* ---- rules ---- */

static bool same_turn(const struct onset *a, const struct onset *b)
{
    return a->span.offset_s == b->span.offset_s &&
           a->span.before_s == b->span.before_s &&
           a->local.month == b->local.month && a->local.hour == b->local.hour &&
           a->local.minute == b->local.minute &&
           a->local.second == b->local.second;
}

static unsigned month_days(unsigned month)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30,
                                      31, 31, 30, 31, 30, 31 };
    return days[month - 1];
}

/* One weekday within seven days of a month: "-1SU", "2SU", or a list of days.
 */
static void weekday_rule(const struct onset *onset, unsigned low, char *rule)
{
    const char *weekday = weekday_names[onset->local.weekday];
    unsigned month = onset->local.month;
    int len = snprintf(rule, RULE_MAX, "FREQ=YEARLY;BYMONTH=%u;", month);
    if (low + 6 == month_days(month))
        snprintf(rule + len, (size_t)(RULE_MAX - len), "BYDAY=-1%s", weekday);
    else if (low % 7 == 1)
        snprintf(rule + len, (size_t)(RULE_MAX - len), "BYDAY=%u%s",
                 low / 7 + 1, weekday);
    else
        snprintf(rule + len, (size_t)(RULE_MAX - len),
                 "BYMONTHDAY=%u,%u,%u,%u,%u,%u,%u;BYDAY=%s", low, low + 1,
                 low + 2, low + 3, low + 4, low + 5, low + 6, weekday);
}

/* The rule of every second change, from `first` on; false where they follow
 * none. */
static bool find_rule(const struct onset *onsets, size_t count, size_t first,
                      char rule[RULE_MAX])
{
    const struct onset *start = &onsets[first];
    unsigned low = start->local.day, high = low;
    bool weekly = true;
    for (size_t i = first + 2; i < count; i += 2) {
        const struct civil *local = &onsets[i].local;
        if (!same_turn(start, &onsets[i]) ||
            local->year != onsets[i - 2].local.year + 1)
            return false;
        weekly = weekly && local->weekday == start->local.weekday;
        low = local->day < low ? local->day : low;
        high = local->day > high ? local->day : high;
    }
    if (low == high)
        snprintf(rule, RULE_MAX, "FREQ=YEARLY;BYMONTH=%u;BYMONTHDAY=%u",
                 start->local.month, low);
    else if (weekly && high - low == 6)
        weekday_rule(start, low, rule);
    else
        return false;
    return true;
}

/* ---- writing ---- */

static void offset_put(const char *name, int32_t offset_s, struct text *out)
{
    unsigned s = (unsigned)(offset_s < 0 ? -offset_s : offset_s);
    char sign = offset_s < 0 ? '-' : '+';
    if (s % 60)
        ics_line(out, "%s:%c%02u%02u%02u", name, sign, s / 3600, s / 60 % 60,
                 s % 60);
    else
        ics_line(out, "%s:%c%02u%02u", name, sign, s / 3600, s / 60 % 60);
}

static int64_t local_of(const struct onset *onset)
{
    return onset->span.from_s + onset->span.before_s;
}

static const char *kind_of(const struct onset *onset)
{
    return onset->span.offset_s > onset->span.before_s ? "DAYLIGHT"
                                                       : "STANDARD";
}

static void observance_open(const char *kind, int64_t local_s, int32_t from_s,
                            int32_t to_s, const char *name, struct text *out)
{
    char start[ICS_TIME_MAX];
    ics_line(out, "BEGIN:%s", kind);
    ics_line(out, "DTSTART:%s", ics_time(local_s, start));
    offset_put("TZOFFSETFROM", from_s, out);
    offset_put("TZOFFSETTO", to_s, out);
    ics_line(out, "TZNAME:%s", name);
}

static void onset_open(const struct onset *onset, struct text *out)
{
    observance_open(kind_of(onset), local_of(onset), onset->span.before_s,
                    onset->span.offset_s, onset->span.abbreviation, out);
}

/* What holds where no change has been yet. */
static void base_put(const struct zone *zone, int64_t now_s, struct text *out)
{
    struct zone_span span;
    zone_span(zone, now_s, &span);
    observance_open("STANDARD", 0, span.offset_s, span.offset_s,
                    span.abbreviation, out);
    ics_line(out, "END:STANDARD");
}

static bool rules_put(const struct onset *onsets, size_t count,
                      struct text *out)
{
    char rules[2][RULE_MAX];
    if (count < 2 * YEARS_MIN || !find_rule(onsets, count, 0, rules[0]) ||
        !find_rule(onsets, count, 1, rules[1]))
        return false;
    for (size_t i = 0; i < 2; i++) {
        onset_open(&onsets[i], out);
        ics_line(out, "RRULE:%s", rules[i]);
        ics_line(out, "END:%s", kind_of(&onsets[i]));
    }
    return true;
}

static bool same_regimes(const struct onset *a, const struct onset *b)
{
    return a->span.offset_s == b->span.offset_s &&
           a->span.before_s == b->span.before_s &&
           strcmp(a->span.abbreviation, b->span.abbreviation) == 0;
}

static void dates_put(const struct onset *onsets, size_t count, size_t first,
                      struct text *out)
{
    char date[ICS_TIME_MAX];
    for (size_t i = 0; i < first; i++)
        if (same_regimes(&onsets[i], &onsets[first]))
            return; /* they are there already */
    onset_open(&onsets[first], out);
    for (size_t i = first + 1; i < count; i++)
        if (same_regimes(&onsets[i], &onsets[first]))
            ics_line(out, "RDATE:%s", ics_time(local_of(&onsets[i]), date));
    ics_line(out, "END:%s", kind_of(&onsets[first]));
}

void ics_zone(const struct zone *zone, struct wall now, struct text *out)
{
    struct onset onsets[ONSETS_MAX];
    int64_t now_s = now.ms / 1000;
    size_t count = onsets_find(zone, now_s, onsets);
    ics_line(out, "BEGIN:VTIMEZONE");
    ics_line(out, "TZID:%s", zone_name(zone));
    if (!count || onsets[0].span.from_s > now_s)
        base_put(zone, now_s, out);
    if (!rules_put(onsets, count, out))
        for (size_t i = 0; i < count; i++)
            dates_put(onsets, count, i, out);
    ics_line(out, "END:VTIMEZONE");
}
