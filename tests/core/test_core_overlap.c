/* Stories of overlap: a slot is due while a run of its job goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct limit one[] = { { "db", 1 }, { 0 } };

static const struct line queues[] = {
    { .name = "pump", .every_ms = MINUTE, .overlap = OVERLAP_QUEUE }, { 0 }
};

/* One waits; what comes while it does is passed over. */
static void one_slot_waits(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(queues);
    world.run_ms = 150 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:10:00.000 pass pump skipped overlap slot 14:10:00\n"
                     "14:10:30.000 finish pump #1 ok 150000 ms\n"
                     "14:10:30.000 start pump #2 slot 14:09:00\n"
                     "14:12:00.000 pass pump skipped overlap slot 14:12:00\n");
    story_end(&story);
}

/* Stopped while one waits: with a journal it is left to the next life. */
static void the_next_life_takes_the_one_that_waits(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(queues);
    world.run_ms = 80 * SECOND;
    story_recorded(&story, &world);
    story_pass(&story, 85 * SECOND);
    story_stop(&story);
    story_pass(&story, 20 * SECOND);
    assert_true(story.done);
    story_restart(&story, SECOND);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:09:05.000 drop pump slot 14:09:00\n"
                     "14:09:20.000 finish pump #1 ok 80000 ms\n"
                     "14:09:20.000 done\n"
                     "14:09:26.000 fetch, booting\n"
                     "14:09:26.020 load 2: jobs on in \"production\"\n"
                     "14:09:26.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:09:36.000 start pump #2 slot 14:09:00, epoch 2\n");
    story_end(&story);
}

static void so_many_beside_each_other(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = MINUTE,
                                           .overlap = OVERLAP_ALLOW,
                                           .most = 2 },
                                         { 0 } };
    struct world world = story_world(lines);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 170 * SECOND);
    story_answers(&story, 1, VERDICT_OK);
    story_pass(&story, MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:10:00.000 pass pump skipped overlap slot 14:10:00\n"
                     "14:10:30.000 finish pump #1 ok 150000 ms\n"
                     "14:11:00.000 start pump #3 slot 14:11:00\n");
    story_end(&story);
}

static const struct line cancels[] = {
    { .name = "pump", .every_ms = MINUTE, .overlap = OVERLAP_CANCEL }, { 0 }
};

/* The newer slot begins when the older run is known to be over. */
static void the_older_run_is_cancelled(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(cancels);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 90 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:09:00.000 cancel #1: a newer slot of its job is due\n"
                     "14:09:00.001 finish pump #1 unknown (replaced) 60001 ms\n"
                     "14:09:00.001 start pump #2 slot 14:09:00\n");
    story_answers(&story, 2, VERDICT_OK);
    story_end(&story);
}

/* It rests between two attempts: its verdict is that of the last. */
static void a_resting_run_gives_way(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump",
          .cron = "0,20 * * * * *",
          .overlap = OVERLAP_CANCEL,
          .retry = { 2, 60000, 60000, 0 } },
        { .name = "last", .every_ms = MINUTE },
        { 0 },
    };
    static const struct reply replies[] = {
        { .verdict = VERDICT_OK, .accepted = true, .retry_after_ms = HOUR },
    };
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = 1;
    story_calm(&story, &world);
    story_pass(&story, 50 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.000 start last #2 slot 14:08:00\n"
                     "14:08:00.200 accepted #1, 3599800 ms left\n"
                     "14:08:00.200 finish last #2 ok 200 ms\n"
                     "14:08:20.000 finish pump #1 unknown (replaced) 20000 ms\n"
                     "14:08:20.000 start pump #3 slot 14:08:20\n"
                     "14:08:20.200 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

/* It waits for room in its group, and never begins. */
static void a_waiting_run_gives_way(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "long",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE - 1000,
          .group = "db" },
        { .name = "pump",
          .every_ms = MINUTE,
          .overlap = OVERLAP_CANCEL,
          .group = "db" },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = 130 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 165 * SECOND);
    story_is(&story, "14:07:59.000 start long #1 slot 14:07:59\n"
                     "14:10:00.000 pass pump skipped overlap slot 14:09:00\n"
                     "14:10:09.000 finish long #1 ok 130000 ms\n"
                     "14:10:09.000 pass pump skipped overlap slot 14:08:00\n"
                     "14:10:09.000 start pump #2 slot 14:10:00\n");
    story_end(&story);
}

