/* Stories of an origin that does not answer: its circuit opens, is probed, and
 * closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "endpoints.h"
#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = 5 * SECOND },
    { .name = "other", .every_ms = MINUTE, .origin = OTHER },
    { 0 },
};

static void circuit_begin(struct story *story, const struct line *lines)
{
    struct world world = story_world(lines);
    world.reply = (struct reply)GONE;
    story_calm(story, &world);
}

/* Five failures in a row open it; slots are skipped, of this origin only; one
 * probe closes it. */
static void it_opens_and_closes(void **state)
{
    (void)state;
    struct story story;
    circuit_begin(&story, pumps);
    story_pass(&story, 21 * SECOND);
    assert_true(core_lane(story.core, 0).circuit_open);
    assert_false(core_lane(story.core, 1).circuit_open);
    story.world.reply = (struct reply){ .verdict = VERDICT_OK };
    story_pass(&story, 15 * SECOND);
    story_is(&story, "14:07:40.200 finish pump #2 failed 200 ms\n"
                     "14:07:45.000 start pump #3 slot 14:07:45\n"
                     "14:07:45.200 finish pump #3 failed 200 ms\n"
                     "14:07:50.000 start pump #4 slot 14:07:50\n"
                     "14:07:50.200 finish pump #4 failed 200 ms\n"
                     "14:07:55.000 start pump #5 slot 14:07:55\n"
                     "14:07:55.200 circuit \"\" unreachable for 9457 ms\n"
                     "14:07:55.200 finish pump #5 failed 200 ms\n"
                     "14:08:00.000 pass pump skipped circuit slot 14:08:00\n"
                     "14:08:00.000 start other #6 slot 14:08:00\n"
                     "14:08:00.200 finish other #6 failed 200 ms\n"
                     "14:08:05.000 start pump #7 slot 14:08:05\n"
                     "14:08:05.200 circuit \"\" closed\n"
                     "14:08:05.200 finish pump #7 ok 200 ms\n"
                     "14:08:10.000 start pump #8 slot 14:08:10\n"
                     "14:08:10.200 finish pump #8 ok 200 ms\n"
                     "14:08:15.000 start pump #9 slot 14:08:15\n"
                     "14:08:15.200 finish pump #9 ok 200 ms\n");
    assert_false(core_lane(story.core, 0).circuit_open);
    story_end(&story);
}

/* Each probe that fails makes the next pause longer. */
static void it_stays_open(void **state)
{
    (void)state;
    struct story story;
    circuit_begin(&story, pumps);
    story.quiet = true;
    story_pass(&story, 10 * MINUTE);
    assert_in_range(story.checker.starts, 8, 30); /* "other" had ten */
    story_end(&story);
}

/* An answer is an answer, though it says no. */
static void an_answer_is_no_failure(void **state)
{
    (void)state;
    static const struct reply answers[] = {
        { .verdict = VERDICT_FAILED, .cause = CAUSE_CLIENT, .status = 404 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_BUSY, .status = 429 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED, .status = 200 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SETUP },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct story story;
        circuit_begin(&story, pumps);
        story.world.reply = answers[i];
        story_pass(&story, MINUTE);
        assert_false(core_lane(story.core, 0).circuit_open);
        assert_int_equal(story.checker.passes, 0);
        story_end(&story);
    }
}

/* An attempt that would follow is not made: the run ends as its last did. */
static void no_attempt_follows(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = { { .name = "pump",
                                           .every_ms = 10 * MINUTE,
                                           .retry = { 9, 100, 100, 0 } },
                                         { 0 } };
    circuit_begin(&story, lines);
    story_pass(&story, 3 * MINUTE);
    story_is(&story, "14:10:00.000 start pump #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 15 ms, after attempt 1\n"
                     "14:10:00.215 start pump #1 slot 14:10:00, attempt 2\n"
                     "14:10:00.415 again #1 in 35 ms, after attempt 2\n"
                     "14:10:00.450 start pump #1 slot 14:10:00, attempt 3\n"
                     "14:10:00.650 again #1 in 59 ms, after attempt 3\n"
                     "14:10:00.709 start pump #1 slot 14:10:00, attempt 4\n"
                     "14:10:00.909 again #1 in 75 ms, after attempt 4\n"
                     "14:10:00.984 start pump #1 slot 14:10:00, attempt 5\n"
                     "14:10:01.184 circuit \"\" unreachable for 9065 ms\n"
                     "14:10:01.184 again #1 in 87 ms, after attempt 5\n"
                     "14:10:01.271 finish pump #1 failed (circuit) 1271 ms\n");
    assert_int_equal(story.checker.finish.finish.note.attempt, 5);
    story_end(&story);
}

