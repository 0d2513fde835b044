/* Time goes on from one happening to the next: the earliest of what is queued
 * and what the core waits for. */
#include "sim.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/random.h"

#define STEPS_AT_ONCE_MAX 100000 /* at one instant: it turns in circles */

/* ---- chance ---- */

int64_t sim_chance(struct sim *sim, int64_t from, int64_t to)
{
    assert(from <= to);
    return from + random_up_to(to - from, &sim->random);
}

bool sim_one_in(struct sim *sim, int64_t n)
{
    return sim_chance(sim, 1, n) == 1;
}

int64_t sim_long(struct sim *sim, int64_t from, int64_t to)
{
    int64_t most = from;
    while (most < to && !sim_one_in(sim, 4))
        most = most * 2 + 1;
    return sim_chance(sim, from, most < to ? most : to);
}

/* ---- what is kept of it ---- */

void sim_mix(struct sim *sim, uint64_t number)
{
    sim->hash = (sim->hash ^ number) * UINT64_C(0x100000001b3);
    sim->hash ^= sim->hash >> 29;
}

void sim_hit(struct sim *sim, enum fault fault)
{
    sim->hits[fault]++;
    sim_tell(sim, "fault: %s", fault_names[fault]);
}

static bool is_watched(const struct sim *sim)
{
    const struct sim_options *options = &sim->options;
    int64_t wall_ms = sim->now_ms + sim->clock_ahead_ms;
    return options->told &&
           ((sim->now_ms >= options->from_ms &&
             sim->now_ms <= options->to_ms) ||
            (wall_ms >= options->from_ms && wall_ms <= options->to_ms));
}

