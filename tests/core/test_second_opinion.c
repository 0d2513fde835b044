/* A second opinion on cron in zones: minute by minute, with libc's clock.
 *
 * A window of some days in a zone is written out as the local time of each of
 * its minutes, as localtime_r(3) tells them. Over that list the rules of
 * docs/time.md are spelled out once more, by looking at every minute. Both must
 * name the same instants, forwards, backwards and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "mooncron/random.h"
#include "mooncron/schedule.h"
#include "mooncron/text.h"

#define MINUTE  60
#define DAY     86400
#define MARGIN  (27 * 60) /* minutes: more than any two offsets differ */
#define WITHIN  (3 * 24 * 60)
#define MINUTES (MARGIN + WITHIN + MARGIN)

/* ---- chance ---- */

static uint64_t seed;

static uint64_t chance(void)
{
    return random_next(&seed);
}

static int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)(chance() % (uint64_t)(high - low + 1));
}

/* ---- expressions ---- */

static void put_time_field(struct text *out, int min, int max)
{
    switch (between(0, 5)) {
    case 0:
        text_putc(out, '*');
        break;
    case 1:
        text_printf(out, "*/%d", (int)between(1, (max - min + 1) / 2));
        break;
    case 2: {
        int low = (int)between(min, max);
        text_printf(out, "%d-%d/%d", low, (int)between(low, max),
                    (int)between(1, 5));
        break;
    }
    case 3:
        text_printf(out, "%d,%d", (int)between(min, max),
                    (int)between(min, max));
        break;
    default:
        text_printf(out, "%d", (int)between(min, max));
    }
}

static void put_day_fields(struct text *out)
{
    static const char *const fields[] = {
        "* * *",    "* * *",   "* * *",   "* * 0",       "* * 1-5",
        "*/2 * *",  "L * *",   "LW * *",  "1-7 * 1",     "28-31 * *",
        "* 3,10 *", "15W * *", "* * SUN", "* * 7#1,0#5", "*/3 * */2",
        "? * 6L",   "L-2 * ?", "* * 0,6"
    };
    text_puts(out, fields[between(0, sizeof fields / sizeof *fields - 1)]);
}

static void put_expression(struct text *out)
{
    put_time_field(out, 0, 59);
    text_putc(out, ' ');
    /* half of them within the hours in which clocks are set */
    if (between(0, 1))
        put_time_field(out, 0, 4);
    else
        put_time_field(out, 0, 23);
    text_putc(out, ' ');
    put_day_fields(out);
}

/* ---- the window ---- */

struct window {
    char zone[64];
    int64_t begin;          /* minutes since 1970, UTC */
    int64_t local[MINUTES]; /* local minutes, as if that were UTC */
    struct tm date[MINUTES];
    int64_t shown[MINUTES];  /* the latest local minute up to here */
    int64_t coming[MINUTES]; /* the earliest from here on */
};

static int64_t local_minute(const struct tm *tm)
{
    struct tm copy = *tm;
    return timegm(&copy) / MINUTE;
}

static void window_open(struct window *w)
{
    setenv("TZ", w->zone, 1);
    tzset();
    for (int i = 0; i < MINUTES; i++) {
        time_t at = (w->begin + i) * MINUTE;
        localtime_r(&at, &w->date[i]);
        w->local[i] = local_minute(&w->date[i]);
        w->shown[i] =
            i && w->shown[i - 1] > w->local[i] ? w->shown[i - 1] : w->local[i];
    }
    for (int i = MINUTES - 1; i >= 0; i--)
        w->coming[i] = i + 1 < MINUTES && w->coming[i + 1] < w->local[i]
                           ? w->coming[i + 1]
                           : w->local[i];
}

/* ---- the rules, once more ---- */

