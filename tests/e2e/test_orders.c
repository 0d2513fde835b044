/* What operators want of the jobs of a running worker is done: run one now,
 * pause it, let it go on, run its old slots. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "operator.h"

/* ---- trigger ---- */

/* "  14:07:33  attempt 1/3  503 after 2.1s": one line, with its clock. */
static void expect_attempt(const char *said, int number, const char *what,
                           const char *then)
{
    char head[64];
    snprintf(head, sizeof head, "  attempt %d/3  %s", number, what);
    const char *at = strstr(said, head);
    const char *end = at ? strchr(at, '\n') : NULL, *next;
    if (!end || !(next = strstr(at, then)) || next > end || at[-1] < '0' ||
        at[-1] > '9')
        fail_msg("no line with \"%s\" and \"%s\" in\n%s", head, then, said);
}

static void a_triggered_run_is_followed(void **state)
{
    struct world *world = *state;
    open_world(world);
    char *said = SAY(world, 0, "POST /api/sync/city-counters", "trigger",
                     "rare", "--wait", "--reason", "a look");
    expect_attempt(said, 1, "20", " after ");
    assert_non_null(strstr(said, "\nok in "));
    free(said);
    json_decref(stand_calls(&world->stand, 0, 1, WORKER_PATIENCE_MS));

    stand_fault(&world->stand, "/api/sync/city-counters", "500", 0, 1);
    said = SAY(world, 0, "\nok in ", "trigger", "rare", "--wait");
    expect_attempt(said, 1, "500 after ", ", retry in ");
    expect_attempt(said, 2, "20", " after ");
    free(said);

    stand_fault(&world->stand, "/api/sync/city-counters", "500", 0, 0);
    EXPECT(world, 1, "\nfailed in ", "trigger", "rare", "--wait");
    EXPECT(world, 1, "attempt 3/3  500 after ", "trigger", "rare", "--wait");
    EXPECT(world, 1, "\"verdict\":\"failed\"", "trigger", "rare", "--wait",
           "--json");
    EXPECT(world, 0, "FAILED 500", "status");
    EXPECT(world, 0, "mooncron logs rare", "status");

    stand_fault(&world->stand, "/api/sync/city-counters", "404", 0, 0);
    said = SAY(world, 1, "\nfailed in ", "trigger", "rare", "--wait");
    expect_attempt(said, 1, "404 after ",
                   ", no attempt 2: it would fail the same way");
    free(said);
    worker_drain(&world->worker);
}

/* The worker is killed, and another takes its port a day later. */
static void a_run_is_followed_over_a_kill(void **state)
{
    struct world *world = *state;
    static const char *const env[] = {
        "MOONCRON_TIME_START=2026-11-25T12:00:00Z", NULL
    };
    static const char *const trigger[] = { "trigger", "rare", "--wait", NULL };
    static const struct worker_options before = { .env = env };
    char port[48];
    const char *const later[] = { "MOONCRON_TIME_START=2026-11-26T12:00:00Z",
                                  port, NULL };
    const struct worker_options after = { .env = later };
    world_open(world,
               "job 'rare' { every = '3650d',\n"
               "  post = '/api/sync/city-counters' }",
               true, "production", &before);
    snprintf(port, sizeof port, "MOONCRON_LISTEN=127.0.0.1:%u",
             (unsigned)world->worker.port);
    stand_fault(&world->stand, "/api/sync/city-counters", "hang", 60000, 0);
    struct proc *follower = worker_command_start(
        &world->worker, &world->scratch, &world->stand, trigger);
    size_t cursor = 0;
    free(
        proc_await(follower, false, &cursor, "rare  run ", WORKER_PATIENCE_MS));
    json_decref(stand_calls(&world->stand, 0, 1, WORKER_PATIENCE_MS));
    killed(world, &after);
    stand_calm(&world->stand);
    int code = proc_exit(follower, WORKER_PATIENCE_MS);
    char *out = proc_output(follower, false);
    const char *took = strstr(out, "\nok in ");
    if (code != 0 || !took || !strpbrk(took + 7, "dh"))
        fail_msg("%d, and no day:\n%s", code, out);
    free(out);
    proc_free(follower);
    worker_drain(&world->worker);
}

