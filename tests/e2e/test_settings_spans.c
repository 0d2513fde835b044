/* Settings go off, production, staging, off while jobs fire: the ledger holds
 * exactly the slots that `plan --json` prints for each span, but for those of
 * which the journal says that the machine was too slow for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/store.h"

#include "client.h"
#include "world.h"

#define SLOTS_MAX 4096 /* a test of half a minute fires some hundred */

/* A second of ours is half a minute of theirs, and so is the interval between
 * two slots of most jobs: a machine that stands still for as long loses a slot,
 * and rightly. Settings are fetched when they have changed, never by chance: an
 * answer that left before a change would be minutes old when it is read. */
static const char *const half_minutes[] = { "MOONCRON_TIME_SCALE=30",
                                            "MOONCRON_POLL=24h", NULL };

static const char schedule[] =
    "multiplier { production = 1, staging = 3, default = 6 }\n"
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n"
    "job 'aggregate' { every = '45s', phase = 'auto',\n"
    "                  post = '/api/feed/aggregate' }\n"
    "job 'flush' { every = '30s', phase = '7s', only = { 'production' },\n"
    "              post = '/api/feed/flush' }\n"
    "job 'beat' { every = '30s', phase = '3s', always = true,\n"
    "             scale = false, post = '/api/sync/city-counters' }\n"
    "job 'never' { every = '30s', enabled = false,\n"
    "              post = '/api/sync/city-counters' }\n";

struct slot {
    char job[32];
    int64_t at_ms;
};

struct slots {
    struct slot items[SLOTS_MAX];
    size_t count;
};

/* What is in force from `from_ms` until `until_ms`, both of the worker's. */
struct span {
    const char *settings; /* the change that begins it; NULL: the start does */
    const char *environment;
    bool jobs;
    int beats;           /* it lasts for so many calls of this job */
    const char *runs[4]; /* and these have a call in it, too */
    int64_t from_ms, until_ms;
};

/* Slots of which the journal says that they were not run. */
struct passed {
    char job[32];
    int64_t first_ms, last_ms, count;
    int64_t planned; /* how many of them some span has */
};

struct passes {
    struct passed items[SLOTS_MAX];
    size_t count;
};

static int64_t parse_time(const char *text)
{
    struct wall at;
    if (!rfc3339_parse(text, strlen(text), &at))
        fail_msg("\"%s\" is no time", text);
    return at.ms;
}

static void slots_add(struct slots *slots, const char *job, int64_t at_ms)
{
    assert_true(slots->count < SLOTS_MAX);
    struct slot *slot = &slots->items[slots->count++];
    snprintf(slot->job, sizeof slot->job, "%s", job);
    slot->at_ms = at_ms;
}

static int slot_order(const void *a, const void *b)
{
    const struct slot *one = a, *other = b;
    if (one->at_ms != other->at_ms)
        return one->at_ms < other->at_ms ? -1 : 1;
    return strcmp(one->job, other->job);
}

/* Every slot that the planner sees in the span. */
static void slots_plan(struct slots *slots, const struct world *world,
                       const struct span *span)
{
    char now[RFC3339_TEXT_MAX], horizon[32];
    rfc3339_format((struct wall){ span->from_ms }, 0, now);
    snprintf(horizon, sizeof horizon, "%lldms",
             (long long)(span->until_ms - span->from_ms));
    const char *jobs = span->jobs ? "on" : "off";
    char *file = scratch_path(&world->scratch, "schedules.lua");
    const char *args[] = { "plan",      "--json", "--env", span->environment,
                           "--jobs",    jobs,     "--now", now,
                           "--horizon", horizon,  file,    NULL };
    char *out, *err;
    int code = worker_command(NULL, &world->scratch, NULL, args, &out, &err);
    json_t *plan = json_loads(out, 0, NULL);
    if (code != 0 || !plan)
        fail_msg("plan: exit code %d\n%s%s", code, out, err);
    size_t i, n;
    json_t *job, *next;
    json_array_foreach(json_object_get(plan, "jobs"), i, job)
    {
        const char *name = json_string_value(json_object_get(job, "name"));
        json_array_foreach(json_object_get(job, "next"), n, next)
            slots_add(slots, name, parse_time(json_string_value(next)));
    }
    json_decref(plan);
    free(out);
    free(err);
    free(file);
}

