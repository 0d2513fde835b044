/* Stories of what an operator asks for: a run by hand, old slots again, and
 * what a resume would do. Pauses have their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = MINUTE },
    { .name = "many",
      .every_ms = MINUTE,
      .phase_ms = 30 * SECOND,
      .overlap = OVERLAP_ALLOW,
      .most = 2 },
    { .name = "off", .every_ms = MINUTE, .only = "staging" },
    { 0 },
};

static void order_begin(struct story *story)
{
    struct world world = story_world(pumps);
    world.run_ms = BY_HAND;
    story_recorded(story, &world);
}

/* ---- trigger ---- */

static void a_run_by_hand_covers_no_slot(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.thorough = true;
    story.world.run_ms = 100;
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, 21 * SECOND);
    story_is(&story, "14:07:40.000 claim pump slot 14:07:40\n"
                     "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.100 finish pump #1 ok 100 ms\n"
                     "14:08:00.000 claim pump slot 14:08:00\n"
                     "14:08:00.000 start pump #2 slot 14:08:00\n"
                     "14:08:00.100 finish pump #2 ok 100 ms\n");
    assert_int_equal(core_lane(story.core, 0).runs, 1);
    story_end(&story);
}

static void it_respects_overlap(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story_order(&story, VERB_TRIGGER, "pump");
    story_order(&story, VERB_TRIGGER, "pump");
    story_order(&story, VERB_TRIGGER, "many");
    story_order(&story, VERB_TRIGGER, "many");
    story_order(&story, VERB_TRIGGER, "many");
    story_pass(&story, 21 * SECOND);
    story_is(&story, "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.000 ordered trigger overlap\n"
                     "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start many #2 slot 14:07:40.001, manual\n"
                     "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start many #3 slot 14:07:40.002, manual\n"
                     "14:07:40.000 ordered trigger overlap\n"
                     "14:08:00.000 pass pump skipped overlap slot 14:08:00\n");
    story_end(&story);
}

static void it_is_forced(void **state)
{
    (void)state;
    struct story story;
    const struct order force = { .verb = VERB_TRIGGER,
                                 .job = "pump",
                                 .force = true };
    order_begin(&story);
    story_orders(&story, force);
    story_orders(&story, force);
    story_orders(&story, force);
    story_is(&story, "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #2 slot 14:07:40.001, manual\n"
                     "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #3 slot 14:07:40.002, manual\n");
    for (uint32_t i = 1; i <= 3; i++)
        story_answers(&story, i, VERDICT_OK);
    story_end(&story);
}

/* Who was forced is counted across a reload, and each is one that goes on. */
static void who_was_forced_goes_on_across_a_reload(void **state)
{
    (void)state;
    struct story story;
    const struct order force = { .verb = VERB_TRIGGER,
                                 .job = "pump",
                                 .force = true };
    order_begin(&story);
    story_pass(&story, 21 * SECOND);
    story_orders(&story, force);
    story_orders(&story, force);
    story_ask(&story, 0);
    story_pass(&story, SECOND);
    story_forget(&story);
    assert_int_equal(core_lane(story.core, 0).going, 3);
    story_order(&story, VERB_TRIGGER, "pump");
    story_answers(&story, 2, VERDICT_OK);
    story_answers(&story, 1, VERDICT_OK);
    story_order(&story, VERB_TRIGGER, "pump");
    story_answers(&story, 3, VERDICT_OK);
    assert_int_equal(core_lane(story.core, 0).going, 0);
    story_order(&story, VERB_TRIGGER, "pump");
    story_is(&story, "14:08:02.000 ordered trigger overlap\n"
                     "14:08:02.000 finish pump #2 ok 1000 ms\n"
                     "14:08:02.000 finish pump #1 ok 2000 ms\n"
                     "14:08:02.000 ordered trigger overlap\n"
                     "14:08:02.000 finish pump #3 ok 1000 ms\n"
                     "14:08:02.000 retire 1\n"
                     "14:08:02.000 ordered trigger done\n"
                     "14:08:02.000 start pump #4 slot 14:08:02, manual\n");
    story_answers(&story, 4, VERDICT_OK);
    story_end(&story);
}

