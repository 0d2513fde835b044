/* Settings: what is taken, what is refused and with which words, and the copy
 * on disk. */
#include "mooncron/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

#define BACKEND "http://localhost:4000"

static struct settings *parse(const char *json)
{
    struct error err = { "" };
    struct settings *settings = settings_parse(json, strlen(json), &err);
    if (!settings)
        fail_msg("%s: %s", json, err.text);
    return settings;
}

static void refuses(const char *json, size_t len, const char *wanted)
{
    struct error err = { "" };
    struct settings *settings = settings_parse(json, len, &err);
    if (settings)
        fail_msg("taken: %.80s", json);
    if (!strstr(err.text, wanted))
        fail_msg("%.80s says: %s", json, err.text);
    for (const char *at = err.text; *at; at++)
        assert_true((unsigned char)*at >= 0x20);
}

static void test_facts_are_read(void **state)
{
    (void)state;
    struct settings *settings =
        parse("{\"enableJobs\": true, \"schedulerEnvironment\": \"staging\", "
              "\"updatedAt\": \"2026-11-23T12:07:31.250Z\", \"version\": "
              "\"v7\", \"siteName\": \"x\"}");
    assert_true(settings->facts.enable_jobs);
    assert_string_equal(settings->facts.environment, "staging");
    assert_int_equal(settings->facts.updated.ms, 1795435651250);
    assert_string_equal(settings->version, "v7");
    assert_string_equal(settings->etag, "");
    assert_non_null(strstr(settings->json, "\"siteName\":\"x\""));
    assert_int_equal(settings->json_len, strlen(settings->json));
    settings_free(settings);
    settings = parse("{\"enableJobs\":false,\"schedulerEnvironment\":null,"
                     "\"updatedAt\":17}");
    assert_false(settings->facts.enable_jobs);
    assert_string_equal(settings->facts.environment, "");
    assert_int_equal(settings->facts.updated.ms, 0);
    settings_free(settings);
    settings = settings_none();
    assert_false(settings->facts.enable_jobs);
    settings_free(settings);
    settings_free(NULL);
}

static void test_nonsense_is_refused_with_its_field(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "", "no JSON" },
        { "<html>", "no JSON: line 1" },
        { "{\"enableJobs\":true", "no JSON" },
        { "{\"enableJobs\":true} x", "no JSON" },
        { "{\"enableJobs\":true,\"enableJobs\":false}", "duplicate" },
        { "{\"enableJobs\":true,\"x\":\"\x01\x1b[2J\"}", "no JSON" },
        { "{\"enableJobs\":true,\"x\":\"\xff\"}", "no JSON" },
        { "[]", "must be a JSON object, found an array" },
        { "{}", "enableJobs must be true or false, found nothing" },
        { "{\"enableJobs\":\"yes\"}",
          "enableJobs must be true or false, found \"yes\"" },
        { "{\"enableJobs\":\"\\u001b[2J\"}", "found \"?[2J\"" },
        { "{\"enableJobs\":1}", "found a number" },
        { "{\"enableJobs\":null}", "found null" },
        { "{\"enableJobs\":true,\"schedulerEnvironment\":3}",
          "schedulerEnvironment must be null or 1 to 64 letters" },
        { "{\"enableJobs\":true,\"schedulerEnvironment\":\"\"}", "found \"\"" },
        { "{\"enableJobs\":true,\"schedulerEnvironment\":\"a b\"}",
          "found \"a b\"" },
        { "{\"enableJobs\":true,\"schedulerEnvironment\":"
          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "\"}",
          "schedulerEnvironment" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuses(rows[i][0], strlen(rows[i][0]), rows[i][1]);
    refuses("{\"enableJobs\":true}\0", 20, "no JSON");
}

/* {"enableJobs":true,"x":[[...]]} with `depth` levels in all. */
static size_t nested(char *json, int depth)
{
    size_t len = (size_t)sprintf(json, "{\"enableJobs\":true,\"x\":");
    for (int i = 1; i < depth; i++)
        json[len++] = '[';
    for (int i = 1; i < depth; i++)
        json[len++] = ']';
    json[len++] = '}';
    json[len] = '\0';
    return len;
}

