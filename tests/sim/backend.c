/* The backend and the network before it: what arrives, what is answered, and a
 * ledger of all of it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"
#include "sim.h"

#define CONNECT_MS 5000 /* as http.c waits for a connection */

/* ---- the ledger ---- */

struct request *backend_new(struct sim *sim, enum request_kind kind,
                            uint32_t job)
{
    struct backend *backend = &sim->backend;
    backend->requests = room(backend->requests, backend->count, &backend->cap,
                             sizeof *backend->requests);
    struct request *request = &backend->requests[backend->count++];
    *request = (struct request){ .kind = kind,
                                 .job = job,
                                 .life = sim->worker.life,
                                 .sent_ms = sim->now_ms,
                                 .sent = sim_wall(sim),
                                 .arrived_ms = NEVER_MS,
                                 .ended_ms = NEVER_MS,
                                 .closed_ms = NEVER_MS,
                                 .timeout_ms = 5000,
                                 .retry_after_ms = -1 };
    return request;
}

static uint32_t number_of(const struct sim *sim, const struct request *request)
{
    return (uint32_t)(request - sim->backend.requests);
}

void backend_close(struct sim *sim, struct request *request,
                   enum closing closing)
{
    assert(request->closing == CLOSED_NOT);
    request->closing = closing;
    request->closed_ms = sim->now_ms;
    request->closing_order = ++sim->backend.closings;
}

/* ---- answers ---- */

/* What becomes of a request, decided when it is sent or when it arrives. */
struct outcome {
    enum verdict verdict;
    enum cause cause;
    uint16_t status;
    int64_t work_ms, retry_after_ms;
    bool accepted, silent;
};

static void outcome_put(struct request *request, const struct outcome *outcome)
{
    request->verdict = outcome->verdict;
    request->cause = outcome->cause;
    request->status = outcome->status;
    request->accepted = outcome->accepted;
    request->retry_after_ms = outcome->retry_after_ms;
}

/* Nobody hears before the timeout; who sent it cannot know whether it came. */
static void answer_in(struct sim *sim, struct request *request,
                      int64_t after_ms)
{
    int64_t left_ms = request->sent_ms + request->timeout_ms - sim->now_ms;
    if (after_ms > left_ms) {
        after_ms = left_ms > 0 ? left_ms : 0;
        request->verdict =
            request->arrived_ms == NEVER_MS ? VERDICT_FAILED : VERDICT_UNKNOWN;
        request->cause = CAUSE_TIMEOUT;
        request->status = 0;
        request->accepted = false;
        request->retry_after_ms = -1;
    }
    sim_put(sim, HAPPENS_ANSWER, after_ms, number_of(sim, request),
            request->life);
}

static void fails_in(struct sim *sim, struct request *request, int64_t after_ms,
                     enum cause cause)
{
    request->verdict = VERDICT_FAILED;
    request->cause = cause;
    answer_in(sim, request, after_ms);
}

void backend_send(struct sim *sim, struct request *request)
{
    struct backend *backend = &sim->backend;
    if (backend->dns_fails && sim_one_in(sim, 2)) {
        sim_hit(sim, FAULT_DNS_FAILS);
        fails_in(sim, request, 20, CAUSE_NETWORK);
    } else if (backend->dns_hangs) {
        sim_hit(sim, FAULT_DNS_HANGS);
        fails_in(sim, request, CONNECT_MS, CAUSE_TIMEOUT);
    } else if (backend->lossy && sim_one_in(sim, 4)) {
        sim_hit(sim, FAULT_NET_LOST_BEFORE);
        fails_in(sim, request, 100, CAUSE_NETWORK);
    } else {
        int64_t delay_ms = backend->lossy ? sim_long(sim, 1, 3 * SECOND)
                                          : sim_chance(sim, 1, 20);
        sim_put(sim, HAPPENS_ARRIVAL, delay_ms, number_of(sim, request), 0);
    }
}

/* A run of a long job takes up to an hour and a half, any other some seconds.
 */
