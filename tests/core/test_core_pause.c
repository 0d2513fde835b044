/* Stories of a pause: who is paused begins nothing, until it ends by itself or
 * an operator ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = MINUTE },
    { .name = "mail", .every_ms = MINUTE, .catch_up = { HOUR, 1 } },
    { 0 },
};

static void pause_begin(struct story *story, const struct line *lines)
{
    struct world world = story_world(lines);
    story_recorded(story, &world);
}

static void it_ends_by_itself(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", 2 * MINUTE + 20 * SECOND);
    story_pauses(&story, "mail", 3 * MINUTE);
    assert_int_equal(core_next_slot(story.core, 0).ms,
                     STORY_BEGINS_MS + 209 * SECOND);
    story_pass(&story, 3 * MINUTE + 30 * SECOND);
    story_is(&story, "14:07:40.000 pause pump until 14:10:00\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:07:40.000 pause mail until 14:10:40\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:10:00.000 pass pump missed paused 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:10:00.000 resume pump\n"
                     "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 finish pump #1 ok 200 ms\n"
                     "14:10:40.000 pass mail missed paused 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:10:40.000 resume mail\n"
                     "14:10:40.000 start mail #2 slot 14:10:00, catch_up\n"
                     "14:10:40.200 finish mail #2 ok 200 ms\n"
                     "14:11:00.000 start pump #3 slot 14:11:00\n"
                     "14:11:00.000 start mail #4 slot 14:11:00\n"
                     "14:11:00.200 finish pump #3 ok 200 ms\n"
                     "14:11:00.200 finish mail #4 ok 200 ms\n");
    story_end(&story);
}

/* A file that is wrong for a while is no reason to begin again: neither the
 * pause nor the count of runs is over. */
static void a_job_that_goes_and_comes_back(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE },
        { .name = "mail", .every_ms = MINUTE, .max_runs = 2 },
        { .name = "beat", .every_ms = HOUR },
        { 0 },
    };
    static const struct line fewer[] = { { .name = "beat", .every_ms = HOUR },
                                         { 0 } };
    pause_begin(&story, lines);
    story_pauses(&story, "pump", 3 * MINUTE);
    story_pass(&story, 30 * SECOND);
    story.world.lines = fewer;
    story_ask(&story, 0);
    story_pass(&story, 30 * SECOND);
    story.world.lines = lines;
    story_ask(&story, 0);
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:07:40.000 pause pump until 14:10:40\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:08:00.000 start mail #1 slot 14:08:00\n"
                     "14:08:00.200 finish mail #1 ok 200 ms\n"
                     "14:08:10.000 fetch\n"
                     "14:08:10.020 load 2: jobs on in \"production\"\n"
                     "14:08:10.050 pass pump missed paused slot 14:08:00\n"
                     "14:08:10.050 swap generation 2: +0 ~0 -2 =1\n"
                     "14:08:10.050 retire 1\n"
                     "14:08:40.000 fetch\n"
                     "14:08:40.020 load 3: jobs on in \"production\"\n"
                     "14:08:40.050 swap generation 3: +2 ~0 -0 =1\n"
                     "14:08:40.050 retire 2\n"
                     "14:09:00.000 start mail #2 slot 14:09:00\n"
                     "14:09:00.200 finish mail #2 ok 200 ms\n"
                     "14:10:00.000 pass mail skipped max_runs slot 14:10:00\n"
                     "14:10:40.000 pass pump missed paused 2 slots slot "
                     "14:09:00 to 14:10:00\n"
                     "14:10:40.000 resume pump\n"
                     "14:11:00.000 pass mail skipped max_runs slot 14:11:00\n"
                     "14:11:00.000 start pump #3 slot 14:11:00\n"
                     "14:11:00.200 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

