/* Stories of slots that were due while nothing could run them. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line never[] = { { .name = "pump", .every_ms = MINUTE },
                                     { 0 } };
static const struct line once[] = {
    { .name = "pump", .every_ms = MINUTE, .catch_up = { 3 * MINUTE, 1 } }, { 0 }
};
static const struct line all[] = {
    { .name = "pump", .every_ms = MINUTE, .catch_up = { 5 * MINUTE, 1000 } },
    { 0 }
};

static void catch_up_begin(struct story *story, const struct line *lines)
{
    struct world world = story_world(lines);
    story_recorded(story, &world);
}

/* ---- after a worker that was not there ---- */

static void without_a_policy_the_past_is_missed(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, never);
    story_restart(&story, 5 * MINUTE);
    story_pass(&story, 30 * SECOND);
    story_is(
        &story,
        "14:12:40.000 fetch, booting\n"
        "14:12:40.020 load 2: jobs on in \"production\"\n"
        "14:12:40.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:12:40.050 pass pump missed down 5 slots slot 14:08:00 to 14:12:00\n"
        "14:13:00.000 start pump #1 slot 14:13:00\n"
        "14:13:00.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* The newest of what was due, where it is not too late for it. */
static void once_is_the_newest(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, once);
    story_restart(&story, 10 * MINUTE);
    story_pass(&story, 40 * SECOND);
    story_is(
        &story,
        "14:17:40.000 fetch, booting\n"
        "14:17:40.020 load 2: jobs on in \"production\"\n"
        "14:17:40.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:17:40.050 pass pump missed down 9 slots slot 14:08:00 to 14:16:00\n"
        "14:17:50.000 start pump #1 slot 14:17:00, catch_up\n"
        "14:17:50.200 finish pump #1 ok 200 ms\n"
        "14:18:00.000 start pump #2 slot 14:18:00\n"
        "14:18:00.200 finish pump #2 ok 200 ms\n");
    story_end(&story);
}

/* The newest is fresh: it is run as on any day, and that is once. */
static void a_fresh_slot_is_the_one(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, once);
    story_restart(&story, 10 * MINUTE + 35 * SECOND);
    story_pass(&story, 40 * SECOND);
    story_is(&story, "14:18:15.000 fetch, booting\n"
                     "14:18:15.020 load 2: jobs on in \"production\"\n"
                     "14:18:15.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:18:15.050 pass pump missed down 10 slots slot "
                     "14:08:00 to 14:17:00\n"
                     "14:18:15.050 start pump #1 slot 14:18:00\n"
                     "14:18:15.250 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* All that lie in the window, oldest first. */
static void all_of_the_window(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, all);
    story_restart(&story, 10 * MINUTE);
    story_pass(&story, 40 * SECOND);
    story_is(
        &story,
        "14:17:40.000 fetch, booting\n"
        "14:17:40.020 load 2: jobs on in \"production\"\n"
        "14:17:40.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:17:40.050 pass pump missed down 5 slots slot 14:08:00 to 14:12:00\n"
        "14:17:50.000 start pump #1 slot 14:13:00, catch_up\n"
        "14:17:50.200 finish pump #1 ok 200 ms\n"
        "14:17:50.200 start pump #2 slot 14:14:00, catch_up\n"
        "14:17:50.400 finish pump #2 ok 200 ms\n"
        "14:17:50.400 start pump #3 slot 14:15:00, catch_up\n"
        "14:17:50.600 finish pump #3 ok 200 ms\n"
        "14:17:50.600 start pump #4 slot 14:16:00, catch_up\n"
        "14:17:50.800 finish pump #4 ok 200 ms\n"
        "14:17:50.800 start pump #5 slot 14:17:00, catch_up\n"
        "14:17:51.000 finish pump #5 ok 200 ms\n"
        "14:18:00.000 start pump #6 slot 14:18:00\n"
        "14:18:00.200 finish pump #6 ok 200 ms\n");
    story_end(&story);
}

