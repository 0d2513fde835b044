/* Traffic, against servers of real sockets: who is sent when, what becomes of
 * what was accepted, and nothing left open. */
#include "traffic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "testserver.h"

#define WAIT_MS     20000 /* far more than anything here takes */
#define SERVERS     5
#define CALLS_MAX_T 8 /* of the small worker: 8 in all, 5 to one origin */

#define SAY(path, text)                                                        \
    {                                                                          \
        path, TESTSERVER_SAY, text, 0                                          \
    }
#define EMPTY           "Content-Length: 0\r\n\r\n"
#define JSON(text, len) "Content-Length: " #len "\r\n\r\n" text

static const struct testserver_line lines[] = {
    SAY("/ok", "HTTP/1.1 200 OK\r\n" EMPTY),
    { "/hold", TESTSERVER_HOLD, "HTTP/1.1 200 OK\r\n" EMPTY, 0 },
    SAY("/bare", "HTTP/1.1 202 Accepted\r\n" EMPTY),
    SAY("/away", "HTTP/1.1 202 Accepted\r\n"
                 "Location: http://evil.example.net/x\r\n" EMPTY),
    SAY("/nonsense", "HTTP/1.1 202 Accepted\r\nLocation: http://\r\n" EMPTY),
    SAY("/begin", "HTTP/1.1 202 Accepted\r\nLocation: run/wait\r\n"
                  "Retry-After: 7\r\n" EMPTY),
    /* what is asked after /begin-NAME */
    SAY("/run/wait", "HTTP/1.1 202 Accepted\r\n" EMPTY),
    SAY("/begin-moves",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/moves\r\n" EMPTY),
    SAY("/run/moves", "HTTP/1.1 202 Accepted\r\nLocation: done\r\n" EMPTY),
    SAY("/begin-done",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/done\r\n" EMPTY),
    SAY("/run/done", "HTTP/1.1 200 OK\r\n" JSON("{\"success\":true}", 16)),
    SAY("/begin-denied",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/denied\r\n" EMPTY),
    SAY("/run/denied", "HTTP/1.1 200 OK\r\n" JSON("{\"success\":false}", 17)),
    SAY("/begin-other",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/other\r\n" EMPTY),
    SAY("/run/other", "HTTP/1.1 303 See Other\r\nLocation: done\r\n" EMPTY),
    SAY("/begin-circle",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/circle\r\n" EMPTY),
    SAY("/run/circle", "HTTP/1.1 303 See Other\r\nLocation: circle\r\n" EMPTY),
    SAY("/begin-strays",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/strays\r\n" EMPTY),
    SAY("/run/strays", "HTTP/1.1 303 See Other\r\n"
                       "Location: http://evil.example.net/x\r\n" EMPTY),
    SAY("/begin-gone",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/gone\r\n" EMPTY),
    SAY("/run/gone", "HTTP/1.1 410 Gone\r\n" EMPTY),
    SAY("/begin-sick",
        "HTTP/1.1 202 Accepted\r\nLocation: /run/sick\r\n" EMPTY),
    SAY("/run/sick", "HTTP/1.1 503 Unavailable\r\nRetry-After: 3\r\n" EMPTY),
    SAY("/begin-held", "HTTP/1.1 202 Accepted\r\nLocation: /hold\r\n" EMPTY),
    SAY("/ping/good", "HTTP/1.1 204 No Content\r\n\r\n"),
    SAY("/ping/bad", "HTTP/1.1 500 Oh\r\n" EMPTY),
    { NULL, 0, NULL, 0 },
};

/* ---- A worker on a loop of its own ---- */

struct fixture {
    uv_loop_t loop;
    struct clock clock;
    struct testserver *servers[SERVERS];
    char origins[SERVERS][40]; /* of the first: "" */
    struct http *http;
    struct traffic *traffic;
    unsigned told, ok; /* ends of declared runs */
    struct run_id last;
    uint64_t order[16]; /* runs, as they were told of; the first ones */
    struct judgement judgement;
    unsigned responses, response_status;
    unsigned beats; /* words about heartbeats */
    char beat[200];
    bool closed;
};

static void on_declared(void *data, struct run_id run,
                        const struct judgement *judgement)
{
    struct fixture *fix = data;
    if (fix->told < sizeof fix->order / sizeof *fix->order)
        fix->order[fix->told] = run.value;
    fix->told++;
    fix->ok += judgement->verdict == VERDICT_OK;
    fix->last = run;
    fix->judgement = *judgement;
    fix->judgement.location = NULL; /* was borrowed */
}

static void on_scripted(void *data, uint32_t generation,
                        const struct host_response *response)
{
    struct fixture *fix = data;
    assert_int_equal(generation, 4);
    fix->responses++;
    fix->response_status = response->status;
}

static void on_version(void *data, const char *version, size_t len)
{
    (void)data, (void)version, (void)len;
}

static void on_beat(void *data, const char *job, const char *why)
{
    struct fixture *fix = data;
    fix->beats++;
    snprintf(fix->beat, sizeof fix->beat, "%s: %s", job, why);
}

static const struct traffic_events events = {
    .declared = on_declared,
    .scripted = on_scripted,
    .version = on_version,
    .beat = on_beat,
};

static void set_up(struct fixture *fix, uint32_t calls_max,
                   uint32_t calls_per_origin_max)
{
    char allowed[SERVERS * 40] = "", url[40];
    memset(fix, 0, sizeof *fix);
    for (size_t i = 0; i < SERVERS; i++) {
        fix->servers[i] = testserver_new(lines);
        snprintf(url, sizeof url, "http://127.0.0.1:%u",
                 testserver_port(fix->servers[i]));
        if (i == 0)
            continue;
        strcpy(fix->origins[i], url);
        strcat(strcat(allowed, url), " ");
    }
    uv_loop_init(&fix->loop);
    clock_init(&fix->clock, 1, (struct wall){ 0 });
    snprintf(url, sizeof url, "http://127.0.0.1:%u",
             testserver_port(fix->servers[0]));
    const struct http_config config = { .backend_url = url,
                                        .allow_hosts = allowed };
    struct error err;
    fix->http = http_new(&fix->loop, &config, &err);
    assert_non_null(fix->http);
    const struct traffic_config traffic = {
        .http = fix->http,
        .clock = &fix->clock,
        .calls_max = calls_max,
        .calls_per_origin_max = calls_per_origin_max,
    };
    fix->traffic = traffic_new(&traffic, &events, fix);
}

static void on_tick(uv_timer_t *tick)
{
    (void)tick;
}

typedef unsigned how_many(struct fixture *fix);

/* Turns the loop until `count` says `wanted`. The tick only bounds the wait. */
static void turn_until(struct fixture *fix, how_many *count, unsigned wanted)
{
    uv_timer_t tick;
    uv_timer_init(&fix->loop, &tick);
    uv_timer_start(&tick, on_tick, 1, 1);
    uv_update_time(&fix->loop);
    uint64_t end = uv_now(&fix->loop) + WAIT_MS;
    while (count(fix) < wanted && uv_now(&fix->loop) < end)
        uv_run(&fix->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&fix->loop, UV_RUN_NOWAIT);
    assert_int_equal(count(fix), wanted);
}

static unsigned told(struct fixture *fix)
{
    return fix->told;
}

static unsigned responses(struct fixture *fix)
{
    return fix->responses;
}

static unsigned beats(struct fixture *fix)
{
    return fix->beats;
}

static unsigned heard(struct fixture *fix)
{
    unsigned sum = 0;
    for (size_t i = 0; i < SERVERS; i++)
        sum += testserver_heard(fix->servers[i]);
    return sum;
}

static void on_closed(void *data)
{
    struct fixture *fix = data;
    fix->closed = true;
}

static void finish(struct fixture *fix)
{
    http_close(fix->http, on_closed, fix);
    uv_run(&fix->loop, UV_RUN_DEFAULT);
    assert_true(fix->closed);
    traffic_free(fix->traffic);
    assert_int_equal(uv_loop_close(&fix->loop), 0);
    for (size_t i = 0; i < SERVERS; i++)
        testserver_free(fix->servers[i]);
}

/* ---- runs ---- */

/* Jobs live as long as the test does. */
#define JOBS_MAX 16
struct jobs {
    struct job jobs[JOBS_MAX];
    char targets[JOBS_MAX][100];
    size_t count;
};

static const struct job *job_at(struct jobs *jobs, const struct fixture *fix,
                                size_t server, const char *path)
{
    char *target = jobs->targets[jobs->count];
    assert_true(jobs->count < JOBS_MAX);
    snprintf(target, sizeof jobs->targets[0], "%s%s", fix->origins[server],
             path);
    struct job *job = &jobs->jobs[jobs->count++];
    *job = (struct job){ .name = "job",
                         .target = target,
                         .origin = fix->origins[server],
                         .heartbeat = target,
                         .body = "{}",
                         .headers = "",
                         .method = METHOD_POST,
                         .timeout_ms = WAIT_MS };
    return job;
}

static struct run_note note_of(const struct job *job, uint64_t run)
{
    return (struct run_note){
        .run = { run },
        .generation = 4,
        .job = job,
        .key = { .slot = { 1000 * (int64_t)run } },
        .attempt = 1,
        .epoch = 1,
    };
}

static void start(struct fixture *fix, const struct job *job, uint64_t run)
{
    const struct run_note note = note_of(job, run);
    traffic_declared(fix->traffic, &note);
}

static void poll(struct fixture *fix, const struct job *job, uint64_t run)
{
    const struct run_note note = note_of(job, run);
    unsigned before = fix->told;
    traffic_poll(fix->traffic, &note);
    turn_until(fix, told, before + 1);
    assert_int_equal(fix->last.value, run);
}

/* ---- turns and caps ---- */

static void test_an_origin_that_hangs_starves_nobody(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 5);
    const struct job *slow = job_at(&jobs, &fix, 1, "/hold");
    const struct job *quick = job_at(&jobs, &fix, 0, "/ok");
    for (uint64_t run = 1; run <= 100; run++)
        start(&fix, slow, run);
    assert_int_equal(http_live(fix.http), 5);
    for (uint64_t run = 101; run <= 200; run++)
        start(&fix, quick, run);
    assert_int_equal(http_live(fix.http), CALLS_MAX_T);
    turn_until(&fix, told, 100);
    assert_int_equal(fix.ok, 100);
    assert_int_equal(testserver_heard(fix.servers[0]), 100);
    assert_int_equal(testserver_heard(fix.servers[1]), 5);
    testserver_release(fix.servers[1]);
    turn_until(&fix, told, 200);
    assert_int_equal(fix.ok, 200);
    assert_int_equal(testserver_heard(fix.servers[1]), 100);
    finish(&fix);
}

/* The usual caps: five origins that all hang get 256 between them. */
static void test_the_caps_hold(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, 256, 64);
    for (size_t server = 0; server < SERVERS; server++) {
        const struct job *job = job_at(&jobs, &fix, server, "/hold");
        for (uint64_t run = 1; run <= 100; run++)
            start(&fix, job, server * 100 + run);
    }
    assert_int_equal(http_live(fix.http), 256);
    turn_until(&fix, heard, 256);
    for (size_t server = 0; server < 4; server++)
        assert_int_equal(testserver_heard(fix.servers[server]), 64);
    assert_int_equal(testserver_heard(fix.servers[4]), 0);
    for (size_t server = 0; server < SERVERS; server++)
        testserver_release(fix.servers[server]);
    turn_until(&fix, told, 500);
    assert_int_equal(fix.ok, 500);
    finish(&fix);
}

/* One call at a time: origins take turns, and each keeps its order. */
static void test_turns(void **state)
{
    (void)state;
    static const uint64_t order[] = { 99, 1, 11, 21, 2, 12, 22, 3, 13, 23 };
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, 1, 1);
    const struct job *held = job_at(&jobs, &fix, 3, "/hold");
    start(&fix, held, 99); /* until all the others wait */
    for (size_t server = 0; server < 3; server++) {
        const struct job *job = job_at(&jobs, &fix, server, "/ok");
        for (uint64_t run = 1; run <= 3; run++)
            start(&fix, job, server * 10 + run);
    }
    testserver_release(fix.servers[3]);
    turn_until(&fix, told, 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(fix.order[i], order[i]);
    finish(&fix);
}

static void test_what_is_allowed_nowhere(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 5);
    strcpy(fix.origins[1], "http://evil.example.net");
    start(&fix, job_at(&jobs, &fix, 1, "/ok"), 1);
    turn_until(&fix, told, 1);
    assert_int_equal(fix.judgement.verdict, VERDICT_FAILED);
    assert_int_equal(fix.judgement.cause, CAUSE_SETUP);
    finish(&fix);
}

static void test_a_script_asks(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 5);
    const struct run_note note = note_of(job_at(&jobs, &fix, 0, ""), 7);
    char url[] = "/ok";
    const struct host_request asked = {
        .run = 7, .method = METHOD_GET, .url = url, .headers = ""
    };
    traffic_scripted(fix.traffic, &asked, &note, 3);
    url[1] = 'X'; /* it was copied */
    turn_until(&fix, responses, 1);
    assert_int_equal(fix.response_status, 200);
    char *request = testserver_request(fix.servers[0], 0);
    assert_non_null(
        strstr(request, "Idempotency-Key: job/1970-01-01T00:00:07Z/3\r\n"));
    free(request);
    finish(&fix);
}

/* ---- cancelling ---- */

static void test_cancelling(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 1);
    const struct job *job = job_at(&jobs, &fix, 0, "/hold");
    for (uint64_t run = 1; run <= 3; run++)
        start(&fix, job, run);
    turn_until(&fix, heard, 1);
    traffic_cancel(fix.traffic, (struct run_id){ 2 }); /* waits */
    assert_int_equal(fix.told, 1);
    assert_int_equal(fix.last.value, 2);
    assert_int_equal(fix.judgement.verdict, VERDICT_FAILED);
    assert_int_equal(fix.judgement.cause, CAUSE_NONE);
    traffic_cancel(fix.traffic, (struct run_id){ 1 }); /* was sent */
    assert_int_equal(fix.told, 1);
    turn_until(&fix, told, 2);
    assert_int_equal(fix.last.value, 1);
    assert_int_equal(fix.judgement.verdict, VERDICT_UNKNOWN);
    turn_until(&fix, heard, 2); /* the third has the place */
    testserver_release(fix.servers[0]);
    turn_until(&fix, told, 3);
    assert_int_equal(fix.last.value, 3);
    assert_int_equal(fix.judgement.verdict, VERDICT_OK);
    traffic_cancel(fix.traffic, (struct run_id){ 3 }); /* is no more */
    assert_int_equal(fix.told, 3);
    finish(&fix);
}

/* Whether the request of a script had left is told to whoever cuts it off. */
static void test_cancelling_a_script(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 1);
    for (uint64_t run = 1; run <= 2; run++) {
        const struct run_note note = note_of(job_at(&jobs, &fix, 0, ""), run);
        const struct host_request asked = {
            .run = run, .method = METHOD_POST, .url = "/hold", .headers = ""
        };
        traffic_scripted(fix.traffic, &asked, &note, 1);
    }
    turn_until(&fix, heard, 1);
    assert_false(traffic_cancel(fix.traffic, (struct run_id){ 2 })); /* waits */
    assert_true(traffic_cancel(fix.traffic, (struct run_id){ 1 }));
    assert_false(traffic_cancel(fix.traffic, (struct run_id){ 3 }));
    turn_until(&fix, responses, 1);
    assert_int_equal(heard(&fix), 1);
    finish(&fix);
}

/* What was accepted may have happened, whether the question was sent or not. */
static void test_cancelling_a_poll(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 1);
    const struct job *job = job_at(&jobs, &fix, 0, "/begin-held");
    for (uint64_t run = 1; run <= 2; run++)
        start(&fix, job, run);
    turn_until(&fix, told, 2);
    for (uint64_t run = 1; run <= 2; run++) {
        const struct run_note note = note_of(job, run);
        traffic_poll(fix.traffic, &note);
    }
    turn_until(&fix, heard, 3);
    for (uint64_t run = 2; run >= 1; run--) {
        traffic_cancel(fix.traffic, (struct run_id){ run });
        turn_until(&fix, told, 5 - (unsigned)run);
        assert_int_equal(fix.last.value, run);
        assert_int_equal(fix.judgement.verdict, VERDICT_UNKNOWN);
        assert_false(fix.judgement.accepted);
    }
    finish(&fix);
}