static void an_operator_ends_it(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", HOUR);
    story_pauses(&story, "mail", HOUR);
    story_pass(&story, 2 * MINUTE + 30 * SECOND);
    story_order(&story, VERB_RESUME, "pump");
    story_order(&story, VERB_RESUME, "mail");
    story_order(&story, VERB_RESUME, "mail");
    story_pass(&story, MINUTE);
    story_is(&story,
             "14:07:40.000 pause pump until 15:07:40\n"
             "14:07:40.000 ordered pause done\n"
             "14:07:40.000 pause mail until 15:07:40\n"
             "14:07:40.000 ordered pause done\n"
             "14:10:10.000 pass pump missed paused 2 slots slot 14:08:00 to "
             "14:09:00\n"
             "14:10:10.000 resume pump\n"
             "14:10:10.000 ordered resume done, 1 run, 2 missed, 14:10:00 to "
             "14:10:00\n"
             "14:10:10.000 start pump #1 slot 14:10:00\n"
             "14:10:10.000 pass mail missed paused 2 slots slot 14:08:00 to "
             "14:09:00\n"
             "14:10:10.000 resume mail\n"
             "14:10:10.000 ordered resume done, 1 run, 2 missed, 14:10:00 to "
             "14:10:00\n"
             "14:10:10.000 start mail #2 slot 14:10:00\n"
             "14:10:10.000 ordered resume not_paused, 0 run, 0 missed\n"
             "14:10:10.200 finish pump #1 ok 200 ms\n"
             "14:10:10.200 finish mail #2 ok 200 ms\n"
             "14:11:00.000 start pump #3 slot 14:11:00\n"
             "14:11:00.000 start mail #4 slot 14:11:00\n"
             "14:11:00.200 finish pump #3 ok 200 ms\n"
             "14:11:00.200 finish mail #4 ok 200 ms\n");
    story_end(&story);
}

/* A second pause replaces the first: longer, or shorter. */
static void it_is_made_longer(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", MINUTE);
    story_pass(&story, 50 * SECOND);
    story_pauses(&story, "pump", 2 * MINUTE);
    story_pass(&story, MINUTE);
    story_pauses(&story, "pump", SECOND);
    story_forget(&story);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "14:09:31.000 pass pump missed paused 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:09:31.000 resume pump\n"
                     "14:10:00.000 start pump #3 slot 14:10:00\n"
                     "14:10:00.000 start mail #4 slot 14:10:00\n");
    story_end(&story);
}

static void a_run_that_goes_on_ends(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .retry = { 2, 1000, 1000, 0 } },
        { 0 },
    };
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER },
    };
    struct world world = story_world(lines);
    world.run_ms = 5 * SECOND;
    world.replies = replies;
    world.reply_count = 1;
    story_recorded(&story, &world);
    story_pass(&story, 22 * SECOND);
    story_pauses(&story, "pump", HOUR);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:02.000 pause pump until 15:08:02\n"
                     "14:08:02.000 ordered pause done\n"
                     "14:08:05.000 again #1 in 240 ms, after attempt 1\n"
                     "14:08:05.240 start pump #1 slot 14:08:00, attempt 2\n"
                     "14:08:10.240 finish pump #1 ok 10240 ms\n");
    story_end(&story);
}

/* What waits for the run that goes on, or for room in its group, does not begin
 * while it is paused. Where it may be made up it waits for the end of that. */
