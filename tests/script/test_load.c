/* Loads: the same file gives the same jobs, and a file that does harm is told
 * of its line. What each mistake looks like is for spec/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

/* Tables with many keys, whose order is another in each Lua state. */
static const char many[] =
    "defaults { headers = { A = '1', B = '2', C = '3', D = '4', E = '5' } }\n"
    "group 'g' { limit = 2 }\n"
    "for i = 1, 50 do\n"
    "  job('j' .. i) { every = '1h', phase = 'auto', group = 'g',\n"
    "    post = '/j/' .. i, query = { q = i, r = 'x', s = true, t = 'y' },\n"
    "    body = { one = i, two = { 'a', 'b' }, three = 3, four = false,\n"
    "             five = 'six', seven = { eight = 8, nine = 9, ten = 10 } },\n"
    "    headers = { F = '6', G = '7', H = '8' } }\n"
    "end\n";

static void the_same_file_is_the_same_schedule(void **state)
{
    (void)state;
    struct play first, again;
    play_open(&first, many);
    play_says(&first, "loaded 50, 0 mistakes\n");
    for (int i = 0; i < 10; i++) {
        play_open(&again, many);
        play_says(&again, "loaded 50, 0 mistakes\n");
        struct jobset_diff diff = jobset_compare(first.set, again.set);
        assert_int_equal(diff.unchanged, 50);
        assert_int_equal(diff.added + diff.changed + diff.removed, 0);
        play_close(&again);
    }
    play_close(&first);
}

/* ---- what is declared of runs ---- */

static struct job job_of(const char *options, struct play *play)
{
    char text[512];
    snprintf(text, sizeof text, "job 'j' { every = '1h', %s }", options);
    play_open(play, text);
    play_says(play, "loaded 1, 0 mistakes\n");
    return *jobset_job(play->set, 0);
}

static void what_is_not_said_is_the_usual(void **state)
{
    (void)state;
    struct play play;
    struct job job = job_of("post = '/a'", &play);
    assert_int_equal(job.overlap, OVERLAP_SKIP);
    assert_int_equal(job.overlap_max, 0);
    assert_int_equal(job.retry.attempts, 3);
    assert_int_equal(job.retry.backoff_ms, 5000);
    assert_int_equal(job.retry.backoff_max_ms, 60000);
    assert_int_equal(job.retry.on, RETRY_ON_USUAL);
    assert_int_equal(job.catch_up.window_ms, 0);
    assert_int_equal(job.catch_up.max, 1);
    assert_false(job.catch_up_said);
    assert_int_equal(job.deadline_ms, 0);
    assert_int_equal(job.min_gap_ms, 0);
    assert_int_equal(job.max_runs, 0);
    assert_int_equal(job.alert_after, 1);
    assert_int_equal(job.on_failure | job.on_success | job.on_recover, 0);
    assert_string_equal(job.heartbeat, "");
    play_close(&play);
}

#define BIT(cause) (1u << CAUSE_##cause)

/* One row: how `retry` is written, below `defaults` or not; what it comes to.
 */
static const struct {
    const char *defaults, *retry;
    struct retry want;
} retries[] = {
    { "", "false", { 1, 5000, 60000, RETRY_ON_USUAL } },
    { "", "1", { 1, 5000, 60000, RETRY_ON_USUAL } },
    { "", "100", { 100, 5000, 60000, RETRY_ON_USUAL } },
    { "", "{}", { 3, 5000, 60000, RETRY_ON_USUAL } },
    { "", "{ attempts = 7 }", { 7, 5000, 60000, RETRY_ON_USUAL } },
    { "", "{ backoff = '2s' }", { 3, 2000, 2000, RETRY_ON_USUAL } },
    { "", "{ backoff = '10ms..24h' }", { 3, 10, 86400000, RETRY_ON_USUAL } },
    { "",
      "{ on = { 'network', 'timeout' } }",
      { 3, 5000, 60000, BIT(NETWORK) | BIT(TIMEOUT) } },
    { "", "{ on = 'denied' }", { 3, 5000, 60000, BIT(DENIED) } },
    { "", "{ on = { 429 } }", { 3, 5000, 60000, BIT(BUSY) } },
    { "", "{ on = { '408', 425 } }", { 3, 5000, 60000, BIT(BUSY) } },
    { "",
      "{ on = { '5xx', 'busy', 'script' } }",
      { 3, 5000, 60000, BIT(SERVER) | BIT(BUSY) | BIT(SCRIPT) } },
    { "retry = { attempts = 5, backoff = '1s..2s' }",
      "nil",
      { 5, 1000, 2000, RETRY_ON_USUAL } },
    { "retry = { attempts = 5, backoff = '1s..2s' }",
      "2",
      { 2, 1000, 2000, RETRY_ON_USUAL } },
    { "retry = { attempts = 5, backoff = '1s..2s' }",
      "{ on = 'busy' }",
      { 5, 1000, 2000, BIT(BUSY) } },
    { "retry = false",
      "{ backoff = '1s..2s' }",
      { 3, 1000, 2000, RETRY_ON_USUAL } },
};

static void retries_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof retries / sizeof *retries; i++) {
        char text[256];
        struct play play;
        snprintf(text, sizeof text,
                 "defaults { %s } job 'j' { every = '1h', post = '/j', retry = "
                 "%s }",
                 retries[i].defaults, retries[i].retry);
        play_open(&play, text);
        play_says(&play, "loaded 1, 0 mistakes\n");
        const struct retry *got = &jobset_job(play.set, 0)->retry;
        const struct retry *want = &retries[i].want;
        if (got->attempts != want->attempts || got->on != want->on ||
            got->backoff_ms != want->backoff_ms ||
            got->backoff_max_ms != want->backoff_max_ms)
            fail_msg("%s: %u %u..%u on %x", text, got->attempts,
                     got->backoff_ms, got->backoff_max_ms, got->on);
        play_close(&play);
    }
}

