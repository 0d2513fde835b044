/* Stories of attempts: which failures are followed by another, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

#define BUSY                                                                   \
    {                                                                          \
        .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER, .status = 503        \
    }

static const struct line pumps[] = {
    { .name = "pump", .every_ms = 10 * MINUTE, .retry = { 4, 5000, 12000, 0 } },
    { 0 },
};

static void retry_begin(struct story *story, const struct line *lines,
                        const struct reply *replies, size_t count)
{
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = count;
    story_calm(story, &world);
}

/* Each pause is anything up to a bound that doubles, and has an end. */
static void it_is_tried_again_with_jitter(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = { BUSY, BUSY, BUSY };
    retry_begin(&story, pumps, replies, 3);
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 4457 ms, after attempt 1\n"
                     "14:10:04.657 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:04.857 again #1 in 8118 ms, after attempt 2\n"
                     "14:10:12.975 start pump #1 slot 14:10:00, attempt 3\n"
                     "14:10:13.175 again #1 in 8415 ms, after attempt 3\n"
                     "14:10:21.590 start pump #1 slot 14:10:00, attempt 4\n"
                     "14:10:21.790 finish pump #1 ok 21790 ms\n");
    story_end(&story);
}

static void the_last_attempt_decides(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = { BUSY, BUSY, BUSY, BUSY };
    retry_begin(&story, pumps, replies, 4);
    story_pass(&story, 5 * MINUTE);
    assert_int_equal(core_lane(story.core, 0).fails, 1);
    assert_int_equal(core_lane(story.core, 0).runs, 1);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 4457 ms, after attempt 1\n"
                     "14:10:04.657 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:04.857 again #1 in 8118 ms, after attempt 2\n"
                     "14:10:12.975 start pump #1 slot 14:10:00, attempt 3\n"
                     "14:10:13.175 again #1 in 8415 ms, after attempt 3\n"
                     "14:10:21.590 start pump #1 slot 14:10:00, attempt 4\n"
                     "14:10:21.790 finish pump #1 failed 21790 ms\n");
    story_end(&story);
}

/* Over many seeds: within the bounds, near both ends of them, never alike. */
static void the_pauses_fill_their_bounds(void **state)
{
    (void)state;
    static const int64_t bounds_ms[] = { 5000, 10000, 12000 };
    int64_t least_ms[3] = { HOUR, HOUR, HOUR }, most_ms[3] = { 0 };
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct story story;
        struct world world = story_world(pumps);
        struct core_config config = story_config();
        config.seed = seed;
        config.poll_ms = YEAR;
        world.reply = (struct reply)BUSY;
        world.run_ms = 0;
        story_begin(&story, &world, &config);
        story_pass(&story, 5 * MINUTE);
        const char *again = story.trace.data;
        for (size_t i = 0; i < 3; i++) {
            again = strstr(again, "again");
            assert_non_null(again);
            int64_t ms = strtoll(strstr(again, " in ") + 4, NULL, 10);
            assert_in_range(ms, 0, bounds_ms[i]);
            least_ms[i] = ms < least_ms[i] ? ms : least_ms[i];
            most_ms[i] = ms > most_ms[i] ? ms : most_ms[i];
            again++;
        }
        assert_null(strstr(again, "again"));
        story_end(&story);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(least_ms[i] < bounds_ms[i] / 20);
        assert_true(most_ms[i] > bounds_ms[i] - bounds_ms[i] / 20);
    }
}

/* It asks for more than chance would give, and gets it. */
static void retry_after_is_kept(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED,
          .cause = CAUSE_BUSY,
          .status = 429,
          .retry_after_ms = 40 * SECOND },
        { .verdict = VERDICT_FAILED,
          .cause = CAUSE_BUSY,
          .status = 429,
          .retry_after_ms = 1 },
    };
    retry_begin(&story, pumps, replies, 2);
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 40000 ms, after attempt 1\n"
                     "14:10:40.200 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:40.400 again #1 in 8118 ms, after attempt 2\n"
                     "14:10:48.518 start pump #1 slot 14:10:00, attempt 3\n"
                     "14:10:48.718 finish pump #1 ok 48718 ms\n");
    story_end(&story);
}

