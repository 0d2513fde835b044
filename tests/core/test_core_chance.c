/* Chance by seed: files, Settings, webhooks, failures, clocks, slow runs,
 * orders, a store that fails and a worker that dies, as they come, for an hour
 * or so of each seed. The checker watches every action; here we ask for what it
 * cannot see: that the world comes to rest, that the newest Settings are in
 * force, and that no slot went without a verdict. Every other pair of seeds
 * keeps a journal; only there the worker dies.
 *
 *     ./dev chance 10000                     so many seeds
 *     SEED=17 build/core_test_core_chance    one, told in full */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

#define SEEDS_USUAL 300
#define STEPS       200
#define LINES_MAX   12

/* The first line never changes, and nothing keeps it from running. */
#define STEADY_MS (7 * SECOND)

static const char *const names[LINES_MAX] = {
    "steady", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"
};
static const char *const environments[] = { "production", "staging", "qa" };

struct chance {
    struct story story;
    uint64_t seed;
    struct line lines[LINES_MAX];
    struct limit limits[3];
    bool clocks;  /* the clock may be set in this seed */
    int64_t well; /* one reply of so many is bad */
};

/* The backend has a clock of its own, which nobody sets. */
static struct wall backend_now(const struct chance *chance)
{
    return (struct wall){ STORY_BEGINS_MS + chance->story.now.mono.ms };
}

static bool one_in(struct chance *chance, int64_t n)
{
    return story_between(&chance->seed, 1, n) == 1;
}

static const char *any_environment(struct chance *chance)
{
    return environments[story_between(&chance->seed, 0, 2)];
}

static uint32_t any(struct chance *chance, uint32_t most)
{
    return (uint32_t)story_between(&chance->seed, 0, most);
}

/* What its runs may do; half of the jobs are plain. */
static void line_policies(struct chance *chance, struct line *line)
{
    static const char *const origins[] = { "", "https://a", "https://b" };
    if (one_in(chance, 2))
        return;
    line->overlap = (enum overlap)any(chance, 3);
    line->most = any(chance, 3);
    line->retry = (struct retry){ 1 + any(chance, 4), any(chance, 3000),
                                  3000 + any(chance, 20000), 0 };
    if (one_in(chance, 2))
        line->catch_up = (struct catch_up){ (1 + any(chance, 20)) * MINUTE,
                                            1 + any(chance, 9) };
    line->deadline_ms = one_in(chance, 2) ? 1 + any(chance, 60000) : 0;
    line->max_runs = one_in(chance, 6) ? 1 + any(chance, 30) : 0;
    line->min_gap_ms = one_in(chance, 4) ? any(chance, 60000) : 0;
    line->alert_after = any(chance, 3);
    line->on_failure = any(chance, 1);
    line->on_success = one_in(chance, 3) ? 2 : 0;
    line->on_recover = one_in(chance, 2) ? 3 : 0;
    line->heartbeat = one_in(chance, 2) ? "https://beat" : "";
    line->origin = origins[any(chance, 2)];
}

static void line_change(struct chance *chance, struct line *line)
{
    static const int64_t every[] = { SECOND,      5 * SECOND, 30 * SECOND,
                                     77 * SECOND, 5 * MINUTE, HOUR };
    static const char *const cron[] = { "*/15 * * * *",   "30 14 * * *",
                                        "*/20 * * * * *", "7,8 * * * MON",
                                        "0 */2 1-28 * *", "1/3 14-16 * * 1-5" };
    const char *name = line->name;
    int64_t every_ms = every[story_between(&chance->seed, 0, 5)];
    *line = (struct line){
        .name = name,
        .every_ms = every_ms,
        .phase_ms = one_in(chance, 2)
                        ? story_between(&chance->seed, 0, every_ms - 1)
                        : 0,
        .group = one_in(chance, 2)
                     ? chance->limits[story_between(&chance->seed, 0, 1)].name
                     : NULL,
        .only = one_in(chance, 4) ? any_environment(chance) : NULL,
        .timeout_ms = (uint32_t)story_between(&chance->seed, 500, 40000),
        .always = one_in(chance, 4),
        .allow = one_in(chance, 3),
        .scripted = one_in(chance, 2),
        .cron =
            one_in(chance, 3) ? cron[story_between(&chance->seed, 0, 5)] : NULL,
        .jitter_ms = one_in(chance, 2) ? 10 * MINUTE : 0,
    };
    line_policies(chance, line);
}

