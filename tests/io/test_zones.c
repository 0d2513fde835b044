/* Zones come out of a folder once, and again when it has changed. */
#include "mooncron/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

/* The shortest zone there is: no table, one type, one rule. */
#define TZIF(rule)                                                             \
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                      \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                         \
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                      \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"                         \
    "\0\0\0\0\0\0LMT\0"                                                        \
    "\n" rule "\n"

static const char one_rule[] = TZIF("EET-2");
static const char other_rule[] = TZIF("MSK-3");

static const char index_text[] = "# version 2025b\n"
                                 "# This file is in the public domain.\n"
                                 "R d 1916 o - Jun 14 23s 1 S\n"
                                 "Z Africa/Abidjan -0:16:8 - LMT 1912\n"
                                 "0 - GMT\n"
                                 "Z America/New_York -4:56:2 - LMT 1883\n"
                                 "Z America/Port-au-Prince -4:49:20 - LMT\n"
                                 "Z Asia/Dubai 3:41:12 - LMT 1920\n"
                                 "Z Etc/UTC 0 - UTC\n"
                                 "Z Europe/Bucharest 1:44:24 - LMT 1891 O\n"
                                 "Z EST5EDT -5 u E%sT\n"
                                 "L Etc/UTC UTC\n"
                                 "L Etc/UTC ../evil\n"
                                 "L Asia/Dubai\n"
                                 "Z\n"
                                 "\n"
                                 "L America/New_York US/Eastern";

struct stage {
    struct scratch folder;
    struct zones *zones;
};

/* A file with NULs, replaced in one step. */
static void put(const struct stage *stage, const char *name, const char *bytes,
                size_t size)
{
    char *path = scratch_path(&stage->folder, name);
    char *aside = scratch_path(&stage->folder, "aside");
    FILE *out = fopen(aside, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size - 1, out), size - 1);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(aside, path), 0);
    free(aside);
    free(path);
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    scratch_make(&stage->folder);
    char *europe = scratch_path(&stage->folder, "Europe");
    assert_int_equal(mkdir(europe, 0700), 0);
    free(europe);
    put(stage, "Europe/Bucharest", one_rule, sizeof one_rule);
    put(stage, "tzdata.zi", index_text, sizeof index_text);
    stage->zones = zones_new(stage->folder.path);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    zones_free(stage->zones);
    scratch_remove(&stage->folder);
    free(stage);
    return 0;
}

static int32_t offset_s(const struct zone *zone)
{
    struct zone_span span;
    zone_span(zone, 0, &span);
    return span.offset_s;
}

static struct zone *get(struct stage *stage, const char *name)
{
    struct error error = { "" };
    struct zone *zone = zones_get(stage->zones, name, &error);
    assert_string_equal(error.text, "");
    return zone;
}

static void expect_refused(struct stage *stage, const char *name,
                           const char *sentence)
{
    struct error error = { "" };
    assert_null(zones_get(stage->zones, name, &error));
    assert_string_equal(error.text, sentence);
}

static void test_once(void **state)
{
    struct stage *stage = *state;
    struct zone *one = get(stage, "Europe/Bucharest");
    struct zone *two = get(stage, "Europe/Bucharest");
    assert_ptr_equal(one, two);
    assert_string_equal(zone_name(one), "Europe/Bucharest");
    assert_int_equal(offset_s(one), 7200);
    zone_unref(one);
    zone_unref(two);
}

static void test_utc(void **state)
{
    struct stage *stage = *state;
    assert_ptr_equal(get(stage, "UTC"), zone_utc()); /* there is no file */
    assert_false(zones_changed(stage->zones));
}

/* A zone in use outlives the cache. */
static void test_changed(void **state)
{
    struct stage *stage = *state;
    assert_false(zones_changed(stage->zones));
    struct zone *old = get(stage, "Europe/Bucharest");
    assert_false(zones_changed(stage->zones));
    put(stage, "Europe/Bucharest", other_rule, sizeof other_rule);
    assert_true(zones_changed(stage->zones));
    assert_true(zones_changed(stage->zones));
    zones_forget(stage->zones);
    assert_false(zones_changed(stage->zones));
    struct zone *new = get(stage, "Europe/Bucharest");
    assert_int_equal(offset_s(old), 7200);
    assert_int_equal(offset_s(new), 10800);
    assert_true(zone_digest(old) != zone_digest(new));
    zone_unref(old);
    zone_unref(new);
}

static void test_gone(void **state)
{
    struct stage *stage = *state;
    zone_unref(get(stage, "Europe/Bucharest"));
    char *path = scratch_path(&stage->folder, "Europe/Bucharest");
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_true(zones_changed(stage->zones));
    zone_unref(get(stage, "Europe/Bucharest"));
    zones_forget(stage->zones);
    expect_refused(stage, "Europe/Bucharest",
                   "zone Europe/Bucharest: there is no such zone");
}

static void test_version_changed(void **state)
{
    struct stage *stage = *state;
    static const char later[] = "# version 2026a\n";
    assert_string_equal(zones_version(stage->zones), "2025b");
    put(stage, "tzdata.zi", later, sizeof later);
    assert_string_equal(zones_version(stage->zones), "2025b");
    assert_true(zones_changed(stage->zones));
    zones_forget(stage->zones);
    assert_string_equal(zones_version(stage->zones), "2026a");
}