/* The next slot is a better attempt than a late one of this. */
static void the_next_slot_ends_it(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED,
          .cause = CAUSE_BUSY,
          .status = 429,
          .retry_after_ms = 10 * MINUTE - 200 },
        { .verdict = VERDICT_FAILED,
          .cause = CAUSE_BUSY,
          .status = 429,
          .retry_after_ms = 10 * MINUTE - 201 },
    };
    retry_begin(&story, pumps, replies, 2);
    story_pass(&story, 23 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 finish pump #1 failed (next_slot) 200 ms\n"
                     "14:20:00.000 start pump #2 slot 14:20:00\n"
                     "14:20:00.200 again #2 in 599799 ms, after attempt 1\n"
                     "14:29:59.999 start pump #2 slot 14:20:00, attempt 2\n"
                     "14:30:00.000 pass pump skipped overlap slot 14:30:00\n"
                     "14:30:00.199 finish pump #2 ok 600199 ms\n");
    story_end(&story);
}

static void its_deadline_ends_it(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = HOUR,
                                           .phase_ms = 8 * MINUTE,
                                           .deadline_ms = 30 * SECOND,
                                           .retry = { 9, 1000, 1000, 0 } },
                                         { 0 } };
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED,
          .cause = CAUSE_SERVER,
          .retry_after_ms = 29 * SECOND },
        BUSY,
        BUSY,
    };
    retry_begin(&story, lines, replies, 3);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 again #1 in 29000 ms, after attempt 1\n"
                     "14:08:29.200 start pump #1 slot 14:08:00, attempt 2\n"
                     "14:08:29.400 again #1 in 448 ms, after attempt 2\n"
                     "14:08:29.848 start pump #1 slot 14:08:00, attempt 3\n"
                     "14:08:30.048 finish pump #1 failed (no_time) 30048 ms\n");
    story_end(&story);
}

/* Sent, and no answer came: the same key is sent again, so nobody runs twice
 * who looks at it. */
static void an_unknown_outcome_keeps_its_key(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        { .verdict = VERDICT_UNKNOWN, .cause = CAUSE_NETWORK },
    };
    retry_begin(&story, pumps, replies, 1);
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 4457 ms, after attempt 1\n"
                     "14:10:04.657 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:04.857 finish pump #1 ok 4857 ms\n");
    assert_int_equal(story.checker.starts, 1);
    story_end(&story);
}

static void some_failures_are_final(void **state)
{
    (void)state;
    static const struct reply finals[] = {
        { .verdict = VERDICT_FAILED, .cause = CAUSE_CLIENT, .status = 404 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED, .status = 200 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SETUP },
    };
    static const char *const whys[] = { "final", "retry_on", "final" };
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++) {
        struct story story;
        char wanted[256];
        retry_begin(&story, pumps, &finals[i], 1);
        story_pass(&story, 5 * MINUTE);
        snprintf(wanted, sizeof wanted,
                 "14:10:00.000 start pump #1 slot 14:10:00\n"
                 "14:10:00.200 finish pump #1 failed (%s) 200 ms\n",
                 whys[i]);
        story_is(&story, wanted);
        story_end(&story);
    }
}

/* `on` names what another attempt may mend, and nothing else is repeated. */
static void only_what_was_named_is_repeated(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump",
          .every_ms = 10 * MINUTE,
          .retry = { 3, 0, 0, 1u << CAUSE_DENIED } },
        { 0 },
    };
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED },
        BUSY,
    };
    retry_begin(&story, lines, replies, 2);
    story_pass(&story, 5 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 0 ms, after attempt 1\n"
                     "14:10:00.200 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:00.400 finish pump #1 failed (retry_on) 400 ms\n");
    story_end(&story);
}

/* Who drains begins no further attempt; where one rests it is handed on, and
 * the next life goes on with its count. */
static void the_next_life_goes_on(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = { BUSY };
    struct world world = story_world(pumps);
    world.replies = replies;
    world.reply_count = 1;
    story_recorded(&story, &world);
    story_pass(&story, 141 * SECOND);
    story_stop(&story);
    assert_true(story.done);
    story_restart(&story, SECOND);
    story_pass(&story, 20 * SECOND);
    story_is(&story,
             "14:10:00.000 start pump #1 slot 14:10:00\n"
             "14:10:00.200 again #1 in 4457 ms, after attempt 1\n"
             "14:10:01.000 drop pump slot 14:10:00\n"
             "14:10:01.000 done\n"
             "14:10:02.000 fetch, booting\n"
             "14:10:02.020 load 2: jobs on in \"production\"\n"
             "14:10:02.050 swap generation 2: +1 ~0 -0 =0\n"
             "14:10:12.000 start pump #2 slot 14:10:00, attempt 2, epoch 2\n"
             "14:10:12.200 finish pump #2 ok 200 ms\n");
    story_end(&story);
}

