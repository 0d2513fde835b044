/* Zones made by hand are asked for their spans and instants. */
#include "mooncron/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tzbytes.h"

static const struct {
    const char *rule, *at;
    int32_t offset_s;
    const char *abbreviation, *from, *to;
} rules[] = {
    { "<+0530>-5:30", "2026-01-01T00:00:00Z", 19800, "+0530", NULL, "" },
    { "<-00>0", "2026-01-01T00:00:00Z", 0, "-00", NULL, "" },
    { "LMT+0:20:08", "2026-01-01T00:00:00Z", -1208, "LMT", NULL, "" },
    { eastern, "2026-03-29T00:59:59Z", 7200, "EET", "2025-10-26T01:00:00Z",
      "2026-03-29T01:00:00Z" },
    { eastern, "2026-03-29T01:00:00Z", 10800, "EEST", "2026-03-29T01:00:00Z",
      "2026-10-25T01:00:00Z" },
    { eastern, "0001-07-01T00:00:00Z", 10800, "EEST", "0001-03-25T01:00:00Z",
      "0001-10-28T01:00:00Z" },
    { "AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 39600, "AEDT",
      "2025-10-04T16:00:00Z", "2026-04-04T16:00:00Z" },
    { "IST-1GMT0,M10.5.0,M3.5.0/1", "2040-07-01T00:00:00Z", 3600, "IST",
      "2040-03-25T01:00:00Z", "2040-10-28T01:00:00Z" },
    { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600, "-01",
      "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z" },
    { "EET-2EEST,M3.4.4/50,M10.4.4/50", "2090-06-01T00:00:00Z", 10800, "EEST",
      "2090-03-25T00:00:00Z", "2090-10-27T23:00:00Z" },
    { "AAA0BBB,J59/0,J300/0", "2024-02-28T00:00:00Z", 3600, "BBB",
      "2024-02-28T00:00:00Z", "2024-10-26T23:00:00Z" },
    { "AAA0BBB,J60/0,J300/0", "2024-05-01T00:00:00Z", 3600, "BBB",
      "2024-03-01T00:00:00Z", "2024-10-26T23:00:00Z" },
    { "AAA0BBB,59/0,365/0", "2024-05-01T00:00:00Z", 3600, "BBB",
      "2024-02-29T00:00:00Z", "2024-12-30T23:00:00Z" },
    { "AAA0BBB,59/0,365/0", "2025-05-01T00:00:00Z", 3600, "BBB",
      "2025-03-01T00:00:00Z", "2025-12-31T23:00:00Z" },
    { "AAA0BBB,M12.5.0,M6.1.0", "2025-12-31T00:00:00Z", 3600, "BBB",
      "2025-12-28T02:00:00Z", "2026-06-07T01:00:00Z" },
    /* A turn in the year before, and one in the year after. */
    { "AAA0BBB,J1/-167,J180/0", "2025-12-26T00:00:00Z", 3600, "BBB",
      "2025-12-25T01:00:00Z", "2026-06-28T23:00:00Z" },
    { "AAA0BBB,J180/0,J365/167", "2026-01-06T00:00:00Z", 3600, "BBB",
      "2025-06-29T00:00:00Z", "2026-01-06T22:00:00Z" },
    { "AAA0BBB,J1/-167,J2/-167", "2026-01-03T00:00:00Z", 0, "AAA",
      "2025-12-26T00:00:00Z", "2026-12-25T01:00:00Z" },
    { "AAA0BBB,J364/167,J365/167", "2026-01-03T00:00:00Z", 0, "AAA",
      "2025-01-06T22:00:00Z", "2026-01-05T23:00:00Z" },
    /* Daylight saving all the year, as RFC 8536 writes it. */
    { "XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14400, "EDT", NULL, "" },
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct file file = make(NULL, 0, rules[i].rule);
        struct zone *zone = read_good(&file);
        struct zone_span span;
        zone_span(zone, seconds(rules[i].at), &span);
        if (span.offset_s != rules[i].offset_s ||
            strcmp(span.abbreviation, rules[i].abbreviation) != 0 ||
            span.from_s != seconds(rules[i].from) ||
            span.to_s != seconds(rules[i].to))
            fail_msg("%s at %s: %d %s, %lld to %lld", rules[i].rule,
                     rules[i].at, span.offset_s, span.abbreviation,
                     (long long)span.from_s, (long long)span.to_s);
        zone_unref(zone);
    }
}

