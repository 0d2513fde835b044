/* Stories of a second life: what the store remembers of the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct limit one[] = { { "db", 1 }, { 0 } };

static const struct line pumps[] = {
    { .name = "a", .every_ms = 10 * MINUTE, .group = "db" },
    { .name = "b", .every_ms = 10 * MINUTE, .group = "db" },
    { .name = "c",
      .every_ms = 10 * MINUTE,
      .group = "db",
      .retry = { 3, 1000, 1000, 0 } },
    { 0 },
};

/* From 14:10:00 on one run is under way, and two wait for its group: so long
 * already. */
static void adopt_begin(struct story *story, int64_t waited_ms)
{
    struct world world = story_world(pumps);
    world.limits = one;
    world.run_ms = MINUTE;
    story_recorded(story, &world);
    story_pass(story, 140 * SECOND + waited_ms);
    story_forget(story);
    story->world.run_ms = 5 * SECOND;
}

/* Those that waited are due again, as if nobody had looked at them. Of the one
 * that was under way nobody knows what became. */
static void who_waited_for_a_moment_is_due(void **state)
{
    (void)state;
    struct story story;
    adopt_begin(&story, SECOND);
    const struct run_key key = { .slot = { STORY_BEGINS_MS + 149 * SECOND } };
    assert_non_null(model_row(&story.model, "a", key));
    assert_null(model_row(&story.model, "b", key));
    story_restart(&story, 5 * SECOND);
    story_pass(&story, 25 * SECOND);
    story_is(&story, "14:10:06.000 fetch, booting\n"
                     "14:10:06.020 load 2: jobs on in \"production\"\n"
                     "14:10:06.050 swap generation 2: +3 ~0 -0 =0\n"
                     "14:10:06.050 finish a slot 14:10:00 unknown (down)\n"
                     "14:10:06.050 start b #2 slot 14:10:00\n"
                     "14:10:11.050 finish b #2 ok 5000 ms\n"
                     "14:10:11.050 start c #3 slot 14:10:00\n"
                     "14:10:16.050 finish c #3 ok 5000 ms\n");
    story_end(&story);
}

/* What it leaves open the next worker that fires adopts. */
static void a_spare_adopts_nothing(void **state)
{
    (void)state;
    struct story story;
    adopt_begin(&story, SECOND);
    story.config.primary = false;
    story_restart(&story, SECOND);
    story_pass(&story, 8 * SECOND);
    story_is(&story, "14:10:02.000 fetch, booting\n"
                     "14:10:02.020 load 2: jobs on in \"production\"\n"
                     "14:10:02.050 swap generation 2: +3 ~0 -0 =0\n");
    assert_int_equal(core_status(story.core).runs, 0);
    story.config.primary = true;
    story_restart(&story, SECOND);
    story_pass(&story, 6 * SECOND);
    story_is(&story, "14:10:11.000 fetch, booting\n"
                     "14:10:11.020 load 3: jobs on in \"production\"\n"
                     "14:10:11.050 swap generation 3: +3 ~0 -0 =0\n"
                     "14:10:11.050 finish a slot 14:10:00 unknown (down)\n"
                     "14:10:11.050 start b #2 slot 14:10:00\n"
                     "14:10:16.050 finish b #2 ok 5000 ms\n"
                     "14:10:16.050 start c #3 slot 14:10:00\n");
    story_end(&story);
}

/* A worker that is told to stop writes down what waits. */
static void who_waited_at_the_end_waits_on(void **state)
{
    (void)state;
    struct story story;
    adopt_begin(&story, SECOND);
    story_stop(&story);
    story_happens(&story, (struct event){ .kind = EV_STOP });
    story_pass(&story, SECOND);
    story_restart(&story, 5 * SECOND);
    story_pass(&story, 25 * SECOND);
    story_is(&story, "14:10:01.000 drop b slot 14:10:00\n"
                     "14:10:01.000 drop c slot 14:10:00\n"
                     "14:10:01.000 cancel #1: the worker was told to stop\n"
                     "14:10:01.001 finish a #1 unknown (stopping) 1001 ms\n"
                     "14:10:01.001 done\n"
                     "14:10:07.000 fetch, booting\n"
                     "14:10:07.020 load 2: jobs on in \"production\"\n"
                     "14:10:07.050 swap generation 2: +3 ~0 -0 =0\n"
                     "14:10:17.000 start b #2 slot 14:10:00, epoch 2\n"
                     "14:10:22.000 finish b #2 ok 5000 ms\n"
                     "14:10:22.000 start c #3 slot 14:10:00, epoch 2\n"
                     "14:10:27.000 finish c #3 ok 5000 ms\n");
    story_end(&story);
}

