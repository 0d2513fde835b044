/* Scripts that do harm: their run, or their load, fails, and every other job
 * fires on time. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/text.h"

#include "world.h"

/* Where hooks are blind a host lives for five seconds, which are a minute at
 * this scale; the others fire meanwhile, each two and a half. A machine that
 * stands still for as long would lose one of their slots, and rightly. The
 * script's own comes each ten seconds, and the first soon after the start. */
static const char *const slowly[] = {
    "MOONCRON_TIME_SCALE=12", "MOONCRON_TIME_START=2026-11-25T12:01:40Z", NULL
};
static const struct worker_options options = { .env = slowly };

#define NO_YIELD "R302: the script did not yield for "

/* One row: the body of a scripted job, and what is said of its run. */
static const struct {
    const char *what, *body, *says;
} scripts[] = {
    { "loops", "while true do end", "schedules.lua:2: " NO_YIELD "2 s" },
    { "loops in pcall", "while true do pcall(error) end", NO_YIELD "2 s" },
    { "loops where hooks are blind",
      "local s = ('a'):rep(40); s:find(('a?'):rep(40) .. s)",
      NO_YIELD "5 s (" },
    { "eats memory",
      "local t, x = {}, ('x'):rep(1 << 20)\n"
      "    for i = 1, 1e9 do t[i] = x:rep(32) end",
      "256 MB" },
    { "makes a huge string", "local s = ('x'):rep(1 << 40)", "" },
    { "recurses", "local function f() return 1 + f() end; f()",
      "stack overflow" },
    { "exits", "os.exit(0)", "os.exit" },
    { "raises", "error('on purpose')", "schedules.lua:2: on purpose" },
    { "raises nothing", "error(nil)", "nil" },
    { "fails", "fail('on purpose')", "on purpose" },
};

static void world_of_script(struct world *world, const char *body)
{
    struct text file;
    text_init(&file, 8192);
    text_printf(
        &file,
        "job 'hostile' { every = '2m', timeout = '10m', retry = false,\n"
        "  run = function(ctx) %s end }\n"
        "job 'talks' { every = '30s', overlap = 'allow',\n"
        "  run = function(ctx)\n"
        "    http.post('/api/feed/rank', { json = { a = 1 } })\n"
        "  end }\n"
        "job 'beat' { every = '30s', overlap = 'allow',\n"
        "  post = '/api/sync/city-counters' }\n",
        body);
    world_open(world, file.data, true, "production", &options);
    text_close(&file);
}

/* None is lost: each slot is thirty seconds after the one before. */
static void check_beats(const struct world *world)
{
    json_t *calls = stand_calls(&world->stand, 0, 1, 0);
    int64_t last_ms = 0;
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        const char *job, *slot;
        assert_int_equal(json_unpack(call, "{s:s, s:s}", "job", &job,
                                     "scheduledTime", &slot),
                         0);
        struct wall at;
        if (strcmp(job, "beat") != 0 || !rfc3339_parse(slot, strlen(slot), &at))
            continue;
        assert_true(last_ms == 0 || at.ms - last_ms == 30000);
        last_ms = at.ms;
    }
    assert_true(last_ms != 0);
    json_decref(calls);
}

static bool is_failure(const json_t *line)
{
    const char *verdict = json_string_value(json_object_get(line, "verdict"));
    return verdict && strcmp(verdict, "failed") == 0;
}

static void await_failure(struct world *world, const char *says)
{
    for (;;) {
        json_t *line = worker_says(&world->worker, "hostile");
        bool failed = is_failure(line);
        const char *message =
            json_string_value(json_object_get(line, "message"));
        if (failed && !strstr(message, says))
            fail_msg("not a word of \"%s\" in: %s", says, message);
        json_decref(line);
        if (failed)
            return;
    }
}

static void a_hostile_script_harms_itself_only(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        world_of_script(world, scripts[i].body);
        await_failure(world, scripts[i].says);
        int64_t seq = stand_last(&world->stand);
        stand_await_job(&world->stand, seq, "beat", WORKER_PATIENCE_MS);
        /* There is a host again. */
        stand_await_job(&world->stand, seq, "talks", WORKER_PATIENCE_MS);
        assert_true(proc_alive(world->worker.proc));
        worker_drain(&world->worker);
        check_beats(world);
        worker_free(&world->worker);
        stand_stop(&world->stand);
        scratch_remove(&world->scratch);
    }
}

/* Its host is killed under a run that did nothing wrong: that one says so. */
static void the_innocent_are_told_who_was_at_work(void **state)
{
    struct world *world = *state;
    world_of_script(world,
                    "local s = ('a'):rep(40); s:find(('a?'):rep(40) .. s)");
    json_t *line = worker_says(&world->worker, "ended with another run");
    const char *job = json_string_value(json_object_get(line, "job"));
    assert_string_equal(job, "talks");
    json_decref(line);
    await_failure(world, NO_YIELD "5 s (");
    worker_drain(&world->worker);
}

/* A file without functions leaves no host, some moments after its load. */
static void await_no_host(const struct world *world)
{
    for (int beats = 0; beats < 20; beats++) {
        world_await_calls(world, "beat", 1);
        if (!footprint_of(proc_pid(world->worker.proc)).children)
            return;
    }
    fail_msg("a host is left");
}

/* No hook sees it, so the file's own budget does not end it. */
static void a_load_that_hangs_is_killed(void **state)
{
    struct world *world = *state;
    static const char *const env[] = { "MOONCRON_LOAD_TIMEOUT=2s", NULL };
    const struct worker_options patient = { .env = env };
    world_open(world,
               "job 'beat' { every = '30s',\n"
               "  post = '/api/sync/city-counters' }\n",
               true, "production", &patient);
    await_no_host(world);
    world_write(world, "\ntable.move({}, 1, 1e15, 2)\n");
    proc_signal(world->worker.proc, SIGHUP);
    json_t *line = worker_says(&world->worker, "E150");
    const char *block = json_string_value(json_object_get(line, "block"));
    assert_non_null(block);
    assert_non_null(strstr(block, "schedules.lua:2\n"));
    assert_non_null(strstr(block, "2 | table.move("));
    json_decref(line);
    await_no_host(world);
    worker_drain(&world->worker);
}

/* print() is a line of the log; the worker's own standard output is nobody's,
 * and the host's leads nowhere. */
static void what_a_script_prints_is_logged(void **state)
{
    struct world *world = *state;
    world_open(world,
               "job 'talks' { every = '30s', run = function(ctx)\n"
               "  print('heard', 1) http.post('/api/feed/rank') end }\n",
               true, "production", NULL);
    json_t *line = worker_says(&world->worker, "heard");
    assert_string_equal(json_string_value(json_object_get(line, "component")),
                        "script");
    assert_string_equal(json_string_value(json_object_get(line, "job")),
                        "talks");
    json_decref(line);
    world_await_calls(world, "talks", 2);
    worker_drain(&world->worker);
    char *out = proc_output(world->worker.proc, false);
    assert_string_equal(out, "");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_hostile_script_harms_itself_only),
        WORLD_TEST(a_load_that_hangs_is_killed),
        WORLD_TEST(the_innocent_are_told_who_was_at_work),
        WORLD_TEST(what_a_script_prints_is_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
