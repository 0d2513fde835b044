/* Runs of scripted jobs: what they ask for, what wakes them, how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

static void a_run_calls_sleeps_and_ends(void **state)
{
    (void)state;
    struct play play;
    play_open_run(&play, "local a = http.post('/a', { json = { n = 1 } }) "
                         "sleep('10s') "
                         "log.info('got', { left = a.json.left }) "
                         "http.get('/b', { timeout = '5s', "
                         "  query = { q = 'x y' }, headers = { X = 'y' } })");
    play_start(&play, 7);
    play_says(&play, "request 7: POST /a {\"n\":1} (30000 ms)\n");
    play_answer(&play, 7, 200, "{\"left\":3}");
    play_says(&play, "sleep 7: 10000 ms\n");
    play_wake(&play, 7);
    play_says(&play, "log 7: info got {\"left\":3}\n"
                     "request 7: GET /b?q=x%20y  (5000 ms)\nX: y\n");
    play_answer(&play, 7, 204, "");
    play_says(&play, "ended 7: ok\n");
    play_close(&play);
}

static void ctx_tells_of_the_run(void **state)
{
    (void)state;
    struct play play;
    play_open_run(&play, "print(ctx.job, ctx.run_id, ctx.trigger, "
                         "ctx.scheduled_at, ctx.attempt, "
                         "ctx.settings.pageSize)");
    play_start(&play, 1);
    play_says(&play, "log 1: info j r-1 schedule 2026-11-23T14:00:00Z 1 50 \n"
                     "ended 1: ok\n");
    play_close(&play);
}

static void ctx_tells_a_retry_from_what_began_the_run(void **state)
{
    (void)state;
    static const struct {
        const char *trigger;
        uint32_t attempt;
        const char *said;
    } rows[] = {
        { "schedule", 1, "schedule 1" }, { "catch_up", 1, "catch_up 1" },
        { "manual", 1, "manual 1" },     { "backfill", 1, "backfill 1" },
        { "schedule", 2, "retry 2" },    { "manual", 3, "retry 3" },
    };
    struct play play;
    play_open_run(&play, "print(ctx.trigger, ctx.attempt)");
    const uint32_t function = jobset_job(play.set, 0)->function;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[96];
        play_call(&play, 1, function, rows[i].trigger, rows[i].attempt, "");
        snprintf(expected, sizeof expected, "log 1: info %s \nended 1: ok\n",
                 rows[i].said);
        play_says(&play, expected);
    }
    play_close(&play);
}

/* Its job need not be scripted; what it does, it does as a run does. */
static void a_hook_is_told_what_was_wrong(void **state)
{
    (void)state;
    struct play play;
    play_open(&play,
              "local function tell(ctx, err)\n"
              "  print(ctx.job, ctx.attempt, err)\n"
              "  http.post('/pager', { json = { text = err or 'fine' } })\n"
              "end\n"
              "defaults { on_failure = tell, on_recover = tell }\n"
              "job 'j' { every = '1h', post = '/j' }\n"
              "job 'k' { every = '1h', post = '/k', on_failure = false,\n"
              "  on_success = function(ctx, err) assert(err == nil) end }\n");
    play_says(&play, "loaded 2, 0 mistakes\n");
    assert_true(jobset_scripted(play.set));
    const struct job *j = jobset_job(play.set, 0), *k = jobset_job(play.set, 1);
    assert_int_equal(j->on_success, 0);
    assert_int_equal(k->on_failure, 0);
    assert_int_equal(k->on_recover, j->on_recover);
    play_call(&play, 1, j->on_failure, "schedule", 3, "POST /j answered 503");
    play_says(&play, "log 1: info j 3 POST /j answered 503 \n"
                     "request 1: POST /pager {\"text\":\"POST /j answered "
                     "503\"} (30000 ms)\n");
    play_answer(&play, 1, 200, "");
    play_says(&play, "ended 1: ok\n");
    play_call(&play, 2, j->on_recover, "schedule", 1, "");
    play_says(&play, "log 2: info j 1 nil \n"
                     "request 2: POST /pager {\"text\":\"fine\"} (30000 ms)\n");
    play_call(&play, 3, k->on_success, "schedule", 1, "");
    play_says(&play, "ended 3: ok\n");
    play_close(&play);
}

