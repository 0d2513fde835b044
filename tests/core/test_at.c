/* Dates and times of day: each text and what it stands for, or that it is
 * none. */
#include "mooncron/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#define NONE INT64_MIN

/* One row: a text, and its seconds or days; NONE where it is refused. */
struct row {
    const char *text;
    int64_t value;
};

static const struct row times[] = {
    { "00:00", 0 },        { "08:00", 28800 },     { "23:59", 86340 },
    { "23:59:59", 86399 }, { "8:00", NONE },       { "24:00", NONE },
    { "08:60", NONE },     { "08:00:60", NONE },   { "08", NONE },
    { "08:", NONE },       { "08:00:", NONE },     { "08:00 ", NONE },
    { " 08:00", NONE },    { "08:00:00.5", NONE }, { "+8:00", NONE },
    { "0x:00", NONE },     { "", NONE },           { "08-00", NONE },
    { "08:00:000", NONE }
};

static const struct row dates[] = {
    { "1970-01-01", 0 },       { "1969-12-31", -1 },
    { "2026-12-25", 20812 },   { "2000-02-29", 11016 },
    { "1900-02-29", NONE },    { "2026-02-29", NONE },
    { "2026-02-30", NONE },    { "2026-13-01", NONE },
    { "2026-00-01", NONE },    { "2026-01-00", NONE },
    { "2026-1-1", NONE },      { "26-01-01", NONE },
    { "0000-01-01", NONE },    { "0001-01-01", -719162 },
    { "9999-12-31", 2932896 }, { "10000-01-01", NONE },
    { "2026-12-25 ", NONE },   { "2026/12/25", NONE },
    { "-026-12-25", NONE },    { "", NONE }
};

static const struct row locals[] = {
    { "1970-01-01T00:00", 0 },
    { "1970-01-01 00:00:01", 1 },
    { "2026-12-31T23:00", 1798758000 },
    { "2026-12-31T23:00:59", 1798758059 },
    { "2026-12-31", NONE },
    { "2026-12-31T", NONE },
    { "2026-12-31T24:00", NONE },
    { "2026-12-31T23:00Z", NONE },
    { "2026-12-31t23:00", NONE },
    { "2026-02-30T23:00", NONE },
    { "", NONE },
};

static int64_t read_time(const char *text)
{
    struct cron cron;
    if (!at_parse(text, strlen(text), &cron))
        return NONE;
    assert_false(cron.wildcard);
    assert_int_equal(cron_times(&cron), 1);
    assert_int_equal(__builtin_popcount(cron_days(&cron, 2026, 11)), 30);
    return cron_time_next(&cron, 0);
}

static int64_t read_date(const char *text)
{
    int32_t days;
    return date_parse(text, strlen(text), &days) ? days : NONE;
}

static int64_t read_local(const char *text)
{
    int64_t local;
    return local_parse(text, strlen(text), &local) ? local : NONE;
}

static void compare(const struct row *rows, size_t count,
                    int64_t (*read)(const char *text))
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = read(rows[i].text);
        if (value != rows[i].value)
            fail_msg("\"%s\": %lld", rows[i].text, (long long)value);
    }
}
#define COMPARE(rows, read) compare(rows, sizeof rows / sizeof *rows, read)

static void texts_are_read_exactly(void **state)
{
    (void)state;
    COMPARE(times, read_time);
    COMPARE(dates, read_date);
    COMPARE(locals, read_local);
}

/* Every day of four centuries, and none between. */
static void every_date_is_read(void **state)
{
    (void)state;
    char text[16];
    for (int32_t year = 1800; year < 2200; year++)
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned day = 1; day <= 31; day++) {
                snprintf(text, sizeof text, "%04d-%02u-%02u", (int)year, month,
                         day);
                int64_t days = civil_days(year, month, day);
                bool there =
                    civil_from((struct wall){ days * 86400000 }, 0).day == day;
                assert_int_equal(read_date(text), there ? days : NONE);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_exactly),
        cmocka_unit_test(every_date_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
