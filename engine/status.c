/* The status is told from memory: core, jobset, and what is recent. */
#include "status.h"

#include <stdio.h>
#include <string.h>

#include "blocker.h"
#include "mooncron/civil.h"
#include "spacing.h"
#include "writing.h"

#define JOB_BYTES_MAX 4096 /* of one job, its sentences cut */

const char *status_reason(const struct job *job)
{
    static const char *const reasons[] = {
        [STANDING_SCHEDULED] = NULL,
        [STANDING_DISABLED] = "enabled is false in the file",
        [STANDING_ENVIRONMENT] = "`only` lists other environments",
        [STANDING_JOBS_OFF] = "enableJobs is off in Settings",
    };
    return reasons[job->standing];
}

const char *status_environment(const struct core_status *status,
                               const char *node_env)
{
    const char *environment = status->settings.environment;
    return *environment ? environment : node_env;
}

const struct zone *status_zone(const struct jobset *set, const struct job *job)
{
    const struct rules *rules = job->schedule.rules;
    return rules ? rules_zone(rules) : jobset_zone(set);
}

const char *status_key(struct run_key key, char buffer[STATUS_KEY_MAX])
{
    char time[RFC3339_TEXT_MAX];
    snprintf(buffer, STATUS_KEY_MAX, "%s%s", rfc3339_format(key.slot, 0, time),
             key.manual ? "~manual" : "");
    return buffer;
}

/* ---- one job ---- */

void status_target(const struct job *job, struct text *out)
{
    if (job->function) {
        writing_number(out, "lua", job->line);
        return;
    }
    writing_string(out, "method", method_names[job->method]);
    writing_string(out, "path", job->target);
}

void status_run(const struct recent_run *run, const struct zone *zone,
                struct text *out)
{
    bool ended = run->ended.ms != EVER_MS;
    char key[STATUS_KEY_MAX];
    writing_string(out, "key", status_key(run->key, key));
    writing_time(out, "slot", run->key.slot, zone);
    writing_string(out, "trigger", trigger_names[run->trigger]);
    writing_number(out, "attempt", run->attempt);
    writing_time(out, "started", run->started, zone);
    if (!ended)
        return;
    writing_time(out, "ended", run->ended, zone);
    if (verdict_of_left(run->verdict, run->why))
        writing_null(out, "took_ms");
    else
        writing_number(out, "took_ms", run->took_ms);
    writing_string(out, "verdict", verdict_names[run->verdict]);
    writing_word(out, "why", run->why ? why_names[run->why] : "");
    writing_word(out, "cause", run->cause ? cause_names[run->cause] : "");
    if (run->status)
        writing_number(out, "status", run->status);
    else
        writing_null(out, "status");
    writing_word(out, "error", run->error);
}

void status_accepted(const struct recent_run *run, const struct zone *zone,
                     struct text *out)
{
    if (!run || !run->accepted)
        return;
    writing_time(out, "accepted", run->accepted_at, zone);
    writing_time(out, "asked_until", run->asked_until, zone);
}

/* Between two attempts it is told when the next one is, and why. */
static void put_running(const struct recent_job *job, const struct zone *zone,
                        struct text *out)
{
    struct wall again;
    const struct recent_attempt *rest = recent_rest(job, &again);
    writing_open(out, "running", '{');
    status_run(&job->going, zone, out);
    status_accepted(&job->going, zone, out);
    if (rest) {
        writing_time(out, "again", again, zone);
        writing_word(out, "error", rest->error);
    }
    text_putc(out, '}');
}

static void put_runs(const struct recent_job *job, const struct zone *zone,
                     struct text *out)
{
    if (job->goes_on)
        put_running(job, zone, out);
    if (job->is_left) {
        writing_open(out, "left_open", '{');
        status_run(&job->left, zone, out);
        text_putc(out, '}');
    }
    if (job->ran) {
        writing_open(out, "last", '{');
        status_run(&job->last, zone, out);
        text_putc(out, '}');
    }
    if (job->passed) {
        writing_open(out, "last_passed", '{');
        writing_time(out, "slot", job->pass.slot, zone);
        writing_string(out, "verdict", verdict_names[job->pass.verdict]);
        writing_string(out, "why", why_names[job->pass.why]);
        text_putc(out, '}');
    }
}

