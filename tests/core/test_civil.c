/* Dates against counting day by day, and RFC 3339 by a table. */
#include "mooncron/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Every day of 800 years, counted on by hand. */
static void test_days(void **state)
{
    (void)state;
    static const unsigned lengths[12] = { 31, 28, 31, 30, 31, 30,
                                          31, 31, 30, 31, 30, 31 };
    int64_t days = civil_days(1600, 1, 1);
    assert_int_equal(civil_days(1970, 1, 1), 0);
    for (int32_t year = 1600; year < 2400; year++)
        for (unsigned month = 1; month <= 12; month++) {
            unsigned length = lengths[month - 1];
            length += month == 2 && is_leap(year);
            for (unsigned day = 1; day <= length; day++, days++) {
                assert_int_equal(civil_days(year, month, day), days);
                struct civil c =
                    civil_from((struct wall){ days * 86400000 }, 0);
                assert_int_equal(c.year, year);
                assert_int_equal(c.month, month);
                assert_int_equal(c.day, day);
                /* 1970-01-01 was a Thursday */
                assert_int_equal(c.weekday, ((days + 4) % 7 + 7) % 7);
            }
        }
}

static const struct {
    int64_t ms;
    int32_t offset_s;
    const char *text;
} written[] = {
    { 0, 0, "1970-01-01T00:00:00Z" },
    { -1, 0, "1969-12-31T23:59:59.999Z" },
    { 1795435651000, 0, "2026-11-23T12:07:31Z" },
    { 1795435651250, 0, "2026-11-23T12:07:31.250Z" },
    { 1795435651000, 7200, "2026-11-23T14:07:31+02:00" },
    { 1795435651000, -12600, "2026-11-23T08:37:31-03:30" },
    { 951782400000, 0, "2000-02-29T00:00:00Z" },
    { 1798761600000 - 1000, 3600, "2027-01-01T00:59:59+01:00" },
};

/* Written as the table says, and read back to the same instant. */
static void test_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char buffer[RFC3339_TEXT_MAX];
        struct wall at = { written[i].ms }, back = { 0 };
        rfc3339_format(at, written[i].offset_s, buffer);
        assert_string_equal(buffer, written[i].text);
        assert_true(rfc3339_parse(buffer, strlen(buffer), &back));
        assert_int_equal(back.ms, at.ms);
    }
}

static const struct {
    const char *text;
    int64_t ms; /* -1: refused */
} read_cases[] = {
    { "1970-01-01T00:00:01Z", 1000 },
    { "1970-01-01 00:00:01z", 1000 },
    { "1970-01-01T00:00:00.5Z", 500 },
    { "1970-01-01T00:00:00.123456789Z", 123 },
    { "1970-01-01T02:00:00+02:00", 0 },
    { "1969-12-31T23:00:00-01:00", 0 },
    { "1970-01-01T00:00:60Z", 60000 },
    { "1970-01-01T00:00:61Z", -1 },
    { "1970-01-01T24:00:00Z", -1 },
    { "1970-01-01T00:60:00Z", -1 },
    { "1970-02-29T00:00:00Z", -1 },
    { "2100-02-29T00:00:00Z", -1 },
    { "1970-04-31T00:00:00Z", -1 },
    { "1970-00-01T00:00:00Z", -1 },
    { "1970-01-00T00:00:00Z", -1 },
    { "1970-13-01T00:00:00Z", -1 },
    { "1970-01-01T00:00:00", -1 },
    { "1970-01-01T00:00:00.Z", -1 },
    { "1970-01-01T00:00:00Zx", -1 },
    { " 1970-01-01T00:00:00Z", -1 },
    { "1970-01-01T00:00:00+0200", -1 },
    { "1970-1-1T00:00:00Z", -1 },
    { "1970-01-01", -1 },
    { "now", -1 },
    { "", -1 },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read_cases / sizeof *read_cases; i++) {
        const char *text = read_cases[i].text;
        struct wall at = { -1 };
        bool ok = rfc3339_parse(text, strlen(text), &at);
        if (ok != (read_cases[i].ms >= 0) || at.ms != read_cases[i].ms)
            fail_msg("\"%s\": %d, %lld", text, ok, (long long)at.ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