/* A trigger of this very instant, whatever the clock does: no key twice. */
static void no_two_have_one_key(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = 0;
    story.quiet = true;
    for (int i = 0; i < 100; i++) {
        story_order(&story, VERB_TRIGGER, "pump");
        story_order(&story, VERB_TRIGGER, "many");
        story_pass(&story, i % 3);
        story_set_clock(&story, i % 5 ? 0 : -20 * SECOND);
    }
    assert_true(story.checker.starts >= 150);
    story_end(&story);
}

static void it_is_refused(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    struct core_config config = story_config();
    config.journal = true;
    config.poll_ms = YEAR;
    world.run_ms = BY_HAND;
    story_begin(&story, &world, &config);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, SECOND);
    story_forget(&story);
    story_order(&story, VERB_TRIGGER, "nobody");
    story_order(&story, VERB_TRIGGER, "off");
    story_store(&story, false);
    story_order(&story, VERB_TRIGGER, "pump");
    story_order(&story, VERB_BACKFILL, "pump");
    story_store(&story, true);
    story_order(&story, VERB_TRIGGER, "pump");
    story_stop(&story);
    story_order(&story, VERB_TRIGGER, "many");
    story_is(&story, "14:07:32.000 ordered trigger no_job\n"
                     "14:07:32.000 ordered trigger not_scheduled\n"
                     "14:07:32.000 ordered trigger store\n"
                     "14:07:32.000 ordered backfill store, 0 run, 0 missed\n"
                     "14:07:32.000 ordered trigger done\n"
                     "14:07:32.000 start pump #1 slot 14:07:32, manual\n"
                     "14:07:32.000 ordered trigger stopping\n");
    story_answers(&story, 1, VERDICT_OK);
    story_end(&story);
}

static void a_second_worker_takes_no_orders(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    struct core_config config = story_config();
    config.primary = false;
    config.poll_ms = YEAR;
    story_begin(&story, &world, &config);
    story_pass(&story, SECOND);
    story_forget(&story);
    story_order(&story, VERB_TRIGGER, "pump");
    story_order(&story, VERB_PAUSE, "pump");
    story_is(&story, "14:07:32.000 ordered trigger not_primary\n"
                     "14:07:32.000 ordered pause not_primary\n");
    story_end(&story);
}

/* It waits for its group, the worker dies, and the next life runs it. */
static void the_next_life_runs_it(void **state)
{
    (void)state;
    struct story story;
    static const struct limit one[] = { { "db", 1 }, { 0 } };
    static const struct line lines[] = {
        { .name = "a", .every_ms = HOUR, .group = "db" },
        { .name = "b", .every_ms = HOUR, .group = "db" },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = one;
    story_recorded(&story, &world);
    story_order(&story, VERB_TRIGGER, "a");
    story_order(&story, VERB_TRIGGER, "b");
    story_restart(&story, 2 * HOUR);
    story_pass(&story, 20 * SECOND);
    story_is(
        &story,
        "14:07:40.000 ordered trigger done\n"
        "14:07:40.000 start a #1 slot 14:07:40, manual\n"
        "14:07:40.000 ordered trigger done\n"
        "16:07:40.000 fetch, booting\n"
        "16:07:40.020 load 2: jobs on in \"production\"\n"
        "16:07:40.050 swap generation 2: +2 ~0 -0 =0\n"
        "16:07:40.050 finish a slot 14:07:40 unknown (down)\n"
        "16:07:40.050 pass a missed down 2 slots slot 15:00:00 to 16:00:00\n"
        "16:07:40.050 pass b missed down 2 slots slot 15:00:00 to 16:00:00\n"
        "16:07:50.000 start b #2 slot 14:07:40.001, manual, epoch 2\n"
        "16:07:50.200 finish b #2 ok 200 ms\n");
    story_end(&story);
}

/* A run of an earlier life may have been sent, and is tried again when its turn
 * comes. No other is begun meanwhile, unless somebody insists. */
static void what_another_life_left_is_not_run_beside(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = HOUR, .retry = { .attempts = 3 } },
        { .name = "many",
          .every_ms = HOUR,
          .retry = { .attempts = 3 },
          .overlap = OVERLAP_ALLOW },
        { 0 },
    };
    const struct order force = { .verb = VERB_TRIGGER,
                                 .job = "pump",
                                 .force = true };
    struct world world = story_world(lines);
    world.run_ms = BY_HAND;
    story_recorded(&story, &world);
    story_order(&story, VERB_TRIGGER, "pump");
    story_order(&story, VERB_TRIGGER, "many");
    story_commit(&story);
    story_restart(&story, MINUTE);
    story.world.run_ms = 200;
    story_pass(&story, 2 * SECOND);
    story_forget(&story);
    story_order(&story, VERB_TRIGGER, "pump");
    story_order(&story, VERB_TRIGGER, "many");
    story_orders(&story, force);
    story_pass(&story, 10 * SECOND);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, SECOND);
    story_is(
        &story,
        "14:08:42.000 ordered trigger left_open\n"
        "14:08:42.000 ordered trigger done\n"
        "14:08:42.000 start many #3 slot 14:08:42, manual\n"
        "14:08:42.000 ordered trigger done\n"
        "14:08:42.000 start pump #4 slot 14:08:42.001, manual\n"
        "14:08:42.200 finish many #3 ok 200 ms\n"
        "14:08:42.200 finish pump #4 ok 200 ms\n"
        "14:08:50.000 start pump #5 slot 14:07:40, manual, attempt 2, epoch 2\n"
        "14:08:50.200 finish pump #5 ok 200 ms\n"
        "14:08:50.200 start many #6 slot 14:07:40.001, manual, attempt 2, "
        "epoch "
        "2\n"
        "14:08:50.400 finish many #6 ok 200 ms\n"
        "14:08:52.000 ordered trigger done\n"
        "14:08:52.000 start pump #7 slot 14:08:52, manual\n"
        "14:08:52.200 finish pump #7 ok 200 ms\n");
    story_end(&story);
}

