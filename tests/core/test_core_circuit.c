/* Stories of an origin that does not answer: its circuit opens, is probed, and
 * closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

#define GONE                                                                   \
    {                                                                          \
        .verdict = VERDICT_FAILED, .cause = CAUSE_NETWORK                      \
    }

#define OTHER "https://other:443"

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

/* ---- somebody is there, and does badly ---- */

#define SICK                                                                   \
    {                                                                          \
        .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER, .status = 503        \
    }

/* Which jobs do badly, by the first letters of their names; and how many calls
 * came of each. */
struct endpoints {
    const char *sick, *gone;
    uint32_t calls[256];
};

static struct reply endpoint(void *data, const struct action *act)
{
    struct endpoints *endpoints = data;
    char letter = act->note.name[0];
    endpoints->calls[(unsigned char)letter]++;
    if (strchr(endpoints->sick, letter))
        return (struct reply)SICK;
    if (endpoints->gone && strchr(endpoints->gone, letter))
        return (struct reply)GONE;
    return (struct reply){ .verdict = VERDICT_OK, .status = 200 };
}

static void endpoints_begin(struct story *story, const struct line *lines,
                            struct endpoints *endpoints)
{
    struct world world = story_world(lines);
    world.reply_of = endpoint;
    world.data = endpoints;
    story_calm(story, &world);
}

static uint32_t calls(struct endpoints *endpoints, char letter)
{
    uint32_t count = endpoints->calls[(unsigned char)letter];
    endpoints->calls[(unsigned char)letter] = 0;
    return count;
}

/* One endpoint fails each five seconds, for hours: who calls another one of the
 * same origin each ten minutes runs all his slots. */
static void one_bad_endpoint_is_its_own(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad", .every_ms = 5 * SECOND },
        { .name = "good", .every_ms = 10 * MINUTE },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "b" };
    endpoints_begin(&story, lines, &endpoints);
    uint32_t before = story.checker.starts;
    story.quiet = true;
    story_pass(&story, 6 * HOUR);
    uint32_t good = calls(&endpoints, 'g');
    assert_int_equal(good, 36);
    assert_in_range(calls(&endpoints, 'b'), 36 * 5, 36 * 12);
    assert_int_equal(story.checker.starts - before + story.checker.passes,
                     36 + 6 * 720); /* who was skipped was never the good */
    story_end(&story);
}

/* Its attempts alone open the circuit, and stop with it. */
static void nor_are_its_attempts(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad",
          .every_ms = 10 * MINUTE,
          .retry = { 50, 1000, 1000, 0 } },
        { .name = "good", .every_ms = 10 * MINUTE, .phase_ms = 5 * SECOND },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "b" };
    endpoints_begin(&story, lines, &endpoints);
    story_pass(&story, 4 * MINUTE);
    story_is(&story, "14:10:00.000 start bad #1 slot 14:10:00\n"
                     "14:10:00.200 again #1 in 240 ms, after attempt 1\n"
                     "14:10:00.440 start bad #1 slot 14:10:00, attempt 2\n"
                     "14:10:00.640 again #1 in 448 ms, after attempt 2\n"
                     "14:10:01.088 start bad #1 slot 14:10:00, attempt 3\n"
                     "14:10:01.288 again #1 in 638 ms, after attempt 3\n"
                     "14:10:01.926 start bad #1 slot 14:10:00, attempt 4\n"
                     "14:10:02.126 again #1 in 315 ms, after attempt 4\n"
                     "14:10:02.441 start bad #1 slot 14:10:00, attempt 5\n"
                     "14:10:02.641 circuit \"\" ill 503 for 9065 ms\n"
                     "14:10:02.641 again #1 in 639 ms, after attempt 5\n"
                     "14:10:03.280 finish bad #1 failed (circuit) 3280 ms\n"
                     "14:10:05.000 start good #2 slot 14:10:05\n"
                     "14:10:05.200 circuit \"\" closed\n"
                     "14:10:05.200 finish good #2 ok 200 ms\n");
    story.quiet = true;
    story_pass(&story, 6 * HOUR);
    assert_int_equal(calls(&endpoints, 'g'), 37);
    assert_int_equal(story.checker.passes, 0);
    story_end(&story);
}

/* All of it does badly: each finds out for himself, and is held back then; a
 * probe finds out that it is over, for all. "c" is due for the first time. */
