/* A worker whose journal is damaged, newer than it, in use or on a full disk
 * says so and does what it can. */
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/store.h"

#include "lives.h"

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
        WORLD_TEST(a_damaged_journal_is_moved_aside),
        WORLD_TEST(a_newer_journal_is_left_alone),
        WORLD_TEST(a_journal_in_use_is_said_so),
        WORLD_TEST(a_full_disk_is_outlived),
        WORLD_TEST(a_full_disk_does_not_hold_up_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
