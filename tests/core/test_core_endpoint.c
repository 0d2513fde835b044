/* Stories of an origin that answers some and fails others: who does badly is
 * held back, and who does well is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "endpoints.h"
#include "story.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bad_endpoint_is_its_own),
        cmocka_unit_test(nor_are_its_attempts),
        cmocka_unit_test(each_finds_out),
        cmocka_unit_test(an_outage_is_not_called),
        cmocka_unit_test(who_is_gone_is_gone_for_all),
        cmocka_unit_test(who_failed_once_is_tried_again),
        cmocka_unit_test(what_was_is_forgiven),
        cmocka_unit_test(so_it_is_with_late_ones),
        cmocka_unit_test(a_change_is_tried),
        cmocka_unit_test(a_long_line_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
