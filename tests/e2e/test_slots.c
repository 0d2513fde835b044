/* Each slot has one verdict, whether no worker was there for it, its run was
 * cut, all was off, or an earlier run still went on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lives.h"

/* ---- outages ---- */

static void an_outage_is_caught_up_once(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    life_is_cut(world);

    life_begin(world, instant("2026-11-25T15:20:00Z"), NULL);
    json_t *event = worker_event(&world->worker, "schedule");
    assert_int_equal(worker_field(event, "generation"), 2);
    json_decref(event);
    expect_says(world, "digest: 2 slots from 2026-11-25T13:00:00Z to "
                       "2026-11-25T14:00:00Z: missed, down");
    expect_says(world, "plain: 3 slots from 2026-11-25T13:00:00Z to "
                       "2026-11-25T15:00:00Z: missed, down");
    json_t *call = next_call(world, &seq, "digest");
    expect_key(call, "digest", instant("2026-11-25T15:00:00Z"));
    expect_field(call, "trigger", "catch_up");
    expect_field(call, "attempt", "1");
    json_decref(call);
    await_ticks(world, 1); /* its verdict is written before the next claim */
    life_is_cut(world);

    life_begin(world, instant("2026-11-25T15:30:00Z"), NULL);
    await_ticks(world, 4); /* 15 s: past the time to settle */
    assert_int_equal(calls_of(world, seq, "digest"), 0);
    assert_int_equal(calls_of(world, 0, "plain"), 0);
    life_ends(world);
    expect_journal(world, "digest",
                   "2026-11-25T15:00:00Z: catch_up ok, attempt 1, epoch 1\n"
                   "2026-11-25T13:00:00Z to 2026-11-25T14:00:00Z: 2 missed, "
                   "down\n");
    expect_journal(world, "plain",
                   "2026-11-25T13:00:00Z to 2026-11-25T15:00:00Z: 3 missed, "
                   "down\n");
}

/* What the worker forgets it says: how much, and of which time. It has been
 * away for so long that it first waits for an hour, a second of ours. */
static void what_is_old_is_forgotten(void **state)
{
    struct world *world = *state;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-09-25T12:10:00Z"), NULL);
    await_ticks(world, 3);
    life_ends(world);

    world_write(world, "job 'digest' { every = '24h', post = '/api/digest' }");
    life_begin(world, instant("2026-11-25T12:10:00Z"),
               "MOONCRON_TIME_SCALE=3600");
    expect_says(world, " rows, of slots up to 2026-09-25T12:");
    life_ends(world);
}