static void put_pause(const struct recent_job *job,
                      const struct lane_status *lane, const struct zone *zone,
                      struct text *out)
{
    writing_open(out, "paused", '{');
    writing_time(out, "until", lane->paused_until, zone);
    if (job && job->pause.until.ms != EVER_MS) {
        writing_time(out, "since", job->pause.since, zone);
        writing_word(out, "by", job->pause.by);
        writing_word(out, "reason", job->pause.reason);
    }
    text_putc(out, '}');
}

/* Of one job alone: who stands before it is looked for among all. */
static void put_waiting(const struct status_view *view, uint32_t index,
                        const struct lane_status *lane,
                        const struct recent_job *recent,
                        const struct zone *zone, struct text *out)
{
    uint32_t runs = recent ? recent->begun : 0;
    struct text words;
    if (!*view->job || (lane->going <= runs && !lane->queued))
        return;
    const struct blocker blocker =
        blocker_of(view->core, view->recent, index, view->now);
    text_init(&words, 2048);
    blocker_put(&blocker, zone, &words);
    writing_open(out, "waiting", '{');
    writing_number(out, "runs", lane->going - runs + lane->queued);
    writing_time(out, "slot", lane->unwritten, zone);
    writing_string(out, "for", blocker_names[blocker.kind]);
    writing_string(out, "words", words.data);
    text_putc(out, '}');
    text_close(&words);
}

struct counts {
    uint32_t scheduled, running, paused, failing, omitted;
};

static void count_job(const struct lane_status *lane,
                      const struct recent_job *recent, struct counts *counts)
{
    counts->scheduled++;
    counts->running += recent && recent->goes_on;
    counts->paused += lane->paused_until.ms != EVER_MS;
    counts->failing += lane->fails > 0;
}

static void put_circuit(const struct status_view *view, uint32_t index,
                        const struct zone *zone, struct text *out)
{
    const struct circuit_status circuit = core_circuit(view->core, index);
    if (!circuit.origin || !circuit.open)
        return;
    writing_open(out, "circuit", '{');
    writing_string(out, "origin", circuit.origin);
    writing_string(out, "trouble", trouble_names[circuit.trouble]);
    writing_word(out, "cause", circuit.cause ? cause_names[circuit.cause] : "");
    writing_number(out, "status", circuit.status);
    writing_number(out, "fails", circuit.fails);
    writing_time(out, "opened", circuit.opened, zone);
    writing_bool(out, "probing", circuit.probing);
    writing_time(out, "again", circuit.again, zone);
    text_putc(out, '}');
}

/* While the store is ill slots fall due and are not decided: the first of them,
 * where there is one. */
static struct wall next_of(const struct status_view *view, uint32_t index,
                           const struct lane_status *lane,
                           const struct job *job)
{
    struct wall next = core_next_slot(view->core, index);
    bool waits = lane->unwritten.ms != EVER_MS;
    if (next.ms != NEVER_MS && lane->paused_until.ms == EVER_MS && !waits &&
        lane->cursor.ms != EVER_MS && !core_status(view->core).store_well) {
        struct wall due = schedule_next(&job->schedule, lane->cursor);
        if (due.ms < next.ms && due.ms <= view->now.ms)
            next = due;
    }
    return spacing_next(job, lane->started, next);
}

static void put_lane(const struct status_view *view, uint32_t index,
                     const struct lane_status *lane, const struct zone *zone,
                     struct text *out)
{
    const struct job *job = jobset_job(core_status(view->core).set, index);
    const struct recent_job *recent = recent_of(view->recent, job->name);
    int64_t median_ms = recent_median_ms(recent);
    bool paused = lane->paused_until.ms != EVER_MS;
    writing_time(out, "next", next_of(view, index, lane, job), zone);
    writing_number(out, "going", lane->going);
    writing_number(out, "queued", lane->queued);
    writing_number(out, "fails", lane->fails);
    writing_number(out, "attempts", job->retry.attempts);
    writing_bool(out, "circuit_open", lane->circuit_open);
    put_circuit(view, index, zone, out);
    if (median_ms >= 0)
        writing_number(out, "p50_ms", median_ms);
    else
        writing_null(out, "p50_ms");
    if (recent)
        put_runs(recent, zone, out);
    put_waiting(view, index, lane, recent, zone, out);
    if (paused)
        put_pause(recent, lane, zone, out);
}