/* ---- resume ---- */

static void a_dry_run_counts_what_a_resume_would_do(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "none", .every_ms = MINUTE },
        { .name = "once", .every_ms = MINUTE, .catch_up = { HOUR, 1 } },
        { .name = "some", .every_ms = MINUTE, .catch_up = { 3 * MINUTE, 9 } },
        { 0 },
    };
    static const struct order dry = { .verb = VERB_RESUME, .dry_run = true };
    struct world world = story_world(lines);
    story_recorded(&story, &world);
    for (size_t i = 0; i < 3; i++)
        story_pauses(&story, lines[i].name, HOUR);
    story_forget(&story);
    for (size_t i = 0; i < 3; i++) {
        struct order order = dry;
        order.job = lines[i].name;
        story_orders(&story, order);
    }
    story_is(&story, "14:07:40.000 ordered resume done, 0 run, 0 missed\n"
                     "14:07:40.000 ordered resume done, 0 run, 0 missed\n"
                     "14:07:40.000 ordered resume done, 0 run, 0 missed\n");
    story_pass(&story, 5 * MINUTE);
    for (size_t i = 0; i < 3; i++) {
        struct order order = dry;
        order.job = lines[i].name;
        story_orders(&story, order);
    }
    story_is(&story, "14:12:40.000 ordered resume done, 0 run, 5 missed\n"
                     "14:12:40.000 ordered resume done, 1 run, 4 missed, "
                     "14:12:00 to 14:12:00\n"
                     "14:12:40.000 ordered resume done, 3 run, 2 missed, "
                     "14:10:00 to 14:12:00\n");
    for (size_t i = 0; i < 3; i++)
        story_order(&story, VERB_RESUME, lines[i].name);
    story_pass(&story, 5 * SECOND);
    story_is(&story,
             "14:12:40.000 pass none missed paused 5 slots slot 14:08:00 to "
             "14:12:00\n"
             "14:12:40.000 resume none\n"
             "14:12:40.000 ordered resume done, 0 run, 5 missed\n"
             "14:12:40.000 pass once missed paused 4 slots slot 14:08:00 to "
             "14:11:00\n"
             "14:12:40.000 resume once\n"
             "14:12:40.000 ordered resume done, 1 run, 4 missed, 14:12:00 to "
             "14:12:00\n"
             "14:12:40.000 start once #1 slot 14:12:00, catch_up\n"
             "14:12:40.000 pass some missed paused 2 slots slot 14:08:00 to "
             "14:09:00\n"
             "14:12:40.000 resume some\n"
             "14:12:40.000 ordered resume done, 3 run, 2 missed, 14:10:00 to "
             "14:12:00\n"
             "14:12:40.200 finish once #1 ok 200 ms\n"
             "14:12:40.200 start some #2 slot 14:10:00, catch_up\n"
             "14:12:40.400 finish some #2 ok 200 ms\n"
             "14:12:40.400 start some #3 slot 14:11:00, catch_up\n"
             "14:12:40.600 finish some #3 ok 200 ms\n"
             "14:12:40.600 start some #4 slot 14:12:00, catch_up\n"
             "14:12:40.800 finish some #4 ok 200 ms\n");
    story_end(&story);
}

