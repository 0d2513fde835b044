/* Stories of a 202: the run goes on elsewhere, and is asked about. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

#define ACCEPTED                                                               \
    {                                                                          \
        .verdict = VERDICT_OK, .status = 202, .accepted = true                 \
    }

static const struct line pumps[] = {
    { .name = "pump", .every_ms = 10 * MINUTE, .deadline_ms = 20 * SECOND },
    { 0 },
};

static void accepted_begin(struct story *story, const struct line *lines,
                           const struct reply *replies, size_t count)
{
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = count;
    story_calm(story, &world);
    story_pass(story, 2 * MINUTE);
}

static void it_is_asked_about_until_it_is_done(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = { ACCEPTED, ACCEPTED };
    accepted_begin(&story, pumps, replies, 2);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 accepted #1, 19800 ms left\n"
                     "14:10:05.200 poll #1\n"
                     "14:10:10.400 poll #1\n"
                     "14:10:10.600 finish pump #1 ok 10600 ms\n");
    story_end(&story);
}

/* What comes of it is not known: it may be done after all. */
static void the_deadline_ends_the_questions(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.reply = (struct reply)ACCEPTED;
    story_calm(&story, &world);
    story_pass(&story, 4 * MINUTE);
    story_is(&story,
             "14:10:00.000 start pump #1 slot 14:10:00\n"
             "14:10:00.200 accepted #1, 19800 ms left\n"
             "14:10:05.200 poll #1\n"
             "14:10:10.400 poll #1\n"
             "14:10:15.600 poll #1\n"
             "14:10:20.000 finish pump #1 unknown (deadline) 20000 ms\n");
    story_end(&story);
}

static void without_a_deadline_an_hour_is_enough(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = 2 * HOUR, .phase_ms = 10 * MINUTE },
        { 0 },
    };
    struct world world = story_world(lines);
    world.reply = (struct reply)ACCEPTED;
    world.reply.retry_after_ms = 25 * MINUTE;
    story_calm(&story, &world);
    story_pass(&story, 4 * HOUR - 10 * MINUTE);
    story_is(&story,
             "14:10:00.000 start pump #1 slot 14:10:00\n"
             "14:10:00.200 accepted #1, 3599800 ms left\n"
             "14:35:00.200 poll #1\n"
             "15:00:00.400 poll #1\n"
             "15:10:00.000 finish pump #1 unknown (deadline) 3600000 ms\n"
             "16:10:00.000 start pump #2 slot 16:10:00\n"
             "16:10:00.200 accepted #2, 3599800 ms left\n"
             "16:35:00.200 poll #2\n"
             "17:00:00.400 poll #2\n"
             "17:10:00.000 finish pump #2 unknown (deadline) 3600000 ms\n");
    story_end(&story);
}

static void retry_after_says_when_to_ask(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        { .verdict = VERDICT_OK,
          .status = 202,
          .accepted = true,
          .retry_after_ms = 12 * SECOND },
        { .verdict = VERDICT_OK,
          .status = 202,
          .accepted = true,
          .retry_after_ms = HOUR },
    };
    accepted_begin(&story, pumps, replies, 2);
    story_pass(&story, 2 * MINUTE);
    story_is(&story,
             "14:10:00.000 start pump #1 slot 14:10:00\n"
             "14:10:00.200 accepted #1, 19800 ms left\n"
             "14:10:12.200 poll #1\n"
             "14:10:20.000 finish pump #1 unknown (deadline) 20000 ms\n");
    story_end(&story);
}

/* The answer to a question may say that it failed. */
static void it_may_fail(void **state)
{
    (void)state;
    struct story story;
    static const struct reply replies[] = {
        ACCEPTED,
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED, .status = 200 },
    };
    accepted_begin(&story, pumps, replies, 2);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 accepted #1, 19800 ms left\n"
                     "14:10:05.200 poll #1\n"
                     "14:10:05.400 finish pump #1 failed 5400 ms\n");
    story_end(&story);
}

/* A question that is not answered is asked again: the work itself is not begun
 * a second time. */
static void a_question_is_repeated_not_the_work(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = 10 * MINUTE,
                                           .deadline_ms = 20 * SECOND,
                                           .retry = { 2, 1000, 1000, 0 } },
                                         { 0 } };
    static const struct reply replies[] = {
        ACCEPTED,
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER, .status = 503 },
        { .verdict = VERDICT_UNKNOWN, .cause = CAUSE_NETWORK },
    };
    accepted_begin(&story, lines, replies, 3);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 accepted #1, 19800 ms left\n"
                     "14:10:05.200 poll #1\n"
                     "14:10:05.400 again #1 in 240 ms, after attempt 1\n"
                     "14:10:05.640 poll #1\n"
                     "14:10:05.840 again #1 in 448 ms, after attempt 1\n"
                     "14:10:06.288 poll #1\n"
                     "14:10:06.488 finish pump #1 ok 6488 ms\n");
    story_end(&story);
}

