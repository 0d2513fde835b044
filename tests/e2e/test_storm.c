/* A hundred webhooks at once, a broken file in between, a hung script in
 * between: the last good schedule fires throughout, the newest good one is in
 * force in the end, and nothing is left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#include "listening.h"
#include "world.h"

#define STORM 100

/* Time goes as it does, since the spacing of reloads is what is tried. */
static const char *const real_time[] = { "MOONCRON_TIME_SCALE=1", NULL };
static const struct worker_options options = { .env = real_time };

#define BEAT                                                                   \
    "job 'beat' { every = '1s', always = true, scale = false,\n"               \
    "             post = '/api/sync/city-counters' }\n"

static const char good[] = BEAT;
static const char broken[] = BEAT "job 'rank' { every = '20s' post = '/x' }\n";
/* One call into C, which no hook of Lua's interrupts. */
static const char hung[] = BEAT "local s = ('a'):rep(40)\n"
                                "s:find(('a?'):rep(40) .. ('a'):rep(40))\n";
static const char better[] =
    BEAT "job 'fresh' { every = '1s', post = '/api/feed/rank' }\n";

/* How the webhooks of a storm were answered, and what they came to. */
struct tally {
    int done, superseded, failed, other;
    int reloads; /* begun, good or bad */
};

/* ---- a storm: all of it is sent before any of it is heard ---- */

/* Everything but the last byte. */
static int webhook_begin(const struct world *world, const char *body)
{
    char bytes[512];
    int len = snprintf(bytes, sizeof bytes,
                       "POST /webhook/settings-changed HTTP/1.1\r\n"
                       "Host: worker\r\nX-Webhook-Secret: %s\r\n"
                       "Content-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       STAND_SECRET, strlen(body), body);
    int fd = raw_connect(world->worker.port);
    raw_send(fd, bytes, (size_t)len - 1);
    return fd;
}

static void count_answer(struct tally *tally, const char *answer)
{
    int status = raw_status(answer);
    if (status == 500)
        tally->failed++;
    else if (status != 200)
        tally->other++;
    else if (strstr(answer, "\"outcome\":\"superseded\""))
        tally->superseded++;
    else
        tally->done++;
}

/* How many lines of the log tell how a reload ended. */
static int count_reloads(const struct world *world)
{
    char *log = proc_output(world->worker.proc, true);
    int count = 0;
    char *rest = log;
    for (char *line; (line = strsep(&rest, "\n"));) {
        json_t *json = json_loads(line, 0, NULL);
        const char *tag = json_string_value(json_object_get(json, "component"));
        count += tag && strcmp(tag, "reload") == 0;
        json_decref(json);
    }
    free(log);
    return count;
}

/* The file is written, then a hundred webhooks come at once, each from a
 * connection of its own. `body` may have a %d, to tell them apart. */
static struct tally storm(const struct world *world, const char *file,
                          const char *body)
{
    struct tally tally = { .reloads = -count_reloads(world) };
    world_write(world, file);
    int fds[STORM];
    for (int i = 0; i < STORM; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"schedulerEnvironment\":\"%s%d\"}",
                 body ? body : "", i);
        fds[i] = webhook_begin(world, body ? text : "{}");
    }
    for (int i = 0; i < STORM; i++)
        raw_send(fds[i], "}", 1);
    for (int i = 0; i < STORM; i++) {
        char *answer = raw_read(fds[i]);
        count_answer(&tally, answer);
        free(answer);
    }
    assert_int_equal(tally.other, 0);
    /* Were there a third, it would begin in a second. */
    world_await_calls(world, "beat", 2);
    tally.reloads += count_reloads(world);
    return tally;
}

/* ---- what is left over ---- */

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
    struct tally tally = storm(world, better, "wave");
    assert_int_equal(tally.failed, 0);
    assert_in_range(tally.done, 1, STORM - 1);
    assert_in_range(tally.superseded, 1, STORM - 1);
    assert_in_range(tally.reloads, 1, 2);
    world_await_calls(world, "fresh", 1);
    worker_drain(&world->worker);
}

/* Slots of a job that no reload changed come one after the other. */
static void no_slot_is_lost(const struct world *world, const char *job)
{
    json_t *ledger = stand_calls(&world->stand, 0, 3, 0);
    int64_t last_ms = 0;
    size_t i;
    json_t *call;
    json_array_foreach(ledger, i, call)
    {
        const char *name, *slot;
        assert_int_equal(json_unpack(call, "{s:s, s:s}", "job", &name,
                                     "scheduledTime", &slot),
                         0);
        struct wall at;
        assert_true(rfc3339_parse(slot, strlen(slot), &at));
        if (strcmp(name, job) != 0)
            continue;
        if (last_ms && at.ms - last_ms != 1000)
            fail_msg("%lld ms lie before the slot %s",
                     (long long)(at.ms - last_ms), slot);
        last_ms = at.ms;
    }
    json_decref(ledger);
}

static void the_last_good_schedule_fires_throughout(void **state)
{
    struct world *world = *state;
    world_open(world, good, true, "production", &options);
    for (int i = 0; i < 2; i++)
        storm(world, good, NULL); /* what is made on first use is made now */
    struct footprint before = footprint_of(proc_pid(world->worker.proc));

    struct tally tally = storm(world, broken, NULL);
    assert_int_equal(tally.done, 0);
    assert_in_range(tally.failed, 1, 2);
    assert_in_range(tally.reloads, 1, 2);

    tally = storm(world, hung, NULL);
    assert_int_equal(tally.done, 0);
    assert_in_range(tally.failed, 1, 2);
    assert_in_range(tally.reloads, 1, 2);

    tally = storm(world, better, NULL);
    assert_in_range(tally.done + tally.failed, 1, 2);
    world_await_calls(world, "fresh", 2);
    before.fds += 1; /* two jobs due at once keep two connections */
    struct footprint after = settled(world, &before);
    assert_in_range(after.children, 0, before.children);
    assert_in_range(after.fds, 0, before.fds);
    assert_in_range(after.threads, 0, before.threads);
#ifndef MOONCRON_SANITIZED
    /* A sanitizer keeps what was freed. Without one the stacks and heaps of 64
     * threads fill up over some ten storms, and then stay as they are. */
    assert_in_range(after.rss_kb, 0, before.rss_kb + 3072);
#endif
    worker_drain(&world->worker);
    no_slot_is_lost(world, "beat");
}

/* Webhooks wait for a fetch that hangs, and give up before it does. */
static void a_backend_that_hangs_is_survived(void **state)
{
    struct world *world = *state;
    world_open(world, good, true, "production", &options);
    stand_fault(&world->stand, "/api/settings", "hang", 0, 0);
    struct tally tally = storm(world, good, NULL);
    assert_int_equal(tally.done, 0);
    assert_in_range(tally.failed, 1, 2);
    stand_calm(&world->stand);
    tally = storm(world, better, "wave");
    assert_int_equal(tally.failed, 0);
    world_await_calls(world, "fresh", 1);
    worker_drain(&world->worker);
    no_slot_is_lost(world, "beat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_storm_is_at_most_two_reloads),
        WORLD_TEST(the_last_good_schedule_fires_throughout),
        WORLD_TEST(a_backend_that_hangs_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