/* ---- backfill ---- */

static struct order backfill(int64_t from_ms, int64_t to_ms)
{
    return (struct order){ .verb = VERB_BACKFILL,
                           .job = "pump",
                           .from = { STORY_BEGINS_MS + from_ms },
                           .to = { STORY_BEGINS_MS + to_ms } };
}

/* A backfill that takes its time costs no slot of its time: the slot waits for
 * the run under way, and goes before the rest. */
static void old_slots_do_not_cost_new_ones(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = 25 * SECOND;
    story_orders(&story, backfill(-3 * MINUTE, HOUR));
    story_forget(&story);
    story_pass(&story, 80 * SECOND);
    story_is(&story, "14:07:41.000 start pump #1 slot 14:05:00, backfill\n"
                     "14:08:06.000 finish pump #1 ok 25000 ms\n"
                     "14:08:06.000 start pump #2 slot 14:08:00\n"
                     "14:08:30.000 start many #3 slot 14:08:30\n"
                     "14:08:31.000 finish pump #2 ok 25000 ms\n"
                     "14:08:31.000 start pump #4 slot 14:06:00, backfill\n"
                     "14:08:55.000 finish many #3 ok 25000 ms\n"
                     "14:08:56.000 finish pump #4 ok 25000 ms\n"
                     "14:08:56.000 start pump #5 slot 14:07:00, backfill\n");
    story_end(&story);
}

static void before_ten_years_nothing_is_run_again(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story_orders(&story, backfill(-11 * YEAR, HOUR));
    story_is(&story,
             "14:07:40.000 ordered backfill too_old, 0 run, 0 missed\n");
    story_end(&story);
}

/* Force does not mean without end. */
static void forced_runs_have_a_limit(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = HOUR;
    struct order order = { .verb = VERB_TRIGGER,
                           .job = "pump",
                           .force = true,
                           .by = "ops",
                           .reason = "" };
    for (int i = 0; i < FORCED_MAX; i++)
        story_orders(&story, order);
    story_forget(&story);
    story_orders(&story, order);
    story_is(&story, "14:07:40.000 ordered trigger too_many\n");
    story_end(&story);
}

static void old_slots_are_run_again(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = 50;
    struct order order = backfill(-3 * MINUTE, HOUR);
    order.dry_run = true;
    story_pass(&story, 5 * SECOND);
    story_orders(&story, order);
    order.dry_run = false;
    story_orders(&story, order);
    story_pass(&story, 5 * SECOND);
    story_is(&story, "14:07:45.000 ordered backfill done, 3 run, 0 missed, "
                     "14:05:00 to 14:07:00\n"
                     "14:07:45.000 ordered backfill done, 3 run, 0 missed, "
                     "14:05:00 to 14:07:00\n"
                     "14:07:45.000 start pump #1 slot 14:05:00, backfill\n"
                     "14:07:45.050 finish pump #1 ok 50 ms\n"
                     "14:07:45.200 start pump #2 slot 14:06:00, backfill\n"
                     "14:07:45.250 finish pump #2 ok 50 ms\n"
                     "14:07:45.400 start pump #3 slot 14:07:00, backfill\n"
                     "14:07:45.450 finish pump #3 ok 50 ms\n");
    story_end(&story);
}

