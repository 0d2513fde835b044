/* Stories of the end: SIGTERM drains, a second one leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct limit one[] = { { "db", 1 }, { 0 } };
static const struct line lines[] = {
    { .name = "a", .every_ms = MINUTE, .group = "db" },
    { .name = "b", .every_ms = MINUTE, .group = "db" },
    { 0 },
};

static struct world busy(void)
{
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = 5 * SECOND;
    return world;
}

static void an_idle_worker_leaves_at_once(void **state)
{
    (void)state;
    struct story story;
    struct world world = busy();
    story_in_force(&story, &world);
    story_stop(&story);
    story_is(&story, "14:07:40.000 done\n");
    story_end(&story);
}

/* What lives may end, what waits is passed over, nothing begins. */
static void it_drains(void **state)
{
    (void)state;
    struct story story;
    struct world world = busy();
    story_unrecorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story_stop(&story);
    story_ask(&story, 7);
    story_pass(&story, 2 * MINUTE);
    story_is(&story,
             "14:08:01.000 pass b skipped stopping slot 14:08:00\n"
             "14:08:01.000 reply 7 stopping, generation 1: +0 ~0 -0 =2\n"
             "14:08:05.000 finish a #1 ok 5000 ms\n"
             "14:08:05.000 done\n");
    assert_int_equal(core_next_slot(story.core, 0).ms, NEVER_MS);
    story_end(&story);
}

static void what_does_not_end_is_cut_short(void **state)
{
    (void)state;
    struct story story;
    struct world world = busy();
    world.run_ms = BY_HAND;
    story_unrecorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story_stop(&story);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:08:01.000 pass b skipped stopping slot 14:08:00\n"
                     "14:08:31.000 cancel #1: the worker was told to stop\n"
                     "14:08:31.001 finish a #1 unknown (stopping) 31001 ms\n"
                     "14:08:31.001 done\n");
    story_end(&story);
}

static void a_second_signal_leaves_at_once(void **state)
{
    (void)state;
    struct story story;
    struct world world = busy();
    world.run_ms = BY_HAND;
    story_unrecorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story_stop(&story);
    story_pass(&story, 1 * SECOND);
    story_stop(&story);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:08:01.000 pass b skipped stopping slot 14:08:00\n"
                     "14:08:02.000 cancel #1: the worker was told to stop\n"
                     "14:08:02.001 finish a #1 unknown (stopping) 2001 ms\n"
                     "14:08:02.001 done\n");
    story_end(&story);
}

/* Who waits is told, and what comes too late is thrown away. */
static void a_reload_under_way_is_given_up(void **state)
{
    (void)state;
    struct story story;
    struct world world = busy();
    world.run_ms = BY_HAND;
    story_unrecorded(&story, &world);
    story.world.load_ms = BY_HAND;
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story_ask(&story, 7);
    story_pass(&story, 1 * SECOND);
    story_ask(&story, 8);
    story_stop(&story);
    story_loaded(&story, LOAD_OK);
    story_answers(&story, 1, VERDICT_OK);
    story_is(&story,
             "14:08:01.000 fetch\n"
             "14:08:01.020 load 2: jobs on in \"production\"\n"
             "14:08:02.000 fetch\n"
             "14:08:02.000 pass b skipped stopping slot 14:08:00\n"
             "14:08:02.000 reply 8 stopping, generation 1: +0 ~0 -0 =2\n"
             "14:08:02.000 reply 7 stopping, generation 1: +0 ~0 -0 =2\n"
             "14:08:02.000 finish a #1 ok 2000 ms\n"
             "14:08:02.000 done\n");
    story_end(&story);
}

static void stopped_before_anything_was_loaded(void **state)
{
    (void)state;
    struct story story;
    struct world world = busy();
    world.fetch_ms = BY_HAND;
    story_begin(&story, &world, NULL);
    story_time(&story);
    story_stop(&story);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.000 done\n");
    story_end(&story);
}

static const struct line pumps[] = {
    { .name = "pump", .every_ms = MINUTE, .phase_ms = 20 * SECOND },
    { .name = "slow", .every_ms = MINUTE },
    { 0 },
};

/* Of a claim that cannot be written nothing was sent: nobody waits for it, but
 * for what is under way. */
static void a_claim_that_cannot_be_written_is_not_awaited(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.run_ms = 40 * SECOND;
    story_recorded(&story, &world);
    story_pass(&story, 25 * SECOND);
    story.world.claim_ms = BY_HAND;
    story_pass(&story, 20 * SECOND);
    story_store(&story, false);
    story_forget(&story);
    story_stop(&story);
    story_pass(&story, 30 * SECOND);
    story_is(&story,
             "14:08:25.000 finish pump slot 14:08:20 skipped (stopping)\n"
             "14:08:40.000 finish slow #1 ok 40000 ms\n"
             "14:08:40.000 done\n");
    assert_true(story.done);
    story_end(&story);
}

/* Nor where the store falls ill after the signal. */
static void nor_is_one_that_comes_to_that(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.claim_ms = BY_HAND;
    story_recorded(&story, &world);
    story_commit(&story);
    story_pass(&story, 20 * SECOND);
    story_stop(&story);
    story_pass(&story, SECOND);
    story_is(&story, "");
    story_store(&story, false);
    story_is(&story,
             "14:08:01.000 finish slow slot 14:08:00 skipped (stopping)\n"
             "14:08:01.000 done\n");
    assert_true(story.done);
    story_end(&story);
}

/* It comes to be written after all, and finds that another hand had the slot:
 * what was said of it here goes nowhere. */
static void nor_is_one_that_is_taken(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    const struct wall slot = { STORY_BEGINS_MS + 49 * SECOND };
    story_recorded(&story, &world);
    story_pass(&story, 25 * SECOND);
    story.world.claim_ms = BY_HAND;
    story_pass(&story, 20 * SECOND);
    model_take(&story.model, "pump", slot);
    story_store(&story, false);
    story_forget(&story);
    story_stop(&story);
    story_is(&story,
             "14:08:25.000 finish pump slot 14:08:20 skipped (stopping)\n"
             "14:08:25.000 done\n");
    while (model_pending(&story.model))
        model_commit(&story.model);
    const struct model_row *row =
        model_row(&story.model, "pump", (struct run_key){ .slot = slot });
    assert_int_equal(row->verdict, VERDICT_OK);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_worker_leaves_at_once),
        cmocka_unit_test(it_drains),
        cmocka_unit_test(what_does_not_end_is_cut_short),
        cmocka_unit_test(a_second_signal_leaves_at_once),
        cmocka_unit_test(a_reload_under_way_is_given_up),
        cmocka_unit_test(stopped_before_anything_was_loaded),
        cmocka_unit_test(a_claim_that_cannot_be_written_is_not_awaited),
        cmocka_unit_test(nor_is_one_that_comes_to_that),
        cmocka_unit_test(nor_is_one_that_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
