/* What becomes of slots over the lives of a worker: it is killed and started
 * again, its backend fails, its disk is full, and each slot has one verdict.
 *
 * Each life begins at a moment of our choice and runs sixty times as fast, so
 * that hours lie between two lives and minutes in one. */
#include <glob.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/demo.h"
#include "mooncron/memory.h"
#include "mooncron/store.h"
#include "mooncron/text.h"

#include "testserver.h"
#include "world.h"

/* ---- lives ---- */

static struct wall instant(const char *text)
{
    struct wall at;
    assert_true(rfc3339_parse(text, strlen(text), &at));
    return at;
}

static struct wall seconds_after(struct wall at, int64_t seconds)
{
    return (struct wall){ at.ms + seconds * 1000 };
}

/* `more` is one more variable, or NULL. */
static void life_spawn(struct world *world, struct wall start, const char *more)
{
    char text[RFC3339_TEXT_MAX], pair[64];
    snprintf(pair, sizeof pair, "MOONCRON_TIME_START=%s",
             rfc3339_format(start, 0, text));
    const char *const env[] = { pair, more, NULL };
    const struct worker_options options = { .env = env };
    worker_spawn(&world->worker, &world->scratch, &world->stand, &options);
}

static void life_begin(struct world *world, struct wall start, const char *more)
{
    life_spawn(world, start, more);
    json_t *event = worker_event(&world->worker, "listening");
    world->worker.port = (uint16_t)worker_field(event, "port");
    json_decref(event);
    snprintf(world->worker.origin, sizeof world->worker.origin,
             "http://127.0.0.1:%u", world->worker.port);
    backend_set_worker(world->stand.backend, world->worker.origin);
}

static void life_is_cut(struct world *world)
{
    proc_signal(world->worker.proc, SIGKILL);
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS),
                     128 + SIGKILL);
    worker_free(&world->worker);
}

static void life_ends(struct world *world)
{
    worker_drain(&world->worker);
    worker_free(&world->worker);
}

static void expect_says(struct world *world, const char *needle)
{
    json_decref(worker_says(&world->worker, needle));
}

/* ---- calls ---- */

/* The next call of `job` after `*seq`, which moves to it. */
static json_t *next_call(const struct world *world, int64_t *seq,
                         const char *job)
{
    *seq = stand_await_job(&world->stand, *seq, job, WORKER_PATIENCE_MS);
    json_t *calls = stand_calls(&world->stand, *seq - 1, 1, 0);
    json_t *call = json_incref(json_array_get(calls, 0));
    json_decref(calls);
    return call;
}

static const char *text_of(const json_t *call, const char *field)
{
    return json_string_value(json_object_get(call, field));
}

static struct wall slot_of(const json_t *call)
{
    return instant(text_of(call, "scheduledTime"));
}

static void expect_field(const json_t *call, const char *field,
                         const char *wanted)
{
    const char *found = text_of(call, field);
    if (!found || strcmp(found, wanted)) {
        char *text = json_dumps(call, JSON_COMPACT);
        fail_msg("%s is not %s in %s", field, wanted, text);
    }
}

/* "<job>/<slot>" */
static void expect_key(const json_t *call, const char *job, struct wall slot)
{
    char key[256], text[RFC3339_TEXT_MAX];
    snprintf(key, sizeof key, "%s/%s", job, rfc3339_format(slot, 0, text));
    expect_field(call, "idempotencyKey", key);
}

static unsigned calls_of(const struct world *world, int64_t seq,
                         const char *job)
{
    json_t *calls = stand_calls(&world->stand, seq, 0, 0), *call;
    unsigned count = 0;
    size_t i;
    json_array_foreach(calls, i, call) count +=
        strcmp(text_of(call, "job"), job) == 0;
    json_decref(calls);
    return count;
}

/* ---- the journal ---- */

static bool put_row(void *data, const struct history_row *row)
{
    char first[RFC3339_TEXT_MAX], last[RFC3339_TEXT_MAX];
    struct text *text = data;
    text_puts(text, rfc3339_format(row->slot, 0, first));
    if (row->count)
        text_printf(text, " to %s: %" PRId64 " %s",
                    rfc3339_format(row->last, 0, last), row->count,
                    verdict_names[row->verdict]);
    else
        text_printf(text, ": %s %s, attempt %u, epoch %u",
                    trigger_names[row->trigger],
                    row->done ? verdict_names[row->verdict] : "goes on",
                    row->attempt, row->epoch);
    text_printf(text, "%s%s\n", row->why ? ", " : "", why_names[row->why]);
    return true;
}

