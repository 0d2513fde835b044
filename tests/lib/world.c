/* The world of an end-to-end test: a folder, a stand-in, a worker. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/memory.h"

int world_setup(void **state)
{
    *state = memory_new(sizeof(struct world));
    return 0;
}

int world_teardown(void **state)
{
    struct world *world = *state;
    worker_free(&world->worker);
    stand_stop(&world->stand);
    scratch_remove(&world->scratch);
    free(world);
    return 0;
}

void world_prepare(struct world *world, const char *schedule, bool enable_jobs,
                   const char *environment)
{
    scratch_make(&world->scratch);
    world_write(world, schedule);
    stand_start(&world->stand, enable_jobs, environment);
}

void world_open(struct world *world, const char *schedule, bool enable_jobs,
                const char *environment, const struct worker_options *options)
{
    world_prepare(world, schedule, enable_jobs, environment);
    worker_start(&world->worker, &world->scratch, &world->stand, options);
    worker_await_generation(&world->worker, 1);
}

void world_write(const struct world *world, const char *schedule)
{
    scratch_write(&world->scratch, "schedules.lua", schedule);
}

void world_await_calls(const struct world *world, const char *job, int count)
{
    int64_t seq = stand_last(&world->stand);
    for (int i = 0; i < count; i++)
        seq = stand_await_job(&world->stand, seq, job, WORKER_PATIENCE_MS);
}

char *world_says(const struct world *world, int code, const char *wanted,
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
