/* The environment is read whole, and every mistake in it told at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/cli/reading.h"
#include "mooncron/config.h"
#include "scratch.h"

struct world {
    struct config config;
    struct text problems;
};

/* Reads an environment of just these pairs. */
static bool world_read(struct world *world, const char *const *pairs)
{
    clearenv();
    for (; *pairs; pairs++) {
        char *pair = strdup(*pairs);
        char *equals = strchr(pair, '=');
        *equals = '\0';
        setenv(pair, equals + 1, 1);
        free(pair);
    }
    text_init(&world->problems, 1 << 16);
    return config_read(&world->config, &world->problems);
}

static void world_close(struct world *world)
{
    text_close(&world->problems);
    config_close(&world->config);
}

static void the_defaults_are_those_of_the_docs(void **state)
{
    (void)state;
    struct world world;
    const char *const none[] = { NULL };
    assert_true(world_read(&world, none));
    const struct config *config = &world.config;
    assert_string_equal(config->backend_url, "http://localhost:4000");
    assert_null(config->api_key);
    assert_null(config->webhook_secret);
    assert_string_equal(config->api_key_collection, "users");
    assert_string_equal(config->listen_host, "127.0.0.1");
    assert_int_equal(config->listen_port, 3001);
    assert_true(config->primary);
    assert_int_equal(config->status, STATUS_PRIVATE);
    assert_string_equal(config->node_env, "development");
    assert_string_equal(config->file, "scripts/schedules.lua");
    assert_string_equal(config->state_directory, "./.mooncron");
    assert_int_equal(config->poll_ms, 60000);
    assert_int_equal(config->settings_timeout_ms, 5000);
    assert_int_equal(config->load_timeout_ms, 3000);
    assert_int_equal(config->calls_max, 256);
    assert_int_equal(config->calls_per_origin_max, 64);
    assert_false(config->https_only);
    assert_true(config->time_scale == 1);
    assert_int_equal(config->log_level, LOG_INFO);
    world_close(&world);
}

static void what_is_set_is_read(void **state)
{
    (void)state;
    struct world world;
    const char *const pairs[] = {
        "BACKEND_URL=https://cms.example.org:8443/base",
        "WORKER_API_KEY=key",
        "WORKER_WEBHOOK_SECRET=",
        "MOONCRON_LISTEN=[::1]:0",
        "PORT=99",
        "SCHEDULER_IS_PRIMARY=false",
        "MOONCRON_LOG=json",
        "MOONCRON_LOG_LEVEL=warn",
        "MOONCRON_WEBHOOK_AUTH=signature",
        "MOONCRON_STATUS=public",
        "MOONCRON_HTTPS_ONLY=true",
        "MOONCRON_CLIENT_CERT=/etc/worker.crt",
        "MOONCRON_CLIENT_KEY=/etc/worker.key",
        "MOONCRON_POLL=1m30s",
        "MOONCRON_CALLS_MAX=512",
        "MOONCRON_CALLS_PER_ORIGIN_MAX=1",
        "MOONCRON_TIME_SCALE=60",
        "MOONCRON_TIME_START=2026-11-23T14:07:31Z",
        NULL,
    };
    assert_true(world_read(&world, pairs));
    const struct config *config = &world.config;
    assert_string_equal(config->backend_url,
                        "https://cms.example.org:8443/base");
    assert_string_equal(config->api_key, "key");
    assert_null(config->webhook_secret); /* empty: not set */
    assert_string_equal(config->listen_host, "::1");
    assert_int_equal(config->listen_port, 0); /* over PORT */
    assert_false(config->primary);
    assert_int_equal(config->log_format, LOG_FORMAT_JSON);
    assert_int_equal(config->log_level, LOG_WARN);
    assert_int_equal(config->webhook_auth, WEBHOOK_AUTH_SIGNATURE);
    assert_int_equal(config->status, STATUS_PUBLIC);
    assert_int_equal(config->poll_ms, 90000);
    assert_int_equal(config->calls_max, 512);
    assert_int_equal(config->calls_per_origin_max, 1);
    assert_true(config->time_scale == 60);
    assert_int_equal(config->time_start.ms, INT64_C(1795442851000));
    assert_true(config->https_only);
    assert_string_equal(config->client_cert, "/etc/worker.crt");
    assert_string_equal(config->client_key, "/etc/worker.key");
    world_close(&world);
}

