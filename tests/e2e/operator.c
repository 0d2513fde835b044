/* An operator, who gives commands to a running worker. */
#include "operator.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank', catch_up = '1h' }\n"
    "job 'rare' { every = '7d', post = '/api/sync/city-counters',\n"
    "  retry = { attempts = 3, backoff = '1s..2s' } }\n"
    "job 'off' { every = '1h', post = '/api/off', only = { 'staging' } }\n";

void open_world(struct world *world)
{
    world_open(world, schedule, true, "production", NULL);
}

static const char *const slow_env[] = { "MOONCRON_TIME_SCALE=1", NULL };
const struct worker_options slow = { .env = slow_env };

void open_slow(struct world *world)
{
    world_open(world,
               "job 'rare' { every = '7d', post = '/api/sync/city-counters' }",
               true, "production", &slow);
}

void restart(struct world *world)
{
    worker_drain(&world->worker);
    worker_free(&world->worker);
    worker_start(&world->worker, &world->scratch, &world->stand, NULL);
    worker_await_generation(&world->worker, 2);
}

void killed(struct world *world, const struct worker_options *options)
{
    proc_signal(world->worker.proc, SIGKILL);
    proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
    worker_free(&world->worker);
    worker_start(&world->worker, &world->scratch, &world->stand, options);
    worker_await_generation(&world->worker, 2);
}
