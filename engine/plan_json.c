/* The JSON of a plan. Its shape is stable: `version` grows with what breaks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "display.h"
#include "mooncron/civil.h"
#include "mooncron/secrets.h"
#include "plan.h"
#include "status.h"
#include "writing.h"

/* A schedule file is read whole for its digest, up to what loads at all. */
#define FILE_BYTES_MAX (256 << 20)

static void time_put(const struct plan *plan, struct wall at, struct text *out)
{
    char text[DISPLAY_MAX];
    text_printf(out, "\"%s\"",
                display_rfc3339(at, jobset_zone(plan->set), text));
}

/* null where the bound is open. */
static void bound_put(const struct plan *plan, const char *name,
                      struct wall bound, struct text *out)
{
    text_printf(out, ", \"%s\": ", name);
    if (bound.ms == EVER_MS || bound.ms == NEVER_MS)
        text_puts(out, "null");
    else
        time_put(plan, bound, out);
}

static void optional_put(const char *string, struct text *out)
{
    if (string)
        writing_quote(out, string);
    else
        text_puts(out, "null");
}

void plan_digest(const char *path, char hex[PLAN_DIGEST_MAX])
{
    struct text bytes;
    char piece[65536];
    size_t len;
    FILE *file = fopen(path, "rb");
    hex[0] = '\0';
    if (!file)
        return;
    text_init(&bytes, FILE_BYTES_MAX);
    while (!bytes.cut && (len = fread(piece, 1, sizeof piece, file)) > 0)
        text_add(&bytes, piece, len);
    if (!bytes.cut)
        secret_sha256(bytes.data, bytes.len, hex);
    text_close(&bytes);
    fclose(file);
}

static void head_put(const struct plan *plan, struct text *out)
{
    const struct facts *facts = &plan->facts;
    text_puts(out, "{\n  \"version\": 1,\n  \"generated_at\": ");
    time_put(plan, plan->now, out);
    text_puts(out, ",\n  \"file\": { \"path\": ");
    writing_quote(out, plan->file);
    text_printf(out, ", \"sha256\": \"%s\" },\n", plan->digest);
    text_printf(out,
                "  \"settings\": { \"enableJobs\": %s, "
                "\"schedulerEnvironment\": ",
                facts->enable_jobs ? "true" : "false");
    optional_put(facts->environment[0] ? facts->environment : NULL, out);
    text_printf(out,
                ", \"source\": \"%s\" },\n  \"environment\": ", plan->source);
    writing_quote(out, plan->environment);
    text_printf(out, ",\n  \"timezone\": \"%s\", \"tzdata\": ",
                zone_name(jobset_zone(plan->set)));
    optional_put(*plan->tzdata ? plan->tzdata : NULL, out);
    text_puts(out, ",\n");
}

/* A day's runs, whatever the horizon: the name of the field says so. */
static int64_t runs_of_day(const struct plan *plan, const struct job *job)
{
    struct wall now = plan->now;
    if (job->standing != STANDING_SCHEDULED)
        return 0;
    return schedule_count(&job->schedule, now,
                          (struct wall){ now.ms + DAY_MS });
}

static void totals_put(const struct plan *plan, struct text *out)
{
    const struct jobset *set = plan->set;
    int64_t runs = 0;
    for (uint32_t i = 0; i < jobset_count(set); i++)
        runs += runs_of_day(plan, jobset_job(set, i));
    text_printf(out,
                "  \"totals\": { \"jobs\": %u, \"scheduled\": %u, "
                "\"runs_24h\": %" PRId64 ", \"peak_starts_per_minute\": ",
                jobset_count(set), plan->totals.scheduled, runs);
    if (plan->totals.walked)
        text_printf(out, "%" PRId64 " },\n", plan->totals.minute_max);
    else
        text_puts(out, "null },\n");
}

/* Every slot of the horizon. */
static void slots_put(const struct plan *plan, uint32_t job, size_t *at,
                      struct text *out)
{
    bool first = true;
    for (; *at < plan->slot_count && plan->slots[*at].job == job; ++*at) {
        text_puts(out, first ? "" : ", ");
        time_put(plan, (struct wall){ plan->slots[*at].at_ms }, out);
        first = false;
    }
}

/* The next two, or fewer where the schedule ends. */
static void two_put(const struct plan *plan, const struct job *job,
                    struct text *out)
{
    struct wall at = plan_next(plan, job);
    for (int i = 0; i < 2 && at.ms != NEVER_MS; i++) {
        text_puts(out, i ? ", " : "");
        time_put(plan, at, out);
        at = schedule_next(&job->schedule, at);
    }
}

static void next_put(const struct plan *plan, uint32_t index, size_t *at,
                     struct text *out)
{
    const struct job *job = jobset_job(plan->set, index);
    text_puts(out, "      \"next\": [");
    if (plan->every_slot)
        slots_put(plan, index, at, out);
    else
        two_put(plan, job, out);
    text_printf(out, "], \"runs_24h\": %" PRId64 ",\n", runs_of_day(plan, job));
}

