/* Stories of webhooks: their values count at once, later fetches confirm them,
 * and a storm of them is two loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = 15 * MINUTE },
    { .name = "beat", .every_ms = 15 * MINUTE, .always = true },
    { 0 },
};

/* Payload sends its hook inside the transaction: the first two fetches still
 * have the old values. */
static void its_values_count_at_once(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story_webhook(&story, 7, story_claim(false, "production"));
    story_pass(&story, 100);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs off in \"production\", unconfirmed\n"
             "14:07:40.030 swap generation 2: +0 ~0 -1 =1\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 7 done, generation 2: +0 ~0 -1 =1\n");
    assert_true(core_status(story.core).unconfirmed);
    story_pass(&story, 4 * SECOND);
    story.world.facts.enable_jobs = false;
    story.world.facts.updated = story.now.wall;
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:07:42.000 fetch\n"
                     "14:07:50.000 fetch\n");
    assert_false(core_status(story.core).unconfirmed);
    story_end(&story);
}

static void what_is_never_committed_is_not_believed(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story_webhook(&story, 7, story_claim(false, "production"));
    story_pass(&story, 12 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs off in \"production\", unconfirmed\n"
             "14:07:40.030 swap generation 2: +0 ~0 -1 =1\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 7 done, generation 2: +0 ~0 -1 =1\n"
             "14:07:42.000 fetch\n"
             "14:07:50.000 fetch\n"
             "14:07:50.020 load 3: jobs on in \"production\"\n"
             "14:07:50.050 swap generation 3: +1 ~0 -0 =1\n"
             "14:07:50.050 retire 2\n");
    assert_false(core_status(story.core).unconfirmed);
    assert_true(core_status(story.core).settings.enable_jobs);
    story_end(&story);
}

/* Somebody else changed Settings after the webhook was sent. */
static void a_newer_word_of_the_backend_wins(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story_webhook(&story, 7, story_claim(true, "staging"));
    story_pass(&story, 1 * SECOND);
    strcpy(story.world.facts.environment, "qa");
    story.world.facts.updated = story.now.wall;
    story_pass(&story, 5 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs on in \"staging\", unconfirmed\n"
             "14:07:40.030 swap generation 2: +0 ~0 -0 =2\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 7 done, generation 2: +0 ~0 -0 =2\n"
             "14:07:42.000 fetch\n"
             "14:07:42.020 load 3: jobs on in \"qa\"\n"
             "14:07:42.050 swap generation 3: +0 ~0 -0 =2\n"
             "14:07:42.050 retire 2\n");
    assert_string_equal(core_status(story.core).settings.environment, "qa");
    story_end(&story);
}

static void an_older_webhook_changes_nothing(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    struct claim_of_change claim = story_claim(false, "staging");
    claim.at.ms = STORY_BEGINS_MS - 1;
    story_webhook(&story, 7, claim);
    story_is(&story, "14:07:40.000 reply 7 stale, generation 1: +0 ~0 -0 =2\n");
    claim.at = story.now.wall;
    story_webhook(&story, 8, claim);
    story_pass(&story, 1 * SECOND);
    claim.at.ms -= 1;
    story_webhook(&story, 9, claim);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs off in \"staging\", unconfirmed\n"
             "14:07:40.030 swap generation 2: +0 ~0 -1 =1\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 8 done, generation 2: +0 ~0 -1 =1\n"
             "14:07:41.000 reply 9 stale, generation 2: +0 ~0 -0 =1\n");
    story_end(&story);
}

/* What was meant first comes last: the newer one stays in force. */
static void webhooks_out_of_order(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.world.fetch_ms = BY_HAND;
    struct claim_of_change later = story_claim(true, "staging");
    struct claim_of_change earlier = story_claim(false, "production");
    earlier.at.ms = story.now.wall.ms - 200;
    later.at.ms = story.now.wall.ms - 100;
    story_webhook(&story, 1, later);
    story_webhook(&story, 2, earlier);
    story_pass(&story, 100);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs on in \"staging\", unconfirmed\n"
             "14:07:40.000 reply 2 stale, generation 1: +0 ~0 -0 =2\n"
             "14:07:40.030 swap generation 2: +0 ~0 -0 =2\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 1 done, generation 2: +0 ~0 -0 =2\n");
    story_end(&story);
}

