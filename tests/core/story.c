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
                                 .journal = getenv("JOURNAL") != NULL,
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
    story->config = config ? *config : story_config();
    story->checker.journal = story->config.journal;
    story->core = core_new(&story->config, story->now);
}

static void story_settles(struct story *story)
{
    story_pass(story, 9 * SECOND);
    assert_int_equal(core_status(story->core).generation, 1);
    story_forget(story);
}

void story_in_force(struct story *story, const struct world *world)
{
    story_begin(story, world, NULL);
    story_settles(story);
}

static void story_with(struct story *story, const struct world *world,
                       bool journal)
{
    struct core_config config = story_config();
    config.journal = journal;
    config.poll_ms = YEAR;
    story_begin(story, world, &config);
    story_settles(story);
}

void story_calm(struct story *story, const struct world *world)
{
    story_with(story, world, story_config().journal);
}

void story_recorded(struct story *story, const struct world *world)
{
    story_with(story, world, true);
}

void story_unrecorded(struct story *story, const struct world *world)
{
    story_with(story, world, false);
}

static void coming_close(struct story *story)
{
    for (size_t i = 0; i < story->coming_count; i++)
        if (story->coming[i].event.kind == EV_LOADED)
            jobset_unref(story->coming[i].event.loaded.set);
    free(story->coming);
    story->coming = NULL;
    story->coming_count = 0;
    story->committing = false;
}

void story_check(struct story *story)
{
    if (story->config.primary && !story->checker.stopping)
        checker_end(&story->checker, story->core, &story->model,
                    story->stepped);
}