/* Two jobs of one origin are due when it may be probed: one is the probe. */
static void one_is_the_probe(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = 5 * SECOND },
        { .name = "b", .every_ms = 5 * SECOND },
        { 0 },
    };
    struct world world = story_world(lines);
    world.reply = (struct reply)GONE;
    story_recorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story.world.reply.verdict = VERDICT_OK;
    story.world.reply.cause = CAUSE_NONE;
    story.world.claim_ms = 10;
    story_pass(&story, 25 * SECOND);
    story_is(&story, "14:08:05.000 pass a skipped circuit slot 14:08:05\n"
                     "14:08:05.000 pass b skipped circuit slot 14:08:05\n"
                     "14:08:10.000 pass a skipped circuit slot 14:08:10\n"
                     "14:08:10.000 pass b skipped circuit slot 14:08:10\n"
                     "14:08:15.000 pass b skipped circuit slot 14:08:15\n"
                     "14:08:15.010 start a #8 slot 14:08:15\n"
                     "14:08:15.210 circuit \"\" closed\n"
                     "14:08:15.210 finish a #8 ok 200 ms\n"
                     "14:08:20.010 start a #9 slot 14:08:20\n"
                     "14:08:20.010 start b #10 slot 14:08:20\n"
                     "14:08:20.210 finish a #9 ok 200 ms\n"
                     "14:08:20.210 finish b #10 ok 200 ms\n"
                     "14:08:25.010 start a #11 slot 14:08:25\n"
                     "14:08:25.010 start b #12 slot 14:08:25\n"
                     "14:08:25.210 finish a #11 ok 200 ms\n"
                     "14:08:25.210 finish b #12 ok 200 ms\n");
    story_end(&story);
}

/* The probe was never sent: another may be the probe. */
static void a_probe_that_says_nothing(void **state)
{
    (void)state;
    struct story story;
    circuit_begin(&story, pumps);
    story_pass(&story, 15 * SECOND);
    story_forget(&story);
    story.world.reply =
        (struct reply){ .verdict = VERDICT_FAILED, .cause = CAUSE_SETUP };
    story_pass(&story, 25 * SECOND);
    story.world.reply = (struct reply){ .verdict = VERDICT_OK };
    story_pass(&story, 5 * SECOND);
    story_is(&story, "14:07:55.200 circuit \"\" unreachable for 9457 ms\n"
                     "14:07:55.200 finish pump #5 failed 200 ms\n"
                     "14:08:00.000 pass pump skipped circuit slot 14:08:00\n"
                     "14:08:00.000 start other #6 slot 14:08:00\n"
                     "14:08:00.200 finish other #6 failed 200 ms\n"
                     "14:08:05.000 start pump #7 slot 14:08:05\n"
                     "14:08:05.200 finish pump #7 failed 200 ms\n"
                     "14:08:10.000 start pump #8 slot 14:08:10\n"
                     "14:08:10.200 finish pump #8 failed 200 ms\n"
                     "14:08:15.000 start pump #9 slot 14:08:15\n"
                     "14:08:15.200 finish pump #9 failed 200 ms\n"
                     "14:08:20.000 start pump #10 slot 14:08:20\n"
                     "14:08:20.200 finish pump #10 failed 200 ms\n"
                     "14:08:25.000 start pump #11 slot 14:08:25\n");
    story_end(&story);
}

/* A slot that comes while the probe is out does not cut it short. */
static void a_probe_is_waited_for(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = 5 * SECOND, .overlap = OVERLAP_CANCEL },
        { 0 }
    };
    circuit_begin(&story, lines);
    story_pass(&story, 26 * SECOND);
    story_forget(&story);
    story.world.run_ms = BY_HAND;
    story_pass(&story, 25 * SECOND);
    story_is(&story, "14:08:10.000 pass pump skipped circuit slot 14:08:10\n"
                     "14:08:15.000 pass pump skipped circuit slot 14:08:15\n"
                     "14:08:20.000 pass pump skipped circuit slot 14:08:20\n"
                     "14:08:25.000 start pump #7 slot 14:08:25\n"
                     "14:08:30.000 pass pump skipped circuit slot 14:08:30\n");
    story_end(&story);
}

