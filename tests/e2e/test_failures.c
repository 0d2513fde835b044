/* Hooks and heartbeats tell of how runs end, and an origin that fails again and
 * again is left alone for a while. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/demo.h"

#include "lives.h"

/* ---- who is told ---- */

#define HOOKS "/api/admin/digest"

static int64_t await_path(const struct world *world, int64_t seq,
                          const char *path)
{
    for (;;) {
        json_t *calls = stand_calls(&world->stand, seq, 1, WORKER_PATIENCE_MS);
        json_t *call = json_array_get(calls, 0);
        bool found = strcmp(text_of(call, "path"), path) == 0;
        seq++;
        json_decref(calls);
        if (found)
            return seq;
    }
}

#define TOLD_MAX 5

/* What the first calls of the hooks said, and of what. */
static void read_hooks(const struct world *world, char told[TOLD_MAX][64])
{
    json_t *calls = stand_calls(&world->stand, 0, 0, 0), *call;
    size_t i, count = 0;
    json_array_foreach(calls, i, call)
    {
        if (count == TOLD_MAX || strcmp(text_of(call, "path"), HOOKS))
            continue;
        json_t *body = json_loads(text_of(call, "body"), 0, NULL);
        snprintf(told[count++], 64, "%s %s", text_of(body, "what"),
                 text_of(body, "err"));
        json_decref(body);
    }
    assert_int_equal(count, TOLD_MAX);
    json_decref(calls);
}

/* A success that follows an alarm is told to two at once. */
static void expect_hooks(const struct world *world)
{
    char told[TOLD_MAX][64];
    read_hooks(world, told);
    size_t success = strcmp(told[2], "success ") ? 3 : 2;
    assert_string_equal(told[0], "failure the backend answered 500");
    assert_string_equal(told[1], "failure the backend answered 500");
    assert_string_equal(told[success], "success ");
    assert_string_equal(told[5 - success], "recover ");
    assert_string_equal(told[4], "success ");
}

static void ends_are_told_as_declared(void **state)
{
    struct world *world = *state;
    char file[2048], allow[96];
    world_prepare(world, "", true, "production");
    unsigned port = backend_port(world->stand.backend);
    snprintf(file, sizeof file,
             "local function tell(what)\n"
             "  return function(ctx, err)\n"
             "    http.post('" HOOKS "',\n"
             "      { json = { what = what, err = err or '' } })\n"
             "  end\n"
             "end\n"
             "job 'rank' { every = '10s', retry = false, alert_after = 2,\n"
             "  on_failure = tell 'failure', on_success = tell 'success',\n"
             "  on_recover = tell 'recover', post = '/api/feed/rank',\n"
             "  heartbeat = 'http://localhost:%u/api/beat' }\n",
             port);
    world_write(world, file);
    snprintf(allow, sizeof allow, "MOONCRON_ALLOW_HOSTS=http://localhost:%u",
             port);
    stand_fault(&world->stand, "/api/feed/rank", "500", 0, 3);
    stand_body(&world->stand, "/api/beat", "{}");
    life_begin(world, instant("2026-11-25T12:08:30Z"), allow);
    int64_t seq = await_path(world, 0, "/api/beat");
    json_t *calls = stand_calls(&world->stand, seq - 1, 1, 0);
    expect_field(json_array_get(calls, 0), "method", "GET");
    expect_field(json_array_get(calls, 0), "user", "");
    json_decref(calls);
    assert_int_equal(calls_of(world, 0, "rank") >= 4, true);
    seq = await_path(world, seq, "/api/beat");
    await_path(world, seq, "/api/beat"); /* by now the hooks have been heard */
    life_ends(world);
    expect_hooks(world);
}

