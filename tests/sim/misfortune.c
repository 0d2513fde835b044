/* Misfortunes, and what people do all the same: one row of a table each, drawn
 * by its weight. What begins to go wrong ends after a while. */
#include <string.h>

#include "mooncron/memory.h"
#include "sim.h"

enum relief {
    RELIEF_MOOD,
    RELIEF_MOOD_OTHER,
    RELIEF_DNS,
    RELIEF_LOSSY,
    RELIEF_LAGGING,
    RELIEF_DISK,
    RELIEF_CLOCK,
    RELIEF_FILE,
    RELIEF_PAUSES,
    RELIEF_MINUTE, /* of a gentle simulation: another crash */
};

static void for_a_while(struct sim *sim, enum relief relief, int64_t from_ms,
                        int64_t to_ms)
{
    sim_put(sim, HAPPENS_RELIEF, sim_long(sim, from_ms, to_ms), relief, 0);
}

/* ---- the backend, the network ---- */

static void bad_mood(struct sim *sim)
{
    uint32_t origin = sim_one_in(sim, 3);
    sim->backend.moods[origin] =
        (enum mood)sim_chance(sim, MOOD_REFUSES, MOODS - 1);
    for_a_while(sim, origin ? RELIEF_MOOD_OTHER : RELIEF_MOOD, 10 * SECOND,
                3 * HOUR);
}

static void bad_names(struct sim *sim)
{
    bool hangs = sim_one_in(sim, 2);
    sim->backend.dns_hangs = hangs;
    sim->backend.dns_fails = !hangs;
    for_a_while(sim, RELIEF_DNS, 10 * SECOND, HOUR);
}

static void lossy(struct sim *sim)
{
    sim->backend.lossy = true;
    for_a_while(sim, RELIEF_LOSSY, MINUTE, 3 * HOUR);
}

static void lagging(struct sim *sim)
{
    sim->backend.lagging = true;
    for_a_while(sim, RELIEF_LAGGING, MINUTE, 2 * HOUR);
}

/* ---- the store ---- */

static void bad_disk(struct sim *sim)
{
    sim->disk.illness =
        (enum illness)sim_chance(sim, ILL_ENOSPC, ILL_PARTITION);
    sim->disk.slow = false;
    for_a_while(sim, RELIEF_DISK, 500, 2 * HOUR);
    if (!sim->worker.core || sim->asleep_until_ms > sim->now_ms ||
        !sim_one_in(sim, 4))
        return;
    sim->disk.must_prune = true; /* the first that meets it */
    disk_turn(sim);
}

static void slow_disk(struct sim *sim)
{
    sim->disk.slow = true;
    for_a_while(sim, RELIEF_DISK, MINUTE, HOUR);
}

/* ---- the process ---- */

static void start_soon(struct sim *sim)
{
    sim_put(sim, HAPPENS_START,
            sim_long(sim, 200, sim_one_in(sim, 8) ? 8 * HOUR : MINUTE), 0, 0);
}

static void crash_somewhere(struct sim *sim)
{
    sim->await =
        (enum fault)sim_chance(sim, FAULT_CRASH_COMMIT, FAULT_CRASH_BOOT);
    if (sim->await == FAULT_CRASH_DRAIN)
        worker_stop(sim);
    if (sim->await == FAULT_CRASH_BOOT && sim->worker.core) {
        worker_crash(sim, false);
        start_soon(sim);
    }
}

static void crash_anywhere(struct sim *sim)
{
    if (!sim->worker.core)
        return;
    sim_hit(sim, FAULT_CRASH_ANYWHERE);
    worker_crash(sim, false);
    start_soon(sim);
}

static void power_cut(struct sim *sim)
{
    if (!sim->worker.core)
        return;
    worker_crash(sim, true);
    start_soon(sim);
}

static void corrupt(struct sim *sim)
{
    if (!sim->worker.core || !sim_one_in(sim, 4))
        return;
    worker_crash(sim, false);
    disk_lose_all(sim);
    start_soon(sim);
}

