/* A hundred webhooks in a second, a broken file in between, a hung script in
 * between: the last good schedule fires throughout, the newest good one is in
 * force in the end, and nothing is left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#include "world.h"

#define STORM_THREADS 20
#define STORM_EACH    5 /* a hundred webhooks in all */

static const char *const half_minutes[] = { "MOONCRON_TIME_SCALE=30", NULL };
static const struct worker_options options = { .env = half_minutes };

#define BEAT                                                                   \
    "job 'beat' { every = '30s', always = true, scale = false,\n"              \
    "             post = '/api/sync/city-counters' }\n"

static const char good[] = BEAT;
static const char broken[] = BEAT "job 'rank' { every = '20s' post = '/x' }\n";
static const char hung[] = BEAT "while true do end\n";
static const char better[] =
    BEAT "job 'fresh' { every = '30s', post = '/api/feed/rank' }\n";

/* How the webhooks of a storm were answered. */
struct tally {
    const struct world *world;
    pthread_mutex_t lock; /* of all below */
    int ok, failed, slowed, busy, other;
};

static void count_answer(struct tally *tally, int status)
{
    pthread_mutex_lock(&tally->lock);
    switch (status) {
    case 200:
        tally->ok++;
        break;
    case 500:
        tally->failed++;
        break;
    case 429:
        tally->slowed++;
        break;
    case 503:
        tally->busy++;
        break;
    default:
        tally->other++;
    }
    pthread_mutex_unlock(&tally->lock);
}

static void *send_some(void *data)
{
    struct tally *tally = data;
    for (int i = 0; i < STORM_EACH; i++) {
        struct client_answer answer =
            worker_webhook(&tally->world->worker, "{}");
        count_answer(tally, answer.status);
        client_answer_close(&answer);
    }
    return NULL;
}

/* The file is written, then a hundred webhooks are sent at once. */
static struct tally storm(const struct world *world, const char *file)
{
    struct tally tally = { .world = world, .lock = PTHREAD_MUTEX_INITIALIZER };
    world_write(world, file);
    pthread_t threads[STORM_THREADS];
    for (int i = 0; i < STORM_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_some, &tally),
                         0);
    for (int i = 0; i < STORM_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(tally.other, 0);
    return tally;
}

/* How many lines of the whole log have this event. */
static int count_events(const struct world *world, const char *event)
{
    char *log = proc_output(world->worker.proc, true);
    int count = 0;
    char *rest = log;
    for (char *line; (line = strsep(&rest, "\n"));) {
        json_t *json = json_loads(line, 0, NULL);
        const char *name = json_string_value(json_object_get(json, "event"));
        count += name && strcmp(name, event) == 0;
        json_decref(json);
    }
    free(log);
    return count;
}

/* Settles within some beats: hosts end, threads leave, sockets close. */
static struct footprint settled(const struct world *world,
                                const struct footprint *wanted)
{
    struct footprint now = footprint_of(proc_pid(world->worker.proc));
    for (int i = 0; i < 15; i++) {
        if (now.fds <= wanted->fds && now.children <= wanted->children &&
            now.threads <= wanted->threads)
            break;
        world_await_calls(world, "beat", 1);
        now = footprint_of(proc_pid(world->worker.proc));
    }
    return now;
}

static void a_storm_is_at_most_two_reloads(void **state)
{
    struct world *world = *state;
    world_open(world, good, true, "production", &options);
    int before = count_events(world, "schedule");
    struct tally tally = storm(world, better);
    assert_true(tally.ok > 0);
    assert_int_equal(tally.failed, 0);
    world_await_calls(world, "fresh", 2);
    int after = count_events(world, "schedule");
    assert_in_range(after - before, 1, 2);
    worker_drain(&world->worker);
}

static void the_last_good_schedule_fires_throughout(void **state)
{
    struct world *world = *state;
    world_open(world, good, true, "production", &options);
    storm(world, good); /* what is made on first use is made now */
    world_await_calls(world, "beat", 1);
    struct footprint before = footprint_of(proc_pid(world->worker.proc));

    struct tally tally = storm(world, broken);
    assert_int_equal(tally.ok, 0);
    assert_true(tally.failed > 0);
    world_await_calls(world, "beat", 2);

    tally = storm(world, hung);
    assert_int_equal(tally.ok, 0);
    world_await_calls(world, "beat", 2);

    tally = storm(world, better);
    world_await_calls(world, "fresh", 2);
    before.fds += 1; /* two jobs due at once keep two connections */
    struct footprint after = settled(world, &before);
    assert_in_range(after.children, 0, before.children);
    assert_in_range(after.fds, 0, before.fds);
    assert_in_range(after.threads, 0, before.threads);
#ifndef MOONCRON_SANITIZED
    /* A sanitizer keeps what was freed. */
    assert_in_range(after.rss_kb, 0, before.rss_kb + 2048);
#endif
    worker_drain(&world->worker);
}

/* Slots of a job that no reload changed come one after the other. */
static void no_slot_of_an_unchanged_job_is_lost(void **state)
{
    struct world *world = *state;
    world_open(world, good, true, "production", &options);
    world_await_calls(world, "beat", 1);
    storm(world, better);
    storm(world, broken);
    storm(world, good);
    world_await_calls(world, "beat", 2);
    worker_drain(&world->worker);
    json_t *ledger = stand_calls(&world->stand, 0, 3, 0);
    int64_t last_ms = 0;
    size_t i;
    json_t *call;
    json_array_foreach(ledger, i, call)
    {
        const char *job, *slot;
        assert_int_equal(json_unpack(call, "{s:s, s:s}", "job", &job,
                                     "scheduledTime", &slot),
                         0);
        struct wall at;
        assert_true(rfc3339_parse(slot, strlen(slot), &at));
        if (strcmp(job, "beat") != 0)
            continue;
        if (last_ms && at.ms - last_ms != 30000)
            fail_msg("%lld ms lie before the slot %s",
                     (long long)(at.ms - last_ms), slot);
        last_ms = at.ms;
    }
    json_decref(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_storm_is_at_most_two_reloads),
        WORLD_TEST(the_last_good_schedule_fires_throughout),
        WORLD_TEST(no_slot_of_an_unchanged_job_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