/* Who asks by hand wants to know: it is sent, and closes the circuit. */
static void by_hand_it_is_tried(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "pump", .every_ms = 5 * SECOND, .catch_up = { HOUR, 9 } },
        { 0 }
    };
    struct world world = story_world(lines);
    world.reply = (struct reply)GONE;
    story_recorded(&story, &world);
    story_pass(&story, 21 * SECOND);
    story_forget(&story);
    story.world.reply = (struct reply){ .verdict = VERDICT_OK };
    story_order(&story, VERB_TRIGGER, "pump");
    story_pass(&story, 5 * SECOND);
    story_is(&story, "14:08:01.000 ordered trigger done\n"
                     "14:08:01.000 start pump #6 slot 14:08:01, manual\n"
                     "14:08:01.200 circuit \"\" closed\n"
                     "14:08:01.200 finish pump #6 ok 200 ms\n"
                     "14:08:05.000 start pump #7 slot 14:08:05\n"
                     "14:08:05.200 finish pump #7 ok 200 ms\n");
    story_end(&story);
}

/* What is to be made up waits until it may be sent. */
static void what_is_held_waits(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = 2 * SECOND, .allow = true },
        { .name = "b", .every_ms = 10 * MINUTE, .catch_up = { HOUR, 1 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.reply = (struct reply)GONE;
    story_recorded(&story, &world);
    story_pass(&story, MINUTE);
    story_restart(&story, 3 * MINUTE);
    story_pass(&story, 9500);
    story.world.reply = (struct reply){ .verdict = VERDICT_OK };
    story_forget(&story);
    story_pass(&story, 15 * SECOND);
    story_is(&story, "14:11:50.000 pass a skipped circuit slot 14:11:50\n"
                     "14:11:52.000 pass a skipped circuit slot 14:11:52\n"
                     "14:11:54.000 pass a skipped circuit slot 14:11:54\n"
                     "14:11:56.000 pass a skipped circuit slot 14:11:56\n"
                     "14:11:58.000 start a #13 slot 14:11:58\n"
                     "14:11:58.200 circuit \"\" closed\n"
                     "14:11:58.200 finish a #13 ok 200 ms\n"
                     "14:11:58.200 start b #14 slot 14:10:00, catch_up\n"
                     "14:11:58.400 finish b #14 ok 200 ms\n"
                     "14:12:00.000 start a #15 slot 14:12:00\n"
                     "14:12:00.200 finish a #15 ok 200 ms\n"
                     "14:12:02.000 start a #16 slot 14:12:02\n"
                     "14:12:02.200 finish a #16 ok 200 ms\n"
                     "14:12:04.000 start a #17 slot 14:12:04\n"
                     "14:12:04.200 finish a #17 ok 200 ms\n");
    story_end(&story);
}

/* It was claimed again while its circuit opened: what another life may have
 * sent is no more than unknown. */
static void a_second_try_is_not_ok(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = SECOND },
        { .name = "b", .every_ms = 10 * MINUTE, .retry = { 9, 100, 100, 0 } },
        { 0 },
    };
    struct world world = story_world(lines);
    world.run_ms = 500;
    story_recorded(&story, &world);
    story_pass(&story, 140 * SECOND + 100);
    story_restart(&story, 150);
    story_pass(&story, 5500);
    story.world.reply = (struct reply)GONE;
    story_pass(&story, 4450);
    story.world.claim_ms = 2 * SECOND;
    story_forget(&story);
    story_pass(&story, 3 * SECOND);
    story_is(&story, "14:10:10.500 circuit \"\" unreachable for 9457 ms\n"
                     "14:10:10.500 finish a #160 failed 500 ms\n"
                     "14:10:11.000 pass a skipped circuit slot 14:10:11\n"
                     "14:10:12.000 pass a skipped circuit slot 14:10:12\n"
                     "14:10:12.250 finish b slot 14:10:00 unknown (circuit)\n"
                     "14:10:13.000 pass a skipped circuit slot 14:10:13\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_and_closes),
        cmocka_unit_test(it_stays_open),
        cmocka_unit_test(an_answer_is_no_failure),
        cmocka_unit_test(no_attempt_follows),
        cmocka_unit_test(one_is_the_probe),
        cmocka_unit_test(a_probe_that_says_nothing),
        cmocka_unit_test(a_probe_is_waited_for),
        cmocka_unit_test(by_hand_it_is_tried),
        cmocka_unit_test(what_is_held_waits),
        cmocka_unit_test(a_second_try_is_not_ok),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
