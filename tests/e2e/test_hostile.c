/* Scripts that do harm while they run: their run fails, and every other job
 * fires on time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/text.h"

#include "world.h"

/* Where hooks are blind a host lives for five seconds, which are two and a
 * half minutes at this scale; the others fire meanwhile. */
static const char *const half_minutes[] = { "MOONCRON_TIME_SCALE=30", NULL };
static const struct worker_options options = { .env = half_minutes };

/* One row: the body of a scripted job. */
static const struct {
    const char *what, *body;
} scripts[] = {
    { "loops", "while true do end" },
    { "loops in pcall", "while true do pcall(error) end" },
    { "loops where hooks are blind",
      "local s = ('a'):rep(28); s:find(('a?'):rep(28) .. ('a'):rep(28))" },
    { "eats memory", "local t = {}; for i = 1, 1e9 do t[i] = { i } end" },
    { "makes a huge string", "local s = ('x'):rep(1 << 40)" },
    { "recurses", "local function f() return 1 + f() end; f()" },
    { "exits", "os.exit(0)" },
    { "raises", "error('on purpose')" },
    { "raises nothing", "error(nil)" },
    { "fails", "fail('on purpose')" },
};

static void world_of_script(struct world *world, const char *body)
{
    struct text file;
    text_init(&file, 8192);
    text_printf(&file,
                "job 'hostile' { every = '2m', timeout = '2m',\n"
                "  run = function(ctx) %s end }\n"
                "job 'talks' { every = '30s', overlap = 'allow',\n"
                "  run = function(ctx)\n"
                "    http.post('/api/feed/rank', { json = { a = 1 } })\n"
                "  end }\n"
                "job 'beat' { every = '30s',\n"
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

static void await_failure(struct world *world)
{
    for (;;) {
        json_t *line = worker_says(&world->worker, "hostile");
        bool failed = is_failure(line);
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
        await_failure(world);
        world_await_calls(world, "beat", 1);
        world_await_calls(world, "talks", 1); /* there is a host again */
        assert_true(proc_alive(world->worker.proc));
        worker_drain(&world->worker);
        check_beats(world);
        worker_free(&world->worker);
        stand_stop(&world->stand);
        scratch_remove(&world->scratch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_hostile_script_harms_itself_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
