/* A fleet: traffic on a loop of its own, to five servers, and what was told. */
#include "fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TIMEOUT_MS 20000 /* of a call; far more than anything here takes */

/* clang-format off */
#define SAY(path, text) { path, TESTSERVER_SAY, text, 0 }
/* clang-format on */
#define OK_HEAD         "HTTP/1.1 200 OK\r\n"
#define ACCEPTED        "HTTP/1.1 202 Accepted\r\n"
#define SEE_OTHER       "HTTP/1.1 303 See Other\r\n"
#define EMPTY           "Content-Length: 0\r\n\r\n"
#define JSON(text, len) "Content-Length: " #len "\r\n\r\n" text

static const struct testserver_line lines[] = {
    SAY("/ok", OK_HEAD EMPTY),
    { "/hold", TESTSERVER_HOLD, OK_HEAD EMPTY, 0 },
    SAY("/versioned", OK_HEAD "X-Settings-Version: 8\r\n" EMPTY),
    SAY("/bare", ACCEPTED EMPTY),
    SAY("/away", ACCEPTED "Location: http://evil.example.net/x\r\n" EMPTY),
    SAY("/nonsense", ACCEPTED "Location: http://\r\n" EMPTY),
    SAY("/begin", ACCEPTED "Location: run/wait\r\nRetry-After: 7\r\n" EMPTY),
    /* what is asked after /begin-NAME */
    SAY("/run/wait", ACCEPTED EMPTY),
    SAY("/begin-moves", ACCEPTED "Location: /run/moves\r\n" EMPTY),
    SAY("/run/moves", ACCEPTED "Location: done\r\n" EMPTY),
    SAY("/begin-done", ACCEPTED "Location: /run/done\r\n" EMPTY),
    SAY("/run/done", OK_HEAD JSON("{\"success\":true}", 16)),
    SAY("/begin-denied", ACCEPTED "Location: /run/denied\r\n" EMPTY),
    SAY("/run/denied", OK_HEAD JSON("{\"success\":false}", 17)),
    SAY("/begin-other", ACCEPTED "Location: /run/other\r\n" EMPTY),
    SAY("/run/other", SEE_OTHER "Location: done\r\n" EMPTY),
    SAY("/begin-circle", ACCEPTED "Location: /run/circle\r\n" EMPTY),
    SAY("/run/circle", SEE_OTHER "Location: circle\r\n" EMPTY),
    SAY("/begin-strays", ACCEPTED "Location: /run/strays\r\n" EMPTY),
    SAY("/run/strays",
        SEE_OTHER "Location: http://evil.example.net/x\r\n" EMPTY),
    SAY("/begin-gone", ACCEPTED "Location: /run/gone\r\n" EMPTY),
    SAY("/run/gone", "HTTP/1.1 410 Gone\r\n" EMPTY),
    SAY("/begin-sick", ACCEPTED "Location: /run/sick\r\n" EMPTY),
    SAY("/run/sick", "HTTP/1.1 503 Unavailable\r\nRetry-After: 3\r\n" EMPTY),
    SAY("/begin-held", ACCEPTED "Location: /hold\r\n" EMPTY),
    SAY("/ping/good", "HTTP/1.1 204 No Content\r\n\r\n"),
    SAY("/ping/bad", "HTTP/1.1 500 Oh\r\n" EMPTY),
    { NULL, 0, NULL, 0 },
};

static void on_declared(void *data, struct run_id run,
                        const struct judgement *judgement)
{
    struct fleet *fleet = data;
    if (fleet->told < sizeof fleet->order / sizeof *fleet->order)
        fleet->order[fleet->told] = run.value;
    fleet->told++;
    fleet->ok += judgement->verdict == VERDICT_OK;
    fleet->last = run;
    fleet->judgement = *judgement;
    fleet->judgement.location = NULL; /* was borrowed */
}

static void on_scripted(void *data, uint32_t generation,
                        const struct host_response *response)
{
    struct fleet *fleet = data;
    assert_int_equal(generation, 4);
    fleet->responses++;
    fleet->response_status = response->status;
}