void story_end(struct story *story)
{
    while (model_pending(&story->model))
        model_commit(&story->model);
    story_check(story);
    core_free(story->core);
    coming_close(story);
    model_close(&story->model);
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

static struct retry retry_of(const struct line *line)
{
    struct retry retry = line->retry;
    if (!retry.on)
        retry.on = RETRY_ON_USUAL;
    return retry;
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
            .origin = line->origin ? line->origin : "",
            .heartbeat = line->heartbeat ? line->heartbeat : "",
            .schedule = schedule_of(line),
            .base_every_ms = line->every_ms,
            .line = (uint32_t)i + 1,
            .timeout_ms = line->timeout_ms ? line->timeout_ms : 30000,
            .group = limit_find(world, line->group),
            .function = line->scripted ? (uint32_t)i + 1 : 0,
            .method = METHOD_POST,
            .overlap = (uint8_t)(line->allow ? OVERLAP_ALLOW : line->overlap),
            .overlap_max = line->most,
            .retry = retry_of(line),
            .catch_up = line->catch_up,
            .deadline_ms = line->deadline_ms,
            .min_gap_ms = line->min_gap_ms,
            .max_runs = line->max_runs,
            .alert_after = line->alert_after,
            .on_failure = line->on_failure,
            .on_success = line->on_success,
            .on_recover = line->on_recover,
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

static struct event event_answer(struct run_id run, struct reply reply)
{
    struct event event = { .kind = EV_ANSWER };
    event.answer.run = run;
    event.answer.verdict = reply.verdict;
    event.answer.cause = reply.cause;
    event.answer.status = reply.status;
    event.answer.accepted = reply.accepted;
    event.answer.sent = reply.verdict == VERDICT_UNKNOWN || reply.status;
    event.answer.retry_after_ms =
        reply.retry_after_ms ? reply.retry_after_ms : -1;
    return event;
}

static struct reply next_reply(struct world *world, const struct action *act)
{
    if (world->reply_count == 0)
        return world->reply_of ? world->reply_of(world->data, act)
                               : world->reply;
    world->reply_count--;
    return *world->replies++;
}

static void answer(struct story *story, const struct action *act)
{
    struct world *world = &story->world;
    const struct reply cancelled = { .verdict = VERDICT_UNKNOWN };
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
    case ACT_POLL:
        if (world->run_ms >= 0)
            comes(story, world->run_ms,
                  event_answer(act->note.run, next_reply(world, act)));
        break;
    case ACT_HOOK:
        if (world->run_ms >= 0)
            comes(story, world->run_ms,
                  event_answer(act->note.run, (struct reply){ 0 }));
        break;
    case ACT_CANCEL: /* the world obeys at once; a second answer is dropped */
        comes(story, 1, event_answer(act->cancel.note.run, cancelled));
        break;
    case ACT_DONE:
        story->done = true;
        break;
    default:
        break;
    }
}

/* ---- what is written down ---- */

/* Claims are answered in the order of their commits, after all of them. */
void story_commit(struct story *story)
{
    struct model_claim *claims = NULL;
    size_t count = 0;
    while (model_pending(&story->model)) {
        struct model_claim claim = model_commit(&story->model);
        if (!claim.run.value)
            continue;
        claims = memory_resize(claims, count + 1, sizeof *claims);
        claims[count++] = claim;
    }
    for (size_t i = 0; i < count; i++) {
        struct event event = { .kind = EV_CLAIMED };
        event.claimed.run = claims[i].run;
        event.claimed.outcome = claims[i].outcome;
        event.claimed.epoch = claims[i].epoch;
        checker_claimed(&story->checker, claims[i].run, claims[i].outcome,
                        claims[i].epoch);
        story_happens(story, event);
    }
    free(claims);
}

static void commit_soon(struct story *story)
{
    int64_t after_ms = story->world.claim_ms;
    if (!model_pending(&story->model) || story->store_ill)
        return;
    if (after_ms == 0) {
        story_commit(story);
        return;
    }
    if (after_ms < 0 || story->committing)
        return;
    story->committing = true;
    comes(story, after_ms, (struct event){ .kind = EV_TIME });
    story->coming[story->coming_count - 1].commit = true;
}

void story_store(struct story *story, bool well)
{
    struct event event = { .kind = EV_STORE };
    event.store.well = well;
    story->store_ill = !well;
    story_happens(story, event);
}

/* ---- a step ---- */

static bool is_told(const struct story *story, const struct action *act)
{
    bool written = act->kind == ACT_LANES || act->kind == ACT_CLAIM ||
                   act->kind == ACT_WAIT;
    bool hook = act->kind == ACT_DROP && act->note.function;
    return !story->quiet && (story->thorough || !(written || hook));
}

static void story_sees(struct story *story, const struct action *act)
{
    checker_see(&story->checker, story->core, act, story->now.wall);
    if (story->config.journal)
        model_write(&story->model, story->core, act, story->now.wall);
    if (is_told(story, act))
        tell(&story->trace, story->now.wall, &story->checker, act);
    if (story->aloud) {
        fputs(story->trace.data, stdout);
        story_forget(story);
    }
    answer(story, act);
}

void story_happens(struct story *story, struct event event)
{
    event.now = story->now;
    story->stepped = story->now.wall;
    story->checker.stopping |= event.kind == EV_STOP;
    story->update.count = 0;
    core_step(story->core, &event, &story->update);
    for (size_t i = 0; i < story->update.count; i++)
        story_sees(story, &story->update.actions[i]);
    commit_soon(story);
}

/* ---- lives ---- */

void story_crash(struct story *story, size_t keep)
{
    story->checker.attempt_lost |= model_die(&story->model, keep);
    checker_restart(&story->checker, &story->model);
    core_free(story->core);
    story->core = NULL;
    coming_close(story);
    story->done = false;
}

void story_reborn(struct story *story)
{
    story->config.memory = model_memory(&story->model);
    story->store_ill = false;
    story->core = core_new(&story->config, story->now);
}

void story_restart(struct story *story, int64_t down_ms)
{
    story_crash(story, story->done ? SIZE_MAX : 0);
    story_sleep(story, down_ms);
    story_reborn(story);
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
    struct coming coming = { .event = { .kind = EV_TIME } };
    if (world) {
        coming = story->coming[first];
        story->coming[first] = story->coming[--story->coming_count];
    }
    if (coming.commit) {
        story->committing = false;
        if (!story->store_ill)
            story_commit(story);
        return true;
    }
    story_happens(story, coming.event);
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
    story->checker.set_back |= by_ms < 0; /* a dead worker sees no jump */
    story->model.set_back |= by_ms < 0;
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
    story_replies(story, number, (struct reply){ .verdict = verdict });
}

void story_replies(struct story *story, uint32_t number, struct reply reply)
{
    story_happens(story,
                  event_answer(checker_run(&story->checker, number), reply));
}

void story_orders(struct story *story, struct order order)
{
    struct event event = { .kind = EV_ORDER };
    event.order = order;
    if (!event.order.by)
        event.order.by = "ana";
    story_happens(story, event);
}

void story_order(struct story *story, enum order_verb verb, const char *job)
{
    story_orders(story, (struct order){ .verb = verb, .job = job });
}

void story_pauses(struct story *story, const char *job, int64_t for_ms)
{
    story_orders(story,
                 (struct order){ .verb = VERB_PAUSE,
                                 .job = job,
                                 .until = { story->now.wall.ms + for_ms } });
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
