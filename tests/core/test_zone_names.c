/* Names of zones are told from what is none, and each zone of the system is as
 * the C library has it. */
#include "mooncron/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tzbytes.h"

static const struct {
    const char *name, *clause; /* NULL: a name */
} names[] = {
    { "UTC", NULL },
    { "Europe/Bucharest", NULL },
    { "America/Argentina/Buenos_Aires", NULL },
    { "America/Port-au-Prince", NULL },
    { "Etc/GMT-14", NULL },
    { "Etc/GMT+5", NULL },
    { "EST5EDT", NULL },
    { "PST8PDT", NULL },
    { "GMT0", NULL },
    { "GMT+0", NULL },
    { "GMT-0", NULL },
    { "W-SU", NULL },
    { "NZ-CHAT", NULL },
    { "EST", NULL },
    { "", "is empty" },
    { "+02:00", "is an offset" },
    { "-5", "is an offset" },
    { "0530", "is an offset" },
    { "UTC+2", "is an offset" },
    { "UTC+02:00", "is an offset" },
    { "GMT+2", "is an offset" },
    { "EST5EDT,M3.2.0,M11.1.0", "is a POSIX" },
    { "<+03>-3", "is a POSIX" },
    { "EET-2", "is a POSIX" },
    { "EET-2EEST", "is a POSIX" },
    { "EST5", "is a POSIX" },
    { "A/B,M3.2.0/3,M11.1.0", "is a POSIX" },
    { "/etc/localtime", "is a path" },
    { "../x", "is a path" },
    { "./Europe/Berlin", "is a path" },
    { "Europe/../../x", "is a path" },
    { "~/x", "is a path" },
    { "right/UTC", "leave out" },
    { "posix/UTC", "leave out" },
    { "localtime", "another machine" },
    { "posixrules", "another machine" },
    { "America/New York", "write `_`" },
    { "Europe/Bucure\xc8\x99ti", "in no name" },
    { "Europe/Berlin\n", "in no name" },
    { ":Europe/Berlin", "in no name" },
    { "tzdata.zi", "in no name" },
    { "Europe\\Berlin", "in no name" },
    { "Europe//Berlin", "an empty part" },
    { "Europe/", "an empty part" },
    { "AaaaaaaaaaBbbbbbbbbbCcccccccccDdddddddddEeeeeeeeeeFfffffffffGggg",
      NULL },
    { "AaaaaaaaaaBbbbbbbbbbCcccccccccDdddddddddEeeeeeeeeeFfffffffffGgggg",
      "too long" },
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *fault = zone_name_fault(names[i].name);
        const char *clause = names[i].clause;
        if (!fault != !clause || (fault && !strstr(fault, clause)))
            fail_msg("\"%s\": %s", names[i].name, fault ? fault : "fine");
    }
}

/* The C library's opinion, of the zone that TZ names. */
static void compare(const struct zone *zone, int64_t at_s)
{
    struct zone_span span;
    struct tm tm;
    zone_span(zone, at_s, &span);
    time_t at = at_s;
    assert_non_null(localtime_r(&at, &tm));
    if (span.from_s > at_s || span.to_s <= at_s ||
        span.offset_s != tm.tm_gmtoff ||
        strcmp(span.abbreviation, tm.tm_zone) != 0)
        fail_msg("%s at %lld: %d %s, but the C library has %ld %s",
                 zone_name(zone), (long long)at_s, span.offset_s,
                 span.abbreviation, tm.tm_gmtoff, tm.tm_zone);
}

/* The definition, word by word: the first instant that shows this time or a
 * later one. */
static void compare_local(const struct zone *zone, int64_t local_s)
{
    int64_t at_s = zone_instant(zone, local_s);
    struct zone_span span;
    zone_span(zone, at_s, &span);
    assert_true(at_s + span.offset_s >= local_s);
    for (int64_t before_s = at_s - 1; before_s > local_s - 26 * 3600;
         before_s = span.from_s - 1) {
        zone_span(zone, before_s, &span);
        assert_true(before_s + span.offset_s < local_s);
        if (span.from_s == INT64_MIN)
            break;
    }
}

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

#define GRID_S (10 * 86400)

static void compare_zone(const struct zone *zone, uint64_t *seed)
{
    int64_t from_s = seconds("1900-01-01T00:00:00Z");
    int64_t to_s = seconds("2100-01-01T00:00:00Z");
    int64_t end_s = seconds("2400-01-01T00:00:00Z");
    for (int64_t at_s = from_s; at_s < to_s; at_s += GRID_S)
        compare(zone, at_s);
    struct zone_span change;
    for (int64_t at_s = from_s;
         zone_change(zone, at_s, &change) && change.from_s < to_s;
         at_s = change.from_s) {
        for (int near_s = -1; near_s <= 1; near_s++) {
            compare(zone, change.from_s + near_s);
            compare_local(zone, change.from_s + change.before_s + near_s);
            compare_local(zone, change.from_s + change.offset_s + near_s);
        }
        compare_local(zone,
                      change.from_s + (change.before_s + change.offset_s) / 2);
    }
    for (int i = 0; i < 300; i++)
        compare(zone, from_s + (int64_t)(random_next(seed) * 8 %
                                         (uint64_t)(end_s - from_s)));
    walk(zone, INT64_MIN, 1000);
}

/* Line by line, "Z NAME ..." and "L TARGET NAME"; false at the end. */
static bool next_name(FILE *list, char name[ZONE_NAME_MAX + 1])
{
    char line[512];
    while (fgets(line, sizeof line, list))
        if (sscanf(line, "Z %64s", name) == 1 ||
            sscanf(line, "L %*s %64s", name) == 1)
            return true;
    return false;
}

static void test_c_library(void **state)
{
    (void)state;
    FILE *list = fopen(FOLDER "/tzdata.zi", "r");
    if (!list)
        skip();
    char name[ZONE_NAME_MAX + 1];
    uint64_t seed = 1;
    int count = 0;
    for (; next_name(list, name); count++) {
        assert_null(zone_name_fault(name));
        struct file file = system_file(name);
        struct error error = { "" };
        struct zone *zone = zone_read(name, file.bytes, file.len, &error);
        assert_string_equal(error.text, "");
        setenv("TZ", name, 1);
        tzset();
        compare_zone(zone, &seed);
        zone_unref(zone);
    }
    fclose(list);
    assert_true(count > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