static void file_change(struct chance *chance)
{
    struct world *world = &chance->story.world;
    for (size_t i = 1; i < LINES_MAX; i++)
        if (one_in(chance, 4))
            line_change(chance, &chance->lines[i]);
    for (size_t i = 0; i < 2; i++)
        chance->limits[i].limit = (uint32_t)story_between(&chance->seed, 1, 4);
    world->line_count = (size_t)story_between(&chance->seed, 1, LINES_MAX);
}

static void settings_change(struct chance *chance)
{
    struct facts *facts = &chance->story.world.facts;
    facts->enable_jobs = !one_in(chance, 3);
    snprintf(facts->environment, sizeof facts->environment, "%s",
             any_environment(chance));
    facts->updated = backend_now(chance);
}

static void webhook(struct chance *chance, uint64_t asker)
{
    struct claim_of_change claim =
        story_claim(one_in(chance, 2), any_environment(chance));
    if (one_in(chance, 2)) { /* it tells the truth */
        settings_change(chance);
        claim = story_claim(chance->story.world.facts.enable_jobs,
                            chance->story.world.facts.environment);
    }
    claim.has_environment = !one_in(chance, 3);
    claim.has_enable_jobs = !one_in(chance, 3);
    if (one_in(chance, 5))
        claim.at.ms =
            chance->story.now.wall.ms - story_between(&chance->seed, 1, MINUTE);
    story_webhook(&chance->story, asker, claim);
}

static void clock_change(struct chance *chance)
{
    int64_t most = one_in(chance, 2) ? 20 * SECOND : 20 * MINUTE;
    story_set_clock(&chance->story, story_between(&chance->seed, -most, most));
    story_time(&chance->story);
}

static void world_change(struct chance *chance)
{
    struct world *world = &chance->story.world;
    world->fetch = one_in(chance, 3) ? FETCH_FAILED : FETCH_OK;
    world->load = one_in(chance, 3) ? LOAD_FAILED : LOAD_OK;
    world->fetch_ms = story_between(&chance->seed, 0, 5 * SECOND);
    world->load_ms = story_between(&chance->seed, 0, 3 * SECOND);
    world->run_ms =
        story_between(&chance->seed, 0, one_in(chance, 5) ? MINUTE : SECOND);
    chance->well = one_in(chance, 3) ? 1 : story_between(&chance->seed, 2, 20);
}

/* What answers a run: mostly well; `steady` always. */
static struct reply any_reply(void *data, const struct action *act)
{
    static const struct reply replies[] = {
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER, .status = 503 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_BUSY, .status = 429 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_CLIENT, .status = 404 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_DENIED, .status = 200 },
        { .verdict = VERDICT_FAILED, .cause = CAUSE_SETUP },
        { .verdict = VERDICT_UNKNOWN, .cause = CAUSE_NETWORK },
        { .verdict = VERDICT_UNKNOWN, .cause = CAUSE_TIMEOUT },
        { .verdict = VERDICT_OK, .status = 202, .accepted = true },
    };
    struct chance *chance = data;
    if (!strcmp(act->note.name, "steady") || !one_in(chance, chance->well))
        return (struct reply){ .verdict = VERDICT_OK };
    struct reply reply = replies[any(chance, 7)];
    if (one_in(chance, 3))
        reply.retry_after_ms = any(chance, 40000);
    return reply;
}

/* ---- orders ---- */

