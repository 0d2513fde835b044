/* What an operator does to a running worker: reload it, look at its health,
 * make it a spare, end it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/demo.h"

#include "testserver.h"
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
    assert_int_equal(strncmp(err, "error[E104]: unknown option `evry`", 34), 0);
    assert_non_null(strstr(err, "schedules.lua:1:14\n"));
    assert_non_null(strstr(err, "\n\n1 error. Schedule #2 keeps running.\n"));
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
    char *log = proc_output(world->worker.proc, true);
    assert_null(strstr(log, "not this machine alone")); /* it is */
    free(log);
    worker_drain(&world->worker);
}

static void without_settings_it_is_not_ready(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    stand_fault(&world->stand, "/api/settings", "500", 0, 0);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    json_decref(worker_says(&world->worker,
                            "there are no Settings yet, and jobs are off"));
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

/* A minute on any clock but the worker's: no test waits for its end. */
static const char *const long_drain[] = { "MOONCRON_DRAIN=1h", NULL };
static const struct worker_options patient = { .env = long_drain };

static void a_second_signal_leaves_at_once(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", &patient);
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    world_await_calls(world, "rank", 1);
    proc_signal(world->worker.proc, SIGTERM);
    json_decref(worker_says(&world->worker, " awaited, for at most 1h"));
    assert_true(proc_alive(world->worker.proc));
    proc_signal(world->worker.proc, SIGTERM);
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 143);
}

/* A script waits for an answer that never comes. */
static const char waiting[] =
    "job 'rank' { every = '30s', timeout = '2h', run = function()\n"
    "  http.post('/api/feed/rank', { timeout = '1h' })\n"
    "end }\n";

static void a_script_that_waits_is_cut_off(void **state)
{
    struct world *world = *state;
    world_open(world, waiting, true, "production", &patient);
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    world_await_calls(world, "rank", 1);
    proc_signal(world->worker.proc, SIGTERM);
    json_decref(worker_event(&world->worker, "stopping"));
    proc_signal(world->worker.proc, SIGTERM);
    json_decref(worker_says(&world->worker,
                            ": unknown, stopping: the worker was told"));
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 143);
}

static void a_script_that_waits_longer_than_the_drain_is_cut_off(void **state)
{
    struct world *world = *state;
    static const char *const env[] = { "MOONCRON_DRAIN=6s", NULL };
    const struct worker_options options = { .env = env };
    world_open(world, waiting, true, "production", &options);
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    world_await_calls(world, "rank", 1);
    worker_drain(&world->worker);
    json_decref(worker_says(&world->worker,
                            ": unknown, stopping: the worker was told"));
}

/* What its request came to nobody knows, and of one that makes none it is
 * known: whatever cuts them off. */
static void a_script_that_is_cut_off_with_its_call_is_unknown(void **state)
{
    struct world *world = *state;
    world_open(world,
               "job 'late' { every = '30s', timeout = '10s', retry = false,\n"
               "  run = function() http.post('/api/feed/rank',\n"
               "    { timeout = '1h' }) end }\n"
               "job 'idle' { every = '30s', timeout = '10s', retry = false,\n"
               "  run = function() sleep('1h') end }\n"
               "job 'old' { every = '30s', timeout = '2h', retry = false,\n"
               "  overlap = 'cancel', run = function()\n"
               "  http.post('/api/feed/flush', { timeout = '1h' }) end }\n",
               true, "production", NULL);
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    stand_fault(&world->stand, "/api/feed/flush", "hang", 60000, 0);
    static const struct {
        const char *job, *says;
    } ends[] = {
        { "late", ": unknown, its timeout has passed" },
        { "idle", ": failed, its timeout has passed" },
        { "old", ": unknown, replaced: a newer slot" },
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char needle[64];
        size_t cursor = 0;
        char *line = proc_await(world->worker.proc, true, &cursor, ends[i].says,
                                WORKER_PATIENCE_MS);
        snprintf(needle, sizeof needle, "\"job\":\"%s\"", ends[i].job);
        assert_non_null(strstr(line, needle));
        free(line);
    }
    proc_signal(world->worker.proc, SIGTERM);
    json_decref(worker_event(&world->worker, "stopping"));
    proc_signal(world->worker.proc, SIGTERM);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
}

/* Its run has ended: nobody is cut short. */
static void a_hook_that_waits_is_cut_off(void **state)
{
    struct world *world = *state;
    static const char *const env[] = { "MOONCRON_TIME_SCALE=1", NULL };
    const struct worker_options options = { .env = env };
    world_open(world,
               "job 'rank' { every = '1s', max_runs = 1, retry = false,\n"
               "  post = '/api/feed/rank',\n"
               "  on_failure = function() http.post('/api/feed/flush') end }\n",
               true, "production", &options);
    stand_fault(&world->stand, "/api/feed/rank", "500", 0, 0);
    stand_fault(&world->stand, "/api/feed/flush", "hang", 60000, 0);
    world_await_calls(world, "rank", 2);
    proc_signal(world->worker.proc, SIGTERM);
    json_decref(worker_event(&world->worker, "stopping"));
    proc_signal(world->worker.proc, SIGTERM);
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 143);
}

