/* Zones by hand-made bytes, and the system's zones against the C library. */
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

#include "mooncron/civil.h"

#define FOLDER "/usr/share/zoneinfo"

/* "2026-03-29T01:00:00Z" in seconds; NULL and "" are before and after all. */
static int64_t seconds(const char *text)
{
    if (!text)
        return INT64_MIN;
    if (!*text)
        return INT64_MAX;
    struct wall at;
    assert_true(rfc3339_parse(text, strlen(text), &at));
    return at.ms / 1000 - (at.ms % 1000 < 0);
}

/* A file of which every byte has a known place: EET and EEST, in turn. */
enum {
    VERSION_AT = 4,
    SECOND_AT = 44,
    COUNTS_AT = 64,
    TABLE_AT = 88,
};

struct file {
    unsigned char bytes[8192]; /* the longest there is has 4 KiB */
    size_t len;
};

static void put(struct file *file, const void *bytes, size_t len)
{
    assert_true(file->len + len <= sizeof file->bytes);
    memcpy(file->bytes + file->len, bytes, len);
    file->len += len;
}

static void put_number(struct file *file, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        put(file, &(unsigned char){ (unsigned char)(value >> 8 * bytes) }, 1);
}

static void put_header(struct file *file, const uint32_t counts[6])
{
    put(file, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    for (int i = 0; i < 6; i++)
        put_number(file, counts[i], 4);
}

static struct file make(const int64_t *times_s, uint32_t count,
                        const char *footer)
{
    struct file file = { .len = 0 };
    put_header(&file, (const uint32_t[6]){ 0 });
    put_header(&file, (const uint32_t[6]){ 2, 2, 0, count, 2, 9 });
    for (uint32_t i = 0; i < count; i++)
        put_number(&file, (uint64_t)times_s[i], 8);
    for (uint32_t i = 0; i < count; i++)
        put_number(&file, (i + 1) % 2, 1);
    put_number(&file, 7200, 4);
    put(&file, "\0\0", 2);
    put_number(&file, 10800, 4);
    put(&file, "\1\4", 2);
    put(&file, "EET\0EEST", 9);
    put(&file, "\1\0\1\0", 4);
    put(&file, "\n", 1);
    put(&file, footer, strlen(footer));
    put(&file, "\n", 1);
    return file;
}

static struct zone *read_good(const struct file *file)
{
    struct error error = { "" };
    struct zone *zone = zone_read("Test/Zone", file->bytes, file->len, &error);
    if (!zone)
        fail_msg("%s", error.text);
    return zone;
}

static void expect_refused(const struct file *file, const char *clause)
{
    struct error error = { "" };
    struct zone *zone = zone_read("Test/Zone", file->bytes, file->len, &error);
    if (zone)
        fail_msg("accepted, but wanted \"%s\"", clause);
    if (!strstr(error.text, clause))
        fail_msg("wanted \"%s\" in \"%s\"", clause, error.text);
    assert_non_null(strstr(error.text, "zone Test/Zone: "));
}

/* 2025-03-30, 2025-10-26, as the rule has it. */
static const int64_t summer_2025[] = { 1743296400, 1761440400 };
static const char eastern[] = "EET-2EEST,M3.5.0/3,M10.5.0/4";

static const struct {
    size_t at;
    unsigned char byte;
    const char *clause;
} flaws[] = {
    { 0, 'X', "no TZif" },
    { VERSION_AT, 0, "version 1" },
    { VERSION_AT, '1', "unknown version" },
    { VERSION_AT, '5', "unknown version" },
    { VERSION_AT, '3', "two versions" },
    { SECOND_AT, 'X', "no TZif" },
    { 20 + 4 * 3 + 3, 200, "cut within its first table" },
    { 20, 255, "cut within its first table" },
    { COUNTS_AT + 3, 1, "counts do not agree" },
    { COUNTS_AT + 4 + 3, 1, "counts do not agree" },
    { COUNTS_AT + 8 + 3, 1, "leap seconds" },
    { COUNTS_AT + 12, 255, "cut within its table" },
    { COUNTS_AT + 16 + 3, 0, "no type of time" },
    { COUNTS_AT + 16 + 2, 2, "over 256" },
    { COUNTS_AT + 20, 255, "cut within its table" },
    { COUNTS_AT + 20 + 3, 8, "abbreviation" },
    { TABLE_AT, 0x80, "too far" },
    { TABLE_AT, 0x08, "too far" },
    { TABLE_AT + 3, 1, "not in order" },
    { TABLE_AT + 16, 2, "not there" },
    { TABLE_AT + 18, 0x7f, "26 hours" },
    { TABLE_AT + 18, 0x80, "26 hours" },
    { TABLE_AT + 18 + 1, 2, "26 hours" },
    { TABLE_AT + 18 + 4, 2, "neither on nor off" },
    { TABLE_AT + 18 + 5, 9, "abbreviation" },
    { TABLE_AT + 18 + 5, 255, "abbreviation" },
    { TABLE_AT + 18 + 5, 8, "abbreviation" },
    { TABLE_AT + 30, ' ', "abbreviation" },
    { TABLE_AT + 30 + 8, 'X', "abbreviation" },
    { TABLE_AT + 39, 2, "indicator" },
    { TABLE_AT + 41, 2, "indicator" },
    { TABLE_AT + 42, 1, "indicator" },
    { TABLE_AT + 43, 'X', "no rule after the table" },
    { TABLE_AT + 44, 0, "byte 1 is wrong" },
    { TABLE_AT + 43 + sizeof eastern, 'X', "cut within its rule" },
    { TABLE_AT + 43 + sizeof eastern - 1, '\n', "after the end" },
};

static void test_flaws(void **state)
{
    (void)state;
    struct file file = make(summer_2025, 2, eastern);
    zone_unref(read_good(&file));
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        struct file wrong = file;
        wrong.bytes[flaws[i].at] = flaws[i].byte;
        expect_refused(&wrong, flaws[i].clause);
    }
}