static void expect_span(const struct zone *zone, const char *at,
                        struct zone_span wanted)
{
    struct zone_span span;
    zone_span(zone, seconds(at), &span);
    assert_string_equal(span.abbreviation, wanted.abbreviation);
    assert_int_equal(span.from_s, wanted.from_s);
    assert_int_equal(span.to_s, wanted.to_s);
    assert_int_equal(span.before_s, wanted.before_s);
    assert_int_equal(span.offset_s, wanted.offset_s);
    assert_int_equal(span.after_s, wanted.after_s);
}

#define SPAN(from, to, before, offset, after, name)                            \
    (struct zone_span)                                                         \
    {                                                                          \
        seconds(from), seconds(to), offset, before, after, name                \
    }

/* The table ends where the rule has a turn. */
static void test_seam(void **state)
{
    (void)state;
    struct file file = make(summer_2025, 2, eastern);
    struct zone *zone = read_good(&file);
    expect_span(zone, "1970-01-01T00:00:00Z",
                SPAN(NULL, "2025-03-30T01:00:00Z", 7200, 7200, 10800, "EET"));
    expect_span(zone, "2025-07-01T00:00:00Z",
                SPAN("2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z", 7200,
                     10800, 7200, "EEST"));
    expect_span(zone, "2026-01-01T00:00:00Z",
                SPAN("2025-10-26T01:00:00Z", "2026-03-29T01:00:00Z", 10800,
                     7200, 10800, "EET"));
    expect_span(zone, "2026-07-01T00:00:00Z",
                SPAN("2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", 7200,
                     10800, 7200, "EEST"));
    zone_unref(zone);
}

/* The table ends between two turns: what the rule says of the time before
 * never was. */
static void test_seam_between(void **state)
{
    (void)state;
    int64_t may_2026 = seconds("2026-05-01T00:00:00Z");
    struct file file = make(&may_2026, 1, eastern);
    struct zone *zone = read_good(&file);
    expect_span(zone, "2026-04-01T00:00:00Z",
                SPAN(NULL, "2026-05-01T00:00:00Z", 7200, 7200, 10800, "EET"));
    expect_span(zone, "2026-05-01T00:00:00Z",
                SPAN("2026-05-01T00:00:00Z", "2026-10-25T01:00:00Z", 7200,
                     10800, 7200, "EEST"));
    zone_unref(zone);
    int64_t january_2026 = seconds("2026-01-01T00:00:00Z");
    file = make(&january_2026, 1, eastern);
    expect_refused(&file, "contradicts");
}

/* Without a rule the last type goes on. */
static void test_no_rule(void **state)
{
    (void)state;
    struct file file = make(summer_2025, 1, "");
    struct zone *zone = read_good(&file);
    expect_span(zone, "2400-01-01T00:00:00Z",
                SPAN("2025-03-30T01:00:00Z", "", 7200, 10800, 10800, "EEST"));
    zone_unref(zone);
    file = make(NULL, 0, "");
    zone = read_good(&file);
    expect_span(zone, "2400-01-01T00:00:00Z",
                SPAN(NULL, "", 7200, 7200, 7200, "EET"));
    zone_unref(zone);
}

