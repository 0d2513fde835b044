/* What operators want of the jobs of a running worker, on the command line: run
 * one now, pause it, let it go on, run its old slots, look, and ask why. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#include "world.h"

/* `rank` comes each half second of the test's clock, `rare` never meanwhile. */
static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank', catch_up = '1h' }\n"
    "job 'rare' { every = '7d', post = '/api/sync/city-counters',\n"
    "  retry = { attempts = 3, backoff = '1s..2s' } }\n"
    "job 'off' { every = '1h', post = '/api/off', only = { 'staging' } }\n";

static void open_world(struct world *world)
{
    world_open(world, schedule, true, "production", NULL);
}

/* By a slow clock: nothing else is written meanwhile, and nothing is made up
 * for ten seconds. */
static const char *const slow_env[] = { "MOONCRON_TIME_SCALE=1", NULL };
static const struct worker_options slow = { .env = slow_env };

static void open_slow(struct world *world)
{
    world_open(world,
               "job 'rare' { every = '7d', post = '/api/sync/city-counters' }",
               true, "production", &slow);
}

/* Runs a command, and fails the test where it does not end with `code` or does
 * not say `wanted`, on either descriptor. Gives what it said. */
static char *say(const struct world *world, int code, const char *wanted,
                 const char *const *args)
{
    char *out, *err, *both = NULL;
    int found = worker_command(&world->worker, &world->scratch, &world->stand,
                               args, &out, &err);
    if (asprintf(&both, "%s%s", out, err) < 0)
        fail();
    if (found != code || !strstr(both, wanted))
        fail_msg("mooncron %s: %d and \"%s\" were wanted; it ended with %d, "
                 "and said:\n%s",
                 args[0], code, wanted, found, both);
    free(out);
    free(err);
    return both;
}
#define SAY(world, code, wanted, ...)                                          \
    say(world, code, wanted, (const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT(world, code, wanted, ...)                                       \
    free(SAY(world, code, wanted, __VA_ARGS__))

static void restart(struct world *world)
{
    worker_drain(&world->worker);
    worker_free(&world->worker);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    worker_await_generation(&world->worker, 2);
}

/* The worker is killed, and another takes its place. */
static void killed(struct world *world, const struct worker_options *options)
{
    proc_signal(world->worker.proc, SIGKILL);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
    worker_free(&world->worker);
    worker_start(&world->worker, &world->scratch, &world->stand, options);
    worker_await_generation(&world->worker, 2);
}

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

static void what_cannot_be_done_is_said(void **state)
{
    struct world *world = *state;
    open_world(world);
    EXPECT(world, 1, "there is no job \"ranc\", did you mean \"rank\"?",
           "trigger", "ranc");
    EXPECT(world, 1, "did you mean \"rank\"?", "why", "ranc");
    EXPECT(world, 0, "nothing is written down: what is remembered begins ",
           "why", "rank", "--at", "0001-01-01T00:00:00Z");
    EXPECT(world, 0, "There is no slot after it.", "why", "rank", "--at",
           "9999-12-31T23:59:59Z");
    EXPECT(world, 1, "did you mean \"rank\"?", "pause", "ranc");
    EXPECT(world, 1, "did you mean \"rank\"?", "logs", "ranc");
    EXPECT(world, 1, "did you mean \"rank\"?", "status", "ranc");
    EXPECT(world, 1, "there is no job \"a/b%?\"", "trigger", "a/b%?");
    EXPECT(world, 1, "off is not scheduled here: `only` lists other", "trigger",
           "off");
    EXPECT(world, 0, "off is not scheduled in production: `only`", "why",
           "off");
    EXPECT(world, 1, "rank is not paused", "resume", "rank");
    EXPECT(world, 64, "--for wants a duration", "pause", "rank", "--for", "2");
    EXPECT(world, 64, "--from is missing", "backfill", "rank");
    EXPECT(world, 64, "verdict must be ok, failed", "logs", "--verdict", "bad");
    worker_drain(&world->worker);
    EXPECT(world, 69, "no daemon answers at", "status");
    EXPECT(world, 69, "no daemon answers at", "logs");
    EXPECT(world, 69, "no daemon answers at", "why", "rank");
    EXPECT(world, 69, "no daemon answers at", "trigger", "rank");
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

static void a_wrong_token_is_refused(void **state)
{
    struct world *world = *state;
    open_world(world);
    scratch_write(&world->scratch, "state/admin.token", "of another worker");
    EXPECT(world, 77, "Unauthorized", "trigger", "rank");
    EXPECT(world, 0, "enableJobs on", "status");
    worker_drain(&world->worker);
}

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

/* With --json a failure is an object, alone, whatever failed. */
static void expect_error(const struct world *world, int code,
                         const char *wanted, const char *const *args)
{
    char *said = say(world, code, wanted, args);
    json_t *json = json_loads(said, 0, NULL);
    const json_t *error = json_object_get(json, "error");
    if (!json_is_string(error) || !strstr(json_string_value(error), wanted))
        fail_msg("mooncron %s is no JSON with such an error: %s", args[0],
                 said);
    json_decref(json);
    free(said);
}
#define EXPECT_ERROR(world, code, wanted, ...)                                 \
    expect_error(world, code, wanted,                                          \
                 (const char *const[]){ __VA_ARGS__, "--json", NULL })

static void failures_are_json_where_that_is_asked_for(void **state)
{
    struct world *world = *state;
    static const char *const verbs[] = { "trigger", "pause",  "resume",
                                         "why",     "status", "logs" };
    open_world(world);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        EXPECT_ERROR(world, 1, "there is no job", verbs[i], "ranc");
    EXPECT_ERROR(world, 1, "there is no job", "backfill", "ranc", "--from",
                 "2025-01-01", "--to", "2025-01-02");
    EXPECT_ERROR(world, 1, "rank is not paused", "resume", "rank");
    EXPECT_ERROR(world, 1, "off is not scheduled here", "trigger", "off",
                 "--wait");
    worker_drain(&world->worker);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        EXPECT_ERROR(world, 69, "no daemon answers at", verbs[i], "rank");
    EXPECT_ERROR(world, 69, "no daemon answers at", "reload");
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
    free(say(world, 0, ": 51 would be run; 2 were run ok already.", dry));
    free(say(world, 0, ": 51 taken on; 2 were run ok already.", args));
    free(say(world, 0,
             ": none is taken on; 2 were run ok already, and 51 wait or are "
             "being run.",
             args));
    free(say(world, 0, "\"runs\":0", json));
    free(say(world, 0, "\"done\":2,\"waiting\":51", json));
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

/* ---- what is durable ---- */

static void what_was_answered_outlives_a_kill(void **state)
{
    struct world *world = *state;
    open_world(world);
    EXPECT(world, 0, "is paused until ", "pause", "rank", "--for", "10h",
           "--reason", "the move");
    killed(world, NULL);
    EXPECT(world, 0, ": the move", "status", "rank");
    EXPECT(world, 0, "rank goes on.", "resume", "rank");
    killed(world, NULL);
    EXPECT(world, 1, "rank is not paused", "resume", "rank");
    EXPECT(world, 0, "53 slots of rare", "backfill", "rare", "--from",
           "2025-01-01", "--to", "2026-01-01");
    killed(world, NULL);
    char *said = SAY(world, 0, "waiting", "logs", "rare", "-n", "60");
    assert_non_null(strstr(said, "2025-12-"));
    free(said);
    stand_fault(&world->stand, "/api/sync/city-counters", "hang", 60000, 0);
    EXPECT(world, 0, "run ", "trigger", "rare", "--force");
    killed(world, NULL);
    EXPECT(world, 0, "manual", "logs", "rare", "-n", "60");
    stand_calm(&world->stand);
}

/* For ten seconds nothing is made up. */
static void what_a_kill_left_open_is_told_alike(void **state)
{
    struct world *world = *state;
    open_slow(world);
    stand_fault(&world->stand, "/api/sync/city-counters", "hang", 60000, 0);
    EXPECT(world, 0, "run ", "trigger", "rare");
    json_decref(stand_calls(&world->stand, 0, 1, WORKER_PATIENCE_MS));
    killed(world, &slow);
    char *said = SAY(world, 0,
                     " was left open by a worker that ended, at attempt 1 of "
                     "3, begun ",
                     "why", "rare");
    assert_non_null(strstr(said, "; it is tried again: runs that are made up"));
    assert_null(strstr(said, "is being run"));
    free(said);
    EXPECT(world, 0, "\"code\":\"left_open\"", "why", "rare", "--json");
    EXPECT(world, 0, "  left open  ", "logs", "rare");
    EXPECT(world, 0, "  left open  ", "status");
    said = SAY(world, 0,
               "attempt 1/3: left open by a worker that ended, and is tried "
               "again\n",
               "status", "rare");
    assert_non_null(strstr(said, "none before the worker has lived for 10 s"));
    free(said);
    stand_calm(&world->stand);
    worker_drain(&world->worker);
}

/* The disk is full, and the order is the first to find that out. */
static void refused_by_the_disk(struct world *world, const char *const *order)
{
    worker_limit_files(&world->worker, 0);
    free(say(world, 69, "this is not written down yet", order));
    json_decref(worker_says(&world->worker, "nothing is fired"));
    free(say(world, 69, "waits: the store has failed", order));
    EXPECT(world, 0, "nothing is fired until it is well", "status", "rare");
    EXPECT(world, 0, "; nothing is fired until the journal can be written.",
           "why", "rare");
    worker_limit_files(&world->worker, RLIM_INFINITY);
    json_decref(worker_says(&world->worker, "the store is well again"));
}
#define REFUSED(world, ...)                                                    \
    refused_by_the_disk(world, (const char *const[]){ __VA_ARGS__, NULL })

static void what_waits_is_not_awaited(void **state)
{
    struct world *world = *state;
    open_slow(world);
    EXPECT(world, 0, "53 slots of rare", "backfill", "rare", "--from",
           "2025-01-01", "--to", "2026-01-01");
    worker_drain(&world->worker);
    json_t *said = worker_says(&world->worker, "stopping: no run goes on");
    assert_int_equal(worker_field(said, "runs"), 0);
    json_decref(said);
}

static void what_is_not_on_the_disk_is_not_done(void **state)
{
    struct world *world = *state;
    open_slow(world);
    EXPECT(world, 0, "1 job", "status"); /* the start is written down */
    stand_fault(&world->stand, "/api/sync/city-counters", "hang", 60000, 0);
    REFUSED(world, "pause", "rare");
    EXPECT(world, 0, "paused", "status"); /* it was written after all */
    REFUSED(world, "backfill", "rare", "--from", "2026-01-01", "--to",
            "2026-02-01");
    REFUSED(world, "trigger", "rare");
    REFUSED(world, "resume", "rare");
    EXPECT(world, 1, "rare is not paused", "resume", "rare");
    stand_calm(&world->stand);
    proc_signal(world->worker.proc, SIGTERM);
    proc_signal(world->worker.proc, SIGTERM);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
}

/* The worker begins its life on a full disk. */
static void a_token_that_had_no_room_is_written_later(void **state)
{
    struct world *world = *state;
    struct rlimit ours, none;
    open_slow(world);
    worker_drain(&world->worker); /* its journal is there */
    worker_free(&world->worker);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &ours), 0);
    none = (struct rlimit){ 0, ours.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    worker_start(&world->worker, &world->scratch, &world->stand, &slow);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &ours), 0);
    json_decref(worker_says(&world->worker, "nothing is fired"));
    EXPECT(world, 77, "Unauthorized", "pause", "rare");
    worker_limit_files(&world->worker, RLIM_INFINITY);
    json_decref(worker_says(&world->worker, "the store is well again"));
    json_decref(worker_says(&world->worker, "the admin token is written to "));
    EXPECT(world, 0, "rare is paused", "pause", "rare");
    worker_drain(&world->worker);
}

/* The store is well all the time. */
static void a_token_that_was_barred_is_written_later(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    char *folder = scratch_path(&world->scratch, "state");
    char *barrier = scratch_path(&world->scratch, "state/admin.token.new");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(barrier, 0700), 0);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    EXPECT(world, 77, "Unauthorized", "pause", "rare");
    assert_int_equal(rmdir(barrier), 0);
    json_decref(worker_says(&world->worker, "the admin token is written to "));
    EXPECT(world, 0, "rare is paused", "pause", "rare");
    worker_drain(&world->worker);
    free(barrier);
    free(folder);
}