static void what_waits_does_not_begin(void **state)
{
    (void)state;
    struct story story;
    static const struct limit one[] = { { "db", 1 }, { 0 } };
    static const struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .overlap = OVERLAP_QUEUE },
        { .name = "first", .every_ms = MINUTE, .group = "db" },
        { .name = "mail",
          .every_ms = MINUTE,
          .group = "db",
          .overlap = OVERLAP_QUEUE,
          .catch_up = { HOUR, 9 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.limits = one;
    world.run_ms = 70 * SECOND;
    story_recorded(&story, &world);
    story_pass(&story, 81 * SECOND);
    story_pauses(&story, "pump", 2 * MINUTE);
    story_pauses(&story, "first", 2 * MINUTE);
    story_pauses(&story, "mail", 2 * MINUTE);
    story.world.run_ms = 100;
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.000 start first #2 slot 14:08:00\n"
                     "14:09:00.000 pass first skipped overlap slot 14:09:00\n"
                     "14:09:01.000 pause pump until 14:11:01\n"
                     "14:09:01.000 ordered pause done\n"
                     "14:09:01.000 pause first until 14:11:01\n"
                     "14:09:01.000 ordered pause done\n"
                     "14:09:01.000 pause mail until 14:11:01\n"
                     "14:09:01.000 ordered pause done\n"
                     "14:09:10.000 finish pump #1 ok 70000 ms\n"
                     "14:09:10.000 pass pump missed paused slot 14:09:00\n"
                     "14:09:10.000 finish first #2 ok 70000 ms\n"
                     "14:11:01.000 pass pump missed paused slot 14:10:00\n"
                     "14:11:01.000 resume pump\n"
                     "14:11:01.000 pass first missed paused slot 14:10:00\n"
                     "14:11:01.000 resume first\n"
                     "14:11:01.000 resume mail\n"
                     "14:11:01.000 start pump #3 slot 14:11:00\n"
                     "14:11:01.000 start first #4 slot 14:11:00\n"
                     "14:11:01.100 finish pump #3 ok 100 ms\n"
                     "14:11:01.100 finish first #4 ok 100 ms\n"
                     "14:11:01.100 start mail #5 slot 14:11:00\n"
                     "14:11:01.200 finish mail #5 ok 100 ms\n"
                     "14:11:01.200 start mail #6 slot 14:08:00, catch_up\n"
                     "14:11:01.300 finish mail #6 ok 100 ms\n"
                     "14:11:01.400 start mail #7 slot 14:09:00, catch_up\n"
                     "14:11:01.500 finish mail #7 ok 100 ms\n"
                     "14:11:01.600 start mail #8 slot 14:10:00, catch_up\n"
                     "14:11:01.700 finish mail #8 ok 100 ms\n"
                     "14:12:00.000 start pump #9 slot 14:12:00\n"
                     "14:12:00.000 start first #10 slot 14:12:00\n"
                     "14:12:00.100 finish pump #9 ok 100 ms\n"
                     "14:12:00.100 finish first #10 ok 100 ms\n"
                     "14:12:00.100 start mail #11 slot 14:12:00\n"
                     "14:12:00.200 finish mail #11 ok 100 ms\n");
    story_end(&story);
}

static void by_hand_it_runs_all_the_same(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", HOUR);
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, MINUTE);
    story_orders(&story, (struct order){ .verb = VERB_BACKFILL,
                                         .job = "pump",
                                         .from = { STORY_BEGINS_MS - MINUTE },
                                         .to = { STORY_BEGINS_MS } });
    story_pass(&story, MINUTE); /* old slots wait for the end of it */
    story_is(&story, "14:07:40.000 pause pump until 15:07:40\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:07:40.000 ordered trigger done\n"
                     "14:07:40.000 start pump #1 slot 14:07:40, manual\n"
                     "14:07:40.200 finish pump #1 ok 200 ms\n"
                     "14:08:00.000 start mail #2 slot 14:08:00\n"
                     "14:08:00.200 finish mail #2 ok 200 ms\n"
                     "14:08:40.000 ordered backfill done, 1 run, 0 missed, "
                     "14:07:00 to 14:07:00\n"
                     "14:09:00.000 start mail #3 slot 14:09:00\n"
                     "14:09:00.200 finish mail #3 ok 200 ms\n");
    story_end(&story);
}