static const struct {
    const char *catch_up;
    struct catch_up want;
} catch_ups[] = {
    { "false", { 0, 1 } },
    { "'12h'", { 43200000, 1 } },
    { "{ window = '1h' }", { 3600000, 1 } },
    { "{ window = '1h', policy = 'once' }", { 3600000, 1 } },
    { "{ window = '1h', policy = 'all' }", { 3600000, 10 } },
    { "{ window = '366d', policy = 'all', max = 1000 }",
      { CATCH_UP_WINDOW_MS_MAX, 1000 } },
};

static void catch_ups_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof catch_ups / sizeof *catch_ups; i++) {
        char options[128];
        struct play play;
        snprintf(options, sizeof options, "post = '/j', catch_up = %s",
                 catch_ups[i].catch_up);
        struct job job = job_of(options, &play);
        assert_true(job.catch_up_said);
        assert_int_equal(job.catch_up.window_ms, catch_ups[i].want.window_ms);
        assert_int_equal(job.catch_up.max, catch_ups[i].want.max);
        play_close(&play);
    }
}

static void overlaps_and_limits_are_read(void **state)
{
    (void)state;
    struct play play;
    struct job job = job_of("post = '/j', overlap = 'allow'", &play);
    assert_int_equal(job.overlap, OVERLAP_ALLOW);
    assert_int_equal(job.overlap_max, 0);
    play_close(&play);
    job = job_of("post = '/j', overlap = { policy = 'allow', max = 3 }, "
                 "deadline = '10m', min_gap = '1h', max_runs = 9, "
                 "alert_after = 3, heartbeat = 'https://ping.example/a?b=c'",
                 &play);
    assert_int_equal(job.overlap, OVERLAP_ALLOW);
    assert_int_equal(job.overlap_max, 3);
    assert_int_equal(job.deadline_ms, 600000);
    assert_int_equal(job.min_gap_ms, 3600000);
    assert_int_equal(job.max_runs, 9);
    assert_int_equal(job.alert_after, 3);
    assert_string_equal(job.heartbeat, "https://ping.example/a?b=c");
    play_close(&play);
    job = job_of("post = '/j', overlap = 'cancel', deadline = false, "
                 "min_gap = false, on_success = false",
                 &play);
    assert_int_equal(job.overlap, OVERLAP_CANCEL);
    assert_int_equal(job.deadline_ms, 0);
    assert_int_equal(job.min_gap_ms, 0);
    play_close(&play);
}

static const struct {
    const char *work, *origin;
} origins[] = {
    { "post = '/a'", "" },
    { "run = function() end", "" },
    { "get = 'https://Other.Example'", "https://other.example" },
    { "get = 'https://other.example:443/a'", "https://other.example" },
    { "get = 'http://other.example:80?a=b'", "http://other.example" },
    { "get = 'http://other.example:8080/a'", "http://other.example:8080" },
    { "get = 'http://[::1]:4000/a', query = { b = 1 }", "http://[::1]:4000" },
};

static void a_whole_url_has_its_origin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        struct play play;
        job_of(origins[i].work, &play);
        assert_string_equal(jobset_job(play.set, 0)->origin, origins[i].origin);
        play_close(&play);
    }
}

/* One row: a file that does harm while it loads, and what it is told. */
static const struct {
    const char *text, *told;
} harms[] = {
    { "\nwhile true do end", "E150:2: " },
    { "\nwhile true do pcall(error) end", "E150:2: " },
    { "local function f() return 1 + f() end\nf()", "E152:1: " },
    { "local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end",
      "E151:2: " },
    { "local s = ('x'):rep(1 << 40)", ":1: " },
    { "\nos.exit(0)", "E122:2: " },
    { "\nio.write('x')", "E122:2: " },
    { "\nhttp.get('/a')", "E140:2: " },
    { "\nsleep('1s')", "E140:2: " },
    { "\nfail('x')", "E140:2: " },
    { "\nprint('x')", "E140:2: " },
    { "multiplier(function() while true do end end)\n"
      "job 'a' { every = '1h', post = '/a' }",
      "E150:1: " },
    { "setmetatable(_G, { __index = function() end })", "E101:1: " },
    { "string.rep = nil", "E101:1: string.rep cannot be written" },
    { "getmetatable('').__index = nil", "E101:1: " },
    { "rawset(_G, 'job', nil)", "E101:1: rawset: " },
    { "rawset(settings, 'enableJobs', true)", "E101:1: rawset: " },
    { "math.pwo(2, 3)", "E122:1: unknown name `math.pwo`" },
    { "job = nil", "E123:1: " },
    { "\27Lua", "E1" },
};

static void harm_is_told_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct play play;
        play_open(&play, harms[i].text);
        const char *end = strstr(play.said.data, "loaded 0, ");
        if (!end || strstr(play.said.data, ", 0 mistakes"))
            fail_msg("%s: %s", harms[i].text, play.said.data);
        if (!strstr(play.said.data, harms[i].told))
            fail_msg("%s: %s", harms[i].text, play.said.data);
        play_close(&play);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_file_is_the_same_schedule),
        cmocka_unit_test(what_is_not_said_is_the_usual),
        cmocka_unit_test(retries_are_read),
        cmocka_unit_test(catch_ups_are_read),
        cmocka_unit_test(overlaps_and_limits_are_read),
        cmocka_unit_test(a_whole_url_has_its_origin),
        cmocka_unit_test(harm_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
