/* Stories of a job's own limits: so many runs in its life, so long between two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static void limits_begin(struct story *story, const struct line *lines)
{
    struct world world = story_world(lines);
    story_recorded(story, &world);
}

/* ---- max_runs ---- */

static void it_has_had_its_runs(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .max_runs = 2 }, { 0 }
    };
    limits_begin(&story, lines);
    story_pass(&story, 30 * SECOND);
    assert_int_equal(core_next_slot(story.core, 0).ms,
                     STORY_BEGINS_MS + 89 * SECOND);
    story_pass(&story, MINUTE);
    assert_int_equal(core_next_slot(story.core, 0).ms, NEVER_MS);
    story_restart(&story, SECOND);
    story_pass(&story, 2 * MINUTE);
    assert_int_equal(core_next_slot(story.core, 0).ms, NEVER_MS);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 ok 200 ms\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:09:00.200 finish pump #2 ok 200 ms\n"
                     "14:09:11.000 fetch, booting\n"
                     "14:09:11.020 load 2: jobs on in \"production\"\n"
                     "14:09:11.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:10:00.000 pass pump skipped max_runs slot 14:10:00\n"
                     "14:11:00.000 pass pump skipped max_runs slot 14:11:00\n");
    story_end(&story);
}

/* A run by hand is none of them, and goes beyond them. */
static void by_hand_there_are_more(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .max_runs = 1 }, { 0 }
    };
    limits_begin(&story, lines);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, 30 * SECOND);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, SECOND);
    story_is(&story, "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.200 finish pump #1 ok 200 ms\n"
                     "14:08:00.000 start pump #2 slot 14:08:00\n"
                     "14:08:00.200 finish pump #2 ok 200 ms\n"
                     "14:08:10.000 ordered trigger done\n"
                     "14:08:10.000 start pump #3 slot 14:08:10, manual\n"
                     "14:08:10.200 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

/* What an operator has filled in is none of them either: it leaves the job its
 * life, and a job that is over is filled in all the same. */
static void a_backfill_is_none_of_them(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .max_runs = 1 }, { 0 }
    };
    struct order order = { .verb = VERB_BACKFILL,
                           .job = "pump",
                           .from = { STORY_BEGINS_MS - 31 * SECOND },
                           .to = { STORY_BEGINS_MS } };
    limits_begin(&story, lines);
    story_orders(&story, order);
    story_pass(&story, 2 * SECOND);
    story_restart(&story, SECOND); /* the store has not counted it, either */
    story_pass(&story, 30 * SECOND);
    order.from.ms -= MINUTE;
    order.to.ms = order.from.ms;
    story_orders(&story, order);
    story_pass(&story, MINUTE);
    story_is(&story, "14:07:40.000 ordered backfill done, 1 run, 0 missed, "
                     "14:07:00 to 14:07:00\n"
                     "14:07:41.000 start pump #1 slot 14:07:00, backfill\n"
                     "14:07:41.200 finish pump #1 ok 200 ms\n"
                     "14:07:43.000 fetch, booting\n"
                     "14:07:43.020 load 2: jobs on in \"production\"\n"
                     "14:07:43.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:08:00.000 start pump #2 slot 14:08:00\n"
                     "14:08:00.200 finish pump #2 ok 200 ms\n"
                     "14:08:13.000 ordered backfill done, 1 run, 0 missed, "
                     "14:06:00 to 14:06:00\n"
                     "14:08:13.000 start pump #3 slot 14:06:00, backfill\n"
                     "14:08:13.200 finish pump #3 ok 200 ms\n"
                     "14:09:00.000 pass pump skipped max_runs slot 14:09:00\n");
    story_end(&story);
}

/* What is made up counts as well. */
static void what_is_made_up_counts(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = MINUTE,
                                           .max_runs = 2,
                                           .catch_up = { HOUR, 9 } },
                                         { 0 } };
    limits_begin(&story, lines);
    story_restart(&story, 4 * MINUTE);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:11:40.000 fetch, booting\n"
                     "14:11:40.020 load 2: jobs on in \"production\"\n"
                     "14:11:40.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:11:50.000 start pump #1 slot 14:08:00, catch_up\n"
                     "14:11:50.200 finish pump #1 ok 200 ms\n"
                     "14:11:50.200 start pump #2 slot 14:09:00, catch_up\n"
                     "14:11:50.400 finish pump #2 ok 200 ms\n"
                     "14:11:50.400 pass pump skipped max_runs slot 14:10:00\n"
                     "14:11:50.600 pass pump skipped max_runs slot 14:11:00\n"
                     "14:12:00.000 pass pump skipped max_runs slot 14:12:00\n");
    story_end(&story);
}

