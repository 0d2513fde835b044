/* Expressions by chance are asked for their days and times, next to a second
 * opinion that knows no bit sets and looks at each day and each second. */
#include "mooncron/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expression.h"
#include "mooncron/civil.h"
#include "mooncron/text.h"
#include "story.h"

#define DAY_S 86400

/* The second opinion. An expression is made up as a story of parts, from which
 * its text is written and each day and second is judged. */

enum kind {
    STAR,
    STEPS, /* of a star */
    VALUE,
    RANGE,     /* with steps, where there is more than one */
    OPEN,      /* a/s */
    LAST,      /* L-n, of the month; nL, of the week */
    LAST_WORK, /* LW */
    NEAR,      /* nW */
    NTH,       /* n#k */
};

enum { SECOND_FIELD, MINUTE_FIELD, HOUR_FIELD, DAY_FIELD, MONTH_FIELD, WEEK };

#define PARTS_MAX 4

struct made_part {
    enum kind kind;
    int64_t a, b, step;
};

struct made_field {
    struct made_part parts[PARTS_MAX];
    int count;
};

struct made {
    struct made_field fields[6];
    bool has_seconds;
};

static const int64_t mins[6] = { 0, 0, 0, 1, 1, 0 };
static const int64_t maxs[6] = { 59, 59, 23, 31, 12, 6 };