static void any_order(struct chance *chance)
{
    struct wall now = chance->story.now.wall;
    struct order order = { .asker = 1,
                           .verb = (enum order_verb)any(chance, 3),
                           .job = names[any(chance, LINES_MAX - 1)],
                           .force = one_in(chance, 3),
                           .dry_run = one_in(chance, 4) };
    bool pause = order.verb == VERB_PAUSE;
    if (pause && !strcmp(order.job, "steady"))
        return;
    order.until.ms = now.ms + story_between(&chance->seed, -1, 5 * MINUTE);
    order.from.ms = now.ms - any(chance, 300000);
    order.to.ms =
        order.from.ms + story_between(&chance->seed, -20000, 3 * MINUTE);
    story_orders(&chance->story, order);
}

/* ---- the store ---- */

static void store_change(struct chance *chance)
{
    struct story *story = &chance->story;
    story->world.claim_ms =
        one_in(chance, 2) ? 0 : any(chance, one_in(chance, 5) ? 40000 : 500);
    story_store(story, !one_in(chance, 3));
}

/* Another hand runs the next slot of a job. */
static void any_taken(struct chance *chance)
{
    struct story *story = &chance->story;
    const struct jobset *set = core_status(story->core).set;
    if (!set)
        return;
    uint32_t index = any(chance, jobset_count(set) - 1);
    struct wall slot = core_next_slot(story->core, index);
    if (slot.ms != NEVER_MS && slot.ms > story->now.wall.ms)
        model_take(&story->model, jobset_job(set, index)->name, slot);
}

/* The worker dies, stopped or not, and lives again: mostly soon. */
static void die(struct chance *chance)
{
    struct story *story = &chance->story;
    if (!story->config.journal)
        return;
    if (one_in(chance, 2)) {
        story_stop(story);
        story_pass(story, any(chance, 20000));
    }
    story_crash(story, story->done ? SIZE_MAX : any(chance, 5));
    story_sleep(story, any(chance, one_in(chance, 4) ? 600000 : 5000));
    if (chance->clocks && one_in(chance, 8))
        story_set_clock(story,
                        story_between(&chance->seed, -5 * MINUTE, 5 * MINUTE));
    story_reborn(story);
}

/* More than there are places, whatever goes on. */
static void crowd(struct chance *chance, uint64_t asker)
{
    for (uint64_t i = 1; i <= CORE_ASKERS_MAX + 1; i++) {
        if (one_in(chance, 2))
            webhook(chance, asker + i);
        else
            story_ask(&chance->story, asker + i);
        if (one_in(chance, 8))
            story_pass(&chance->story, story_between(&chance->seed, 0, 200));
    }
}

static void something(struct chance *chance, uint64_t asker)
{
    struct story *story = &chance->story;
    switch (story_between(&chance->seed, 0, 14)) {
    case 0:
        file_change(chance);
        story_ask(story, one_in(chance, 2) ? asker : 0);
        break;
    case 1:
        settings_change(chance);
        break;
    case 2:
    case 3:
        webhook(chance, asker);
        break;
    case 4:
        if (chance->clocks)
            clock_change(chance);
        break;
    case 5:
        story_sleep(story, one_in(chance, 3)
                               ? story_between(&chance->seed, 0, 10 * MINUTE)
                               : story_between(&chance->seed, 0, 3 * SECOND));
        break;
    case 6:
        world_change(chance);
        break;
    case 7:
        story_happens(story, (struct event){ .kind = EV_VERSION });
        break;
    case 8:
        if (one_in(chance, 10))
            crowd(chance, asker);
        break;
    case 9:
    case 10:
        any_order(chance);
        break;
    case 11:
        store_change(chance);
        break;
    case 12:
        any_taken(chance);
        break;
    case 13:
        if (one_in(chance, 3))
            die(chance);
        break;
    default:
        break;
    }
    story_pass(story, story_between(&chance->seed, 0, 20 * SECOND));
}