/* The worker that paused it is no more, and the pause is. */
static void it_outlives_the_worker(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", 3 * MINUTE);
    story_pauses(&story, "mail", 3 * MINUTE);
    story_pass(&story, 70 * SECOND);
    story_restart(&story, SECOND);
    story_forget(&story);
    story_pass(&story, 5 * SECOND);
    assert_int_equal(core_lane(story.core, 0).paused_until.ms,
                     STORY_BEGINS_MS + 189 * SECOND);
    story_forget(&story);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:10:40.000 pass pump missed paused 3 slots slot "
                     "14:08:00 to 14:10:00\n"
                     "14:10:40.000 resume pump\n"
                     "14:10:40.000 pass mail missed paused 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:10:40.000 resume mail\n"
                     "14:10:40.000 start mail #1 slot 14:10:00, catch_up\n"
                     "14:10:40.200 finish mail #1 ok 200 ms\n");
    story_end(&story);
}

/* It ended while nobody was there. */
static void it_ends_while_the_worker_is_down(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", 2 * MINUTE);
    story_pass(&story, 70 * SECOND);
    story_restart(&story, 3 * MINUTE);
    story_forget(&story);
    story_pass(&story, 5 * SECOND);
    story_is(
        &story,
        "14:11:50.000 fetch, booting\n"
        "14:11:50.020 load 2: jobs on in \"production\"\n"
        "14:11:50.050 swap generation 2: +2 ~0 -0 =0\n"
        "14:11:50.050 pass mail missed down 2 slots slot 14:09:00 to 14:10:00\n"
        "14:11:50.050 pass pump missed paused 2 slots slot 14:08:00 to "
        "14:09:00\n"
        "14:11:50.050 pass pump missed down 2 slots slot 14:10:00 to "
        "14:11:00\n"
        "14:11:50.050 resume pump\n");
    story_end(&story);
}

/* The worker is killed when the first of what an end writes down is on the
 * disk, or the first two. Whichever they are, no slot of the pause was missed
 * for want of a worker. */
static void it_is_cut_off_while_it_ends(void **state)
{
    (void)state;
    static const struct line lines[] = { { .name = "pump", .every_ms = MINUTE },
                                         { 0 } };
    static const char *const told[] = {
        ("14:11:25.000 pass pump missed paused 3 slots slot 14:08:00 to "
         "14:10:00\n"),
        "14:11:25.000 pass pump missed paused slot 14:10:00\n",
        "14:11:20.050 pass pump missed down slot 14:10:00\n", /* it was let go
                                                               */
    };
    for (size_t keep = 0; keep < 3; keep++) {
        struct story story;
        pause_begin(&story, lines);
        story_pauses(&story, "pump", HOUR);
        story_pass(&story, 2 * MINUTE + 40 * SECOND);
        story.world.claim_ms = BY_HAND;
        story_order(&story, VERB_RESUME, "pump");
        story_crash(&story, keep);
        story.world.claim_ms = 0;
        story_sleep(&story, MINUTE);
        story_reborn(&story);
        story_forget(&story);
        story_pass(&story, 5 * SECOND);
        if (core_lane(story.core, 0).paused_until.ms != EVER_MS)
            story_order(&story, VERB_RESUME, "pump");
        if (!strstr(story.trace.data, told[keep]))
            fail_msg("with the first %zu:\n%s", keep, story.trace.data);
        story_forget(&story);
        story_end(&story);
    }
}

/* What others live through twice is no part of its pause. */
static void the_clock_goes_back_meanwhile(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pass(&story, 90 * SECOND);
    story_pauses(&story, "mail", 3 * MINUTE);
    story_pass(&story, 55 * SECOND);
    story_set_clock(&story, -2 * MINUTE);
    story_time(&story);
    story_forget(&story);
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:11:00.000 start pump #6 slot 14:11:00\n"
                     "14:11:00.200 finish pump #6 ok 200 ms\n"
                     "14:12:00.000 start pump #7 slot 14:12:00\n"
                     "14:12:00.200 finish pump #7 ok 200 ms\n"
                     "14:12:10.000 pass mail missed paused 2 slots slot "
                     "14:10:00 to 14:11:00\n"
                     "14:12:10.000 resume mail\n"
                     "14:12:10.000 start mail #8 slot 14:12:00\n"
                     "14:12:10.200 finish mail #8 ok 200 ms\n"
                     "14:13:00.000 start pump #9 slot 14:13:00\n"
                     "14:13:00.000 start mail #10 slot 14:13:00\n"
                     "14:13:00.200 finish pump #9 ok 200 ms\n"
                     "14:13:00.200 finish mail #10 ok 200 ms\n");
    story_end(&story);
}

