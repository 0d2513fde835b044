/* Whatever the backend answers in place of Settings, the last good ones stay,
 * and the log says why. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/demo.h"

#include "world.h"

#define SETTINGS "/api/settings"

static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n"
    "job 'beat' { every = '30s', always = true, scale = false,\n"
    "             post = '/api/sync/city-counters' }\n";

/* One row: how the backend fails, and a word that the log must say. */
static const struct {
    const char *kind;
    const char *body; /* with the kind "body" */
    const char *says;
} failures[] = {
    { "401", NULL, "WORKER_API_KEY" },
    { "403", NULL, "WORKER_API_KEY" },
    { "404", NULL, "404" },
    { "500", NULL, "500" },
    { "redirect", NULL, "302" },
    { "drop", NULL, "BACKEND_URL" },
    { "html", NULL, "text/html" },
    { "wrong-json", NULL, "JSON" },
    { "huge", NULL, "large" },
    { "body", "[true]", "object" },
    { "body", "null", "object" },
    { "body", "\"text\"", "object" },
    { "body", "{\"schedulerEnvironment\":null}", "enableJobs" },
    { "body", "{\"enableJobs\":\"true\"}", "enableJobs" },
    { "body", "{\"enableJobs\":1}", "enableJobs" },
    { "body", "{\"enableJobs\":true,\"schedulerEnvironment\":7}",
      "schedulerEnvironment" },
    { "body", "{\"enableJobs\":true,\"schedulerEnvironment\":\"a b\"}",
      "schedulerEnvironment" },
    { "body", "{\"enableJobs\":true}trailing", "JSON" },
};

static int64_t generation_of(const struct world *world)
{
    char *log = proc_output(world->worker.proc, true);
    int64_t newest = 0;
    char *rest = log;
    for (char *line; (line = strsep(&rest, "\n"));) {
        json_t *json = json_loads(line, 0, NULL);
        const char *event = json_string_value(json_object_get(json, "event"));
        if (event && strcmp(event, "schedule") == 0)
            newest = worker_field(json, "generation");
        json_decref(json);
    }
    free(log);
    return newest;
}

static void ask_again(const struct world *world)
{
    proc_signal(world->worker.proc, SIGHUP);
}

static void the_last_good_settings_stay(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (failures[i].body)
            stand_body(&world->stand, SETTINGS, failures[i].body);
        else
            stand_fault(&world->stand, SETTINGS, failures[i].kind, 0, 0);
        ask_again(world);
        json_decref(worker_says(&world->worker, failures[i].says));
    }
    world_await_calls(world, "rank", 1);
    assert_int_equal(generation_of(world), 1);

    /* And when it is well again it is heard, unknown fields and all. */
    stand_calm(&world->stand);
    json_decref(stand_change(&world->stand, "",
                             "{\"enableJobs\":false,\"extra\":{\"a\":[1,2]},"
                             "\"ümlaut\":\"ß\"}"));
    worker_await_generation(&world->worker, 2);
    worker_drain(&world->worker);
}

static void a_backend_that_hangs_holds_nothing_up(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    stand_fault(&world->stand, SETTINGS, "hang", 60000, 0);
    ask_again(world);
    world_await_calls(world, "rank", 3);
    json_decref(worker_says(&world->worker, "BACKEND_URL"));
    assert_int_equal(generation_of(world), 1);
    stand_calm(&world->stand);
    worker_drain(&world->worker);
}

static void a_backend_that_is_gone_is_named(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    uint16_t port = backend_port(world->stand.backend);
    stand_stop(&world->stand);
    ask_again(world);
    json_decref(worker_says(&world->worker, "BACKEND_URL"));
    stand_start_at(&world->stand, port, true, "production");
    world_await_calls(world, "rank", 1);
    worker_drain(&world->worker);
}

static void the_cache_is_used_at_the_next_start(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    worker_drain(&world->worker);
    worker_free(&world->worker);
    stand_fault(&world->stand, SETTINGS, "500", 0, 0);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    json_t *line = worker_says(&world->worker, "old");
    const char *message = json_string_value(json_object_get(line, "message"));
    assert_non_null(message);
    assert_non_null(strstr(message, "Settings"));
    json_decref(line);
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
}