/* Each names one field: together they name both. */
static void webhooks_add_up(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    struct claim_of_change claim = { .has_enable_jobs = true };
    story_webhook(&story, 1, claim);
    story_pass(&story, 100);
    claim = story_claim(true, "staging");
    claim.has_enable_jobs = false;
    story_webhook(&story, 2, claim);
    story_pass(&story, 1500);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs off in \"production\", unconfirmed\n"
             "14:07:40.030 swap generation 2: +0 ~0 -1 =1\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 1 done, generation 2: +0 ~0 -1 =1\n"
             "14:07:40.300 fetch\n"
             "14:07:40.300 load 3: jobs off in \"staging\", unconfirmed\n"
             "14:07:40.330 swap generation 3: +0 ~0 -0 =1\n"
             "14:07:40.330 retire 2\n"
             "14:07:40.330 reply 2 done, generation 3: +0 ~0 -0 =1\n");
    story_end(&story);
}

static void a_bare_webhook_asks_the_backend_first(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    strcpy(story.world.facts.environment, "staging");
    story_webhook(&story, 7, (struct claim_of_change){ 0 });
    story_pass(&story, 1 * SECOND);
    story_is(&story, "14:07:40.000 fetch\n"
                     "14:07:40.020 load 2: jobs on in \"staging\"\n"
                     "14:07:40.050 swap generation 2: +0 ~0 -0 =2\n"
                     "14:07:40.050 retire 1\n"
                     "14:07:40.050 reply 7 done, generation 2: +0 ~0 -0 =2\n");
    story_end(&story);
}

static void a_backend_that_is_away_changes_nothing(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.world.fetch = FETCH_FAILED;
    story_webhook(&story, 7, (struct claim_of_change){ 0 });
    story_pass(&story, 1 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.020 reply 7 fetch failed, generation 1: +0 ~0 -0 =2\n"
             "14:07:41.000 fetch\n");
    story_webhook(&story, 8, story_claim(false, "production"));
    story_pass(&story, 100);
    story.world.fetch = FETCH_OK;
    story.world.facts.enable_jobs = false;
    story_is(&story,
             "14:07:41.000 load 2: jobs off in \"production\", unconfirmed\n"
             "14:07:41.030 swap generation 2: +0 ~0 -1 =1\n"
             "14:07:41.030 retire 1\n"
             "14:07:41.030 reply 8 done, generation 2: +0 ~0 -1 =1\n");
    story_pass(&story, 5 * SECOND);
    assert_false(core_status(story.core).unconfirmed);
    story_end(&story);
}

/* A hundred in a second: the first is loaded at once, all that followed are
 * one load. Of those only the newest waits for it: the others are let go as
 * the next one comes. */
static void a_storm_is_two_loads(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    for (uint64_t i = 0; i < 100; i++) {
        char environment[16];
        snprintf(environment, sizeof environment, "staging%u", (unsigned)i);
        story_webhook(&story, i + 1, story_claim(true, environment));
        assert_in_range(story.checker.open_asks, 1, 2);
        story_pass(&story, 9);
    }
    assert_int_equal(story.loads, 2);
    assert_int_equal(story.checker.open_asks, 1);
    story_forget(&story);
    story_pass(&story, 1 * SECOND);
    story_is(&story,
             "14:07:41.000 fetch\n"
             "14:07:41.000 load 3: jobs on in \"staging99\", unconfirmed\n"
             "14:07:41.030 swap generation 3: +0 ~0 -0 =2\n"
             "14:07:41.030 retire 2\n"
             "14:07:41.030 reply 100 done, generation 3: +0 ~0 -0 =2\n");
    story_end(&story);
}