/* A kill in the rest before an attempt, or during it: nobody knows which, so
 * the attempt counts as sent. No number comes twice, and no run has more
 * attempts than its job allows. */
static void a_kill_between_attempts_costs_one(void **state)
{
    (void)state;
    static const char *const stories[] = {
        "14:10:00.000 start pump #1 slot 14:10:00\n"
        "14:10:00.200 again #1 in 6004 ms, after attempt 1\n"
        "14:10:02.000 fetch, booting\n"
        "14:10:02.020 load 2: jobs on in \"production\"\n"
        "14:10:02.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:10:12.000 start pump #2 slot 14:10:00, attempt 3, epoch 2\n"
        "14:10:18.000 fetch, booting\n"
        "14:10:18.020 load 3: jobs on in \"production\"\n"
        "14:10:18.050 swap generation 3: +1 ~0 -0 =0\n"
        "14:10:18.050 finish pump slot 14:10:00 unknown (down)\n",
        "14:10:00.000 start pump #1 slot 14:10:00\n"
        "14:10:00.200 again #1 in 6004 ms, after attempt 1\n"
        "14:10:06.204 start pump #1 slot 14:10:00, attempt 2\n"
        "14:10:12.000 fetch, booting\n"
        "14:10:12.020 load 2: jobs on in \"production\"\n"
        "14:10:12.050 swap generation 2: +1 ~0 -0 =0\n"
        "14:10:22.000 start pump #2 slot 14:10:00, attempt 3, epoch 2\n"
        "14:10:28.000 fetch, booting\n"
        "14:10:28.020 load 3: jobs on in \"production\"\n"
        "14:10:28.050 swap generation 3: +1 ~0 -0 =0\n"
        "14:10:28.050 finish pump slot 14:10:00 unknown (down)\n",
    };
    static const struct line lines[] = {
        { .name = "pump",
          .every_ms = 10 * MINUTE,
          .retry = { 3, 10000, 30000, 0 } },
        { 0 },
    };
    for (int i = 0; i < 2; i++) {
        struct story story;
        static const struct reply replies[] = { BUSY };
        struct world world = story_world(lines);
        world.replies = replies;
        world.reply_count = 1;
        story_recorded(&story, &world);
        story_pass(&story, 141 * SECOND);
        story.world.run_ms = MINUTE;
        story_pass(&story, i ? 10 * SECOND : 0);
        story_restart(&story, SECOND);
        story_pass(&story, 15 * SECOND);
        story_restart(&story, SECOND);
        story_pass(&story, 15 * SECOND);
        story_is(&story, stories[i]);
        story_end(&story);
    }
}

/* The set that has its job no more is in force before its attempt fails. */
static void a_job_that_has_gone_is_not_tried_again(void **state)
{
    (void)state;
    struct story story;
    static const struct line others[] = { { .name = "drain", .every_ms = HOUR },
                                          { 0 } };
    static const struct reply replies[] = { BUSY };
    struct world world = story_world(pumps);
    world.replies = replies;
    world.reply_count = 1;
    world.run_ms = 5 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 141 * SECOND);
    story.world.lines = others;
    story_ask(&story, 0);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:01.000 fetch\n"
                     "14:10:01.020 load 2: jobs on in \"production\"\n"
                     "14:10:01.050 swap generation 2: +1 ~0 -1 =0\n"
                     "14:10:05.000 finish pump #1 failed (removed) 5000 ms\n"
                     "14:10:05.000 retire 1\n");
    story_end(&story);
}

static void who_drains_does_not_try_again(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = { BUSY };
    struct world world = story_world(pumps);
    world.replies = replies;
    world.reply_count = 1;
    world.run_ms = 5 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 141 * SECOND);
    story_stop(&story);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:05.000 finish pump #1 failed (draining) 5000 ms\n"
                     "14:10:05.000 done\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_tried_again_with_jitter),
        cmocka_unit_test(the_last_attempt_decides),
        cmocka_unit_test(the_pauses_fill_their_bounds),
        cmocka_unit_test(retry_after_is_kept),
        cmocka_unit_test(the_next_slot_ends_it),
        cmocka_unit_test(its_deadline_ends_it),
        cmocka_unit_test(an_unknown_outcome_keeps_its_key),
        cmocka_unit_test(some_failures_are_final),
        cmocka_unit_test(only_what_was_named_is_repeated),
        cmocka_unit_test(the_next_life_goes_on),
        cmocka_unit_test(a_kill_between_attempts_costs_one),
        cmocka_unit_test(a_job_that_has_gone_is_not_tried_again),
        cmocka_unit_test(who_drains_does_not_try_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