static void test_size_and_depth_have_limits(void **state)
{
    (void)state;
    char *json = malloc(SETTINGS_BYTES_MAX + 2);
    nested(json, SETTINGS_DEPTH_MAX);
    settings_free(parse(json));
    refuses(json, nested(json, SETTINGS_DEPTH_MAX + 1), "deeper than 32");
    refuses(json, nested(json, 20000), "no JSON");
    size_t head = (size_t)sprintf(json, "{\"enableJobs\":true,\"x\":\"");
    memset(json + head, 'a', SETTINGS_BYTES_MAX - head - 2);
    strcpy(json + SETTINGS_BYTES_MAX - 2, "\"}");
    settings_free(parse(json));
    strcpy(json + SETTINGS_BYTES_MAX - 2, "a\"}");
    refuses(json, SETTINGS_BYTES_MAX + 1, "larger than 64 KiB");
    free(json);
}

static uint64_t digest(const char *json)
{
    struct settings *settings = parse(json);
    uint64_t value = settings->facts.digest;
    settings_free(settings);
    return value;
}

static void test_the_digest_tells_what_matters(void **state)
{
    (void)state;
    uint64_t one = digest("{\"enableJobs\":true,\"a\":1,\"b\":{\"c\":2,"
                          "\"d\":3}}");
    assert_true(one == digest("{ \"b\": {\"d\":3, \"c\":2}, \"a\":1, "
                              "\"enableJobs\":false, \"createdAt\": 5, "
                              "\"updatedAt\":\"2026-11-23T12:07:31Z\", "
                              "\"schedulerEnvironment\":\"dev\"}"));
    assert_true(one != digest("{\"enableJobs\":true,\"a\":2,\"b\":{\"c\":2,"
                              "\"d\":3}}"));
    assert_true(one != digest("{\"enableJobs\":true,\"a\":1,\"b\":{\"c\":2,"
                              "\"d\":3},\"e\":null}"));
    /* Within a field the same names are that field's own. */
    assert_true(digest("{\"enableJobs\":true,\"a\":{\"updatedAt\":1}}") !=
                digest("{\"enableJobs\":true,\"a\":{\"updatedAt\":2}}"));
}

static void test_overlay_puts_two_fields_over(void **state)
{
    (void)state;
    struct settings *settings = parse("{\"enableJobs\":false,\"a\":[1,2]}");
    char *text = settings_overlay(settings, true, "dev");
    struct settings *over = parse(text);
    assert_true(over->facts.enable_jobs);
    assert_string_equal(over->facts.environment, "dev");
    assert_non_null(strstr(text, "\"a\":[1,2]"));
    assert_true(over->facts.digest == settings->facts.digest);
    free(text);
    text = settings_overlay(over, false, "");
    assert_non_null(strstr(text, "\"schedulerEnvironment\":null"));
    assert_non_null(strstr(text, "\"enableJobs\":false"));
    free(text);
    settings_free(over);
    settings_free(settings);
}

/* ---- The copy ---- */

