/* Settings go off, production, staging, off while jobs fire: the ledger holds
 * exactly the slots that `plan --json` prints for each span. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#include "world.h"

#define SLOTS_MAX 4096 /* a test of half a minute fires some hundred */

/* A second of ours is half a minute of theirs. The slowest interval between
 * two slots of one job is a second of ours: a machine that stands still for as
 * long would lose a slot, and rightly. */
static const char *const half_minutes[] = { "MOONCRON_TIME_SCALE=30", NULL };

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
    const char *environment;
    const char *jobs;
    int64_t from_ms, until_ms;
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
    char *file = scratch_path(&world->scratch, "schedules.lua");
    const char *args[] = { "plan",      "--json",   "--env", span->environment,
                           "--jobs",    span->jobs, "--now", now,
                           "--horizon", horizon,    file,    NULL };
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

static void print_slots(const char *title, const struct slots *slots)
{
    print_message("%s:\n", title);
    for (size_t i = 0; i < slots->count; i++) {
        char text[RFC3339_TEXT_MAX];
        rfc3339_format((struct wall){ slots->items[i].at_ms }, 0, text);
        print_message("  %s %s\n", text, slots->items[i].job);
    }
}

/* Returns how many slots the span has. */
static size_t compare_span(const struct world *world, const json_t *ledger,
                           const struct span *span)
{
    static struct slots planned, fired;
    planned.count = fired.count = 0;
    slots_plan(&planned, world, span);
    slots_fired(&fired, ledger, span);
    qsort(planned.items, planned.count, sizeof *planned.items, slot_order);
    qsort(fired.items, fired.count, sizeof *fired.items, slot_order);
    bool equal = planned.count == fired.count;
    for (size_t i = 0; equal && i < planned.count; i++)
        equal = slot_order(&planned.items[i], &fired.items[i]) == 0;
    if (!equal) {
        print_slots("planned", &planned);
        print_slots("fired", &fired);
        fail_msg("%s, jobs %s: planned and fired differ", span->environment,
                 span->jobs);
    }
    return planned.count;
}

/* When the next generation came into force, in the worker's time. */
static int64_t next_span_ms(struct world *world, int64_t generation)
{
    for (;;) {
        json_t *event = worker_event(&world->worker, "schedule");
        int64_t number = worker_field(event, "generation");
        int64_t at_ms = worker_field(event, "at_ns") / 1000000;
        if (number > generation)
            fail_msg("nobody asked for %s", json_dumps(event, 0));
        json_decref(event);
        if (number == generation)
            return at_ms;
    }
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

static void each_span_fires_what_its_plan_says(void **state)
{
    struct world *world = *state;
    static const char *const changes[] = {
        "{\"enableJobs\":true,\"schedulerEnvironment\":\"production\"}",
        "{\"schedulerEnvironment\":\"staging\"}",
        "{\"enableJobs\":false}",
    };
    struct span spans[] = { { .environment = "development", .jobs = "off" },
                            { .environment = "production", .jobs = "on" },
                            { .environment = "staging", .jobs = "on" },
                            { .environment = "staging", .jobs = "off" } };
    const struct worker_options options = { .env = half_minutes };
    world_prepare(world, schedule, false, NULL);
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
    spans[0].from_ms = next_span_ms(world, 1);
    for (size_t i = 0; i < 3; i++) {
        world_await_calls(world, "beat", i == 2 ? 7 : 4);
        switch_settings(world, changes[i]);
        spans[i + 1].from_ms = next_span_ms(world, (int64_t)i + 2);
        spans[i].until_ms = spans[i + 1].from_ms;
    }
    world_await_calls(world, "beat", 4);
    worker_drain(&world->worker);

    json_t *ledger = stand_calls(&world->stand, 0, 1, 0);
    spans[3].until_ms = newest_slot_ms(ledger);
    size_t slots = 0;
    for (size_t i = 0; i < 4; i++)
        slots += compare_span(world, ledger, &spans[i]);
    assert_int_equal(slots, json_array_size(ledger));
    assert_true(slots > 30); /* or the worker did nothing and was right */
    json_decref(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_span_fires_what_its_plan_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