/* One row: a body, what answers its one call, how the run ends. */
static const struct {
    const char *body;
    uint32_t status;
    const char *answer, *end;
} ends[] = {
    { "http.get('/a')", 200, "{\"success\":true}", "ok" },
    { "http.get('/a')", 200, "no JSON", "ok" },
    { "http.get('/a')", 500, "", "failed, FILE:1: http.get /a answered 500" },
    { "http.get('/a')", 404, "", "failed, FILE:1: http.get /a answered 404" },
    { "http.get('/a')", 200, "{\"success\":false}",
      "failed, FILE:1: http.get /a answered 200 with success: false" },
    { "local r = http.get('/a', { check = false }) assert(r.status == 500)",
      500, "", "ok" },
    { "local r = http.get('/a') assert(r.json == nil and r.text == '<p>')", 200,
      "<p>", "ok" },
    { "local r = http.get('/a') assert(r.took_ms == 12 and r.ok)", 200, "",
      "ok" },
    { "local r = http.get('/a') "
      "assert(r.headers['content-type'] == 'application/json')",
      200, "", "ok" },
    { "local r = http.get('/a') local s = r.stats", 200, "",
      "failed, FILE:1: an answer has no field `stats`: it has status ok "
      "headers text json took_ms" },
    { "local ok, why = pcall(http.get, '/a') assert(not ok) fail('no luck')",
      503, "", "failed, no luck" },
};

static void the_answer_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct play play;
        char expected[256];
        play_open_run(&play, ends[i].body);
        play_start(&play, 1);
        play_says(&play, "request 1: GET /a  (30000 ms)\n");
        play_answer(&play, 1, ends[i].status, ends[i].answer);
        snprintf(expected, sizeof expected, "ended 1: %s\n", ends[i].end);
        play_says(&play, expected);
        play_close(&play);
    }
}

static void no_answer_raises_or_is_told(void **state)
{
    (void)state;
    struct play play;
    play_open_run(&play, "http.get('/a')");
    play_start(&play, 1);
    play_mentions(&play, "request 1");
    play_fault(&play, 1, "the connection was refused", "refused");
    play_says(&play, "ended 1: failed, FILE:1: http.get /a: the connection was "
                     "refused\n");
    play_close(&play);

    play_open_run(&play, "local r, why, code = http.get('/a', "
                         "{ check = false }) print(r, why, code)");
    play_start(&play, 2);
    play_mentions(&play, "request 2");
    play_fault(&play, 2, "no answer in 30 s", "timeout");
    play_says(&play, "log 2: info nil no answer in 30 s timeout \n"
                     "ended 2: ok\n");
    play_close(&play);
}

/* One row: a body that never gets as far as a request. What hooks do not see
 * is for tests/e2e/test_hostile.c: there the daemon ends the process. */
static const struct {
    const char *body, *end;
} failures[] = {
    { "error('boom')", "FILE:1: boom" },
    { "error({})", "FILE:1: " },
    { "fail('on purpose')", "on purpose" },
    { "local x = nil; x.y = 1", "FILE:1: attempt to index a nil value" },
    { "sleep(10)", "FILE:1: sleep takes a duration such as \"10s\"" },
    { "sleep('-1s')", "FILE:1: sleep takes a duration" },
    { "http.get('a')", "FILE:1: http.get: the path " },
    { "http.get(nil)", "FILE:1: http.get: the path " },
    { "http.get('/a', 5)", "FILE:1: http.get: the options must be a table" },
    { "http.get('/a', { tiemout = '5s' })",
      "FILE:1: http.get: `tiemout` is no option" },
    { "http.get('/a', { timeout = 5 })",
      "FILE:1: http.get: `timeout` must be a duration" },
    { "http.post('/a', { json = { print } })", "FILE:1: http.post: `json` " },
    { "http.post('/a', { headers = { ['a\\nb'] = 'c' } })",
      "FILE:1: http.post: `headers` " },
    { "coroutine.wrap(function() sleep('1s') end)()",
      "sleep cannot be called inside a coroutine" },
    { "coroutine.yield()", "coroutine.yield was called outside" },
    { "job 'k' { every = '1h', post = '/k' }", "" },
    { "while true do end", "FILE:1: R302: the script did not yield for 2 s" },
    { "while true do pcall(error) end", "R302: the script did not yield" },
    { "local function f() return 1 + f() end f()", "stack overflow" },
    { "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end",
      "256 MB" },
    { "local s = ('x'):rep(1 << 40)", "" },
};

