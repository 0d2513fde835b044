/* A calendar is read back by a small reader of its own, which unfolds, counts,
 * and expands recurrence rules and zones the slow way, day by day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/cli/ics.h"
#include "mooncron/civil.h"
#include "mooncron/zones.h"
#include "sheet.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define DAY_S  INT64_C(86400)

#define BUCHAREST "Europe/Bucharest"
#define MONDAY    "2026-11-23T14:07:31+02:00"

/* ---- lines ---- */

/* Unfolds in place, checking each raw line; lines end in '\n' then. */
static void unfold(char *text)
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

/* The end of the component that begins at `at`, which is balanced. */
static const char *component_end(const char *at)
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

static void check_calendar(char *text)
{
    unfold(text);
    assert_int_equal(strncmp(text, "BEGIN:VCALENDAR\n", 16), 0);
    const char *end = component_end(text);
    assert_int_equal(*end, '\0');
    assert_non_null(value_of(text, end, "VERSION:2.0\n"));
    assert_non_null(value_of(text, end, "PRODID:-//"));
    for (const char *at = text; (at = strstr(at, "BEGIN:VEVENT\n")); at++) {
        const char *stop = component_end(at);
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

/* ---- what a job's events say, against the schedule ---- */

#define INSTANTS_MAX 20000 /* every hour of two years */

struct instants {
    int64_t items[INSTANTS_MAX];
    size_t count;
};

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

/* Reads the plan's calendar; all events are of one job. */
static void check_job(struct sheet *sheet, const char *name, bool recurs,
                      int64_t days)
{
    static struct instants said;
    const struct job *job = sheet_job(sheet, name);
    const struct zone *zone = rules_zone(job->schedule.rules);
    int64_t until_s = sheet->plan.now.ms / 1000 + days * DAY_S;
    said.count = 0;
    text_clear(&sheet->out);
    plan_ics(&sheet->plan, MINUTE, &sheet->out);
    check_calendar(sheet->out.data);
    assert_int_equal(strstr(sheet->out.data, "SUMMARY") &&
                         value_of(strstr(sheet->out.data, "BEGIN:VEVENT"),
                                  sheet->out.data + strlen(sheet->out.data),
                                  "RRULE:"),
                     recurs);
    const char *at = sheet->out.data;
    for (; (at = strstr(at, "BEGIN:VEVENT\n")); at++)
        expand_event(at, component_end(at), zone, until_s, &said);
    qsort(said.items, said.count, sizeof *said.items, compare_instants);
    struct wall due = schedule_next(&job->schedule, sheet->plan.now);
    size_t i = 0;
    for (; due.ms / 1000 <= until_s && due.ms != NEVER_MS; i++) {
        assert_in_range(i + 1, 1, said.count);
        assert_int_equal(said.items[i], due.ms / 1000);
        due = schedule_next(&job->schedule, due);
    }
    assert_int_equal(i, said.count);
}

static const struct {
    const char *expression, *zone;
    bool recurs;
} crons[] = {
    { "30 2 * * *", BUCHAREST, true },
    { "0 3 * * *", BUCHAREST, true }, /* the gap's first minute: alike */
    { "30 3 * * *", BUCHAREST, false },
    { "0 3,4 * * *", BUCHAREST, false }, /* 4:00 twice, or once */
    { "30 3 * * MON", BUCHAREST, true }, /* clocks are set on Sundays */
    { "0 8,20 * * *", BUCHAREST, true },
    { "*/30 9-11 * * MON-FRI", "America/New_York", true },
    { "0 12 1,15 * *", BUCHAREST, true },
    { "0 12 L * *", BUCHAREST, true },
    { "0 12 L-2 */2 *", "Asia/Kathmandu", true },
    { "0 12 15W * *", BUCHAREST, false },
    { "0 12 * * FRI#2,MONL", BUCHAREST, true },
    { "0 12 * * SUN,FRI#5", BUCHAREST, true },
    { "0 12 13 * FRI", BUCHAREST, false }, /* either day field */
    { "0 0 29 2 *", "UTC", true },
    { "15 10 * 6-8 *", "Australia/Lord_Howe", true },
    { "0 12 * 1 MON", "America/Sao_Paulo", true },
    { "0 * * * *", "UTC", true },
    { "0 * * * *", "Asia/Kolkata", true },
    { "0 * * * *", BUCHAREST, false }, /* twice in a fold, never in a gap */
    { "*/30 1 * * *", "America/New_York", false }, /* likewise, in a fold */
    { "30 2 * * *", "Africa/Casablanca", false },
    { "0 12 * * *", "Africa/Casablanca", true },
    { "30 8 * * *", "Asia/Gaza", true },
};

static void a_cron_says_the_same_as_its_events(void **state)
{
    (void)state;
    static const char *const nows[] = { MONDAY, "2027-03-27T23:00:00Z",
                                        "2026-10-25T00:30:00Z" };
    for (size_t i = 0; i < 3 * sizeof crons / sizeof *crons; i++) {
        struct sheet sheet;
        bool recurs = crons[i / 3].recurs;
        sheet_open(&sheet, BUCHAREST, nows[i % 3]);
        sheet_cron(&sheet, "job", crons[i / 3].zone, crons[i / 3].expression);
        sheet_plan(&sheet, 150 * DAY);
        check_job(&sheet, "job", recurs, recurs ? 800 : 150);
        sheet_close(&sheet);
    }
}

/* The same by hand, over the change of March 2027: 02:30 is 00:30 UTC until the
 * 28th, and 23:30 UTC of the day before from the 29th on. */
static void a_rule_goes_by_the_clock_over_a_change(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, "2027-03-27T12:00:00+02:00");
    sheet_cron(&sheet, "cleanup", BUCHAREST, "30 2 * * *");
    sheet_plan(&sheet, 30 * DAY);
    plan_ics(&sheet.plan, HOUR, &sheet.out);
    assert_non_null(strstr(sheet.out.data,
                           "BEGIN:VEVENT\r\n"
                           "UID:cleanup@mooncron\r\n"
                           "DTSTAMP:20270327T100000Z\r\n"
                           "DTSTART;TZID=Europe/Bucharest:20270328T023000\r\n"
                           "RRULE:FREQ=DAILY\r\n"
                           "SUMMARY:cleanup (production)\r\n"
                           "DESCRIPTION:POST /cleanup\r\n"
                           "END:VEVENT\r\nEND:VCALENDAR\r\n"));
    assert_non_null(strstr(sheet.out.data,
                           "BEGIN:DAYLIGHT\r\n"
                           "DTSTART:20250330T030000\r\n"
                           "TZOFFSETFROM:+0200\r\n"
                           "TZOFFSETTO:+0300\r\n"
                           "TZNAME:EEST\r\n"
                           "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
                           "END:DAYLIGHT\r\n"));
    const struct schedule *schedule = &sheet_job(&sheet, "cleanup")->schedule;
    struct wall first = schedule_next(schedule, sheet.plan.now);
    assert_int_equal(first.ms, sheet_time("2027-03-28T00:30:00Z").ms);
    assert_int_equal(schedule_next(schedule, first).ms,
                     sheet_time("2027-03-28T23:30:00Z").ms);
    sheet_close(&sheet);
}

/* ---- other rules ---- */

static void bounds_weekdays_and_lists_are_said_too(void **state)
{
    (void)state;
    struct sheet sheet;
    const struct term twice[] = { { .kind = TERM_AT, .text = "08:00" },
                                  { .kind = TERM_AT, .text = "20:00" } };
    struct rules_spec spec = { .terms = twice,
                               .term_count = 2,
                               .weekdays_off = 1 << 6 | 1,
                               .from = sheet_time("2027-01-04T08:00:00+02:00"),
                               .until = sheet_time("2027-06-04T17:00:00Z") };
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_rules(&sheet, "job", BUCHAREST, spec);
    sheet_plan(&sheet, 30 * DAY);
    check_job(&sheet, "job", true, 400);
    assert_non_null(strstr(sheet.out.data, "BYDAY=MO,TU,WE,TH,FR;UNTIL=2027"));
    sheet_close(&sheet);
}

/* Dates: one is past, one is the first day, one is no Monday to Friday, two are
 * in both calendars; more than a thousand are too many. */
static void days_off_by_date_are_taken_away(void **state)
{
    (void)state;
    static int32_t many[RECURRENCE_OFF_MAX + 1];
    const int32_t first[] = { 20700, 20780, 20781, 20812, 20813, 20815 };
    const int32_t second[] = { 20812, 20815, 20900 };
    for (int32_t i = 0; i <= RECURRENCE_OFF_MAX; i++)
        many[i] = 20790 + 2 * i;
    const struct calendar days = { "", first, 6, 0 },
                          more = { "more", second, 3, 0 },
                          most = { "most", many, RECURRENCE_OFF_MAX + 1, 0 };
    const struct calendar *excluded[] = { &days, &more }, *all[] = { &most };
    const struct term times[] = { { .kind = TERM_AT, .text = "12:00" },
                                  { .kind = TERM_AT, .text = "20:30" } };
    for (int i = 0; i < 6; i++) {
        struct sheet sheet;
        struct rules_spec spec = { .terms = times,
                                   .term_count = i % 2 ? 2 : 1,
                                   .calendars = i < 4 ? excluded : all,
                                   .calendar_count = i < 4 ? 2 : 1,
                                   .weekdays_off = i % 2 ? 0x41 : 0 };
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_rules(&sheet, "job", i < 2 ? BUCHAREST : "UTC", spec);
        sheet_plan(&sheet, 60 * DAY);
        /* the weekends among the many are left out by the rule */
        check_job(&sheet, "job", i != 4, i < 4 ? 400 : 60);
        assert_true(i == 4 || strstr(sheet.out.data, "\nEXDATE"));
        sheet_close(&sheet);
    }
}

static void what_no_rule_says_is_written_out(void **state)
{
    (void)state;
    const int32_t christmas[] = { 20812 }; /* 2026-12-25 */
    const struct calendar days = { "", christmas, 1, 0 };
    const struct calendar *excluded[] = { &days };
    const struct term daily = { .kind = TERM_AT, .text = "12:00" };
    const struct term mixed[] = { { .kind = TERM_AT, .text = "12:00" },
                                  { .kind = TERM_CRON, .text = "0 12 1 * *" } };
    const struct term twice[] = { daily, daily };
    const struct rules_spec specs[] = {
        { .terms = &daily,
          .term_count = 1,
          .calendars = excluded,
          .calendar_count = 1,
          .excluded = EXCLUDED_NEXT },
        { .terms = &daily, .term_count = 1, .nth = 3 },
        { .terms = mixed, .term_count = 2 },
        { .terms = twice, .term_count = 2 },
        { .terms = &daily,
          .term_count = 1,
          .weekdays_off = 1,
          .excluded = EXCLUDED_NEXT },
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct sheet sheet;
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_rules(&sheet, "job", BUCHAREST, specs[i]);
        sheet_plan(&sheet, 60 * DAY);
        check_job(&sheet, "job", false, 60);
        sheet_close(&sheet);
    }
}

static void a_lattice_recurs_by_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t every_ms;
        const char *rule;
    } cases[] = {
        { 15 * MINUTE, "RRULE:FREQ=MINUTELY;INTERVAL=15\r\n" },
        { HOUR, "RRULE:FREQ=HOURLY\r\n" },
        { DAY, "RRULE:FREQ=DAILY\r\n" },
        { 3 * DAY, "RRULE:FREQ=DAILY;INTERVAL=3\r\n" },
        { 90 * MINUTE, "RRULE:FREQ=MINUTELY;INTERVAL=90\r\n" },
        { 5400001, "UID:job/" }, /* no whole seconds: slot by slot */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sheet sheet;
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_every(&sheet, "job", cases[i].every_ms, 60000);
        sheet_plan(&sheet, DAY);
        plan_ics(&sheet.plan, MINUTE, &sheet.out);
        assert_non_null(strstr(sheet.out.data, cases[i].rule));
        assert_null(strstr(sheet.out.data, "TZID"));
        check_calendar(sheet.out.data);
        sheet_close(&sheet);
    }
}

