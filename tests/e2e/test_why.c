/* What is told of a slot is what the journal has of it, and what the worker
 * will do: over outages, reloads and clocks that were wrong.
 *
 * Each life begins at a moment of our choice and runs sixty times as fast. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

/* ---- lives ---- */

static void life_begin(struct world *world, const char *start)
{
    char pair[64];
    snprintf(pair, sizeof pair, "MOONCRON_TIME_START=%s", start);
    const char *const env[] = { pair, NULL };
    const struct worker_options options = { .env = env };
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
}

static void life_ends(struct world *world)
{
    worker_drain(&world->worker);
    worker_free(&world->worker);
}

static void life_is_cut(struct world *world)
{
    proc_signal(world->worker.proc, SIGKILL);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
    worker_free(&world->worker);
}

/* ---- what is said ---- */

/* Of what the command says, `wanted`, and not `unwanted`, if any. */
static void expect(const struct world *world, const char *wanted,
                   const char *unwanted, const char *const *args)
{
    char *said = world_says(world, 0, wanted, args);
    if (unwanted && strstr(said, unwanted))
        fail_msg("mooncron %s %s: \"%s\" was not wanted in:\n%s", args[0],
                 args[1], unwanted, said);
    free(said);
}
#define EXPECT(world, wanted, unwanted, ...)                                   \
    expect(world, wanted, unwanted, (const char *const[]){ __VA_ARGS__, NULL })

/* ---- the slot that followed ---- */

static const char hours[] =
    "job 'tick' { every = '5s', post = '/api/feed/rank' }\n"
    "job 'often' { every = '2m', post = '/api/feed/rank' }\n"
    "job 'digest' { every = '1h', catch_up = '2h',\n"
    "  post = '/api/admin/digest' }\n"
    "job 'plain' { every = '1h', catch_up = false, post = '/api/feed/flush' "
    "}\n";

static void expect_what_followed(const struct world *world)
{
    EXPECT(world, "15:00:00 UTC was run, to catch up: ok", "was not run", "why",
           "digest", "--at", "2026-11-25T14:30:30Z");
    EXPECT(world, "13:00:00 UTC was missed: no worker was running", NULL, "why",
           "plain", "--at", "2026-11-25T12:30:30Z");
    EXPECT(world, "15:22:00 UTC was run: ok", "nothing is written down", "why",
           "often", "--at", "2026-11-25T15:20:30Z");
}

static void the_slot_after_an_instant_is_told_from_its_row(void **state)
{
    struct world *world = *state;
    world_prepare(world, hours, true, "production");
    life_begin(world, "2026-11-25T12:10:00Z");
    world_await_calls(world, "tick", 1);
    life_ends(world);

    life_begin(world, "2026-11-25T15:20:00Z");
    world_await_calls(world, "often", 2); /* 15:20, and 15:22 */
    world_await_calls(world, "tick", 2);  /* what ended before is written */
    expect_what_followed(world);
    world_write(world, "job 'often' { every = '2m', post = '/api/feed/rank' }\n"
                       "job 'digest' { every = '1h', post = '/api/digest' }\n"
                       "job 'plain' { every = '1h', post = '/api/plain' }\n");
    proc_signal(world->worker.proc, SIGHUP);
    worker_await_generation(&world->worker, 3);
    expect_what_followed(world);
    life_ends(world);
}

/* ---- a run that was cut ---- */

static void a_run_that_was_cut_has_no_duration(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'once' { every = '10m', retry = false,\n"
                  "  post = '/api/feed/flush' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/flush", "hang", 60000, 0);
    life_begin(world, "2026-11-25T12:09:50Z");
    world_await_calls(world, "once", 1);
    life_is_cut(world);
    stand_calm(&world->stand);

    life_begin(world, "2026-11-25T13:21:00Z");
    json_decref(worker_says(&world->worker, ": unknown, down"));
    EXPECT(world,
           "12:10:00 UTC was run: unknown; its worker died while it was under "
           "way; what came of it is not known.",
           "after", "why", "once", "--at", "2026-11-25T12:10:00Z");
    EXPECT(world, "unknown down             -    1", "0ms", "logs", "once");
    EXPECT(world, "\"took_ms\":null", NULL, "logs", "once", "--json");
    EXPECT(world, "last     Wed 2026-11-25 12:10:00 UTC, unknown down\n", NULL,
           "status", "once");
    EXPECT(world, "\"p50_ms\":null", "\"took_ms\":0", "status", "--json");
    EXPECT(world, "Wed 12:10:00", NULL, "status", "-q");
    life_ends(world);
}

/* ---- clocks that were ahead ---- */