static void a_failure_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct play play;
        play_open_run(&play, failures[i].body);
        play_start(&play, 1);
        const char *said = play.said.data;
        if (strncmp(said, "ended 1: failed, ", 17) != 0)
            fail_msg("%s: %s", failures[i].body, said);
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
        play_mentions(&play, failures[i].end);
        play_start(&play, 2); /* the host goes on */
        play_mentions(&play, "ended 2: failed");
        play_close(&play);
    }
}

static void runs_do_not_mix(void **state)
{
    (void)state;
    struct play play;
    play_open_run(&play, "local r = http.get('/a') print(r.text)");
    for (uint64_t run = 1; run <= 3; run++)
        play_start(&play, run);
    play_says(&play, "request 1: GET /a  (30000 ms)\n"
                     "request 2: GET /a  (30000 ms)\n"
                     "request 3: GET /a  (30000 ms)\n");
    play_answer(&play, 2, 200, "two");
    play_says(&play, "log 2: info two \nended 2: ok\n");
    play_answer(&play, 3, 200, "three");
    play_answer(&play, 1, 200, "one");
    play_says(&play, "log 3: info three \nended 3: ok\n"
                     "log 1: info one \nended 1: ok\n");
    play_close(&play);
}

static void what_nobody_waits_for_is_dropped(void **state)
{
    (void)state;
    struct play play;
    play_open_run(&play, "sleep('1s') http.get('/a')");
    play_wake(&play, 1);
    play_answer(&play, 1, 200, "");
    play_cancel(&play, 1);
    play_says(&play, "");
    play_start(&play, 1);
    play_mentions(&play, "sleep 1");
    play_answer(&play, 1, 200, ""); /* it sleeps */
    play_says(&play, "");
    play_wake(&play, 1);
    play_mentions(&play, "request 1");
    play_wake(&play, 1); /* it waits for an answer */
    play_says(&play, "");
    play_answer(&play, 1, 200, "");
    play_says(&play, "ended 1: ok\n");
    play_answer(&play, 1, 200, "");
    play_says(&play, "");
    play_close(&play);
}

static void a_cancelled_run_closes_what_it_opened(void **state)
{
    (void)state;
    struct play play;
    play_open_run(&play, "local lock <close> = setmetatable({}, "
                         "{ __close = function() log.warn('closed') end }) "
                         "pcall(sleep, '1h') http.get('/never')");
    play_start(&play, 1);
    play_mentions(&play, "sleep 1");
    play_cancel(&play, 1);
    play_mentions(&play, "ended 1: failed, cancelled\n");
    play_wake(&play, 1);
    play_says(&play, "");
    play_close(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_calls_sleeps_and_ends),
        cmocka_unit_test(ctx_tells_of_the_run),
        cmocka_unit_test(ctx_tells_a_retry_from_what_began_the_run),
        cmocka_unit_test(a_hook_is_told_what_was_wrong),
        cmocka_unit_test(the_answer_decides),
        cmocka_unit_test(no_answer_raises_or_is_told),
        cmocka_unit_test(a_failure_has_its_place),
        cmocka_unit_test(runs_do_not_mix),
        cmocka_unit_test(what_nobody_waits_for_is_dropped),
        cmocka_unit_test(a_cancelled_run_closes_what_it_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