/* It is too late for those by then, whether their wait was written down or not.
 */
static void who_waited_too_long_is_missed(void **state)
{
    (void)state;
    static const char *const stories[] = {
        "14:10:31.000 fetch, booting\n"
        "14:10:31.020 load 2: jobs on in \"production\"\n"
        "14:10:31.050 swap generation 2: +3 ~0 -0 =0\n"
        "14:10:31.050 finish a slot 14:10:00 unknown (down)\n"
        "14:10:31.050 pass b missed down slot 14:10:00\n"
        "14:10:31.050 pass c missed down slot 14:10:00\n",
        "14:10:36.000 fetch, booting\n"
        "14:10:36.020 load 2: jobs on in \"production\"\n"
        "14:10:36.050 swap generation 2: +3 ~0 -0 =0\n"
        "14:10:36.050 finish a slot 14:10:00 unknown (down)\n"
        "14:10:36.050 pass b missed down slot 14:10:00\n"
        "14:10:36.050 pass c missed down slot 14:10:00\n",
    };
    static const int64_t waited_ms[] = { SECOND, 31 * SECOND };
    for (int i = 0; i < 2; i++) {
        struct story story;
        adopt_begin(&story, waited_ms[i]);
        story_restart(&story, i ? 5 * SECOND : 30 * SECOND);
        story_pass(&story, 25 * SECOND);
        story_is(&story, stories[i]);
        story_end(&story);
    }
}

/* The same key, the next attempt, the next epoch; again and again, as long as
 * the job allows another attempt. */
static void what_was_under_way_is_tried_again(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "c",
          .every_ms = 10 * MINUTE,
          .retry = { 3, 1000, 1000, 0 },
          .on_failure = 7 },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = MINUTE;
    story_recorded(&story, &world);
    story_pass(&story, 141 * SECOND);
    for (int i = 0; i < 3; i++) {
        story_restart(&story, SECOND);
        story_pass(&story, 15 * SECOND);
    }
    story_is(&story,
             "14:10:00.000 start c #1 slot 14:10:00\n"
             "14:10:02.000 fetch, booting\n"
             "14:10:02.020 load 2: jobs on in \"production\"\n"
             "14:10:02.050 swap generation 2: +1 ~0 -0 =0\n"
             "14:10:12.000 start c #2 slot 14:10:00, attempt 2, epoch 2\n"
             "14:10:18.000 fetch, booting\n"
             "14:10:18.020 load 3: jobs on in \"production\"\n"
             "14:10:18.050 swap generation 3: +1 ~0 -0 =0\n"
             "14:10:28.000 start c #3 slot 14:10:00, attempt 3, epoch 3\n"
             "14:10:34.000 fetch, booting\n"
             "14:10:34.020 load 4: jobs on in \"production\"\n"
             "14:10:34.050 swap generation 4: +1 ~0 -0 =0\n"
             "14:10:34.050 finish c slot 14:10:00 unknown (down)\n"
             "14:10:34.050 hook c 7 after unknown\n"
             "14:10:44.050 cancel a hook: its timeout has passed\n");
    assert_int_equal(core_lane(story.core, 0).runs, 1);
    assert_int_equal(core_lane(story.core, 0).fails, 1);
    story_end(&story);
}

/* A newer slot has come meanwhile: it is the better attempt. */
static void a_newer_slot_makes_it_unknown(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "c", .every_ms = MINUTE, .retry = { 3, 1000, 1000, 0 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = 50 * SECOND;
    story_recorded(&story, &world);
    story_pass(&story, 30 * SECOND);
    story_restart(&story, 55 * SECOND);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:08:00.000 start c #1 slot 14:08:00\n"
                     "14:09:05.000 fetch, booting\n"
                     "14:09:05.020 load 2: jobs on in \"production\"\n"
                     "14:09:05.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:09:05.050 finish c slot 14:08:00 unknown (down)\n"
                     "14:09:05.050 start c #2 slot 14:09:00\n");
    story_end(&story);
}

