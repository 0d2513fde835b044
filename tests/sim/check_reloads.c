/* Settings never go back (I10), a burst of webhooks is a few fetches, and the
 * last is followed by one (I11). */
#include "check.h"

#include <string.h>

/* ---- what was in force ---- */

static bool says(const struct plan_note *plan, bool enable_jobs,
                 const char *environment)
{
    return enable_jobs == !strcmp(plan->tzdata, "on") &&
           !strcmp(plan->environment, environment);
}

/* A webhook that is not older than the Settings may have had its say. */
static bool hook_says(const struct check *check, const struct plan_note *plan,
                      const struct commit *commit)
{
    const struct backend *backend = &check->sim->backend;
    int64_t updated_ms = backend->versions[plan->settings].facts.updated.ms;
    for (uint32_t i = 0; i < backend->webhook_count; i++) {
        const struct webhook *hook = &backend->webhooks[i];
        if (hook->heard_ms <= commit->at_ms && hook->life == commit->life &&
            hook->claim.at.ms >= updated_ms &&
            says(plan, hook->claim.enable_jobs, hook->claim.environment))
            return true;
    }
    return false;
}

/* At a start without a copy on disk jobs are off until the backend answers. */
static bool nothing_known(const struct plan_note *plan)
{
    return plan->settings == 0 && says(plan, false, sim_environments[0]);
}

/* What a disk remembers is no proof against the backend: its first word in a
 * life counts, be it older. */
static bool first_word(const struct check *check, uint32_t life,
                       int64_t since_ms)
{
    const struct backend *backend = &check->sim->backend;
    for (uint32_t i = 0; i < backend->count; i++) {
        const struct request *fetch = &backend->requests[i];
        if (fetch->kind == REQUEST_FETCH && fetch->life == life &&
            fetch->closing == CLOSED_ANSWERED && fetch->status == 200)
            return fetch->closed_ms >= since_ms;
    }
    return true;
}

static void check_plans(struct check *check)
{
    const struct sim *sim = check->sim;
    const struct disk *disk = &sim->disk;
    const struct plan_note *last = NULL;
    uint32_t life = 0;
    int64_t last_ms = 0;
    for (uint32_t i = 0; i < disk->commit_count; i++) {
        const struct commit *commit = &disk->commits[i];
        for (uint32_t n = 0; n < commit->plan_count; n++) {
            const struct plan_note *plan =
                &disk->log.plans[commit->plan_first + n];
            const struct facts *facts =
                &sim->backend.versions[plan->settings].facts;
            if (last && life == commit->life &&
                plan->settings < last->settings &&
                !first_word(check, life, last_ms))
                sim_blame(check->sim, "I10", commit->at_ms,
                          "generation %u has Settings %llu, older than %llu",
                          plan->generation, (unsigned long long)plan->settings,
                          (unsigned long long)last->settings);
            if (!says(plan, facts->enable_jobs, facts->environment) &&
                !hook_says(check, plan, commit) && !nothing_known(plan))
                sim_blame(check->sim, "I10", commit->at_ms,
                          "generation %u has jobs %s in %s, which nobody said",
                          plan->generation, plan->tzdata, plan->environment);
            last = plan;
            last_ms = commit->at_ms - 10 * SECOND;
            life = commit->life;
        }
    }
    const struct version *newest = backend_settings(sim);
    if (last && &sim->backend.versions[last->settings] != newest)
        sim_blame(check->sim, "I11", sim->end_ms,
                  "Settings %llu are in force at the end, and the newest are "
                  "%llu",
                  (unsigned long long)last->settings,
                  (unsigned long long)newest->facts.digest);
}

/* ---- fetches ---- */

static void check_fetches(struct check *check)
{
    const struct backend *backend = &check->sim->backend;
    const struct request *two = NULL, *one = NULL;
    for (uint32_t i = 0; i < backend->count; i++) {
        const struct request *fetch = &backend->requests[i];
        if (fetch->kind != REQUEST_FETCH)
            continue;
        if (two && two->life == fetch->life &&
            fetch->sent_ms - two->sent_ms < RELOAD_SPACING_MS)
            sim_blame(check->sim, "I11", fetch->sent_ms,
                      "three fetches began within %lld ms",
                      (long long)(fetch->sent_ms - two->sent_ms));
        two = one;
        one = fetch;
    }
}

/* Long enough for a fetch that hangs until its timeout, and the next. */
#define FOLLOWS_MS (8 * SECOND)

/* The first call after the webhook that is a fetch must not be behind others
 * that show that the worker was at work long before it. */
static void check_followed(struct check *check, const struct webhook *hook)
{
    const struct backend *backend = &check->sim->backend;
    const struct span_of_life *life = &check->sim->worker.lives[hook->life - 1];
    uint32_t from = 0, to = backend->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (backend->requests[middle].sent_ms < hook->heard_ms)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < backend->count; from++) {
        const struct request *request = &backend->requests[from];
        if (request->life != hook->life || request->kind == REQUEST_FETCH ||
            request->sent_ms >= life->stopped_ms)
            return;
        if (request->sent_ms > hook->heard_ms + FOLLOWS_MS)
            break;
    }
    if (from < backend->count)
        sim_blame(check->sim, "I11", hook->heard_ms,
                  "a webhook was not followed by a fetch");
}

void check_reloads(struct check *check)
{
    const struct backend *backend = &check->sim->backend;
    check_plans(check);
    check_fetches(check);
    for (uint32_t i = 0; i < backend->webhook_count; i++) {
        const struct webhook *hook = &backend->webhooks[i];
        if (hook->heard_ms != NEVER_MS && !hook->stale &&
            hook->heard_ms <
                check->sim->worker.lives[hook->life - 1].stopped_ms)
            check_followed(check, hook);
    }
}