/* What still waits at the end is nobody's. */
static void test_closing(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, 1, 1);
    const struct job *job = job_at(&jobs, &fix, 0, "/hold");
    const struct run_note note = note_of(job, 9);
    const struct host_request asked = { .run = 9, .url = "/ok", .headers = "" };
    start(&fix, job, 1);
    start(&fix, job, 2);
    traffic_scripted(fix.traffic, &asked, &note, 1);
    traffic_beat(fix.traffic, job);
    finish(&fix);
    assert_int_equal(fix.told, 1);
}

/* ---- accepted ---- */

static const struct {
    const char *path;
    enum verdict verdict;
    enum cause cause;
    bool accepted;
    int64_t retry_after_ms;
    const char *says;
} firsts[] = {
    { "/begin", VERDICT_OK, CAUSE_NONE, true, 7000, "" },
    { "/bare", VERDICT_OK, CAUSE_NONE, false, -1, "" },
    { "/away", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "evil.example.net" },
    { "/away", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "127.0.0.1" },
    { "/nonsense", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "Location" },
}, seconds[] = {
    { "/begin", VERDICT_OK, CAUSE_NONE, true, -1, "" },
    { "/begin-done", VERDICT_OK, CAUSE_NONE, false, -1, "" },
    { "/begin-denied", VERDICT_FAILED, CAUSE_DENIED, false, -1, "success" },
    { "/begin-other", VERDICT_OK, CAUSE_NONE, false, -1, "" },
    { "/begin-circle", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "5 times" },
    { "/begin-strays", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "evil" },
    { "/begin-gone", VERDICT_FAILED, CAUSE_CLIENT, false, -1, "no more" },
    { "/begin-sick", VERDICT_UNKNOWN, CAUSE_SERVER, true, 3000, "503" },
};