/* One bad variable, and words that must be said of it. */
static const struct {
    const char *pair;
    const char *says[2];
} bad[] = {
    { "BACKEND_URL=", { "BACKEND_URL", "is empty" } },
    { "BACKEND_URL=nonsense", { "http://", "nonsense" } },
    { "BACKEND_URL=ftp://x", { "http://", "ftp" } },
    { "BACKEND_URL=http://", { "has no host", "" } },
    { "BACKEND_URL=http://h?x=1", { "query", "" } },
    { "BACKEND_URL=http://h/#x", { "fragment", "" } },
    { "BACKEND_URL=http://h:0/", { "port", "" } },
    { "BACKEND_URL=http://h:99999", { "port", "" } },
    { "BACKEND_URL=http://h:/", { "port", "" } },
    { "BACKEND_URL=http://a b/", { "spaces", "" } },
    { "BACKEND_URL=http://[::1", { "host", "" } },
    { "MOONCRON_URL=here", { "MOONCRON_URL", "here" } },
    { "MOONCRON_LISTEN=nonsense", { "HOST:PORT", "nonsense" } },
    { "MOONCRON_LISTEN=127.0.0.1:70000", { "port", "70000" } },
    { "MOONCRON_LISTEN=:80", { "HOST:PORT", "" } },
    { "MOONCRON_LISTEN=::1:80", { "MOONCRON_LISTEN", "" } },
    { "PORT=-1", { "PORT", "-1" } },
    { "PORT=80x", { "PORT", "80x" } },
    { "SCHEDULER_IS_PRIMARY=perhaps", { "true or false", "perhaps" } },
    { "MOONCRON_LOG=xml", { "auto, text, json", "xml" } },
    { "MOONCRON_LOG_LEVEL=wran", { "did you mean \"warn\"", "" } },
    { "MOONCRON_WEBHOOK_AUTH=none", { "any, signature", "none" } },
    { "MOONCRON_STATUS=open", { "private, public", "open" } },
    { "MOONCRON_POLL=60", { "no unit", "\"60\"" } },
    { "MOONCRON_POLL=0s", { "from 1s", "" } },
    { "MOONCRON_POLL=9999d", { "to 1d", "" } },
    { "MOONCRON_CALLS_MAX=0", { "from 1 to 512", "\"0\"" } },
    { "MOONCRON_CALLS_MAX=513", { "from 1 to 512", "" } },
    { "MOONCRON_CALLS_MAX=-1", { "whole number", "-1" } },
    { "MOONCRON_CALLS_MAX=1e2", { "whole number", "1e2" } },
    { "MOONCRON_CALLS_MAX=99999999999999999999", { "whole number", "" } },
    { "MOONCRON_CALLS_PER_ORIGIN_MAX=many", { "whole number", "many" } },
    { "MOONCRON_LOAD_TIMEOUT=soon", { "duration", "soon" } },
    { "MOONCRON_TIME_SCALE=0", { "0.1 to 10000", "" } },
    { "MOONCRON_TIME_SCALE=nan", { "0.1 to 10000", "" } },
    { "MOONCRON_TIME_START=noon", { "RFC 3339", "noon" } },
    { "MOONCRON_TIME_START=1970-01-01T00:00:00Z",
      { "MOONCRON_TIME_START must be a time from 1971 to 2199",
        "not \"1970" } },
    { "MOONCRON_TIME_START=2200-01-01T00:00:00Z", { "to 2199", "2200" } },
    { "MOONCRON_TIME_START=9999-12-31T23:59:59Z", { "to 2199", "9999" } },
    { "MOONCRON_CALLS_PER_ORIGIN_MAX=300",
      { "MOONCRON_CALLS_PER_ORIGIN_MAX is 300", "MOONCRON_CALLS_MAX is 256" } },
    { "MOONCRON_SCRIPT_ENV=A,B-C", { "B-C", "" } },
    { "MOONCRON_SCRIPT_ENV=WORKER_API_KEY", { "worker's own", "" } },
    { "MOONCRON_API_KEY_COLLECTION=users\r\nX-Other: 1",
      { "MOONCRON_API_KEY_COLLECTION must be a word", "byte 6" } },
    { "MOONCRON_API_KEY_COLLECTION=a b", { "must be a word", "byte 2" } },
    { "WORKER_API_KEY=a\tb",
      { "WORKER_API_KEY is no secret", "0x09 at byte 2" } },
    { "WORKER_API_KEY=a\nb", { "WORKER_API_KEY", "one line" } },
    { "WORKER_API_KEY_FILE=/nonexistent/key",
      { "WORKER_API_KEY", "/nonexistent/key" } },
};

static void nonsense_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct world world;
        const char *const pairs[] = { bad[i].pair, NULL };
        if (world_read(&world, pairs))
            fail_msg("%s was taken", bad[i].pair);
        for (int w = 0; w < 2; w++)
            if (!strstr(world.problems.data, bad[i].says[w]))
                fail_msg("not a word of \"%s\" in: %s", bad[i].says[w],
                         world.problems.data);
        /* Commands that need no backend go on. */
        assert_non_null(world.config.backend_url);
        assert_true(world.config.load_timeout_ms > 0);
        world_close(&world);
    }
}

static void a_password_in_an_url_is_not_repeated(void **state)
{
    (void)state;
    struct world world;
    const char *const pairs[] = { "BACKEND_URL=http://me:hunter2@h/", NULL };
    assert_false(world_read(&world, pairs));
    assert_non_null(strstr(world.problems.data, "user or password"));
    assert_null(strstr(world.problems.data, "hunter2"));
    world_close(&world);
}