static void each_finds_out(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = 2 * SECOND },
        { .name = "b", .every_ms = 4 * SECOND, .phase_ms = SECOND },
        { .name = "c", .every_ms = 20 * SECOND, .phase_ms = 13 * SECOND },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "" };
    endpoints_begin(&story, lines, &endpoints);
    endpoints.sick = "abc";
    story_pass(&story, 12 * SECOND);
    story_forget(&story);
    story_pass(&story, 5 * SECOND);
    endpoints.sick = "";
    story_is(&story, "14:07:53.000 pass b skipped circuit slot 14:07:53\n"
                     "14:07:53.000 start c #14 slot 14:07:53\n"
                     "14:07:53.200 finish c #14 failed 200 ms\n"
                     "14:07:54.000 pass a skipped circuit slot 14:07:54\n"
                     "14:07:56.000 start a #15 slot 14:07:56\n"
                     "14:07:56.200 finish a #15 failed 200 ms\n"
                     "14:07:57.000 pass b skipped circuit slot 14:07:57\n");
    story_pass(&story, 15 * SECOND);
    story_forget(&story);
    story_pass(&story, 5 * SECOND);
    story_is(&story, "14:08:13.000 pass b skipped circuit slot 14:08:13\n"
                     "14:08:13.000 pass c skipped circuit slot 14:08:13\n"
                     "14:08:14.000 pass a skipped circuit slot 14:08:14\n"
                     "14:08:16.000 start a #16 slot 14:08:16\n"
                     "14:08:16.200 circuit \"\" closed\n"
                     "14:08:16.200 finish a #16 ok 200 ms\n"
                     "14:08:17.000 start b #17 slot 14:08:17\n");
    story_end(&story);
}

/* An hour of it costs each job a call in five minutes, and the probes. */
static void an_outage_is_not_called(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = MINUTE },
        { .name = "b", .every_ms = MINUTE },
        { .name = "c", .every_ms = MINUTE, .retry = { 9, 1000, 1000, 0 } },
        { .name = "d", .every_ms = 30 * MINUTE },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "abcd" };
    endpoints_begin(&story, lines, &endpoints);
    story.quiet = true;
    story_pass(&story, HOUR);
    assert_in_range(calls(&endpoints, 'a') + calls(&endpoints, 'b') +
                        calls(&endpoints, 'c'),
                    30, 3 * 13 + 5 + 12);
    assert_in_range(calls(&endpoints, 'd'), 1, 2);
    endpoints.sick = "";
    story_pass(&story, 5 * MINUTE);
    story.checker.passes = 0;
    story_pass(&story, HOUR);
    assert_int_equal(story.checker.passes, 0);
    story_end(&story);
}

/* Nobody is there: nobody has to find out for himself. */
static void who_is_gone_is_gone_for_all(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = MINUTE },
        { .name = "b", .every_ms = MINUTE },
        { .name = "c", .every_ms = MINUTE, .phase_ms = SECOND },
        { .name = "d", .every_ms = MINUTE, .phase_ms = 2 * SECOND },
        { .name = "e", .every_ms = MINUTE, .phase_ms = 3 * SECOND },
        { .name = "f", .every_ms = MINUTE, .phase_ms = 4 * SECOND },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "", .gone = "abcdef" };
    endpoints_begin(&story, lines, &endpoints);
    story.quiet = true;
    story_pass(&story, HOUR);
    assert_in_range(story.checker.starts, 5 + 10, 5 + 20);
    assert_int_equal(core_circuit(story.core, 5).trouble, TROUBLE_UNREACHABLE);
    assert_true(core_lane(story.core, 5).circuit_open);
    story_end(&story);
}

/* What failed in an outage comes into its own though a bad endpoint takes all
 * the probes. */
static void who_failed_once_is_tried_again(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad", .every_ms = SECOND },
        { .name = "good", .every_ms = MINUTE },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "bg" };
    endpoints_begin(&story, lines, &endpoints);
    story.quiet = true;
    story_pass(&story, 30 * MINUTE);
    endpoints.sick = "b";
    calls(&endpoints, 'g');
    story_pass(&story, 6 * MINUTE);
    assert_in_range(calls(&endpoints, 'g'), 1, 6);
    story_pass(&story, HOUR); /* it answered: all is forgiven */
    assert_int_equal(calls(&endpoints, 'g'), 60);
    story_end(&story);
}

/* It failed, but the origin has answered well since. */
static void what_was_is_forgiven(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = 15 * SECOND },
        { .name = "bad", .every_ms = 2 * SECOND, .phase_ms = 1100 },
        { .name = "ok", .every_ms = MINUTE, .phase_ms = 2500 },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "a" };
    endpoints_begin(&story, lines, &endpoints);
    story_pass(&story, 23 * SECOND); /* "a" failed, and "ok" did not */
    endpoints.sick = "b";
    story_pass(&story, 9 * SECOND);
    story_forget(&story);
    story_pass(&story, 4 * SECOND);
    story_is(&story, "14:08:13.100 pass bad skipped circuit slot 14:08:13.100\n"
                     "14:08:15.000 start a #25 slot 14:08:15\n"
                     "14:08:15.100 pass bad skipped circuit slot 14:08:15.100\n"
                     "14:08:15.200 circuit \"\" closed\n"
                     "14:08:15.200 finish a #25 ok 200 ms\n");
    story_end(&story);
}

