/* Bytes of a zone that are wrong, cut or changed are refused, or can be walked.
 */
#include "mooncron/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tzbytes.h"

/* A file of which every byte has a known place: EET and EEST, in turn. */
enum {
    VERSION_AT = 4,
    SECOND_AT = 44,
    COUNTS_AT = 64,
    TABLE_AT = 88,
};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flaws),      cmocka_unit_test(test_far_too_long),
        cmocka_unit_test(test_bad_rules),  cmocka_unit_test(test_cut),
        cmocka_unit_test(test_every_byte), cmocka_unit_test(test_leap_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
