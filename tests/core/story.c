/* The world of a story: it answers what the core asks for, in virtual time.
 *
 * Each step of the core happens at the story's clock. Its actions are checked
 * and told, and those that want an answer put one among the coming events,
 * which story_pass() delivers when their time has come. */
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/memory.h"
#include "tell.h"

#define TRACE_BYTES_MAX (1 << 20)
#define STEPS_MAX       10000 /* at one instant: the core turns in circles */

struct core_config story_config(void)
{
    return (struct core_config){ .seed = 1,
                                 .primary = true,
                                 .fetches = true,
                                 .poll_ms = MINUTE,
                                 .drain_ms = 30 * SECOND };
}

struct facts story_facts(void)
{
    return (struct facts){ .enable_jobs = true,
                           .environment = "production",
                           .updated = { STORY_BEGINS_MS } };
}

struct world story_world(const struct line *lines)
{
    return (struct world){ .lines = lines,
                           .facts = story_facts(),
                           .fetch_ms = 20,
                           .load_ms = 30,
                           .run_ms = 200 };
}

void story_begin(struct story *story, const struct world *world,
                 const struct core_config *config)
{
    *story = (struct story){ .world = *world };
    story->now.wall.ms = STORY_BEGINS_MS;
    story->now.mono.ms = 5000;
    text_init(&story->trace, TRACE_BYTES_MAX);
    struct core_config usual = story_config();
    story->core = core_new(config ? config : &usual, story->now);
}

void story_in_force(struct story *story, const struct world *world)
{
    story_begin(story, world, NULL);
    story_pass(story, 9 * SECOND);
    assert_int_equal(core_status(story->core).generation, 1);
    story_forget(story);
}

static void coming_close(struct story *story)
{
    for (size_t i = 0; i < story->coming_count; i++)
        if (story->coming[i].event.kind == EV_LOADED)
            jobset_unref(story->coming[i].event.loaded.set);
    free(story->coming);
}

void story_end(struct story *story)
{
    assert_int_equal(story->checker.starts - story->checker.finishes,
                     story->checker.count);
    core_free(story->core);
    coming_close(story);
    update_close(&story->update);
    text_close(&story->trace);
    checker_close(&story->checker);
}

/* ---- the schedule file ---- */

static uint32_t limit_find(const struct world *world, const char *name)
{
    if (!name)
        return JOB_NO_GROUP;
    uint32_t i = 0;
    while (strcmp(world->limits[i].name, name))
        i++;
    return i;
}

static enum standing line_standing(const struct line *line,
                                   const struct action *load)
{
    if (line->only && strcmp(line->only, load->load.environment))
        return STANDING_ENVIRONMENT;
    return load->load.enable_jobs || line->always ? STANDING_SCHEDULED
                                                  : STANDING_JOBS_OFF;
}

static bool line_is(const struct world *world, size_t i)
{
    return world->line_count ? i < world->line_count
                             : world->lines && world->lines[i].name;
}

static struct schedule schedule_of(const struct line *line)
{
    if (!line->cron && !line->slot_count)
        return (struct schedule){ line->every_ms, line->phase_ms, NULL };
    const struct term term = { .kind = line->cron ? TERM_CRON : TERM_LIST,
                               .text = line->cron ? line->cron : "",
                               .slots_ms = line->slots_ms,
                               .slot_count = line->slot_count };
    const struct rules_spec spec = { .terms = &term,
                                     .term_count = 1,
                                     .jitter_ms = line->jitter_ms,
                                     .from = { EVER_MS },
                                     .until = { NEVER_MS } };
    struct error err = { "" };
    struct rules *rules = rules_new(&spec, line->name, zone_utc(), &err);
    if (!rules)
        fail_msg("%s: %s", line->name, err.text);
    return (struct schedule){ .rules = rules };
}