static int month_length(int year, int month)
{
    static const int length[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
    return length[month] + (month == 1 && leap);
}

static int weekday_in(const struct tm *date, int day)
{
    return ((date->tm_wday + (day - date->tm_mday)) % 7 + 7) % 7;
}

/* The day that "nearest weekday to `day`" means in this month. */
static int nearest(const struct tm *date, int day, int last)
{
    int weekday = weekday_in(date, day);
    if (weekday == 6)
        return day > 1 ? day - 1 : day + 2;
    if (weekday == 0)
        return day < last ? day + 1 : day - 2;
    return day;
}

static bool day_field(const struct cron *cron, const struct tm *date, int last)
{
    int day = date->tm_mday;
    if (cron->days >> day & 1 || cron->days_last >> (last - day) & 1)
        return true;
    for (int n = 1; n <= last; n++)
        if (cron->days_near >> n & 1 && nearest(date, n, last) == day)
            return true;
    int working = last;
    while (weekday_in(date, working) % 6 == 0)
        working--;
    return cron->days_near & 1 && working == day;
}

static bool weekday_field(const struct cron *cron, const struct tm *date,
                          int last)
{
    int day = date->tm_mday, weekday = date->tm_wday;
    return cron->weekdays >> weekday & 1 ||
           (cron->weekdays_last >> weekday & 1 && day + 7 > last) ||
           cron->weekdays_nth[(day - 1) / 7] >> weekday & 1;
}

static bool names(const struct cron *cron, const struct tm *date)
{
    int last = month_length(date->tm_year + 1900, date->tm_mon);
    if (!(cron->minutes >> date->tm_min & 1) ||
        !(cron->hours >> date->tm_hour & 1) ||
        !(cron->months >> (date->tm_mon + 1) & 1))
        return false;
    bool day = day_field(cron, date, last);
    bool weekday = weekday_field(cron, date, last);
    if (cron->days_restricted && cron->weekdays_restricted)
        return day || weekday;
    return cron->days_restricted ? day : !cron->weekdays_restricted || weekday;
}

/* Whether some local minute of [low, high) is named. */
static bool hidden(const struct cron *cron, int64_t low, int64_t high)
{
    for (int64_t minute = low; minute < high; minute++) {
        time_t as_utc = minute * MINUTE;
        struct tm date;
        gmtime_r(&as_utc, &date);
        if (names(cron, &date))
            return true;
    }
    return false;
}

static bool made_up(const struct window *w, const struct cron *cron, int i)
{
    int64_t size = w->local[i] - w->local[i - 1] - 1;
    return size > 0 && size < 180 &&
           hidden(cron, w->local[i - 1] + 1, w->local[i]);
}

static bool is_due(const struct window *w, const struct cron *cron,
                   enum gap gap, enum fold fold, int i)
{
    bool named = names(cron, &w->date[i]);
    if (cron->wildcard)
        return named;
    if (fold == FOLD_FIRST && i && w->shown[i - 1] >= w->local[i])
        named = false;
    if (fold == FOLD_LAST && w->coming[i + 1] <= w->local[i])
        named = false;
    return named || (gap == GAP_AFTER && made_up(w, cron, i));
}

/* ---- comparing ---- */

static struct rules *compile(const char *text, enum gap gap, enum fold fold,
                             struct zone *zone)
{
    const struct term term = { .kind = TERM_CRON, .text = text };
    const struct rules_spec spec = { .terms = &term,
                                     .term_count = 1,
                                     .gap = (uint8_t)gap,
                                     .fold = (uint8_t)fold,
                                     .from = { EVER_MS },
                                     .until = { NEVER_MS } };
    struct error err = { "" };
    struct rules *rules = rules_new(&spec, "job", zone, &err);
    if (!rules)
        fail_msg("%s: %s", text, err.text);
    return rules;
}

static void differ(const struct window *w, const char *text, const char *what,
                   int64_t ms, int64_t other_ms)
{
    fail_msg("\"%s\" in %s, %s: %lld, minute by minute %lld", text, w->zone,
             what, (long long)ms / 1000, (long long)other_ms / 1000);
}

static void compare(const struct window *w, const char *text, enum gap gap,
                    enum fold fold, struct zone *zone)
{
    struct rules *rules = compile(text, gap, fold, zone);
    const struct cron *cron = rules_cron(rules, 0);
    const struct schedule schedule = { .rules = rules };
    const struct wall begin = { (w->begin + MARGIN) * MINUTE * 1000 - 1 };
    struct wall at = begin, last = { EVER_MS };
    int64_t count = 0;
    for (int i = MARGIN; i < MARGIN + WITHIN; i++) {
        int64_t ms = (w->begin + i) * MINUTE * 1000;
        if (!is_due(w, cron, gap, fold, i))
            continue;
        struct wall next = schedule_next(&schedule, at);
        if (next.ms != ms)
            differ(w, text, "next", next.ms, ms);
        /* anything before a slot, but not it, has the one before as its last */
        last = schedule_last(&schedule, (struct wall){ ms - 1 });
        if (count && last.ms != at.ms)
            differ(w, text, "last", last.ms, at.ms);
        at = next;
        count++;
    }
    const struct wall end = { (w->begin + MARGIN + WITHIN) * MINUTE * 1000 -
                              1 };
    if (schedule_next(&schedule, at).ms <= end.ms)
        differ(w, text, "one more", schedule_next(&schedule, at).ms, end.ms);
    if (count && schedule_last(&schedule, end).ms != at.ms)
        differ(w, text, "the last", schedule_last(&schedule, end).ms, at.ms);
    assert_int_equal(schedule_count(&schedule, begin, end), count);
    rules_free(rules);
}

/* ---- windows ---- */

static struct zone *zone_load(const char *name)
{
    char path[128], bytes[ZONE_BYTES_MAX];
    struct error err = { "" };
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct zone *zone = zone_read(name, bytes, len, &err);
    if (!zone)
        fail_msg("%s: %s", name, err.text);
    return zone;
}

/* Odd ones more often: gaps at midnight, of half an hour, of two hours, off the
 * hour; permanent changes, negative daylight saving, a skipped day. */
static const char *const zones[] = {
    "Europe/Bucharest",     "America/New_York",
    "Australia/Lord_Howe",  "Europe/Dublin",
    "Asia/Beirut",          "America/Sao_Paulo",
    "Africa/Casablanca",    "Pacific/Apia",
    "Antarctica/Troll",     "Asia/Pyongyang",
    "America/Havana",       "Asia/Kathmandu",
    "America/St_Johns",     "Asia/Gaza",
    "Africa/Cairo",         "Pacific/Kiritimati",
    "Europe/London",        "America/Caracas",
    "Asia/Tehran",          "UTC",
    "America/Scoresbysund", "Antarctica/Casey",
    "Europe/Istanbul",      "Pacific/Chatham"
};

/* A window that has a change of the zone in its middle, or just somewhere. */
static int64_t window_begin(const struct zone *zone)
{
    const int64_t from = 315532800, to = 4102444800; /* 1980 to 2100 */
    int64_t at = between(from, to);
    struct zone_span span;
    if (between(0, 3) && zone_change(zone, at, &span) && span.from_s < to)
        at = span.from_s - between(0, 3 * DAY - 1);
    return at / MINUTE - MARGIN;
}

static void both_say_the_same(void **state)
{
    (void)state;
    const char *given = getenv("CASES");
    int64_t cases = given ? atoll(given) : 20000;
    static struct window w;
    struct text text;
    text_init(&text, 256);
    seed = 20261124;
    for (int64_t done = 0; done < cases;) {
        const char *name = zones[between(0, sizeof zones / sizeof *zones - 1)];
        struct zone *zone = zone_load(name);
        snprintf(w.zone, sizeof w.zone, "%s", name);
        w.begin = window_begin(zone);
        window_open(&w);
        for (int i = 0; i < 20; i++, done++) {
            text_clear(&text);
            put_expression(&text);
            bool usual = between(0, 1);
            compare(&w, text.data, usual ? GAP_AFTER : (enum gap)between(0, 1),
                    usual ? FOLD_FIRST : (enum fold)between(0, 2), zone);
        }
        zone_unref(zone);
    }
    printf("%lld cases agree\n", (long long)cases);
    text_close(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
