/* The handover of a reload: who asked, what to fetch, what to load, and what
 * comes into force.
 *
 * The happy path of a webhook that names its values: the values count at once,
 * a load begins, and the backend is asked beside it, now, after 2 s and after
 * 10 s. (Payload sends its hook inside the transaction: until the commit a
 * fetch answers with the old values.) The new set is swapped in, the asker is
 * told. A fetch that agrees confirms the webhook; one that still disagrees
 * after 10 s is believed instead, and so is one that is newer than the webhook.
 *
 * An ask without values (a bare webhook, SIGHUP, `mooncron reload`) fetches
 * first and loads what came.
 *
 *   fetch fails   → asked for: the old schedule stays and the asker is told;
 *                   at boot: the copy on disk counts, or jobs are off
 *   load fails    → the old schedule stays; tried again when Settings change,
 *                   when somebody asks, or at the next poll
 *   asks in a row → one load runs, one more waits: the first has the newest
 *                   values of its start, the second those of all that followed;
 *                   the second begins when nobody has asked for a moment, and
 *                   a second after the first at the latest
 *   older values  → never win: `updatedAt` and `timestamp` say which is older
 */
#include <assert.h>
#include <string.h>

#include "machine.h"
#include "mooncron/random.h"
#include "mutant.h"
#include "number.h"

/* When a webhook's values are compared with the backend's, after it came. */
static const int64_t check_after_ms[3] = { 0, 2000, 10000 };
#define OVERLAY_MS_MAX 10000 /* the longest commit we wait for */

#define BACKOFF_MS_MIN 1000
#define BACKOFF_MS_MAX 60000
#define REFUSED_MS     60000 /* a wrong key does not mend itself quickly */

/* A backend that names a version which its Settings never have would otherwise
 * be asked after each answer of a job. */
#define VERSION_SPACING_MS 5000

/* ---- facts ---- */

static bool facts_equal(const struct facts *a, const struct facts *b)
{
    return a->enable_jobs == b->enable_jobs && a->digest == b->digest &&
           !strcmp(a->environment, b->environment);
}

static bool claim_agrees(const struct claim_of_change *claim,
                         const struct facts *facts)
{
    return (!claim->has_enable_jobs ||
            claim->enable_jobs == facts->enable_jobs) &&
           (!claim->has_environment ||
            !strcmp(claim->environment, facts->environment));
}

/* What counts now: the backend's word with the webhook's over it. */
static struct facts effective(const struct handover *h)
{
    struct facts facts = h->backend;
    const struct claim_of_change *claim = &h->overlay.claim;
    if (!h->overlay.active)
        return facts;
    if (claim->has_enable_jobs)
        facts.enable_jobs = claim->enable_jobs;
    if (claim->has_environment)
        memcpy(facts.environment, claim->environment, sizeof facts.environment);
    return facts;
}

/* ---- asking for work ---- */

static void fetch_within(struct core *core, int64_t delay_ms)
{
    struct handover *h = &core->handover;
    h->fetch_at.ms = earlier(h->fetch_at.ms, core->now.mono.ms + delay_ms);
}

/* Nobody knows the end of a burst before it has come. So its first ask is
 * served at once, and all the others together: when there is a lull, or after
 * RELOAD_SPACING_MS, whichever is sooner. A lull may bring two together, but
 * never a third within RELOAD_SPACING_MS. */
static int64_t pace_next(const struct pace *pace)
{
    int64_t spaced = pace->last.ms + RELOAD_SPACING_MS;
    if (mutant(NO_SPACING))
        return pace->last.ms;
    if (pace->asked.ms < pace->last.ms)
        return spaced;
    int64_t lull = later(pace->asked.ms + RELOAD_LULL_MS,
                         pace->before.ms + RELOAD_SPACING_MS);
    return earlier(spaced, lull);
}

static void pace_begin(struct pace *pace, struct mono now)
{
    *pace =
        (struct pace){ .last = now, .before = pace->last, .asked = LONG_AGO };
}

static void want_load(struct handover *h, bool force)
{
    h->load_wanted = true;
    h->load_force |= force;
}

/* Doubles with each failure; half of it is chance, so that a hundred workers do
 * not ask a recovering backend at the same moment. */
static int64_t backoff_ms(struct core *core)
{
    const struct handover *h = &core->handover;
    int64_t full = BACKOFF_MS_MAX;
    if (h->failures < 7)
        full = earlier(full, BACKOFF_MS_MIN << (h->failures - 1));
    return random_half_ms(full, &core->random);
}

/* ---- asks ---- */

/* Older than what counts already. */
static bool claim_stale(const struct handover *h,
                        const struct claim_of_change *claim)
{
    if (!claim->at.ms || mutant(OLDER_WINS))
        return false;
    if (h->overlay.active && claim->at.ms < h->overlay.claim.at.ms)
        return true;
    return claim->at.ms < h->backend.updated.ms;
}

