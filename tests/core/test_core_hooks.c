/* Stories of what follows a run: functions of the file, and a heartbeat. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

#define FAILED                                                                 \
    {                                                                          \
        .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED                       \
    }

static const struct line pumps[] = {
    { .name = "pump",
      .every_ms = MINUTE,
      .on_failure = 1,
      .on_success = 2,
      .on_recover = 3,
      .heartbeat = "https://beats/pump" },
    { 0 },
};

static void hooks_begin(struct story *story, const struct line *lines,
                        const struct reply *replies, size_t count)
{
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = count;
    story_calm(story, &world);
}

static void each_is_told_its_own(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        { .verdict = VERDICT_OK },
        FAILED,
        { .verdict = VERDICT_UNKNOWN, .cause = CAUSE_NETWORK },
    };
    hooks_begin(&story, pumps, replies, 3);
    story_pass(&story, 5 * MINUTE - 30 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 ok 200 ms\n"
                     "14:08:00.200 hook pump 2 after ok\n"
                     "14:08:00.200 beat pump\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:09:00.200 finish pump #2 failed 200 ms\n"
                     "14:09:00.200 hook pump 1 after failed\n"
                     "14:10:00.000 start pump #3 slot 14:10:00\n"
                     "14:10:00.200 finish pump #3 unknown 200 ms\n"
                     "14:10:00.200 hook pump 1 after unknown\n"
                     "14:11:00.000 start pump #4 slot 14:11:00\n"
                     "14:11:00.200 finish pump #4 ok 200 ms\n"
                     "14:11:00.200 hook pump 2 after ok\n"
                     "14:11:00.200 hook pump 3 after ok\n"
                     "14:11:00.200 beat pump\n"
                     "14:12:00.000 start pump #5 slot 14:12:00\n"
                     "14:12:00.200 finish pump #5 ok 200 ms\n"
                     "14:12:00.200 hook pump 2 after ok\n"
                     "14:12:00.200 beat pump\n");
    assert_int_equal(core_status(story.core).runs, 0);
    story_end(&story);
}

/* Failures are told once there are enough in a row, and so is their end. */
static void after_so_many_in_a_row(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = MINUTE,
                                           .alert_after = 2,
                                           .on_failure = 1,
                                           .on_recover = 3 },
                                         { 0 } };
    static const struct reply replies[] = {
        FAILED, { .verdict = VERDICT_OK }, FAILED, FAILED, FAILED
    };
    hooks_begin(&story, lines, replies, 5);
    story_pass(&story, 7 * MINUTE - 30 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 failed 200 ms\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:09:00.200 finish pump #2 ok 200 ms\n"
                     "14:10:00.000 start pump #3 slot 14:10:00\n"
                     "14:10:00.200 finish pump #3 failed 200 ms\n"
                     "14:11:00.000 start pump #4 slot 14:11:00\n"
                     "14:11:00.200 finish pump #4 failed 200 ms\n"
                     "14:11:00.200 hook pump 1 after failed\n"
                     "14:12:00.000 start pump #5 slot 14:12:00\n"
                     "14:12:00.200 finish pump #5 failed 200 ms\n"
                     "14:12:00.200 hook pump 1 after failed\n"
                     "14:13:00.000 start pump #6 slot 14:13:00\n"
                     "14:13:00.200 finish pump #6 ok 200 ms\n"
                     "14:13:00.200 hook pump 3 after ok\n"
                     "14:14:00.000 start pump #7 slot 14:14:00\n"
                     "14:14:00.200 finish pump #7 ok 200 ms\n");
    story_end(&story);
}

/* What was not run is no failure, and no beat. */
static void what_was_passed_over_is_not_told(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 3 * MINUTE);
    story_sleep(&story, HOUR);
    story_time(&story);
    assert_int_equal(story.checker.hooks, 0);
    assert_int_equal(story.checker.beats, 0);
    story_end(&story);
}

/* Between attempts nothing is told: only the verdict is. */
static void only_the_verdict_is_told(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = MINUTE,
                                           .on_failure = 1,
                                           .on_success = 2,
                                           .retry = { 2, 100, 100, 0 } },
                                         { 0 } };
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER },
    };
    hooks_begin(&story, lines, replies, 1);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 again #1 in 15 ms, after attempt 1\n"
                     "14:08:00.215 start pump #1 slot 14:08:00, attempt 2\n"
                     "14:08:00.415 finish pump #1 ok 415 ms\n"
                     "14:08:00.415 hook pump 2 after ok\n");
    story_end(&story);
}

/* A hook is no run of its job: it counts against nothing. */
static void a_hook_holds_nobody_up(void **state)
{
    (void)state;
    struct story story;
    static const struct limit one[] = { { "db", 1 }, { 0 } };
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = 4 * SECOND,
                                           .group = "db",
                                           .on_success = 2 },
                                         { 0 } };
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_answers(&story, 1, VERDICT_OK);
    story_pass(&story, 5 * SECOND);
    story_answers(&story, 2, VERDICT_OK);
    story_pass(&story, 5 * SECOND);
    story_is(&story, "14:07:40.000 finish pump #1 ok 8000 ms\n"
                     "14:07:40.000 hook pump 2 after ok\n"
                     "14:07:44.000 start pump #2 slot 14:07:44\n"
                     "14:07:45.000 finish pump #2 ok 1000 ms\n"
                     "14:07:45.000 hook pump 2 after ok\n"
                     "14:07:48.000 start pump #3 slot 14:07:48\n"
                     "14:07:50.000 cancel a hook: its timeout has passed\n");
    story_end(&story);
}

