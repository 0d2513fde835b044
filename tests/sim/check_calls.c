/* What the backend has in its ledger: no slot is sent twice (I2), none before
 * it was written down (I3), none beside another that its job forbids (I4),
 * what was sent is not hung up on (I8), and who fails is spared (I17). */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "../../engine/core/breaker.h"
#include "mooncron/memory.h"

#define NAME(request) sim_jobs[(request)->job]

/* ---- one call ---- */

static void check_recorded(struct check *check, const struct request *call)
{
    const struct fact *claim =
        check_claim(check, call->job, call->key, call->epoch);
    if (claim && claim->commit->at_ms <= call->sent_ms)
        return;
    sim_blame(check->sim, "I3", call->sent_ms,
              "%s: slot %lld was sent with epoch %u, and its claim was %s",
              NAME(call), (long long)call->key.slot.ms, call->epoch,
              claim ? "not durable yet" : "never written");
}

static void check_hung_up(struct check *check, const struct request *call)
{
    if (call->hung_up)
        sim_blame(check->sim, "I8", call->closed_ms,
                  "%s: slot %lld was cancelled, and nothing asked for it",
                  NAME(call), (long long)call->key.slot.ms);
}

/* ---- two calls of one key ---- */

static bool same_key(const struct request *a, const struct request *b)
{
    return a->job == b->job && !check_by_key(&a->key, &b->key);
}

static void check_twice(struct check *check, const struct request *a,
                        const struct request *b)
{
    if (a->epoch != b->epoch || a->attempt != b->attempt ||
        a->kind != b->kind || a->number != b->number ||
        a->kind == REQUEST_POLL ||
        check_lost(check, a->job, a->key.slot.ms, a->life) ||
        check_gone(check, a->job, a->key, a->sent_ms, b->sent_ms))
        return;
    sim_blame(check->sim, "I2", b->sent_ms,
              "%s: slot %lld was sent twice as attempt %u of epoch %u", NAME(a),
              (long long)a->key.slot.ms, a->attempt, a->epoch);
}

/* Whether the store took something of a life that was added after a moment. */
static bool took_after(const struct check *check, uint32_t life, int64_t at_ms)
{
    const struct disk *disk = &check->sim->disk;
    uint32_t from = check->fresh_first, to = disk->commit_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (disk->commits[middle].at_ms <= at_ms)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < disk->commit_count && disk->commits[from].life == life;
         from++)
        if (disk->commits[from].kind == COMMIT_BATCH &&
            disk->commits[from].begun_ms > at_ms)
            return true;
    return false;
}

/* A backfill has put the slot in line once more: that is a run of its own,
 * whoever comes to begin it. */
static bool is_asked_again(const struct check *check,
                           const struct request *call)
{
    const struct facts_of_job *facts = &check->facts[call->job];
    for (uint32_t i = 0; i < facts->wait_count; i++)
        if (facts->waits[i].note->entry.slot.ms == call->key.slot.ms &&
            facts->waits[i].note->entry.trigger == TRIGGER_BACKFILL)
            return true;
    return call->trigger == TRIGGER_BACKFILL;
}

/* In another life, too, the number is a higher one: where the store knew that
 * this one may have left. */
static void check_number(struct check *check, const struct request *a,
                         const struct request *b)
{
    if (a->kind != REQUEST_CALL || b->kind != REQUEST_CALL ||
        a->life == b->life || b->attempt > a->attempt ||
        is_asked_again(check, b) ||
        (a->attempt > 1 && !took_after(check, a->life, a->sent_ms)) ||
        check_lost(check, a->job, a->key.slot.ms, a->life) ||
        check_gone(check, a->job, a->key, a->sent_ms, b->sent_ms))
        return;
    sim_blame(check->sim, "I2", b->sent_ms,
              "%s: slot %lld was sent again as attempt %u by another life",
              NAME(a), (long long)a->key.slot.ms, b->attempt);
}

static bool is_heard(const struct request *call)
{
    return call->closing == CLOSED_ANSWERED || call->closing == CLOSED_LATE;
}