static void frequent_jobs_are_left_out(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_every(&sheet, "often", 15 * MINUTE, 0);
    sheet_cron(&sheet, "every-half-hour", "UTC", "*/30 * * * *");
    sheet_cron(&sheet, "hourly", "UTC", "0 * * * *");
    sheet_plan(&sheet, DAY);
    assert_false(plan_ics_has(sheet_job(&sheet, "often"), HOUR));
    assert_false(plan_ics_has(sheet_job(&sheet, "every-half-hour"), HOUR));
    assert_true(plan_ics_has(sheet_job(&sheet, "hourly"), HOUR));
    plan_ics(&sheet.plan, HOUR, &sheet.out);
    assert_null(strstr(sheet.out.data, "often"));
    assert_non_null(strstr(sheet.out.data, "UID:hourly/230000@mooncron"));
    text_clear(&sheet.out);
    plan_ics(&sheet.plan, 2 * DAY, &sheet.out); /* nothing is left */
    check_calendar(sheet.out.data);
    assert_non_null(strstr(sheet.out.data, "BEGIN:VTIMEZONE"));
    sheet_close(&sheet);
}

/* ---- zones ---- */

/* The offset that the VTIMEZONE in `text` gives for an instant: that of the
 * last onset before it. */
static int32_t offset_said(const char *text, int64_t at_s)
{
    int64_t best = INT64_MIN;
    int32_t offset = INT32_MIN;
    static const char *const kinds[] = { "BEGIN:STANDARD\n",
                                         "BEGIN:DAYLIGHT\n" };
    for (int k = 0; k < 2; k++) {
        for (const char *at = text; (at = strstr(at, kinds[k])); at++) {
            const char *stop = component_end(at);
            const char *rule = value_of(at, stop, "RRULE:");
            const char *from = value_of(at, stop, "TZOFFSETFROM:");
            const char *to = value_of(at, stop, "TZOFFSETTO:");
            int64_t start = local_of(value_of(at, stop, "DTSTART:"));
            int hours, minutes;
            assert_int_equal(sscanf(from + 1, "%2d%2d", &hours, &minutes), 2);
            int64_t before = (hours * 60 + minutes) * (*from == '-' ? -60 : 60);
            assert_int_equal(sscanf(to + 1, "%2d%2d", &hours, &minutes), 2);
            int32_t after = (hours * 60 + minutes) * (*to == '-' ? -60 : 60);
            int64_t last = start - before <= at_s ? start : INT64_MIN;
            for (int64_t t = rule ? start : INT64_MAX; t - before <= at_s;
                 t += DAY_S)
                if (day_matches(rule, t / DAY_S))
                    last = t;
            for (const char *d = at; (d = value_of(d, stop, "RDATE:"));)
                if (local_of(d) - before <= at_s && local_of(d) > last)
                    last = local_of(d);
            if (last != INT64_MIN && last - before > best) {
                best = last - before;
                offset = after;
            }
        }
    }
    return offset;
}

