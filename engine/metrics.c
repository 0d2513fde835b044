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
    struct jobset *set;            /* in force, or NULL */
    struct metrics_job *jobs;      /* one for each of the set's */
    struct metrics_passed *passed; /* likewise */
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
    free(metrics->passed);
    jobset_unref(metrics->set);
    free(metrics);
}

/* ---- jobs ---- */

/* UINT32_MAX where the schedule in force has no such job, or there is none. */
static uint32_t index_of(const struct metrics *metrics, const struct job *job)
{
    return metrics->set ? jobset_index(metrics->set, job) : UINT32_MAX;
}

/* Likewise; the job of a run that the store remembered may be no more. */
static uint32_t index_of_note(const struct metrics *metrics,
                              const struct run_note *note)
{
    if (note->job)
        return index_of(metrics, note->job);
    return metrics->set ? jobset_find(metrics->set, note->name) : UINT32_MAX;
}

/* NULL where the schedule in force does not have it. */
static struct metrics_job *job_of(struct metrics *metrics,
                                  const struct run_note *note)
{
    uint32_t index = index_of_note(metrics, note);
    return index == UINT32_MAX ? NULL : &metrics->jobs[index];
}

static bool was_passed_over(const struct metrics_job *job)
{
    return job->results[VERDICT_SKIPPED] || job->results[VERDICT_MISSED];
}

void metrics_swap(struct metrics *metrics, struct jobset *set)
{
    uint32_t count = jobset_count(set);
    struct metrics_job *jobs = memory_new(count * sizeof *jobs);
    struct metrics_passed *passed = memory_new(count * sizeof *passed);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = index_of(metrics, jobset_job(set, i));
        jobs[i].last_success.ms = EVER_MS;
        if (before == UINT32_MAX)
            continue;
        jobs[i] = metrics->jobs[before];
        if (was_passed_over(&jobs[i]))
            passed[i] = metrics->passed[before];
    }
    free(metrics->jobs);
    free(metrics->passed);
    metrics->jobs = jobs;
    metrics->passed = passed;
    jobset_ref(set);
    jobset_unref(metrics->set);
    metrics->set = set;
}

/* ---- what the core decided ---- */

static void count_ended(struct metrics *metrics, uint32_t index,
                        enum verdict verdict, enum why why, uint64_t slots)
{
    metrics->sums.ended[verdict][why] += slots;
    if (index == UINT32_MAX)
        return;
    metrics->jobs[index].results[verdict] += slots;
    if (verdict == VERDICT_SKIPPED)
        metrics->passed[index].skipped[why] += slots;
    else if (verdict == VERDICT_MISSED)
        metrics->passed[index].missed[why] += slots;
}

static void on_start(struct metrics *metrics, const struct run_note *note,
                     struct wall at)
{
    struct metrics_job *job = job_of(metrics, note);
    metrics->sums.attempts++;
    if (job)
        job->attempts++;
    if (note->attempt == 1 && note->trigger == TRIGGER_SCHEDULE)
        histogram_add(&metrics->sums.late, &metrics_late_scale,
                      (at.ms - note->key.slot.ms) * 1000);
}

static void on_again(struct metrics *metrics, const struct run_note *note)
{
    struct metrics_job *job = job_of(metrics, note);
    metrics->sums.retries++;
    if (job)
        job->retries++;
}

static void on_finish(struct metrics *metrics, const struct action *act,
                      struct wall at)
{
    uint32_t index = index_of_note(metrics, &act->finish.note);
    enum verdict verdict = act->finish.verdict;
    count_ended(metrics, index, verdict, act->finish.why, 1);
    if (verdict >= VERDICT_SKIPPED) /* claimed, and not sent after all */
        return;
    if (verdict_of_left(verdict, act->finish.why))
        return;
    histogram_add(&metrics->sums.took, &metrics_took_scale,
                  act->finish.took_ms * 1000);
    if (index == UINT32_MAX)
        return;
    struct metrics_job *job = &metrics->jobs[index];
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
        count_ended(metrics, index_of(metrics, act->pass.job),
                    act->pass.verdict, act->pass.why,
                    (uint64_t)act->pass.count);
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

const struct metrics_passed *metrics_passed(const struct metrics *metrics)
{
    return metrics->passed;
}

struct jobset *metrics_set(const struct metrics *metrics)
{
    return metrics->set;
}