/* All within a moment: they wait for a lull, not for a whole second. */
static void a_burst_is_over_when_nobody_asks(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story_webhook(&story, 1, story_claim(false, "production"));
    story_webhook(&story, 2, story_claim(true, "staging"));
    story_pass(&story, 10);
    story_webhook(&story, 3, story_claim(true, "qa"));
    story_pass(&story, 1 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs off in \"production\", unconfirmed\n"
             "14:07:40.010 reply 2 superseded, generation 1: +0 ~0 -0 =2\n"
             "14:07:40.030 swap generation 2: +0 ~0 -1 =1\n"
             "14:07:40.030 retire 1\n"
             "14:07:40.030 reply 1 done, generation 2: +0 ~0 -1 =1\n"
             "14:07:40.210 fetch\n"
             "14:07:40.210 load 3: jobs on in \"qa\", unconfirmed\n"
             "14:07:40.240 swap generation 3: +1 ~0 -0 =1\n"
             "14:07:40.240 retire 2\n"
             "14:07:40.240 reply 3 done, generation 3: +1 ~0 -0 =1\n");
    story_end(&story);
}

/* Lulls do not add up: in no second are there three. */
static void a_third_load_waits_for_the_second_to_be_over(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.quiet = true;
    for (uint64_t i = 1; i <= 30; i++) {
        story_webhook(&story, i, story_claim(i % 2, "production"));
        story_pass(&story, RELOAD_LULL_MS + 50);
    }
    assert_in_range(story.loads - 1, 8, 16); /* in 7.5 s */
    story_pass(&story, 1 * SECOND);
    assert_int_equal(story.checker.open_asks, 0);
    story_end(&story);
}

/* A bare webhook, one with values, and a bare one again, while a load hangs:
 * whoever waits for that next load, only the newest is told how it went. */
static void the_newest_webhook_is_told(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.world.load_ms = BY_HAND;
    const struct claim_of_change bare = { 0 };
    story_webhook(&story, 1, story_claim(false, "production"));
    story_webhook(&story, 2, bare);
    story_pass(&story, 500);
    story_webhook(&story, 3, story_claim(true, "staging"));
    story_webhook(&story, 4, bare);
    story_pass(&story, 1 * SECOND);
    story.world.load_ms = 30;
    story_loaded(&story, LOAD_FAILED);
    story_pass(&story, 400);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.000 load 2: jobs off in \"production\", unconfirmed\n"
             "14:07:40.200 fetch\n"
             "14:07:40.500 reply 2 superseded, generation 1: +0 ~0 -0 =2\n"
             "14:07:41.000 fetch\n"
             "14:07:41.020 reply 3 superseded, generation 1: +0 ~0 -0 =2\n"
             "14:07:41.500 reply 1 load failed, generation 1: +0 ~0 -0 =2\n"
             "14:07:41.500 load 3: jobs on in \"staging\", unconfirmed\n"
             "14:07:41.530 swap generation 3: +0 ~0 -0 =2\n"
             "14:07:41.530 retire 1\n"
             "14:07:41.530 reply 4 done, generation 3: +0 ~0 -0 =2\n");
    story_end(&story);
}

/* Somebody sits before each of them. */
static void command_lines_are_all_told(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    world.load = LOAD_OK;
    story_in_force(&story, &world);
    story_ask(&story, 1);
    story_webhook(&story, 2, story_claim(true, "staging"));
    story_ask(&story, 3);
    story_ask(&story, 4);
    story_webhook(&story, 5, story_claim(true, "qa"));
    story_is(&story, "14:07:40.000 fetch\n"
                     "14:07:40.000 load 2: jobs on in \"staging\", "
                     "unconfirmed\n");
    assert_int_equal(story.checker.open_asks, 5);
    story_pass(&story, 2 * SECOND);
    assert_int_equal(story.checker.open_asks, 0);
    story_end(&story);
}

/* A load hangs, and far more ask than there are places: who finds none is told
 * at once, and the last of them is loaded all the same. */