static void a_run_that_goes_on_is_not_joined(void **state)
{
    struct world *world = *state;
    open_world(world);
    stand_fault(&world->stand, "/api/sync/city-counters", "hang", 60000, 0);
    EXPECT(world, 0, "run ", "trigger", "rare");
    EXPECT(world, 1, "is running already, and overlap = \"skip\"", "trigger",
           "rare");
    EXPECT(world, 0, "\"outcome\":\"done\"", "trigger", "rare", "--force",
           "--json");
    EXPECT(world, 0, "running 1/3", "status");
    EXPECT(world, 0, "is being run, by hand", "why", "rare");
    stand_calm(&world->stand);
    proc_signal(world->worker.proc, SIGTERM);
    proc_signal(world->worker.proc, SIGTERM);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
}

/* ---- pause and resume ---- */

static void a_pause_ends_by_itself(void **state)
{
    struct world *world = *state;
    open_world(world);
    world_await_calls(world, "rank", 1);
    EXPECT(world, 0, "rank is paused until ", "pause", "rank", "--for", "4m",
           "--reason", "the move");
    char *said = SAY(world, 0, "will not be run in its time: the job is paused",
                     "why", "rank");
    assert_non_null(strstr(said, ": the move"));
    free(said);
    EXPECT(world, 0, "paused", "status");
    json_decref(worker_says(&world->worker, "its pause is over"));
    world_await_calls(world, "rank", 2);
    EXPECT(world, 0, "missed paused", "logs", "rank", "-n", "1000");
    worker_drain(&world->worker);
}

static void a_pause_outlives_the_worker(void **state)
{
    struct world *world = *state;
    open_world(world);
    EXPECT(world, 0, "is paused until ", "pause", "rank", "--for", "10h",
           "--reason", "the move");
    restart(world);
    EXPECT(world, 0, ": the move", "status", "rank");
    int64_t seq = stand_last(&world->stand);
    EXPECT(world, 0, "\"dry_run\":true", "resume", "rank", "--dry-run",
           "--json");
    EXPECT(world, 0, "rank would go on.", "resume", "rank", "--dry-run");
    assert_int_equal(stand_last(&world->stand), seq);
    EXPECT(world, 0, "rank goes on.", "resume", "rank");
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
}

/* Slots of a pause with this reason, the newest; `why` tells of the pause. */
static void expect_paused_for(const struct world *world, const char *reason)
{
    char *said = SAY(world, 0, "\"runs\"", "logs", "rank", "-n", "1000",
                     "--verdict", "missed", "--json");
    json_t *json = json_loads(said, 0, NULL);
    const json_t *rows = json_object_get(json, "runs"), *row = NULL;
    for (size_t i = 0; i < json_array_size(rows) && !row; i++) {
        row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "why")), "paused"))
            row = NULL;
    }
    if (!row || json_is_null(json_object_get(row, "by")))
        fail_msg("nobody paused it: %s", said);
    assert_string_equal(json_string_value(json_object_get(row, "reason")),
                        reason);
    char *why =
        SAY(world, 0, "was missed: the job was paused by ", "why", "rank",
            "--at", json_string_value(json_object_get(row, "slot")));
    assert_non_null(strstr(why, reason));
    free(why);
    json_decref(json);
    free(said);
}

static void who_paused_is_kept(void **state)
{
    struct world *world = *state;
    static const char *const env[] = {
        "MOONCRON_TIME_START=2099-01-01T00:00:00Z", NULL
    };
    static const struct worker_options later = { .env = env };
    open_world(world);
    EXPECT(world, 0, "until", "pause", "rank", "--for", "4m", "--reason",
           "the first move");
    json_decref(worker_says(&world->worker, "its pause is over"));
    expect_paused_for(world, "the first move");
    EXPECT(world, 0, "until", "pause", "rank", "--for", "4m", "--reason",
           "the second move");
    killed(world, &later); /* and it is over before anybody looks */
    json_decref(worker_says(&world->worker, "its pause is over"));
    expect_paused_for(world, "the second move");
    worker_drain(&world->worker);
}

/* ---- backfill ---- */

/* Others may have been called: their slots come as they do. */
static void expect_no_call(const struct world *world, const char *job)
{
    json_t *calls = stand_calls(&world->stand, 0, 0, WORKER_PATIENCE_MS);
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(calls, i), "job"));
        assert_false(name && !strcmp(name, job));
    }
    json_decref(calls);
}

