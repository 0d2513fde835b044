/* An operator looks at a running worker and asks why: `status`, `logs` and
 * `why` tell what it did, what it does, and what it will do. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#include "operator.h"

/* ---- who waits ---- */

/* One of two jobs runs at a time; a third rests for most of a day. */
static const char waiting[] =
    "group 'db' { limit = 1 }\n"
    "job 'first' { every = '30s', post = '/api/feed/rank', group = 'db',\n"
    "  timeout = '1h', deadline = '2h' }\n"
    "job 'then' { every = '30s', post = '/api/feed/flush', group = 'db' }\n"
    "job 'rests' { every = '3650d', post = '/api/sync/city-counters',\n"
    "  retry = { attempts = 3, backoff = '24h..24h' } }\n";

static void who_waits_is_told_why(void **state)
{
    struct world *world = *state;
    world_prepare(world, waiting, true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 3600000, 0);
    stand_fault(&world->stand, "/api/sync/city-counters", "500", 0, 0);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    world_await_calls(world, "first", 1);
    json_decref(worker_says(&world->worker, "skipped, overlap"));
    free(SAY(world, 0, "its group \"db\" is full, with 1 at once: first, since",
             "why", "then"));
    EXPECT(world, 0, "its group \"db\" is full", "status", "then");
    EXPECT(world, 0, "waiting", "status");
    EXPECT(world, 0, "run ", "trigger", "rests");
    json_decref(worker_says(&world->worker, "attempt 1 of 3 failed"));
    char *said = SAY(world, 0,
                     ", attempt 1 of 3, which failed: the backend "
                     "answered 500; attempt 2 of 3 follows ",
                     "why", "rests");
    free(said);
    EXPECT(world, 0, "2/3 at ", "status");
    said = SAY(world, 0, "\n  again    ", "status", "rests");
    assert_non_null(strstr(said, ", attempt 2/3\n"));
    free(said);
    proc_signal(world->worker.proc, SIGTERM);
    proc_signal(world->worker.proc, SIGTERM);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
}

/* ---- what happened ---- */

static void what_happened_is_told(void **state)
{
    struct world *world = *state;
    open_world(world);
    stand_fault(&world->stand, "/api/feed/rank", "404", 0, 1);
    world_await_calls(world, "rank", 3);
    EXPECT(world, 0, "FAILED 404", "logs", "rank", "-n", "100");
    EXPECT(world, 0, "FAILED 404", "logs", "--verdict", "failed");
    char *said = SAY(world, 0, "ok", "logs", "--verdict", "ok");
    assert_null(strstr(said, "FAILED"));
    free(said);
    EXPECT(world, 0, "Nothing is written down", "logs", "rare");
    said = SAY(world, 0, "rank is not due ", "why", "rank");
    assert_non_null(strstr(said, "will be run, in "));
    free(said);
    restart(world);
    said = SAY(world, 0, "  ok  ", "status"); /* remembered */
    assert_non_null(strstr(said, "2 not scheduled") ? NULL : "1");
    free(said);
    EXPECT(world, 0, "last ", "status", "rank");
    worker_drain(&world->worker);
}

static void what_is_known_of_a_removed_job_is_told(void **state)
{
    struct world *world = *state;
    open_world(world);
    world_await_calls(world, "rank", 1);
    json_decref(stand_calls(&world->stand, 0, 1, WORKER_PATIENCE_MS));
    world_write(world, "job 'rare' { every = '7d', post = '/api/x' }\n");
    EXPECT(world, 0, "1 removed", "reload");
    EXPECT(world, 0, "rank is not in the schedule (schedule #2", "why", "rank");
    EXPECT(world, 0, " was run", "why", "rank");
    EXPECT(world, 0, "\"code\":\"removed\"", "why", "rank", "--at",
           "2199-01-01T00:00", "--json");
    EXPECT(world, 0, "Nothing is written down of that.", "logs", "rank",
           "--verdict", "failed");
    EXPECT(world, 1, "there is no job \"ranc\"", "logs", "ranc", "--verdict",
           "failed");
    worker_drain(&world->worker);
}