/* Every slot of the span that reached the backend, as often as it did. */
static void slots_fired(struct slots *slots, const json_t *ledger,
                        const struct span *span)
{
    size_t i;
    json_t *call;
    json_array_foreach(ledger, i, call)
    {
        const char *job, *time;
        assert_int_equal(json_unpack(call, "{s:s, s:s}", "job", &job,
                                     "scheduledTime", &time),
                         0);
        int64_t at_ms = parse_time(time);
        if (at_ms > span->from_ms && at_ms <= span->until_ms)
            slots_add(slots, job, at_ms);
    }
}

static bool keep_passed(void *data, const struct history_row *row)
{
    struct passes *passes = data;
    if (row->verdict != VERDICT_SKIPPED && row->verdict != VERDICT_MISSED)
        return true;
    if (row->why != WHY_OVERLAP && row->why != WHY_LATE &&
        row->why != WHY_SUPERSEDED)
        fail_msg("%s: %s is no fault of the machine", row->job,
                 why_names[row->why]);
    assert_true(passes->count < SLOTS_MAX);
    struct passed *passed = &passes->items[passes->count++];
    *passed = (struct passed){ .first_ms = row->slot.ms,
                               .last_ms = row->last.ms,
                               .count = row->count ? row->count : 1 };
    snprintf(passed->job, sizeof passed->job, "%s", row->job);
    return true;
}

/* Of a worker that has ended. */
static void passes_read(struct passes *passes, const struct world *world,
                        int64_t until_ms)
{
    char *path = scratch_path(&world->scratch, "state/journal.db");
    const struct wall until = { until_ms };
    struct error note = { "" }, error = { "" };
    struct store *store =
        store_open_sqlite(path, "the test", until, &note, &error);
    if (!store)
        fail_msg("%s", error.text);
    const struct history_query query = { .to = until,
                                         .limit = HISTORY_ROWS_MAX };
    passes->count = 0;
    if (!store_history(store, &query, keep_passed, passes, &error))
        fail_msg("%s", error.text);
    store_close(store, until);
    free(path);
}

/* Adds those slots of a plan that were passed over. */
static void slots_passed(struct slots *slots, struct passes *passes,
                         const struct slots *planned)
{
    for (size_t i = 0; i < planned->count; i++) {
        const struct slot *slot = &planned->items[i];
        for (size_t k = 0; k < passes->count; k++) {
            struct passed *passed = &passes->items[k];
            if (strcmp(passed->job, slot->job) ||
                slot->at_ms < passed->first_ms || slot->at_ms > passed->last_ms)
                continue;
            slots_add(slots, slot->job, slot->at_ms);
            passed->planned++;
        }
    }
}

static void print_slots(const char *title, const struct slots *slots)
{
    print_message("%s:\n", title);
    for (size_t i = 0; i < slots->count; i++) {
        char text[RFC3339_TEXT_MAX];
        rfc3339_format((struct wall){ slots->items[i].at_ms }, 0, text);
        print_message("  %s %s\n", text, slots->items[i].job);
    }
}

/* Returns how many slots of the span were run. */
static size_t compare_span(const struct world *world, const json_t *ledger,
                           struct passes *passes, const struct span *span)
{
    static struct slots planned, fired;
    planned.count = fired.count = 0;
    slots_plan(&planned, world, span);
    slots_fired(&fired, ledger, span);
    size_t run = fired.count;
    slots_passed(&fired, passes, &planned);
    qsort(planned.items, planned.count, sizeof *planned.items, slot_order);
    qsort(fired.items, fired.count, sizeof *fired.items, slot_order);
    bool equal = planned.count == fired.count;
    for (size_t i = 0; equal && i < planned.count; i++)
        equal = slot_order(&planned.items[i], &fired.items[i]) == 0;
    if (!equal) {
        print_slots("planned", &planned);
        print_slots("fired, or passed over", &fired);
        fail_msg("%s, jobs %s: they differ", span->environment,
                 span->jobs ? "on" : "off");
    }
    return run;
}

/* Waits for the next schedule, which must be that of the span. Its first moment
 * is asked for: the log is written some time later. */
