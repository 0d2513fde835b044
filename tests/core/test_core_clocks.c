/* Stories of clocks: set forward, set back, swinging, asleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = MINUTE },
    { 0 },
};

static const struct line daily[] = {
    { .name = "daily", .every_ms = DAY, .phase_ms = 14 * HOUR + 30 * MINUTE },
    { 0 },
};

/* No polls between: only clocks. */
static void clocks_begin(struct story *story, const struct line *lines)
{
    struct world world = story_world(lines);
    struct core_config config = story_config();
    config.poll_ms = YEAR;
    story_begin(story, &world, &config);
    story_pass(story, 9 * SECOND);
    story_forget(story);
}

/* 14:07:40: the clock goes back five minutes, and the minutes come again. */
static void set_back_nothing_is_fired_twice(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story_pass(&story, 2 * MINUTE);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n"
                     "14:08:00.200 finish pump #1 ok 200 ms\n"
                     "14:09:00.000 start pump #2 slot 14:09:00\n"
                     "14:09:00.200 finish pump #2 ok 200 ms\n");
    story_set_clock(&story, -5 * MINUTE);
    story_time(&story);
    story_pass(&story, 90 * SECOND);
    story_is(&story, "14:04:40.000 jump -300000 ms\n"
                     "14:05:00.000 start pump #3 slot 14:05:00\n"
                     "14:05:00.200 finish pump #3 ok 200 ms\n"
                     "14:06:00.000 start pump #4 slot 14:06:00\n"
                     "14:06:00.200 finish pump #4 ok 200 ms\n");
    story_pass(&story, 4 * MINUTE);
    story_is(&story, "14:07:00.000 start pump #5 slot 14:07:00\n"
                     "14:07:00.200 finish pump #5 ok 200 ms\n"
                     "14:10:00.000 start pump #6 slot 14:10:00\n"
                     "14:10:00.200 finish pump #6 ok 200 ms\n");
    story_end(&story);
}

/* A slot that a small step forward leapt over is fired late. */
static void a_small_step_forward_loses_nothing(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story_set_clock(&story, 25 * SECOND);
    story_time(&story);
    story_is(&story, "14:08:05.000 jump 25000 ms\n"
                     "14:08:05.000 start pump #1 slot 14:08:00\n");
    story_end(&story);
}

/* What a large one leaps over was never lived through: it is missed. */
static void a_large_step_forward_is_no_burst(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story_set_clock(&story, 2 * HOUR);
    story_time(&story);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "16:07:40.000 jump 7200000 ms\n"
                     "16:07:40.000 pass pump missed clock 120 slots slot "
                     "14:08:00 to 16:07:00\n"
                     "16:08:00.000 start pump #1 slot 16:08:00\n"
                     "16:08:00.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* Forward over a slot by mistake, and back: what was told as missed is run when
 * it comes after all. */
static void a_step_that_is_taken_back(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, daily);
    story_set_clock(&story, HOUR);
    story_time(&story);
    story_pass(&story, 1 * SECOND);
    story_set_clock(&story, -HOUR);
    story_time(&story);
    story_pass(&story, 30 * MINUTE);
    story_is(&story, "15:07:40.000 jump 3600000 ms\n"
                     "15:07:40.000 pass daily missed clock slot 14:30:00\n"
                     "14:07:41.000 jump -3600000 ms\n"
                     "14:30:00.000 start daily #1 slot 14:30:00\n"
                     "14:30:00.200 finish daily #1 ok 200 ms\n");
    story_end(&story);
}

/* A machine that sleeps: both clocks go on, nobody looked. */
static void asleep_for_an_hour(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story_sleep(&story, HOUR);
    story_pass(&story, 30 * SECOND);
    story_is(&story, "15:07:40.000 pass pump missed late 60 slots slot "
                     "14:08:00 to 15:07:00\n"
                     "15:08:00.000 start pump #1 slot 15:08:00\n"
                     "15:08:00.200 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* Held up for two minutes, a moment after a slot: the newest is fired. */
static void held_up_over_three_slots(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story_sleep(&story, 20 * SECOND + 2 * MINUTE + 100);
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:10:00.100 pass pump missed superseded 2 slots slot "
                     "14:08:00 to 14:09:00\n"
                     "14:10:00.100 start pump #1 slot 14:10:00\n"
                     "14:10:00.300 finish pump #1 ok 200 ms\n");
    story_end(&story);
}

/* Late by more than is a surprise: missed, though no newer one is due. */
static void late_is_missed(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, daily);
    story_pass(&story, 22 * MINUTE);
    story_sleep(&story, 51 * SECOND);
    story_time(&story);
    story_is(&story, "14:30:31.000 pass daily missed late slot 14:30:00\n");
    story_end(&story);
}

/* Alarms ring up to a millisecond early; a slot never does. */
static void an_early_alarm_fires_nothing(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story_sleep(&story, 20 * SECOND - 1);
    story_time(&story);
    story_is(&story, "");
    story_sleep(&story, 1);
    story_time(&story);
    story_time(&story);
    story_is(&story, "14:08:00.000 start pump #1 slot 14:08:00\n");
    story_end(&story);
}

/* A clock that swings by an hour, twenty times: each slot once, and what the
 * core remembers does not grow. */
static void a_swinging_clock(void **state)
{
    (void)state;
    struct story story;
    clocks_begin(&story, pumps);
    story.quiet = true;
    for (int i = 0; i < 20; i++) {
        story_set_clock(&story, i % 2 ? -HOUR : HOUR);
        story_time(&story);
        story_pass(&story, 3 * MINUTE);
    }
    assert_in_range(story.checker.starts, 58, 60);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_back_nothing_is_fired_twice),
        cmocka_unit_test(a_small_step_forward_loses_nothing),
        cmocka_unit_test(a_large_step_forward_is_no_burst),
        cmocka_unit_test(a_step_that_is_taken_back),
        cmocka_unit_test(asleep_for_an_hour),
        cmocka_unit_test(held_up_over_three_slots),
        cmocka_unit_test(late_is_missed),
        cmocka_unit_test(an_early_alarm_fires_nothing),
        cmocka_unit_test(a_swinging_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