/* One attempt after another, by one life. */
static void check_retry(struct check *check, const struct request *a,
                        const struct request *b)
{
    if (a->kind != REQUEST_CALL || b->kind != REQUEST_CALL ||
        a->epoch != b->epoch || a->life != b->life || !is_heard(a) ||
        check_gone(check, a->job, a->key, a->sent_ms, b->sent_ms))
        return;
    const struct job *job = check_job(check, a->generation, a->job);
    if (!job)
        return;
    bool mends = a->verdict != VERDICT_OK && !a->accepted &&
                 (job->retry.on >> a->cause & 1);
    if (!mends || b->attempt > job->retry.attempts)
        sim_blame(check->sim, "I17", b->sent_ms,
                  "%s: slot %lld was sent again as attempt %u after %s, %s",
                  NAME(a), (long long)a->key.slot.ms, b->attempt,
                  verdict_names[a->verdict], cause_names[a->cause]);
    if (a->retry_after_ms > 0 && a->retry_after_ms <= RETRY_AFTER_MS_MAX &&
        b->sent_ms < a->closed_ms + a->retry_after_ms)
        sim_blame(check->sim, "I17", b->sent_ms,
                  "%s: slot %lld was sent again sooner than Retry-After asks",
                  NAME(a), (long long)a->key.slot.ms);
}

/* A verdict that is durable is the last word: ok for good, any other for the
 * claim that it is of. */
static void check_after(struct check *check, const struct request *call)
{
    const struct facts_of_job *facts = &check->facts[call->job];
    uint32_t i = check_place(facts->finishes, facts->finish_count, call->key);
    for (; i < facts->finish_count; i++) {
        const struct fact *fact = &facts->finishes[i];
        const struct entry *entry = &fact->note->entry;
        struct run_key key = { entry->slot, entry->manual };
        if (check_by_key(&key, &call->key))
            break;
        if ((entry->verdict != VERDICT_OK && entry->epoch < call->epoch) ||
            fact->commit->lost || call->sent_ms <= fact->commit->at_ms ||
            check_gone(check, call->job, key, fact->commit->at_ms,
                       call->sent_ms))
            continue;
        sim_blame(check->sim, "I2", call->sent_ms,
                  "%s: slot %lld was sent again after its verdict %s",
                  NAME(call), (long long)call->key.slot.ms,
                  verdict_names[entry->verdict]);
    }
}

/* What was answered well is written down, with the next that is. */
static void check_verdict(struct check *check, const struct request *call)
{
    const struct facts_of_job *facts = &check->facts[call->job];
    if (call->kind == REQUEST_SCRIPT || call->closing != CLOSED_ANSWERED ||
        call->verdict != VERDICT_OK || call->accepted ||
        !took_after(check, call->life, call->closed_ms))
        return;
    uint32_t i = check_place(facts->finishes, facts->finish_count, call->key);
    for (; i < facts->finish_count; i++) {
        const struct fact *fact = &facts->finishes[i];
        struct run_key key = { fact->note->entry.slot,
                               fact->note->entry.manual };
        if (check_by_key(&key, &call->key))
            break;
        if (fact->commit->life == call->life &&
            fact->note->entry.epoch == call->epoch)
            return;
    }
    sim_blame(check->sim, "I1", call->closed_ms,
              "%s: slot %lld was answered, and its verdict was never written",
              NAME(call), (long long)call->key.slot.ms);
}

static void check_keys(struct check *check)
{
    for (uint32_t i = 0; i < check->call_count; i++) {
        const struct request *call = check->calls[i];
        check_recorded(check, call);
        check_hung_up(check, call);
        check_after(check, call);
        check_verdict(check, call);
        for (uint32_t k = i + 1;
             k < check->call_count && same_key(call, check->calls[k]); k++) {
            check_twice(check, call, check->calls[k]);
            check_number(check, call, check->calls[k]);
        }
        if (i + 1 < check->call_count && same_key(call, check->calls[i + 1]))
            check_retry(check, call, check->calls[i + 1]);
    }
}

/* Who gives a run up that had attempts left says why, and nobody else does. */
static void check_given_up(struct check *check, uint32_t number,
                           const struct note *note)
{
    const struct entry *entry = &note->entry;
    const struct job *job = check_job(check, entry->generation, number);
    enum verdict verdict = (enum verdict)entry->verdict;
    enum why why = (enum why)entry->why;
    if (!job || (verdict != VERDICT_FAILED && verdict != VERDICT_UNKNOWN))
        return;
    if (entry->attempt < job->retry.attempts
            ? why == WHY_NONE
            : why_no_more(verdict, why) != NULL)
        sim_blame(check->sim, "I17", note->added_ms,
                  "%s: slot %lld ended with attempt %u of %u, %s \"%s\"",
                  entry->job, (long long)entry->slot.ms, entry->attempt,
                  job->retry.attempts, verdict_names[verdict], why_names[why]);
}

static void check_ends(struct check *check)
{
    for (uint32_t job = 0; job < SIM_JOBS; job++)
        for (uint32_t i = 0; i < check->facts[job].finish_count; i++)
            check_given_up(check, job, check->facts[job].finishes[i].note);
}

