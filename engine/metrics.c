/* Counting, event by event and action by action. */
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

const struct histogram_scale metrics_took_scale = {
    { 10000, 50000, 100000, 500000, 1000000, 5000000, 10000000, 30000000,
      60000000, 300000000, 1800000000, 3600000000 }
};
const struct histogram_scale metrics_late_scale = {
    { 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000,
      30000000 }
};
const struct histogram_scale metrics_turn_scale = {
    { 1000, 5000, 10000, 20000, 50000, 100000, 500000, 1000000 }
};

struct metrics {
    struct metrics_sums sums;
    struct jobset *set;       /* in force, or NULL */
    struct metrics_job *jobs; /* one for each of the set's */
    struct metrics_circuit circuits[METRICS_CIRCUITS_MAX];
    size_t circuit_count;
};

struct metrics *metrics_new(struct wall now)
{
    struct metrics *metrics = memory_new(sizeof *metrics);
    metrics->sums.began = now;
    metrics->sums.fetched.ms = metrics->sums.loaded.ms = EVER_MS;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->circuit_count; i++)
        free(metrics->circuits[i].origin);
    free(metrics->jobs);
    jobset_unref(metrics->set);
    free(metrics);
}

/* ---- jobs ---- */

/* NULL where the schedule in force has no such job. */
static struct metrics_job *job_of(struct metrics *metrics, const char *name)
{
    uint32_t index =
        metrics->set ? jobset_find(metrics->set, name) : UINT32_MAX;
    return index == UINT32_MAX ? NULL : &metrics->jobs[index];
}

void metrics_swap(struct metrics *metrics, struct jobset *set)
{
    uint32_t count = jobset_count(set);
    struct metrics_job *jobs = memory_new(count * sizeof *jobs);
    for (uint32_t i = 0; i < count; i++) {
        const struct metrics_job *before =
            job_of(metrics, jobset_job(set, i)->name);
        jobs[i].last_success.ms = EVER_MS;
        if (before)
            jobs[i] = *before;
    }
    free(metrics->jobs);
    metrics->jobs = jobs;
    jobset_ref(set);
    jobset_unref(metrics->set);
    metrics->set = set;
}

/* ---- what the core decided ---- */

static void count_ended(struct metrics *metrics, const char *name,
                        enum verdict verdict, enum why why, uint64_t slots)
{
    struct metrics_job *job = job_of(metrics, name);
    metrics->sums.ended[verdict][why] += slots;
    if (!job)
        return;
    job->results[verdict] += slots;
    if (verdict == VERDICT_SKIPPED)
        job->skipped[why] += slots;
    else if (verdict == VERDICT_MISSED)
        job->missed[why] += slots;
}

static void on_start(struct metrics *metrics, const struct run_note *note,
                     struct wall at)
{
    struct metrics_job *job = job_of(metrics, note->name);
    metrics->sums.attempts++;
    if (job)
        job->attempts++;
    if (note->attempt == 1 && note->trigger == TRIGGER_SCHEDULE)
        histogram_add(&metrics->sums.late, &metrics_late_scale,
                      (at.ms - note->key.slot.ms) * 1000);
}

static void on_again(struct metrics *metrics, const struct run_note *note)
{
    struct metrics_job *job = job_of(metrics, note->name);
    metrics->sums.retries++;
    if (job)
        job->retries++;
}

static void on_finish(struct metrics *metrics, const struct action *act,
                      struct wall at)
{
    const char *name = act->finish.note.name;
    struct metrics_job *job = job_of(metrics, name);
    enum verdict verdict = act->finish.verdict;
    count_ended(metrics, name, verdict, act->finish.why, 1);
    if (verdict >= VERDICT_SKIPPED) /* claimed, and not sent after all */
        return;
    if (verdict_of_left(verdict, act->finish.why))
        return;
    histogram_add(&metrics->sums.took, &metrics_took_scale,
                  act->finish.took_ms * 1000);
    if (!job)
        return;
    job->took_count++;
    job->took_ms += act->finish.took_ms;
    if (verdict == VERDICT_OK)
        job->last_success = at;
}

/* NULL where there are too many. */
static struct metrics_circuit *circuit_of(struct metrics *metrics,
                                          const char *origin)
{
    for (size_t i = 0; i < metrics->circuit_count; i++)
        if (!strcmp(metrics->circuits[i].origin, origin))
            return &metrics->circuits[i];
    if (metrics->circuit_count == METRICS_CIRCUITS_MAX)
        return NULL;
    struct metrics_circuit *circuit =
        &metrics->circuits[metrics->circuit_count++];
    circuit->origin = memory_string(origin);
    return circuit;
}

static void on_circuit(struct metrics *metrics, const struct action *act)
{
    struct metrics_circuit *circuit = circuit_of(metrics, act->circuit.origin);
    if (!circuit)
        return;
    circuit->opened += act->circuit.open && !circuit->open;
    circuit->open = act->circuit.open;
}

void metrics_action(struct metrics *metrics, const struct action *act,
                    struct wall at)
{
    switch (act->kind) {
    case ACT_START:
        on_start(metrics, &act->note, at);
        break;
    case ACT_AGAIN:
        on_again(metrics, &act->note);
        break;
    case ACT_FINISH:
        on_finish(metrics, act, at);
        break;
    case ACT_PASS:
        count_ended(metrics, act->pass.job->name, act->pass.verdict,
                    act->pass.why, (uint64_t)act->pass.count);
        break;
    case ACT_CIRCUIT:
        on_circuit(metrics, act);
        break;
    default:
        break;
    }
}

/* ---- what it heard ---- */

static void on_fetched(struct metrics_sums *sums, const struct event *event)
{
    enum fetch_outcome outcome = event->fetched.outcome;
    sums->fetches[outcome]++;
    if (outcome == FETCH_OK || outcome == FETCH_NOT_MODIFIED)
        sums->fetched = event->now.wall;
}

static void on_loaded(struct metrics_sums *sums, const struct event *event)
{
    enum load_outcome outcome = event->loaded.outcome;
    sums->loads[outcome]++;
    sums->load_failed = outcome == LOAD_FAILED;
    if (outcome != LOAD_FAILED)
        sums->loaded = event->now.wall;
}

void metrics_event(struct metrics *metrics, const struct event *event)
{
    struct metrics_sums *sums = &metrics->sums;
    switch (event->kind) {
    case EV_FETCHED:
        on_fetched(sums, event);
        break;
    case EV_LOADED:
        on_loaded(sums, event);
        break;
    case EV_CLAIMED:
        sums->claims[event->claimed.outcome]++;
        break;
    case EV_STORE:
        sums->store_failures += !event->store.well;
        break;
    default:
        break;
    }
}

void metrics_turn(struct metrics *metrics, int64_t us)
{
    histogram_add(&metrics->sums.turns, &metrics_turn_scale, us);
}

/* ---- reading ---- */

const struct metrics_sums *metrics_sums(const struct metrics *metrics)
{
    return &metrics->sums;
}

size_t metrics_circuits(const struct metrics *metrics,
                        const struct metrics_circuit **ret)
{
    *ret = metrics->circuits;
    return metrics->circuit_count;
}

const struct metrics_job *metrics_jobs(const struct metrics *metrics)
{
    return metrics->jobs;
}

struct jobset *metrics_set(const struct metrics *metrics)
{
    return metrics->set;
}