/* It has ten seconds; the generation it is of waits for it. */
static void a_hook_has_a_budget(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .on_success = 2 }, { 0 }
    };
    struct world world = story_world(lines);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_answers(&story, 1, VERDICT_OK);
    story_ask(&story, 0);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:01.000 finish pump #1 ok 1000 ms\n"
                     "14:08:01.000 hook pump 2 after ok\n"
                     "14:08:01.000 fetch\n"
                     "14:08:01.020 load 2: jobs on in \"production\"\n"
                     "14:08:01.050 swap generation 2: +0 ~0 -0 =1\n"
                     "14:08:11.000 cancel a hook: its timeout has passed\n"
                     "14:08:11.001 retire 1\n");
    story_end(&story);
}

/* Who drains waits for hooks as for runs, and cuts them short as well. */
static void who_drains_waits_for_hooks(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.run_ms = 4 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_stop(&story);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:04.000 finish pump #1 ok 4000 ms\n"
                     "14:08:04.000 hook pump 2 after ok\n"
                     "14:08:04.000 beat pump\n"
                     "14:08:08.000 done\n");
    story_end(&story);
}

static void who_leaves_calls_none(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_stop(&story);
    story_stop(&story);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:01.000 cancel #1: the worker was told to stop\n"
                     "14:08:01.001 finish pump #1 unknown (stopping) 1001 ms\n"
                     "14:08:01.001 done\n");
    assert_int_equal(story.checker.hooks, 0);
    story_end(&story);
}

/* A run by hand is a run. */
static void a_manual_run_is_told_as_well(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.run_ms = 100;
    story_recorded(&story, &world);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, SECOND);
    story_is(&story, "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.100 finish pump #1 ok 100 ms\n"
                     "14:07:40.100 hook pump 2 after ok\n"
                     "14:07:40.100 beat pump\n");
    story_end(&story);
}

/* The job is no more when its run ends: its own generation is told. */
static void a_job_that_went_meanwhile(void **state)
{
    (void)state;
    struct story story;
    static const struct line other[] = { { .name = "x", .every_ms = HOUR },
                                         { 0 } };
    struct world world = story_world(pumps);
    world.run_ms = 5 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 21 * SECOND);
    story.world.lines = other;
    story_ask(&story, 0);
    story_pass(&story, 15 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:01.000 fetch\n"
                     "14:08:01.020 load 2: jobs on in \"production\"\n"
                     "14:08:01.050 swap generation 2: +1 ~0 -1 =0\n"
                     "14:08:05.000 finish pump #1 ok 5000 ms\n"
                     "14:08:05.000 hook pump 2 after ok\n"
                     "14:08:05.000 beat pump\n"
                     "14:08:10.000 retire 1\n");
    story_end(&story);
}

/* A run of before a reload is ended for a newer slot: the function is that of
 * its own generation, and no slot ends what that does. */
static void a_run_that_gave_way(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .cron = "0,5,10 * * * * *",
                                           .overlap = OVERLAP_CANCEL,
                                           .on_failure = 1 },
                                         { 0 } };
    struct world world = story_world(lines);
    world.run_ms = 7 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_ask(&story, 0);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:01.000 fetch\n"
                     "14:08:01.020 load 2: jobs on in \"production\"\n"
                     "14:08:01.050 swap generation 2: +0 ~0 -0 =1\n"
                     "14:08:05.000 cancel #1: a newer slot of its job is due\n"
                     "14:08:05.001 finish pump #1 unknown (replaced) 5001 ms\n"
                     "14:08:05.001 hook pump 1 after unknown\n"
                     "14:08:05.001 start pump #2 slot 14:08:05\n"
                     "14:08:10.000 cancel #2: a newer slot of its job is due\n"
                     "14:08:10.001 finish pump #2 unknown (replaced) 5000 ms\n"
                     "14:08:10.001 hook pump 1 after unknown\n"
                     "14:08:10.001 start pump #3 slot 14:08:10\n"
                     "14:08:12.001 retire 1\n"
                     "14:08:17.001 finish pump #3 ok 7000 ms\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_told_its_own),
        cmocka_unit_test(after_so_many_in_a_row),
        cmocka_unit_test(what_was_passed_over_is_not_told),
        cmocka_unit_test(only_the_verdict_is_told),
        cmocka_unit_test(a_hook_holds_nobody_up),
        cmocka_unit_test(a_hook_has_a_budget),
        cmocka_unit_test(who_drains_waits_for_hooks),
        cmocka_unit_test(who_leaves_calls_none),
        cmocka_unit_test(a_manual_run_is_told_as_well),
        cmocka_unit_test(a_job_that_went_meanwhile),
        cmocka_unit_test(a_run_that_gave_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