/* ---- calls beside each other ---- */

#define BESIDE_MAX 64

/* Calls of one job, or of one group, that are open at a moment. */
struct beside {
    const struct request *open[BESIDE_MAX];
    uint32_t count;
};

static void beside_shut(struct beside *beside, const struct request *next)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < beside->count; i++)
        if (beside->open[i]->life == next->life &&
            beside->open[i]->closed_ms > next->sent_ms)
            beside->open[kept++] = beside->open[i];
    beside->count = kept;
}

static void beside_add(struct check *check, struct beside *beside,
                       const struct request *call, uint32_t limit,
                       const char *whose)
{
    beside_shut(beside, call);
    if (beside->count < BESIDE_MAX)
        beside->open[beside->count++] = call;
    if (beside->count > limit)
        sim_blame(check->sim, "I4", call->sent_ms,
                  "%s: slot %lld was sent beside that of %lld, of %s",
                  NAME(call), (long long)call->key.slot.ms,
                  (long long)beside->open[0]->key.slot.ms, whose);
}

static void check_beside(struct check *check)
{
    static const struct beside none;
    struct beside jobs[SIM_JOBS], hub = none;
    for (uint32_t i = 0; i < SIM_JOBS; i++)
        jobs[i] = none;
    uint32_t allows = sim_job_number("beside");
    const struct backend *backend = &check->sim->backend;
    for (uint32_t i = 0; i < backend->count; i++) {
        const struct request *call = &backend->requests[i];
        if (call->kind != REQUEST_CALL || call->sent_ms < check->fresh_ms)
            continue;
        if (call->hub)
            beside_add(check, &hub, call, 1, "its group");
        if (!call->key.manual)
            beside_add(check, &jobs[call->job], call,
                       call->job == allows ? 2 : 1, "its job");
    }
}

/* ---- origins that fail ---- */

static bool to_blame(const struct request *call)
{
    return call->cause == CAUSE_NETWORK || call->cause == CAUSE_TIMEOUT ||
           call->cause == CAUSE_SERVER;
}

static int by_end(const void *a, const void *b)
{
    const struct request *x = *(const struct request *const *)a;
    const struct request *y = *(const struct request *const *)b;
    return (x->closing_order > y->closing_order) -
           (x->closing_order < y->closing_order);
}

/* What the worker heard of an origin, in the order of hearing. */
struct heard {
    const struct request **calls;
    uint32_t count;
};

static struct heard heard_of(const struct check *check, bool other)
{
    const struct backend *backend = &check->sim->backend;
    struct heard heard = { .calls = memory_new((backend->count + 1) *
                                               sizeof *heard.calls) };
    for (uint32_t i = 0; i < backend->count; i++) {
        const struct request *call = &backend->requests[i];
        if ((call->kind == REQUEST_CALL || call->kind == REQUEST_POLL) &&
            call->other == other && is_heard(call))
            heard.calls[heard.count++] = call;
    }
    qsort(heard.calls, heard.count, sizeof *heard.calls, by_end);
    return heard;
}

/* Somebody was there, and did badly: at a moment at which it might have been
 * either, `doubt` decides. */
static bool is_ill(const struct request *call, bool doubt)
{
    if (call->cause == CAUSE_SERVER || call->arrived_ms < call->closed_ms)
        return to_blame(call);
    return to_blame(call) && call->arrived_ms == call->closed_ms && doubt;
}

