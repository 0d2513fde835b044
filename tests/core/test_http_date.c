/* Dates of HTTP, and Retry-After, by a table. */
#include "mooncron/http_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/core.h"

#define NOW "2026-11-23T14:00:00Z"

static struct wall at(const char *text)
{
    struct wall wall;
    assert_true(rfc3339_parse(text, strlen(text), &wall));
    return wall;
}

static const struct {
    const char *text, *means; /* NULL: no date */
} dates[] = {
    { "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z" },
    { "Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z" },
    { "Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z" },
    { "Wed Nov 16 08:49:37 1994", "1994-11-16T08:49:37Z" },
    { "Mon, 23 Nov 2026 14:00:30 GMT", "2026-11-23T14:00:30Z" },
    { "Fri, 23 Nov 2026 14:00:30 GMT", "2026-11-23T14:00:30Z" },
    { "Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00Z" },
    { "Fri, 31 Dec 1999 23:59:60 GMT", "2000-01-01T00:00:00Z" },
    { "Sat, 01 Jan 0000 00:00:00 GMT", "0000-01-01T00:00:00Z" },
    { "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z" },
    { "Saturday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00Z" },
    { "Saturday, 01-Jan-76 00:00:00 GMT", "2076-01-01T00:00:00Z" },
    { "Saturday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00Z" },
    { "Sun, 29 Feb 2026 00:00:00 GMT", NULL },
    { "Sun, 31 Nov 1994 08:49:37 GMT", NULL },
    { "Sun, 00 Nov 1994 08:49:37 GMT", NULL },
    { "Sun, 06 Nov 1994 24:00:00 GMT", NULL },
    { "Sun, 06 Nov 1994 08:60:00 GMT", NULL },
    { "Sun, 06 Nov 1994 08:49:61 GMT", NULL },
    { "Sun, 06 Nov 1994 08:49:37 UTC", NULL },
    { "Sun, 06 Nov 1994 08:49:37 +0000", NULL },
    { "Sun, 06 Nov 1994 08:49:37 GMT ", NULL },
    { " Sun, 06 Nov 1994 08:49:37 GMT", NULL },
    { "Sun, 06 Nov 1994 08:49:37", NULL },
    { "Sun, 6 Nov 1994 08:49:37 GMT", NULL },
    { "Sun, 06 nov 1994 08:49:37 GMT", NULL },
    { "Sun, 06 Nov 94 08:49:37 GMT", NULL },
    { "Sunday, 06-Nov-1994 08:49:37 GMT", NULL },
    { "Sun, 06-Nov-94 08:49:37 GMT", NULL },
    { "Sun Nov 6 08:49:37 1994", NULL },
    { "Sun Nov 06 08:49:37 1994 GMT", NULL },
    { "Son, 06 Nov 1994 08:49:37 GMT", NULL },
    { "1994-11-06T08:49:37Z", NULL },
    { "Sun", NULL },
    { "", NULL },
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        const char *text = dates[i].text;
        struct wall found = { -1 };
        bool good = http_date_parse(text, strlen(text), at(NOW), &found);
        if (good != (dates[i].means != NULL) ||
            (good && found.ms != at(dates[i].means).ms))
            fail_msg("\"%s\": %d, %lld", text, good, (long long)found.ms);
    }
}

/* No form is read behind its end, wherever that is. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t whole = strlen(dates[i].text);
        for (size_t len = 0; len < whole; len++) {
            struct wall found;
            char *cut = malloc(len + 1); /* a sanitizer sees what is behind */
            memcpy(cut, dates[i].text, len);
            assert_false(http_date_parse(cut, len, at(NOW), &found));
            free(cut);
        }
    }
}

static const struct {
    const char *text;
    int64_t ms;
} waits[] = {
    { "0", 0 },
    { "120", 120000 },
    { "007", 7000 },
    { "86400", RETRY_AFTER_MS_MAX },
    { "86401", RETRY_AFTER_MS_MAX },
    { "31536000", RETRY_AFTER_MS_MAX },
    { "99999999999999999999999999999999", RETRY_AFTER_MS_MAX },
    { "Mon, 23 Nov 2026 14:00:30 GMT", 30000 },
    { "Monday, 23-Nov-26 14:02:00 GMT", 120000 },
    { "Mon Nov 23 15:00:00 2026", 3600000 },
    { "Mon, 23 Nov 2026 14:00:00 GMT", 0 },
    { "Mon, 23 Nov 2026 13:59:59 GMT", 0 },
    { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
    { "Tue, 23 Nov 2027 14:00:00 GMT", RETRY_AFTER_MS_MAX },
    { "-1", -1 },
    { "+5", -1 },
    { "1.5", -1 },
    { "5s", -1 },
    { "5, 10", -1 },
    { "soon", -1 },
    { "Mon, 23 Nov 2026", -1 },
    { "", -1 },
};

static void test_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        const char *text = waits[i].text;
        int64_t ms = http_retry_after_ms(text, strlen(text), at(NOW));
        if (ms != waits[i].ms)
            fail_msg("\"%s\": %lld", text, (long long)ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