/* Whoever lowers the whole does not have to know of the part. */
static void fewer_calls_are_fewer_to_one_origin(void **state)
{
    (void)state;
    struct world world;
    const char *const one[] = { "MOONCRON_CALLS_MAX=8", NULL };
    assert_true(world_read(&world, one));
    assert_int_equal(world.config.calls_per_origin_max, 8);
    world_close(&world);
    const char *const both[] = { "MOONCRON_CALLS_MAX=8",
                                 "MOONCRON_CALLS_PER_ORIGIN_MAX=9", NULL };
    assert_false(world_read(&world, both));
    assert_non_null(strstr(world.problems.data, "MOONCRON_CALLS_MAX is 8"));
    world_close(&world);
}

static void the_help_of_the_state_names_the_journal(void **state)
{
    (void)state;
    struct text rows;
    text_init(&rows, 1 << 16);
    config_describe(&rows);
    const char *row = strstr(rows.data, "  STATE_DIRECTORY ");
    assert_non_null(row);
    const char *journal = strstr(row, "journal");
    assert_true(journal && journal < strchr(row, '\n'));
    text_close(&rows);
}

static void all_mistakes_come_at_once(void **state)
{
    (void)state;
    struct world world;
    const char *const pairs[] = { "BACKEND_URL=x", "MOONCRON_LOG=xml",
                                  "MOONCRON_POLL=60", NULL };
    assert_false(world_read(&world, pairs));
    int lines = 0;
    for (const char *at = world.problems.data; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 3);
    world_close(&world);
}

static void a_secret_comes_from_one_place(void **state)
{
    (void)state;
    struct scratch scratch;
    scratch_make(&scratch);
    scratch_write(&scratch, "key", "from a file\n");
    scratch_write(&scratch, "worker-api-key", "from systemd\n");
    char *path = scratch_path(&scratch, "key");
    char file[4096], folder[4096];
    snprintf(file, sizeof file, "WORKER_API_KEY_FILE=%s", path);
    *strrchr(path, '/') = '\0';
    snprintf(folder, sizeof folder, "CREDENTIALS_DIRECTORY=%s", path);
    free(path);
    struct world world;
    const char *const by_file[] = { file, folder, NULL };
    assert_true(world_read(&world, by_file));
    assert_string_equal(world.config.api_key, "from a file");
    world_close(&world);
    const char *const by_systemd[] = { folder, NULL };
    assert_true(world_read(&world, by_systemd));
    assert_string_equal(world.config.api_key, "from systemd");
    world_close(&world);
    const char *const both[] = { file, "WORKER_API_KEY=here", NULL };
    assert_false(world_read(&world, both));
    assert_string_equal(
        world.problems.data,
        "WORKER_API_KEY and WORKER_API_KEY_FILE are both set; keep one\n");
    world_close(&world);
    scratch_remove(&scratch);
}

static void scripts_see_what_is_listed(void **state)
{
    (void)state;
    struct world world;
    uint32_t count;
    const char *const pairs[] = { "MOONCRON_SCRIPT_ENV=A, B  C", "A=1", "C=x=y",
                                  NULL };
    assert_true(world_read(&world, pairs));
    const char *const *vars = config_script_vars(&world.config, &count);
    assert_int_equal(count, 3);
    assert_string_equal(vars[0], "A=1");
    assert_string_equal(vars[1], "B");
    assert_string_equal(vars[2], "C=x=y");
    world_close(&world);
}

static void urls_that_are_good(void **state)
{
    (void)state;
    static const char *const good[] = {
        "http://h",        "https://h/",     "http://127.0.0.1:4000",
        "http://[::1]:80", "http://[::1]/p", "https://a-b.c_d.org/x/y",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct error error;
        if (!reading_url(good[i], &error))
            fail_msg("%s: %s", good[i], error.text);
    }
}

static char *file_read(const char *path)
{
    char piece[4096];
    size_t len;
    struct text text;
    text_init(&text, 1 << 20);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        text_add(&text, piece, len);
    fclose(file);
    return text_take(&text);
}

static void the_docs_list_every_setting(void **state)
{
    (void)state;
    struct text rows;
    char *docs = file_read(SOURCE_DIR "/docs/cli.md");
    unsigned seen = 0;
    text_init(&rows, 1 << 16);
    config_describe(&rows);
    for (char *at = rows.data; *at; at += strcspn(at, "\n") + 1) {
        char name[80];
        at += strspn(at, " ");
        snprintf(name, sizeof name, "| `%.*s`", (int)strcspn(at, " "), at);
        if (!strstr(docs, name))
            fail_msg("docs/cli.md has no row for %s", name);
        seen++;
    }
    assert_true(seen > 20);
    text_close(&rows);
    free(docs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_of_the_docs),
        cmocka_unit_test(what_is_set_is_read),
        cmocka_unit_test(nonsense_is_named),
        cmocka_unit_test(a_password_in_an_url_is_not_repeated),
        cmocka_unit_test(fewer_calls_are_fewer_to_one_origin),
        cmocka_unit_test(the_help_of_the_state_names_the_journal),
        cmocka_unit_test(all_mistakes_come_at_once),
        cmocka_unit_test(a_secret_comes_from_one_place),
        cmocka_unit_test(scripts_see_what_is_listed),
        cmocka_unit_test(urls_that_are_good),
        cmocka_unit_test(the_docs_list_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
