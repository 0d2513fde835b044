/* Metrics: what has happened since the worker began, in numbers.
 *
 * They are fed by what the core hears and decides: integers are counted where
 * it passes by, at the same cost however many jobs there are, and nothing is
 * allocated for it. A number is made into text only where somebody asks
 * (metrics_text.h).
 *
 * Of each job of the schedule in force there are numbers of its own. One that
 * leaves the schedule takes them along: what it did stays in the sums. */
#ifndef MOONCRON_METRICS_H
#define MOONCRON_METRICS_H

#include "histogram.h"
#include "mooncron/core.h"

struct metrics;

/* Of one job. What most jobs never have lies apart: pages that nobody touches
 * are no memory, and a burst goes through the others. */
struct metrics_job {
    uint64_t results[VERDICTS];
    uint64_t attempts, retries;
    uint64_t took_count;
    int64_t took_ms;          /* of all its runs together */
    struct wall last_success; /* its end; EVER_MS: there was none */
};

/* Its slots that were not run: of `results`. */
struct metrics_passed {
    uint64_t skipped[WHYS], missed[WHYS];
};

struct metrics_circuit {
    char *origin; /* "": the backend's; owned by the metrics */
    bool open;
    uint64_t opened; /* how often */
};
#define METRICS_CIRCUITS_MAX 256 /* there are fewer origins in one schedule */

/* Of all jobs, those that are gone included. */
struct metrics_sums {
    struct wall began;
    uint64_t ended[VERDICTS][WHYS]; /* slots and runs; WHY_NONE: an answer */
    uint64_t attempts, retries;
    uint64_t claims[2];  /* by enum claim_outcome */
    uint64_t loads[3];   /* by enum load_outcome */
    uint64_t fetches[4]; /* by enum fetch_outcome */
    uint64_t store_failures;
    struct wall fetched;    /* EVER_MS: never */
    struct wall loaded;     /* the file was good then, or had not changed */
    bool load_failed;       /* the last one */
    struct histogram took;  /* runs, from their start to their verdict */
    struct histogram late;  /* the first attempt of a slot, from the slot on;
                             * what is made up is late by design: not here */
    struct histogram turns; /* of the loop: how long it did not listen */
};
extern const struct histogram_scale metrics_took_scale, metrics_late_scale,
    metrics_turn_scale;

struct metrics *metrics_new(struct wall now);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* What the core heard, and what it decided, at `at`. */
void metrics_event(struct metrics *metrics, const struct event *event);
void metrics_action(struct metrics *metrics, const struct action *act,
                    struct wall at);
/* The set is in force from now on; a reference is taken. */
void metrics_swap(struct metrics *metrics, struct jobset *set);
/* A turn of the loop took so long, without the time that it slept. */
void metrics_turn(struct metrics *metrics, int64_t us);

/* Borrowed until the next feeding. */
const struct metrics_sums *metrics_sums(const struct metrics *metrics);
size_t metrics_circuits(const struct metrics *metrics,
                        const struct metrics_circuit **ret);
/* Of each job of the set in force, in its order; NULL before the first. */
const struct metrics_job *metrics_jobs(const struct metrics *metrics);
const struct metrics_passed *metrics_passed(const struct metrics *metrics);
struct jobset *metrics_set(const struct metrics *metrics); /* or NULL */

#endif