static void no_more_than_the_most(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .catch_up = { HOUR, 2 } }, { 0 }
    };
    catch_up_begin(&story, lines);
    story_restart(&story, 10 * MINUTE);
    story_pass(&story, 30 * SECOND);
    story_is(
        &story,
        "14:17:40.000 fetch, booting\n"
        "14:17:40.020 load 2: jobs on in \"production\"\n"
        "14:17:40.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:17:40.050 pass pump missed down 8 slots slot 14:08:00 to 14:15:00\n"
        "14:17:50.000 start pump #1 slot 14:16:00, catch_up\n"
        "14:17:50.200 finish pump #1 ok 200 ms\n"
        "14:17:50.200 start pump #2 slot 14:17:00, catch_up\n"
        "14:17:50.400 finish pump #2 ok 200 ms\n"
        "14:18:00.000 start pump #3 slot 14:18:00\n"
        "14:18:00.200 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

/* The slot is older than its window. */
static void an_old_slot_is_missed(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "daily",
                                           .every_ms = DAY,
                                           .phase_ms = 15 * HOUR,
                                           .catch_up = { HOUR, 1 } },
                                         { 0 } };
    catch_up_begin(&story, lines);
    story_restart(&story, 2 * HOUR);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "16:07:40.000 fetch, booting\n"
                     "16:07:40.020 load 2: jobs on in \"production\"\n"
                     "16:07:40.050 swap generation 2: +1 ~0 -0 =0\n"
                     "16:07:40.050 pass daily missed down slot 15:00:00\n");
    story_end(&story);
}

/* Four jobs that were due in the hour begin one by one. */
static void jobs_take_turns(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = 20 * MINUTE, .catch_up = { DAY, 1000 } },
        { .name = "b", .every_ms = HOUR, .catch_up = { DAY, 1000 } },
        { .name = "c", .every_ms = HOUR, .catch_up = { DAY, 1000 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = 50;
    story_recorded(&story, &world);
    story_restart(&story, HOUR);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "15:07:40.000 fetch, booting\n"
                     "15:07:40.020 load 2: jobs on in \"production\"\n"
                     "15:07:40.050 swap generation 2: +3 ~0 -0 =0\n"
                     "15:07:50.000 start a #1 slot 14:20:00, catch_up\n"
                     "15:07:50.050 finish a #1 ok 50 ms\n"
                     "15:07:50.200 start b #2 slot 15:00:00, catch_up\n"
                     "15:07:50.250 finish b #2 ok 50 ms\n"
                     "15:07:50.400 start c #3 slot 15:00:00, catch_up\n"
                     "15:07:50.450 finish c #3 ok 50 ms\n"
                     "15:07:50.600 start a #4 slot 14:40:00, catch_up\n"
                     "15:07:50.650 finish a #4 ok 50 ms\n"
                     "15:07:50.800 start a #5 slot 15:00:00, catch_up\n"
                     "15:07:50.850 finish a #5 ok 50 ms\n");
    story_end(&story);
}

/* A worker that dies before it has lived for a while makes nothing up; what it
 * owes is not forgotten, and not counted twice. */
static void a_restart_loop_makes_nothing_up(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "daily",
                                           .every_ms = DAY,
                                           .phase_ms = 15 * HOUR,
                                           .catch_up = { 12 * HOUR, 1 } },
                                         { 0 } };
    catch_up_begin(&story, lines);
    story_restart(&story, HOUR);
    for (int i = 0; i < 10; i++) {
        story_pass(&story, 9 * SECOND);
        story_restart(&story, SECOND);
    }
    story_forget(&story);
    story_pass(&story, 20 * SECOND);
    story_is(&story,
             "15:09:20.000 fetch, booting\n"
             "15:09:20.020 load 12: jobs on in \"production\"\n"
             "15:09:20.050 swap generation 12: +1 ~0 -0 =0\n"
             "15:09:30.000 start daily #1 slot 15:00:00, catch_up, epoch 2\n"
             "15:09:30.200 finish daily #1 ok 200 ms\n");
    assert_int_equal(story.checker.starts, 1);
    story_end(&story);
}

/* A slot falls due while the worker comes up, before its first schedule. */
static void a_slot_while_it_boots(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, never);
    story.world.fetch_ms = 5 * SECOND;
    story_restart(&story, 18 * SECOND);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:07:58.000 fetch, booting\n"
                     "14:08:03.000 load 2: jobs on in \"production\"\n"
                     "14:08:03.030 swap generation 2: +1 ~0 -0 =0\n"
                     "14:08:03.030 start pump #1 slot 14:08:00\n"
                     "14:08:03.230 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* A week in which the worker dies each minute: every = "24h" loses no slot. */
static void a_restart_each_minute(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "daily", .every_ms = DAY },
        { .name = "noon", .every_ms = DAY, .phase_ms = 12 * HOUR + 40 },
        { 0 },
    };
    catch_up_begin(&story, lines);
    story.quiet = true;
    for (int64_t i = 0; i < 7 * DAY / MINUTE; i++) {
        story_pass(&story, MINUTE - 1500 - i % 7 * 100);
        story_restart(&story, 1500 + i % 7 * 100);
    }
    story_pass(&story, MINUTE);
    assert_int_equal(story.checker.starts, 14);
    assert_int_equal(story.checker.finishes, 14);
    assert_int_equal(story.checker.passes, 0);
    story_end(&story);
}