/* So it is of a run by hand: what was under way is tried again before the next
 * slot, and never after it, however late the next life begins. What was only
 * ordered is an order still. */
static void a_newer_slot_ends_a_run_by_hand(void **state)
{
    (void)state;
    static const char *const stories[] = {
        "14:07:46.000 fetch, booting\n"
        "14:07:46.020 load 2: jobs on in \"production\"\n"
        "14:07:46.050 swap generation 2: +2 ~0 -0 =0\n"
        "14:07:56.000 start c #2 slot 14:07:40, manual, attempt 2, epoch 2\n"
        "14:07:56.200 finish c #2 ok 200 ms\n"
        "14:07:56.200 start w #3 slot 14:07:40.001, manual, epoch 2\n"
        "14:07:56.400 finish w #3 ok 200 ms\n",
        "14:07:41.000 fetch, booting\n"
        "14:07:41.020 load 2: jobs on in \"production\"\n"
        "14:07:41.050 swap generation 2: +2 ~0 -0 =0\n"
        "14:07:41.050 finish c slot 14:07:40 unknown (down)\n"
        "14:07:41.050 pass c missed down 72 slots slot 15:00:00 to 14:00:00\n"
        "14:07:41.050 pass w missed down 72 slots slot 15:00:00 to 14:00:00\n"
        "14:07:51.000 start w #2 slot 14:07:40.001, manual, epoch 2\n"
        "14:07:51.200 finish w #2 ok 200 ms\n",
    };
    static const struct line lines[] = {
        { .name = "c",
          .every_ms = HOUR,
          .group = "db",
          .retry = { 3, 1000, 1000, 0 } },
        { .name = "w", .every_ms = HOUR, .group = "db" },
        { 0 },
    };
    for (int i = 0; i < 2; i++) {
        struct story story;
        struct world world = story_world(lines);
        world.limits = one;
        world.run_ms = HOUR;
        story_recorded(&story, &world);
        story_order(&story, VERB_TRIGGER, "c");
        story_order(&story, VERB_TRIGGER, "w");
        story.world.run_ms = 200;
        story_pass(&story, SECOND);
        story_forget(&story);
        story_restart(&story, i ? 3 * DAY : 5 * SECOND);
        story_pass(&story, 30 * SECOND);
        story_is(&story, stories[i]);
        story_end(&story);
    }
}

/* The claim was asked for, and never durable: nothing was sent, nothing is
 * remembered, and the slot is run as if for the first time. */
static void a_claim_that_was_lost(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.limits = one;
    story_recorded(&story, &world);
    story.world.claim_ms = 5 * SECOND;
    story_pass(&story, 141 * SECOND);
    assert_int_equal(story.checker.claims, 1);
    story_restart(&story, SECOND);
    story.world.claim_ms = 0;
    story_pass(&story, 15 * SECOND);
    story_is(&story, "14:10:02.000 fetch, booting\n"
                     "14:10:02.020 load 2: jobs on in \"production\"\n"
                     "14:10:02.050 swap generation 2: +3 ~0 -0 =0\n"
                     "14:10:02.050 start a #1 slot 14:10:00\n"
                     "14:10:02.250 finish a #1 ok 200 ms\n"
                     "14:10:02.250 start b #2 slot 14:10:00\n"
                     "14:10:02.450 finish b #2 ok 200 ms\n"
                     "14:10:02.450 start c #3 slot 14:10:00\n"
                     "14:10:02.650 finish c #3 ok 200 ms\n");
    story_end(&story);
}

/* The slot was claimed by another hand: its run is nothing here. */
static void a_claim_that_is_taken(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.limits = one;
    story_recorded(&story, &world);
    model_take(&story.model, "a",
               (struct wall){ STORY_BEGINS_MS + 149 * SECOND });
    story_pass(&story, 145 * SECOND);
    story_is(&story, "14:10:00.000 drop a slot 14:10:00\n"
                     "14:10:00.000 start b #1 slot 14:10:00\n"
                     "14:10:00.200 finish b #1 ok 200 ms\n"
                     "14:10:00.200 start c #2 slot 14:10:00\n"
                     "14:10:00.400 finish c #2 ok 200 ms\n");
    assert_int_equal(core_lane(story.core, 0).runs, 0);
    story_end(&story);
}