/* A 2xx that says success: false is the end of the work, not of a question. */
static void work_that_failed_is_done_again(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump",
          .every_ms = 10 * MINUTE,
          .retry = { 2, 1000, 1000, UINT32_C(1) << CAUSE_DENIED } },
        { 0 }
    };
    static const struct reply replies[] = {
        ACCEPTED,
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED, .status = 200 },
        ACCEPTED,
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED, .status = 200 },
    };
    accepted_begin(&story, lines, replies, 4);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 accepted #1, 3599800 ms left\n"
                     "14:10:05.200 poll #1\n"
                     "14:10:05.400 again #1 in 240 ms, after attempt 1\n"
                     "14:10:05.640 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:05.840 accepted #1, 3594160 ms left\n"
                     "14:10:10.840 poll #1\n"
                     "14:10:11.040 finish pump #1 failed 11040 ms\n");
    story_end(&story);
}

/* It goes on as far as overlap is concerned, and its generation stays. */
static void a_reload_waits_for_it_to_retire(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump", .every_ms = MINUTE },
                                         { 0 } };
    static const struct reply replies[] = {
        { .verdict = VERDICT_OK,
          .status = 202,
          .accepted = true,
          .retry_after_ms = 70 * SECOND },
    };
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = 1;
    story_calm(&story, &world);
    story_pass(&story, 30 * SECOND);
    story_ask(&story, 0);
    story_pass(&story, 80 * SECOND);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 accepted #1, 3599800 ms left\n"
                     "14:08:10.000 fetch\n"
                     "14:08:10.020 load 2: jobs on in \"production\"\n"
                     "14:08:10.050 swap generation 2: +0 ~0 -0 =1\n"
                     "14:09:00.000 pass pump skipped overlap slot 14:09:00\n"
                     "14:09:10.200 poll #1\n"
                     "14:09:10.400 finish pump #1 ok 70400 ms\n"
                     "14:09:10.400 retire 1\n");
    story_end(&story);
}

/* It was accepted, and the worker dies, and with it what was to be asked: the
 * next life sends it again under the same key, where another attempt is
 * allowed. */
static void the_next_life_sends_it_again(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump",
          .every_ms = 10 * MINUTE,
          .retry = { 2, 1000, 1000, 0 } },
        { .name = "once", .every_ms = 10 * MINUTE },
        { 0 },
    };
    static const struct reply replies[] = { ACCEPTED, ACCEPTED };
    struct world world = story_world(lines);
    world.replies = replies;
    world.reply_count = 2;
    story_recorded(&story, &world);
    story_pass(&story, 142 * SECOND);
    story_restart(&story, SECOND);
    story_pass(&story, 20 * SECOND);
    story_is(&story,
             "14:10:00.000 start pump #1 slot 14:10:00\n"
             "14:10:00.000 start once #2 slot 14:10:00\n"
             "14:10:00.200 accepted #1, 3599800 ms left\n"
             "14:10:00.200 accepted #2, 3599800 ms left\n"
             "14:10:03.000 fetch, booting\n"
             "14:10:03.020 load 2: jobs on in \"production\"\n"
             "14:10:03.050 swap generation 2: +2 ~0 -0 =0\n"
             "14:10:03.050 finish once slot 14:10:00 unknown (down)\n"
             "14:10:13.000 start pump #3 slot 14:10:00, attempt 2, epoch 2\n"
             "14:10:13.200 finish pump #3 ok 200 ms\n");
    story_end(&story);
}

static void who_drains_asks_no_more(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.reply = (struct reply)ACCEPTED;
    world.run_ms = 2 * SECOND;
    story_calm(&story, &world);
    story_pass(&story, 141 * SECOND);
    story_stop(&story);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:02.000 finish pump #1 unknown (stopping) 2000 ms\n"
                     "14:10:02.000 done\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_asked_about_until_it_is_done),
        cmocka_unit_test(the_deadline_ends_the_questions),
        cmocka_unit_test(without_a_deadline_an_hour_is_enough),
        cmocka_unit_test(retry_after_says_when_to_ask),
        cmocka_unit_test(it_may_fail),
        cmocka_unit_test(a_question_is_repeated_not_the_work),
        cmocka_unit_test(work_that_failed_is_done_again),
        cmocka_unit_test(a_reload_waits_for_it_to_retire),
        cmocka_unit_test(the_next_life_sends_it_again),
        cmocka_unit_test(who_drains_asks_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
