/* Warnings about when a job is due: slots closer than the timeout, clocks that
 * are set, phases that nobody chose, expressions that others read otherwise. */
#include <stdio.h>

#include "display.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "warnings.h"

#define YEAR_MS (366 * DAY_MS)

/* ---- W202 ---- */

/* Slots that are looked at: a week, of a job that is due every hour. */
#define SPACING_DAYS 8
#define SPACING_MAX  200

/* No two slots are closer than this: most jobs need no look. */
static int64_t least_distance_ms(const struct rules *rules)
{
    const struct rules_spec *spec = rules_spec(rules);
    const struct cron *cron = rules_cron(rules, 0);
    if (spec->term_count != 1 || spec->jitter_ms || !cron || cron->seconds != 1)
        return 0;
    /* an hour, less what some changes of the clock take from it */
    bool hourly = (cron->minutes & (cron->minutes - 1)) == 0 && cron->wildcard;
    return hourly ? 30 * MINUTE_MS : MINUTE_MS;
}

static int64_t spacing(const struct schedule *schedule, struct wall now,
                       int64_t most_ms)
{
    const int64_t end = now.ms + SPACING_DAYS * DAY_MS;
    int64_t least = NEVER_MS;
    struct wall at = schedule_next(schedule, now);
    for (int i = 0; i < SPACING_MAX && at.ms < end; i++) {
        struct wall next = schedule_next(schedule, at);
        if (next.ms == NEVER_MS)
            break;
        int64_t distance = next.ms - at.ms;
        if (distance <= most_ms && distance < least)
            least = distance;
        at = next;
    }
    return least;
}

int64_t warning_interval(const struct job *job, struct wall now,
                         int64_t most_ms)
{
    const struct schedule *schedule = &job->schedule;
    if (schedule->every_ms)
        return schedule->every_ms;
    if (most_ms < least_distance_ms(schedule->rules))
        return NEVER_MS;
    return spacing(schedule, now, most_ms);
}

static void find_timeout(const struct job *job, struct wall now,
                         struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 160];
    char timeout[DURATION_TEXT_MAX], every[DURATION_TEXT_MAX];
    int64_t interval_ms = warning_interval(job, now, job->timeout_ms);
    if (job->timeout_ms < interval_ms)
        return;
    snprintf(message, sizeof message,
             "the timeout of job \"%s\", %s, is not shorter than %s, %s",
             job->name, duration_format(job->timeout_ms, timeout),
             job->schedule.every_ms ? "its interval"
                                    : "the distance of two slots",
             duration_format(interval_ms, every));
    warning_add(warnings, job, "W202", message,
                "a call that hangs makes the job skip slots", "");
}

/* ---- W205 ---- */

/* Most changes that one warning tells of. */
#define CHANGES_MAX 4

static void date_put(const struct zone_span *change, struct text *out)
{
    struct civil day =
        civil_from((struct wall){ change->from_s * 1000 }, change->before_s);
    text_printf(out, "%04d-%02d-%02d", (int)day.year, day.month, day.day);
}

/* What the job does there, by its gap or fold. */
static const char *fate_clause(const struct rules *rules, enum fate fate)
{
    const struct rules_spec *spec = rules_spec(rules);
    switch (fate) {
    case FATE_MOVED:
        return spec->gap == GAP_BEFORE ? "runs once, right before the change"
                                       : "runs once, right after the change";
    case FATE_ONCE:
        return spec->fold == FOLD_LAST ? "runs once, the last time"
                                       : "runs once, the first time";
    case FATE_TWICE:
        return "runs both times";
    case FATE_SKIPPED:
    case FATE_UNTOUCHED:
        break;
    }
    return "is left out";
}

static void change_put(const struct job *job, const struct zone_span *change,
                       enum fate fate, struct text *note)
{
    char window[DISPLAY_MAX];
    text_puts(note, note->len ? "\n" : "");
    date_put(change, note);
    text_printf(note, ": %s; the job %s", display_window(change, window),
                fate_clause(job->schedule.rules, fate));
}

/* A job whose hours are wildcards follows the clock as it is meant to. */
static void find_changes(const struct job *job, struct wall now,
                         struct mistakes *warnings)
{
    const struct rules *rules = job->schedule.rules;
    if (!rules || rules_wildcard(rules))
        return;
    struct text note;
    struct zone_span change;
    char message[JOB_NAME_MAX + ZONE_NAME_MAX + 160];
    int64_t after_s = now.ms / 1000;
    int found = 0;
    text_init(&note, 1024);
    while (found < CHANGES_MAX &&
           zone_change(rules_zone(rules), after_s, &change) &&
           change.from_s * 1000 <= now.ms + YEAR_MS) {
        enum fate fate = schedule_fate(&job->schedule, &change);
        after_s = change.from_s;
        if (fate == FATE_UNTOUCHED)
            continue;
        change_put(job, &change, fate, &note);
        found++;
    }
    snprintf(message, sizeof message,
             "job \"%s\" has a time that a clock change in %s hides or repeats",
             job->name, zone_name(rules_zone(rules)));
    if (found)
        warning_add(warnings, job, "W205", message,
                    "choose a time outside these; `gap` and `fold` say what "
                    "happens there",
                    note.data);
    text_close(&note);
}

/* ---- W206 ---- */

/* Nobody knows any more whether it was "auto", but for the number. */
static bool has_auto_phase(const struct job *job)
{
    int64_t every_ms =
        job->base_every_ms % 1000 ? job->base_every_ms : job->schedule.every_ms;
    return job->schedule.phase_ms ==
           schedule_phase_auto(job->name, every_ms) % job->schedule.every_ms;
}

static void find_phase(const struct jobset *set, const struct job *job,
                       struct wall now, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 160], date[DISPLAY_MAX];
    char every[DURATION_TEXT_MAX];
    if (!job->schedule.every_ms || job->base_every_ms < DAY_MS ||
        !has_auto_phase(job))
        return;
    struct wall next = schedule_next(&job->schedule, now);
    snprintf(
        message, sizeof message,
        "job \"%s\" runs every %s, at a time that phase = \"auto\" picked: "
        "%s",
        job->name, duration_format(job->schedule.every_ms, every),
        display_date(next, jobset_zone(set), date));
    warning_add(
        warnings, job, "W206", message,
        "pin it: phase = \"1h30m\" is 01:30 UTC, at = \"03:30\" goes by "
        "the clock of the zone",
        "");
}

/* ---- W211 ---- */

static void find_starred(const struct job *job, struct mistakes *warnings)
{
    const struct rules *rules = job->schedule.rules;
    char message[JOB_NAME_MAX + 200];
    for (uint32_t i = 0; rules && i < rules_spec(rules)->term_count; i++) {
        const struct cron *cron = rules_cron(rules, i);
        if (!cron || !cron->starred)
            continue;
        snprintf(message, sizeof message,
                 "job \"%s\": \"%.64s\" is due where either day field matches",
                 job->name, rules_spec(rules)->terms[i].text);
        warning_add(warnings, job, "W211", message,
                    "write a bare * in one of them, or two expressions with "
                    "`any`",
                    "Vixie cron and cronie want both to match, because one of "
                    "them begins with *");
    }
}

void warnings_find_time(const struct jobset *set, const struct job *job,
                        struct wall now, struct mistakes *warnings)
{
    find_timeout(job, now, warnings);
    if (job->standing != STANDING_SCHEDULED)
        return;
    find_changes(job, now, warnings);
    find_phase(set, job, now, warnings);
    find_starred(job, warnings);
}