static void test_accepting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct fixture fix;
        struct jobs jobs = { .count = 0 };
        set_up(&fix, CALLS_MAX_T, 5);
        start(&fix, job_at(&jobs, &fix, 0, firsts[i].path), 1);
        turn_until(&fix, told, 1);
        assert_int_equal(fix.judgement.verdict, firsts[i].verdict);
        assert_int_equal(fix.judgement.cause, firsts[i].cause);
        assert_int_equal(fix.judgement.accepted, firsts[i].accepted);
        assert_int_equal(fix.judgement.retry_after_ms,
                         firsts[i].retry_after_ms);
        assert_non_null(strstr(fix.judgement.sentence.text, firsts[i].says));
        finish(&fix);
    }
}

/* On the backend and on another origin alike. */
static void test_polling(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof seconds / sizeof *seconds); i++) {
        struct fixture fix;
        struct jobs jobs = { .count = 0 };
        set_up(&fix, CALLS_MAX_T, 1);
        const struct job *job = job_at(&jobs, &fix, i % 2, seconds[i / 2].path);
        start(&fix, job, 1);
        turn_until(&fix, told, 1);
        assert_true(fix.judgement.accepted);
        poll(&fix, job, 1);
        assert_int_equal(fix.judgement.verdict, seconds[i / 2].verdict);
        assert_int_equal(fix.judgement.cause, seconds[i / 2].cause);
        assert_int_equal(fix.judgement.accepted, seconds[i / 2].accepted);
        assert_int_equal(fix.judgement.retry_after_ms,
                         seconds[i / 2].retry_after_ms);
        assert_non_null(
            strstr(fix.judgement.sentence.text, seconds[i / 2].says));
        finish(&fix);
    }
}