/* What the journal of a worker that has ended says of a job. */
static void expect_journal(const struct world *world, const char *job,
                           const char *wanted)
{
    char *path = scratch_path(&world->scratch, "state/journal.db");
    struct error note = { "" }, error = { "" };
    struct store *store = store_open_sqlite(
        path, "the test", instant("2026-11-30T00:00:00Z"), &note, &error);
    if (!store)
        fail_msg("%s", error.text);
    const struct history_query query = { .job = job,
                                         .to = { NEVER_MS },
                                         .limit = HISTORY_ROWS_MAX };
    struct text text;
    text_init(&text, 1 << 20);
    if (!store_history(store, &query, put_row, &text, &error))
        fail_msg("%s", error.text);
    assert_string_equal(text.data, wanted);
    text_close(&text);
    store_close(store, instant("2026-11-30T00:00:00Z"));
    free(path);
}

/* ---- outages ---- */

static const char outage[] =
    "job 'tick' { every = '5s', post = '/api/feed/rank' }\n"
    "job 'digest' { every = '1h', catch_up = '2h',\n"
    "  post = '/api/admin/digest' }\n"
    "job 'plain' { every = '1h', catch_up = false, post = '/api/feed/flush' "
    "}\n";

/* A claim was written after what the schedule begins with, and so that is
 * durable, too. */
static void await_ticks(const struct world *world, int count)
{
    world_await_calls(world, "tick", count);
}

static void an_outage_is_caught_up_once(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    life_is_cut(world);

    life_begin(world, instant("2026-11-25T15:20:00Z"), NULL);
    json_t *event = worker_event(&world->worker, "schedule");
    assert_int_equal(worker_field(event, "generation"), 2);
    json_decref(event);
    expect_says(world, "digest: 2 slots from 2026-11-25T13:00:00Z to "
                       "2026-11-25T14:00:00Z: missed, down");
    expect_says(world, "plain: 3 slots from 2026-11-25T13:00:00Z to "
                       "2026-11-25T15:00:00Z: missed, down");
    json_t *call = next_call(world, &seq, "digest");
    expect_key(call, "digest", instant("2026-11-25T15:00:00Z"));
    expect_field(call, "trigger", "catch_up");
    expect_field(call, "attempt", "1");
    json_decref(call);
    await_ticks(world, 1); /* its verdict is written before the next claim */
    life_is_cut(world);

    life_begin(world, instant("2026-11-25T15:30:00Z"), NULL);
    await_ticks(world, 4); /* 15 s: past the time to settle */
    assert_int_equal(calls_of(world, seq, "digest"), 0);
    assert_int_equal(calls_of(world, 0, "plain"), 0);
    life_ends(world);
    expect_journal(world, "digest",
                   "2026-11-25T15:00:00Z: catch_up ok, attempt 1, epoch 1\n"
                   "2026-11-25T13:00:00Z to 2026-11-25T14:00:00Z: 2 missed, "
                   "down\n");
    expect_journal(world, "plain",
                   "2026-11-25T13:00:00Z to 2026-11-25T15:00:00Z: 3 missed, "
                   "down\n");
}

/* What the worker forgets it says: how much, and of which time. It has been
 * away for so long that it first waits for an hour, a second of ours. */
static void what_is_old_is_forgotten(void **state)
{
    struct world *world = *state;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-09-25T12:10:00Z"), NULL);
    await_ticks(world, 3);
    life_ends(world);

    world_write(world, "job 'digest' { every = '24h', post = '/api/digest' }");
    life_begin(world, instant("2026-11-25T12:10:00Z"),
               "MOONCRON_TIME_SCALE=3600");
    expect_says(world, " rows, of slots up to 2026-09-25T12:");
    life_ends(world);
}