/* What is to be made up, and what waits for its group, goes likewise. */
static void so_it_is_with_late_ones(void **state)
{
    (void)state;
    struct story story;
    static const struct limit one[] = { { "hub", 1 }, { 0 } };
    static const struct line lines[] = {
        { .name = "bad", .every_ms = SECOND },
        { .name = "late", .every_ms = 10 * MINUTE, .catch_up = { HOUR, 1 } },
        { .name = "other",
          .every_ms = HOUR,
          .phase_ms = 10 * MINUTE + 50 * SECOND,
          .group = "hub",
          .origin = OTHER },
        { .name = "waits",
          .every_ms = HOUR,
          .phase_ms = 10 * MINUTE + 50 * SECOND,
          .group = "hub" },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "blw" };
    struct world world = story_world(lines);
    world.limits = one;
    world.reply_of = endpoint;
    world.data = &endpoints;
    story_recorded(&story, &world);
    story_pass(&story, 2 * MINUTE);
    story_restart(&story, MINUTE);
    story_pass(&story, 9 * SECOND);
    story_forget(&story);
    story_pass(&story, 2 * SECOND);
    story_is(&story, "14:10:50.000 pass bad skipped circuit slot 14:10:50\n"
                     "14:10:50.000 start other #14 slot 14:10:50\n"
                     "14:10:50.000 start late #15 slot 14:10:00, catch_up\n"
                     "14:10:50.200 finish other #14 ok 200 ms\n"
                     "14:10:50.200 start waits #16 slot 14:10:50\n"
                     "14:10:50.200 finish late #15 failed 200 ms\n"
                     "14:10:50.400 finish waits #16 failed 200 ms\n"
                     "14:10:51.000 pass bad skipped circuit slot 14:10:51\n");
    story_end(&story);
}

/* A declaration that was changed has not failed yet; one that was not has. */
static void a_change_is_tried(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "a", .every_ms = SECOND },
        { .name = "b", .every_ms = 2 * SECOND },
        { 0 },
    };
    static const struct line mended[] = {
        { .name = "a", .every_ms = SECOND, .timeout_ms = 7000 },
        { .name = "b", .every_ms = 2 * SECOND },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "ab" };
    endpoints_begin(&story, lines, &endpoints);
    story_pass(&story, 6 * SECOND);
    story_forget(&story);
    story.world.lines = mended;
    story_ask(&story, 7);
    story_pass(&story, 3 * SECOND);
    story_is(&story, "14:07:46.000 fetch\n"
                     "14:07:46.020 load 2: jobs on in \"production\"\n"
                     "14:07:46.050 swap generation 2: +0 ~1 -0 =1\n"
                     "14:07:46.050 retire 1\n"
                     "14:07:46.050 reply 7 done, generation 2: +0 ~1 -0 =1\n"
                     "14:07:47.000 start a #7 slot 14:07:47\n"
                     "14:07:47.200 finish a #7 failed 200 ms\n"
                     "14:07:48.000 pass a skipped circuit slot 14:07:48\n"
                     "14:07:48.000 pass b skipped circuit slot 14:07:48\n"
                     "14:07:49.000 pass a skipped circuit slot 14:07:49\n");
    story_end(&story);
}

/* Each origin has its own, across reloads; beyond so many there are none. */
static void there_are_so_many(void **state)
{
    (void)state;
    enum { MOST = 1024, COUNT = MOST + 100 };
    static struct line lines[COUNT];
    static char names[COUNT][16], origins[COUNT][32];
    struct story story;
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "job-%u", i);
        snprintf(origins[i], sizeof origins[i], "https://h%u:443", i);
        lines[i] = (struct line){ .name = names[i],
                                  .every_ms = HOUR,
                                  .origin = origins[i] };
    }
    struct world world = story_world(lines);
    world.line_count = COUNT;
    story_calm(&story, &world);
    for (uint32_t generation = 1; generation <= 2; generation++) {
        assert_int_equal(core_status(story.core).generation, generation);
        for (uint32_t i = 0; i < MOST; i++)
            assert_string_equal(core_circuit(story.core, i).origin, origins[i]);
        for (uint32_t i = MOST; i < COUNT; i++)
            assert_null(core_circuit(story.core, i).origin);
        story_ask(&story, 0);
        story_pass(&story, SECOND);
    }
    story_end(&story);
}