static void old_slots_are_run(void **state)
{
    struct world *world = *state;
    open_world(world);
    EXPECT(world, 0, "53 slots of rare, from ", "backfill", "rare", "--from",
           "2025-01-01", "--to", "2026-01-01", "--dry-run");
    expect_no_call(world, "rare");
    EXPECT(world, 0, "no slot there", "backfill", "rare", "--from",
           "2025-01-03", "--to", "2025-01-04");
    EXPECT(world, 64, "--yes says that more than 100000 are meant", "backfill",
           "rank", "--from", "2020-01-01", "--to", "2025-01-01");
    EXPECT(world, 0, "53 slots of rare", "backfill", "rare", "--from",
           "2025-01-01", "--to", "2026-01-01");
    world_await_calls(world, "rare", 2);
    char *said = SAY(world, 0, "backfill", "logs", "rare", "-n", "60");
    assert_non_null(strstr(said, "2025-"));
    free(said);
    worker_drain(&world->worker);
}

static void what_is_settled_is_said(void **state)
{
    struct world *world = *state;
    static const char *const args[] = { "backfill",   "rare", "--from",
                                        "2025-01-01", "--to", "2026-01-01",
                                        NULL,         NULL };
    const char *dry[8], *json[8];
    memcpy(dry, args, sizeof args);
    memcpy(json, args, sizeof args);
    dry[6] = "--dry-run";
    json[6] = "--json";
    open_world(world);
    EXPECT(world, 64, "ten years", "backfill", "rare", "--from", "2010-01-01",
           "--to", "2026-01-01");
    EXPECT(world, 0, "2 slots of rare, from ", "backfill", "rare", "--from",
           "2025-02-01", "--to", "2025-02-14");
    int64_t seq = 0;
    for (int i = 0; i < 2; i++)
        seq = stand_await_job(&world->stand, seq, "rare", WORKER_PATIENCE_MS);
    restart(world); /* every verdict is written down */
    EXPECT(world, 0, "until", "pause", "rare", "--for", "100d");
    free(
        world_says(world, 0, ": 51 would be run; 2 were run ok already.", dry));
    free(world_says(world, 0, ": 51 taken on; 2 were run ok already.", args));
    free(world_says(
        world, 0,
        ": none is taken on; 2 were run ok already, and 51 wait or are "
        "being run.",
        args));
    free(world_says(world, 0, "\"runs\":0", json));
    free(world_says(world, 0, "\"done\":2,\"waiting\":51", json));
    worker_drain(&world->worker);
}

static void a_backfill_is_taken_back(void **state)
{
    struct world *world = *state;
    open_slow(world);
    EXPECT(world, 64, "no --from", "backfill", "rare", "--cancel", "--from",
           "2025-01-01");
    EXPECT(world, 0, "until", "pause", "rare", "--for", "100d");
    EXPECT(world, 0, ": would be run.\n", "backfill", "rare", "--from",
           "2025-01-01", "--to", "2026-01-01", "--dry-run");
    EXPECT(world, 0, ": taken on", "backfill", "rare", "--from", "2025-01-01",
           "--to", "2026-01-01", "--reason", "the move");
    EXPECT(world, 0, "53 slots of rare that waited are not run.", "backfill",
           "rare", "--cancel", "--reason", "a mistake");
    EXPECT(world, 0, ": a mistake", "logs", "rare", "-n", "1");
    killed(world, NULL);
    EXPECT(world, 0, "\"cancelled\":0", "backfill", "rare", "--cancel",
           "--json");
    char *said = SAY(world, 0, "skipped cancelled", "logs", "rare", "-n", "60");
    assert_null(strstr(said, "waiting"));
    free(said);
    expect_no_call(world, "rare");
    EXPECT(world, 0, ": taken on", "backfill", "rare", "--from", "2025-01-01",
           "--to", "2026-01-01"); /* they are missing still */
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_triggered_run_is_followed),
        WORLD_TEST(a_run_is_followed_over_a_kill),
        WORLD_TEST(a_run_that_goes_on_is_not_joined),
        WORLD_TEST(a_pause_ends_by_itself),
        WORLD_TEST(a_pause_outlives_the_worker),
        WORLD_TEST(who_paused_is_kept),
        WORLD_TEST(old_slots_are_run),
        WORLD_TEST(what_is_settled_is_said),
        WORLD_TEST(a_backfill_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