/* What is no more in the file ends, whatever it was. */
static void jobs_that_are_gone(void **state)
{
    (void)state;
    struct story story;
    static const struct line fewer[] = {
        { .name = "c", .every_ms = 10 * MINUTE }, { 0 }
    };
    adopt_begin(&story, 31 * SECOND);
    story.world.lines = fewer;
    story_restart(&story, SECOND);
    story_pass(&story, 15 * SECOND);
    story_is(&story, "14:10:32.000 fetch, booting\n"
                     "14:10:32.020 load 2: jobs on in \"production\"\n"
                     "14:10:32.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:10:32.050 pass c missed down slot 14:10:00\n"
                     "14:10:32.050 finish a slot 14:10:00 unknown (down)\n"
                     "14:10:32.050 finish b slot 14:10:00 skipped (removed)\n");
    assert_int_equal(model_lane(&story.model, "a")->cursor.ms, EVER_MS);
    story_end(&story);
}

/* Jobs are off until Settings are known: that says nothing of them, and they
 * go on where they were when it is over. */
static void jobs_are_off_until_settings_are_known(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .catch_up = { HOUR, 2 } },
        { .name = "beat", .every_ms = MINUTE, .always = true },
        { .name = "mail",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .retry = { 2, 1000, 1000, 0 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = 10 * SECOND;
    story_recorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story.world.run_ms = 100;
    story.world.fetch = FETCH_REFUSED;
    story_restart(&story, SECOND);
    story_pass(&story, 100 * SECOND);
    story.world.fetch = FETCH_OK;
    story_pass(&story, MINUTE);
    story_is(&story,
             "14:08:00.000 start pump #1 slot 14:08:00\n"
             "14:08:00.000 start beat #2 slot 14:08:00\n"
             "14:08:00.000 start mail #3 slot 14:08:00\n"
             "14:08:02.000 fetch, booting\n"
             "14:08:02.020 load 2: jobs off in \"\"\n"
             "14:08:02.050 swap generation 2: +1 ~0 -0 =0\n"
             "14:08:02.050 finish beat slot 14:08:00 unknown (down)\n"
             "14:09:00.000 start beat #4 slot 14:09:00\n"
             "14:09:00.100 finish beat #4 ok 100 ms\n"
             "14:09:02.020 fetch\n"
             "14:10:00.000 start beat #5 slot 14:10:00\n"
             "14:10:00.100 finish beat #5 ok 100 ms\n"
             "14:10:02.040 fetch\n"
             "14:10:02.060 load 3: jobs on in \"production\"\n"
             "14:10:02.090 swap generation 3: +2 ~0 -0 =1\n"
             "14:10:02.090 finish pump slot 14:08:00 unknown (down)\n"
             "14:10:02.090 retire 2\n"
             "14:10:02.090 start mail #6 slot 14:08:00, attempt 2, epoch 2\n"
             "14:10:02.090 start pump #7 slot 14:10:00\n"
             "14:10:02.190 finish mail #6 ok 100 ms\n"
             "14:10:02.190 finish pump #7 ok 100 ms\n"
             "14:10:02.290 start pump #8 slot 14:09:00, catch_up\n"
             "14:10:02.390 finish pump #8 ok 100 ms\n");
    story_end(&story);
}

/* The first Settings say what was assumed without any: jobs are off. A job that
 * is switched on afterwards begins there. */
static void jobs_are_off_when_settings_are_known(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .catch_up = { HOUR, 2 } }, { 0 }
    };
    struct world world = story_world(lines);
    story_recorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story.world.fetch = FETCH_REFUSED;
    story.world.facts = (struct facts){ .updated = { STORY_BEGINS_MS } };
    story_restart(&story, SECOND);
    story_pass(&story, 2 * SECOND);
    story.world.fetch = FETCH_OK;
    story_pass(&story, 2 * MINUTE);
    assert_int_equal(model_lane(&story.model, "pump")->cursor.ms, EVER_MS);
    story.world.facts = story_facts();
    story_ask(&story, 0);
    story_pass(&story, MINUTE);
    story_is(&story, "14:08:02.000 fetch, booting\n"
                     "14:08:02.020 load 2: jobs off in \"\"\n"
                     "14:08:02.050 swap generation 2: +0 ~0 -0 =0\n"
                     "14:09:02.020 fetch\n"
                     "14:10:04.000 fetch\n"
                     "14:10:04.020 load 3: jobs on in \"production\"\n"
                     "14:10:04.050 swap generation 3: +1 ~0 -0 =0\n"
                     "14:10:04.050 retire 2\n"
                     "14:11:00.000 start pump #2 slot 14:11:00\n"
                     "14:11:00.200 finish pump #2 ok 200 ms\n");
    story_end(&story);
}