static struct made_part make_part(uint64_t *seed, int field)
{
    static const enum kind kinds[6][6] = {
        [SECOND_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [MINUTE_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [HOUR_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [DAY_FIELD] = { STEPS, VALUE, RANGE, LAST, LAST_WORK, NEAR },
        [MONTH_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [WEEK] = { STEPS, VALUE, VALUE, RANGE, LAST, NTH },
    };
    int64_t top = maxs[field] + (field == WEEK);
    int64_t a = story_between(seed, mins[field], top);
    int64_t size = maxs[field] - mins[field] + 1;
    struct made_part part = {
        .kind = kinds[field][story_between(seed, 0, 5)],
        .a = a,
        .b = story_between(seed, a, top),
        .step = story_between(seed, 1, story_between(seed, 1, size)),
    };
    if (part.kind == LAST && field == DAY_FIELD)
        part.a = a - 1;
    if (part.kind == NTH)
        part.b = story_between(seed, 1, 5);
    return part;
}

static struct made_field make_field(uint64_t *seed, int field)
{
    struct made_field made = { .count = (int)story_between(seed, 1, 4) };
    if (story_between(seed, 1, 3) == 1)
        return (struct made_field){ .parts = { { .kind = STAR } }, .count = 1 };
    if (story_between(seed, 1, 2) == 1)
        made.count = 1;
    for (int i = 0; i < made.count; i++)
        made.parts[i] = make_part(seed, field);
    return made;
}

static struct made make(uint64_t *seed)
{
    struct made made = { .has_seconds = story_between(seed, 1, 2) == 1 };
    for (int i = 0; i < 6; i++)
        made.fields[i] = make_field(seed, i);
    return made;
}

/* A number, or now and then its name. */
static void write_value(struct text *out, int field, int64_t n, int64_t coin)
{
    if (field == MONTH_FIELD && coin == 1)
        text_puts(out, cron_month_names[n - 1]);
    else if (field == WEEK && coin == 1 && n < 7)
        text_puts(out, cron_weekday_names[n]);
    else
        text_printf(out, "%lld", (long long)n);
}

static void write_part(struct text *out, int field, const struct made_part *p,
                       int64_t coin)
{
    if (p->kind == STAR || p->kind == STEPS)
        text_putc(out, '*');
    else if (p->kind == LAST && field == DAY_FIELD)
        text_putc(out, 'L');
    else if (p->kind == LAST_WORK)
        text_puts(out, "LW");
    else
        write_value(out, field, p->a, coin);

    if (p->kind == RANGE)
        text_putc(out, '-'), write_value(out, field, p->b, p->b != 0 && coin);
    if (p->kind == LAST && field == WEEK)
        text_putc(out, 'L');
    if (p->kind == LAST && field == DAY_FIELD && p->a)
        text_printf(out, "-%lld", (long long)p->a);
    if (p->kind == NEAR)
        text_putc(out, 'W');
    if (p->kind == NTH)
        text_printf(out, "#%lld", (long long)p->b);
    if (p->kind == STEPS || p->kind == OPEN ||
        (p->kind == RANGE && p->step > 1))
        text_printf(out, "/%lld", (long long)p->step);
}

static void write_made(struct text *out, const struct made *made,
                       uint64_t *seed)
{
    text_clear(out);
    for (int i = made->has_seconds ? 0 : 1; i < 6; i++) {
        for (int k = 0; k < made->fields[i].count; k++) {
            if (k)
                text_putc(out, ',');
            write_part(out, i, &made->fields[i].parts[k],
                       story_between(seed, 0, 1));
        }
        if (i < WEEK)
            text_putc(out, ' ');
    }
}

static bool between(int64_t n, int64_t from, int64_t to, int64_t step)
{
    return n >= from && n <= to && (n - from) % step == 0;
}

/* Is the number in the field, what is special of days aside? */
static bool has_number(const struct made *made, int field, int64_t n)
{
    for (int i = 0; i < made->fields[field].count; i++) {
        const struct made_part *p = &made->fields[field].parts[i];
        if ((p->kind == STAR) ||
            (p->kind == STEPS &&
             between(n, mins[field], maxs[field], p->step)) ||
            (p->kind == VALUE && n == p->a) ||
            (p->kind == RANGE && between(n, p->a, p->b, p->step)) ||
            (p->kind == OPEN && between(n, p->a, maxs[field], p->step)))
            return true;
    }
    return false;
}

struct date {
    int32_t year;
    unsigned month;
    int64_t day, length;
};

static int64_t weekday_of(const struct date *date, int64_t day)
{
    int64_t days = civil_days(date->year, date->month, 1) + day - 1;
    return ((days + 4) % 7 + 7) % 7;
}

static bool is_workday(const struct date *date, int64_t day)
{
    int64_t weekday = weekday_of(date, day);
    return day >= 1 && day <= date->length && weekday >= 1 && weekday <= 5;
}

/* The workday next to a day, which nobody is as near to as a Friday or a
 * Monday: there are no ties. */
static int64_t nearest_workday(const struct date *date, int64_t day)
{
    for (int64_t away = 0;; away++) {
        if (is_workday(date, day - away))
            return day - away;
        if (is_workday(date, day + away))
            return day + away;
    }
}

static bool is_special_day(const struct made_part *p, const struct date *date)
{
    switch (p->kind) {
    case LAST:
        return date->day == date->length - p->a;
    case LAST_WORK:
        return date->day == nearest_workday(date, date->length);
    case NEAR:
        return p->a <= date->length && date->day == nearest_workday(date, p->a);
    default:
        return false;
    }
}

static bool is_special_weekday(const struct made_part *p,
                               const struct date *date)
{
    if (weekday_of(date, date->day) != p->a % 7)
        return false;
    if (p->kind == LAST)
        return date->day + 7 > date->length;
    return p->kind == NTH && (date->day + 6) / 7 == p->b;
}

static bool matches_day(const struct made *made, const struct date *date)
{
    const struct made_field *field = &made->fields[DAY_FIELD];
    bool matches = has_number(made, DAY_FIELD, date->day);
    for (int i = 0; i < field->count; i++)
        matches |= is_special_day(&field->parts[i], date);
    return matches;
}

static bool matches_weekday(const struct made *made, const struct date *date)
{
    const struct made_field *field = &made->fields[WEEK];
    int64_t weekday = weekday_of(date, date->day);
    bool matches = has_number(made, WEEK, weekday) ||
                   (weekday == 0 && has_number(made, WEEK, 7));
    for (int i = 0; i < field->count; i++)
        matches |= is_special_weekday(&field->parts[i], date);
    return matches;
}

static bool is_bare(const struct made_field *field)
{
    return field->count == 1 && field->parts[0].kind == STAR;
}

static bool matches_date(const struct made *made, const struct date *date)
{
    bool any_day = is_bare(&made->fields[DAY_FIELD]);
    bool any_weekday = is_bare(&made->fields[WEEK]);
    if (!has_number(made, MONTH_FIELD, date->month))
        return false;
    if (any_day)
        return any_weekday || matches_weekday(made, date);
    return matches_day(made, date) ||
           (!any_weekday && matches_weekday(made, date));
}

static uint32_t slow_days(const struct made *made, int32_t year, unsigned month)
{
    struct date date = { .year = year, .month = month };
    uint32_t days = 0;
    date.length = (month == 12 ? civil_days(year + 1, 1, 1)
                               : civil_days(year, month + 1, 1)) -
                  civil_days(year, month, 1);
    for (date.day = 1; date.day <= date.length; date.day++)
        if (matches_date(made, &date))
            days |= 1u << date.day;
    return days;
}

static void check_days(const struct made *made, const struct cron *cron,
                       const char *text, int32_t year)
{
    for (unsigned month = 1; month <= 12; month++) {
        uint32_t days = cron_days(cron, year, month);
        uint32_t slow = slow_days(made, year, month);
        if (days != slow)
            fail_msg("\"%s\" in %d-%02u: %08x, but it is %08x", text, (int)year,
                     month, days, slow);
    }
}

/* What is refused as never firing does not fire in years of each kind. */
static void check_never(const struct made *made, const struct cron_fault *fault,
                        const char *text)
{
    if (!strstr(fault->message, "never fires"))
        fail_msg("\"%s\": %s", text, fault->message);
    for (int32_t year = 2000; year < 2028; year++)
        for (unsigned month = 1; month <= 12; month++)
            if (slow_days(made, year, month))
                fail_msg("\"%s\" fires in %d-%02u", text, (int)year, month);
}

/* Leap years, centuries, the edges, and years of each weekday by the seed. */
static void test_chance(void **state)
{
    (void)state;
    static const int32_t years[] = { 1,    4,    100,  400,  1600, 1900,
                                     1970, 2000, 2023, 2024, 2026, 2100,
                                     2400, 4000, 9996, 9999, 0,    -4 };
    struct text text, printed;
    text_init(&text, CRON_TEXT_MAX);
    text_init(&printed, CRON_TEXT_MAX);
    uint64_t seed = 17;
    for (int i = 0; i < 25000; i++) {
        struct made made = make(&seed);
        struct cron cron;
        struct cron_fault fault;
        write_made(&text, &made, &seed);
        if (!cron_parse(text.data, text.len, &cron, &fault)) {
            check_never(&made, &fault, text.data);
            continue;
        }
        check_round_trip(&cron, text.data, &printed);
        check_days(&made, &cron, text.data, years[i % 18]);
        check_days(&made, &cron, text.data,
                   (int32_t)story_between(&seed, 1, 9999));
    }
    text_close(&text);
    text_close(&printed);
}

static bool matches_second(const struct made *made, int32_t second)
{
    bool this_second = made->has_seconds
                           ? has_number(made, SECOND_FIELD, second % 60)
                           : second % 60 == 0;
    return this_second && has_number(made, MINUTE_FIELD, second / 60 % 60) &&
           has_number(made, HOUR_FIELD, second / 3600);
}

/* Second by second, from the first to the last and back. */
static void check_times(const struct made *made, const struct cron *cron,
                        const char *text)
{
    static bool is_time[DAY_S];
    int32_t last = -1, next = -1;
    uint32_t before = 0;
    for (int32_t s = 0; s < DAY_S; s++) {
        is_time[s] = matches_second(made, s);
        last = is_time[s] ? s : last;
        if (cron_time_last(cron, s) != last ||
            cron_times_before(cron, s) != before)
            fail_msg("\"%s\": last or count at %d", text, (int)s);
        before += is_time[s];
    }
    if (cron_times(cron) != before || cron_times_before(cron, DAY_S) != before)
        fail_msg("\"%s\": %u times, but there are %u", text, cron_times(cron),
                 before);
    for (int32_t s = DAY_S - 1; s >= 0; s--) {
        next = is_time[s] ? s : next;
        if (cron_time_next(cron, s) != next)
            fail_msg("\"%s\": next at %d", text, (int)s);
    }
}

static void test_times(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, CRON_TEXT_MAX);
    uint64_t seed = 23;
    for (int i = 0; i < 60; i++) {
        struct made made = make(&seed);
        made.fields[DAY_FIELD] = made.fields[MONTH_FIELD] =
            (struct made_field){ .parts = { { .kind = STAR } }, .count = 1 };
        write_made(&text, &made, &seed);
        struct cron cron = parsed(text.data);
        check_times(&made, &cron, text.data);
    }
    text_close(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