/* ---- while it is there ---- */

static void after_a_pause(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, all);
    story_pauses(&story, "pump", 3 * MINUTE);
    story_pass(&story, 4 * MINUTE);
    story_is(&story, "14:07:40.000 pause pump until 14:10:40\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:10:40.000 resume pump\n"
                     "14:10:40.000 start pump #1 slot 14:08:00, catch_up\n"
                     "14:10:40.200 finish pump #1 ok 200 ms\n"
                     "14:10:40.200 start pump #2 slot 14:09:00, catch_up\n"
                     "14:10:40.400 finish pump #2 ok 200 ms\n"
                     "14:10:40.400 start pump #3 slot 14:10:00, catch_up\n"
                     "14:10:40.600 finish pump #3 ok 200 ms\n"
                     "14:11:00.000 start pump #4 slot 14:11:00\n"
                     "14:11:00.200 finish pump #4 ok 200 ms\n");
    story_end(&story);
}

static void after_a_clock_set_forward(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, once);
    story_pass(&story, 30 * SECOND);
    story_forget(&story);
    story_set_clock(&story, 3 * MINUTE + 30 * SECOND);
    story_time(&story);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:11:40.000 jump 210000 ms\n"
                     "14:11:40.000 pass pump missed clock 2 slots slot "
                     "14:09:00 to 14:10:00\n"
                     "14:11:40.000 start pump #2 slot 14:11:00, catch_up\n"
                     "14:11:40.200 finish pump #2 ok 200 ms\n"
                     "14:12:00.000 start pump #3 slot 14:12:00\n"
                     "14:12:00.200 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

static void after_a_store_that_was_ill(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, all);
    story_store(&story, false);
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "");
    story_store(&story, true);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:10:40.000 start pump #1 slot 14:08:00, catch_up\n"
                     "14:10:40.200 finish pump #1 ok 200 ms\n"
                     "14:10:40.200 start pump #2 slot 14:09:00, catch_up\n"
                     "14:10:40.400 finish pump #2 ok 200 ms\n"
                     "14:10:40.400 start pump #3 slot 14:10:00, catch_up\n"
                     "14:10:40.600 finish pump #3 ok 200 ms\n"
                     "14:11:00.000 start pump #4 slot 14:11:00\n"
                     "14:11:00.200 finish pump #4 ok 200 ms\n");
    story_end(&story);
}

/* Nobody can be told that it is ours: what is late by then is missed. */
static void without_a_policy_an_ill_store_misses(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, never);
    story_store(&story, false);
    story_pass(&story, 3 * MINUTE + 10 * SECOND);
    story_store(&story, true);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:10:50.000 pass pump missed store 3 slots slot "
                     "14:08:00 to 14:10:00\n"
                     "14:11:00.000 start pump #1 slot 14:11:00\n"
                     "14:11:00.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* A claim that was asked for when the store fell ill: durable at last, it is as
 * late as the store was. */
static void a_claim_that_takes_too_long(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, never);
    story.world.claim_ms = SECOND;
    story_pass(&story, 20 * SECOND + 500);
    story_store(&story, false);
    story_pass(&story, 35 * SECOND);
    story_store(&story, true);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:08:36.500 finish pump slot 14:08:00 missed (store)\n"
                     "14:09:01.000 start pump #1 slot 14:09:00\n"
                     "14:09:01.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

static const struct line often[] = {
    { .name = "pump", .every_ms = 10 * SECOND },
    { 0 },
};

/* A claim that could not be written is no run that was in the way: the newest
 * slot that was due meanwhile follows it, whether that one is told first, */
static void a_claim_is_not_in_the_way(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(often);
    world.claim_ms = BY_HAND;
    world.run_ms = SECOND;
    story_recorded(&story, &world);
    story_commit(&story);
    story_pass(&story, 10 * SECOND + 500);
    story_store(&story, false);
    story_pass(&story, 15 * SECOND);
    story_forget(&story);
    story_commit(&story);
    story_store(&story, true);
    story_pass(&story, 2 * SECOND);
    story_commit(&story);
    story_pass(&story, 2 * SECOND);
    story_is(&story, "14:08:05.500 start pump #2 slot 14:07:50\n"
                     "14:08:06.500 finish pump #2 ok 1000 ms\n"
                     "14:08:07.500 start pump #3 slot 14:08:00\n"
                     "14:08:08.500 finish pump #3 ok 1000 ms\n");
    story_end(&story);
}