/* It was paused by a clock that went a year ahead. */
static void the_clock_was_wrong(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_set_clock(&story, YEAR);
    story_time(&story);
    story_pauses(&story, "pump", MINUTE);
    story_set_clock(&story, -YEAR);
    story_time(&story);
    story_forget(&story);
    story_pass(&story, MINUTE);
    story_order(&story, VERB_RESUME, "pump");
    story_pass(&story, MINUTE);
    story_is(&story, "14:07:41.000 start mail #1 slot 14:07:00, catch_up\n"
                     "14:07:41.200 finish mail #1 ok 200 ms\n"
                     "14:08:00.000 start mail #2 slot 14:08:00\n"
                     "14:08:00.200 finish mail #2 ok 200 ms\n"
                     "14:08:40.000 resume pump\n"
                     "14:08:40.000 ordered resume done, 0 run, 0 missed\n"
                     "14:09:00.000 start pump #3 slot 14:09:00\n"
                     "14:09:00.000 start mail #4 slot 14:09:00\n"
                     "14:09:00.200 finish pump #3 ok 200 ms\n"
                     "14:09:00.200 finish mail #4 ok 200 ms\n");
    story_end(&story);
}

/* And now it ends before the moment at which it seems to have begun. */
static void the_clock_went_back_and_it_ends(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "pump", HOUR);
    story_set_clock(&story, -10 * MINUTE);
    story_time(&story);
    story_pauses(&story, "pump", 50 * SECOND);
    story_forget(&story);
    story_pass(&story, MINUTE);
    story_is(&story, "13:58:00.000 start mail #1 slot 13:58:00\n"
                     "13:58:00.200 finish mail #1 ok 200 ms\n"
                     "13:58:30.000 resume pump\n");
    story_end(&story);
}

static void it_stays_over_reloads(void **state)
{
    (void)state;
    struct story story;
    static struct line lines[] = {
        { .name = "pump", .every_ms = MINUTE, .catch_up = { HOUR, 9 } }, { 0 }
    };
    pause_begin(&story, lines);
    story_pauses(&story, "pump", 3 * MINUTE);
    story_pass(&story, MINUTE);
    lines[0].every_ms = 30 * SECOND;
    story_ask(&story, 0);
    story_pass(&story, MINUTE);
    story.world.facts.enable_jobs = false;
    story_ask(&story, 0);
    story_pass(&story, 5 * SECOND);
    story.world.facts.enable_jobs = true;
    story_ask(&story, 0);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:07:40.000 pause pump until 14:10:40\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:08:40.000 fetch\n"
                     "14:08:40.020 load 2: jobs on in \"production\"\n"
                     "14:08:40.050 swap generation 2: +0 ~1 -0 =0\n"
                     "14:08:40.050 retire 1\n"
                     "14:09:40.000 fetch\n"
                     "14:09:40.020 load 3: jobs off in \"production\"\n"
                     "14:09:40.050 pass pump missed paused 4 slots slot "
                     "14:08:00 to 14:09:30\n"
                     "14:09:40.050 swap generation 3: +0 ~0 -1 =0\n"
                     "14:09:40.050 retire 2\n"
                     "14:09:45.000 fetch\n"
                     "14:09:45.020 load 4: jobs on in \"production\"\n"
                     "14:09:45.050 swap generation 4: +1 ~0 -0 =0\n"
                     "14:09:45.050 retire 3\n"
                     "14:10:40.000 resume pump\n"
                     "14:10:40.000 start pump #1 slot 14:10:30\n"
                     "14:10:40.200 finish pump #1 ok 200 ms\n"
                     "14:10:40.200 start pump #2 slot 14:10:00, catch_up\n"
                     "14:10:40.400 finish pump #2 ok 200 ms\n"
                     "14:11:00.000 start pump #3 slot 14:11:00\n"
                     "14:11:00.200 finish pump #3 ok 200 ms\n"
                     "14:11:30.000 start pump #4 slot 14:11:30\n"
                     "14:11:30.200 finish pump #4 ok 200 ms\n");
    story_end(&story);
}