/* Whoever waits for the heartbeat hears of it before it is missed. */
static void what_may_not_be_called_is_told_at_once(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'a' { every = '7d', post = '/api/feed/rank',\n"
                  "  heartbeat = 'https://ping.example/secret' }\n"
                  "job 'b' { every = '7d', put = 'http://other.example/x' }\n",
                  true, "production");
    life_begin(world, instant("2026-11-25T12:08:35Z"),
               "MOONCRON_ALLOW_HOSTS=https://hooks.example");
    json_t *said = worker_says(&world->worker, "W215");
    const char *message = text_of(said, "message");
    assert_null(strstr(message, "secret"));
    assert_non_null(strstr(message, "schedules.lua:1: `heartbeat` of job \"a\" "
                                    "leads to https://ping.example, which may "
                                    "not be called"));
    json_decref(said);
    expect_says(world, "`put` of job \\\"b\\\" leads to http://other.example,");
    life_ends(world);
}

static void a_hook_that_fails_is_named(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'rank' { every = '10s', retry = false,\n"
                  "  on_failure = function() error 'no luck' end,\n"
                  "  post = '/api/feed/rank' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "500", 0, 1);
    life_begin(world, instant("2026-11-25T12:08:35Z"), NULL);
    json_t *said = worker_says(&world->worker, "no luck");
    expect_field(said, "job", "rank");
    expect_field(said, "hook", "on_failure");
    char wanted[80];
    snprintf(wanted, sizeof wanted,
             "on_failure of rank of %s failed: ", text_of(said, "slot"));
    assert_non_null(strstr(text_of(said, "message"), wanted));
    int64_t seq = 0;
    json_t *call = next_call(world, &seq, "rank"); /* it alone fails */
    assert_int_equal(slot_of(call).ms, instant(text_of(said, "slot")).ms);
    json_decref(call);
    json_decref(said);
    life_ends(world);
}

/* ---- an origin that does not answer ---- */

static void expect_failures_before_it_opened(const struct world *world,
                                             unsigned wanted)
{
    char *log = proc_output(world->worker.proc, true);
    const char *end = strstr(log, " cannot be reached (5 failures in a row");
    unsigned count = 0;
    for (const char *at = log; (at = strstr(at, "\"verdict\":\"")); at++)
        count += at < end && (!strncmp(at + 11, "failed", 6) ||
                              !strncmp(at + 11, "unknown", 7));
    if (count != wanted)
        fail_msg("%u failures, not %u:\n%s", count, wanted, log);
    free(log);
}

static void expect_status(const struct world *world, const char *needle)
{
    char url[128];
    snprintf(url, sizeof url, "%s/api/v1/status?job=rank",
             world->worker.origin);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    if (!strstr(answer.body, needle))
        fail_msg("\"%s\" is not in:\n%s", needle, answer.body);
    client_answer_close(&answer);
}

/* A stand-in that ends breaks off what calls it meanwhile, for as long as it
 * takes: who stands still until it has ended finds nobody there at once. */
static void stand_vanishes(struct world *world)
{
    proc_signal(world->worker.proc, SIGSTOP);
    stand_stop(&world->stand);
    proc_signal(world->worker.proc, SIGCONT);
}

static void a_circuit_opens_and_closes(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'rank' { every = '10s', retry = false,\n"
                  "  post = '/api/feed/rank' }\n",
                  true, "production");
    life_begin(world, instant("2026-11-25T12:08:30Z"), NULL);
    world_await_calls(world, "rank", 1);
    uint16_t port = backend_port(world->stand.backend);
    stand_vanishes(world);
    expect_says(world, " cannot be reached (5 failures in a row): its jobs are "
                       "skipped, and it is tried again in ");
    expect_failures_before_it_opened(world, 4); /* and the fifth */
    expect_says(world, "Z: skipped, circuit");
    expect_status(world, "\"circuit\":{\"origin\":\"\",\"trouble\":"
                         "\"unreachable\",\"cause\":\"network\",\"status\":0,");
    stand_start_at(&world->stand, port, true, "production");
    expect_says(world, " answers again");
    world_await_calls(world, "rank", 1);
    life_ends(world);
}

/* What became of a slot that `logs --json` tells of: a letter. */
static char letter_of(const json_t *row)
{
    const char *verdict = text_of(row, "verdict"), *why = text_of(row, "why");
    if (!verdict)
        return 'r'; /* it is being run */
    if (!strcmp(verdict, "failed"))
        return json_integer_value(json_object_get(row, "status")) == 503 ? 'f'
                                                                         : '?';
    if (!strcmp(verdict, "skipped"))
        return why && !strcmp(why, "circuit") ? 's' : '?';
    return verdict[0]; /* ok, or missed by a machine that is busy */
}

/* The letters of all slots of the job, oldest first. */
static void letters_of(const struct world *world, const char *job, size_t max,
                       char *ret)
{
    const char *const logs[] = { "logs", job, "--json", "-n", "1000", NULL };
    char *out, *err;
    int code = worker_command(&world->worker, &world->scratch, &world->stand,
                              logs, &out, &err);
    assert_int_equal(code, 0);
    json_t *json = json_loads(out, 0, NULL);
    const json_t *rows = json_object_get(json, "runs");
    size_t count = json_array_size(rows);
    assert_true(count < max);
    for (size_t i = 0; i < count; i++)
        ret[count - 1 - i] = letter_of(json_array_get(rows, i));
    ret[count] = '\0';
    json_decref(json);
    free(out);
    free(err);
}

/* Five failures open it; then one call after each pause, until one is answered.
 */
static void answers_of_503_open_it(void **state)
{
    struct world *world = *state;
    char letters[1001];
    world_prepare(world,
                  "job 'rank' { every = '2s', retry = false,\n"
                  "  post = '/api/feed/rank' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "503", 0, 0);
    life_begin(world, instant("2026-11-25T12:08:30Z"),
               "MOONCRON_TIME_SCALE=10");
    expect_says(world, " answers with 503 (5 failures in a row): jobs that "
                       "have failed there are skipped for a while, and it is "
                       "tried again in ");
    expect_status(world, "\"circuit\":{\"origin\":\"\",\"trouble\":\"ill\","
                         "\"cause\":\"server\",\"status\":503,");
    expect_says(world, "Z: skipped, circuit");
    stand_calm(&world->stand);
    expect_says(world, " answers again");
    world_await_calls(world, "rank", 2);
    letters_of(world, "rank", sizeof letters, letters);
    life_ends(world);

    char *ok = strchr(letters, 'o'), *skipped = strchr(letters, 's');
    if (!ok || !skipped || skipped > ok || strchr(letters, '?') ||
        strchr(ok, 's') || strchr(ok, 'f'))
        fail_msg("the slots went %s", letters);
    unsigned failed = 0;
    for (const char *at = letters; at < skipped; at++)
        failed += *at == 'f';
    assert_int_equal(failed, 5);
    for (const char *at = skipped; at < ok; at++)
        if (at[0] != 's' && at[0] != 'm' && at[1] != 's' && at[1] != 'm')
            fail_msg("more than one call was let through: %s", letters);
}

/* Its row has the sentence of the attempt that no other followed. */
static void a_run_that_an_open_circuit_ends_keeps_its_failure(void **state)
{
    struct world *world = *state;
    char url[128];
    world_prepare(world,
                  "job 'rank' { cron = '10 * * * *', post = '/api/feed/rank',\n"
                  "  retry = { attempts = 8, backoff = '1s..2s' } }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "500", 0, 0);
    life_begin(world, instant("2026-11-25T12:09:30Z"), NULL);
    expect_says(world, "rank of 2026-11-25T12:10:00Z: failed, the backend "
                       "answered 500; no attempt 6 of 8: the circuit of its "
                       "origin was open");
    snprintf(url, sizeof url, "%s/api/v1/jobs/rank/runs", world->worker.origin);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    assert_non_null(strstr(answer.body, "\"why\":\"circuit\""));
    assert_non_null(
        strstr(answer.body, "\"error\":\"the backend answered 500"));
    client_answer_close(&answer);
    life_ends(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(ends_are_told_as_declared),
        WORLD_TEST(what_may_not_be_called_is_told_at_once),
        WORLD_TEST(a_hook_that_fails_is_named),
        WORLD_TEST(a_circuit_opens_and_closes),
        WORLD_TEST(answers_of_503_open_it),
        WORLD_TEST(a_run_that_an_open_circuit_ends_keeps_its_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
