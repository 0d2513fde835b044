/* Stories of a reload: what changed comes into force, what did not stays where
 * it is, and what is bad leaves the old schedule running. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line before[] = {
    { .name = "same", .every_ms = MINUTE },
    { .name = "slower", .every_ms = MINUTE, .phase_ms = 10 * SECOND },
    { .name = "gone", .every_ms = MINUTE, .phase_ms = 20 * SECOND },
    { 0 },
};

static const struct line after[] = {
    { .name = "fresh", .every_ms = MINUTE, .phase_ms = 30 * SECOND },
    { .name = "slower", .every_ms = 3 * MINUTE, .phase_ms = 10 * SECOND },
    { .name = "same", .every_ms = MINUTE },
    { 0 },
};

static void a_reload_moves_only_what_changed(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    story_in_force(&story, &world);
    story.world.lines = after;
    story_pass(&story, 45 * SECOND);
    story_forget(&story);
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:08:25.000 fetch\n"
                     "14:08:25.020 load 2: jobs on in \"production\"\n"
                     "14:08:25.050 swap generation 2: +1 ~1 -1 =1\n"
                     "14:08:25.050 retire 1\n"
                     "14:08:25.050 reply 7 done, generation 2: +1 ~1 -1 =1\n");
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:08:30.000 start fresh #4 slot 14:08:30\n"
                     "14:08:30.200 finish fresh #4 ok 200 ms\n"
                     "14:09:00.000 start same #5 slot 14:09:00\n"
                     "14:09:00.200 finish same #5 ok 200 ms\n"
                     "14:09:10.000 start slower #6 slot 14:09:10\n"
                     "14:09:10.200 finish slower #6 ok 200 ms\n"
                     "14:09:25.020 fetch\n"
                     "14:09:30.000 start fresh #7 slot 14:09:30\n"
                     "14:09:30.200 finish fresh #7 ok 200 ms\n"
                     "14:10:00.000 start same #8 slot 14:10:00\n"
                     "14:10:00.200 finish same #8 ok 200 ms\n"
                     "14:10:25.040 fetch\n");
    story_end(&story);
}

/* An event at the instant of a slot: the slot is fired first, under the old
 * schedule, and not again under the new one. */
static void a_swap_at_the_instant_of_a_slot(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    world.load_ms = BY_HAND;
    struct core_config config = story_config();
    config.journal = false; /* a claim would be durable a step later */
    story_begin(&story, &world, &config);
    story_pass(&story, 9 * SECOND);
    story_loaded(&story, LOAD_OK);
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_forget(&story);
    story_sleep(&story, 19 * SECOND);
    assert_int_equal(story.now.wall.ms % MINUTE, 0);
    story_loaded(&story, LOAD_OK);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:08:00.000 start same #1 slot 14:08:00\n"
                     "14:08:00.000 swap generation 2: +0 ~0 -0 =3\n"
                     "14:08:00.000 reply 7 done, generation 2: +0 ~0 -0 =3\n"
                     "14:08:00.200 finish same #1 ok 200 ms\n"
                     "14:08:00.200 retire 1\n");
    story_end(&story);
}

static void a_bad_file_leaves_the_old_schedule(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    story_in_force(&story, &world);
    story.world.load = LOAD_FAILED;
    story_ask(&story, 7);
    story_pass(&story, 21 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.020 load 2: jobs on in \"production\"\n"
             "14:07:40.050 reply 7 load failed, generation 1: +0 ~0 -0 =3\n"
             "14:08:00.000 start same #1 slot 14:08:00\n"
             "14:08:00.200 finish same #1 ok 200 ms\n");
    story.world.load = LOAD_OK;
    story.world.lines = after;
    story_ask(&story, 8);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:08:01.000 fetch\n"
                     "14:08:01.020 load 3: jobs on in \"production\"\n"
                     "14:08:01.050 swap generation 3: +1 ~1 -1 =1\n"
                     "14:08:01.050 retire 1\n"
                     "14:08:01.050 reply 8 done, generation 3: +1 ~1 -1 =1\n");
    story_end(&story);
}

/* The file is bad and Settings have changed: it is not loaded at each poll
 * faster than polls come, and mended it comes into force by itself. */
static void a_mended_file_is_found_by_the_poll(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    story_in_force(&story, &world);
    story.world.load = LOAD_FAILED;
    story.world.facts.enable_jobs = false;
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.020 load 2: jobs off in \"production\"\n"
             "14:07:40.050 reply 7 load failed, generation 1: +0 ~0 -0 =3\n");
    story.quiet = true;
    story_pass(&story, 30 * SECOND);
    assert_int_equal(story.loads, 2);
    story.quiet = false;
    story.world.load = LOAD_OK;
    story_pass(&story, 60 * SECOND);
    assert_int_equal(story.loads, 3);
    assert_int_equal(core_status(story.core).generation, 3);
    story_end(&story);
}