/* Its claim is not durable yet: it ends as soon as it is. */
static void a_claiming_run_gives_way(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .cron = "0,20 * * * * *", .overlap = OVERLAP_CANCEL },
        { 0 }
    };
    struct world world = story_world(lines);
    story_recorded(&story, &world);
    story.world.claim_ms = 25 * SECOND;
    story_pass(&story, 75 * SECOND);
    story_is(&story,
             "14:08:25.000 finish pump slot 14:08:00 skipped (overlap)\n"
             "14:08:50.000 start pump #1 slot 14:08:20\n"
             "14:08:50.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* What was asked for by hand is not cancelled for a slot. */
static void a_manual_run_stays(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(cancels);
    world.run_ms = 50 * SECOND;
    story_recorded(&story, &world);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, 70 * SECOND);
    story_is(&story, "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:08:30.000 finish pump #1 ok 50000 ms\n"
                     "14:08:30.000 start pump #2 slot 14:08:00\n");
    story_end(&story);
}

/* The answer was on its way when the run was cancelled: it counts. */
static void an_answer_that_comes_all_the_same(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(cancels);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 80 * SECOND - 1);
    story_sleep(&story, 1);
    story_time(&story);
    story_answers(&story, 1, VERDICT_OK);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:09:00.000 cancel #1: a newer slot of its job is due\n"
                     "14:09:00.000 finish pump #1 ok 60000 ms\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n");
    story_answers(&story, 2, VERDICT_OK);
    story_end(&story);
}

/* Two wait for a group, as their job allowed; by a reload it does not any more.
 */
static void a_stricter_reload(void **state)
{
    (void)state;
    struct story story;
    static struct line lines[] = {
        { .name = "pump",
          .cron = "0,10,20 8 * * * *",
          .overlap = OVERLAP_ALLOW,
          .group = "db" },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = MINUTE;
    story_unrecorded(&story, &world);
    story_pass(&story, 45 * SECOND);
    lines[0].overlap = OVERLAP_QUEUE;
    lines[0].group = NULL;
    story_ask(&story, 0);
    story_pass(&story, MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:25.000 fetch\n"
                     "14:08:25.020 load 2: jobs on in \"production\"\n"
                     "14:08:25.050 swap generation 2: +0 ~1 -0 =0\n"
                     "14:08:25.050 pass pump skipped overlap slot 14:08:10\n"
                     "14:08:25.050 pass pump skipped overlap slot 14:08:20\n"
                     "14:09:00.000 finish pump #1 ok 60000 ms\n"
                     "14:09:00.000 retire 1\n");
    story_end(&story);
}

/* ---- across a reload ---- */

/* What a run of the generation before does is ended for a slot of this one. */
static void a_slot_of_the_next_generation(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(cancels);
    world.run_ms = BY_HAND;
    story_calm(&story, &world);
    story_pass(&story, 30 * SECOND);
    story_ask(&story, 0);
    story_pass(&story, 70 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:10.000 fetch\n"
                     "14:08:10.020 load 2: jobs on in \"production\"\n"
                     "14:08:10.050 swap generation 2: +0 ~0 -0 =1\n"
                     "14:09:00.000 cancel #1: a newer slot of its job is due\n"
                     "14:09:00.001 finish pump #1 unknown (replaced) 60001 ms\n"
                     "14:09:00.001 retire 1\n"
                     "14:09:00.001 start pump #2 slot 14:09:00\n");
    story_answers(&story, 2, VERDICT_OK);
    story_end(&story);
}

/* One was asked for by hand, one is under way, one rests and one waits for the
 * group when the file comes to say that a newer slot ends what goes on. */
static void all_give_way_but_a_manual_run(void **state)
{
    (void)state;
    struct story story;
    static struct line lines[] = {
        { .name = "pump",
          .cron = "0,10,20 8,9 * * * *",
          .overlap = OVERLAP_ALLOW,
          .group = "db",
          .on_failure = 1 },
        { 0 },
    };
    static const struct limit three[] = { { "db", 3 }, { 0 } };
    static const struct reply resting = { .verdict = VERDICT_OK,
                                          .accepted = true,
                                          .retry_after_ms = HOUR };
    struct world world = story_world(lines);
    lines[0].overlap = OVERLAP_ALLOW;
    world.limits = three;
    world.run_ms = BY_HAND;
    story_unrecorded(&story, &world);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, 45 * SECOND);
    story_replies(&story, 3, resting);
    story_forget(&story);
    lines[0].overlap = OVERLAP_CANCEL;
    story_ask(&story, 0);
    story_pass(&story, 40 * SECOND);
    story_is(&story, "14:08:25.000 fetch\n"
                     "14:08:25.020 load 2: jobs on in \"production\"\n"
                     "14:08:25.050 swap generation 2: +0 ~1 -0 =0\n"
                     "14:08:25.050 pass pump skipped overlap slot 14:08:20\n"
                     "14:09:00.000 cancel #2: a newer slot of its job is due\n"
                     "14:09:00.000 finish pump #3 unknown (replaced) 50000 ms\n"
                     "14:09:00.000 hook pump 1 after unknown\n"
                     "14:09:00.001 finish pump #2 unknown (replaced) 60001 ms\n"
                     "14:09:00.001 hook pump 1 after unknown\n");
    story_answers(&story, 1, VERDICT_OK);
    story_is(&story, "14:09:05.000 finish pump #1 ok 85000 ms\n"
                     "14:09:05.000 start pump #4 slot 14:09:00\n");
    story_answers(&story, 4, VERDICT_OK);
    story_end(&story);
}