static void put_job(const struct status_view *view, uint32_t index,
                    struct counts *counts, struct text *out)
{
    const struct jobset *set = core_status(view->core).set;
    const struct job *job = jobset_job(set, index);
    const struct zone *zone = status_zone(set, job);
    struct lane_status lane = core_lane(view->core, index);
    bool scheduled = job->standing == STANDING_SCHEDULED;
    if (scheduled)
        count_job(&lane, recent_of(view->recent, job->name), counts);
    if (out->len + JOB_BYTES_MAX > STATUS_BYTES_MAX) {
        counts->omitted++;
        return;
    }
    writing_open(out, NULL, '{');
    writing_string(out, "name", job->name);
    writing_bool(out, "scheduled", scheduled);
    writing_word(out, "reason", status_reason(job));
    if (zone != jobset_zone(set))
        writing_string(out, "timezone", zone_name(zone));
    writing_string(out, "overlap", overlap_names[job->overlap]);
    writing_open(out, "target", '{');
    status_target(job, out);
    text_putc(out, '}');
    if (scheduled)
        put_lane(view, index, &lane, zone, out);
    text_putc(out, '}');
}

/* ---- the whole ---- */

static void put_jobs(const struct status_view *view,
                     const struct core_status *status, struct counts *counts,
                     struct text *out)
{
    uint32_t count = status->set ? jobset_count(status->set) : 0;
    writing_open(out, "jobs", '[');
    for (uint32_t i = 0; i < count; i++)
        if (!*view->job || !strcmp(jobset_job(status->set, i)->name, view->job))
            put_job(view, i, counts, out);
    text_putc(out, ']');
}

static void put_totals(const struct core_status *status,
                       const struct counts *counts, struct text *out)
{
    writing_open(out, "totals", '{');
    writing_number(out, "jobs", status->set ? jobset_count(status->set) : 0);
    writing_number(out, "scheduled", counts->scheduled);
    writing_number(out, "running", counts->running);
    writing_number(out, "paused", counts->paused);
    writing_number(out, "failing", counts->failing);
    writing_number(out, "omitted", counts->omitted);
    text_putc(out, '}');
}

/* How much slower than written the jobs are that a rule scales: the least and
 * the most of them. */
static void put_multiplier(const struct jobset *set, struct text *out)
{
    double least = 0, most = 0;
    for (uint32_t i = 0; set && i < jobset_count(set); i++) {
        double factor = jobset_job(set, i)->multiplier;
        if (factor > 0 && (least == 0 || factor < least))
            least = factor;
        if (factor > most)
            most = factor;
    }
    if (least == 0) {
        writing_null(out, "multiplier");
        return;
    }
    writing_open(out, "multiplier", '{');
    text_printf(out, "\"least\":%.15g,\"most\":%.15g}", least, most);
}

static void put_worker(const struct status_view *view,
                       const struct core_status *status,
                       const struct zone *zone, struct text *out)
{
    writing_string(out, "mooncron", MOONCRON_VERSION);
    writing_bool(out, "primary", view->primary);
    writing_bool(out, "stopping", status->stopping);
    writing_bool(out, "store_well", status->store_well);
    writing_string(out, "file", view->file);
    writing_string(out, "environment",
                   status_environment(status, view->node_env));
    put_multiplier(status->set, out);
    writing_bool(out, "enableJobs", status->settings.enable_jobs);
    writing_bool(out, "unconfirmed", status->unconfirmed);
    writing_number(out, "fetch_failures", status->fetch_failures);
    writing_string(out, "timezone", zone_name(zone));
    writing_open(out, "schedule", '{');
    writing_number(out, "generation", status->generation);
    writing_time(
        out, "since",
        status->set ? status->in_force_since : (struct wall){ NEVER_MS }, zone);
    writing_word(out, "loaded_by", status->set ? view->loaded_by : "");
    writing_word(out, "by", view->loaded_who);
    text_putc(out, '}');
}

uint64_t status_tag(const char *bytes, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

uint64_t status_write(const struct status_view *view, struct text *out)
{
    struct core_status status = core_status(view->core);
    const struct zone *zone = status.set ? jobset_zone(status.set) : zone_utc();
    struct counts counts = { 0 };
    writing_open(out, NULL, '{');
    writing_number(out, "version", 1);
    writing_time(out, "now", view->now, zone);
    size_t timeless = out->len;
    put_worker(view, &status, zone, out);
    put_jobs(view, &status, &counts, out);
    put_totals(&status, &counts, out);
    text_putc(out, '}');
    return status_tag(out->data + timeless, out->len - timeless);
}
