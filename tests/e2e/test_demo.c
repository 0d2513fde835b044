/* The demonstration shows calls and prints the line that changes Settings; the
 * stand-in serves alone too. */
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

static const char schedule[] =
    "job 'rank' { every = '20m', post = '/api/feed/rank' }\n"
    "job 'beat' { every = '1m', always = true, scale = false,\n"
    "             post = '/api/sync/city-counters' }\n";

static const char *program(char path[300])
{
    snprintf(path, 300, "%s/mooncron", BUILD_DIR);
    return path;
}

/* Starts a verb with nothing in its environment but what is given. */
static struct proc *start(const char *const *args, const char *const *env)
{
    char path[300];
    const char *argv[16] = { program(path) };
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    return proc_start(argv, env);
}

static const char *const bare[] = { "TMPDIR=/tmp", NULL };

/* The part of the printed curl line between two marks; freed by the caller. */
static char *between(const char *line, const char *left, const char *right)
{
    const char *from = strstr(line, left);
    assert_non_null(from);
    from += strlen(left);
    const char *to = strstr(from, right);
    assert_non_null(to);
    return strndup(from, (size_t)(to - from));
}

/* Does what the curl line says, as a reader would. */
static void follow_curl(const char *line)
{
    char *url = between(line, "PATCH ", " ");
    char *key = between(line, "-H '", "'");
    char *body = between(line, "-d '", "'");
    const char *headers[] = { key, "Content-Type: application/json", NULL };
    json_t *said = client_expect(200, "PATCH", url, headers, body);
    int status;
    assert_int_equal(
        json_unpack(said, "{s:{s:i}}", "webhook", "status", &status), 0);
    assert_int_equal(status, 200);
    json_decref(said);
    free(url);
    free(key);
    free(body);
}

static void it_tells_what_happens(void **state)
{
    struct world *world = *state;
    scratch_make(&world->scratch);
    world_write(world, schedule);
    char *file = scratch_path(&world->scratch, "schedules.lua");
    const char *args[] = { "demo", "--speed", "120", file, NULL };
    struct proc *demo = world->worker.proc = start(args, bare);
    size_t cursor = 0;
    char *curl = proc_await(demo, false, &cursor, "curl", WORKER_PATIENCE_MS);
    free(proc_await(demo, false, &cursor, "beat", WORKER_PATIENCE_MS));
    follow_curl(curl);
    free(curl);
    free(proc_await(demo, false, &cursor, "schedule #2", WORKER_PATIENCE_MS));
    free(proc_await(demo, false, &cursor, "beat", WORKER_PATIENCE_MS));
    proc_signal(demo, SIGINT);
    assert_int_equal(proc_exit(demo, WORKER_PATIENCE_MS), 0);
    free(file);
}

static void it_ends_by_itself(void **state)
{
    struct world *world = *state;
    scratch_make(&world->scratch);
    world_write(world, schedule);
    char *file = scratch_path(&world->scratch, "schedules.lua");
    char variable[300];
    snprintf(variable, sizeof variable, "MOONCRON_FILE=%s", file);
    const char *env[] = { "TMPDIR=/tmp", variable, NULL };
    const char *args[] = { "demo", "--seconds", "3", NULL };
    struct proc *demo = world->worker.proc = start(args, env);
    assert_int_equal(proc_exit(demo, WORKER_PATIENCE_MS), 0);
    char *out = proc_output(demo, false);
    assert_non_null(strstr(out, "curl -X PATCH http://127.0.0.1:"));
    assert_non_null(strstr(out, "POST /api/sync/city-counters"));
    free(out);
    free(file);
}

static void a_worker_that_dies_has_last_words(void **state)
{
    struct world *world = *state;
    scratch_make(&world->scratch);
    world_write(world, "job 'rank' { every = 20, post = '/api/feed/rank' }\n");
    char *file = scratch_path(&world->scratch, "schedules.lua");
    const char *args[] = { "demo", "--seconds", "20", file, NULL };
    struct proc *demo = world->worker.proc = start(args, bare);
    assert_int_equal(proc_exit(demo, WORKER_PATIENCE_MS), 78);
    char *err = proc_output(demo, true);
    assert_non_null(strstr(err, "\nerror[E110]: `every = 20` has no unit"));
    assert_non_null(strstr(err, "\n1 | job 'rank'"));
    assert_null(strstr(err, "{\"time\""));
    assert_non_null(strstr(err, "the worker ended with exit code 78"));
    free(err);
    free(file);
}

static void the_stand_in_serves_alone(void **state)
{
    struct world *world = *state;
    static const char *const args[] = { "backend", "--listen", "127.0.0.1:0",
                                        NULL };
    static const char *const env[] = { "WORKER_API_KEY=a-key-of-the-tests",
                                       NULL };
    struct proc *backend = world->worker.proc = start(args, env);
    size_t cursor = 0;
    char *line = proc_await(backend, false, &cursor, "listening on http://",
                            WORKER_PATIENCE_MS);
    char url[128];
    snprintf(url, sizeof url, "%s/api/settings",
             line + strlen("listening on "));
    free(line);
    const char *headers[] = { "x-api-key: a-key-of-the-tests", NULL };
    json_decref(client_expect(200, "GET", url, headers, NULL));
    proc_signal(backend, SIGTERM);
    assert_int_equal(proc_exit(backend, WORKER_PATIENCE_MS), 0);
}

/* Neither of the two that serve, at a port that the first one has. */
static void a_taken_port_is_named(void **state)
{
    struct world *world = *state;
    stand_start(&world->stand, true, "production");
    char port[16], listen[64], says[128];
    snprintf(port, sizeof port, "%u", backend_port(world->stand.backend));
    snprintf(listen, sizeof listen, "127.0.0.1:%s", port);
    snprintf(says, sizeof says, "cannot listen on %s: Address already in use",
             listen);
    static const char *const env[] = { "WORKER_API_KEY=a-key-of-the-tests",
                                       "TMPDIR=/tmp", NULL };
    const char *const verbs[][4] = { { "demo", "--port", port },
                                     { "backend", "--listen", listen } };
    for (size_t i = 0; i < 2; i++) {
        struct proc *second = start(verbs[i], env);
        assert_int_equal(proc_exit(second, WORKER_PATIENCE_MS), 69);
        char *err = proc_output(second, true);
        if (!strstr(err, says))
            fail_msg("not a word of \"%s\" in: %s", says, err);
        free(err);
        proc_free(second);
    }
}

static void without_a_key_it_does_not_serve(void **state)
{
    struct world *world = *state;
    static const char *const args[] = { "backend", "--listen", "127.0.0.1:0",
                                        NULL };
    struct proc *backend = world->worker.proc = start(args, bare);
    assert_int_equal(proc_exit(backend, WORKER_PATIENCE_MS), 78);
    char *err = proc_output(backend, true);
    assert_non_null(strstr(err, "WORKER_API_KEY is not set"));
    free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(it_tells_what_happens),
        WORLD_TEST(it_ends_by_itself),
        WORLD_TEST(a_worker_that_dies_has_last_words),
        WORLD_TEST(the_stand_in_serves_alone),
        WORLD_TEST(without_a_key_it_does_not_serve),
        WORLD_TEST(a_taken_port_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