/* Runs to be made up stand in a line that is too long to be looked through for
 * each run that ends: it is when the origin answers again all the same. */
static void a_long_line_waits(void **state)
{
    (void)state;
    enum { COUNT = 102 };
    static struct line lines[COUNT];
    static char names[COUNT][16];
    struct story story;
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "job-%u", i);
        lines[i] = (struct line){ .name = names[i],
                                  .every_ms = HOUR,
                                  .phase_ms = 10 * MINUTE,
                                  .catch_up = { HOUR, 1 } };
    }
    lines[0] = (struct line){ .name = "pump", .every_ms = SECOND };
    lines[1] =
        (struct line){ .name = "other", .every_ms = SECOND, .origin = OTHER };
    struct endpoints endpoints = { .sick = "", .gone = "pj" };
    struct world world = story_world(lines);
    world.line_count = COUNT;
    world.run_ms = 50;
    world.reply_of = endpoint;
    world.data = &endpoints;
    story_recorded(&story, &world);
    story_restart(&story, 10 * MINUTE);
    story_pass(&story, 30 * SECOND);
    assert_int_equal(calls(&endpoints, 'j'), 0);
    endpoints.gone = "";
    story_pass(&story, MINUTE);
    assert_int_equal(calls(&endpoints, 'j'), COUNT - 2);
    story_end(&story);
}

/* ---- what is told of it ---- */

/* It opens and closes each minute, and is said to have each ten; that it is
 * something else now is news. */
static void what_flaps_is_told_seldom(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad", .every_ms = 5 * SECOND },
        { .name = "good", .every_ms = MINUTE },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "b" };
    endpoints_begin(&story, lines, &endpoints);
    uint32_t told = 0;
    for (int64_t i = 0; i < 60 * 60; i++) {
        story_pass(&story, SECOND);
        told += strstr(story.trace.data, " circuit \"") != NULL;
        story_forget(&story);
    }
    assert_in_range(told, 10, 12); /* opened and closed */
    endpoints.sick = "";
    endpoints.gone = "bg";
    story_pass(&story, 15 * MINUTE);
    const char *gone = strstr(story.trace.data, " unreachable ");
    assert_non_null(gone);
    assert_null(strstr(gone + 1, " unreachable "));
    story_end(&story);
}

static void what_is_known(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad", .every_ms = 5 * SECOND },
        { .name = "good", .every_ms = HOUR },
        { .name = "script", .every_ms = HOUR, .scripted = true },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "b" };
    endpoints_begin(&story, lines, &endpoints);
    assert_null(core_circuit(story.core, 2).origin);
    struct circuit_status bad = core_circuit(story.core, 0);
    assert_string_equal(bad.origin, "");
    assert_false(bad.open);
    assert_int_equal(bad.opened.ms, EVER_MS);
    story_pass(&story, 21 * SECOND);
    bad = core_circuit(story.core, 0);
    assert_true(bad.open && bad.holds && !bad.probing);
    assert_int_equal(bad.trouble, TROUBLE_ILL);
    assert_int_equal(bad.cause, CAUSE_SERVER);
    assert_int_equal(bad.status, 503);
    assert_int_equal(bad.fails, 5);
    assert_in_range(story.now.wall.ms - bad.opened.ms, 1, 10 * SECOND);
    assert_in_range(bad.again.ms - bad.opened.ms, 5 * SECOND, 10 * SECOND);
    struct circuit_status good = core_circuit(story.core, 1);
    assert_true(good.open && !good.holds);
    assert_int_equal(good.again.ms, NEVER_MS);
    story.world.run_ms = BY_HAND;
    story_pass(&story, 10 * SECOND);
    bad = core_circuit(story.core, 0);
    assert_true(bad.probing && bad.holds);
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
        cmocka_unit_test(one_bad_endpoint_is_its_own),
        cmocka_unit_test(nor_are_its_attempts),
        cmocka_unit_test(each_finds_out),
        cmocka_unit_test(an_outage_is_not_called),
        cmocka_unit_test(who_is_gone_is_gone_for_all),
        cmocka_unit_test(who_failed_once_is_tried_again),
        cmocka_unit_test(what_was_is_forgiven),
        cmocka_unit_test(so_it_is_with_late_ones),
        cmocka_unit_test(a_change_is_tried),
        cmocka_unit_test(there_are_so_many),
        cmocka_unit_test(a_long_line_waits),
        cmocka_unit_test(what_flaps_is_told_seldom),
        cmocka_unit_test(what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