/* The stand-in holds both calls when the worker is killed. */
static void a_call_that_was_cut_is_made_again_where_it_may(void **state)
{
    struct world *world = *state;
    char wanted[256], slot_text[RFC3339_TEXT_MAX];
    int64_t seq = 0;
    world_prepare(world,
                  "job 'pay' { every = '10m', post = '/api/feed/rank' }\n"
                  "job 'once' { every = '10m', retry = false,\n"
                  "  post = '/api/feed/flush' }\n",
                  true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    stand_fault(&world->stand, "/api/feed/flush", "hang", 60000, 0);
    life_begin(world, instant("2026-11-25T12:08:30Z"), NULL);
    json_t *call = next_call(world, &seq, "pay");
    struct wall slot = slot_of(call);
    expect_field(call, "attempt", "1");
    expect_field(call, "epoch", "1");
    json_decref(call);
    stand_await_job(&world->stand, 0, "once", WORKER_PATIENCE_MS);
    life_is_cut(world);
    stand_calm(&world->stand);
    seq = stand_last(&world->stand);

    life_begin(world, seconds_after(slot, 60), NULL);
    snprintf(wanted, sizeof wanted, "once of %s: unknown, down",
             rfc3339_format(slot, 0, slot_text));
    expect_says(world, wanted);
    call = next_call(world, &seq, "pay");
    expect_key(call, "pay", slot);
    expect_field(call, "attempt", "2");
    expect_field(call, "epoch", "2");
    expect_field(call, "trigger", "schedule");
    json_decref(call);
    life_ends(world);
    assert_int_equal(calls_of(world, 0, "once"), 1);
    snprintf(wanted, sizeof wanted, "%s: schedule ok, attempt 2, epoch 2\n",
             slot_text);
    expect_journal(world, "pay", wanted);
    snprintf(wanted, sizeof wanted,
             "%s: schedule unknown, attempt 1, epoch 2, down\n", slot_text);
    expect_journal(world, "once", wanted);
}

/* ---- slots that come while a run goes on ---- */

/* Starts a worker with one job, whose calls are held; returns its first slot.
 */
static struct wall overlap_begin(struct world *world, const char *options,
                                 int64_t *seq)
{
    char file[512];
    snprintf(file, sizeof file,
             "job 'rank' { every = '30s', retry = false, overlap = %s,\n"
             "  post = '/api/feed/rank' }\n",
             options);
    world_prepare(world, file, true, "production");
    stand_fault(&world->stand, "/api/feed/rank", "hang", 60000, 0);
    life_begin(world, instant("2026-11-25T12:08:40Z"), NULL);
    json_t *call = next_call(world, seq, "rank");
    struct wall slot = slot_of(call);
    json_decref(call);
    return slot;
}

static void expect_said_of(struct world *world, struct wall slot,
                           const char *what)
{
    char wanted[256], text[RFC3339_TEXT_MAX];
    snprintf(wanted, sizeof wanted, "rank of %s: %s",
             rfc3339_format(slot, 0, text), what);
    expect_says(world, wanted);
}

static void expect_next(struct world *world, int64_t *seq, struct wall slot)
{
    json_t *call = next_call(world, seq, "rank");
    expect_key(call, "rank", slot);
    expect_field(call, "trigger", "schedule");
    json_decref(call);
}

static void one_slot_waits_in_the_queue(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct wall slot = overlap_begin(world, "'queue'", &seq);
    expect_said_of(world, seconds_after(slot, 60), "skipped, overlap");
    assert_int_equal(calls_of(world, seq, "rank"), 0);
    stand_calm(&world->stand);
    expect_said_of(world, slot, "unknown, ");
    expect_next(world, &seq, seconds_after(slot, 30));
    life_ends(world);
}

/* Each is a line of the log of one run of `rank`, and names it. */
static void expect_lines_of(struct world *world, struct wall slot,
                            const char *first, const char *second)
{
    char text[RFC3339_TEXT_MAX];
    json_t *lines[] = { worker_says(&world->worker, first),
                        worker_says(&world->worker, second) };
    const char *run = text_of(lines[0], "run");
    assert_true(run && *run);
    for (int i = 0; i < 2; i++) {
        expect_field(lines[i], "job", "rank");
        expect_field(lines[i], "slot", rfc3339_format(slot, 0, text));
        expect_field(lines[i], "run", run);
    }
    json_decref(lines[0]);
    json_decref(lines[1]);
}

static void a_newer_slot_cancels_the_older_run(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct wall slot = overlap_begin(world, "'cancel'", &seq);
    expect_lines_of(world, slot, "is cancelled: a newer slot of its job",
                    ": unknown, replaced: cancelled: ");
    expect_next(world, &seq, seconds_after(slot, 30));
    stand_calm(&world->stand);
    life_ends(world);
}

static void so_many_go_on_beside_each_other(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct wall slot =
        overlap_begin(world, "{ policy = 'allow', max = 2 }", &seq);
    expect_next(world, &seq, seconds_after(slot, 30));
    expect_said_of(world, seconds_after(slot, 60), "skipped, overlap");
    assert_int_equal(calls_of(world, seq, "rank"), 0);
    stand_calm(&world->stand);
    life_ends(world);
}

/* ---- what was off ---- */

/* It begins in one life and ends in the next: no slot of it is down. */
static void what_was_off_outlives_the_worker(void **state)
{
    struct world *world = *state;
    world_prepare(world, outage, true, "production");
    life_begin(world, instant("2026-11-25T12:10:00Z"), NULL);
    await_ticks(world, 1);
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":false}"));
    worker_await_generation(&world->worker, 2);
    life_ends(world);
    life_begin(world, instant("2026-11-25T15:20:00Z"), NULL);
    worker_await_generation(&world->worker, 3);
    expect_why(world, "2026-11-25T13:00:00Z",
               "plain was not scheduled Wed 2026-11-25 13:00:00 UTC: "
               "enableJobs was off in Settings, since Wed 2026-11-25 12:1");
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":true}"));
    worker_await_generation(&world->worker, 4);
    await_ticks(world, 1);
    expect_why(world, "2026-11-25T13:00:00Z", " to Wed 2026-11-25 15:2");
    life_ends(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_outage_is_caught_up_once),
        WORLD_TEST(what_is_old_is_forgotten),
        WORLD_TEST(a_call_that_was_cut_is_made_again_where_it_may),
        WORLD_TEST(one_slot_waits_in_the_queue),
        WORLD_TEST(a_newer_slot_cancels_the_older_run),
        WORLD_TEST(so_many_go_on_beside_each_other),
        WORLD_TEST(what_was_off_outlives_the_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
