/* A small reader of calendars, the slow way. */
#include "ical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#define DAY_S INT64_C(86400)

/* ---- lines ---- */

void ical_unfold(char *text)
{
    char *to = text;
    for (char *at = text; *at;) {
        char *end = strstr(at, "\r\n");
        assert_non_null(end);
        assert_in_range(end - at, 1, 75);
        assert_null(memchr(at, '\n', (size_t)(end - at)));
        bool continued = *at == ' ';
        assert_false(continued && to == text);
        /* No code point is cut. */
        assert_false(continued && ((unsigned char)at[1] & 0xc0) == 0x80);
        if (continued)
            to--;
        memmove(to, at + continued, (size_t)(end - at) - continued);
        to += (end - at) - continued;
        *to++ = '\n';
        at = end + 2;
    }
    *to = '\0';
}

/* The rest of the first line at or after `at`, before `end`, that begins with
 * `name`; NULL where there is none. */
static const char *value_of(const char *at, const char *end, const char *name)
{
    while (at && at < end) {
        if (strncmp(at, name, strlen(name)) == 0)
            return at + strlen(name);
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return NULL;
}

const char *ical_end(const char *at)
{
    char stack[8][16];
    int depth = 0;
    do {
        char name[16];
        if (sscanf(at, "BEGIN:%15[A-Z]", name) == 1) {
            assert_in_range(depth, 0, 7);
            strcpy(stack[depth++], name);
        } else if (sscanf(at, "END:%15[A-Z]", name) == 1) {
            assert_in_range(depth, 1, 8);
            assert_string_equal(stack[--depth], name);
        }
        at = strchr(at, '\n') + 1;
    } while (depth);
    return at;
}

void ical_check(char *text)
{
    ical_unfold(text);
    assert_int_equal(strncmp(text, "BEGIN:VCALENDAR\n", 16), 0);
    const char *end = ical_end(text);
    assert_int_equal(*end, '\0');
    assert_non_null(value_of(text, end, "VERSION:2.0\n"));
    assert_non_null(value_of(text, end, "PRODID:-//"));
    for (const char *at = text; (at = strstr(at, "BEGIN:VEVENT\n")); at++) {
        const char *stop = ical_end(at);
        char line[400];
        const char *uid = value_of(at, stop, "UID:");
        assert_non_null(uid);
        assert_non_null(value_of(at, stop, "DTSTAMP:"));
        assert_non_null(value_of(at, stop, "DTSTART"));
        snprintf(line, sizeof line, "\nUID:%.*s\n", (int)strcspn(uid, "\n"),
                 uid);
        assert_null(strstr(strstr(text, line) + 1, line)); /* none twice */
        const char *zone = value_of(at, stop, "DTSTART;TZID=");
        if (!zone)
            continue;
        snprintf(line, sizeof line, "\nTZID:%.*s\n", (int)strcspn(zone, ":"),
                 zone);
        assert_non_null(strstr(text, line));
    }
}

/* ---- times and rules ---- */

static int64_t local_of(const char *text)
{
    int y, mo, d, h, mi, s;
    assert_int_equal(
        sscanf(text, "%4d%2d%2dT%2d%2d%2d", &y, &mo, &d, &h, &mi, &s), 6);
    return civil_days(y, (unsigned)mo, (unsigned)d) * DAY_S + h * 3600 +
           mi * 60 + s;
}

/* A part of a rule as a list of numbers and words. */
static const char *part_of(const char *rule, const char *name)
{
    size_t len = strlen(name);
    while (*rule != '\n' && strncmp(rule, name, len) != 0) {
        rule += strcspn(rule, ";\n");
        rule += *rule == ';';
    }
    return *rule == '\n' ? NULL : rule + len;
}

static int month_length(const struct civil *date)
{
    int64_t next = date->month == 12
                       ? civil_days(date->year + 1, 1, 1)
                       : civil_days(date->year, date->month + 1u, 1);
    return (int)(next - civil_days(date->year, date->month, 1));
}

static bool weekday_item(const char *item, const struct civil *date)
{
    static const char names[] = "SUMOTUWETHFRSA";
    char *word;
    long nth = strtol(item, &word, 10);
    if (strncmp(word, names + 2 * date->weekday, 2) != 0)
        return false;
    if (nth > 0)
        return (date->day - 1) / 7 + 1 == nth;
    return nth == 0 || (month_length(date) - date->day) / 7 + 1 == -nth;
}

static bool number_item(const char *item, int number, int length)
{
    int wanted = atoi(item);
    return wanted == number || (wanted < 0 && length + wanted + 1 == number);
}

static bool any_item(const char *list, const struct civil *date, char what)
{
    for (; list; list = *list == ',' ? list + 1 : NULL) {
        bool hit = what == 'd' ? weekday_item(list, date)
                   : what == 'm'
                       ? number_item(list, date->month, 0)
                       : number_item(list, date->day, month_length(date));
        if (hit)
            return true;
        list += strcspn(list, ",;\n");
    }
    return false;
}

static bool day_matches(const char *rule, int64_t day)
{
    struct civil date = civil_from((struct wall){ day * DAY_S * 1000 }, 0);
    const char *months = part_of(rule, "BYMONTH=");
    const char *days = part_of(rule, "BYMONTHDAY=");
    const char *weekdays = part_of(rule, "BYDAY=");
    assert_null(part_of(rule, "INTERVAL="));
    return (!months || any_item(months, &date, 'm')) &&
           (!days || any_item(days, &date, 'n')) &&
           (!weekdays || any_item(weekdays, &date, 'd'));
}

/* RFC 5545, 3.3.5: the first coming; in a gap, by the offset before it. */
static int64_t instant_of(const struct zone *zone, int64_t local_s)
{
    struct zone_span span;
    zone_span(zone, local_s - 2 * DAY_S, &span);
    while (span.to_s != INT64_MAX && local_s - span.offset_s >= span.to_s) {
        bool hidden = local_s - span.after_s < span.to_s;
        if (hidden)
            return local_s - span.offset_s;
        zone_span(zone, span.to_s, &span);
    }
    return local_s - span.offset_s;
}

/* ---- events ---- */

static int compare_instants(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Whether an EXDATE of the event, by the same clock, takes this time away. */
static bool is_taken_away(const char *at, const char *stop, int64_t local_s)
{
    bool named = value_of(at, stop, "DTSTART;TZID=");
    const char *dates = value_of(at, stop, named ? "EXDATE;TZID=" : "EXDATE:");
    const char *zone = value_of(at, stop, "DTSTART;TZID=");
    if (!dates)
        return false;
    if (named) {
        size_t len = strcspn(zone, ":") + 1;
        assert_memory_equal(dates, zone, len);
        dates += len;
    }
    for (; dates; dates = *dates == ',' ? dates + 1 : NULL) {
        assert_int_equal(dates[15], named ? dates[15] : 'Z');
        if (local_of(dates) == local_s)
            return true;
        dates += strcspn(dates, ",\n");
    }
    return false;
}

static void expand_event(const char *at, const char *stop,
                         const struct zone *zone, int64_t until_s,
                         struct instants *ret)
{
    const char *local = value_of(at, stop, "DTSTART;TZID=");
    const char *rule = value_of(at, stop, "RRULE:");
    local = local ? strchr(local, ':') + 1 : value_of(at, stop, "DTSTART:");
    if (!value_of(at, stop, "DTSTART;TZID="))
        zone = zone_utc();
    int64_t start = local_of(local);
    const char *end = rule ? part_of(rule, "UNTIL=") : NULL;
    int64_t end_s = end ? local_of(end) : INT64_MAX;
    assert_true(!rule || day_matches(rule, start / DAY_S));
    for (int64_t time = start; time - DAY_S < until_s; time += DAY_S) {
        int64_t instant = instant_of(zone, time);
        if (instant > until_s || instant > end_s)
            break;
        if (!rule || (day_matches(rule, time / DAY_S) &&
                      !is_taken_away(at, stop, time))) {
            assert_in_range(ret->count, 0, INSTANTS_MAX - 1);
            ret->items[ret->count++] = instant;
        }
        if (!rule)
            break;
    }
}

void ical_expand(const char *text, const struct zone *zone, int64_t until_s,
                 struct instants *ret)
{
    ret->count = 0;
    for (const char *at = text; (at = strstr(at, "BEGIN:VEVENT\n")); at++)
        expand_event(at, ical_end(at), zone, until_s, ret);
    qsort(ret->items, ret->count, sizeof *ret->items, compare_instants);
}

/* ---- zones ---- */

/* "+0200", in seconds. */
static int32_t offset_of(const char *text)
{
    int hours, minutes;
    assert_int_equal(sscanf(text + 1, "%2d%2d", &hours, &minutes), 2);
    return (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
}

/* The last local time up to `until_s` at which this part of a zone begins to
 * hold; INT64_MIN where there is none. */
static int64_t onset_of(const char *at, const char *stop, int64_t until_s)
{
    const char *rule = value_of(at, stop, "RRULE:");
    int64_t start = local_of(value_of(at, stop, "DTSTART:"));
    int64_t last = start <= until_s ? start : INT64_MIN;
    for (int64_t t = rule ? start : INT64_MAX; t <= until_s; t += DAY_S)
        if (day_matches(rule, t / DAY_S))
            last = t;
    for (const char *d = at; (d = value_of(d, stop, "RDATE:"));)
        if (local_of(d) <= until_s && local_of(d) > last)
            last = local_of(d);
    return last;
}

int32_t ical_offset(const char *text, int64_t at_s)
{
    static const char *const kinds[] = { "BEGIN:STANDARD\n",
                                         "BEGIN:DAYLIGHT\n" };
    int64_t best = INT64_MIN;
    int32_t offset = INT32_MIN;
    for (int k = 0; k < 2; k++) {
        for (const char *at = text; (at = strstr(at, kinds[k])); at++) {
            const char *stop = ical_end(at);
            int32_t before = offset_of(value_of(at, stop, "TZOFFSETFROM:"));
            int64_t onset = onset_of(at, stop, at_s + before);
            if (onset == INT64_MIN || onset - before <= best)
                continue;
            best = onset - before;
            offset = offset_of(value_of(at, stop, "TZOFFSETTO:"));
        }
    }
    return offset;
}