/* A field that a newer webhook does not name keeps the older one's word. */
static void overlay_put(struct core *core, const struct claim_of_change *claim)
{
    struct overlay *overlay = &core->handover.overlay;
    if (!overlay->active)
        *overlay = (struct overlay){ .active = true };
    if (claim->has_enable_jobs) {
        overlay->claim.has_enable_jobs = true;
        overlay->claim.enable_jobs = claim->enable_jobs;
    }
    if (claim->has_environment) {
        overlay->claim.has_environment = true;
        memcpy(overlay->claim.environment, claim->environment,
               sizeof claim->environment);
    }
    overlay->claim.at = claim->at;
    overlay->since = core->now.mono;
}

void handover_ask(struct core *core, const struct event *event)
{
    struct handover *h = &core->handover;
    const struct claim_of_change *claim = &event->ask.claim;
    struct reload_report report = asker_report(core, RELOAD_STOPPING);
    if (core->stopping) {
        asker_reply(core, event->ask.asker, &report);
        return;
    }
    if (!event->ask.force && claim_stale(h, claim)) {
        report.outcome = RELOAD_STALE;
        asker_reply(core, event->ask.asker, &report);
        return;
    }
    h->fetch_pace.asked = h->load_pace.asked = core->now.mono;
    fetch_within(core, 0);
    if (event->ask.force && !event->ask.asker) {
        want_load(h, true); /* our own: its host is gone, backend or not */
        return;
    }
    if (!claim->has_enable_jobs && !claim->has_environment) {
        h->errand_next.load = true;
        h->errand_next.force |= event->ask.force;
        asker_add(core, event, WAIT_FETCH);
        return;
    }
    overlay_put(core, claim);
    asker_add(core, event, WAIT_LOAD);
    want_load(h, event->ask.force);
}

void handover_version(struct core *core)
{
    struct handover *h = &core->handover;
    if (core->now.mono.ms < h->version_at.ms)
        return;
    h->version_at.ms = core->now.mono.ms + VERSION_SPACING_MS;
    fetch_within(core, 0);
}

/* ---- fetches ---- */

static void fetch_start(struct core *core)
{
    struct handover *h = &core->handover;
    h->fetching = true;
    h->fetch_at.ms = NEVER_MS;
    pace_begin(&h->fetch_pace, core->now.mono);
    h->fetches++;
    h->errand = h->errand_next;
    h->errand_next = (struct errand){ 0 };
    struct action *act = core_act(core, ACT_FETCH);
    act->fetch.booting = h->booting;
    act->fetch.believe_older = h->errand.force;
}

/* The next look at whether the backend has committed what the webhook said. */
static void overlay_check_later(struct core *core)
{
    int64_t age = core->now.mono.ms - core->handover.overlay.since.ms;
    for (size_t i = 0; i < 3; i++) {
        if (check_after_ms[i] <= age)
            continue;
        fetch_within(core, check_after_ms[i] - age);
        return;
    }
}

/* The backend has spoken: does the webhook still have the last word? */
static void overlay_compare(struct core *core)
{
    struct handover *h = &core->handover;
    struct overlay *overlay = &h->overlay;
    if (!overlay->active)
        return;
    int64_t age = core->now.mono.ms - overlay->since.ms;
    if (claim_agrees(&overlay->claim, &h->backend) || age >= OVERLAY_MS_MAX ||
        h->backend.updated.ms > overlay->claim.at.ms)
        overlay->active = false;
    else
        overlay_check_later(core);
}

/* Something differs from what is in force: load it, but let a load that has
 * just failed with the same Settings rest until the next poll. */
static void load_if_different(struct core *core)
{
    struct handover *h = &core->handover;
    struct facts facts = effective(h);
    bool first = !tenure_in_force(core);
    if (!first && facts_equal(&facts, &h->in_force)) {
        h->unconfirmed &= h->overlay.active;
        adopt_settle(core);
        return;
    }
    if (h->loading && facts_equal(&facts, &h->tried))
        return;
    bool rested =
        core->now.mono.ms - h->load_pace.last.ms >= core->config.poll_ms;
    if (first || rested || !facts_equal(&facts, &h->tried))
        want_load(h, false);
}

/* Settings that are older than the ones we have come from a replica that lags
 * behind; they never win. */
static bool facts_older(const struct handover *h, const struct facts *facts)
{
    return h->known && facts->updated.ms && !mutant(LAG_WINS) &&
           facts->updated.ms < h->backend.updated.ms;
}

static void fetch_succeeded(struct core *core, const struct event *event)
{
    struct handover *h = &core->handover;
    const struct facts *facts = &event->fetched.facts;
    h->failures = 0;
    if (event->fetched.outcome == FETCH_OK &&
        (!facts_older(h, facts) || h->errand.force))
        h->backend = *facts;
    h->known = true; /* a copy from the disk that was not modified is theirs */
    fetch_within(core, core->config.poll_ms);
    overlay_compare(core);
    load_if_different(core);
    if (h->errand.load)
        want_load(h, h->errand.force);
    asker_advance(core);
}

