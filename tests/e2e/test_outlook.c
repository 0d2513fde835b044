/* GET /api/v1/plan of a running worker is what `mooncron plan --json` says of
 * the same file, at the same moment. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/memory.h"
#include "world.h"

static const char schedule[] =
    "defaults { timezone = 'Europe/Bucharest' }\n"
    "multiplier { staging = 3, default = 1 }\n"
    "group 'hub' { limit = 1 }\n"
    "job 'rank' { every = '30s', post = '/api/feed/rank', timeout = '1m' }\n"
    "job 'night' { cron = '30 3 * * *', post = '/api/x', group = 'hub',\n"
    "  body = { a = 1 }, jitter = '10m' }\n"
    "job 'off' { every = '1h', post = '/api/off', only = { 'staging' } }\n";

/* A worker whose Settings are a file, which the command reads as well. */
static void open_world(struct world *world, char *settings, size_t size)
{
    scratch_make(&world->scratch);
    world_write(world, schedule);
    scratch_write(&world->scratch, "settings.json",
                  "{\"enableJobs\":true,\"schedulerEnvironment\":"
                  "\"production\"}");
    char *path = scratch_path(&world->scratch, "settings.json");
    snprintf(settings, size, "%s", path);
    free(path);
    const char *const args[] = { "--settings", settings, NULL };
    const struct worker_options options = { .args = args };
    worker_start(&world->worker, &world->scratch, NULL, &options);
    worker_await_generation(&world->worker, 1);
}

static struct client_answer ask(const struct world *world, const char *query,
                                const char *const *headers)
{
    char url[192];
    snprintf(url, sizeof url, "%s/api/v1/plan%s", world->worker.origin, query);
    return client_send("GET", url, headers, NULL);
}

static json_t *plan(const struct world *world, const char *query)
{
    struct client_answer answer = ask(world, query, NULL);
    if (answer.status != 200)
        fail_msg("plan%s: %d %s", query, answer.status, answer.body);
    json_t *json = json_incref(answer.json);
    client_answer_close(&answer);
    return json;
}

static void expect_refusal(const struct world *world, const char *query,
                           int status, const char *needle)
{
    struct client_answer answer = ask(world, query, NULL);
    if (answer.status != status || !strstr(answer.body, needle))
        fail_msg("plan%s: %d %s was wanted, %d %s came", query, status, needle,
                 answer.status, answer.body);
    client_answer_close(&answer);
}

static const char *string_of(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

/* The command, told to look from the moment of the answer. */
static json_t *command(const struct world *world, const char *settings,
                       const json_t *answer, const char *horizon)
{
    char *out, *err;
    char *file = scratch_path(&world->scratch, "schedules.lua");
    const char *args[] = { "plan",       "--json",
                           "--settings", settings,
                           "--now",      string_of(answer, "generated_at"),
                           file,         horizon ? "--horizon" : NULL,
                           horizon,      NULL };
    int code =
        worker_command(&world->worker, &world->scratch, NULL, args, &out, &err);
    if (code)
        fail_msg("plan: %d %s", code, err);
    json_t *json = json_loads(out, 0, NULL);
    free(file);
    free(out);
    free(err);
    return json;
}

static void expect_same(const struct world *world, const char *settings,
                        const char *query, const char *horizon)
{
    json_t *answer = plan(world, query);
    json_t *told = command(world, settings, answer, horizon);
    if (!json_equal(answer, told)) {
        char *left = json_dumps(answer, JSON_INDENT(1) | JSON_SORT_KEYS);
        char *right = json_dumps(told, JSON_INDENT(1) | JSON_SORT_KEYS);
        fail_msg("of the daemon:\n%s\nof the command:\n%s", left, right);
    }
    json_decref(answer);
    json_decref(told);
}

static void daemon_and_command_agree(void **state)
{
    struct world *world = *state;
    char settings[256];
    open_world(world, settings, sizeof settings);
    expect_same(world, settings, "", NULL);
    expect_same(world, settings, "?horizon=2h", "2h");

    json_t *one = plan(world, "?job=night&horizon=3d");
    json_t *jobs = json_object_get(one, "jobs");
    assert_int_equal(json_array_size(jobs), 1);
    assert_int_equal(
        json_array_size(json_object_get(json_array_get(jobs, 0), "next")), 3);
    json_decref(one);
    worker_drain(&world->worker);
}

static void what_is_too_long_is_said(void **state)
{
    struct world *world = *state;
    char settings[256];
    open_world(world, settings, sizeof settings);
    expect_refusal(world, "?horizon=366d", 400,
                   "slots of all jobs, and at most 1000000 are looked "
                   "through: name a shorter one");
    expect_refusal(world, "?horizon=40d", 400,
                   "slots, and at most 100000 are listed: name a shorter one, "
                   "or a job");
    json_decref(plan(world, "?horizon=40d&job=night"));
    expect_refusal(world, "?job=nigth", 404, "did you mean");
    worker_drain(&world->worker);
}

/* What is told is the schedule in force, whatever the file is by now. */
static void it_is_the_schedule_in_force(void **state)
{
    struct world *world = *state;
    char settings[256], tag[64] = "If-None-Match: ";
    open_world(world, settings, sizeof settings);
    struct client_answer first = ask(world, "?job=off", NULL);
    const char *etag = strstr(first.headers, "ETag: ");
    assert_non_null(etag);
    strncat(tag, etag + strlen("ETag: "), strcspn(etag, "\r") - 6);
    client_answer_close(&first);
    const char *const headers[] = { tag, NULL };
    struct client_answer again = ask(world, "?job=off", headers);
    assert_int_equal(again.status, 304);
    client_answer_close(&again);

    world_write(world, "job 'new' { every = '1h', post = '/api/x' }\n");
    json_t *before = plan(world, "");
    assert_int_equal(json_array_size(json_object_get(before, "jobs")), 3);
    assert_string_equal(string_of(json_object_get(before, "file"), "sha256"),
                        "");
    json_decref(before);
    proc_signal(world->worker.proc, SIGHUP);
    worker_await_generation(&world->worker, 2);
    expect_same(world, settings, "", NULL);
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(daemon_and_command_agree),
        WORLD_TEST(what_is_too_long_is_said),
        WORLD_TEST(it_is_the_schedule_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
