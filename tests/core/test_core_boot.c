/* Stories of the beginning: what is loaded before, and without, a backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = 15 * MINUTE },
    { .name = "beat", .every_ms = 15 * MINUTE, .always = true },
    { 0 },
};

static void boots_with_settings(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_begin(&story, &world, NULL);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs on in \"production\"\n"
                     "14:07:31.050 swap generation 1: +2 ~0 -0 =0\n");
    assert_true(core_status(story.core).settings_known);
    assert_false(core_status(story.core).unconfirmed);
    assert_int_equal(core_next_slot(story.core, 0).ms,
                     STORY_BEGINS_MS + 7 * MINUTE + 29 * SECOND);
    story_end(&story);
}

static void boots_with_the_copy_on_disk(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    struct core_config config = story_config();
    world.fetch = FETCH_FAILED;
    config.has_cached = true;
    config.cached = story_facts();
    strcpy(config.cached.environment, "staging");
    story_begin(&story, &world, &config);
    story_pass(&story, 2 * SECOND);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs on in \"staging\"\n"
                     "14:07:31.050 swap generation 1: +2 ~0 -0 =0\n"
                     "14:07:32.000 fetch\n");
    assert_false(core_status(story.core).settings_known);
    story.world.fetch = FETCH_OK;
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:07:33.468 fetch\n"
                     "14:07:33.488 load 2: jobs on in \"production\"\n"
                     "14:07:33.518 swap generation 2: +0 ~0 -0 =2\n"
                     "14:07:33.518 retire 1\n");
    assert_true(core_status(story.core).settings_known);
    story_end(&story);
}

/* The backend says that the copy is what it has: it is known from then on. */
static void the_copy_on_disk_is_confirmed(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    struct core_config config = story_config();
    world.fetch = FETCH_NOT_MODIFIED;
    config.has_cached = true;
    config.cached = story_facts();
    story_begin(&story, &world, &config);
    story_pass(&story, 2 * SECOND);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs on in \"production\"\n"
                     "14:07:31.050 swap generation 1: +2 ~0 -0 =0\n");
    assert_true(core_status(story.core).settings_known);
    story_end(&story);
}

/* Jobs are off until the backend has said otherwise; `always` jobs are not. */
static void boots_without_anything(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.fetch = FETCH_FAILED;
    story_begin(&story, &world, NULL);
    story_pass(&story, 8 * MINUTE);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs off in \"\"\n"
                     "14:07:31.050 swap generation 1: +1 ~0 -0 =0\n"
                     "14:07:32.000 fetch\n"
                     "14:07:33.468 fetch\n"
                     "14:07:36.223 fetch\n"
                     "14:07:40.334 fetch\n"
                     "14:07:49.752 fetch\n"
                     "14:08:07.617 fetch\n"
                     "14:09:01.256 fetch\n"
                     "14:09:50.409 fetch\n"
                     "14:10:20.627 fetch\n"
                     "14:11:08.237 fetch\n"
                     "14:11:49.178 fetch\n"
                     "14:12:30.165 fetch\n"
                     "14:13:06.990 fetch\n"
                     "14:13:37.827 fetch\n"
                     "14:14:22.017 fetch\n"
                     "14:15:00.000 start beat #1 slot 14:15:00\n"
                     "14:15:00.200 finish beat #1 ok 200 ms\n"
                     "14:15:12.969 fetch\n");
    story.world.fetch = FETCH_OK;
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:15:56.203 fetch\n"
                     "14:15:56.223 load 2: jobs on in \"production\"\n"
                     "14:15:56.253 swap generation 2: +1 ~0 -0 =1\n"
                     "14:15:56.253 retire 1\n"
                     "14:16:56.223 fetch\n");
    story_end(&story);
}

static void a_wrong_key_is_tried_each_minute(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.fetch = FETCH_REFUSED;
    story_begin(&story, &world, NULL);
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs off in \"\"\n"
                     "14:07:31.050 swap generation 1: +1 ~0 -0 =0\n"
                     "14:08:31.020 fetch\n"
                     "14:09:31.040 fetch\n");
    assert_int_equal(core_status(story.core).fetch_failures, 3);
    story_end(&story);
}

static void a_bad_file_is_tried_again_at_the_poll(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.load = LOAD_FAILED;
    story_begin(&story, &world, NULL);
    story_pass(&story, 30 * SECOND);
    assert_int_equal(core_status(story.core).generation, 0);
    story.world.load = LOAD_OK;
    story_pass(&story, 60 * SECOND);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs on in \"production\"\n"
                     "14:08:31.020 fetch\n"
                     "14:08:31.040 load 2: jobs on in \"production\"\n"
                     "14:08:31.070 swap generation 2: +2 ~0 -0 =0\n");
    story_end(&story);
}

static void a_second_worker_fires_nothing(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    struct core_config config = story_config();
    config.primary = false;
    config.poll_ms = HOUR;
    story_begin(&story, &world, &config);
    story_pass(&story, 30 * MINUTE);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs on in \"production\"\n"
                     "14:07:31.050 swap generation 1: +2 ~0 -0 =0\n");
    assert_int_equal(core_next_slot(story.core, 0).ms, NEVER_MS);
    assert_int_equal(core_deadline(story.core).wall.ms, NEVER_MS);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_with_settings),
        cmocka_unit_test(boots_with_the_copy_on_disk),
        cmocka_unit_test(the_copy_on_disk_is_confirmed),
        cmocka_unit_test(boots_without_anything),
        cmocka_unit_test(a_wrong_key_is_tried_each_minute),
        cmocka_unit_test(a_bad_file_is_tried_again_at_the_poll),
        cmocka_unit_test(a_second_worker_fires_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