/* Failures in a row go on over lives, and so does the time of the last run. */
static void what_a_job_has_lived_through(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump",
          .every_ms = MINUTE,
          .alert_after = 3,
          .on_failure = 7,
          .on_recover = 8 },
        { 0 },
    };
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED },
        { .verdict = VERDICT_FAILED },
        { .verdict = VERDICT_FAILED },
    };
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = 3;
    story_recorded(&story, &world);
    for (int i = 0; i < 4; i++) {
        story_pass(&story, 50 * SECOND);
        story_restart(&story, 10 * SECOND);
    }
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 failed 200 ms\n"
                     "14:08:40.000 fetch, booting\n"
                     "14:08:40.020 load 2: jobs on in \"production\"\n"
                     "14:08:40.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:09:00.200 finish pump #2 failed 200 ms\n"
                     "14:09:40.000 fetch, booting\n"
                     "14:09:40.020 load 3: jobs on in \"production\"\n"
                     "14:09:40.050 swap generation 3: +1 ~0 -0 =0\n"
                     "14:10:00.000 start pump #3 slot 14:10:00\n"
                     "14:10:00.200 finish pump #3 failed 200 ms\n"
                     "14:10:00.200 hook pump 7 after failed\n"
                     "14:10:40.000 fetch, booting\n"
                     "14:10:40.020 load 4: jobs on in \"production\"\n"
                     "14:10:40.050 swap generation 4: +1 ~0 -0 =0\n"
                     "14:11:00.000 start pump #4 slot 14:11:00\n"
                     "14:11:00.200 finish pump #4 ok 200 ms\n"
                     "14:11:00.200 hook pump 8 after ok\n");
    story_end(&story);
}

/* The job is off at the start, and known all the same: what it has lived
 * through counts when it comes back. */
static void a_job_that_is_off_at_the_start(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .max_runs = 2 },
        { .name = "mail", .every_ms = MINUTE },
        { 0 },
    };
    struct world world = story_world(lines);
    story_recorded(&story, &world);
    story_pass(&story, 90 * SECOND);
    story_pauses(&story, "mail", HOUR);
    story.world.facts.enable_jobs = false;
    story_restart(&story, SECOND);
    story_pass(&story, 10 * SECOND);
    story.world.facts.enable_jobs = true;
    story_ask(&story, 0);
    story_forget(&story);
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:09:21.020 load 3: jobs on in \"production\"\n"
                     "14:09:21.050 swap generation 3: +2 ~0 -0 =0\n"
                     "14:09:21.050 retire 2\n"
                     "14:10:00.000 pass pump skipped max_runs slot 14:10:00\n"
                     "14:11:00.000 pass pump skipped max_runs slot 14:11:00\n"
                     "14:12:00.000 pass pump skipped max_runs slot 14:12:00\n");
    assert_int_equal(story.checker.starts, 4);
    story_end(&story);
}

