/* A run has as many attempts as its job allows and its origin asks for; what
 * was accepted is asked for until it is done, and why a run ends is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/text.h"

#include "lives.h"
#include "testserver.h"

/* ---- what fails is tried again ---- */

static void what_may_be_mended_is_tried_again(void **state)
{
    struct world *world = *state;
    char attempt[2] = "1", wanted[256], slot[RFC3339_TEXT_MAX] = "";
    int64_t seq = 0;
    world_prepare(world,
                  "defaults { retry = { attempts = 3, backoff = '1s' } }\n"
                  "job 'rank' { every = '10m', post = '/api/feed/rank' }\n"
                  "job 'gone' { every = '10m', post = '/api/feed/flush' }\n"
                  "job 'no' { every = '10m', post = '/api/feed/aggregate' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "500", 0, 2);
    stand_fault(&world->stand, "/api/feed/flush", "404", 0, 0);
    stand_body(&world->stand, "/api/feed/aggregate",
               "{\"success\":false,\"error\":\"no city\"}");
    life_begin(world, instant("2026-11-25T12:08:30Z"), NULL);
    for (; *attempt <= '3'; ++*attempt) {
        json_t *call = next_call(world, &seq, "rank");
        if (!*slot)
            rfc3339_format(slot_of(call), 0, slot);
        expect_field(call, "attempt", attempt);
        expect_field(call, "epoch", "1");
        expect_key(call, "rank", instant(slot));
        json_decref(call);
    }
    life_ends(world);
    snprintf(wanted, sizeof wanted, "%s: schedule ok, attempt 3, epoch 1\n",
             slot);
    expect_journal(world, "rank", wanted);
    snprintf(wanted, sizeof wanted,
             "%s: schedule failed, attempt 1, epoch 1, final\n", slot);
    expect_journal(world, "gone", wanted);
    snprintf(wanted, sizeof wanted,
             "%s: schedule failed, attempt 1, epoch 1, retry_on\n", slot);
    expect_journal(world, "no", wanted);
    assert_int_equal(calls_of(world, 0, "gone"), 1);
    assert_int_equal(calls_of(world, 0, "no"), 1);
}

/* ---- an origin that asks for patience ---- */

#define ANSWER(head) "HTTP/1.1 " head "\r\nContent-Length: 0\r\n\r\n"
static const struct testserver_line patient[] = {
    { "/busy", TESTSERVER_SAY, ANSWER("503 Busy\r\nRetry-After: 20"), 0 },
    { "/later", TESTSERVER_SAY, ANSWER("503 Busy\r\nRetry-After: 300"), 0 },
    { "/begin", TESTSERVER_SAY, ANSWER("202 Begun\r\nLocation: /one"), 0 },
    { "/one", TESTSERVER_SAY,
      ANSWER("202 Going on\r\nLocation: two\r\nRetry-After: 2"), 0 },
    { "/two", TESTSERVER_SAY, ANSWER("200 Done"), 0 },
    { "/never", TESTSERVER_SAY, ANSWER("202 Begun\r\nLocation: /never"), 0 },
    { NULL, TESTSERVER_SAY, NULL, 0 },
};

struct elsewhere {
    struct testserver *server;
    char origin[64], allow[96];
};

static void elsewhere_open(struct elsewhere *elsewhere)
{
    elsewhere->server = testserver_new(patient);
    snprintf(elsewhere->origin, sizeof elsewhere->origin, "http://127.0.0.1:%u",
             testserver_port(elsewhere->server));
    snprintf(elsewhere->allow, sizeof elsewhere->allow,
             "MOONCRON_ALLOW_HOSTS=%s", elsewhere->origin);
}

/* A job of this name, which calls what is named like it. */
static void put_job(struct text *file, const struct elsewhere *elsewhere,
                    const char *name, const char *options)
{
    text_printf(file, "job '%s' { every = '10m', post = '%s/%s', %s }\n", name,
                elsewhere->origin, name, options);
}

/* How many requests begin with `line`; each of them must hold all `says`. */
static unsigned heard(const struct elsewhere *elsewhere, const char *line,
                      const char *const *says)
{
    unsigned count = 0;
    for (unsigned i = 0; i < testserver_heard(elsewhere->server); i++) {
        char *request = testserver_request(elsewhere->server, i);
        bool ours = strncmp(request, line, strlen(line)) == 0;
        for (size_t n = 0; ours && says && says[n]; n++)
            if (!strstr(request, says[n]))
                fail_msg("no %s in %s", says[n], request);
        count += ours;
        free(request);
    }
    return count;
}

static void an_origin_is_waited_for(void **state)
{
    struct world *world = *state;
    struct elsewhere elsewhere;
    struct text file;
    elsewhere_open(&elsewhere);
    text_init(&file, 4096);
    put_job(&file, &elsewhere, "begin", "retry = false");
    put_job(&file, &elsewhere, "busy",
            "retry = { attempts = 2, "
            "backoff = '1s' }");
    put_job(&file, &elsewhere, "never", "retry = false, deadline = '30s'");
    world_prepare(world, file.data, true, "production");
    text_close(&file);
    life_begin(world, instant("2026-11-25T12:08:30Z"), elsewhere.allow);
    expect_says(world, "attempt 1 of 2 failed, the backend answered 503; "
                       "the next in 20.000 s");
    expect_says(world, "Z: failed, the backend answered 503");
    json_t *line = worker_says(&world->worker, ": unknown, deadline");
    char key[256], wanted[256], slot[RFC3339_TEXT_MAX];
    snprintf(slot, sizeof slot, "%s", text_of(line, "slot"));
    json_decref(line);
    life_ends(world);

    const char *const says[] = { key, "X-Mooncron-Attempt: 1\r\n", NULL };
    snprintf(key, sizeof key, "Idempotency-Key: begin/%s\r\n", slot);
    assert_int_equal(heard(&elsewhere, "POST /begin ", says), 1);
    assert_int_equal(heard(&elsewhere, "GET /one ", says), 1);
    assert_int_equal(heard(&elsewhere, "GET /two ", says), 1);
    assert_int_equal(heard(&elsewhere, "POST /busy ", NULL), 2);
    assert_int_equal(heard(&elsewhere, "POST /never ", NULL), 1);
    assert_true(heard(&elsewhere, "GET /never ", NULL) > 1);
    snprintf(wanted, sizeof wanted, "%s: schedule ok, attempt 1, epoch 1\n",
             slot);
    expect_journal(world, "begin", wanted);
    snprintf(wanted, sizeof wanted,
             "%s: schedule unknown, attempt 1, epoch 1, deadline\n", slot);
    expect_journal(world, "never", wanted);
    testserver_free(elsewhere.server);
}

static void expect_told(const struct world *world, const char *verb,
                        const char *job, const char *option, const char *needle)
{
    const char *const args[] = { verb, job, option, NULL };
    free(world_says(world, 0, needle, args));
}

/* How often the log says it. */
static unsigned said(const struct world *world, const char *needle)
{
    char *log = proc_output(world->worker.proc, true);
    unsigned count = 0;
    for (const char *at = log; (at = strstr(at, needle)); at++)
        count++;
    free(log);
    return count;
}

/* While it goes on elsewhere that is told, and no question is. */
static void what_was_accepted_is_told(void **state)
{
    static const char *const trigger[] = { "trigger", "never", "--force",
                                           "--wait", NULL };
    struct world *world = *state;
    struct elsewhere elsewhere;
    struct text file;
    elsewhere_open(&elsewhere);
    text_init(&file, 4096);
    put_job(&file, &elsewhere, "never", "retry = 3, deadline = '2h'");
    text_printf(&file,
                "job 'short' { every = '10m', phase = '5m', retry = false,\n"
                "  deadline = '30s', post = '%s/never' }\n",
                elsewhere.origin);
    world_prepare(world, file.data, true, "production");
    text_close(&file);
    life_begin(world, instant("2026-11-25T12:09:30Z"), elsewhere.allow);
    json_t *line =
        worker_says(&world->worker, "never of 2026-11-25T12:10:00Z: accepted; "
                                    "whether it is done is asked until ");
    expect_field(line, "event", "accepted");
    assert_non_null(strstr(text_of(line, "until"), "2026-11-25T14:10:0"));
    json_decref(line);
    expect_told(world, "status", "never", "-q",
                ", attempt 1/3\n  accepted Wed 2026-11-25 12:1");
    expect_told(world, "status", "never", "-q",
                ", and asked for until Wed 2026-11-25 14:10:0");
    expect_told(world, "status", "never", "--json",
                "\"accepted\":\"2026-11-25T");
    expect_told(world, "status", "-q", NULL, "  accepted 1/3  ");
    expect_told(world, "logs", "never", "-q", "  accepted  ");
    expect_told(world, "logs", "never", "--json",
                "\"asked_until\":\"2026-11-25T14:10:0");
    expect_told(world, "why", "never", "-q",
                ", attempt 1 of 3, which the backend accepted Wed 2026-11-25 ");
    struct proc *follower = worker_command_start(
        &world->worker, &world->scratch, &world->stand, trigger);
    size_t cursor = 0;
    free(proc_await(follower, false, &cursor, "attempt 1/3  accepted after ",
                    WORKER_PATIENCE_MS));
    proc_free(follower);
    expect_says(world, "short of 2026-11-25T12:15:00Z: unknown, deadline");
    assert_true(heard(&elsewhere, "GET /never ", NULL) > 5);
    assert_int_equal(said(world, "never of 2026-11-25T12:10:00Z: accepted; "),
                     1);
    assert_int_equal(said(world, "short of 2026-11-25T12:15:00Z: accepted; "),
                     1);
    life_is_cut(world);
    testserver_free(elsewhere.server);
}

/* A run with attempts left ends: why none followed is told, after a kill, too.
 */
static void what_is_given_up_says_why(void **state)
{
    static const char slot[] = "; no attempt 2 of 3: the next slot would come "
                               "before it";
    static const char time[] = "; no attempt 2 of 2: the deadline would come "
                               "before it";
    struct world *world = *state;
    struct elsewhere elsewhere;
    struct text file;
    elsewhere_open(&elsewhere);
    text_init(&file, 4096);
    text_printf(&file,
                "job 'later' { every = '5m', post = '%s/later', retry = 3 }\n",
                elsewhere.origin);
    put_job(&file, &elsewhere, "busy", "retry = 2, deadline = '20s'");
    world_prepare(world, file.data, true, "production");
    text_close(&file);
    life_begin(world, instant("2026-11-25T12:09:30Z"), elsewhere.allow);
    json_t *line = worker_says(&world->worker, time);
    expect_field(line, "why", "no_time");
    json_decref(line);
    expect_says(world, "later of 2026-11-25T12:15:00Z: failed, the backend "
                       "answered 503; no attempt 2 of 3: the next slot would "
                       "come before it");
    expect_told(world, "status", "later", "-q",
                ": the backend answered 503; no attempt 2: the next slot would "
                "come before it");
    life_is_cut(world);
    life_begin(world, instant("2026-11-25T12:16:00Z"), elsewhere.allow);
    expect_told(world, "logs", "busy", "-q",
                "  the backend answered 503; no attempt 2: the deadline would "
                "come before it");
    expect_told(world, "logs", "busy", "-q", " FAILED 503 ");
    expect_told(world, "logs", "later", "--json", "\"why\":\"next_slot\"");
    expect_told(world, "why", "later", "-q", slot);
    expect_told(world, "why", "busy", "-q", time);
    life_ends(world);
    testserver_free(elsewhere.server);
}

/* The next life's file names another endpoint: the slot is what goes on. */
static void a_run_that_rests_is_handed_on(void **state)
{
    struct world *world = *state;
    struct elsewhere elsewhere;
    struct text file;
    int64_t seq = 0;
    elsewhere_open(&elsewhere);
    text_init(&file, 4096);
    put_job(&file, &elsewhere, "later", "retry = 3");
    world_prepare(world, file.data, true, "production");
    text_close(&file);
    life_begin(world, instant("2026-11-25T12:08:30Z"), elsewhere.allow);
    expect_says(world, "the next in 300.000 s");
    life_ends(world);

    char *request = testserver_request(elsewhere.server, 0);
    const char *at = strstr(request, "X-Mooncron-Scheduled-Time: ");
    assert_non_null(at);
    at += strlen("X-Mooncron-Scheduled-Time: ");
    struct wall slot;
    assert_true(rfc3339_parse(at, strcspn(at, "\r"), &slot));
    free(request);
    testserver_free(elsewhere.server);
    world_write(world,
                "job 'later' { every = '10m', post = '/api/feed/rank' }\n");
    life_begin(world, seconds_after(slot, 60), NULL);
    json_t *call = next_call(world, &seq, "later");
    expect_key(call, "later", slot);
    expect_field(call, "attempt", "2");
    expect_field(call, "epoch", "2");
    json_decref(call);
    life_ends(world);
    char wanted[256], text[RFC3339_TEXT_MAX];
    snprintf(wanted, sizeof wanted, "%s: schedule ok, attempt 2, epoch 2\n",
             rfc3339_format(slot, 0, text));
    expect_journal(world, "later", wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_may_be_mended_is_tried_again),
        WORLD_TEST(an_origin_is_waited_for),
        WORLD_TEST(what_was_accepted_is_told),
        WORLD_TEST(what_is_given_up_says_why),
        WORLD_TEST(a_run_that_rests_is_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