static int64_t next_span_ms(struct world *world, const struct span *span)
{
    json_t *event = worker_event(&world->worker, "schedule");
    char url[128];
    snprintf(url, sizeof url, "%s/api/v1/status", world->worker.origin);
    json_t *status = client_expect(200, "GET", url, NULL, NULL);
    const char *environment, *since;
    int jobs;
    json_int_t generation;
    assert_int_equal(json_unpack(status, "{s:s, s:b, s:{s:I, s:s}}",
                                 "environment", &environment, "enableJobs",
                                 &jobs, "schedule", "generation", &generation,
                                 "since", &since),
                     0);
    assert_int_equal(generation, worker_field(event, "generation"));
    if (strcmp(environment, span->environment) || jobs != span->jobs)
        fail_msg("nobody asked for %s", json_dumps(event, 0));
    int64_t since_ms = parse_time(since);
    json_decref(status);
    json_decref(event);
    return since_ms;
}

static int64_t newest_slot_ms(const json_t *ledger)
{
    int64_t newest_ms = 0;
    size_t i;
    json_t *call;
    json_array_foreach(ledger, i, call)
    {
        int64_t at_ms = parse_time(
            json_string_value(json_object_get(call, "scheduledTime")));
        if (at_ms > newest_ms)
            newest_ms = at_ms;
    }
    return newest_ms;
}

static void switch_settings(struct world *world, const char *settings)
{
    json_t *said = stand_change(&world->stand, "", settings);
    int status;
    assert_int_equal(
        json_unpack(said, "{s:{s:i}}", "webhook", "status", &status), 0);
    assert_int_equal(status, 200);
    json_decref(said);
}

static void span_live(struct world *world, const struct span *span)
{
    int64_t seq = stand_last(&world->stand);
    world_await_calls(world, "beat", span->beats);
    for (size_t i = 0; span->runs[i]; i++)
        stand_await_job(&world->stand, seq, span->runs[i], WORKER_PATIENCE_MS);
}

static unsigned schedules_told(const struct world *world)
{
    unsigned count = 0;
    char *log = proc_output(world->worker.proc, true);
    for (const char *at = log; (at = strstr(at, "\"event\":\"schedule\""));
         at++)
        count++;
    free(log);
    return count;
}

static void each_span_fires_what_its_plan_says(void **state)
{
    struct world *world = *state;
    static struct passes passes;
    struct span spans[] = {
        { .environment = "development", .beats = 4 },
        { .settings = "{\"enableJobs\":true,"
                      "\"schedulerEnvironment\":\"production\"}",
          .environment = "production",
          .jobs = true,
          .beats = 4,
          .runs = { "rank", "aggregate", "flush" } },
        { .settings = "{\"schedulerEnvironment\":\"staging\"}",
          .environment = "staging",
          .jobs = true,
          .beats = 7,
          .runs = { "rank", "aggregate" } },
        { .settings = "{\"enableJobs\":false}",
          .environment = "staging",
          .beats = 4 },
    };
    const size_t count = sizeof spans / sizeof *spans;
    const struct worker_options options = { .env = half_minutes };
    world_prepare(world, schedule, false, NULL);
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
    for (size_t i = 0; i < count; i++) {
        if (spans[i].settings)
            switch_settings(world, spans[i].settings);
        spans[i].from_ms = next_span_ms(world, &spans[i]);
        if (i)
            spans[i - 1].until_ms = spans[i].from_ms;
        span_live(world, &spans[i]);
    }
    worker_drain(&world->worker);
    assert_int_equal(schedules_told(world), count);

    json_t *ledger = stand_calls(&world->stand, 0, 1, 0);
    spans[count - 1].until_ms = newest_slot_ms(ledger);
    passes_read(&passes, world, spans[count - 1].until_ms);
    size_t run = 0;
    for (size_t i = 0; i < count; i++)
        run += compare_span(world, ledger, &passes, &spans[i]);
    assert_int_equal(run, json_array_size(ledger));
    for (size_t i = 0; i < passes.count; i++)
        assert_int_equal(passes.items[i].planned, passes.items[i].count);
    json_decref(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_span_fires_what_its_plan_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