/* ---- by which clock ---- */

static void since_counts_from_the_now_of_the_worker(void **state)
{
    struct world *world = *state;
    static const char *const env[] = {
        "MOONCRON_TIME_START=2025-06-01T12:00:00Z", NULL
    };
    static const struct worker_options earlier = { .env = env };
    world_open(world, schedule, true, "production", &earlier);
    world_await_calls(world, "rank", 1);
    EXPECT(world, 0, "2025-06-01 12:0", "logs", "rank", "--since", "24h");
    EXPECT(world, 0, "Nothing is written down", "logs", "rank", "--until",
           "24h");
    worker_drain(&world->worker);
}

static const char zoned[] =
    "defaults { timezone = 'Asia/Kathmandu' }\n"
    "job 'rank' { cron = '* * * * *', timezone = 'Pacific/Kiritimati',\n"
    "  post = '/api/feed/rank' }\n";

/* The slot of the newest run, as the clock of its zone shows it, and the same
 * instant on that of Kathmandu. */
static void newest_slot(const struct world *world, char *ret_local,
                        char *ret_other)
{
    char *said = SAY(world, 0, "\"runs\"", "logs", "rank", "--verdict", "ok",
                     "-n", "1", "--json");
    json_t *json = json_loads(said, 0, NULL);
    json_t *row = json_array_get(json_object_get(json, "runs"), 0);
    const char *slot = json_string_value(json_object_get(row, "slot"));
    struct wall at;
    assert_non_null(slot);
    assert_non_null(strstr(slot, "+14:00"));
    assert_true(rfc3339_parse(slot, strlen(slot), &at));
    snprintf(ret_local, 20, "%s", slot);
    snprintf(ret_other, 20, "%s",
             rfc3339_format(at, 20700, (char[RFC3339_TEXT_MAX]){ "" }));
    json_decref(json);
    free(said);
}

static void times_are_by_the_clock_that_is_shown(void **state)
{
    struct world *world = *state;
    char local[20], other[20];
    world_open(world, zoned, true, "production", NULL);
    world_await_calls(world, "rank", 2); /* so one of them has ended */
    newest_slot(world, local, other);
    EXPECT(world, 0, "  ok  ", "logs", "rank", "--since", local, "--until",
           local);
    EXPECT(world, 0, "  ok  ", "logs", "--since", other, "--until", other);
    EXPECT(world, 0, "Nothing is written", "logs", "rank", "--until", other);
    EXPECT(world, 0, "Nothing is written", "logs", "--since", local);
    EXPECT(world, 0, " was run: ok", "why", "rank", "--at", local);
    EXPECT(world, 0, "1 slot of rank", "backfill", "rank", "--from", local,
           "--to", local, "--dry-run");
    EXPECT(world, 64,
           "--since wants a duration like 24h, or a time like "
           "2026-11-23T14:07:31Z, or, in the zone of the schedule,",
           "logs", "--since", "noon");
    EXPECT(world, 64, "or, in the zone of the job,", "logs", "rank", "--until",
           "noon");
    static const char *const reversed[][2] = {
        { "1h", "2h" }, /* two of a kind: nobody is asked */
        { "2026-01-02", "2026-01-01T23:59" },
        { "2026-01-01T02:00:00Z", "2026-01-01T02:30:00+01:00" },
        { "1h", "2020-01-01" }, /* by the worker's clock */
    };
    for (size_t i = 0; i < sizeof reversed / sizeof *reversed; i++)
        EXPECT(world, 64, "--until must not be before --since", "logs", "rank",
               "--since", reversed[i][0], "--until", reversed[i][1]);
    EXPECT(world, 64, "or, in the zone of the job,", "why", "rank", "--at",
           "noon");
    EXPECT(world, 64, "or, in the zone of the job,", "why", "rank", "--at",
           "9999-12-31T23:59:59-12:00");
    EXPECT(world, 64, "or, in the zone of the job,", "backfill", "rank",
           "--from", "noon", "--to", "2026-01-01");
    worker_drain(&world->worker);
}