/* When the backend last named these Settings, as the copy on disk has it. */
static void copy_fetched(const struct world *world, char ret[64])
{
    char *text = scratch_read(&world->scratch, "state/settings.json");
    json_t *copy = text ? json_loads(text, 0, NULL) : NULL;
    const char *when = json_string_value(json_object_get(copy, "fetched"));
    assert_non_null(when);
    snprintf(ret, 64, "%s", when);
    json_decref(copy);
    free(text);
}

/* Three more polls, answered with `status`, which write nothing. */
static void poll_in_peace(struct world *world, int status)
{
    char before[64], after[64];
    json_t *past = stand_fetches(&world->stand, 0, 0, 0);
    size_t count = json_array_size(past);
    json_decref(past);
    json_t *all =
        stand_fetches(&world->stand, 0, (int64_t)count + 1, WORKER_PATIENCE_MS);
    json_decref(all); /* what was under way has been taken by the next */
    copy_fetched(world, before);
    all =
        stand_fetches(&world->stand, 0, (int64_t)count + 4, WORKER_PATIENCE_MS);
    json_t *last = json_array_get(all, count + 2); /* answered */
    assert_int_equal(worker_field(last, "status"), status);
    json_decref(all);
    copy_fetched(world, after);
    assert_string_equal(after, before);
}

static void the_copy_is_as_old_as_the_last_answer(void **state)
{
    struct world *world = *state;
    char first[64], last[64], copy[64];
    world_open(world, schedule, true, "production", NULL);
    copy_fetched(world, first);
    poll_in_peace(world, 304);

    /* The backend fails: now its last word matters, and is written. */
    stand_fault(&world->stand, SETTINGS, "500", 0, 0);
    json_t *line = worker_says(&world->worker, "no Settings");
    snprintf(last, sizeof last, "%s",
             json_string_value(json_object_get(line, "last")));
    json_decref(line);
    assert_true(strcmp(last, first) > 0);
    json_decref(worker_says(&world->worker, "no Settings"));
    proc_signal(world->worker.proc, SIGKILL);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
    copy_fetched(world, copy);
    assert_string_equal(copy, last);

    /* The next start knows it, and writes its own last word at its end. */
    worker_free(&world->worker);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    line = worker_says(&world->worker, "old");
    assert_non_null(
        strstr(json_string_value(json_object_get(line, "message")), last));
    json_decref(line);
    /* A backend without an ETag: all of it comes each time. */
    stand_body(&world->stand, SETTINGS,
               "{\"enableJobs\":true,\"schedulerEnvironment\":\"qa\"}");
    worker_await_generation(&world->worker, 3);
    poll_in_peace(world, 200);
    copy_fetched(world, first);
    worker_drain(&world->worker);
    copy_fetched(world, copy);
    assert_true(strcmp(copy, first) > 0);
}

static void only_always_jobs_run(struct world *world)
{
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    worker_await_generation(&world->worker, 1);
    world_await_calls(world, "beat", 3);
    json_t *calls = stand_calls(&world->stand, 0, 3, 0);
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call) assert_string_equal(
        json_string_value(json_object_get(call, "job")), "beat");
    json_decref(calls);
}

static void without_a_cache_only_always_jobs_run(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    stand_fault(&world->stand, SETTINGS, "500", 0, 0);
    only_always_jobs_run(world);
    /* It goes on asking, and then runs everything. */
    stand_calm(&world->stand);
    world_await_calls(world, "rank", 1);
    worker_drain(&world->worker);
}

static void a_spoilt_cache_is_no_cache(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    worker_await_generation(&world->worker, 1);
    worker_drain(&world->worker);
    worker_free(&world->worker);
    scratch_write(&world->scratch, "state/settings.json", "{\"enableJobs\":");
    stand_stop(&world->stand);
    stand_start(&world->stand, true, "production");
    stand_fault(&world->stand, SETTINGS, "500", 0, 0);
    only_always_jobs_run(world);
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_last_good_settings_stay),
        WORLD_TEST(a_backend_that_hangs_holds_nothing_up),
        WORLD_TEST(a_backend_that_is_gone_is_named),
        WORLD_TEST(the_cache_is_used_at_the_next_start),
        WORLD_TEST(the_copy_is_as_old_as_the_last_answer),
        WORLD_TEST(without_a_cache_only_always_jobs_run),
        WORLD_TEST(a_spoilt_cache_is_no_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
