/* Stories of runs: overlap, groups, timeouts, naps. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

/* Ties are fired in the order of declaration, and earlier slots first. */
static void ties_are_fired_as_declared(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "third", .every_ms = HOUR, .phase_ms = 8 * MINUTE },
        { .name = "zoo", .every_ms = 4 * MINUTE },
        { .name = "ant", .every_ms = 2 * MINUTE },
        { .name = "second", .every_ms = 8 * MINUTE },
        { .name = "first", .every_ms = HOUR, .phase_ms = 479 * SECOND },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = 0;
    story_in_force(&story, &world);
    story_pass(&story, 25 * SECOND);
    story_is(&story, "14:07:59.000 start first #1 slot 14:07:59\n"
                     "14:07:59.000 finish first #1 ok 0 ms\n"
                     "14:08:00.000 start third #2 slot 14:08:00\n"
                     "14:08:00.000 start zoo #3 slot 14:08:00\n"
                     "14:08:00.000 start ant #4 slot 14:08:00\n"
                     "14:08:00.000 start second #5 slot 14:08:00\n"
                     "14:08:00.000 finish third #2 ok 0 ms\n"
                     "14:08:00.000 finish zoo #3 ok 0 ms\n"
                     "14:08:00.000 finish ant #4 ok 0 ms\n"
                     "14:08:00.000 finish second #5 ok 0 ms\n");
    story_end(&story);
}

static void a_run_that_still_goes_is_not_joined(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "skips", .every_ms = MINUTE },
        { .name = "allows", .every_ms = MINUTE, .allow = true },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = 90 * SECOND;
    story_in_force(&story, &world);
    story.world.fetch_ms = BY_HAND; /* no polls */
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:08:00.000 start skips #1 slot 14:08:00\n"
                     "14:08:00.000 start allows #2 slot 14:08:00\n"
                     "14:08:31.020 fetch\n"
                     "14:09:00.000 pass skips skipped overlap slot 14:09:00\n"
                     "14:09:00.000 start allows #3 slot 14:09:00\n"
                     "14:09:30.000 finish skips #1 ok 90000 ms\n"
                     "14:09:30.000 finish allows #2 ok 90000 ms\n"
                     "14:10:00.000 start skips #4 slot 14:10:00\n"
                     "14:10:00.000 start allows #5 slot 14:10:00\n"
                     "14:10:30.000 finish allows #3 ok 90000 ms\n");
    story_end(&story);
}

static const struct limit two[] = { { "db", 2 }, { 0 } };

/* First come, first served; who waits is no run yet. */
static void a_group_runs_so_many_at_once(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .group = "db" },
        { .name = "b",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .group = "db" },
        { .name = "c",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .group = "db" },
        { .name = "d",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .group = "db" },
        { .name = "free", .every_ms = HOUR, .phase_ms = 8 * MINUTE },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = two;
    world.run_ms = BY_HAND;
    story_in_force(&story, &world);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:08:00.000 start a #1 slot 14:08:00\n"
                     "14:08:00.000 start b #2 slot 14:08:00\n"
                     "14:08:00.000 start free #3 slot 14:08:00\n");
    assert_int_equal(core_status(story.core).runs, 5);
    story_answers(&story, 2, VERDICT_FAILED);
    story_answers(&story, 1, VERDICT_UNKNOWN);
    story_answers(&story, 1, VERDICT_OK);
    story_is(&story, "14:08:00.000 finish b #2 failed 0 ms\n"
                     "14:08:00.000 start c #4 slot 14:08:00\n"
                     "14:08:00.000 finish a #1 unknown 0 ms\n"
                     "14:08:00.000 start d #5 slot 14:08:00\n");
    for (uint32_t i = 3; i <= 5; i++)
        story_answers(&story, i, VERDICT_OK);
    assert_int_equal(core_status(story.core).runs, 0);
    story_end(&story);
}

/* A thousand may wait for a group; the next slot is passed over. */
static void a_queue_has_an_end(void **state)
{
    (void)state;
    struct story story;
    static const struct limit narrow[] = { { "db", 1 }, { 0 } };
    static const struct line lines[] = {
        { .name = "a", .every_ms = SECOND, .group = "db", .allow = true },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = narrow;
    world.run_ms = BY_HAND;
    story_in_force(&story, &world);
    story.quiet = true;
    story_pass(&story, (CORE_WAITING_MAX - 8) * SECOND);
    assert_int_equal(story.checker.starts, 1);
    assert_int_equal(story.checker.passes, 0);
    assert_int_equal(core_status(story.core).runs, CORE_WAITING_MAX + 1);
    story_pass(&story, 5 * SECOND);
    assert_int_equal(story.checker.passes, 5);
    assert_int_equal(core_status(story.core).runs, CORE_WAITING_MAX + 1);
    story_stop(&story);
    uint32_t waited = story.config.journal ? 0 : CORE_WAITING_MAX;
    assert_int_equal(story.checker.passes, 5 + waited); /* or they wait on */
    story_answers(&story, 1, VERDICT_OK);
    assert_true(story.done);
    story_end(&story);
}

static const struct line scripted[] = {
    { .name = "script",
      .every_ms = MINUTE,
      .timeout_ms = 5000,
      .scripted = true },
    { .name = "call", .every_ms = MINUTE, .timeout_ms = 5000 },
    { 0 },
};

/* Of a declared job the HTTP client keeps the time. */
static void a_scripted_run_has_a_timeout(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(scripted);
    world.run_ms = 10 * SECOND;
    story_in_force(&story, &world);
    story_pass(&story, 40 * SECOND);
    story_is(&story, "14:08:00.000 start script #1 slot 14:08:00\n"
                     "14:08:00.000 start call #2 slot 14:08:00\n"
                     "14:08:05.000 cancel #1: its timeout has passed\n"
                     "14:08:05.001 finish script #1 unknown 5001 ms\n"
                     "14:08:10.000 finish call #2 ok 10000 ms\n");
    story_end(&story);
}

static void a_script_sleeps(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(scripted);
    world.run_ms = BY_HAND;
    story_in_force(&story, &world);
    story_pass(&story, 20 * SECOND);
    story_naps(&story, 1, 1500);
    story_pass(&story, 2 * SECOND);
    story_naps(&story, 1, 0);
    story_time(&story);
    story_naps(&story, 1, HOUR);
    story_pass(&story, 5 * SECOND);
    story_is(&story, "14:08:00.000 start script #1 slot 14:08:00\n"
                     "14:08:00.000 start call #2 slot 14:08:00\n"
                     "14:08:01.500 wake #1\n"
                     "14:08:02.000 wake #1\n"
                     "14:08:05.000 cancel #1: its timeout has passed\n"
                     "14:08:05.001 finish script #1 unknown 5001 ms\n");
    story_naps(&story, 1, 10); /* it is no more: nothing happens */
    story_answers(&story, 2, VERDICT_OK);
    story_forget(&story);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_are_fired_as_declared),
        cmocka_unit_test(a_run_that_still_goes_is_not_joined),
        cmocka_unit_test(a_group_runs_so_many_at_once),
        cmocka_unit_test(a_queue_has_an_end),
        cmocka_unit_test(a_scripted_run_has_a_timeout),
        cmocka_unit_test(a_script_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