/* Two are admitted while no claim is durable yet: one of them is the last. */
static void claims_on_their_way_count(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .cron = "41-59 * * * * *",
                                           .allow = true,
                                           .max_runs = 2 },
                                         { 0 } };
    limits_begin(&story, lines);
    story.world.claim_ms = 5500;
    story.quiet = true;
    story_pass(&story, 20 * SECOND);
    assert_int_equal(story.checker.starts, 2);
    story_end(&story);
}

/* They wait for their group, and come to it one by one. */
static void waiting_ones_count(void **state)
{
    (void)state;
    struct story story;
    static const struct limit one[] = { { "db", 1 }, { 0 } };
    static const struct line lines[] = {
        { .name = "long",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .group = "db" },
        { .name = "pump",
          .every_ms = MINUTE,
          .allow = true,
          .group = "db",
          .max_runs = 2 },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = 200 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 30 * SECOND);
    story.world.run_ms = 100;
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:08:00.000 start long #1 slot 14:08:00\n"
                     "14:11:20.000 finish long #1 ok 200000 ms\n"
                     "14:11:20.000 start pump #2 slot 14:08:00\n"
                     "14:11:20.100 finish pump #2 ok 100 ms\n"
                     "14:11:20.100 start pump #3 slot 14:09:00\n"
                     "14:11:20.200 finish pump #3 ok 100 ms\n"
                     "14:11:20.200 pass pump skipped max_runs slot 14:10:00\n"
                     "14:11:20.200 pass pump skipped max_runs slot 14:11:00\n"
                     "14:12:00.000 pass pump skipped max_runs slot 14:12:00\n"
                     "14:13:00.000 pass pump skipped max_runs slot 14:13:00\n");
    story_end(&story);
}

/* What another life began is not begun a second time by being tried again. */
static void a_second_try_is_the_same_run(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = 10 * MINUTE,
                                           .max_runs = 1,
                                           .retry = { 2, 100, 100, 0 } },
                                         { 0 } };
    limits_begin(&story, lines);
    story.world.run_ms = MINUTE;
    story_pass(&story, 145 * SECOND);
    story_restart(&story, SECOND);
    story.world.run_ms = 100;
    story_pass(&story, 15 * MINUTE);
    story_is(&story,
             "14:10:00.000 start pump #1 slot 14:10:00\n"
             "14:10:06.000 fetch, booting\n"
             "14:10:06.020 load 2: jobs on in \"production\"\n"
             "14:10:06.050 swap generation 2: +1 ~0 -0 =0\n"
             "14:10:16.000 start pump #2 slot 14:10:00, attempt 2, epoch 2\n"
             "14:10:16.100 finish pump #2 ok 100 ms\n"
             "14:20:00.000 pass pump skipped max_runs slot 14:20:00\n");
    assert_int_equal(core_lane(story.core, 0).runs, 1);
    story_end(&story);
}

/* ---- min_gap ---- */

static void so_long_between_two(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .min_gap_ms = 100 * SECOND },
        { 0 },
    };
    limits_begin(&story, lines);
    story_pass(&story, 30 * SECOND);
    story_restart(&story, SECOND);
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 ok 200 ms\n"
                     "14:08:11.000 fetch, booting\n"
                     "14:08:11.020 load 2: jobs on in \"production\"\n"
                     "14:08:11.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:09:00.000 pass pump skipped min_gap slot 14:09:00\n"
                     "14:10:00.000 start pump #2 slot 14:10:00\n"
                     "14:10:00.200 finish pump #2 ok 200 ms\n"
                     "14:11:00.000 pass pump skipped min_gap slot 14:11:00\n");
    story_end(&story);
}

/* A run by hand counts as a start. */
static void after_a_run_by_hand(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .min_gap_ms = 30 * SECOND },
        { 0 },
    };
    limits_begin(&story, lines);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, 90 * SECOND);
    story_is(&story, "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.200 finish pump #1 ok 200 ms\n"
                     "14:08:00.000 pass pump skipped min_gap slot 14:08:00\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:09:00.200 finish pump #2 ok 200 ms\n");
    story_end(&story);
}