static void fetch_failed(struct core *core, enum fetch_outcome outcome)
{
    struct handover *h = &core->handover;
    h->failures++;
    fetch_within(core,
                 outcome == FETCH_REFUSED ? REFUSED_MS : backoff_ms(core));
    struct reload_report report = asker_report(core, RELOAD_FETCH_FAILED);
    asker_reply_all(core, WAIT_FETCH, h->fetches, &report);
    if (h->booting)
        want_load(h, false);
}

void handover_fetched(struct core *core, const struct event *event)
{
    struct handover *h = &core->handover;
    assert(h->fetching);
    h->fetching = false;
    if (core->stopping)
        return;
    if (event->fetched.outcome == FETCH_OK ||
        event->fetched.outcome == FETCH_NOT_MODIFIED)
        fetch_succeeded(core, event);
    else
        fetch_failed(core, event->fetched.outcome);
    h->booting = false;
}

/* ---- loads ---- */

static void load_start(struct core *core)
{
    struct handover *h = &core->handover;
    h->loading = true;
    h->loads++;
    pace_begin(&h->load_pace, core->now.mono);
    h->tried = effective(h);
    h->tried_unconfirmed = h->overlay.active;
    struct action *act = core_act(core, ACT_LOAD);
    act->load.generation = ++h->generations;
    act->load.enable_jobs = h->tried.enable_jobs;
    memcpy(act->load.environment, h->tried.environment,
           sizeof act->load.environment);
    act->load.unconfirmed = h->tried_unconfirmed;
    act->load.force = h->load_force;
    h->load_wanted = h->load_force = false;
}

static void load_succeeded(struct core *core, const struct event *event)
{
    struct handover *h = &core->handover;
    h->in_force = h->tried;
    h->unconfirmed = h->tried_unconfirmed && h->overlay.active;
    struct reload_report report = asker_report(core, RELOAD_UNCHANGED);
    if (event->loaded.outcome == LOAD_OK) {
        report.outcome = RELOAD_DONE;
        tenure_begin(core, event->loaded.set, h->generations, &report);
    }
    asker_reply_all(core, WAIT_LOAD, h->loads, &report);
}

void handover_loaded(struct core *core, const struct event *event)
{
    struct handover *h = &core->handover;
    assert(h->loading || !core->config.fetches);
    h->loading = false;
    if (core->stopping) {
        jobset_unref(event->loaded.set);
        return;
    }
    if (event->loaded.outcome == LOAD_FAILED) {
        struct reload_report report = asker_report(core, RELOAD_LOAD_FAILED);
        asker_reply_all(core, WAIT_LOAD, h->loads, &report);
        return;
    }
    load_succeeded(core, event);
}

/* ---- its turn ---- */

static struct mono load_at(const struct handover *h)
{
    if (!h->load_wanted || h->loading || h->booting)
        return (struct mono){ NEVER_MS };
    return (struct mono){ pace_next(&h->load_pace) };
}

/* Spaced as loads are, so that a storm is no storm for the backend. */
static struct mono fetch_at(const struct handover *h)
{
    if (h->fetching)
        return (struct mono){ NEVER_MS };
    return (struct mono){ later(h->fetch_at.ms, pace_next(&h->fetch_pace)) };
}

/* A list that a function of the file gave ends; it is made anew long before. */
static struct mono renew_at(const struct core *core)
{
    const struct handover *h = &core->handover;
    const struct tenure *tenure = tenure_in_force(core);
    if (!tenure || !jobset_listed(tenure->set) || h->loading ||
        h->load_wanted || !core->config.fetches)
        return (struct mono){ NEVER_MS };
    return (struct mono){ h->load_pace.last.ms + LIST_RENEW_MS };
}

struct mono handover_deadline(const struct core *core)
{
    const struct handover *h = &core->handover;
    if (core->stopping)
        return (struct mono){ NEVER_MS };
    int64_t asked_ms = earlier(load_at(h).ms, fetch_at(h).ms);
    return (struct mono){ earlier(asked_ms, renew_at(core).ms) };
}

void handover_turn(struct core *core)
{
    struct handover *h = &core->handover;
    if (core->stopping)
        return;
    if (renew_at(core).ms <= core->now.mono.ms)
        want_load(h, true);
    if (fetch_at(h).ms <= core->now.mono.ms)
        fetch_start(core);
    if (load_at(h).ms <= core->now.mono.ms)
        load_start(core);
}

void handover_stop(struct core *core)
{
    struct reload_report report = asker_report(core, RELOAD_STOPPING);
    asker_reply_all(core, WAIT_FETCH, UINT32_MAX, &report);
    asker_reply_all(core, WAIT_LOAD, UINT32_MAX, &report);
}

void handover_begin(struct core *core)
{
    struct handover *h = &core->handover;
    h->booting = core->config.fetches;
    h->fetch_at.ms = core->config.fetches ? core->now.mono.ms : NEVER_MS;
    h->version_at = LONG_AGO;
    h->fetch_pace = h->load_pace =
        (struct pace){ LONG_AGO, LONG_AGO, LONG_AGO };
    if (core->config.has_cached)
        h->backend = core->config.cached;
}