static void test_far_too_long(void **state)
{
    (void)state;
    size_t len = ZONE_BYTES_MAX + 1;
    unsigned char *bytes = calloc(1, len);
    struct error error = { "" };
    assert_null(zone_read("X", bytes, len, &error));
    assert_string_equal(error.text, "zone X: the file is over 64 KiB");
    free(bytes);
}

static const char *const bad_rules[] = {
    "E",
    "EE-2",
    "EET",
    "-2",
    "EET+",
    "EET25",
    "EET-25",
    "EET2:60",
    "EET2:00:60",
    "EET-2:",
    "EET--2",
    "EET 2",
    "<+3-3",
    "<+03-3",
    "<>3",
    "<+0/3>-3",
    " EET-2",
    "EET-2 ",
    "EET-2x",
    "EET-2EE",
    "EET-2EEST",
    "EET-2EEST-3",
    "EET-2EEST,",
    "EET-2EEST,M3.5.0",
    "E2T-2",
    "EET99999999999",
    "EEEEEEEEEEEEEEEE0",
    "EET-2EEST,M3.5.0/3,M10.5.0/4,",
    "EET-2EEST,M3.5.0/3,M10.5.0/",
    "EET-2EEST,M0.5.0/3,M10.5.0",
    "EET-2EEST,M13.5.0/3,M10.5.0",
    "EET-2EEST,M3.0.0/3,M10.5.0",
    "EET-2EEST,M3.6.0/3,M10.5.0",
    "EET-2EEST,M3.5.7/3,M10.5.0",
    "EET-2EEST,M3.5/3,M10.5.0",
    "EET-2EEST,M3.5.0/168,M10.5.0",
    "EET-2EEST,M3.5.0/-168,M10.5.0",
    "EET-2EEST,J0,M10.5.0",
    "EET-2EEST,J366,M10.5.0",
    "EET-2EEST,366,M10.5.0",
    "EET-2EEST,-1,M10.5.0",
    "EET-2EEST,m3.5.0,M10.5.0",
    /* No daylight saving that anybody could see, or not in turn. */
    "EET-2EEST-2,M3.5.0,M10.5.0",
    "EET-2EEST,M3.5.0/2,M3.5.0/3",
    "EET-2EEST,J60,60",
    "AAA0BBB-1,59/0,J60/1",
};

static void test_bad_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rules / sizeof *bad_rules; i++) {
        struct file file = make(NULL, 0, bad_rules[i]);
        expect_refused(&file, "its rule ");
    }
}

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

/* Spans that meet, all the way; and no instant is too far out. */
static void walk(const struct zone *zone, int64_t from_s, int spans)
{
    struct zone_span span, next, change;
    zone_span(zone, from_s, &span);
    while (spans-- > 0 && span.to_s != INT64_MAX) {
        assert_true(span.from_s < span.to_s);
        zone_span(zone, span.to_s, &next);
        assert_int_equal(next.from_s, span.to_s);
        assert_int_equal(next.before_s, span.offset_s);
        assert_int_equal(next.offset_s, span.after_s);
        if (span.offset_s != span.after_s) {
            assert_true(zone_change(zone, span.to_s - 1, &change));
            assert_int_equal(change.from_s, span.to_s);
        }
        span = next;
    }
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

/* A file of the system's, or nothing where there is none. */
static struct file system_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, FOLDER "/%s", name);
    struct file file = { .len = 0 };
    FILE *in = fopen(path, "rb");
    if (in) {
        file.len = fread(file.bytes, 1, sizeof file.bytes, in);
        fclose(in);
    }
    return file;
}

static struct file need_system_file(const char *name)
{
    struct file file = system_file(name);
    if (file.len == 0)
        skip();
    return file;
}

/* At every length but the whole one it is cut. */
static void test_cut(void **state)
{
    (void)state;
    struct file file = need_system_file("Europe/Bucharest");
    zone_unref(read_good(&file));
    for (size_t whole = file.len; file.len > 0; file.len--) {
        /* malloc: the sanitizer sees the end */
        unsigned char *exact = malloc(file.len);
        memcpy(exact, file.bytes, file.len);
        struct error error = { "" };
        struct zone *zone = zone_read("X", exact, file.len, &error);
        assert_int_equal(zone != NULL, file.len == whole);
        zone_unref(zone);
        free(exact);
    }
}

/* Whatever a byte becomes: refused, or a zone that can be walked. */
static void test_every_byte(void **state)
{
    (void)state;
    struct file good = make(summer_2025, 2, eastern);
    for (size_t i = 0; i < good.len; i++)
        for (int change = 1; change < 256; change++) {
            struct file file = good;
            file.bytes[i] ^= (unsigned char)change;
            struct error error = { "" };
            struct zone *zone = zone_read("X", file.bytes, file.len, &error);
            if (zone)
                walk(zone, INT64_MIN, 4);
            assert_true(zone || error.text[0]);
            zone_unref(zone);
        }
}

static void test_leap_seconds(void **state)
{
    (void)state;
    struct file file = need_system_file("right/Europe/Bucharest");
    expect_refused(&file, "leap seconds");
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
        cmocka_unit_test(test_flaws),
        cmocka_unit_test(test_far_too_long),
        cmocka_unit_test(test_bad_rules),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_seam),
        cmocka_unit_test(test_seam_between),
        cmocka_unit_test(test_no_rule),
        cmocka_unit_test(test_far_out),
        cmocka_unit_test(test_instants),
        cmocka_unit_test(test_utc),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_leap_seconds),
        cmocka_unit_test(test_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