static void target_put(const struct job *job, struct text *out)
{
    if (job->function) {
        text_printf(out, "      \"target\": { \"lua\": %u },\n", job->line);
        return;
    }
    text_printf(out, "      \"target\": { \"method\": \"%s\", \"path\": ",
                method_names[job->method]);
    writing_quote(out, job->target);
    text_printf(out, ", \"body\": %s },\n", *job->body ? job->body : "null");
}

static void times_put(const struct job *job, struct text *out)
{
    text_printf(out,
                "      \"every_ms\": %" PRId64 ", \"base_every_ms\": %" PRId64
                ", \"multiplier\": ",
                job->schedule.every_ms, job->base_every_ms);
    if (job->multiplier == 0)
        text_puts(out, "null");
    else
        text_printf(out, "%.15g", job->multiplier);
    text_printf(out, ", \"phase_ms\": %" PRId64 ", ", job->schedule.phase_ms);
}

/* ---- rules ---- */

/* The texts of the terms of two kinds, in a list. */
static void texts_put(const struct rules_spec *spec, enum term_kind kind,
                      enum term_kind other, struct text *out)
{
    bool first = true;
    for (uint32_t i = 0; spec && i < spec->term_count; i++) {
        const struct term *term = &spec->terms[i];
        if (term->kind != kind && term->kind != other)
            continue;
        text_puts(out, first ? "[" : ", ");
        writing_quote(out, term->text);
        first = false;
    }
    text_puts(out, first ? "null" : "]");
}

static uint32_t crons_of(const struct rules_spec *spec, const char **ret)
{
    uint32_t count = 0;
    for (uint32_t i = 0; spec && i < spec->term_count; i++) {
        if (spec->terms[i].kind != TERM_CRON)
            continue;
        *ret = spec->terms[i].text;
        count++;
    }
    return count;
}

/* One expression, as nearly every job has it, or several in a list. */
static void crons_put(const struct rules_spec *spec, struct text *out)
{
    const char *cron = NULL;
    if (crons_of(spec, &cron) <= 1)
        optional_put(cron, out);
    else
        texts_put(spec, TERM_CRON, TERM_CRON, out);
}

static void days_put(const struct calendar *calendar, bool *first,
                     struct text *out)
{
    for (uint32_t i = 0; i < calendar->count; i++) {
        struct civil day =
            civil_from((struct wall){ calendar->days[i] * DAY_MS }, 0);
        text_printf(out, "%s\"%04d-%02d-%02d\"", *first ? "" : ", ",
                    (int)day.year, day.month, day.day);
        *first = false;
    }
}

/* As a file would say it: days of the week, dates, names of calendars. */
static void except_put(const struct rules_spec *spec, struct text *out)
{
    static const char *const weekdays[] = { "sun", "mon", "tue", "wed",
                                            "thu", "fri", "sat" };
    bool first = true;
    text_puts(out, ", \"except\": [");
    for (int day = 0; day < 7; day++) {
        if (!(spec->weekdays_off >> day & 1))
            continue;
        text_printf(out, "%s\"%s\"", first ? "" : ", ", weekdays[day]);
        first = false;
    }
    for (uint32_t i = 0; i < spec->calendar_count; i++) {
        const struct calendar *calendar = spec->calendars[i];
        if (!*calendar->name) {
            days_put(calendar, &first, out);
            continue;
        }
        text_printf(out, "%s{ \"calendar\": ", first ? "" : ", ");
        writing_quote(out, calendar->name);
        text_puts(out, " }");
        first = false;
    }
    text_puts(out, "]");
}

/* What a job without rules has not, too: no reader has to ask twice. */
static void rules_put(const struct plan *plan, const struct job *job,
                      struct text *out)
{
    const struct rules *rules = job->schedule.rules;
    static const struct rules_spec none = { .from = { EVER_MS },
                                            .until = { NEVER_MS } };
    const struct rules_spec *spec = rules ? rules_spec(rules) : &none;
    text_puts(out, "\"cron\": ");
    crons_put(spec, out);
    text_puts(out, ", \"at\": ");
    texts_put(spec, TERM_AT, TERM_ONCE, out);
    text_puts(out, ",\n      \"timezone\": ");
    optional_put(rules ? zone_name(rules_zone(rules)) : NULL, out);
    text_printf(out, ", \"jitter_ms\": %" PRId64, spec->jitter_ms);
    bound_put(plan, "from", spec->from, out);
    bound_put(plan, "to", spec->until, out);
    except_put(spec, out);
    text_puts(out, ",\n");
}

/* ---- what becomes of runs ---- */

/* 0 is none. */
static void limit_put(const char *name, int64_t limit, struct text *out)
{
    if (limit)
        text_printf(out, ", \"%s\": %" PRId64, name, limit);
    else
        text_printf(out, ", \"%s\": null", name);
}