static void write_text(const struct scratch *scratch, const char *name,
                       const char *text, size_t len)
{
    char path[SCRATCH_MAX + 40];
    snprintf(path, sizeof path, "%s/%s", scratch->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void save(const struct scratch *scratch)
{
    struct error err = { "" };
    struct settings *settings =
        parse("{\"enableJobs\":true,\"a\":\"\xc3\xa4\",\"version\":\"9\"}");
    settings->fetched.ms = 1795435651250;
    if (!settings_save(settings, scratch->path, BACKEND, &err))
        fail_msg("%s", err.text);
    settings_free(settings);
}

static void test_the_copy_comes_back(void **state)
{
    (void)state;
    struct scratch scratch;
    struct error err = { "" };
    struct stat info;
    char path[SCRATCH_MAX + 40];
    scratch_make(&scratch);
    write_text(&scratch, "settings.json.new", "left", 4);
    save(&scratch);
    save(&scratch); /* over the first */
    snprintf(path, sizeof path, "%s/settings.json", scratch.path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/settings.json.new", scratch.path);
    assert_int_not_equal(access(path, F_OK), 0);
    struct settings *back = settings_load(scratch.path, BACKEND, &err);
    assert_non_null(back);
    assert_true(back->facts.enable_jobs);
    assert_string_equal(back->version, "9");
    assert_int_equal(back->fetched.ms, 1795435651250);
    assert_non_null(strstr(back->json, "\xc3\xa4"));
    settings_free(back);
    scratch_remove(&scratch);
}

static void load_fails(const struct scratch *scratch, const char *backend,
                       const char *wanted)
{
    struct error err = { "?" };
    char path[SCRATCH_MAX + 40];
    struct settings *settings = settings_load(scratch->path, backend, &err);
    assert_null(settings);
    if (!strstr(err.text, wanted))
        fail_msg("wanted \"%s\", found: %s", wanted, err.text);
    snprintf(path, sizeof path, "%s/settings.json", scratch->path);
    if (*wanted)
        assert_int_equal(access(path, F_OK), 0); /* it was left there */
}

static void test_a_copy_not_to_be_trusted(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "", "no JSON" },
        { "{\"version\":1,\"backe", "no JSON" },
        { "[]", "no copy that this version wrote" },
        { "{\"version\":2}", "no copy that this version wrote" },
        { "{\"version\":1,\"backend\":\"" BACKEND "\",\"fetched\":\"today\","
          "\"settings\":{\"enableJobs\":true}}",
          "no copy that this version wrote" },
        { "{\"version\":1,\"backend\":\"" BACKEND
          "\",\"fetched\":\"2026-11-23T12:07:31Z\"}",
          "holds no settings" },
        { "{\"version\":1,\"backend\":\"" BACKEND
          "\",\"fetched\":\"2026-11-23T12:07:31Z\",\"settings\":"
          "{\"enableJobs\":\"on\"}}",
          "enableJobs must be true or false" },
    };
    struct scratch scratch;
    scratch_make(&scratch);
    load_fails(&scratch, BACKEND, ""); /* none was written: no fault */
    save(&scratch);
    load_fails(&scratch, "http://other:4000", "another backend's");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_text(&scratch, "settings.json", rows[i][0], strlen(rows[i][0]));
        load_fails(&scratch, BACKEND, rows[i][1]);
    }
    scratch_remove(&scratch);
}

static void test_a_folder_that_cannot_be_written(void **state)
{
    (void)state;
    struct error err = { "" };
    struct settings *settings = settings_none();
    assert_false(settings_save(settings, "/proc/nowhere", BACKEND, &err));
    assert_non_null(strstr(err.text, "/proc/nowhere/settings.json: "));
    settings_free(settings);
}

static void test_a_file_is_read(void **state)
{
    (void)state;
    struct scratch scratch;
    struct error err = { "" };
    char path[SCRATCH_MAX + 40];
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/s.json", scratch.path);
    assert_null(settings_read(path, &err));
    assert_non_null(strstr(err.text, "s.json: No such file"));
    write_text(&scratch, "s.json", "{\n\"enableJobs\": maybe}", 21);
    assert_null(settings_read(path, &err));
    assert_non_null(strstr(err.text, "s.json:2:"));
    write_text(&scratch, "s.json", "{\"enableJobs\":true}\0{", 21);
    assert_null(settings_read(path, &err));
    assert_null(settings_read(scratch.path, &err));
    assert_non_null(strstr(err.text, "it is no file"));
    write_text(&scratch, "s.json", "{\"enableJobs\":true}", 19);
    struct settings *settings = settings_read(path, &err);
    assert_non_null(settings);
    assert_true(settings->facts.enable_jobs);
    settings_free(settings);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_are_read),
        cmocka_unit_test(test_nonsense_is_refused_with_its_field),
        cmocka_unit_test(test_size_and_depth_have_limits),
        cmocka_unit_test(test_the_digest_tells_what_matters),
        cmocka_unit_test(test_overlay_puts_two_fields_over),
        cmocka_unit_test(test_the_copy_comes_back),
        cmocka_unit_test(test_a_copy_not_to_be_trusted),
        cmocka_unit_test(test_a_folder_that_cannot_be_written),
        cmocka_unit_test(test_a_file_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