/* ---- Settings and schedules ---- */

/* Each whole second is a slot. */
static const char ticking[] =
    "job 'tick' { every = '1s', overlap = 'allow', post = '/api/feed/rank' }\n"
    "job 'never' { every = '1s', only = { 'staging' },\n"
    "  post = '/api/feed/flush' }\n";

/* This instant, as the worker has it, to the second. */
static void read_now(const struct world *world, char ret_now[32])
{
    char *said = SAY(world, 0, "\"now\"", "why", "tick", "--json");
    json_t *json = json_loads(said, 0, NULL);
    const char *now = json_string_value(json_object_get(json, "now"));
    assert_non_null(now);
    snprintf(ret_now, 32, "%.19sZ", now);
    json_decref(json);
    free(said);
}

static void expect_off(const struct world *world, const char *at)
{
    static const char words[] = ": enableJobs was off in Settings, from ";
    char *said = SAY(world, 0, words, "why", "tick", "--at", at);
    assert_non_null(strstr(said, "tick was not scheduled "));
    assert_non_null(strstr(said, " (schedule #2, in production).\n"));
    free(said);
    EXPECT(world, 0, "\"code\":\"off\"", "why", "tick", "--at", at, "--json");
}

static void what_was_off_is_told_when_it_is_on_again(void **state)
{
    struct world *world = *state;
    char then[32];
    world_open(world, ticking, true, "production", NULL);
    world_await_calls(world, "tick", 1);
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":false}"));
    worker_await_generation(&world->worker, 2);
    EXPECT(world, 0, "\"code\":\"off\"", "why", "tick", "--json");
    read_now(world, then);
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":true}"));
    worker_await_generation(&world->worker, 3);
    world_await_calls(world, "tick", 1);
    expect_off(world, then);
    EXPECT(world, 0, "`only` listed other environments, since ", "why", "never",
           "--at", then);
    worker_drain(&world->worker);
}

static const char slower[] =
    "multiplier { production = 2 }\n"
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n";

static void what_loaded_the_schedule_is_told(void **state)
{
    struct world *world = *state;
    open_world(world);
    EXPECT(world, 0, "production ×1 · enableJobs on · schedule #1 loaded ",
           "status");
    EXPECT(world, 0, " at the start\n", "status");
    /* Committed behind the webhook: no answer of a job tells of it before. */
    json_decref(
        stand_change(&world->stand, "?commit_ms=0", "{\"enableJobs\":false}"));
    EXPECT(world, 0, " by webhook (", "status");
    world_write(world, slower);
    EXPECT(world, 0, "", "reload");
    EXPECT(world, 0, "production ×2 · enableJobs OFF · schedule #3 loaded ",
           "status");
    EXPECT(world, 0, " by command\n", "status");
    world_write(world, schedule);
    proc_signal(world->worker.proc, SIGHUP);
    worker_await_generation(&world->worker, 4);
    EXPECT(world, 0, " by signal\n", "status");
    json_decref(
        stand_change(&world->stand, "?webhook=0", "{\"enableJobs\":true}"));
    worker_await_generation(&world->worker, 5);
    EXPECT(world, 0, " by poll\n", "status");
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_known_of_a_removed_job_is_told),
        WORLD_TEST(since_counts_from_the_now_of_the_worker),
        WORLD_TEST(who_waits_is_told_why),
        WORLD_TEST(what_happened_is_told),
        WORLD_TEST(times_are_by_the_clock_that_is_shown),
        WORLD_TEST(what_was_off_is_told_when_it_is_on_again),
        WORLD_TEST(what_loaded_the_schedule_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