/* ---- looking ---- */

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

/* ---- by which clock ---- */

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

static void a_reload_without_a_backend_says_what_goes_on(void **state)
{
    struct world *world = *state;
    open_world(world);
    stand_fault(&world->stand, "/api/settings", "500", 0, 0);
    EXPECT(world, 69, "\nSchedule #1 keeps running.\n", "reload");
    EXPECT(world, 69, "\"schedule\":1", "reload", "--json");
    stand_calm(&world->stand);
    EXPECT(world, 0, "\"outcome\":\"unchanged\"", "reload", "--json");
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_triggered_run_is_followed),
        WORLD_TEST(a_run_is_followed_over_a_kill),
        WORLD_TEST(a_run_that_goes_on_is_not_joined),
        WORLD_TEST(what_cannot_be_done_is_said),
        WORLD_TEST(failures_are_json_where_that_is_asked_for),
        WORLD_TEST(what_is_known_of_a_removed_job_is_told),
        WORLD_TEST(since_counts_from_the_now_of_the_worker),
        WORLD_TEST(a_wrong_token_is_refused),
        WORLD_TEST(who_waits_is_told_why),
        WORLD_TEST(a_pause_ends_by_itself),
        WORLD_TEST(a_pause_outlives_the_worker),
        WORLD_TEST(who_paused_is_kept),
        WORLD_TEST(old_slots_are_run),
        WORLD_TEST(what_is_settled_is_said),
        WORLD_TEST(a_backfill_is_taken_back),
        WORLD_TEST(what_was_answered_outlives_a_kill),
        WORLD_TEST(what_a_kill_left_open_is_told_alike),
        WORLD_TEST(what_is_not_on_the_disk_is_not_done),
        WORLD_TEST(a_token_that_had_no_room_is_written_later),
        WORLD_TEST(a_token_that_was_barred_is_written_later),
        WORLD_TEST(what_waits_is_not_awaited),
        WORLD_TEST(what_happened_is_told),
        WORLD_TEST(times_are_by_the_clock_that_is_shown),
        WORLD_TEST(what_was_off_is_told_when_it_is_on_again),
        WORLD_TEST(what_loaded_the_schedule_is_told),
        WORLD_TEST(a_reload_without_a_backend_says_what_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
