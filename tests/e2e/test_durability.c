/* What was answered with success outlives a kill, and nothing is answered so
 * while the disk is full. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "operator.h"

/* ---- kills ---- */

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

/* ---- a disk that is full or barred ---- */

/* The disk is full, and the order is the first to find that out. */
static void refused_by_the_disk(struct world *world, const char *const *order)
{
    worker_limit_files(&world->worker, 0);
    free(world_says(world, 69, "this is not written down yet", order));
    json_decref(worker_says(&world->worker, "nothing is fired"));
    free(world_says(world, 69, "waits: the store has failed", order));
    EXPECT(world, 0, "nothing is fired until it is well", "status", "rare");
    EXPECT(world, 0, "; nothing is fired until the journal can be written.",
           "why", "rare");
    worker_limit_files(&world->worker, RLIM_INFINITY);
    json_decref(worker_says(&world->worker, "the store is well again"));
}
#define REFUSED(world, ...)                                                    \
    refused_by_the_disk(world, (const char *const[]){ __VA_ARGS__, NULL })

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_was_answered_outlives_a_kill),
        WORLD_TEST(what_a_kill_left_open_is_told_alike),
        WORLD_TEST(what_is_not_on_the_disk_is_not_done),
        WORLD_TEST(a_token_that_had_no_room_is_written_later),
        WORLD_TEST(a_token_that_was_barred_is_written_later),
        WORLD_TEST(what_waits_is_not_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