static void chance_begin(struct chance *chance, uint64_t number, bool told)
{
    *chance = (struct chance){ .seed = number * UINT64_C(0x9e3779b97f4a7c15),
                               .limits = { { "db", 1 }, { "mail", 2 } } };
    for (size_t i = 0; i < LINES_MAX; i++) {
        chance->lines[i].name = names[i];
        line_change(chance, &chance->lines[i]);
    }
    chance->lines[0] = (struct line){
        .name = "steady", .every_ms = STEADY_MS, .always = true, .allow = true
    };
    chance->clocks = number % 2;
    struct world world = story_world(chance->lines);
    struct core_config config = story_config();
    world.limits = chance->limits;
    world.line_count = LINES_MAX;
    world.reply_of = any_reply;
    world.data = chance;
    chance->well = 10;
    config.seed = number;
    config.journal |= number / 2 % 2;
    story_begin(&chance->story, &world, &config);
    chance->story.quiet = !told;
    chance->story.aloud = told;
    story_pass(&chance->story, SECOND);
}

/* The world mends itself: in a few minutes the file and the Settings as they
 * are now must be in force, whatever failed before. */
static void chance_rest(struct chance *chance)
{
    struct story *story = &chance->story;
    struct world *world = &story->world;
    world->fetch = FETCH_OK;
    world->load = LOAD_OK;
    world->fetch_ms = world->load_ms = world->run_ms = 50;
    world->claim_ms = 0;
    story_store(story, true);
    world->facts.updated = backend_now(chance);
    story_pass(story, 3 * MINUTE);
    const struct core_status status = core_status(story->core);
    assert_false(status.unconfirmed);
    assert_int_equal(status.settings.enable_jobs, world->facts.enable_jobs);
    assert_string_equal(status.settings.environment, world->facts.environment);
    assert_int_equal(story->checker.open_asks, 0);
}

/* Where no clock was set, each slot since the first load has its verdict. */
static void steady_has_verdicts(struct chance *chance, struct wall from)
{
    struct story *story = &chance->story;
    struct wall slot = { (from.ms / STEADY_MS + 1) * STEADY_MS };
    for (; slot.ms <= story->now.wall.ms; slot.ms += STEADY_MS) {
        bool told = story->config.journal
                        ? model_told(&story->model, "steady", slot)
                        : checker_told(&story->checker, "steady", slot.ms);
        if (!told)
            fail_msg("steady: slot %lld has no verdict", (long long)slot.ms);
    }
}

static void chance_live(uint64_t number, bool told)
{
    struct chance chance;
    chance_begin(&chance, number, told);
    struct story *story = &chance.story;
    struct wall from = story->now.wall;
    for (uint64_t i = 0; i < STEPS; i++)
        something(&chance, (i + 1) * 1000);
    chance_rest(&chance);
    story_time(story);
    if (!chance.clocks)
        steady_has_verdicts(&chance, from);
    story_check(story);
    story_stop(story);
    story_pass(story, MINUTE);
    assert_true(story->done);
    assert_int_equal(story->checker.count, 0);
    story_end(story);
}

static unsigned long at_work; /* 0: none */

static unsigned long number_of(const char *name, unsigned long usual)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : usual;
}

static void the_promises_hold(void **state)
{
    (void)state;
    unsigned long one = number_of("SEED", 0);
    if (one) {
        chance_live(one, true);
        return;
    }
    unsigned long seeds = number_of("SEEDS", SEEDS_USUAL);
    for (unsigned long i = 1; i <= seeds; i++) {
        at_work = i;
        chance_live(i, false);
        if (i % 10000 == 0)
            fprintf(stderr, "%lu lives\n", i);
    }
    at_work = 0;
    fprintf(stderr, "%lu lives, no promise broken\n", seeds);
}

/* Runs after a failure as well, whose seed nobody else can tell. */
static int name_the_seed(void **state)
{
    (void)state;
    if (at_work)
        fprintf(stderr, "it was seed %lu: SEED=%lu tells it in full\n", at_work,
                at_work);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_promises_hold, name_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