static void a_zone_says_the_offsets_that_it_has(void **state)
{
    (void)state;
    static const struct {
        const char *name, *has;
    } cases[] = {
        { BUCHAREST, "BYMONTH=10;BYDAY=-1SU" },
        { "America/New_York", "BYMONTH=3;BYDAY=2SU" },
        { "Asia/Kolkata", "TZOFFSETTO:+0530" },
        { "Australia/Lord_Howe", "TZOFFSETTO:+1030" },
        { "America/St_Johns", "TZOFFSETFROM:-0330" },
        { "Europe/Dublin", "TZNAME:IST" },
        { "Africa/Casablanca", "RDATE:" },
        { "Asia/Gaza", "TZNAME:EEST" },
        { "America/Nuuk", "BYMONTHDAY=" },
        { "UTC", "TZOFFSETTO:+0000" },
    };
    struct zones *zones = zones_new(NULL);
    struct wall now = sheet_time(MONDAY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        struct text out;
        struct zone_span span;
        struct zone *zone = zones_get(zones, cases[i].name, &error);
        assert_non_null(zone);
        text_init(&out, 1 << 16);
        ics_zone(zone, now, &out);
        assert_non_null(strstr(out.data, cases[i].has));
        unfold(out.data);
        assert_int_equal(*component_end(out.data), '\0');
        int64_t at_s = now.ms / 1000;
        for (int change = 0; change < 12; change++) {
            zone_span(zone, at_s, &span);
            assert_int_equal(offset_said(out.data, at_s), span.offset_s);
            if (!zone_change(zone, at_s, &span))
                break;
            assert_int_equal(offset_said(out.data, span.from_s - 1),
                             span.before_s);
            at_s = span.from_s;
        }
        text_close(&out);
        zone_unref(zone);
    }
    zones_free(zones);
}