static void nothing_changed(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    story_in_force(&story, &world);
    story.world.load = LOAD_UNCHANGED;
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.020 load 2: jobs on in \"production\"\n"
             "14:07:40.050 reply 7 unchanged, generation 1: +0 ~0 -0 =3\n");
    assert_int_equal(core_status(story.core).generation, 1);
    story_end(&story);
}

/* The script host was killed while the backend is away: its functions come
 * back all the same, with the Settings that are in force. */
static void a_host_that_died_is_loaded_without_a_backend(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    story_in_force(&story, &world);
    story.world.fetch = FETCH_FAILED;
    struct event event = { .kind = EV_ASK };
    event.ask.cause = ASK_COMMAND;
    event.ask.force = true;
    story_happens(&story, event);
    story_pass(&story, 100);
    story_is(&story, "14:07:40.000 fetch\n"
                     "14:07:40.000 load 2: jobs on in \"production\", forced\n"
                     "14:07:40.030 swap generation 2: +0 ~0 -0 =3\n"
                     "14:07:40.030 retire 1\n");
    story_end(&story);
}

/* A poll that finds nothing new loads nothing. */
static void a_quiet_hour_loads_once(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(before);
    story_in_force(&story, &world);
    story.world.fetch = FETCH_NOT_MODIFIED;
    story.quiet = true;
    story_pass(&story, HOUR);
    assert_int_equal(story.loads, 1);
    assert_int_equal(story.fetches, 61);
    assert_int_equal(story.checker.starts, 180);
    story_end(&story);
}

static const struct line slow[] = {
    { .name = "slow", .every_ms = MINUTE },
    { .name = "other", .every_ms = HOUR },
    { 0 },
};
static const struct line slow_alone[] = {
    { .name = "slow", .every_ms = MINUTE, .timeout_ms = 1000 },
    { 0 },
};

/* Overlap holds across a reload, and the generation of a run lives until its
 * last run has ended. */
static void a_run_outlives_its_generation(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(slow);
    world.run_ms = BY_HAND;
    story_in_force(&story, &world);
    story_pass(&story, 25 * SECOND);
    story.world.lines = slow_alone;
    story_ask(&story, 7);
    story_pass(&story, 60 * SECOND);
    story_is(&story, "14:08:00.000 start slow #1 slot 14:08:00\n"
                     "14:08:05.000 fetch\n"
                     "14:08:05.020 load 2: jobs on in \"production\"\n"
                     "14:08:05.050 swap generation 2: +0 ~1 -1 =0\n"
                     "14:08:05.050 reply 7 done, generation 2: +0 ~1 -1 =0\n"
                     "14:09:00.000 pass slow skipped overlap slot 14:09:00\n");
    story_answers(&story, 1, VERDICT_OK);
    story_answers(&story, 1, VERDICT_OK);
    story_pass(&story, 60 * SECOND);
    story_is(&story, "14:09:05.000 finish slow #1 ok 65000 ms\n"
                     "14:09:05.000 retire 1\n"
                     "14:09:05.020 fetch\n"
                     "14:10:00.000 start slow #2 slot 14:10:00\n");
    story_answers(&story, 2, VERDICT_FAILED);
    story_end(&story);
}

static const struct limit one[] = { { "db", 1 }, { 0 } };
static const struct limit two[] = { { "db", 2 }, { 0 } };
static const struct line grouped[] = {
    { .name = "a", .every_ms = MINUTE, .group = "db" },
    { .name = "b", .every_ms = MINUTE, .group = "db" },
    { .name = "c", .every_ms = MINUTE, .group = "db" },
    { 0 },
};

/* One lives, two wait; the new file has room for two and has no `b`. */
static void what_waits_moves_to_the_new_group(void **state)
{
    (void)state;
    struct story story;
    static const struct line without_b[] = {
        { .name = "c", .every_ms = MINUTE, .group = "db" },
        { .name = "a", .every_ms = MINUTE, .group = "db" },
        { 0 },
    };
    struct world world = story_world(grouped);
    world.limits = one;
    world.run_ms = BY_HAND;
    story_unrecorded(&story, &world);
    story_pass(&story, 25 * SECOND);
    story.world.lines = without_b;
    story.world.limits = two;
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:08:00.000 start a #1 slot 14:08:00\n"
                     "14:08:05.000 fetch\n"
                     "14:08:05.020 load 2: jobs on in \"production\"\n"
                     "14:08:05.050 swap generation 2: +0 ~2 -1 =0\n"
                     "14:08:05.050 pass b skipped removed slot 14:08:00\n"
                     "14:08:05.050 start c #2 slot 14:08:00\n"
                     "14:08:05.050 reply 7 done, generation 2: +0 ~2 -1 =0\n");
    story_answers(&story, 1, VERDICT_OK);
    story_answers(&story, 2, VERDICT_OK);
    story_end(&story);
}