static void retry_put(const struct retry *retry, struct text *out)
{
    bool first = true;
    text_printf(out,
                "      \"retry\": { \"attempts\": %u, \"backoff_ms\": %u, "
                "\"backoff_max_ms\": %u, \"on\": [",
                retry->attempts, retry->backoff_ms, retry->backoff_max_ms);
    for (int cause = 0; cause < CAUSES; cause++) {
        if (!(retry->on >> cause & 1))
            continue;
        text_printf(out, "%s\"%s\"", first ? "" : ", ", cause_names[cause]);
        first = false;
    }
    text_puts(out, "] },\n");
}

static void catch_up_put(const struct catch_up *catch_up, struct text *out)
{
    if (catch_up->window_ms)
        text_printf(out,
                    "      \"catch_up\": { \"window_ms\": %" PRId64
                    ", \"max\": %u }",
                    catch_up->window_ms, catch_up->max);
    else
        text_puts(out, "      \"catch_up\": null");
}

static void hooks_put(const struct job *job, struct text *out)
{
    const struct {
        const char *name;
        uint32_t function;
    } hooks[] = { { "on_failure", job->on_failure },
                  { "on_success", job->on_success },
                  { "on_recover", job->on_recover } };
    bool first = true;
    text_puts(out, ",\n      \"hooks\": [");
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        if (!hooks[i].function)
            continue;
        text_printf(out, "%s\"%s\"", first ? "" : ", ", hooks[i].name);
        first = false;
    }
    text_printf(out,
                "], \"alert_after\": %u, \"heartbeat\": ", job->alert_after);
    optional_put(*job->heartbeat ? job->heartbeat : NULL, out);
}

static void policies_put(const struct job *job, struct text *out)
{
    retry_put(&job->retry, out);
    catch_up_put(&job->catch_up, out);
    limit_put("deadline_ms", job->deadline_ms, out);
    limit_put("max_runs", job->max_runs, out);
    limit_put("min_gap_ms", job->min_gap_ms, out);
    limit_put("overlap_max", job->overlap_max, out);
    hooks_put(job, out);
}

static void job_put(const struct plan *plan, uint32_t index, size_t *at,
                    struct text *out)
{
    const struct jobset *set = plan->set;
    const struct job *job = jobset_job(set, index);
    text_printf(out,
                "    { \"name\": \"%s\", \"line\": %u, \"scheduled\": %s, "
                "\"reason\": ",
                job->name, job->line,
                job->standing == STANDING_SCHEDULED ? "true" : "false");
    optional_put(status_reason(job), out);
    text_puts(out, ",\n");
    times_put(job, out);
    rules_put(plan, job, out);
    next_put(plan, index, at, out);
    target_put(job, out);
    text_printf(
        out,
        "      \"timeout_ms\": %u, \"overlap\": \"%s\", \"always\": %s, "
        "\"group\": ",
        job->timeout_ms, overlap_names[job->overlap],
        job->always ? "true" : "false");
    optional_put(
        job->group == JOB_NO_GROUP ? NULL : jobset_group(set, job->group)->name,
        out);
    text_puts(out, ",\n");
    policies_put(job, out);
    text_puts(out, " }");
}

static void warnings_put(const struct mistakes *warnings, struct text *out)
{
    text_puts(out, "  \"warnings\": [");
    for (uint32_t i = 0; i < warnings->count; i++) {
        const struct mistake *warning = &warnings->items[i];
        text_printf(out,
                    "%s\n    { \"code\": \"%s\", \"message\": ", i ? "," : "",
                    warning->code);
        writing_quote(out, warning->message);
        text_puts(out, ", \"file\": ");
        writing_quote(out, warning->file);
        text_printf(out, ", \"line\": %u,\n      \"help\": ", warning->line);
        writing_quote(out, warning->help);
        text_puts(out, ", \"note\": ");
        writing_quote(out, warning->note);
        text_puts(out, " }");
    }
    text_puts(out, warnings->count ? "\n  ]\n}\n" : "]\n}\n");
}

static void jobs_put(const struct plan *plan, struct text *out)
{
    uint32_t count = jobset_count(plan->set);
    size_t at = 0;
    bool first = true;
    text_puts(out, "  \"jobs\": [");
    for (uint32_t i = 0; i < count; i++) {
        const char *name = jobset_job(plan->set, i)->name;
        if (plan->job && *plan->job && strcmp(plan->job, name) != 0)
            continue;
        text_puts(out, first ? "\n" : ",\n");
        job_put(plan, i, &at, out);
        first = false;
    }
    text_puts(out, first ? "],\n" : "\n  ],\n");
}

void plan_json(const struct plan *plan, struct text *out)
{
    head_put(plan, out);
    totals_put(plan, out);
    jobs_put(plan, out);
    plan_changes_json(plan, out);
    warnings_put(&plan->warnings, out);
}