static void the_store_is_ill_meanwhile(void **state)
{
    (void)state;
    struct story story;
    pause_begin(&story, pumps);
    story_pauses(&story, "mail", MINUTE + 30 * SECOND);
    story_store(&story, false);
    story_pass(&story, 30 * SECOND);
    story_pauses(&story, "pump", MINUTE); /* it could not be kept */
    story_pass(&story, 2 * MINUTE);
    story_store(&story, true);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:07:40.000 pause mail until 14:09:10\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:08:10.000 ordered pause store\n"
                     "14:10:10.000 pass pump missed store 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:10:10.000 pass mail missed paused 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:10:10.000 resume mail\n"
                     "14:10:10.000 start pump #1 slot 14:10:00\n"
                     "14:10:10.000 start mail #2 slot 14:10:00\n"
                     "14:10:10.200 finish pump #1 ok 200 ms\n"
                     "14:10:10.200 finish mail #2 ok 200 ms\n");
    story_end(&story);
}

/* The same, and it is switched off and on meanwhile: what was due before it
 * came back is no slot of its any more. */
static void it_is_off_for_a_while_meanwhile(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump", .every_ms = MINUTE },
                                         { 0 } };
    pause_begin(&story, lines);
    story_pauses(&story, "pump", MINUTE);
    story_store(&story, false);
    story_pass(&story, 30 * SECOND);
    story.world.facts.enable_jobs = false;
    story_ask(&story, 0);
    story_pass(&story, SECOND);
    story.world.facts.enable_jobs = true;
    story_ask(&story, 0);
    story_pass(&story, 35 * SECOND);
    story_store(&story, true);
    story_pass(&story, 20 * SECOND);
    story_is(&story, "14:07:40.000 pause pump until 14:08:40\n"
                     "14:07:40.000 ordered pause done\n"
                     "14:08:10.000 fetch\n"
                     "14:08:10.020 load 2: jobs off in \"production\"\n"
                     "14:08:10.050 pass pump missed paused slot 14:08:00\n"
                     "14:08:10.050 swap generation 2: +0 ~0 -1 =0\n"
                     "14:08:10.050 retire 1\n"
                     "14:08:11.000 fetch\n"
                     "14:08:11.020 load 3: jobs on in \"production\"\n"
                     "14:08:11.050 swap generation 3: +1 ~0 -0 =0\n"
                     "14:08:11.050 retire 2\n"
                     "14:08:46.000 resume pump\n"
                     "14:09:00.000 start pump #1 slot 14:09:00\n"
                     "14:09:00.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_ends_by_itself),
        cmocka_unit_test(a_job_that_goes_and_comes_back),
        cmocka_unit_test(an_operator_ends_it),
        cmocka_unit_test(it_is_made_longer),
        cmocka_unit_test(a_run_that_goes_on_ends),
        cmocka_unit_test(what_waits_does_not_begin),
        cmocka_unit_test(by_hand_it_runs_all_the_same),
        cmocka_unit_test(it_outlives_the_worker),
        cmocka_unit_test(it_ends_while_the_worker_is_down),
        cmocka_unit_test(it_is_cut_off_while_it_ends),
        cmocka_unit_test(the_clock_goes_back_meanwhile),
        cmocka_unit_test(the_clock_was_wrong),
        cmocka_unit_test(the_clock_went_back_and_it_ends),
        cmocka_unit_test(it_stays_over_reloads),
        cmocka_unit_test(the_store_is_ill_meanwhile),
        cmocka_unit_test(it_is_off_for_a_while_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