static void sigterm(struct sim *sim)
{
    if (!sim->worker.core)
        return;
    bool twice = sim_one_in(sim, 3);
    sim_hit(sim, twice ? FAULT_SIGTERM_TWICE : FAULT_SIGTERM);
    worker_stop(sim);
    if (twice)
        worker_stop(sim);
}

/* ---- clocks ---- */

static void clock_put(struct sim *sim, int64_t ahead_ms)
{
    if (sim->clock_move_count == sim->clock_move_cap) {
        sim->clock_move_cap =
            sim->clock_move_cap ? 2 * sim->clock_move_cap : 16;
        sim->clock_moves = memory_resize(sim->clock_moves, sim->clock_move_cap,
                                         sizeof *sim->clock_moves);
    }
    sim->clock_moves[sim->clock_move_count++] =
        (struct clock_move){ .at_ms = sim->now_ms,
                             .before = sim_wall(sim),
                             .after = { sim->now_ms + ahead_ms } };
    sim->clock_ahead_ms = ahead_ms;
}

static void set_clock(struct sim *sim)
{
    if (!sim->options.clocks)
        return;
    int64_t by_ms = sim_long(sim, SECOND, 400 * DAY);
    if (sim_one_in(sim, 2))
        by_ms = -by_ms;
    clock_put(sim, sim->clock_ahead_ms + by_ms);
    sim_hit(sim, by_ms > 0 ? FAULT_CLOCK_FORWARD : FAULT_CLOCK_BACK);
    for_a_while(sim, RELIEF_CLOCK, MINUTE, 12 * HOUR);
    const struct event event = { .kind = EV_TIME };
    if (sim->worker.core && sim->asleep_until_ms <= sim->now_ms)
        worker_step(sim, &event); /* the kernel cancels the alarm */
}

/* The clock goes a little wrong, and is disciplined: in steps below a second.
 */
static void drift(struct sim *sim)
{
    int64_t by_ms = sim_chance(sim, -900, 900);
    if (sim->clock_ahead_ms + by_ms > 900 || sim->clock_ahead_ms + by_ms < -900)
        by_ms = -by_ms;
    sim->clock_ahead_ms += by_ms;
    sim_hit(sim, FAULT_CLOCK_DRIFT);
}

/* From now on, or longer than it sleeps already. */
static void sleep_until(struct sim *sim, int64_t until_ms)
{
    bool on = sim->asleep_until_ms > sim->now_ms;
    if (!on && sim->sleep_count == sim->sleep_cap) {
        sim->sleep_cap = sim->sleep_cap ? 2 * sim->sleep_cap : 16;
        sim->sleeps =
            memory_resize(sim->sleeps, sim->sleep_cap, sizeof *sim->sleeps);
    }
    if (!on)
        sim->sleeps[sim->sleep_count++].from_ms = sim->now_ms;
    sim->sleeps[sim->sleep_count - 1].to_ms = until_ms;
    sim->disk.renew_at_ms +=
        until_ms - (on ? sim->asleep_until_ms : sim->now_ms);
    sim->asleep_until_ms = until_ms;
}

static void suspend(struct sim *sim)
{
    sim_hit(sim, FAULT_CLOCK_SUSPEND);
    int64_t calm_ms = sim->end_ms - SIM_CALM_MS; /* and awake by then */
    int64_t until_ms = sim->now_ms + sim_long(sim, SECOND, 12 * HOUR);
    if (until_ms > calm_ms)
        until_ms = calm_ms;
    if (until_ms > sim->now_ms && until_ms > sim->asleep_until_ms)
        sleep_until(sim, until_ms);
}

/* ---- Settings and webhooks ---- */

static void change(struct sim *sim)
{
    backend_change(sim, !sim_one_in(sim, 4));
}

static void repeat_hook(struct sim *sim)
{
    const struct version *newest = backend_settings(sim);
    struct claim_of_change claim = { .has_enable_jobs = true,
                                     .enable_jobs = newest->facts.enable_jobs,
                                     .has_environment = true,
                                     .at = newest->facts.updated };
    strcpy(claim.environment, newest->facts.environment);
    sim_hit(sim, FAULT_WEBHOOK_DUPLICATE);
    backend_hook(sim, &claim, sim_chance(sim, 1, 500));
    backend_hook(sim, &claim, sim_chance(sim, 1, 500));
}

