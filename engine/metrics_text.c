/* A family is a row of a table: its name, its type, what it means, and who
 * writes its samples. Those of the worker and of its process are below, those
 * of jobs in metrics_jobs.c; docs/metrics.md has the same tables, and tests/e2e
 * compares them. */
#include "metrics_text.h"

#include <inttypes.h>

#include "metrics_jobs.h"
#include "scribe.h"

struct page {
    struct scribe scribe;
    const struct metrics_view *view;
    uint32_t omitted; /* jobs of its set that do not fit */
};

/* ---- the worker ---- */

static void build_info(const struct page *p)
{
    SCRIBE(&p->scribe, "", { "version", MOONCRON_VERSION });
    scribe_number(&p->scribe, 1);
}

static void primary(const struct page *p)
{
    scribe_single(&p->scribe, p->view->primary);
}

static void generation(const struct page *p)
{
    scribe_single(&p->scribe, p->view->status.generation);
}

static void loaded_time(const struct page *p)
{
    if (p->view->set)
        scribe_instant(&p->scribe, p->view->status.in_force_since);
}

static void good_load_time(const struct page *p)
{
    scribe_instant(&p->scribe, p->view->sums.loaded);
}

static void load_successful(const struct page *p)
{
    scribe_single(&p->scribe, !p->view->sums.load_failed);
}

static void reloads(const struct page *p)
{
    static const char *const names[] = { [LOAD_OK] = "ok",
                                         [LOAD_UNCHANGED] = "unchanged",
                                         [LOAD_FAILED] = "failed" };
    scribe_each(&p->scribe, "result", names, p->view->sums.loads,
                sizeof names / sizeof *names);
}

static void settings_info(const struct page *p)
{
    const struct metrics_view *view = p->view;
    struct text version;
    if (!view->set)
        return;
    text_init(&version, 32);
    text_printf(&version, "%016" PRIx64, view->status.settings.digest);
    SCRIBE(
        &p->scribe, "", { "environment", view->environment },
        { "enable_jobs", view->status.settings.enable_jobs ? "true" : "false" },
        { "version", version.data });
    scribe_number(&p->scribe, 1);
    text_close(&version);
}

static void settings_age(const struct page *p)
{
    const struct metrics_view *view = p->view;
    if (view->sums.fetched.ms == EVER_MS)
        return;
    scribe_begin(&p->scribe, "", NULL, 0);
    scribe_seconds_ms(&p->scribe, view->now.ms - view->sums.fetched.ms);
}

static void fetches(const struct page *p)
{
    static const char *const names[] = { [FETCH_OK] = "ok",
                                         [FETCH_NOT_MODIFIED] = "not_modified",
                                         [FETCH_FAILED] = "failed",
                                         [FETCH_REFUSED] = "refused" };
    scribe_each(&p->scribe, "result", names, p->view->sums.fetches,
                sizeof names / sizeof *names);
}

static void jobs(const struct page *p)
{
    static const char *const names[] = {
        [STANDING_SCHEDULED] = "scheduled",
        [STANDING_DISABLED] = "disabled",
        [STANDING_ENVIRONMENT] = "environment",
        [STANDING_JOBS_OFF] = "jobs_off",
    };
    const struct jobset *set = p->view->set;
    uint64_t counts[4] = { 0 };
    for (uint32_t i = 0; set && i < jobset_count(set); i++)
        counts[jobset_job(set, i)->standing]++;
    scribe_each(&p->scribe, "standing", names, counts, 4);
}

static void jobs_omitted(const struct page *p)
{
    scribe_single(&p->scribe, p->omitted);
}

/* ---- runs ---- */

/* What can come of a slot: each has a sample from the start, so that its first
 * time is a change. */
static const struct {
    enum verdict verdict;
    enum why why;
} ends[] = {
    { VERDICT_OK, WHY_NONE },           { VERDICT_FAILED, WHY_NONE },
    { VERDICT_FAILED, WHY_CIRCUIT },    { VERDICT_FAILED, WHY_STOPPING },
    { VERDICT_FAILED, WHY_REPLACED },   { VERDICT_FAILED, WHY_REMOVED },
    { VERDICT_FAILED, WHY_NEXT_SLOT },  { VERDICT_FAILED, WHY_NO_TIME },
    { VERDICT_FAILED, WHY_DRAINING },   { VERDICT_FAILED, WHY_RETRY_ON },
    { VERDICT_FAILED, WHY_FINAL },      { VERDICT_UNKNOWN, WHY_NONE },
    { VERDICT_UNKNOWN, WHY_CIRCUIT },   { VERDICT_UNKNOWN, WHY_STOPPING },
    { VERDICT_UNKNOWN, WHY_REPLACED },  { VERDICT_UNKNOWN, WHY_REMOVED },
    { VERDICT_UNKNOWN, WHY_NEXT_SLOT }, { VERDICT_UNKNOWN, WHY_NO_TIME },
    { VERDICT_UNKNOWN, WHY_DRAINING },  { VERDICT_UNKNOWN, WHY_RETRY_ON },
    { VERDICT_UNKNOWN, WHY_FINAL },     { VERDICT_UNKNOWN, WHY_DOWN },
    { VERDICT_UNKNOWN, WHY_DEADLINE },  { VERDICT_SKIPPED, WHY_OVERLAP },
    { VERDICT_SKIPPED, WHY_MIN_GAP },   { VERDICT_SKIPPED, WHY_MAX_RUNS },
    { VERDICT_SKIPPED, WHY_CIRCUIT },   { VERDICT_SKIPPED, WHY_GROUP_FULL },
    { VERDICT_SKIPPED, WHY_REMOVED },   { VERDICT_SKIPPED, WHY_STOPPING },
    { VERDICT_SKIPPED, WHY_CANCELLED }, { VERDICT_MISSED, WHY_DOWN },
    { VERDICT_MISSED, WHY_PAUSED },     { VERDICT_MISSED, WHY_CLOCK },
    { VERDICT_MISSED, WHY_STORE },      { VERDICT_MISSED, WHY_LATE },
    { VERDICT_MISSED, WHY_SUPERSEDED },
};

