/* A journal that is damaged: nobody has to do anything, and all of it is said.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "mooncron/demo.h"

#include "world.h"

static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n"
    "job 'slow' { every = '30s', post = '/api/feed/slow', timeout = '1h', "
    "retry = false }\n";

static void life_begins(struct world *world, const char *start)
{
    char at[64];
    snprintf(at, sizeof at, "MOONCRON_TIME_START=%s", start);
    const char *const env[] = { at, "MOONCRON_DRAIN=30m", NULL };
    const struct worker_options options = { .env = env };
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
}

static void first_life(struct world *world)
{
    world_prepare(world, schedule, true, "production");
    life_begins(world, "2026-11-23T10:00:00Z");
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
    worker_free(&world->worker);
}

static void says(struct world *world, const char *needle)
{
    json_decref(worker_says(&world->worker, needle));
}

static void is_not_ready(const struct world *world)
{
    char url[128];
    snprintf(url, sizeof url, "%s/readyz", world->worker.origin);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    assert_int_equal(answer.status, 503);
    client_answer_close(&answer);
}

/* ---- its file ---- */

#define PAGE 4096

static int journal_open(const struct world *world)
{
    char *path = scratch_path(&world->scratch, "state/journal.db");
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    free(path);
    return fd;
}

static void wipe(int fd, int64_t page)
{
    static const char zeros[PAGE];
    assert_int_equal(pwrite(fd, zeros, PAGE, page * PAGE), PAGE);
}

/* Those that hold this string, and are leaves: no way leads over them. */
static void wipe_leaves_with(const struct world *world, const char *needle)
{
    const char leaf = 0x0a;
    char bytes[PAGE];
    int count = 0, fd = journal_open(world);
    for (int64_t at = 0; pread(fd, bytes, PAGE, at * PAGE) == PAGE; at++)
        if (bytes[0] == leaf && memmem(bytes, PAGE, needle, strlen(needle))) {
            wipe(fd, at);
            count++;
        }
    close(fd);
    assert_true(count > 0);
}

/* Rows of a job that is not there any more, a hundred each second from 10:05 to
 * 10:13: more than is looked over at each start. */
static const char many_rows[] =
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 48000) INSERT INTO run SELECT "
    "unixepoch('2026-11-23 10:05:00') * 1000 + i * 10, 0, 999, 0, 0, 1, 1, 1, "
    "1, 0, 1, NULL, 1, 2, 0, 0, 0, 200, 1, NULL, 0, "
    "printf('%-500s', iif(i BETWEEN 36000 AND 42000, 'of 10:11', '')), '' "
    "FROM n";

static void make_large(const struct world *world)
{
    sqlite3 *db;
    struct stat st;
    char *path = scratch_path(&world->scratch, "state/journal.db"), *error;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, many_rows, NULL, NULL, &error))
        fail_msg("%s", error);
    sqlite3_close(db);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size > 16 << 20);
    free(path);
}

/* ---- what becomes of it ---- */

static void a_page_that_is_gone_is_found_at_the_start(void **state)
{
    struct world *world = *state;
    first_life(world);
    int fd = journal_open(world);
    wipe(fd, 4);
    close(fd);
    life_begins(world, "2026-11-23T10:10:00Z");
    says(world, "it is damaged (");
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
}

/* Those of 10:11, after the first few. */
static void what_a_claim_finds_ends_the_worker(void **state)
{
    struct world *world = *state;
    first_life(world);
    make_large(world);
    wipe_leaves_with(world, "of 10:11");
    stand_fault(&world->stand, "/api/feed/slow", "hang", 60000, 0);
    life_begins(world, "2026-11-23T10:10:00Z");
    says(world, "nothing is fired, because no claim can be written down");
    says(world, "the worker ends with exit code 69, and the next start moves "
                "the journal aside, and begins a new one");
    json_t *stopping = worker_event(&world->worker, "stopping");
    assert_true(worker_field(stopping, "runs") >= 1);
    json_decref(stopping);
    /* That is what it does already: the run is waited for. */
    proc_signal(world->worker.proc, SIGTERM);
    is_not_ready(world);
    stand_calm(&world->stand);
    int code = proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
    char *log = proc_output(world->worker.proc, true);
    if (code != 69 || strstr(log, "unknown, stopping") ||
        !strstr(log, "could not write down 1 verdict (slow of "))
        fail_msg("%d:\n%s", code, log);
    free(log);
    worker_free(&world->worker);

    life_begins(world, "2026-11-23T10:30:00Z");
    says(world, "moved aside to ");
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_page_that_is_gone_is_found_at_the_start),
        WORLD_TEST(what_a_claim_finds_ends_the_worker),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