static void test_link(void **state)
{
    struct stage *stage = *state;
    char *path = scratch_path(&stage->folder, "Romania");
    assert_int_equal(symlink("Europe/Bucharest", path), 0);
    free(path);
    struct zone *zone = get(stage, "Romania");
    assert_string_equal(zone_name(zone), "Romania");
    zone_unref(zone);
    put(stage, "Europe/Bucharest", other_rule, sizeof other_rule);
    assert_true(zones_changed(stage->zones));
}

static void test_what_is_no_zone(void **state)
{
    struct stage *stage = *state;
    put(stage, "text", "hello", 6);
    put(stage, "nothing", "", 1);
    char *path = scratch_path(&stage->folder, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    free(path);
    path = scratch_path(&stage->folder, "long");
    put(stage, "long", "", 1);
    assert_int_equal(truncate(path, ZONE_BYTES_MAX + 1), 0);
    free(path);
    expect_refused(stage, "Europe", "zone Europe: that is a folder of zones");
    expect_refused(stage, "Berlin", "zone Berlin: there is no such zone");
    expect_refused(stage, "text/x", "zone text/x: there is no such zone");
    expect_refused(stage, "text", "zone text: the file is cut within a header");
    expect_refused(stage, "nothing",
                   "zone nothing: the file is cut within a header");
    expect_refused(stage, "pipe", "zone pipe: that is no plain file");
    expect_refused(stage, "long", "zone long: the file is too long");
    expect_refused(stage, "../x",
                   "zone \"../x\" is a path: write the name only, as in "
                   "`Europe/Bucharest`");
    assert_false(zones_changed(stage->zones));
}

static void test_no_folder(void **state)
{
    (void)state;
    struct zones *zones = zones_new("/nowhere/at-all");
    struct error error = { "" };
    const char *const *names;
    char buffer[ZONE_NAME_MAX + 1];
    assert_null(zones_get(zones, "Europe/Berlin", &error));
    assert_non_null(strstr(error.text, "install tzdata"));
    assert_string_equal(zones_version(zones), "");
    assert_int_equal(zones_names(zones, &names), 0);
    assert_null(zones_suggest(zones, "Berlin", buffer));
    assert_false(zones_changed(zones));
    zones_free(zones);
    zones_free(NULL);
}

static void test_names(void **state)
{
    struct stage *stage = *state;
    static const char *const wanted[] = {
        "Africa/Abidjan",
        "America/New_York",
        "America/Port-au-Prince",
        "Asia/Dubai",
        "Etc/UTC",
        "Europe/Bucharest",
        "EST5EDT",
        "UTC",
        "US/Eastern",
    };
    const char *const *names;
    size_t count = zones_names(stage->zones, &names);
    assert_int_equal(count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], wanted[i]);
}

static const struct {
    const char *wrong, *meant;
} suggestions[] = {
    { "Europe/Bucharest", "Europe/Bucharest" },
    { "europe/bucharest", "Europe/Bucharest" },
    { "Bucharest", "Europe/Bucharest" },
    { "bucharest", "Europe/Bucharest" },
    { "Asia/Bucharest", "Europe/Bucharest" },
    { "Europe/Bucarest", "Europe/Bucharest" },
    { "Europa/Bukarest", "Europe/Bucharest" },
    { "America/New York", "America/New_York" },
    { "new york", "America/New_York" },
    { "Port au Prince", "America/Port-au-Prince" },
    { "eastern", "US/Eastern" },
    { "utc", "UTC" },
    { "est5edt", "EST5EDT" },
    { "Mumbai", NULL },
    { "EEST", NULL },
    { "", NULL },
    { "/", NULL },
    { "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", NULL },
};

static void test_suggest(void **state)
{
    struct stage *stage = *state;
    char buffer[ZONE_NAME_MAX + 1];
    for (size_t i = 0; i < sizeof suggestions / sizeof *suggestions; i++) {
        const char *meant =
            zones_suggest(stage->zones, suggestions[i].wrong, buffer);
        if (!suggestions[i].meant)
            assert_null(meant);
        else
            assert_string_equal(meant, suggestions[i].meant);
    }
}

/* Every name of the system can be had, and is suggested for itself. */
static void test_system(void **state)
{
    (void)state;
    struct zones *zones = zones_new(NULL);
    const char *const *names;
    char buffer[ZONE_NAME_MAX + 1];
    size_t count = zones_names(zones, &names);
    for (size_t i = 0; i < count; i++) {
        struct error error = { "" };
        struct zone *zone = zones_get(zones, names[i], &error);
        assert_string_equal(error.text, "");
        zone_unref(zone);
        assert_string_equal(zones_suggest(zones, names[i], buffer), names[i]);
    }
    if (count > 0)
        assert_true(zones_version(zones)[0] != '\0');
    zones_free(zones);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_once),
        STAGED(test_utc),
        STAGED(test_changed),
        STAGED(test_gone),
        STAGED(test_version_changed),
        STAGED(test_link),
        STAGED(test_what_is_no_zone),
        cmocka_unit_test(test_no_folder),
        STAGED(test_names),
        STAGED(test_suggest),
        cmocka_unit_test(test_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