/* Only runs that were cut short make a difference. */
static void a_second_signal_without_runs_is_a_clean_end(void **state)
{
    struct world *world = *state;
    world_open(world,
               "job 'rank' { every = '1m', only = { 'staging' },\n"
               "  post = '/api/feed/rank' }\n",
               true, "production", NULL);
    proc_signal(world->worker.proc, SIGTERM);
    proc_signal(world->worker.proc, SIGTERM);
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 0);
}

static void an_interrupt_is_told_to_the_shell(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    proc_signal(world->worker.proc, SIGINT);
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 130);
}

/* Jobs that the backend does not let in, and what the log says of each. The
 * first four have our key; the last goes to an origin that is not the
 * backend's. */
static const struct {
    const char *name, *path, *fault; /* of that path */
    const char *says, *never;
} refusals[] = {
    { "flush", "/api/feed/flush", "401", "401: WORKER_API_KEY is",
      STAND_ADMIN_KEY },
    { "rank", "/api/feed/rank", "403", "(MOONCRON_API_KEY_COLLECTION",
      STAND_ADMIN_KEY },
    { "aggregate", "/api/feed/aggregate", "404",
      "404 \"Route not found\": is the path right", STAND_ADMIN_KEY },
    { "counters", "/api/sync/city-counters", "500", "answered 500",
      "WORKER_API_KEY" },
    { "other", NULL, NULL, "answered 401", "WORKER_API_KEY" },
};
#define REFUSALS (sizeof refusals / sizeof *refusals)

static void write_refused_jobs(const struct world *world, unsigned port)
{
    char schedule_text[4096];
    int len = 0;
    for (size_t i = 0; i + 1 < REFUSALS; i++)
        len += snprintf(schedule_text + len, sizeof schedule_text - (size_t)len,
                        "job '%s' { every = '30s', post = '%s' }\n",
                        refusals[i].name, refusals[i].path);
    snprintf(
        schedule_text + len, sizeof schedule_text - (size_t)len,
        "job 'other' { every = '30s',\n"
        "  post = 'http://localhost:%u/api/sync/listing-type-counters' }\n",
        port);
    world_write(world, schedule_text);
}

static void a_refused_job_names_the_key(void **state)
{
    struct world *world = *state;
    char allow[64];
    const char *const env[] = { allow, NULL };
    const struct worker_options options = { .env = env };
    world_prepare(world, "", true, "production");
    unsigned port = backend_port(world->stand.backend);
    snprintf(allow, sizeof allow, "MOONCRON_ALLOW_HOSTS=http://localhost:%u",
             port);
    write_refused_jobs(world, port);
    for (size_t i = 0; i + 1 < REFUSALS; i++)
        stand_fault(&world->stand, refusals[i].path, refusals[i].fault, 0, 0);
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
    for (size_t i = 0; i < REFUSALS; i++) {
        char needle[64];
        size_t cursor = 0;
        snprintf(needle, sizeof needle, "\"job\":\"%s\"", refusals[i].name);
        char *line = proc_await(world->worker.proc, true, &cursor, needle,
                                WORKER_PATIENCE_MS);
        json_t *json = json_loads(line, 0, NULL);
        const char *message =
            json_string_value(json_object_get(json, "message"));
        if (!message || !strstr(message, refusals[i].says) ||
            strstr(message, refusals[i].never))
            fail_msg("not what was wanted: %s", line);
        json_decref(json);
        free(line);
    }
    worker_drain(&world->worker);
}

/* BACKEND_URL is the worker itself, on a listener that others reach as well:
 * both are said. */
