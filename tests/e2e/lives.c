/* The lives of a worker: it is killed or ends, and is started again. */
#include "lives.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/demo.h"
#include "mooncron/store.h"
#include "mooncron/text.h"

struct wall instant(const char *text)
{
    struct wall at;
    assert_true(rfc3339_parse(text, strlen(text), &at));
    return at;
}

struct wall seconds_after(struct wall at, int64_t seconds)
{
    return (struct wall){ at.ms + seconds * 1000 };
}

void life_spawn(struct world *world, struct wall start, const char *more)
{
    char text[RFC3339_TEXT_MAX], pair[64];
    snprintf(pair, sizeof pair, "MOONCRON_TIME_START=%s",
             rfc3339_format(start, 0, text));
    const char *const env[] = { pair, more, NULL };
    const struct worker_options options = { .env = env };
    worker_spawn(&world->worker, &world->scratch, &world->stand, &options);
}

void life_begin(struct world *world, struct wall start, const char *more)
{
    life_spawn(world, start, more);
    json_t *event = worker_event(&world->worker, "listening");
    world->worker.port = (uint16_t)worker_field(event, "port");
    json_decref(event);
    snprintf(world->worker.origin, sizeof world->worker.origin,
             "http://127.0.0.1:%u", world->worker.port);
    backend_set_worker(world->stand.backend, world->worker.origin);
}

void life_is_cut(struct world *world)
{
    proc_signal(world->worker.proc, SIGKILL);
    assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS),
                     128 + SIGKILL);
    worker_free(&world->worker);
}

void life_ends(struct world *world)
{
    worker_drain(&world->worker);
    worker_free(&world->worker);
}

void expect_says(struct world *world, const char *needle)
{
    json_decref(worker_says(&world->worker, needle));
}

void expect_why(const struct world *world, const char *at, const char *needle)
{
    const char *const why[] = { "why", "plain", "--at", at, NULL };
    free(world_says(world, 0, needle, why));
}

/* ---- a schedule ---- */

const char outage[] =
    "job 'tick' { every = '5s', post = '/api/feed/rank' }\n"
    "job 'digest' { every = '1h', catch_up = '2h',\n"
    "  post = '/api/admin/digest' }\n"
    "job 'plain' { every = '1h', catch_up = false, post = '/api/feed/flush' "
    "}\n";

void await_ticks(const struct world *world, int count)
{
    world_await_calls(world, "tick", count);
}

/* ---- calls ---- */

json_t *next_call(const struct world *world, int64_t *seq, const char *job)
{
    *seq = stand_await_job(&world->stand, *seq, job, WORKER_PATIENCE_MS);
    json_t *calls = stand_calls(&world->stand, *seq - 1, 1, 0);
    json_t *call = json_incref(json_array_get(calls, 0));
    json_decref(calls);
    return call;
}

unsigned calls_of(const struct world *world, int64_t seq, const char *job)
{
    json_t *calls = stand_calls(&world->stand, seq, 0, 0), *call;
    unsigned count = 0;
    size_t i;
    json_array_foreach(calls, i, call) count +=
        strcmp(text_of(call, "job"), job) == 0;
    json_decref(calls);
    return count;
}

const char *text_of(const json_t *call, const char *field)
{
    return json_string_value(json_object_get(call, field));
}

struct wall slot_of(const json_t *call)
{
    return instant(text_of(call, "scheduledTime"));
}

void expect_field(const json_t *call, const char *field, const char *wanted)
{
    const char *found = text_of(call, field);
    if (!found || strcmp(found, wanted)) {
        char *text = json_dumps(call, JSON_COMPACT);
        fail_msg("%s is not %s in %s", field, wanted, text);
    }
}

void expect_key(const json_t *call, const char *job, struct wall slot)
{
    char key[256], text[RFC3339_TEXT_MAX];
    snprintf(key, sizeof key, "%s/%s", job, rfc3339_format(slot, 0, text));
    expect_field(call, "idempotencyKey", key);
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

void expect_journal(const struct world *world, const char *job,
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