/* Stopped while it comes up again: it may have been sent, and stays so. */
static void a_second_try_that_is_not_begun(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "c",
          .every_ms = HOUR,
          .phase_ms = 8 * MINUTE,
          .retry = { 3, 1000, 1000, 0 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = MINUTE;
    story_recorded(&story, &world);
    story_pass(&story, 30 * SECOND);
    story_restart(&story, SECOND);
    story.world.claim_ms = 3 * SECOND;
    story_pass(&story, 12 * SECOND);
    story_stop(&story);
    story_stop(&story);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:08:00.000 start c #1 slot 14:08:00\n"
                     "14:08:11.000 fetch, booting\n"
                     "14:08:11.020 load 2: jobs on in \"production\"\n"
                     "14:08:11.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:08:24.000 finish c slot 14:08:00 unknown (stopping)\n"
                     "14:08:24.000 done\n");
    story_end(&story);
}

/* Held to be tried again, or waiting for its group by then, when its job goes:
 * the same. */
static void a_second_try_of_a_job_that_goes(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "c", .every_ms = 10 * MINUTE, .retry = { 3, 1000, 1000, 0 } },
        { .name = "d",
          .every_ms = 10 * MINUTE,
          .group = "db",
          .retry = { 3, 1000, 1000, 0 } },
        { 0 },
    };
    static const struct line other[] = {
        { .name = "e", .every_ms = HOUR, .group = "db" }, { 0 }
    };
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = MINUTE;
    story_recorded(&story, &world);
    story_pass(&story, 141 * SECOND);
    story_restart(&story, SECOND);
    story_pass(&story, SECOND);
    story.world.lines = other;
    story_ask(&story, 0);
    story_pass(&story, SECOND);
    story_is(&story, "14:10:00.000 start c #1 slot 14:10:00\n"
                     "14:10:00.000 start d #2 slot 14:10:00\n"
                     "14:10:02.000 fetch, booting\n"
                     "14:10:02.020 load 2: jobs on in \"production\"\n"
                     "14:10:02.050 swap generation 2: +2 ~0 -0 =0\n"
                     "14:10:03.000 fetch\n"
                     "14:10:03.020 load 3: jobs on in \"production\"\n"
                     "14:10:03.050 swap generation 3: +1 ~0 -2 =0\n"
                     "14:10:03.050 finish c slot 14:10:00 unknown (removed)\n"
                     "14:10:03.050 finish d slot 14:10:00 unknown (removed)\n"
                     "14:10:03.050 retire 2\n");
    story_end(&story);
}

/* It went, what was known of its run was told, and it comes back: that run is
 * over. */
static void a_job_that_goes_and_comes_back(void **state)
{
    (void)state;
    struct story story;
    static const struct line other[] = {
        { .name = "e", .every_ms = HOUR, .group = "db" }, { 0 }
    };
    adopt_begin(&story, 31 * SECOND);
    story.world.lines = other;
    story_restart(&story, SECOND);
    story_pass(&story, SECOND);
    story.world.lines = pumps;
    story_ask(&story, 0);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:10:32.000 fetch, booting\n"
                     "14:10:32.020 load 2: jobs on in \"production\"\n"
                     "14:10:32.050 swap generation 2: +1 ~0 -0 =0\n"
                     "14:10:32.050 finish a slot 14:10:00 unknown (down)\n"
                     "14:10:32.050 finish b slot 14:10:00 skipped (removed)\n"
                     "14:10:32.050 finish c slot 14:10:00 skipped (removed)\n"
                     "14:10:33.000 fetch\n"
                     "14:10:33.020 load 3: jobs on in \"production\"\n"
                     "14:10:33.050 swap generation 3: +3 ~0 -1 =0\n"
                     "14:10:33.050 retire 2\n");
    story_end(&story);
}

/* Settings are not known, and webhooks switch a job on, off and on again: its
 * cursor of the life before is of use once. */