/* Each is run where the store has no run of it that was ok. */
static void what_was_ok_is_not_run_again(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump", .every_ms = MINUTE },
                                         { 0 } };
    static const struct reply replies[] = { { .verdict = VERDICT_OK },
                                            { .verdict = VERDICT_FAILED } };
    struct world world = story_world(lines);
    world.run_ms = 50;
    world.replies = replies;
    world.reply_count = 2;
    story_recorded(&story, &world);
    story_pass(&story, 2 * MINUTE);
    story_pauses(&story, "pump", 65 * SECOND);
    story_pass(&story, 70 * SECOND);
    story_forget(&story);
    story_orders(&story, backfill(0, 3 * MINUTE + 20 * SECOND));
    story_pass(&story, 3 * SECOND);
    story_is(&story,
             "14:10:50.000 ordered backfill done, 3 run, 0 missed, 14:08:00 to "
             "14:10:00\n"
             "14:10:50.000 drop pump slot 14:08:00\n"
             "14:10:50.200 start pump #3 slot 14:09:00, backfill, epoch 2\n"
             "14:10:50.250 finish pump #3 ok 50 ms\n"
             "14:10:50.400 start pump #4 slot 14:10:00, backfill\n"
             "14:10:50.450 finish pump #4 ok 50 ms\n");
    story_end(&story);
}

/* What the store knows of them is passed by, and counted. */
static void settled_slots_are_passed_by(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = 50;
    static const struct settled_slot settled[] = {
        { { STORY_BEGINS_MS - 170 * SECOND }, false }, /* of another schedule */
        { { STORY_BEGINS_MS - 151 * SECOND }, false },
        { { STORY_BEGINS_MS - 91 * SECOND }, true },
    };
    struct order order = backfill(-3 * MINUTE, HOUR);
    order.settled = settled;
    order.settled_count = 3;
    order.dry_run = true;
    story_orders(&story, order);
    order.dry_run = false;
    story_orders(&story, order);
    story_pass(&story, 10 * SECOND);
    order.settled_count = 0;
    order.from = order.to;
    story_orders(&story, order);
    story_is(&story, "14:07:40.000 ordered backfill done, 1 run, 0 missed, 1 "
                     "done, 1 waiting, 14:05:00 to 14:07:00\n"
                     "14:07:40.000 ordered backfill done, 1 run, 0 missed, 1 "
                     "done, 1 waiting, 14:05:00 to 14:07:00\n"
                     "14:07:41.000 start pump #1 slot 14:07:00, backfill\n"
                     "14:07:41.050 finish pump #1 ok 50 ms\n"
                     "14:07:50.000 ordered backfill done, 0 run, 0 missed\n");
    story_end(&story);
}

/* But for the one under way. */
static void a_backfill_is_taken_back(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    struct order order = backfill(-4 * MINUTE, HOUR);
    story_orders(&story, order);
    story_pass(&story, 5 * SECOND);
    order.cancel = true;
    story_orders(&story, order);
    story_orders(&story, order);
    story_answers(&story, 1, VERDICT_OK);
    story_pass(&story, 5 * SECOND);
    story_is(&story,
             "14:07:40.000 ordered backfill done, 4 run, 0 missed, 14:04:00 to "
             "14:07:00\n"
             "14:07:41.000 start pump #1 slot 14:04:00, backfill\n"
             "14:07:45.000 pass pump skipped cancelled slot 14:05:00\n"
             "14:07:45.000 pass pump skipped cancelled slot 14:06:00\n"
             "14:07:45.000 pass pump skipped cancelled slot 14:07:00\n"
             "14:07:45.000 ordered backfill done, 3 run, 0 missed, 14:05:00 to "
             "14:07:00\n"
             "14:07:45.000 ordered backfill done, 0 run, 0 missed\n"
             "14:07:45.000 finish pump #1 ok 4000 ms\n");
    assert_int_equal(core_lane(story.core, 0).queued, 0);
    story_end(&story);
}

/* A slot that is being run already, or is held, is not run twice. */
static void what_goes_on_is_not_run_beside(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .catch_up = { HOUR, 9 } }, { 0 }
    };
    struct world world = story_world(lines);
    world.run_ms = 700;
    story_recorded(&story, &world);
    story_restart(&story, 155 * SECOND);
    story_pass(&story, 5 * SECOND);
    story_forget(&story);
    story_orders(&story, backfill(0, 3 * MINUTE));
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:10:20.000 ordered backfill done, 3 run, 0 missed, "
                     "14:08:00 to 14:10:00\n"
                     "14:10:25.000 start pump #2 slot 14:08:00, catch_up\n"
                     "14:10:25.700 finish pump #2 ok 700 ms\n"
                     "14:10:25.700 start pump #3 slot 14:09:00, catch_up\n"
                     "14:10:26.400 finish pump #3 ok 700 ms\n"
                     "14:10:26.400 drop pump slot 14:08:00\n"
                     "14:10:26.600 drop pump slot 14:09:00\n"
                     "14:10:26.800 drop pump slot 14:10:00\n");
    story_end(&story);
}

