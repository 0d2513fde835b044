/* Each family has a sample of each job that is told of, so the bytes of a job
 * can be foretold. */
#include "metrics_jobs.h"

#include <string.h>

/* A job that has no slots here is told of where something was counted. */
static bool is_told(const struct metrics_view *view, uint32_t index)
{
    const struct metrics_job *counted = &view->rows[index].counted;
    if (jobset_job(view->set, index)->standing == STANDING_SCHEDULED)
        return true;
    for (size_t i = 0; i < VERDICTS; i++)
        if (counted->results[i])
            return true;
    return false;
}

/* ---- samples ---- */

static void job_number(const struct scribe *scribe, const char *job,
                       const char *suffix, uint64_t value)
{
    SCRIBE(scribe, suffix, { "job", job });
    scribe_number(scribe, value);
}

static void job_runs(const struct scribe *scribe, const char *job,
                     const struct metrics_row *row)
{
    for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
        SCRIBE(scribe, "", { "job", job },
               { "result", verdict_names[verdict] });
        scribe_number(scribe, row->counted.results[verdict]);
    }
}

static void passed_of(const struct scribe *scribe, const char *job,
                      enum verdict verdict, const uint64_t counts[WHYS])
{
    for (enum why why = 0; why < WHYS; why++) {
        if (!counts[why])
            continue;
        SCRIBE(scribe, "", { "job", job }, { "result", verdict_names[verdict] },
               { "why", why ? why_names[why] : NULL });
        scribe_number(scribe, counts[why]);
    }
}

static void job_passed(const struct scribe *scribe, const char *job,
                       const struct metrics_row *row)
{
    passed_of(scribe, job, VERDICT_SKIPPED, row->passed.skipped);
    passed_of(scribe, job, VERDICT_MISSED, row->passed.missed);
}

static void job_attempts(const struct scribe *scribe, const char *job,
                         const struct metrics_row *row)
{
    job_number(scribe, job, "", row->counted.attempts);
}

static void job_retries(const struct scribe *scribe, const char *job,
                        const struct metrics_row *row)
{
    job_number(scribe, job, "", row->counted.retries);
}

static void job_took(const struct scribe *scribe, const char *job,
                     const struct metrics_row *row)
{
    SCRIBE(scribe, "_sum", { "job", job });
    scribe_seconds_ms(scribe, row->counted.took_ms);
    job_number(scribe, job, "_count", row->counted.took_count);
}

static void job_instant(const struct scribe *scribe, const char *job,
                        struct wall at)
{
    if (at.ms == EVER_MS || at.ms == NEVER_MS)
        return;
    SCRIBE(scribe, "", { "job", job });
    scribe_seconds_ms(scribe, at.ms);
}

static void job_last_success(const struct scribe *scribe, const char *job,
                             const struct metrics_row *row)
{
    job_instant(scribe, job, row->last_success);
}

static void job_next(const struct scribe *scribe, const char *job,
                     const struct metrics_row *row)
{
    job_instant(scribe, job, row->next);
}

static void job_live(const struct scribe *scribe, const char *job,
                     const struct metrics_row *row)
{
    job_number(scribe, job, "", row->going);
}

static void job_fails(const struct scribe *scribe, const char *job,
                      const struct metrics_row *row)
{
    job_number(scribe, job, "", row->fails);
}

static void job_paused(const struct scribe *scribe, const char *job,
                       const struct metrics_row *row)
{
    job_number(scribe, job, "", row->paused);
}

/* ---- all of them ---- */

static const struct {
    const char *name, *type, *help;
    void (*put)(const struct scribe *scribe, const char *job,
                const struct metrics_row *row);
} families[] = {
    { "mooncron_job_runs_total", "counter",
      "Runs and slots of the job, by result.", job_runs },
    { "mooncron_job_passed_total", "counter",
      "Slots of the job that were not run, by why, once there was one.",
      job_passed },
    { "mooncron_job_attempts_total", "counter", "Attempts of the job's runs.",
      job_attempts },
    { "mooncron_job_retries_total", "counter",
      "Of them, failed ones that were followed by another.", job_retries },
    { "mooncron_job_run_duration_seconds", "summary",
      "From the start of a run of the job to its verdict.", job_took },
    { "mooncron_job_last_success_timestamp_seconds", "gauge",
      "When a run of the job last ended ok.", job_last_success },
    { "mooncron_job_next_run_timestamp_seconds", "gauge",
      "The job's next slot.", job_next },
    { "mooncron_job_runs_live", "gauge",
      "Runs of the job that go on, waiting ones included.", job_live },
    { "mooncron_job_failures_in_row", "gauge",
      "Runs of the job that failed since the last that did not.", job_fails },
    { "mooncron_job_paused", "gauge", "1 where the job is paused.",
      job_paused },
};

void metrics_jobs_put(struct scribe *scribe, const struct metrics_view *view,
                      uint32_t count)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        scribe_family(scribe, families[f].name, families[f].type,
                      families[f].help);
        for (uint32_t i = 0; i < count; i++)
            if (is_told(view, i))
                families[f].put(scribe, jobset_job(view->set, i)->name,
                                &view->rows[i]);
    }
}

/* ---- room ---- */

/* Of one job: samples that it always has, and the bytes of one without the
 * job's name, on the average; and of one that says why. */
#define JOB_SAMPLES  14
#define SAMPLE_BYTES 80
#define WHY_BYTES    100

static size_t job_bytes(const struct metrics_view *view, uint32_t index)
{
    size_t name = strlen(jobset_job(view->set, index)->name);
    const struct metrics_passed *passed = &view->rows[index].passed;
    size_t bytes = JOB_SAMPLES * (SAMPLE_BYTES + name);
    if (!is_told(view, index))
        return 0;
    for (size_t why = 0; why < WHYS; why++) {
        if (passed->skipped[why])
            bytes += WHY_BYTES + name;
        if (passed->missed[why])
            bytes += WHY_BYTES + name;
    }
    return bytes;
}

uint32_t metrics_jobs_fit(const struct metrics_view *view, size_t bytes_max)
{
    uint32_t count = view->set ? jobset_count(view->set) : 0;
    size_t left =
        bytes_max > METRICS_SUMS_BYTES ? bytes_max - METRICS_SUMS_BYTES : 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t bytes = job_bytes(view, i);
        if (bytes > left)
            return i;
        left -= bytes;
    }
    return count;
}