static void a_cursor_is_used_once(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump", .every_ms = MINUTE },
                                         { 0 } };
    struct world world = story_world(lines);
    story_recorded(&story, &world);
    story.world.fetch = FETCH_REFUSED;
    story_restart(&story, 3 * MINUTE);
    story_pass(&story, SECOND);
    story_webhook(&story, 0, story_claim(true, "production"));
    story_pass(&story, 25 * SECOND);
    story_webhook(&story, 0, story_claim(false, "production"));
    story_pass(&story, 2 * MINUTE);
    story_webhook(&story, 0, story_claim(true, "production"));
    story_pass(&story, MINUTE);
    story_is(
        &story,
        "14:10:40.000 fetch, booting\n"
        "14:10:40.020 load 2: jobs off in \"\"\n"
        "14:10:40.050 swap generation 2: +0 ~0 -0 =0\n"
        "14:10:41.000 fetch\n"
        "14:10:41.020 load 3: jobs on in \"production\", unconfirmed\n"
        "14:10:41.050 swap generation 3: +1 ~0 -0 =0\n"
        "14:10:41.050 retire 2\n"
        "14:10:41.050 pass pump missed down 3 slots slot 14:08:00 to 14:10:00\n"
        "14:11:00.000 start pump #1 slot 14:11:00\n"
        "14:11:00.200 finish pump #1 ok 200 ms\n"
        "14:11:06.000 fetch\n"
        "14:11:06.000 load 4: jobs off in \"production\", unconfirmed\n"
        "14:11:06.030 swap generation 4: +0 ~0 -1 =0\n"
        "14:11:06.030 retire 3\n"
        "14:12:06.020 fetch\n"
        "14:13:06.000 fetch\n"
        "14:13:06.000 load 5: jobs on in \"production\", unconfirmed\n"
        "14:13:06.030 swap generation 5: +1 ~0 -0 =0\n"
        "14:13:06.030 retire 4\n"
        "14:14:00.000 start pump #2 slot 14:14:00\n"
        "14:14:00.200 finish pump #2 ok 200 ms\n");
    story_end(&story);
}

/* A job that comes at the very instant of its slot has the next one. */
static void a_job_that_comes_with_its_slot(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "old", .every_ms = MINUTE },
                                         { .name = "new", .every_ms = MINUTE },
                                         { 0 } };
    struct world world = story_world(lines);
    world.line_count = 1;
    story_recorded(&story, &world);
    story.world.load_ms = BY_HAND;
    story.world.line_count = 2;
    story_pass(&story, 19 * SECOND);
    story_ask(&story, 0);
    story_pass(&story, 999);
    story_sleep(&story, 1);
    story_forget(&story);
    story_loaded(&story, LOAD_OK);
    story_pass(&story, SECOND);
    story.world.load_ms = 30;
    story_restart(&story, SECOND);
    story_pass(&story, MINUTE);
    story_is(&story, "14:08:00.000 swap generation 2: +1 ~0 -0 =1\n"
                     "14:08:00.000 start old #1 slot 14:08:00\n"
                     "14:08:00.200 finish old #1 ok 200 ms\n"
                     "14:08:00.200 retire 1\n"
                     "14:08:02.000 fetch, booting\n"
                     "14:08:02.020 load 3: jobs on in \"production\"\n"
                     "14:08:02.050 swap generation 3: +2 ~0 -0 =0\n"
                     "14:09:00.000 start old #2 slot 14:09:00\n"
                     "14:09:00.000 start new #3 slot 14:09:00\n"
                     "14:09:00.200 finish old #2 ok 200 ms\n"
                     "14:09:00.200 finish new #3 ok 200 ms\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waited_for_a_moment_is_due),
        cmocka_unit_test(a_spare_adopts_nothing),
        cmocka_unit_test(who_waited_at_the_end_waits_on),
        cmocka_unit_test(who_waited_too_long_is_missed),
        cmocka_unit_test(what_was_under_way_is_tried_again),
        cmocka_unit_test(a_newer_slot_makes_it_unknown),
        cmocka_unit_test(a_newer_slot_ends_a_run_by_hand),
        cmocka_unit_test(a_claim_that_was_lost),
        cmocka_unit_test(a_claim_that_is_taken),
        cmocka_unit_test(jobs_that_are_gone),
        cmocka_unit_test(jobs_are_off_until_settings_are_known),
        cmocka_unit_test(jobs_are_off_when_settings_are_known),
        cmocka_unit_test(what_a_job_has_lived_through),
        cmocka_unit_test(a_job_that_is_off_at_the_start),
        cmocka_unit_test(a_second_try_that_is_not_begun),
        cmocka_unit_test(a_second_try_of_a_job_that_goes),
        cmocka_unit_test(a_job_that_goes_and_comes_back),
        cmocka_unit_test(a_cursor_is_used_once),
        cmocka_unit_test(a_job_that_comes_with_its_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