static struct jobset *jobset_of(const struct world *world,
                                const struct action *load)
{
    struct jobset *set = jobset_new();
    for (const struct limit *l = world->limits; l && l->name; l++)
        assert_true(jobset_add_group(set, l->name, l->limit));
    for (size_t i = 0; line_is(world, i); i++) {
        const struct line *line = &world->lines[i];
        struct job job = {
            .name = line->name,
            .target = "/api/job",
            .body = "{}",
            .headers = "",
            .file = "schedules.lua",
            .label = "",
            .schedule = schedule_of(line),
            .base_every_ms = line->every_ms,
            .line = (uint32_t)i + 1,
            .timeout_ms = line->timeout_ms ? line->timeout_ms : 30000,
            .group = limit_find(world, line->group),
            .function = line->scripted ? (uint32_t)i + 1 : 0,
            .method = METHOD_POST,
            .overlap = line->allow ? OVERLAP_ALLOW : OVERLAP_SKIP,
            .standing = (uint8_t)line_standing(line, load),
            .always = line->always,
        };
        assert_true(jobset_add(set, &job));
    }
    jobset_seal(set);
    return set;
}

/* ---- the world's answers ---- */

static void comes(struct story *story, int64_t after_ms, struct event event)
{
    if ((story->coming_count & (story->coming_count - 1)) == 0)
        story->coming = memory_resize(
            story->coming, story->coming_count * 2 + 1, sizeof *story->coming);
    story->coming[story->coming_count++] =
        (struct coming){ .due = { story->now.mono.ms + after_ms },
                         .order = ++story->order,
                         .event = event };
}

static struct event event_fetched(const struct story *story,
                                  enum fetch_outcome outcome)
{
    struct event event = { .kind = EV_FETCHED };
    event.fetched.outcome = outcome;
    event.fetched.facts = story->world.facts;
    return event;
}

static struct event event_loaded(const struct story *story,
                                 enum load_outcome outcome)
{
    struct event event = { .kind = EV_LOADED };
    event.loaded.outcome = outcome;
    if (outcome == LOAD_OK)
        event.loaded.set = jobset_of(&story->world, &story->load);
    return event;
}

static void answer(struct story *story, const struct action *act)
{
    const struct world *world = &story->world;
    struct event event = { .kind = EV_ANSWER };
    switch (act->kind) {
    case ACT_FETCH:
        story->fetches++;
        if (world->fetch_ms >= 0)
            comes(story, world->fetch_ms, event_fetched(story, world->fetch));
        break;
    case ACT_LOAD:
        story->loads++;
        story->load = *act;
        if (world->load_ms >= 0)
            comes(story, world->load_ms, event_loaded(story, world->load));
        break;
    case ACT_START:
        event.answer.run = act->note.run;
        event.answer.verdict = VERDICT_OK;
        if (world->run_ms >= 0)
            comes(story, world->run_ms, event);
        break;
    case ACT_CANCEL: /* the world obeys at once; a second answer is dropped */
        event.answer.run = act->cancel.run;
        event.answer.verdict = VERDICT_UNKNOWN;
        comes(story, 1, event);
        break;
    case ACT_DONE:
        story->done = true;
        break;
    default:
        break;
    }
}

void story_happens(struct story *story, struct event event)
{
    event.now = story->now;
    story->update.count = 0;
    core_step(story->core, &event, &story->update);
    for (size_t i = 0; i < story->update.count; i++) {
        const struct action *act = &story->update.actions[i];
        checker_see(&story->checker, story->core, act);
        if (!story->quiet)
            tell(&story->trace, story->now.wall, &story->checker, act);
        if (story->aloud) {
            fputs(story->trace.data, stdout);
            story_forget(story);
        }
        answer(story, act);
    }
}

/* ---- time ---- */

static size_t coming_first(const struct story *story)
{
    size_t first = 0;
    for (size_t i = 1; i < story->coming_count; i++) {
        const struct coming *a = &story->coming[i];
        const struct coming *b = &story->coming[first];
        if (a->due.ms < b->due.ms ||
            (a->due.ms == b->due.ms && a->order < b->order))
            first = i;
    }
    return first;
}

/* How long until the core wants to be called; 0 where it is late. */
static int64_t core_wait(const struct story *story)
{
    struct core_deadline due = core_deadline(story->core);
    int64_t wait = YEAR;
    if (due.wall.ms != NEVER_MS && due.wall.ms - story->now.wall.ms < wait)
        wait = due.wall.ms - story->now.wall.ms;
    if (due.mono.ms < story->now.mono.ms + wait)
        wait = due.mono.ms - story->now.mono.ms;
    return wait > 0 ? wait : 0;
}