static void on_version(void *data, const char *version, size_t len)
{
    struct fleet *fleet = data;
    fleet->versions++;
    assert_int_equal(len, 1);
    assert_int_equal(*version, '8');
}

static void on_beat(void *data, const char *job, const char *why)
{
    struct fleet *fleet = data;
    fleet->beats++;
    snprintf(fleet->beat, sizeof fleet->beat, "%s: %s", job, why);
}

static const struct traffic_events events = {
    .declared = on_declared,
    .scripted = on_scripted,
    .version = on_version,
    .beat = on_beat,
};

void fleet_open(struct fleet *fleet, uint32_t calls_max,
                uint32_t calls_per_origin_max)
{
    char allowed[FLEET_SERVERS * 40] = "", url[40];
    memset(fleet, 0, sizeof *fleet);
    for (size_t i = 0; i < FLEET_SERVERS; i++) {
        fleet->servers[i] = testserver_new(lines);
        snprintf(url, sizeof url, "http://127.0.0.1:%u",
                 testserver_port(fleet->servers[i]));
        if (i == 0)
            continue;
        strcpy(fleet->origins[i], url);
        strcat(strcat(allowed, url), " ");
    }
    uv_loop_init(&fleet->loop);
    clock_init(&fleet->clock, 1, (struct wall){ 0 });
    snprintf(url, sizeof url, "http://127.0.0.1:%u",
             testserver_port(fleet->servers[0]));
    const struct http_config config = { .backend_url = url,
                                        .allow_hosts = allowed };
    struct error err;
    fleet->http = http_new(&fleet->loop, &config, &err);
    assert_non_null(fleet->http);
    const struct traffic_config traffic = {
        .http = fleet->http,
        .clock = &fleet->clock,
        .calls_max = calls_max,
        .calls_per_origin_max = calls_per_origin_max,
    };
    fleet->traffic = traffic_new(&traffic, &events, fleet);
}

static void on_closed(void *data)
{
    struct fleet *fleet = data;
    fleet->closed = true;
}

void fleet_close(struct fleet *fleet)
{
    http_close(fleet->http, on_closed, fleet);
    uv_run(&fleet->loop, UV_RUN_DEFAULT);
    assert_true(fleet->closed);
    traffic_free(fleet->traffic);
    loop_end(&fleet->loop);
    for (size_t i = 0; i < FLEET_SERVERS; i++)
        testserver_free(fleet->servers[i]);
}

/* ---- runs ---- */

const struct job *fleet_job(struct fleet *fleet, size_t server,
                            const char *path)
{
    assert_true(fleet->job_count < FLEET_JOBS_MAX);
    char *target = fleet->targets[fleet->job_count];
    strcat(strcpy(target, fleet->origins[server]), path);
    struct job *job = &fleet->jobs[fleet->job_count++];
    *job = (struct job){ .name = "job",
                         .target = target,
                         .origin = fleet->origins[server],
                         .heartbeat = target,
                         .body = "{}",
                         .headers = "",
                         .method = METHOD_POST,
                         .timeout_ms = TIMEOUT_MS };
    return job;
}

struct run_note fleet_note(const struct job *job, uint64_t run)
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

void fleet_start(struct fleet *fleet, const struct job *job, uint64_t run)
{
    const struct run_note note = fleet_note(job, run);
    traffic_declared(fleet->traffic, &note);
}

/* ---- waiting ---- */

unsigned fleet_heard(const struct fleet *fleet)
{
    unsigned sum = 0;
    for (size_t i = 0; i < FLEET_SERVERS; i++)
        sum += testserver_heard(fleet->servers[i]);
    return sum;
}

static unsigned heard_by(void *fleet)
{
    return fleet_heard(fleet);
}

void fleet_await_heard(struct fleet *fleet, unsigned wanted)
{
    loop_until_says(&fleet->loop, heard_by, fleet, wanted);
}

void fleet_await_told(struct fleet *fleet, unsigned wanted)
{
    loop_until(&fleet->loop, &fleet->told, wanted);
}