/* or that it is well again. */
static void nor_one_that_is_yet_to_be_written(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(often);
    world.claim_ms = BY_HAND;
    world.run_ms = SECOND;
    story_recorded(&story, &world);
    story_commit(&story);
    story_pass(&story, 10 * SECOND + 500);
    story_store(&story, false);
    story_pass(&story, 15 * SECOND);
    story_forget(&story);
    story_store(&story, true);
    story_time(&story);
    story_commit(&story);
    story_pass(&story, 2 * SECOND);
    story_commit(&story);
    story_pass(&story, 2 * SECOND);
    story_is(&story, "14:08:05.500 start pump #2 slot 14:07:50\n"
                     "14:08:06.500 finish pump #2 ok 1000 ms\n"
                     "14:08:07.500 start pump #3 slot 14:08:00\n"
                     "14:08:08.500 finish pump #3 ok 1000 ms\n");
    story_end(&story);
}

/* One that was on its way before is. */
static void a_run_is_in_the_way(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(often);
    world.run_ms = 40 * SECOND;
    story_recorded(&story, &world);
    story_pass(&story, 2 * SECOND);
    story_forget(&story);
    story_store(&story, false);
    story_pass(&story, 15 * SECOND);
    story_store(&story, true);
    story_pass(&story, SECOND);
    story_is(&story, "14:07:57.000 pass pump skipped overlap slot 14:07:50\n");
    story_end(&story);
}

/* ---- a newer slot ---- */

/* What is held for "once" gives way to a newer slot, whatever it comes to. */
static void a_newer_slot_supersedes(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, once);
    story_restart(&story, 72 * SECOND);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:08:52.000 fetch, booting\n"
                     "14:08:52.020 load 2: jobs on in \"production\"\n"
                     "14:08:52.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:09:00.000 pass pump missed superseded slot 14:08:00\n"
                     "14:09:00.000 start pump #1 slot 14:09:00\n"
                     "14:09:00.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* What is held for "all" does not. */
static void a_newer_slot_goes_ahead(void **state)
{
    (void)state;
    struct story story;
    catch_up_begin(&story, all);
    story.world.run_ms = 50;
    story_restart(&story, 2 * MINUTE + 15 * SECOND);
    story_pass(&story, 15 * SECOND);
    story_is(&story, "14:09:55.000 fetch, booting\n"
                     "14:09:55.020 load 2: jobs on in \"production\"\n"
                     "14:09:55.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.050 finish pump #1 ok 50 ms\n"
                     "14:10:05.000 start pump #2 slot 14:08:00, catch_up\n"
                     "14:10:05.050 finish pump #2 ok 50 ms\n"
                     "14:10:05.200 start pump #3 slot 14:09:00, catch_up\n"
                     "14:10:05.250 finish pump #3 ok 50 ms\n");
    story_end(&story);
}

/* Its window passes while it waits for its turn. */
static void too_late_for_its_turn(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = 10 * MINUTE, .catch_up = { MINUTE, 1 } },
        { 0 }
    };
    catch_up_begin(&story, lines);
    story_restart(&story, 3 * MINUTE + 15 * SECOND);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:10:55.000 fetch, booting\n"
                     "14:10:55.020 load 2: jobs on in \"production\"\n"
                     "14:10:55.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:11:05.000 pass pump missed late slot 14:10:00\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_policy_the_past_is_missed),
        cmocka_unit_test(once_is_the_newest),
        cmocka_unit_test(a_fresh_slot_is_the_one),
        cmocka_unit_test(all_of_the_window),
        cmocka_unit_test(no_more_than_the_most),
        cmocka_unit_test(an_old_slot_is_missed),
        cmocka_unit_test(jobs_take_turns),
        cmocka_unit_test(a_restart_loop_makes_nothing_up),
        cmocka_unit_test(a_slot_while_it_boots),
        cmocka_unit_test(a_restart_each_minute),
        cmocka_unit_test(after_a_pause),
        cmocka_unit_test(after_a_clock_set_forward),
        cmocka_unit_test(after_a_store_that_was_ill),
        cmocka_unit_test(without_a_policy_an_ill_store_misses),
        cmocka_unit_test(a_claim_that_takes_too_long),
        cmocka_unit_test(a_claim_is_not_in_the_way),
        cmocka_unit_test(nor_one_that_is_yet_to_be_written),
        cmocka_unit_test(a_run_is_in_the_way),
        cmocka_unit_test(a_newer_slot_supersedes),
        cmocka_unit_test(a_newer_slot_goes_ahead),
        cmocka_unit_test(too_late_for_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