/* The stand-in holds both calls when the worker is killed. */
static void a_call_that_was_cut_is_made_again_where_it_may(void **state)
{
    struct world *world = *state;
    char wanted[256], slot_text[RFC3339_TEXT_MAX];
    int64_t seq = 0;
    world_prepare(world,
                  "job 'pay' { every = '10m', post = '/api/feed/rank' }\n"
                  "job 'once' { every = '10m', retry = false,\n"
                  "  post = '/api/feed/flush' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    stand_fault(&world->stand, "/api/feed/flush", "hang", 60000, 0);
    life_begin(world, instant("2026-11-25T12:08:30Z"), NULL);
    json_t *call = next_call(world, &seq, "pay");
    struct wall slot = slot_of(call);
    expect_field(call, "attempt", "1");
    expect_field(call, "epoch", "1");
    json_decref(call);
    stand_await_job(&world->stand, 0, "once", WORKER_PATIENCE_MS);
    life_is_cut(world);
    stand_calm(&world->stand);
    seq = stand_last(&world->stand);

    life_begin(world, seconds_after(slot, 60), NULL);
    snprintf(wanted, sizeof wanted, "once of %s: unknown, down",
             rfc3339_format(slot, 0, slot_text));
    expect_says(world, wanted);
    call = next_call(world, &seq, "pay");
    expect_key(call, "pay", slot);
    expect_field(call, "attempt", "2");
    expect_field(call, "epoch", "2");
    expect_field(call, "trigger", "schedule");
    json_decref(call);
    life_ends(world);
    assert_int_equal(calls_of(world, 0, "once"), 1);
    snprintf(wanted, sizeof wanted, "%s: schedule ok, attempt 2, epoch 2\n",
             slot_text);
    expect_journal(world, "pay", wanted);
    snprintf(wanted, sizeof wanted,
             "%s: schedule unknown, attempt 1, epoch 2, down\n", slot_text);
    expect_journal(world, "once", wanted);
}

/* ---- attempts ---- */

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
    char *out, *err;
    int code = worker_command(&world->worker, &world->scratch, &world->stand,
                              args, &out, &err);
    if (code != 0 || !strstr(out, needle))
        fail_msg("\"%s\" is not in:\n%s%s", needle, out, err);
    free(out);
    free(err);
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

/* ---- slots that come while a run goes on ---- */

/* Starts a worker with one job, whose calls are held; returns its first slot.
 */
static struct wall overlap_begin(struct world *world, const char *options,
                                 int64_t *seq)
{
    char file[512];
    snprintf(file, sizeof file,
             "job 'rank' { every = '30s', retry = false, overlap = %s,\n"
             "  post = '/api/feed/rank' }\n",
             options);
    world_prepare(world, file, true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    life_begin(world, instant("2026-11-25T12:08:40Z"), NULL);
    json_t *call = next_call(world, seq, "rank");
    struct wall slot = slot_of(call);
    json_decref(call);
    return slot;
}

static void expect_said_of(struct world *world, struct wall slot,
                           const char *what)
{
    char wanted[256], text[RFC3339_TEXT_MAX];
    snprintf(wanted, sizeof wanted, "rank of %s: %s",
             rfc3339_format(slot, 0, text), what);
    expect_says(world, wanted);
}

static void expect_next(struct world *world, int64_t *seq, struct wall slot)
{
    json_t *call = next_call(world, seq, "rank");
    expect_key(call, "rank", slot);
    expect_field(call, "trigger", "schedule");
    json_decref(call);
}

static void one_slot_waits_in_the_queue(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct wall slot = overlap_begin(world, "'queue'", &seq);
    expect_said_of(world, seconds_after(slot, 60), "skipped, overlap");
    assert_int_equal(calls_of(world, seq, "rank"), 0);
    stand_calm(&world->stand);
    expect_said_of(world, slot, "unknown, ");
    expect_next(world, &seq, seconds_after(slot, 30));
    life_ends(world);
}

/* Each is a line of the log of one run of `rank`, and names it. */
static void expect_lines_of(struct world *world, struct wall slot,
                            const char *first, const char *second)
{
    char text[RFC3339_TEXT_MAX];
    json_t *lines[] = { worker_says(&world->worker, first),
                        worker_says(&world->worker, second) };
    const char *run = text_of(lines[0], "run");
    assert_true(run && *run);
    for (int i = 0; i < 2; i++) {
        expect_field(lines[i], "job", "rank");
        expect_field(lines[i], "slot", rfc3339_format(slot, 0, text));
        expect_field(lines[i], "run", run);
    }
    json_decref(lines[0]);
    json_decref(lines[1]);
}

static void a_newer_slot_cancels_the_older_run(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct wall slot = overlap_begin(world, "'cancel'", &seq);
    expect_lines_of(world, slot, "is cancelled: a newer slot of its job",
                    ": unknown, replaced: cancelled: ");
    expect_next(world, &seq, seconds_after(slot, 30));
    stand_calm(&world->stand);
    life_ends(world);
}

static void so_many_go_on_beside_each_other(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct wall slot =
        overlap_begin(world, "{ policy = 'allow', max = 2 }", &seq);
    expect_next(world, &seq, seconds_after(slot, 30));
    expect_said_of(world, seconds_after(slot, 60), "skipped, overlap");
    assert_int_equal(calls_of(world, seq, "rank"), 0);
    stand_calm(&world->stand);
    life_ends(world);
}

/* ---- what was off ---- */

static void expect_why(const struct world *world, const char *at,
                       const char *needle)
{
    const char *const why[] = { "why", "plain", "--at", at, NULL };
    char *out, *err;
    int code = worker_command(&world->worker, &world->scratch, &world->stand,
                              why, &out, &err);
    if (code != 0 || !strstr(out, needle))
        fail_msg("\"%s\" is not in:\n%s%s", needle, out, err);
    free(out);
    free(err);
}

/* It begins in one life and ends in the next: no slot of it is down. */
static void what_was_off_outlives_the_worker(void **state)
{
    struct world *world = *state;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":false}"));
    worker_await_generation(&world->worker, 2);
    life_ends(world);
    life_begin(world, instant("2026-11-25T15:20:00Z"), NULL);
    worker_await_generation(&world->worker, 3);
    expect_why(world, "2026-11-25T13:00:00Z",
               "plain was not scheduled Wed 2026-11-25 13:00:00 UTC: "
               "enableJobs was off in Settings, since Wed 2026-11-25 12:1");
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":true}"));
    worker_await_generation(&world->worker, 4);
    await_ticks(world, 1);
    expect_why(world, "2026-11-25T13:00:00Z", " to Wed 2026-11-25 15:2");
    life_ends(world);
}

