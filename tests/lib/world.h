/* The world of an end-to-end test: a folder, a stand-in, a worker. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "client.h"
#include "proc.h"
#include "scratch.h"
#include "stand.h"
#include "worker.h"

struct world {
    struct scratch scratch;
    struct stand stand;
    struct worker worker;
};

/* For cmocka: an empty world, and the end of whatever is in it. */
int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

/* Writes schedules.lua and starts the stand-in. */
void world_prepare(struct world *world, const char *schedule, bool enable_jobs,
                   const char *environment);
/* The same, and the worker with its first schedule in force. */
void world_open(struct world *world, const char *schedule, bool enable_jobs,
                const char *environment, const struct worker_options *options);

/* Replaces schedules.lua. */
void world_write(const struct world *world, const char *schedule);

/* Runs a command, and fails the test where it does not end with `code` or does
 * not say `wanted`, on either descriptor. Gives what it said. */
char *world_says(const struct world *world, int code, const char *wanted,
                 const char *const *args);

/* The job goes on firing: `count` calls of it that are yet to come. */
void world_await_calls(const struct world *world, const char *job, int count);

#endif
