/* Zones are the system's: what a sheet shows is what a user sees. */
#include "sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/zones.h"

struct wall sheet_time(const char *rfc3339)
{
    struct wall at;
    assert_true(rfc3339_parse(rfc3339, strlen(rfc3339), &at));
    return at;
}

static struct zone *zone_named(struct sheet *sheet, const char *name)
{
    struct error error = { "" };
    struct zone *zone = zones_get(sheet->zones, name, &error);
    assert_string_equal(error.text, "");
    assert_non_null(zone);
    return zone;
}

void sheet_open(struct sheet *sheet, const char *zone, const char *now)
{
    *sheet = (struct sheet){ .set = jobset_new(),
                             .plan = { .file = "jobs.lua",
                                       .environment = "production",
                                       .source = "flag",
                                       .digest = "",
                                       .tzdata = "",
                                       .now = sheet_time(now) } };
    sheet->plan.set = sheet->set;
    sheet->like = (struct job){ .body = "",
                                .headers = "",
                                .file = "jobs.lua",
                                .label = "",
                                .timeout_ms = 30000,
                                .group = JOB_NO_GROUP,
                                .alert_after = 1,
                                .retry = { .attempts = 1 },
                                .catch_up = { .max = 1 },
                                .catch_up_said = true,
                                .method = METHOD_POST };
    sheet->zones = zones_new(NULL);
    sheet->plan.facts.enable_jobs = true;
    struct zone *clock = zone_named(sheet, zone);
    jobset_set_zone(sheet->set, clock);
    zone_unref(clock);
    text_init(&sheet->out, 1 << 24);
}

static void add(struct sheet *sheet, const char *name,
                const struct schedule *schedule, double multiplier)
{
    char target[JOB_NAME_MAX + 2] = "/";
    strcat(target, name);
    struct job job = sheet->like;
    job.name = name;
    job.target = target;
    job.schedule = *schedule;
    job.base_every_ms = schedule->every_ms;
    job.multiplier = multiplier;
    job.line = ++sheet->line;
    assert_true(jobset_add(sheet->set, &job));
}

void sheet_every(struct sheet *sheet, const char *name, int64_t every_ms,
                 int64_t phase_ms)
{
    add(sheet, name, &(struct schedule){ every_ms, phase_ms, NULL }, 1);
}

void sheet_rules(struct sheet *sheet, const char *name, const char *zone,
                 struct rules_spec spec)
{
    struct error error = { "" };
    struct zone *own = zone_named(sheet, zone);
    if (!spec.from.ms)
        spec.from.ms = EVER_MS;
    if (!spec.until.ms)
        spec.until.ms = NEVER_MS;
    struct schedule schedule = { .rules = rules_new(&spec, name, own, &error) };
    assert_string_equal(error.text, "");
    if (spec.terms[0].kind == TERM_EVERY) {
        schedule.every_ms = spec.terms[0].every_ms;
        schedule.phase_ms = spec.terms[0].phase_ms;
    }
    add(sheet, name, &schedule, schedule.every_ms ? 1 : 0);
    zone_unref(own);
}

static void one_term(struct sheet *sheet, const char *name, const char *zone,
                     enum term_kind kind, const char *text)
{
    const struct term term = { .kind = kind, .text = text };
    sheet_rules(sheet, name, zone,
                (struct rules_spec){ .terms = &term, .term_count = 1 });
}

void sheet_cron(struct sheet *sheet, const char *name, const char *zone,
                const char *expression)
{
    one_term(sheet, name, zone, TERM_CRON, expression);
}

void sheet_at(struct sheet *sheet, const char *name, const char *zone,
              const char *time)
{
    one_term(sheet, name, zone, strchr(time, '-') ? TERM_ONCE : TERM_AT, time);
}

void sheet_plan(struct sheet *sheet, int64_t horizon_ms)
{
    jobset_seal(sheet->set);
    struct planner *planner = planner_new(jobset_ref(sheet->set));
    sheet->plan.horizon_ms = horizon_ms;
    sheet->plan.totals =
        planner_walk(planner, sheet->plan.now,
                     (struct wall){ sheet->plan.now.ms + horizon_ms },
                     PLANNER_WALK_MAX, NULL, NULL);
    planner_free(planner);
}

void sheet_close(struct sheet *sheet)
{
    jobset_unref(sheet->set);
    mistakes_clear(&sheet->plan.warnings);
    text_close(&sheet->out);
    zones_free(sheet->zones);
}

const struct job *sheet_job(const struct sheet *sheet, const char *name)
{
    uint32_t index = jobset_find(sheet->set, name);
    assert_int_not_equal(index, UINT32_MAX);
    return jobset_job(sheet->set, index);
}