/* ---- lines ---- */

static void long_lines_are_folded_between_code_points(void **state)
{
    (void)state;
    char value[400] = "";
    for (int i = 0; i < 60; i++)
        strcat(value, i % 7 ? "ä€" : "x");
    struct text out, wanted;
    text_init(&out, 1 << 12);
    text_init(&wanted, 1 << 12);
    ics_line(&out, "SUMMARY:%s", value);
    text_printf(&wanted, "SUMMARY:%s\n", value);
    unfold(out.data);
    assert_string_equal(out.data, wanted.data);
    text_clear(&out);
    ics_escape(&out, "a,b;c\\d\ne\tf");
    assert_string_equal(out.data, "a\\,b\\;c\\\\d\\ne f");
    text_close(&out);
    text_close(&wanted);
}

static void a_line_of_75_octets_is_not_folded(void **state)
{
    (void)state;
    for (int len = 74; len <= 77; len++) {
        struct text out;
        text_init(&out, 1 << 12);
        ics_line(&out, "%0*d", len, 0);
        assert_int_equal(out.len, len + 2 + (len > 75 ? 3 : 0));
        text_close(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cron_says_the_same_as_its_events),
        cmocka_unit_test(a_rule_goes_by_the_clock_over_a_change),
        cmocka_unit_test(bounds_weekdays_and_lists_are_said_too),
        cmocka_unit_test(days_off_by_date_are_taken_away),
        cmocka_unit_test(what_no_rule_says_is_written_out),
        cmocka_unit_test(a_lattice_recurs_by_utc),
        cmocka_unit_test(frequent_jobs_are_left_out),
        cmocka_unit_test(a_zone_says_the_offsets_that_it_has),
        cmocka_unit_test(long_lines_are_folded_between_code_points),
        cmocka_unit_test(a_line_of_75_octets_is_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