/* One order takes so many on, and says that there are more. */
static void there_are_more(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = 0;
    story_orders(&story, backfill(-(BACKFILL_SLOTS_MAX + 5) * MINUTE, 0));
    story_is(&story, "14:07:40.000 ordered backfill done, 10000 run, 0 missed, "
                     "15:23:00 to 14:02:00, more\n");
    story.quiet = true;
    story_pass(&story, HOUR);
    assert_in_range(story.checker.starts, BACKFILL_SLOTS_MAX,
                    BACKFILL_SLOTS_MAX + 120);
    story_end(&story);
}

/* Nothing lies there, or it is still to come. */
static void nothing_to_fill(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story_orders(&story, backfill(-20 * SECOND, 0));
    story_orders(&story, backfill(MINUTE, HOUR));
    story_orders(&story, backfill(0, -HOUR));
    story_is(&story, "14:07:40.000 ordered backfill done, 0 run, 0 missed\n"
                     "14:07:40.000 ordered backfill done, 0 run, 0 missed\n"
                     "14:07:40.000 ordered backfill done, 0 run, 0 missed\n");
    story_end(&story);
}

/* What is not filled yet outlives the worker, and the job's own slots go
 * first. */
static void a_backfill_outlives_the_worker(void **state)
{
    (void)state;
    struct story story;
    order_begin(&story);
    story.world.run_ms = 100;
    story_pass(&story, 5 * SECOND);
    story_orders(&story, backfill(-3 * MINUTE, 0));
    story_pass(&story, 250);
    story_restart(&story, SECOND);
    story_pass(&story, 20 * SECOND);
    story_is(&story,
             "14:07:45.000 ordered backfill done, 3 run, 0 missed, 14:05:00 to "
             "14:07:00\n"
             "14:07:45.000 start pump #1 slot 14:05:00, backfill\n"
             "14:07:45.100 finish pump #1 ok 100 ms\n"
             "14:07:45.200 start pump #2 slot 14:06:00, backfill\n"
             "14:07:46.250 fetch, booting\n"
             "14:07:46.270 load 2: jobs on in \"production\"\n"
             "14:07:46.300 swap generation 2: +2 ~0 -0 =0\n"
             "14:07:46.300 finish pump slot 14:06:00 unknown (down)\n"
             "14:07:56.250 start pump #3 slot 14:07:00, backfill, epoch 2\n"
             "14:07:56.350 finish pump #3 ok 100 ms\n"
             "14:08:00.000 start pump #4 slot 14:08:00\n"
             "14:08:00.100 finish pump #4 ok 100 ms\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_by_hand_covers_no_slot),
        cmocka_unit_test(it_respects_overlap),
        cmocka_unit_test(it_is_forced),
        cmocka_unit_test(who_was_forced_goes_on_across_a_reload),
        cmocka_unit_test(no_two_have_one_key),
        cmocka_unit_test(it_is_refused),
        cmocka_unit_test(a_second_worker_takes_no_orders),
        cmocka_unit_test(the_next_life_runs_it),
        cmocka_unit_test(what_another_life_left_is_not_run_beside),
        cmocka_unit_test(a_dry_run_counts_what_a_resume_would_do),
        cmocka_unit_test(old_slots_are_run_again),
        cmocka_unit_test(old_slots_do_not_cost_new_ones),
        cmocka_unit_test(before_ten_years_nothing_is_run_again),
        cmocka_unit_test(forced_runs_have_a_limit),
        cmocka_unit_test(what_was_ok_is_not_run_again),
        cmocka_unit_test(settled_slots_are_passed_by),
        cmocka_unit_test(a_backfill_is_taken_back),
        cmocka_unit_test(what_goes_on_is_not_run_beside),
        cmocka_unit_test(there_are_more),
        cmocka_unit_test(nothing_to_fill),
        cmocka_unit_test(a_backfill_outlives_the_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