/* It was accepted before the reload, and is being asked about: the question is
 * cut off, and where it rests between two there is nothing to cut. */
static void what_was_accepted_gives_way(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        { .verdict = VERDICT_OK,
          .accepted = true,
          .retry_after_ms = 59 * SECOND },
        { .verdict = VERDICT_OK },
        { .verdict = VERDICT_OK, .accepted = true, .retry_after_ms = HOUR },
    };
    struct world world = story_world(cancels);
    world.replies = replies;
    world.reply_count = 3;
    story_calm(&story, &world);
    story_pass(&story, 30 * SECOND);
    story_ask(&story, 0);
    story_pass(&story, 45 * SECOND);
    story.world.run_ms = 5 * SECOND;
    story_pass(&story, 15 * SECOND);
    story_ask(&story, 0);
    story_pass(&story, 55 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 accepted #1, 3599800 ms left\n"
                     "14:08:10.000 fetch\n"
                     "14:08:10.020 load 2: jobs on in \"production\"\n"
                     "14:08:10.050 swap generation 2: +0 ~0 -0 =1\n"
                     "14:08:59.200 poll #1\n"
                     "14:09:00.000 cancel #1: a newer slot of its job is due\n"
                     "14:09:00.001 finish pump #1 unknown (replaced) 60001 ms\n"
                     "14:09:00.001 retire 1\n"
                     "14:09:00.001 start pump #2 slot 14:09:00\n"
                     "14:09:05.001 accepted #2, 3595000 ms left\n"
                     "14:09:10.000 fetch\n"
                     "14:09:10.020 load 3: jobs on in \"production\"\n"
                     "14:09:10.050 swap generation 3: +0 ~0 -0 =1\n"
                     "14:10:00.000 finish pump #2 unknown (replaced) 59999 ms\n"
                     "14:10:00.000 retire 2\n"
                     "14:10:00.000 start pump #3 slot 14:10:00\n"
                     "14:10:05.000 finish pump #3 ok 5000 ms\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slot_waits),
        cmocka_unit_test(the_next_life_takes_the_one_that_waits),
        cmocka_unit_test(so_many_beside_each_other),
        cmocka_unit_test(the_older_run_is_cancelled),
        cmocka_unit_test(a_resting_run_gives_way),
        cmocka_unit_test(a_waiting_run_gives_way),
        cmocka_unit_test(a_claiming_run_gives_way),
        cmocka_unit_test(a_manual_run_stays),
        cmocka_unit_test(an_answer_that_comes_all_the_same),
        cmocka_unit_test(a_stricter_reload),
        cmocka_unit_test(a_slot_of_the_next_generation),
        cmocka_unit_test(all_give_way_but_a_manual_run),
        cmocka_unit_test(what_was_accepted_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