static bool is_listed(enum verdict verdict, enum why why)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].verdict == verdict && ends[i].why == why)
            return true;
    return false;
}

/* What the list above forgot is told as well, once it has happened. */
static void runs(const struct page *p)
{
    for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
        for (enum why why = 0; why < WHYS; why++) {
            uint64_t count = p->view->sums.ended[verdict][why];
            if (!count && !is_listed(verdict, why))
                continue;
            SCRIBE(&p->scribe, "", { "result", verdict_names[verdict] },
                   { "why", why ? why_names[why] : NULL });
            scribe_number(&p->scribe, count);
        }
}

static void runs_live(const struct page *p)
{
    scribe_single(&p->scribe, p->view->status.runs);
}

static void attempts(const struct page *p)
{
    scribe_single(&p->scribe, p->view->sums.attempts);
}

static void retries(const struct page *p)
{
    scribe_single(&p->scribe, p->view->sums.retries);
}

static void took(const struct page *p)
{
    scribe_histogram(&p->scribe, &p->view->sums.took, &metrics_took_scale);
}

static void late(const struct page *p)
{
    scribe_histogram(&p->scribe, &p->view->sums.late, &metrics_late_scale);
}

static void calls_live(const struct page *p)
{
    scribe_single(&p->scribe, p->view->traffic.live);
}

static void calls_waiting(const struct page *p)
{
    scribe_single(&p->scribe, p->view->traffic.waiting);
}

static const char *origin_of(const struct metrics_circuit *circuit)
{
    return *circuit->origin ? circuit->origin : "backend";
}

static void circuit_open(const struct page *p)
{
    for (size_t i = 0; i < p->view->circuit_count; i++) {
        const struct metrics_circuit *circuit = &p->view->circuits[i];
        SCRIBE(&p->scribe, "", { "origin", origin_of(circuit) });
        scribe_number(&p->scribe, circuit->open);
    }
}

static void circuit_opened(const struct page *p)
{
    for (size_t i = 0; i < p->view->circuit_count; i++) {
        const struct metrics_circuit *circuit = &p->view->circuits[i];
        SCRIBE(&p->scribe, "", { "origin", origin_of(circuit) });
        scribe_number(&p->scribe, circuit->opened);
    }
}

/* ---- the journal ---- */

static void journal_well(const struct page *p)
{
    scribe_single(&p->scribe, p->view->status.store_well);
}

static void journal_failures(const struct page *p)
{
    if (p->view->has_journal)
        scribe_single(&p->scribe, p->view->journal.failures);
}

static void journal_claims(const struct page *p)
{
    static const char *const names[] = {
        [CLAIM_DURABLE] = "durable", [CLAIM_TAKEN] = "taken"
    };
    scribe_each(&p->scribe, "result", names, p->view->sums.claims,
                sizeof names / sizeof *names);
}

static void journal_entries(const struct page *p)
{
    if (p->view->has_journal)
        scribe_single(&p->scribe, p->view->journal.entries);
}

static void journal_waiting(const struct page *p)
{
    if (p->view->has_journal)
        scribe_single(&p->scribe, p->view->journal.waiting);
}

static void journal_commits(const struct page *p)
{
    if (p->view->has_journal)
        scribe_histogram(&p->scribe, &p->view->journal.commits, &journal_scale);
}

static void turns(const struct page *p)
{
    scribe_histogram(&p->scribe, &p->view->sums.turns, &metrics_turn_scale);
}

/* ---- the process ---- */

static void vital(const struct page *p, int64_t value)
{
    if (value >= 0)
        scribe_single(&p->scribe, (uint64_t)value);
}

static void process_cpu(const struct page *p)
{
    if (p->view->vitals.cpu_us < 0)
        return;
    scribe_begin(&p->scribe, "", NULL, 0);
    scribe_seconds_us(&p->scribe, p->view->vitals.cpu_us);
}

static void process_resident(const struct page *p)
{
    vital(p, p->view->vitals.resident_bytes);
}