static void more_ask_than_there_are_places(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.world.load_ms = BY_HAND;
    story.quiet = true;
    const uint64_t crowd = 3 * CORE_ASKERS_MAX;
    for (uint64_t i = 1; i <= crowd; i++)
        story_ask(&story, i);
    story.quiet = false;
    story_webhook(&story, crowd + 1, story_claim(true, "staging"));
    story_is(&story,
             "14:07:40.000 reply 193 busy, generation 1: +0 ~0 -0 =2\n"
             "14:07:40.000 load 2: jobs on in \"staging\", unconfirmed\n");
    assert_int_equal(story.checker.open_asks, CORE_ASKERS_MAX);
    story_pass(&story, 50);
    story_loaded(&story, LOAD_FAILED);
    story.world.load_ms = 30;
    story_pass(&story, 3 * SECOND);
    assert_string_equal(core_status(story.core).settings.environment,
                        "staging");
    assert_int_equal(story.checker.open_asks, 0);
    story_end(&story);
}

/* The newest ask found no place: still a fetch begins after it, and what that
 * says is loaded, by force where it wanted that. */
static void the_last_ask_is_followed_by_a_fetch(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.world.fetch_ms = BY_HAND;
    story.quiet = true;
    for (uint64_t i = 1; i <= CORE_ASKERS_MAX + 1; i++)
        story_ask(&story, i);
    assert_int_equal(story.fetches, 2); /* the boot's, and the first's */
    assert_int_equal(story.checker.open_asks, CORE_ASKERS_MAX);
    story_ask(&story, 0);
    story_fetched(&story, FETCH_NOT_MODIFIED);
    story.world.fetch_ms = 20;
    strcpy(story.world.facts.environment, "staging");
    story_pass(&story, 3 * SECOND);
    assert_int_equal(story.fetches, 3);
    assert_string_equal(core_status(story.core).settings.environment,
                        "staging");
    assert_int_equal(story.checker.open_asks, 0);
    story_end(&story);
}

/* Many signals while a fetch hangs are one, and take no place. */
static void signals_take_no_place(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    story.world.load = LOAD_UNCHANGED;
    story.world.fetch_ms = 500;
    for (uint64_t i = 0; i < 3 * CORE_ASKERS_MAX; i++)
        story_ask(&story, 0);
    story_ask(&story, 7);
    story_pass(&story, 3 * SECOND);
    story_is(&story,
             "14:07:40.000 fetch\n"
             "14:07:40.500 fetch\n"
             "14:07:40.500 load 2: jobs on in \"production\"\n"
             "14:07:41.500 load 3: jobs on in \"production\"\n"
             "14:07:41.530 reply 7 unchanged, generation 1: +0 ~0 -0 =2\n");
    story_end(&story);
}

/* The answer of a job names a version that we do not have. */
static void news_in_an_answer_is_fetched(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_in_force(&story, &world);
    strcpy(story.world.facts.environment, "staging");
    for (int i = 0; i < 3; i++) {
        story_happens(&story, (struct event){ .kind = EV_VERSION });
        story_pass(&story, 1 * SECOND);
    }
    story_is(&story, "14:07:40.000 fetch\n"
                     "14:07:40.020 load 2: jobs on in \"staging\"\n"
                     "14:07:40.050 swap generation 2: +0 ~0 -0 =2\n"
                     "14:07:40.050 retire 1\n");
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_values_count_at_once),
        cmocka_unit_test(what_is_never_committed_is_not_believed),
        cmocka_unit_test(a_newer_word_of_the_backend_wins),
        cmocka_unit_test(an_older_webhook_changes_nothing),
        cmocka_unit_test(webhooks_out_of_order),
        cmocka_unit_test(webhooks_add_up),
        cmocka_unit_test(a_bare_webhook_asks_the_backend_first),
        cmocka_unit_test(a_backend_that_is_away_changes_nothing),
        cmocka_unit_test(a_storm_is_two_loads),
        cmocka_unit_test(a_burst_is_over_when_nobody_asks),
        cmocka_unit_test(a_third_load_waits_for_the_second_to_be_over),
        cmocka_unit_test(the_newest_webhook_is_told),
        cmocka_unit_test(command_lines_are_all_told),
        cmocka_unit_test(more_ask_than_there_are_places),
        cmocka_unit_test(the_last_ask_is_followed_by_a_fetch),
        cmocka_unit_test(signals_take_no_place),
        cmocka_unit_test(news_in_an_answer_is_fetched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
