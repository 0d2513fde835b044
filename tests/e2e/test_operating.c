/* What an operator does to a running worker: reload it, look at its health,
 * make it a spare, end it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n";
static const char more[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n"
    "job 'flush' { every = '30s', post = '/api/feed/flush' }\n";
static const char typo[] =
    "job 'rank' { evry = '30s', post = '/api/feed/rank' }\n";

static void a_hangup_loads_the_file_again(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    world_write(world, more);
    proc_signal(world->worker.proc, SIGHUP);
    worker_await_generation(&world->worker, 2);
    world_await_calls(world, "flush", 1);

    world_write(world, typo);
    proc_signal(world->worker.proc, SIGHUP);
    json_decref(worker_says(&world->worker, "E104"));
    world_await_calls(world, "flush", 2);
    worker_drain(&world->worker);
}

static int reload(const struct world *world, char **ret_out, char **ret_err)
{
    static const char *const args[] = { "reload", NULL };
    return worker_command(&world->worker, &world->scratch, &world->stand, args,
                          ret_out, ret_err);
}

static void reload_answers_what_came_of_it(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    char *out, *err;
    world_write(world, more);
    if (reload(world, &out, &err) != 0)
        fail_msg("%s%s", out, err);
    assert_non_null(strstr(out, "1 added"));
    free(out);
    free(err);
    world_await_calls(world, "flush", 1);

    world_write(world, typo);
    assert_int_equal(reload(world, &out, &err), 78);
    assert_non_null(strstr(err, "E104"));
    assert_non_null(strstr(err, "keeps running"));
    free(out);
    free(err);
    world_await_calls(world, "flush", 2);

    worker_drain(&world->worker);
    assert_int_equal(reload(world, NULL, &err), 69);
    free(err);
}

static int health(const struct world *world, const char *path)
{
    char url[128];
    snprintf(url, sizeof url, "%s%s", world->worker.origin, path);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    int status = answer.status;
    const char *end = strchr(answer.body, '\n');
    assert_true(!end || end[1] == '\0'); /* one line */
    client_answer_close(&answer);
    return status;
}

static void health_is_served(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    world_await_calls(world, "rank", 1);
    assert_int_equal(health(world, "/healthz"), 200);
    assert_int_equal(health(world, "/readyz"), 200);
    assert_int_equal(health(world, "/nothing"), 404);
    worker_drain(&world->worker);
}

static void without_settings_it_is_not_ready(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    stand_fault(&world->stand, "/api/settings", "500", 0, 0);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    worker_await_generation(&world->worker, 1);
    assert_int_equal(health(world, "/healthz"), 200);
    assert_int_equal(health(world, "/readyz"), 503);
    stand_calm(&world->stand);
    world_await_calls(world, "rank", 1);
    assert_int_equal(health(world, "/readyz"), 200);
    worker_drain(&world->worker);
}

/* A minute of its time passes: the poll for Settings shows it. */
static void a_spare_fires_nothing(void **state)
{
    struct world *world = *state;
    static const char *const env[] = { "SCHEDULER_IS_PRIMARY=false", NULL };
    const struct worker_options options = { .env = env };
    world_open(world, schedule, true, "production", &options);
    assert_int_equal(health(world, "/healthz"), 200);
    json_decref(stand_fetches(&world->stand, 0, 4, WORKER_PATIENCE_MS));
    assert_int_equal(stand_last(&world->stand), 0);
    worker_drain(&world->worker);
    assert_int_equal(stand_last(&world->stand), 0);
}

static void a_running_call_is_awaited(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    /* 18 s on the worker's clock: below the timeout and the drain's limit. */
    stand_fault(&world->stand, "/api/feed/rank", "slow", 300, 0);
    world_await_calls(world, "rank", 1);
    worker_drain(&world->worker);
    json_t *calls = stand_calls(&world->stand, 0, 1, 0);
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
        assert_int_equal(worker_field(call, "status"), 200);
    json_decref(calls);
}

static void a_second_signal_leaves_at_once(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    world_await_calls(world, "rank", 1);
    proc_signal(world->worker.proc, SIGTERM);
    json_decref(worker_event(&world->worker, "stopping"));
    assert_true(proc_alive(world->worker.proc));
    proc_signal(world->worker.proc, SIGTERM);
    proc_exit(world->worker.proc, 2000);
}

static void nothing_outlives_it(void **state)
{
    struct world *world = *state;
    world_open(world,
               "job 'nap' { every = '30s',\n"
               "  run = function() sleep('20s') end }\n"
               "job 'rank' { every = '30s', post = '/api/feed/rank' }\n",
               true, "production", NULL);
    world_await_calls(world, "rank", 1);
    pid_t group = proc_pid(world->worker.proc);
    assert_true(footprint_of(group).children > 0);
    worker_drain(&world->worker);
    assert_int_equal(kill(-group, 0), -1); /* nobody is left in its group */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_hangup_loads_the_file_again),
        WORLD_TEST(reload_answers_what_came_of_it),
        WORLD_TEST(health_is_served),
        WORLD_TEST(without_settings_it_is_not_ready),
        WORLD_TEST(a_spare_fires_nothing),
        WORLD_TEST(a_running_call_is_awaited),
        WORLD_TEST(a_second_signal_leaves_at_once),
        WORLD_TEST(nothing_outlives_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