/* One thing happens at or before `until`, or nothing and false. */
static bool story_next(struct story *story, struct mono until)
{
    int64_t wait = core_wait(story);
    size_t first = coming_first(story);
    bool world = story->coming_count &&
                 story->coming[first].due.ms - story->now.mono.ms <= wait;
    if (world)
        wait = story->coming[first].due.ms - story->now.mono.ms;
    if (wait > until.ms - story->now.mono.ms)
        return false;
    story_sleep(story, wait > 0 ? wait : 0);
    struct event event = { .kind = EV_TIME };
    if (world) {
        event = story->coming[first].event;
        story->coming[first] = story->coming[--story->coming_count];
    }
    story_happens(story, event);
    return true;
}

void story_pass(struct story *story, int64_t ms)
{
    struct mono until = { story->now.mono.ms + ms };
    struct mono before = story->now.mono;
    for (int steps = 0; story_next(story, until) && !story->done; steps++) {
        if (story->now.mono.ms > before.ms)
            steps = 0;
        before = story->now.mono;
        if (steps > STEPS_MAX + (int)story->coming_count)
            fail_msg("the core asks to be called again and again");
    }
    if (until.ms > story->now.mono.ms)
        story_sleep(story, until.ms - story->now.mono.ms);
}

void story_sleep(struct story *story, int64_t ms)
{
    story->now.wall.ms += ms;
    story->now.mono.ms += ms;
}

void story_set_clock(struct story *story, int64_t by_ms)
{
    story->now.wall.ms += by_ms;
}

/* ---- what happens ---- */

void story_time(struct story *story)
{
    story_happens(story, (struct event){ .kind = EV_TIME });
}

void story_stop(struct story *story)
{
    story_happens(story, (struct event){ .kind = EV_STOP });
}

void story_ask(struct story *story, uint64_t asker)
{
    struct event event = { .kind = EV_ASK };
    event.ask.asker = asker;
    event.ask.cause = asker ? ASK_COMMAND : ASK_SIGNAL;
    checker_ask(&story->checker, asker);
    story_happens(story, event);
}

void story_webhook(struct story *story, uint64_t asker,
                   struct claim_of_change claim)
{
    struct event event = { .kind = EV_ASK };
    event.ask.asker = asker;
    event.ask.cause = ASK_WEBHOOK;
    event.ask.claim = claim;
    if (!claim.at.ms)
        event.ask.claim.at = story->now.wall;
    checker_ask(&story->checker, asker);
    story_happens(story, event);
}

struct claim_of_change story_claim(bool enable_jobs, const char *environment)
{
    struct claim_of_change claim = { .has_enable_jobs = true,
                                     .enable_jobs = enable_jobs,
                                     .has_environment = true };
    snprintf(claim.environment, sizeof claim.environment, "%s", environment);
    return claim;
}

void story_fetched(struct story *story, enum fetch_outcome outcome)
{
    story_happens(story, event_fetched(story, outcome));
}

void story_loaded(struct story *story, enum load_outcome outcome)
{
    story_happens(story, event_loaded(story, outcome));
}

void story_answers(struct story *story, uint32_t number, enum verdict verdict)
{
    struct event event = { .kind = EV_ANSWER };
    event.answer.run = checker_run(&story->checker, number);
    event.answer.verdict = verdict;
    story_happens(story, event);
}

void story_naps(struct story *story, uint32_t number, int64_t nap_ms)
{
    struct event event = { .kind = EV_NAP };
    event.nap.run = checker_run(&story->checker, number);
    event.nap.nap_ms = nap_ms;
    story_happens(story, event);
}

/* ---- comparing ---- */

void story_is_at(struct story *story, const char *expected, int line)
{
    if (!strcmp(story->trace.data, expected)) {
        story_forget(story);
        return;
    }
    size_t same = 0;
    const char *a = expected, *b = story->trace.data;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            same = i + 1;
    fail_msg("line %d: the story goes\n%s\nand from here expected was\n%s"
             "but it went on\n%s",
             line, b, a + same, b + same);
}

void story_forget(struct story *story)
{
    text_clear(&story->trace);
}

/* ---- chance ---- */

uint64_t story_random(uint64_t *seed)
{
    *seed ^= *seed << 13; /* xorshift */
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

int64_t story_between(uint64_t *seed, int64_t from, int64_t to)
{
    return from + (int64_t)(story_random(seed) % (uint64_t)(to - from + 1));
}