void sim_tell(struct sim *sim, const char *format, ...)
{
    if (!is_watched(sim))
        return;
    printf("%lld", (long long)sim->now_ms);
    if (sim->clock_ahead_ms)
        printf(" (%+lld)", (long long)sim->clock_ahead_ms);
    printf(": ");
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void sim_blame(struct sim *sim, const char *promise, int64_t at_ms,
               const char *format, ...)
{
    if (sim->breach_count == BREACHES_MAX)
        return;
    struct breach *breach = &sim->breaches[sim->breach_count++];
    breach->promise = promise;
    breach->at_ms = at_ms;
    va_list args;
    va_start(args, format);
    vsnprintf(breach->text, sizeof breach->text, format, args);
    va_end(args);
}

/* ---- clocks ---- */

struct wall sim_wall(const struct sim *sim)
{
    return (struct wall){ sim->now_ms + sim->clock_ahead_ms };
}

struct now sim_clocks(const struct sim *sim)
{
    return (struct now){ sim_wall(sim),
                         { sim->now_ms - SIM_BEGINS_MS + HOUR } };
}

/* ---- what happens ---- */

void sim_put(struct sim *sim, enum happening_kind kind, int64_t after_ms,
             uint32_t which, uint32_t life)
{
    const struct happening happening = { .kind = kind,
                                         .life = life,
                                         .which = which,
                                         .at_ms = sim->now_ms + after_ms };
    queue_put(&sim->queue, &happening);
}

void sim_put_event(struct sim *sim, int64_t after_ms, const struct event *event)
{
    const struct happening happening = { .kind = HAPPENS_EVENT,
                                         .life = sim->worker.life,
                                         .at_ms = sim->now_ms + after_ms,
                                         .event = *event };
    queue_put(&sim->queue, &happening);
}

/* Before anything else of this moment. */
void sim_await(struct sim *sim, enum fault fault)
{
    if (sim->await != fault || !sim->worker.core)
        return;
    sim->await = FAULTS;
    sim_hit(sim, fault);
    const struct happening happening = { .kind = HAPPENS_CRASH,
                                         .life = sim->worker.life,
                                         .at_ms = sim->now_ms };
    queue_defer(&sim->queue, &happening);
}

static bool is_for_worker(const struct happening *happening)
{
    return happening->kind == HAPPENS_EVENT ||
           happening->kind == HAPPENS_ANSWER ||
           happening->kind == HAPPENS_COMMIT ||
           happening->kind == HAPPENS_RENEW || happening->kind == HAPPENS_PRUNE;
}

/* Older than what the worker may know. */
static bool is_stale(const struct sim *sim, const struct webhook *hook)
{
    const struct backend *backend = &sim->backend;
    int64_t at_ms = hook->claim.at.ms;
    if (at_ms > sim_wall(sim).ms)
        at_ms = sim_wall(sim).ms;
    for (uint32_t i = 0; i < backend->webhook_count; i++)
        if (backend->webhooks[i].heard_ms < sim->now_ms &&
            backend->webhooks[i].claim.at.ms > at_ms)
            return true;
    return at_ms < backend->versions[sim->cached].facts.updated.ms;
}

static void webhook(struct sim *sim, uint32_t which)
{
    struct webhook *hook = &sim->backend.webhooks[which];
    if (!sim->worker.core || sim->asleep_until_ms > sim->now_ms)
        return;
    hook->heard_ms = sim->now_ms;
    hook->life = sim->worker.life;
    struct event event = { .kind = EV_ASK };
    event.ask.asker = ++sim->worker.asker;
    event.ask.cause = ASK_WEBHOOK;
    event.ask.claim = hook->claim;
    if (hook->claim.at.ms > sim_wall(sim).ms)
        event.ask.claim.at = sim_wall(sim);
    hook->stale = is_stale(sim, hook);
    sim_tell(sim, "webhook: jobs %s in %s",
             hook->claim.enable_jobs ? "on" : "off", hook->claim.environment);
    worker_step(sim, &event);
}

static void crash(struct sim *sim)
{
    worker_crash(sim, false);
    sim_put(sim, HAPPENS_START,
            sim_long(sim, 200, sim_one_in(sim, 8) ? 6 * HOUR : MINUTE), 0, 0);
}

static void happen(struct sim *sim, const struct happening *happening)
{
    switch (happening->kind) {
    case HAPPENS_EVENT:
        worker_step(sim, &happening->event);
        break;
    case HAPPENS_ARRIVAL:
        backend_arrival(sim, happening->which);
        break;
    case HAPPENS_ANSWER:
        worker_answer(sim, happening->which);
        break;
    case HAPPENS_COMMIT:
        disk_commit(sim);
        break;
    case HAPPENS_RENEW:
        upkeep_renew(sim);
        break;
    case HAPPENS_PRUNE:
        upkeep_prune(sim);
        break;
    case HAPPENS_START:
        worker_start(sim);
        break;
    case HAPPENS_CRASH:
        crash(sim);
        break;
    case HAPPENS_WEBHOOK:
        webhook(sim, happening->which);
        break;
    case HAPPENS_RELIEF:
        misfortune_relief(sim, happening->which);
        break;
    case HAPPENS_MISFORTUNE:
        misfortune_strike(sim);
        break;
    }
}

static void take_one(struct sim *sim)
{
    struct happening happening = queue_take(&sim->queue);
    assert(happening.at_ms >= sim->now_ms);
    sim->now_ms = happening.at_ms;
    sim_mix(sim, (uint64_t)happening.at_ms ^ happening.kind);
    if (is_for_worker(&happening)) {
        if (!sim->worker.core || happening.life != sim->worker.life) {
            happening_let_go(&happening);
            return;
        }
        if (sim->asleep_until_ms > sim->now_ms) {
            happening.at_ms = sim->asleep_until_ms;
            queue_defer(&sim->queue, &happening);
            return;
        }
    }
    if (happening.kind == HAPPENS_CRASH &&
        (!sim->worker.core || happening.life != sim->worker.life))
        return;
    happen(sim, &happening);
}

static void pass_until(struct sim *sim, int64_t until_ms)
{
    int64_t before_ms = sim->now_ms;
    for (int turns = 0;; turns++) {
        int64_t due_ms = worker_due_ms(sim);
        int64_t queued_ms = queue_first_ms(&sim->queue);
        if (due_ms >= until_ms && queued_ms >= until_ms)
            break;
        if (queued_ms <= due_ms) {
            take_one(sim);
        } else {
            const struct event event = { .kind = EV_TIME };
            sim->now_ms = due_ms;
            worker_step(sim, &event);
        }
        if (sim->now_ms > before_ms)
            turns = 0;
        assert(turns < STEPS_AT_ONCE_MAX);
        before_ms = sim->now_ms;
    }
    sim->now_ms = until_ms;
}

/* ---- the whole ---- */

/* What was held is kept for the next simulation; all else begins anew. */
static void sim_begin(struct sim *sim, struct files *files,
                      const struct sim_options *options)
{
    sim->options = *options;
    sim->files = files;
    sim->random = options->seed * UINT64_C(0x9e3779b97f4a7c15);
    sim->now_ms = SIM_BEGINS_MS + sim_chance(sim, 0, DAY);
    sim->end_ms = sim->now_ms + options->days * DAY;
    sim->hash = options->seed;
    sim->steps = 0;
    sim->variant = 0;
    sim->stamp = 1;
    sim->has_cached = false;
    sim->cached = 0;
    sim->clock_ahead_ms = 0;
    sim->asleep_until_ms = EVER_MS;
    sim->await = FAULTS;
    sim->clock_move_count = sim->sleep_count = 0;
    sim->breach_count = 0;
    sim->replies = 0;
    sim->daily_due = sim->daily_ok = 0;
    memset(sim->hits, 0, sizeof sim->hits);
    memset(sim->orders, 0, sizeof sim->orders);
    sim->worker.life = 0;
    sim->worker.asker = 0;
    backend_begin(sim);
    disk_begin(sim);
    misfortune_begin(sim);
}

void sim_run(struct sim *sim, struct files *files,
             const struct sim_options *options)
{
    sim_begin(sim, files, options);
    sim_put(sim, HAPPENS_START, 0, 0, 0);
    pass_until(sim, sim->end_ms - SIM_CALM_MS);
    misfortune_end(sim);
    pass_until(sim, sim->end_ms);
    check(sim);
    worker_crash(sim, false);
    queue_clear(&sim->queue);
    store_close(sim->disk.store, sim_wall(sim));
}

void sim_close(struct sim *sim)
{
    worker_free(sim);
    queue_close(&sim->queue);
    backend_free(sim);
    disk_free(sim);
    free(sim->clock_moves);
    free(sim->sleeps);
}