/* A new Location replaces the old one; where none came the old one stays. */
static void test_the_place_moves(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 5);
    const struct job *moves = job_at(&jobs, &fix, 0, "/begin-moves");
    const struct job *stays = job_at(&jobs, &fix, 0, "/begin");
    start(&fix, moves, 1);
    turn_until(&fix, told, 1);
    poll(&fix, moves, 1);
    assert_true(fix.judgement.accepted);
    poll(&fix, moves, 1);
    assert_false(fix.judgement.accepted);
    assert_int_equal(fix.judgement.verdict, VERDICT_OK);
    start(&fix, stays, 2);
    turn_until(&fix, told, 4);
    poll(&fix, stays, 2);
    poll(&fix, stays, 2);
    assert_true(fix.judgement.accepted);
    char *request = testserver_request(fix.servers[0], 5);
    assert_non_null(strstr(request, "GET /run/wait HTTP/1.1\r\n"));
    assert_non_null(
        strstr(request, "Idempotency-Key: job/1970-01-01T00:00:02Z\r\n"));
    free(request);
    finish(&fix);
}

static void test_what_is_forgotten_is_not_asked(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 5);
    const struct job *job = job_at(&jobs, &fix, 0, "/begin");
    for (uint64_t run = 1; run <= 100; run++)
        start(&fix, job, run);
    turn_until(&fix, told, 100);
    for (uint64_t run = 1; run <= 100; run += 2)
        traffic_forget(fix.traffic, (struct run_id){ run });
    traffic_forget(fix.traffic, (struct run_id){ 1000 });
    for (uint64_t run = 1; run <= 100; run++) {
        poll(&fix, job, run);
        assert_int_equal(fix.judgement.accepted, run % 2 == 0);
        if (run % 2)
            assert_int_equal(fix.judgement.verdict, VERDICT_UNKNOWN);
    }
    assert_int_equal(heard(&fix), 150);
    finish(&fix);
}