/* How many calls were heard of up to `at_ms`. */
static uint32_t heard_until(const struct heard *heard, int64_t at_ms)
{
    uint32_t from = 0, to = heard->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (heard->calls[middle]->closed_ms <= at_ms)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Why the circuit may hold the job back: the origin has failed, and since it
 * last answered well nobody was there, or it did badly by this job itself, and
 * not long ago. */
static bool has_reason(const struct heard *heard, uint32_t life,
                       const char *job, int64_t at_ms)
{
    for (uint32_t i = heard_until(heard, at_ms); i-- > 0;) {
        const struct request *call = heard->calls[i];
        if (call->life != life)
            return false;
        if (!to_blame(call) && call->closed_ms < at_ms)
            return false;
        if (!to_blame(call))
            continue; /* at that very moment: it may have come after */
        if (!is_ill(call, false) ||
            (sim_jobs[call->job] == job &&
             at_ms - call->closed_ms < BREAKER_COOL_MS_MAX))
            return true;
    }
    return false;
}

static void check_skip(struct check *check, const struct heard *heard,
                       const struct note *note, const struct commit *commit)
{
    if (!has_reason(heard, commit->life, note->entry.job, note->added_ms))
        sim_blame(check->sim, "I17", note->added_ms,
                  "%s: slot %lld was skipped for its circuit, and its origin "
                  "had answered, or had done nothing to this job",
                  note->entry.job, (long long)note->entry.slot.ms);
}

static void check_skips(struct check *check, const struct heard heard[2])
{
    const struct disk *disk = &check->sim->disk;
    uint32_t rates = sim_job_number("rates");
    for (uint32_t i = 0; i < check->commit_count; i++) {
        const struct commit *commit = check->commits[i];
        for (uint32_t n = 0; n < commit->count; n++) {
            const struct note *note = &disk->log.list[commit->first + n];
            bool skips = note->entry.kind == ENTRY_PASS ||
                         note->entry.kind == ENTRY_FINISH;
            if (skips && note->entry.why == WHY_CIRCUIT &&
                note->entry.verdict == VERDICT_SKIPPED)
                check_skip(check, &heard[note->entry.job == sim_jobs[rates]],
                           note, commit);
        }
    }
}

/* At one moment an answer that closes the circuit may be what it was sent for.
 */
static bool came_before(const struct request *answer,
                        const struct request *call)
{
    return answer->closed_ms < call->sent_ms ||
           (answer->closed_ms == call->sent_ms && !to_blame(answer));
}

/* What an origin has done since it last answered well. */
struct row_of_failures {
    uint32_t life, count, ill;
    int64_t since_ms; /* the fifth, or the last probe's: nothing is sent */
    int64_t opened_ms;
    const struct request *own[SIM_JOBS]; /* the last that did badly by a job */
};

static void row_add(struct row_of_failures *row, const struct request *answer,
                    bool probe)
{
    if (answer->life != row->life || !to_blame(answer))
        *row = (struct row_of_failures){ .life = answer->life };
    if (!to_blame(answer))
        return;
    row->ill += is_ill(answer, true);
    if (is_ill(answer, true))
        row->own[answer->job] = answer;
    if (++row->count == BREAKER_FAILS)
        row->since_ms = row->opened_ms = answer->closed_ms;
    else if (probe && answer->sent_ms > row->opened_ms)
        row->since_ms = answer->closed_ms;
}

/* It, or its job as it was declared then, has failed itself. */
static bool is_blamed(const struct request *own, const struct request *call)
{
    return own && own->generation == call->generation &&
           (call->attempt == 1 || same_key(own, call)) &&
           call->sent_ms - own->closed_ms < BREAKER_COOL_MS_MAX;
}

/* Its job is held back, so that it can be nothing but a probe: nobody is there,
 * or that was by itself. */
static bool must_probe(const struct row_of_failures *row,
                       const struct heard *heard, uint32_t next,
                       const struct request *call)
{
    if (row->count < BREAKER_FAILS || call->life != row->life ||
        call->key.manual)
        return false;
    if (is_blamed(row->own[call->job], call))
        return true;
    uint32_t ill = row->ill;
    for (;
         next < heard->count && heard->calls[next]->closed_ms == call->sent_ms;
         next++)
        ill += is_ill(heard->calls[next], true);
    return !ill;
}

/* Five failures in a row: for a while nothing is sent but probes, a pause after
 * each that fails. */
static void check_spared(struct check *check, const struct heard *heard,
                         bool other)
{
    const struct backend *backend = &check->sim->backend;
    struct row_of_failures row = { .life = 0 };
    bool *probes = memory_new(backend->count + 1);
    uint32_t next = 0;
    for (uint32_t i = 0; i < backend->count; i++) {
        const struct request *call = &backend->requests[i];
        if (call->kind != REQUEST_CALL || call->other != other)
            continue;
        for (; next < heard->count && came_before(heard->calls[next], call);
             next++)
            row_add(&row, heard->calls[next],
                    probes[heard->calls[next] - backend->requests]);
        probes[i] = must_probe(&row, heard, next, call);
        if (probes[i] && call->sent_ms < row.since_ms + BREAKER_COOL_MS / 2)
            sim_blame(check->sim, "I17", call->sent_ms,
                      "%s: slot %lld was sent after %u failures in a row",
                      NAME(call), (long long)call->key.slot.ms, row.count);
    }
    free(probes);
}

void check_calls(struct check *check)
{
    check_keys(check);
    check_ends(check);
    check_beside(check);
    struct heard heard[2] = { heard_of(check, false), heard_of(check, true) };
    check_skips(check, heard);
    for (int i = 0; i < 2; i++) {
        check_spared(check, &heard[i], i);
        free(heard[i].calls);
    }
}