/* A smaller limit: what lives goes on, nothing is added until there is room. */
static void a_smaller_group_waits(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(grouped);
    world.limits = two;
    world.run_ms = BY_HAND;
    story_in_force(&story, &world);
    story_pass(&story, 25 * SECOND);
    story.world.limits = one;
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_answers(&story, 1, VERDICT_OK);
    story_is(&story, "14:08:00.000 start a #1 slot 14:08:00\n"
                     "14:08:00.000 start b #2 slot 14:08:00\n"
                     "14:08:05.000 fetch\n"
                     "14:08:05.020 load 2: jobs on in \"production\"\n"
                     "14:08:05.050 swap generation 2: +0 ~3 -0 =0\n"
                     "14:08:05.050 reply 7 done, generation 2: +0 ~3 -0 =0\n"
                     "14:08:06.000 finish a #1 ok 6000 ms\n");
    story_answers(&story, 2, VERDICT_OK);
    story_is(&story, "14:08:06.000 finish b #2 ok 6000 ms\n"
                     "14:08:06.000 retire 1\n"
                     "14:08:06.000 start c #3 slot 14:08:00\n");
    story_answers(&story, 3, VERDICT_OK);
    story_end(&story);
}

/* A run that hangs in each of ten generations: the oldest are cut short. */
static void generations_do_not_pile_up(void **state)
{
    (void)state;
    struct story story;
    static struct line lines[] = {
        { .name = "a", .every_ms = MINUTE, .allow = true }, { 0 }
    };
    struct world world = story_world(lines);
    world.run_ms = BY_HAND;
    lines[0].timeout_ms = 1000;
    story_in_force(&story, &world);
    for (int i = 0; i < 10; i++) {
        lines[0].timeout_ms++;
        story_pass(&story, MINUTE);
        story_ask(&story, 0);
    }
    story_forget(&story);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:17:40.020 load 11: jobs on in \"production\"\n"
                     "14:17:40.050 swap generation 11: +0 ~0 -0 =1\n"
                     "14:17:40.050 cancel #2: too many reloads came since\n"
                     "14:17:40.051 finish a #2 unknown (replaced) 520051 ms\n"
                     "14:17:40.051 retire 2\n");
    story.world.run_ms = 0;
    story_stop(&story);
    story_pass(&story, MINUTE);
    assert_int_equal(story.checker.count, 0);
    story_end(&story);
}

/* A list of slots ends; it is made anew after a month, whatever has changed. */
static void a_list_is_renewed(void **state)
{
    (void)state;
    static const int64_t slots[] = { STORY_BEGINS_MS / 1000 * 1000 + 9000 };
    static const struct line lines[] = {
        { .name = "listed", .slots_ms = slots, .slot_count = 1 }, { 0 }
    };
    struct story story;
    struct world world = story_world(lines);
    story_in_force(&story, &world);
    story_pass(&story, 30 * DAY - MINUTE);
    story_forget(&story);
    story_pass(&story, 90 * SECOND);
    story_is(&story, "14:06:54.700 fetch\n"
                     "14:07:31.020 load 2: jobs on in \"production\", forced\n"
                     "14:07:31.050 swap generation 2: +0 ~0 -0 =1\n"
                     "14:07:31.050 retire 1\n"
                     "14:07:54.720 fetch\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_moves_only_what_changed),
        cmocka_unit_test(a_swap_at_the_instant_of_a_slot),
        cmocka_unit_test(a_bad_file_leaves_the_old_schedule),
        cmocka_unit_test(a_mended_file_is_found_by_the_poll),
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(a_host_that_died_is_loaded_without_a_backend),
        cmocka_unit_test(a_quiet_hour_loads_once),
        cmocka_unit_test(a_run_outlives_its_generation),
        cmocka_unit_test(what_waits_moves_to_the_new_group),
        cmocka_unit_test(a_smaller_group_waits),
        cmocka_unit_test(generations_do_not_pile_up),
        cmocka_unit_test(a_list_is_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