static void reorder_hooks(struct sim *sim)
{
    sim_hit(sim, FAULT_WEBHOOK_REORDERED);
    backend_change(sim, false);
    const struct version *older =
        &sim->backend.versions[sim->backend.version_count - 1];
    struct claim_of_change claim = { .has_enable_jobs = true,
                                     .enable_jobs = older->facts.enable_jobs,
                                     .has_environment = true,
                                     .at = older->facts.updated };
    strcpy(claim.environment, older->facts.environment);
    backend_hook(sim, &claim, sim_chance(sim, 500, 3 * SECOND));
    backend_change(sim, true);
}

static void storm(struct sim *sim)
{
    sim_hit(sim, FAULT_WEBHOOK_STORM);
    for (int64_t i = sim_chance(sim, 10, 80); i > 0; i--)
        repeat_hook(sim);
}

/* What was said long ago is said again. */
static void stale_hook(struct sim *sim)
{
    struct backend *backend = &sim->backend;
    if (backend->version_count < 2)
        return;
    const struct version *old = &backend->versions[sim_chance(
        sim, 0, (int64_t)backend->version_count - 2)];
    struct claim_of_change claim = { .has_enable_jobs = true,
                                     .enable_jobs = old->facts.enable_jobs,
                                     .has_environment = true,
                                     .at = old->facts.updated };
    strcpy(claim.environment, old->facts.environment);
    sim_hit(sim, FAULT_WEBHOOK_STALE);
    backend_hook(sim, &claim, sim_chance(sim, 1, SECOND));
}

/* ---- operators ---- */

static void reload(struct sim *sim)
{
    if (!sim->worker.core || sim->asleep_until_ms > sim->now_ms)
        return;
    struct event event = { .kind = EV_ASK };
    event.ask.asker = ++sim->worker.asker;
    event.ask.cause = ASK_COMMAND;
    worker_step(sim, &event);
}

static void edit_file(struct sim *sim)
{
    bool bad = sim_one_in(sim, 4);
    sim->variant = (uint32_t)(bad ? sim_chance(sim, VARIANTS_OK, VARIANTS - 1)
                                  : sim_chance(sim, 0, VARIANTS_OK - 1));
    sim->stamp++;
    sim_tell(sim, "file: variant %u", sim->variant);
    if (bad)
        for_a_while(sim, RELIEF_FILE, MINUTE, 3 * HOUR);
    if (!sim_one_in(sim, 3))
        reload(sim);
}

static void order(struct sim *sim)
{
    if (!sim->worker.core || sim->asleep_until_ms > sim->now_ms)
        return;
    struct event event = { .kind = EV_ORDER };
    struct order *order = &event.order;
    int64_t wall_ms = sim_wall(sim).ms;
    order->asker = ++sim->worker.asker;
    order->verb = (enum order_verb)sim_chance(sim, 0, VERB_BACKFILL);
    order->job = sim_jobs[sim_chance(sim, 0, SIM_JOBS - 1)];
    order->force = sim_one_in(sim, 4);
    order->dry_run = sim_one_in(sim, 6);
    order->until.ms = wall_ms + sim_long(sim, MINUTE, 2 * DAY);
    order->from.ms = wall_ms - sim_long(sim, MINUTE, DAY);
    order->to.ms = order->from.ms + sim_long(sim, MINUTE, 6 * HOUR);
    order->by = "operator";
    order->reason = "for a reason";
    worker_step(sim, &event);
}

static void resume_all(struct sim *sim)
{
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        struct event event = { .kind = EV_ORDER };
        event.order.asker = ++sim->worker.asker;
        event.order.verb = VERB_RESUME;
        event.order.job = sim_jobs[i];
        event.order.by = "operator";
        event.order.reason = "";
        if (sim->worker.core)
            worker_step(sim, &event);
    }
}

/* ---- the table ---- */