static int64_t work_ms(struct sim *sim, const struct request *request)
{
    if (request->kind == REQUEST_FETCH)
        return sim_chance(sim, 2, 30);
    if (request->timeout_ms > HOUR)
        return sim_long(sim, SECOND, 90 * MINUTE);
    return sim_long(sim, 20, 10 * SECOND);
}

static struct outcome well(struct sim *sim, const struct request *request)
{
    struct outcome out = { .verdict = VERDICT_OK,
                           .status = 200,
                           .work_ms = work_ms(sim, request),
                           .retry_after_ms = -1 };
    bool report =
        request->job != NO_JOB && !strcmp(sim_jobs[request->job], "report");
    if (!report || request->kind > REQUEST_POLL)
        return out;
    if (request->kind == REQUEST_CALL ? !sim_one_in(sim, 3)
                                      : sim_one_in(sim, 3)) {
        out.status = 202;
        out.accepted = true;
        out.retry_after_ms = sim_one_in(sim, 2) ? 20 * SECOND : -1;
    }
    return out;
}

static struct outcome failed(enum verdict verdict, enum cause cause,
                             uint16_t status)
{
    return (struct outcome){ .verdict = verdict,
                             .cause = cause,
                             .status = status,
                             .work_ms = 5,
                             .retry_after_ms = -1 };
}

static struct outcome in_mood(struct sim *sim, const struct request *request,
                              enum mood mood)
{
    struct outcome out = well(sim, request);
    switch (mood) {
    case MOOD_REFUSES:
        sim_hit(sim, FAULT_BACKEND_REFUSES);
        return failed(VERDICT_FAILED, CAUSE_NETWORK, 0);
    case MOOD_SLOW:
        sim_hit(sim, FAULT_BACKEND_SLOW);
        out.work_ms += sim_long(sim, SECOND, 10 * MINUTE);
        return out;
    case MOOD_HANGS:
        sim_hit(sim, FAULT_BACKEND_HANGS);
        out.silent = true;
        return out;
    case MOOD_5XX:
        sim_hit(sim, FAULT_BACKEND_5XX);
        return failed(VERDICT_FAILED, CAUSE_SERVER, 500);
    case MOOD_401:
        sim_hit(sim, FAULT_BACKEND_401);
        return failed(VERDICT_FAILED, CAUSE_CLIENT, 401);
    case MOOD_FLAPS:
        sim_hit(sim, FAULT_BACKEND_FLAPS);
        return sim_one_in(sim, 2) ? failed(VERDICT_FAILED, CAUSE_SERVER, 503)
                                  : out;
    case MOOD_OVERSIZE:
        sim_hit(sim, FAULT_BACKEND_OVERSIZE);
        return failed(VERDICT_UNKNOWN, CAUSE_CLIENT, 0);
    case MOOD_TRUNCATED:
        sim_hit(sim, FAULT_BACKEND_TRUNCATED);
        return failed(VERDICT_UNKNOWN, CAUSE_NETWORK, 0);
    case MOOD_BUSY:
        sim_hit(sim, FAULT_BACKEND_BUSY);
        out = failed(VERDICT_FAILED, CAUSE_BUSY, 429);
        out.retry_after_ms = sim_long(sim, SECOND, 2 * HOUR);
        return out;
    case MOOD_DENIES:
        sim_hit(sim, FAULT_BACKEND_DENIES);
        return failed(VERDICT_FAILED, CAUSE_DENIED, 200);
    default:
        return out;
    }
}

/* Of a run that was accepted nobody can say that it has not happened: what
 * breaks is asked again, as call_judge_poll() says. */
static void judge_poll(struct request *request)
{
    if (request->kind != REQUEST_POLL)
        return;
    bool again = request->cause == CAUSE_NETWORK ||
                 request->cause == CAUSE_TIMEOUT ||
                 request->cause == CAUSE_BUSY || request->cause == CAUSE_SERVER;
    if (!again)
        return;
    request->accepted = true;
    request->verdict = VERDICT_UNKNOWN;
}