static void a_worker_does_not_call_itself(void **state)
{
    struct world *world = *state;
    char listen[64], backend[64];
    const char *const env[] = { listen, backend, NULL };
    const struct worker_options options = { .env = env };
    unsigned port = testserver_no_port();
    snprintf(listen, sizeof listen, "MOONCRON_LISTEN=0.0.0.0:%u", port);
    snprintf(backend, sizeof backend, "BACKEND_URL=http://localhost:%u", port);
    world_prepare(world, schedule, true, "production");
    worker_spawn(&world->worker, &world->scratch, &world->stand, &options);
    json_t *line = worker_says(&world->worker, "not this machine alone");
    assert_string_equal(json_string_value(json_object_get(line, "level")),
                        "warn");
    json_decref(line);
    json_decref(worker_says(&world->worker, "the worker's own listener"));
    worker_await_generation(&world->worker, 1);
    worker_drain(&world->worker);
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

/* ---- a second instance with the same folder ---- */

/* A worker that may listen on one port only: that of `world`'s. */
/* On the first one's port, or on any that is free. */
static void spawn_second(const struct world *world, const char *const *args,
                         bool same_port, struct worker *ret)
{
    char listen[64];
    snprintf(listen, sizeof listen, "MOONCRON_LISTEN=127.0.0.1:%u",
             same_port ? world->worker.port : 0u);
    const char *const env[] = { listen, NULL };
    const struct worker_options options = { .env = env, .args = args };
    worker_spawn(ret, &world->scratch, &world->stand, &options);
}

static void expect_reload(const struct world *world)
{
    char *out, *err;
    if (reload(world, &out, &err) != 0)
        fail_msg("%s%s", out, err);
    free(out);
    free(err);
}

static void a_second_worker_leaves_the_token_alone(void **state)
{
    struct world *world = *state;
    struct worker second;
    world_open(world, schedule, true, "production", NULL);
    spawn_second(world, NULL, true, &second);
    assert_int_equal(proc_exit(second.proc, WORKER_PATIENCE_MS), 69);
    worker_free(&second);
    expect_reload(world);
    worker_drain(&world->worker);
    assert_null(scratch_read(&world->scratch, "state/admin.token"));
}

static void a_folder_is_one_workers(void **state)
{
    struct world *world = *state;
    struct worker second;
    world_open(world, schedule, true, "production", NULL);
    spawn_second(world, NULL, false, &second);
    json_decref(worker_says(&second, "another worker uses the folder"));
    assert_int_equal(proc_exit(second.proc, WORKER_PATIENCE_MS), 69);
    worker_free(&second);
    expect_reload(world);
    worker_drain(&world->worker);
}

static void a_worker_removes_its_own_token_only(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    scratch_write(&world->scratch, "state/admin.token", "of another worker");
    worker_drain(&world->worker);
    char *left = scratch_read(&world->scratch, "state/admin.token");
    assert_string_equal(left, "of another worker");
    free(left);
}

/* It prints the calls that the other makes, takes no port and leaves nothing.
 */
static void a_dry_run_stands_beside_a_worker(void **state)
{
    struct world *world = *state;
    static const char *const args[] = { "--dry-run", NULL };
    struct worker dry;
    size_t cursor = 0;
    world_open(world, schedule, true, "production", NULL);
    spawn_second(world, args, true, &dry);
    free(proc_await(dry.proc, false, &cursor, "/api/feed/rank",
                    WORKER_PATIENCE_MS));
    expect_reload(world);
    worker_drain(&dry);
    worker_free(&dry);
    expect_reload(world);
    worker_drain(&world->worker);
}

static void a_dry_run_needs_neither_key_nor_folder(void **state)
{
    struct world *world = *state;
    static const char *const args[] = { "--dry-run", NULL };
    static const char *const env[] = { "WORKER_API_KEY", NULL };
    const struct worker_options options = { .env = env, .args = args };
    size_t cursor = 0;
    world_prepare(world,
                  "job 'rank' { every = '30s', always = true,\n"
                  "  post = '/api/feed/rank' }\n",
                  true, "production");
    worker_spawn(&world->worker, &world->scratch, &world->stand, &options);
    free(proc_await(world->worker.proc, false, &cursor, "/api/feed/rank",
                    WORKER_PATIENCE_MS));
    worker_drain(&world->worker);
    assert_int_equal(stand_last(&world->stand), 0);
    char *folder = scratch_path(&world->scratch, "state");
    assert_int_equal(access(folder, F_OK), -1);
    free(folder);
}

static void a_worker_without_a_journal_says_so(void **state)
{
    struct world *world = *state;
    static const char *const args[] = { "--state", "none", NULL };
    const struct worker_options options = { .args = args };
    world_prepare(world, schedule, true, "production");
    worker_spawn(&world->worker, &world->scratch, &world->stand, &options);
    json_decref(worker_says(&world->worker,
                            "no journal is kept (--state none): a restart "
                            "forgets"));
    worker_await_generation(&world->worker, 1);
    worker_drain(&world->worker);
    char *journal = scratch_path(&world->scratch, "state/journal.db");
    assert_int_equal(access(journal, F_OK), -1);
    free(journal);
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
        WORLD_TEST(a_script_that_waits_is_cut_off),
        WORLD_TEST(a_script_that_waits_longer_than_the_drain_is_cut_off),
        WORLD_TEST(a_script_that_is_cut_off_with_its_call_is_unknown),
        WORLD_TEST(a_hook_that_waits_is_cut_off),
        WORLD_TEST(a_refused_job_names_the_key),
        WORLD_TEST(a_worker_does_not_call_itself),
        WORLD_TEST(a_second_signal_without_runs_is_a_clean_end),
        WORLD_TEST(an_interrupt_is_told_to_the_shell),
        WORLD_TEST(nothing_outlives_it),
        WORLD_TEST(a_second_worker_leaves_the_token_alone),
        WORLD_TEST(a_folder_is_one_workers),
        WORLD_TEST(a_worker_removes_its_own_token_only),
        WORLD_TEST(a_dry_run_stands_beside_a_worker),
        WORLD_TEST(a_dry_run_needs_neither_key_nor_folder),
        WORLD_TEST(a_worker_without_a_journal_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