static void what_is_to_come_is_not_told_as_past(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'five' { every = '5m', post = '/api/feed/rank' }\n",
                  true, "production");
    life_begin(world, "2026-11-23T12:04:50Z");
    world_await_calls(world, "five", 1);
    life_ends(world);
    life_begin(world, "2027-11-23T12:04:50Z"); /* a year later */
    world_await_calls(world, "five", 1);
    life_ends(world);

    life_begin(world, "2026-11-23T13:13:30Z");
    worker_await_generation(&world->worker, 3);
    EXPECT(world, "13:15:00 UTC will be run, in ", "was missed", "why", "five",
           "--at", "2026-11-23T13:15:00Z");
    EXPECT(world, "13:15:00 UTC will be run, in ", NULL, "why", "five");
    EXPECT(world, "as missed from a time when the clock was ahead: no worker",
           "was missed", "why", "five", "--at", "2026-12-23T12:02:30Z");
    EXPECT(world,
           "2027-11-23 12:05:00 UTC will not be run: it was run when "
           "the clock was ahead: ok",
           NULL, "why", "five", "--at", "2027-11-23T12:05:00Z");
    world_await_calls(world, "five", 1); /* as it was said */
    EXPECT(world, "13:15:00 UTC", "was missed", "why", "five", "--at",
           "2026-11-23T13:15:00Z");
    life_ends(world);
}

/* Its row is taken, and the slot with it. */
static void what_was_run_ahead_of_its_time_is_not_run_again(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'five' { every = '5m', post = '/api/feed/rank' }\n",
                  true, "production");
    life_begin(world, "2026-11-23T13:01:00Z"); /* it may take seconds */
    world_await_calls(world, "five", 1);
    life_ends(world);

    life_begin(world, "2026-11-23T13:01:00Z");
    worker_await_generation(&world->worker, 2);
    EXPECT(world,
           "13:05:00 UTC will not be run: it was run when the clock was "
           "ahead: ok",
           NULL, "why", "five");
    int64_t seq = stand_await_job(&world->stand, stand_last(&world->stand),
                                  "five", WORKER_PATIENCE_MS);
    json_t *calls = stand_calls(&world->stand, seq - 1, 1, 0);
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(calls, 0), "scheduledTime")),
                        "2026-11-23T13:10:00Z");
    json_decref(calls);
    life_ends(world);
}

/* ---- a store that is ill ---- */

/* A minute of its time lies between two fetches, and two slots of the job. */
static void await_a_minute(const struct world *world)
{
    json_t *asked = stand_fetches(&world->stand, 0, 0, 0);
    int fetches = (int)json_array_size(asked);
    json_decref(asked);
    json_decref(stand_fetches(&world->stand, fetches, 2, WORKER_PATIENCE_MS));
}

static void what_is_due_is_held_back_while_the_store_is_ill(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'rank' { every = '30s', post = '/api/feed/rank' }\n",
                  true, "production");
    life_begin(world, "2026-11-25T12:00:00Z");
    world_await_calls(world, "rank", 1);
    worker_limit_files(&world->worker, 0);
    json_decref(worker_says(&world->worker, "nothing is fired"));
    await_a_minute(world);
    EXPECT(world, ", due, and held back until the store is well\n", ", in ",
           "status", "rank");
    EXPECT(world, "  held  ", "  0s  ", "status");
    worker_limit_files(&world->worker, RLIM_INFINITY);
    json_decref(worker_says(&world->worker, "the store is well again"));
    world_await_calls(world, "rank", 1);
    EXPECT(world, ", in ", "held back", "status", "rank");
    life_ends(world);
}

/* ---- a queue within a group ---- */

static void a_slot_waits_for_the_run_before_it(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "group 'db' { limit = 1 }\n"
                  "job 'first' { every = '3650d', post = '/api/feed/rank',\n"
                  "  group = 'db', timeout = '1h', deadline = '2h' }\n"
                  "job 'then' { every = '30s', post = '/api/feed/flush',\n"
                  "  group = 'db', overlap = 'queue' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 3600000, 0);
    life_begin(world, "2026-11-25T12:00:05Z");
    worker_await_generation(&world->worker, 1);
    EXPECT(world, "", NULL, "trigger", "first");
    json_decref(worker_says(&world->worker, "skipped, overlap")); /* of two */
    EXPECT(world,
           "UTC comes first (overlap = \"queue\"), and waits: its group "
           "\"db\" is full, with 1 at once: first, since",
           NULL, "why", "then");
    EXPECT(world, "waiting  2 runs: its group \"db\" is full", NULL, "status",
           "then");
    proc_signal(world->worker.proc, SIGTERM);
    proc_signal(world->worker.proc, SIGTERM);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(the_slot_after_an_instant_is_told_from_its_row),
        WORLD_TEST(a_run_that_was_cut_has_no_duration),
        WORLD_TEST(a_slot_waits_for_the_run_before_it),
        WORLD_TEST(what_is_due_is_held_back_while_the_store_is_ill),
        WORLD_TEST(what_is_to_come_is_not_told_as_past),
        WORLD_TEST(what_was_run_ahead_of_its_time_is_not_run_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