/* ---- heartbeats ---- */

static void test_heartbeats(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 1); /* one after the other */
    struct job good = *job_at(&jobs, &fix, 1, "/ping/good");
    struct job bad = *job_at(&jobs, &fix, 1, "/ping/bad");
    for (int i = 0; i < 3; i++)
        traffic_beat(fix.traffic, &good);
    for (int i = 0; i < 3; i++)
        traffic_beat(fix.traffic, &bad);
    turn_until(&fix, beats, 1);
    assert_string_equal(fix.beat, "job: the backend answered 500");
    for (int i = 0; i < 2; i++)
        traffic_beat(fix.traffic, &good);
    bad.name = good.name = "gone"; /* jobs may go at once */
    turn_until(&fix, beats, 2);
    assert_string_equal(fix.beat, "job: ");
    turn_until(&fix, heard, 8);
    assert_int_equal(fix.told, 0);
    char *request = testserver_request(fix.servers[1], 0);
    assert_non_null(strstr(request, "GET /ping/good HTTP/1.1\r\n"));
    assert_null(strcasestr(request, "x-mooncron"));
    free(request);
    finish(&fix);
}

/* An origin of heartbeats that hangs does not fill the memory. */
static void test_heartbeats_have_an_end(void **state)
{
    (void)state;
    struct fixture fix;
    struct jobs jobs = { .count = 0 };
    set_up(&fix, CALLS_MAX_T, 1);
    const struct job *held = job_at(&jobs, &fix, 1, "/hold");
    for (int i = 0; i < 1 + 2 * TRAFFIC_BEATS_MAX; i++)
        traffic_beat(fix.traffic, held);
    turn_until(&fix, heard, 1);
    testserver_release(fix.servers[1]);
    turn_until(&fix, heard, 1 + TRAFFIC_BEATS_MAX);
    const struct job *last = job_at(&jobs, &fix, 1, "/ok");
    start(&fix, last, 1); /* behind whatever still waits */
    turn_until(&fix, told, 1);
    assert_int_equal(heard(&fix), 2 + TRAFFIC_BEATS_MAX);
    finish(&fix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_origin_that_hangs_starves_nobody),
        cmocka_unit_test(test_the_caps_hold),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_what_is_allowed_nowhere),
        cmocka_unit_test(test_a_script_asks),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_cancelling_a_script),
        cmocka_unit_test(test_cancelling_a_poll),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_accepting),
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_the_place_moves),
        cmocka_unit_test(test_what_is_forgotten_is_not_asked),
        cmocka_unit_test(test_heartbeats),
        cmocka_unit_test(test_heartbeats_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