const struct version *backend_settings(const struct sim *sim)
{
    const struct backend *backend = &sim->backend;
    uint32_t i = backend->version_count;
    while (i-- > 1)
        if (backend->versions[i].visible_ms <= sim->now_ms)
            break;
    return &backend->versions[i];
}

/* A replica that lags behind answers with what was before. */
static uint32_t version_told(struct sim *sim)
{
    uint32_t newest = (uint32_t)(backend_settings(sim) - sim->backend.versions);
    if (sim->backend.lagging && newest > 0 && sim_one_in(sim, 2))
        return newest - 1;
    return newest;
}

void backend_arrival(struct sim *sim, uint32_t which)
{
    struct backend *backend = &sim->backend;
    struct request *request = &backend->requests[which];
    struct outcome out = in_mood(sim, request, backend->moods[request->other]);
    bool came = out.cause != CAUSE_NETWORK || out.verdict == VERDICT_UNKNOWN;
    if (came)
        request->arrived_ms = sim->now_ms;
    request->ended_ms = sim->now_ms + out.work_ms;
    request->version = version_told(sim);
    if (request->closing != CLOSED_NOT)
        return; /* nobody waits for it any more, and it is carried out */
    outcome_put(request, &out);
    if (came)
        sim_await(sim, FAULT_CRASH_AT_WORK);
    if (came && backend->lossy && sim_one_in(sim, 4)) {
        sim_hit(sim, FAULT_NET_LOST_AFTER);
        const struct outcome lost = failed(VERDICT_UNKNOWN, CAUSE_NETWORK, 0);
        outcome_put(request, &lost);
    }
    answer_in(sim, request,
              out.silent ? NEVER_MS / 2 : out.work_ms + sim_chance(sim, 1, 9));
    judge_poll(request);
}

/* ---- Settings ---- */

static struct version *version_new(struct sim *sim)
{
    struct backend *backend = &sim->backend;
    backend->versions = room(backend->versions, backend->version_count,
                             &backend->version_cap, sizeof *backend->versions);
    struct version *version = &backend->versions[backend->version_count++];
    *version = (struct version){ .visible_ms = sim->now_ms };
    version->facts.enable_jobs = true;
    version->facts.digest = backend->version_count - 1;
    version->facts.updated.ms = sim->now_ms;
    strcpy(version->facts.environment, sim_environments[0]);
    return version;
}

void backend_hook(struct sim *sim, const struct claim_of_change *claim,
                  int64_t after_ms)
{
    struct backend *backend = &sim->backend;
    backend->webhooks = room(backend->webhooks, backend->webhook_count,
                             &backend->webhook_cap, sizeof *backend->webhooks);
    backend->webhooks[backend->webhook_count] =
        (struct webhook){ .claim = *claim, .heard_ms = NEVER_MS };
    sim_put(sim, HAPPENS_WEBHOOK, after_ms, backend->webhook_count++, 0);
}

/* Its hook runs before its own commit: for a while the old ones are read. */
void backend_change(struct sim *sim, bool hook)
{
    bool off = sim_one_in(sim, 4);
    bool staging = sim->options.environments && sim_one_in(sim, 3);
    struct version *version = version_new(sim);
    version->facts.enable_jobs = !off;
    strcpy(version->facts.environment, sim_environments[staging]);
    version->visible_ms = sim->now_ms + sim_chance(sim, 0, 3 * SECOND);
    struct claim_of_change claim = { .has_enable_jobs = true,
                                     .enable_jobs = !off,
                                     .has_environment = true,
                                     .at = version->facts.updated };
    strcpy(claim.environment, version->facts.environment);
    if (hook)
        backend_hook(sim, &claim, sim_chance(sim, 5, 200));
}

void backend_begin(struct sim *sim)
{
    sim->backend.count = sim->backend.closings = 0;
    sim->backend.version_count = 0;
    sim->backend.webhook_count = 0;
    sim->backend.well_since_ms[0] = sim->backend.well_since_ms[1] = EVER_MS;
    version_new(sim)->facts.updated.ms -= HOUR;
}

void backend_free(struct sim *sim)
{
    free(sim->backend.requests);
    free(sim->backend.versions);
    free(sim->backend.webhooks);
}