static void test_far_out(void **state)
{
    (void)state;
    struct file file = make(NULL, 0, eastern);
    struct zone *zone = read_good(&file);
    static const int64_t years[] = { -200000, -100001, -10000, -1,
                                     0,       10000,   99998,  200000 };
    struct zone_span span;
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        walk(zone, (years[i] - 1970) * 31556952, 100);
        zone_instant(zone, (years[i] - 1970) * 31556952);
    }
    zone_span(zone, INT64_MIN, &span);
    assert_int_equal(span.from_s, INT64_MIN);
    assert_int_equal(span.before_s, span.offset_s);
    zone_span(zone, INT64_MAX, &span);
    assert_int_equal(span.to_s, INT64_MAX);
    assert_int_equal(span.after_s, span.offset_s);
    assert_false(zone_change(zone, INT64_MAX, &span));
    assert_true(zone_change(zone, INT64_MIN, &span));
    assert_int_equal(zone_instant(zone, INT64_MAX), INT64_MAX - span.before_s);
    assert_int_equal(zone_instant(zone, INT64_MIN), INT64_MIN);
    zone_unref(zone);
    file = make(NULL, 0, "EST5");
    zone = read_good(&file);
    assert_int_equal(zone_instant(zone, INT64_MAX), INT64_MAX);
    zone_unref(zone);
}

static const struct {
    const char *local, *instant;
} instants[] = {
    { "2026-01-01T00:00:00Z", "2025-12-31T22:00:00Z" },
    { "2026-03-29T02:59:59Z", "2026-03-29T00:59:59Z" },
    { "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z" }, /* the gap */
    { "2026-03-29T03:59:59Z", "2026-03-29T01:00:00Z" },
    { "2026-03-29T04:00:00Z", "2026-03-29T01:00:00Z" },
    { "2026-03-29T04:00:01Z", "2026-03-29T01:00:01Z" },
    { "2026-10-25T02:59:59Z", "2026-10-24T23:59:59Z" },
    { "2026-10-25T03:00:00Z", "2026-10-25T00:00:00Z" }, /* the fold */
    { "2026-10-25T03:59:59Z", "2026-10-25T00:59:59Z" },
    { "2026-10-25T04:00:00Z", "2026-10-25T02:00:00Z" },
    { "2026-10-25T04:00:01Z", "2026-10-25T02:00:01Z" },
};

static void test_instants(void **state)
{
    (void)state;
    struct file file = make(summer_2025, 2, eastern);
    struct zone *zone = read_good(&file);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
        assert_int_equal(zone_instant(zone, seconds(instants[i].local)),
                         seconds(instants[i].instant));
    zone_unref(zone);
}

static void test_utc(void **state)
{
    (void)state;
    struct zone *zone = zone_utc();
    assert_ptr_equal(zone_ref(zone), zone);
    zone_unref(zone);
    zone_unref(zone);
    zone_unref(NULL);
    assert_string_equal(zone_name(zone), "UTC");
    expect_span(zone, "2026-01-01T00:00:00Z", SPAN(NULL, "", 0, 0, 0, "UTC"));
    assert_int_equal(zone_instant(zone, 1234), 1234);
}

static void test_digest(void **state)
{
    (void)state;
    struct file file = make(summer_2025, 2, eastern);
    struct zone *one = read_good(&file), *two = read_good(&file);
    file = make(NULL, 0, eastern);
    struct zone *other = read_good(&file);
    assert_string_equal(zone_name(one), "Test/Zone");
    assert_true(zone_digest(one) == zone_digest(two));
    assert_true(zone_digest(one) != zone_digest(other));
    assert_true(zone_digest(one) != zone_digest(zone_utc()));
    assert_ptr_equal(zone_ref(one), one);
    zone_unref(one);
    assert_string_equal(zone_name(one), "Test/Zone");
    zone_unref(one);
    zone_unref(two);
    zone_unref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),        cmocka_unit_test(test_seam),
        cmocka_unit_test(test_seam_between), cmocka_unit_test(test_no_rule),
        cmocka_unit_test(test_far_out),      cmocka_unit_test(test_instants),
        cmocka_unit_test(test_utc),          cmocka_unit_test(test_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
