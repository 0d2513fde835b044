/* Other time zone data are put in place under a running worker: it hears of it
 * with the next poll, says so, and jobs follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static const char schedule[] =
    "job 'local' { cron = '*/2 * * * *', timezone = 'Here',\n"
    "  post = '/api/feed/rank' }\n";

/* The data of a real zone become those of "Here", in one rename(2). */
static void put_zone(const struct scratch *scratch, const char *name)
{
    char from[128], bytes[16384];
    snprintf(from, sizeof from, "/usr/share/zoneinfo/%s", name);
    char *aside = scratch_path(scratch, "aside");
    char *here = scratch_path(scratch, "Here");
    FILE *in = fopen(from, "rb"), *out = fopen(aside, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    fclose(in);
    assert_int_equal(rename(aside, here), 0);
    free(aside);
    free(here);
}

static void jobs_follow_the_data(void **state)
{
    struct world *world = *state;
    char folder[256];
    world_prepare(world, schedule, true, "production");
    char *path = scratch_path(&world->scratch, "");
    snprintf(folder, sizeof folder, "TZDIR=%s", path);
    free(path);
    put_zone(&world->scratch, "Europe/Bucharest");
    const char *const env[] = { folder, NULL };
    const struct worker_options options = { .env = env };
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
    worker_await_generation(&world->worker, 1);
    world_await_calls(world, "local", 1);

    put_zone(&world->scratch, "Asia/Kathmandu");
    json_decref(worker_says(&world->worker, "time zone data have changed"));
    worker_await_generation(&world->worker, 2);
    world_await_calls(world, "local", 1);

    /* nonsense in its place: the old schedule goes on */
    scratch_write(&world->scratch, "Here", "no zone");
    json_decref(worker_says(&world->worker, "E117"));
    world_await_calls(world, "local", 1);
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(jobs_follow_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