/* What is made up keeps its distance, too. */
static void what_is_made_up_keeps_its_distance(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = 10 * SECOND,
                                           .min_gap_ms = 4 * SECOND,
                                           .catch_up = { 35 * SECOND, 9 } },
                                         { 0 } };
    limits_begin(&story, lines);
    story_restart(&story, 55 * SECOND);
    story_pass(&story, 30 * SECOND);
    story_is(
        &story,
        "14:08:35.000 fetch, booting\n"
        "14:08:35.020 load 2: jobs on in \"production\"\n"
        "14:08:35.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:08:35.050 finish pump slot 14:07:40 unknown (down)\n"
        "14:08:35.050 pass pump missed down 2 slots slot 14:07:50 to 14:08:00\n"
        "14:08:35.050 start pump #2 slot 14:08:30\n"
        "14:08:35.250 finish pump #2 ok 200 ms\n"
        "14:08:40.000 start pump #3 slot 14:08:40\n"
        "14:08:40.200 finish pump #3 ok 200 ms\n"
        "14:08:45.000 start pump #4 slot 14:08:10, catch_up\n"
        "14:08:45.200 finish pump #4 ok 200 ms\n"
        "14:08:50.000 start pump #5 slot 14:08:50\n"
        "14:08:50.200 finish pump #5 ok 200 ms\n"
        "14:08:53.200 start pump #6 slot 14:08:20, catch_up\n"
        "14:08:53.400 finish pump #6 ok 200 ms\n"
        "14:09:00.000 start pump #7 slot 14:09:00\n"
        "14:09:00.200 finish pump #7 ok 200 ms\n");
    story_end(&story);
}

/* A run begins some ms after its slot: each slot is far enough from it. */
static void as_far_apart_as_the_slots(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .min_gap_ms = MINUTE }, { 0 }
    };
    struct world world = story_world(lines);
    world.claim_ms = 300;
    story_recorded(&story, &world);
    story_pass(&story, 150 * SECOND);
    story_is(&story, "14:08:00.300 start pump #1 slot 14:08:00\n"
                     "14:08:00.500 finish pump #1 ok 200 ms\n"
                     "14:09:00.300 start pump #2 slot 14:09:00\n"
                     "14:09:00.500 finish pump #2 ok 200 ms\n"
                     "14:10:00.300 start pump #3 slot 14:10:00\n"
                     "14:10:00.500 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

/* Where the distance leaves no room between two slots that are run, nothing is
 * made up, until it is too late for it. */
static void no_slot_is_lost_to_an_older_one(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = 20 * SECOND,
                                           .min_gap_ms = 30 * SECOND,
                                           .catch_up = { 65 * SECOND, 9 } },
                                         { 0 } };
    limits_begin(&story, lines);
    story_restart(&story, 55 * SECOND);
    story_pass(&story, 70 * SECOND);
    story_is(&story, "14:08:35.000 fetch, booting\n"
                     "14:08:35.020 load 2: jobs on in \"production\"\n"
                     "14:08:35.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:08:35.050 finish pump slot 14:07:40 unknown (down)\n"
                     "14:08:35.050 start pump #2 slot 14:08:20\n"
                     "14:08:35.250 finish pump #2 ok 200 ms\n"
                     "14:08:40.000 pass pump skipped min_gap slot 14:08:40\n"
                     "14:09:00.000 pass pump skipped min_gap slot 14:09:00\n"
                     "14:09:06.000 pass pump missed late slot 14:08:00\n"
                     "14:09:20.000 start pump #3 slot 14:09:20\n"
                     "14:09:20.200 finish pump #3 ok 200 ms\n"
                     "14:09:40.000 pass pump skipped min_gap slot 14:09:40\n");
    story_end(&story);
}

/* The clock was set back: a start that is still to come forbids nothing. */
static void the_clock_went_back(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .min_gap_ms = 30 * SECOND },
        { 0 },
    };
    limits_begin(&story, lines);
    story_pass(&story, 21 * SECOND);
    story_set_clock(&story, -HOUR);
    story_time(&story);
    story_pass(&story, MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 ok 200 ms\n"
                     "13:08:01.000 jump -3600000 ms\n"
                     "13:09:00.000 start pump #2 slot 13:09:00\n"
                     "13:09:00.200 finish pump #2 ok 200 ms\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_far_apart_as_the_slots),
        cmocka_unit_test(no_slot_is_lost_to_an_older_one),
        cmocka_unit_test(it_has_had_its_runs),
        cmocka_unit_test(by_hand_there_are_more),
        cmocka_unit_test(a_backfill_is_none_of_them),
        cmocka_unit_test(what_is_made_up_counts),
        cmocka_unit_test(claims_on_their_way_count),
        cmocka_unit_test(waiting_ones_count),
        cmocka_unit_test(a_second_try_is_the_same_run),
        cmocka_unit_test(so_long_between_two),
        cmocka_unit_test(after_a_run_by_hand),
        cmocka_unit_test(what_is_made_up_keeps_its_distance),
        cmocka_unit_test(the_clock_went_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