static void process_virtual(const struct page *p)
{
    vital(p, p->view->vitals.virtual_bytes);
}

static void process_fds(const struct page *p)
{
    vital(p, p->view->vitals.fds);
}

static void process_fds_max(const struct page *p)
{
    vital(p, p->view->vitals.fds_max);
}

static void process_threads(const struct page *p)
{
    vital(p, p->view->vitals.threads);
}

static void process_start(const struct page *p)
{
    scribe_instant(&p->scribe, p->view->sums.began);
}

/* ---- the whole ---- */

struct family {
    const char *name, *type, *help;
    void (*put)(const struct page *p); /* its samples */
};

static const struct family of_worker[] = {
    { "mooncron_build_info", "gauge", "1; the version of the program.",
      build_info },
    { "mooncron_primary", "gauge", "1 where jobs are fired by this worker.",
      primary },
    { "mooncron_schedule_generation", "gauge",
      "Number of the schedule in force; 0: none yet.", generation },
    { "mooncron_schedule_loaded_timestamp_seconds", "gauge",
      "When the schedule came into force.", loaded_time },
    { "mooncron_last_load_successful", "gauge",
      "0 where the newest load of the file failed.", load_successful },
    { "mooncron_last_load_success_timestamp_seconds", "gauge",
      "When the file was last loaded without a mistake, or found unchanged.",
      good_load_time },
    { "mooncron_reloads_total", "counter", "Loads of the file, by result.",
      reloads },
    { "mooncron_settings_info", "gauge",
      "1; the Settings that the schedule was loaded with.", settings_info },
    { "mooncron_settings_age_seconds", "gauge",
      "Since the backend last answered with Settings.", settings_age },
    { "mooncron_settings_fetches_total", "counter",
      "Requests for Settings, by result.", fetches },
    { "mooncron_jobs", "gauge", "Jobs of the schedule in force, by standing.",
      jobs },
    { "mooncron_jobs_omitted", "gauge",
      "Jobs that have no samples of their own here, for want of room.",
      jobs_omitted },
    { "mooncron_runs_total", "counter",
      "Runs, and slots without a run, by result and why.", runs },
    { "mooncron_runs_live", "gauge", "Runs that go on, waiting ones included.",
      runs_live },
    { "mooncron_attempts_total", "counter", "Attempts of runs.", attempts },
    { "mooncron_retries_total", "counter",
      "Attempts that failed and were followed by another.", retries },
    { "mooncron_run_duration_seconds", "histogram",
      "From the start of a run to its verdict.", took },
    { "mooncron_fire_lateness_seconds", "histogram",
      "From a slot to the start of its run; made-up slots are left out.",
      late },
    { "mooncron_calls_live", "gauge", "Calls under way.", calls_live },
    { "mooncron_calls_waiting", "gauge", "Calls that wait for room.",
      calls_waiting },
    { "mooncron_circuit_open", "gauge",
      "1 where the origin does not answer and is left alone.", circuit_open },
    { "mooncron_circuit_opened_total", "counter",
      "How often the circuit of the origin has opened.", circuit_opened },
    { "mooncron_journal_well", "gauge",
      "0 where the journal cannot be written: nothing is fired.",
      journal_well },
    { "mooncron_journal_write_failures_total", "counter",
      "Writes that the store did not take.", journal_failures },
    { "mooncron_journal_claims_total", "counter",
      "Claims, by what became of them.", journal_claims },
    { "mooncron_journal_entries_total", "counter", "Entries that were written.",
      journal_entries },
    { "mooncron_journal_entries_waiting", "gauge",
      "Entries that wait for the store's thread.", journal_waiting },
    { "mooncron_journal_commit_seconds", "histogram", "Commits of entries.",
      journal_commits },
    { "mooncron_loop_turn_seconds", "histogram",
      "How long a turn of the loop took, its sleep left out.", turns },
};

static const struct family of_process[] = {
    { "process_cpu_seconds_total", "counter", "Processor time of all threads.",
      process_cpu },
    { "process_resident_memory_bytes", "gauge", "Memory in use.",
      process_resident },
    { "process_virtual_memory_bytes", "gauge", "Address space.",
      process_virtual },
    { "process_open_fds", "gauge", "Open file descriptors.", process_fds },
    { "process_max_fds", "gauge", "How many may be open.", process_fds_max },
    { "process_threads", "gauge", "Threads.", process_threads },
    { "process_start_time_seconds", "gauge", "When the worker began.",
      process_start },
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void put_families(struct page *p, const struct family *families,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scribe_family(&p->scribe, families[i].name, families[i].type,
                      families[i].help);
        families[i].put(p);
    }
}

void metrics_text(const struct metrics_view *view, size_t bytes_max,
                  struct text *out)
{
    uint32_t count = view->set ? jobset_count(view->set) : 0;
    uint32_t fit = metrics_jobs_fit(view, bytes_max);
    struct page p = { { .out = out }, view, count - fit };
    put_families(&p, of_worker, COUNT(of_worker));
    metrics_jobs_put(&p.scribe, view, fit);
    put_families(&p, of_process, COUNT(of_process));
}