static const struct {
    uint32_t weight;
    void (*strike)(struct sim *sim);
} misfortunes[] = {
    { 14, bad_mood },
    { 4, bad_names },
    { 4, lossy },
    { 2, lagging },
    { 8, bad_disk },
    { 2, slow_disk },
    { 12, crash_somewhere },
    { 3, crash_anywhere },
    { 2, power_cut },
    { 1, corrupt },
    { 5, sigterm },
    { 6, set_clock },
    { 4, drift },
    { 4, suspend },
    { 6, change },
    { 2, repeat_hook },
    { 2, reorder_hooks },
    { 2, storm },
    { 2, stale_hook },
    { 8, edit_file },
    { 12, order },
};
#define MISFORTUNES (sizeof misfortunes / sizeof *misfortunes)

static void next_one(struct sim *sim)
{
    sim_put(sim, HAPPENS_MISFORTUNE,
            sim_chance(sim, SECOND, 2 * sim->misfortune_ms), 0, 0);
}

void misfortune_strike(struct sim *sim)
{
    uint32_t sum = 0;
    if (sim->now_ms >= sim->end_ms - SIM_CALM_MS)
        return;
    for (size_t i = 0; i < MISFORTUNES; i++)
        sum += misfortunes[i].weight;
    int64_t left = sim_chance(sim, 1, sum);
    size_t i = 0;
    while (left > misfortunes[i].weight)
        left -= misfortunes[i++].weight;
    misfortunes[i].strike(sim);
    next_one(sim);
}

void misfortune_begin(struct sim *sim)
{
    sim->misfortune_ms = sim_long(sim, 20 * MINUTE, 4 * HOUR);
    struct backend *backend = &sim->backend;
    backend->moods[0] = backend->moods[1] = MOOD_WELL;
    backend->dns_fails = backend->dns_hangs = false;
    backend->lossy = backend->lagging = false;
    if (sim->options.gentle)
        sim_put(sim, HAPPENS_RELIEF, MINUTE, RELIEF_MINUTE, 0);
    else
        next_one(sim);
}

void misfortune_relief(struct sim *sim, uint32_t which)
{
    struct backend *backend = &sim->backend;
    switch ((enum relief)which) {
    case RELIEF_MOOD:
    case RELIEF_MOOD_OTHER:
        backend->moods[which - RELIEF_MOOD] = MOOD_WELL;
        backend->well_since_ms[which - RELIEF_MOOD] = sim->now_ms;
        break;
    case RELIEF_DNS:
        backend->dns_fails = backend->dns_hangs = false;
        break;
    case RELIEF_LOSSY:
        backend->lossy = false;
        break;
    case RELIEF_LAGGING:
        backend->lagging = false;
        break;
    case RELIEF_DISK:
        sim->disk.illness = ILL_NOT;
        sim->disk.slow = false;
        break;
    case RELIEF_CLOCK:
        clock_put(sim, 0);
        break;
    case RELIEF_FILE:
        sim->variant = (uint32_t)sim_chance(sim, 0, VARIANTS_OK - 1);
        sim->stamp++;
        break;
    case RELIEF_PAUSES:
        resume_all(sim);
        break;
    case RELIEF_MINUTE:
        worker_crash(sim, false);
        sim_put(sim, HAPPENS_START, sim_chance(sim, 100, 2000), 0, 0);
        if (sim->now_ms < sim->end_ms - SIM_CALM_MS)
            sim_put(sim, HAPPENS_RELIEF, MINUTE, RELIEF_MINUTE, 0);
        return;
    }
    const struct event event = { .kind = EV_TIME };
    if (which == RELIEF_CLOCK && sim->worker.core &&
        sim->asleep_until_ms <= sim->now_ms)
        worker_step(sim, &event);
}

void misfortune_end(struct sim *sim)
{
    sim->await = FAULTS;
    for (uint32_t i = RELIEF_MOOD; i <= RELIEF_FILE; i++)
        misfortune_relief(sim, i);
    sim->asleep_until_ms = sim->now_ms;
    sim_put(sim, HAPPENS_START, 0, 0, 0);
    sim_put(sim, HAPPENS_RELIEF, 5 * MINUTE, RELIEF_PAUSES, 0);
}