/* ---- a journal that is not as it should be ---- */

static void a_damaged_journal_is_moved_aside(void **state)
{
    struct world *world = *state;
    char garbage[8192];
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    life_ends(world); /* all of it is in the one file */
    memset(garbage, 'x', sizeof garbage - 1);
    garbage[sizeof garbage - 1] = '\0';
    scratch_write(&world->scratch, "state/journal.db", garbage);

    life_begin(world, instant("2026-11-25T15:20:00Z"), NULL);
    json_t *line = worker_says(&world->worker, "moved aside to");
    expect_field(line, "level", "error");
    assert_non_null(
        strstr(text_of(line, "message"), "; forgotten with it are pauses, "));
    json_decref(line);
    await_ticks(world, 4);
    assert_int_equal(calls_of(world, 0, "digest"), 0);
    assert_int_equal(calls_of(world, 0, "plain"), 0);
    expect_why(world, "2026-11-25T13:00:00Z",
               "what is remembered begins Wed 2026-11-25 15:2");
    expect_why(world, "2026-11-25T13:00:00Z",
               ", when the journal was found damaged and moved aside.");
    life_ends(world);
    char *pattern =
        scratch_path(&world->scratch, "state/journal.db.corrupt-20261125T1*Z");
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    globfree(&found);
    free(pattern);
}

/* Bytes 60 to 63 of a file of SQLite are its user_version, big-endian. */
static void make_newer(const struct world *world)
{
    char *path = scratch_path(&world->scratch, "state/journal.db");
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 63, SEEK_SET), 0);
    assert_int_equal(fputc(99, file), 99);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static void a_newer_journal_is_left_alone(void **state)
{
    struct world *world = *state;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    life_ends(world);
    make_newer(world);
    life_spawn(world, instant("2026-11-25T12:20:00Z"), NULL);
    expect_says(world, "it is of version 99, written by a newer mooncron");
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 69);
    char *pattern = scratch_path(&world->scratch, "state/journal.db.corrupt*");
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
    free(pattern);
}

/* Somebody reads it with another program, which locks it. */
static void a_journal_in_use_is_said_so(void **state)
{
    struct world *world = *state;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    life_ends(world);
    char *path = scratch_path(&world->scratch, "state/journal.db");
    struct error note = { "" }, error = { "" };
    struct store *store = store_open_sqlite(
        path, "the test", instant("2026-11-30T00:00:00Z"), &note, &error);
    assert_non_null(store);
    life_spawn(world, instant("2026-11-25T12:20:00Z"), NULL);
    expect_says(world, "it is in use by another process");
    assert_int_not_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 0);
    store_close(store, instant("2026-11-30T00:00:00Z"));
    free(path);
}

/* ---- a full disk ---- */

static void expect_ready(const struct world *world, int status,
                         const char *says)
{
    char url[128];
    snprintf(url, sizeof url, "%s/readyz", world->worker.origin);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    if (answer.status != status || !strstr(answer.body, says))
        fail_msg("%d %s", answer.status, answer.body);
    client_answer_close(&answer);
}

static void a_full_disk_is_outlived(void **state)
{
    struct world *world = *state;
    int64_t seq, fetches;
    world_prepare(world,
                  "job 'tick' { every = '5s', post = '/api/feed/rank' }\n"
                  "job 'digest' { every = '2m', catch_up = '1h',\n"
                  "  post = '/api/admin/digest' }\n",
                  true, "production");
    life_begin(world, instant("2026-11-25T12:08:30Z"), NULL);
    await_ticks(world, 1);
    expect_ready(world, 200, "ok");
    worker_limit_files(&world->worker, 0);
    expect_says(world, "nothing is fired, because no claim can be written");
    expect_ready(world, 503, "the store has failed");
    seq = stand_last(&world->stand);
    /* Their copy cannot be written either. */
    json_decref(stand_change(&world->stand, "?webhook=0",
                             "{\"schedulerEnvironment\":\"staging\"}"));
    json_t *asked = stand_fetches(&world->stand, 0, 0, 0);
    fetches = (int64_t)json_array_size(asked);
    json_decref(asked);
    json_decref(stand_fetches(&world->stand, fetches, 3, WORKER_PATIENCE_MS));
    assert_int_equal(stand_last(&world->stand), seq); /* two minutes passed */

    worker_limit_files(&world->worker, RLIM_INFINITY);
    expect_says(world, "the store is well again");
    expect_says(world, ": missed, store");
    json_decref(next_call(world, &seq, "digest"));
    await_ticks(world, 1);
    expect_ready(world, 200, "ok");
    life_ends(world);
}

/* A claim that cannot be written has sent nothing: nobody waits for it. It is
 * asked for when the run before it ends. */
static void a_full_disk_does_not_hold_up_the_end(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'tick' { every = '30s', overlap = 'queue',\n"
                  "  retry = false, timeout = '2s', post = '/api/feed/rank' }",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 1);
    life_begin(world, instant("2026-11-25T12:08:30Z"), "MOONCRON_DRAIN=1h");
    expect_says(world, ": skipped, overlap"); /* so one waits already */
    worker_limit_files(&world->worker, 0);
    expect_says(world, "nothing is fired, because no claim can be written");
    expect_says(world, ": unknown, timeout");
    proc_signal(world->worker.proc, SIGTERM);
    expect_says(world, ": skipped, stopping");
    expect_says(world,
                "could not write down 1 verdict (tick of 2026-11-25T12:");
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 0);
    assert_int_equal(calls_of(world, 0, "tick"), 1);
    worker_free(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_outage_is_caught_up_once),
        WORLD_TEST(what_is_old_is_forgotten),
        WORLD_TEST(a_call_that_was_cut_is_made_again_where_it_may),
        WORLD_TEST(what_may_be_mended_is_tried_again),
        WORLD_TEST(an_origin_is_waited_for),
        WORLD_TEST(what_was_accepted_is_told),
        WORLD_TEST(what_is_given_up_says_why),
        WORLD_TEST(a_run_that_rests_is_handed_on),
        WORLD_TEST(ends_are_told_as_declared),
        WORLD_TEST(what_may_not_be_called_is_told_at_once),
        WORLD_TEST(a_hook_that_fails_is_named),
        WORLD_TEST(a_circuit_opens_and_closes),
        WORLD_TEST(answers_of_503_open_it),
        WORLD_TEST(a_run_that_an_open_circuit_ends_keeps_its_failure),
        WORLD_TEST(one_slot_waits_in_the_queue),
        WORLD_TEST(a_newer_slot_cancels_the_older_run),
        WORLD_TEST(so_many_go_on_beside_each_other),
        WORLD_TEST(what_was_off_outlives_the_worker),
        WORLD_TEST(a_damaged_journal_is_moved_aside),
        WORLD_TEST(a_newer_journal_is_left_alone),
        WORLD_TEST(a_journal_in_use_is_said_so),
        WORLD_TEST(a_full_disk_is_outlived),
        WORLD_TEST(a_full_disk_does_not_hold_up_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
