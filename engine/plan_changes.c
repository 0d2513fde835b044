/* What the changes of offset that lie ahead do to the jobs of a plan: each zone
 * that a scheduled job reads its clock in, and the zone of the whole set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "plan.h"

/* Of one zone: ten years of four, as Morocco has them. */
#define CHANGES_MAX 40

struct touched {
    const struct job *job;
    enum fate fate;
};

/* One change, and the jobs that it touches. */
struct change {
    struct zone *zone; /* borrowed, as the jobs are */
    struct zone_span span;
    bool within; /* the horizon */
    struct touched *jobs;
    size_t job_count;
};

struct changes {
    struct change *items;
    size_t count;
};

static const char *const fate_names[] = {
    [FATE_UNTOUCHED] = "untouched", [FATE_SKIPPED] = "skipped",
    [FATE_MOVED] = "moved",         [FATE_ONCE] = "once",
    [FATE_TWICE] = "twice",
};

/* ---- finding them ---- */

static struct zone *zone_of(const struct job *job)
{
    bool reads = job->standing == STANDING_SCHEDULED && job->schedule.rules;
    return reads ? rules_zone(job->schedule.rules) : NULL;
}

static bool same_zone(const struct zone *a, const struct zone *b)
{
    return a == b || strcmp(zone_name(a), zone_name(b)) == 0;
}

static void add_change(struct changes *changes, struct zone *zone,
                       const struct zone_span *span, bool within)
{
    if (changes->count % 16 == 0)
        changes->items = memory_resize(changes->items, changes->count + 16,
                                       sizeof *changes->items);
    changes->items[changes->count++] =
        (struct change){ .zone = zone, .span = *span, .within = within };
}

/* Those in the horizon; else the next one, where one comes. */
static void add_zone(struct changes *changes, struct zone *zone,
                     const struct plan *plan)
{
    for (size_t i = 0; i < changes->count; i++)
        if (same_zone(changes->items[i].zone, zone))
            return;
    struct zone_span span;
    int64_t after_s = plan->now.ms / 1000;
    int64_t until_ms = plan->now.ms + plan->horizon_ms;
    for (int i = 0; i < CHANGES_MAX && zone_change(zone, after_s, &span); i++) {
        bool within = span.from_s * 1000 <= until_ms;
        if (within || i == 0)
            add_change(changes, zone, &span, within);
        if (!within)
            return;
        after_s = span.from_s;
    }
}

static int compare_changes(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    if (a->span.from_s != b->span.from_s)
        return a->span.from_s < b->span.from_s ? -1 : 1;
    return strcmp(zone_name(a->zone), zone_name(b->zone));
}

static void add_job(struct change *change, const struct job *job,
                    enum fate fate)
{
    if (change->job_count % 16 == 0)
        change->jobs = memory_resize(change->jobs, change->job_count + 16,
                                     sizeof *change->jobs);
    change->jobs[change->job_count++] = (struct touched){ job, fate };
}

static void find_jobs(struct change *change, const struct jobset *set)
{
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        struct zone *zone = zone_of(job);
        if (!zone || !same_zone(zone, change->zone))
            continue;
        enum fate fate = schedule_fate(&job->schedule, &change->span);
        if (fate != FATE_UNTOUCHED)
            add_job(change, job, fate);
    }
}

static struct changes changes_find(const struct plan *plan)
{
    const struct jobset *set = plan->set;
    struct changes changes = { 0 };
    struct zone *last = jobset_zone(set);
    add_zone(&changes, last, plan);
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        struct zone *zone = zone_of(jobset_job(set, i));
        if (zone && !same_zone(zone, last))
            add_zone(&changes, zone, plan);
        last = zone ? zone : last;
    }
    if (changes.count)
        qsort(changes.items, changes.count, sizeof *changes.items,
              compare_changes);
    for (size_t i = 0; i < changes.count; i++)
        find_jobs(&changes.items[i], set);
    return changes;
}

static void changes_free(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->items[i].jobs);
    free(changes->items);
}

/* ---- as text ---- */

static const char *const fate_clauses[] = {
    [FATE_SKIPPED] = "left out:",
    [FATE_MOVED] = "moved to the change:",
    [FATE_ONCE] = "at one of the two:",
    [FATE_TWICE] = "at both:",
};

/* "03:00 EET" */
static void clock_put(const struct change *change, int64_t at_s,
                      int32_t offset_s, struct text *out)
{
    struct zone_span span;
    struct civil c =
        civil_from((struct wall){ change->span.from_s * 1000 }, offset_s);
    zone_span(change->zone, at_s, &span);
    text_printf(out, "%02d:%02d %s", c.hour, c.minute, span.abbreviation);
}

static void fate_put(const struct change *change, enum fate fate,
                     struct text *out)
{
    const char **names = memory_new(change->job_count * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < change->job_count; i++)
        if (change->jobs[i].fate == fate)
            names[count++] = change->jobs[i].job->name;
    if (count) {
        text_printf(out, "  %s\n", fate_clauses[fate]);
        display_names(names, count, 4, out);
    }
    free(names);
}

static void change_put(const struct change *change, struct text *out)
{
    char window[DISPLAY_MAX];
    int64_t at_s = change->span.from_s;
    struct civil day =
        civil_from((struct wall){ at_s * 1000 }, change->span.before_s);
    text_printf(out, "\n%s %04d-%02d-%02d, %s: ", civil_weekdays[day.weekday],
                (int)day.year, day.month, day.day, zone_name(change->zone));
    clock_put(change, at_s - 1, change->span.before_s, out);
    text_puts(out, " becomes ");
    clock_put(change, at_s, change->span.offset_s, out);
    text_printf(out, ", %s\n", display_window(&change->span, window));
    for (enum fate fate = FATE_SKIPPED; fate <= FATE_TWICE; fate++)
        fate_put(change, fate, out);
}

void plan_changes(const struct plan *plan, struct text *out)
{
    struct changes changes = changes_find(plan);
    for (size_t i = 0; i < changes.count; i++)
        if (changes.items[i].within)
            change_put(&changes.items[i], out);
    changes_free(&changes);
}

/* ---- as JSON ---- */

static void offset_put(int32_t offset_s, struct text *out)
{
    unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60;
    text_printf(out, "\"%c%02u:%02u\"", offset_s < 0 ? '-' : '+', minutes / 60,
                minutes % 60);
}

static void change_json(const struct change *change, struct text *out)
{
    char at[DISPLAY_MAX];
    display_rfc3339((struct wall){ change->span.from_s * 1000 }, change->zone,
                    at);
    text_printf(out,
                "    { \"zone\": \"%s\", \"at\": \"%s\", "
                "\"offset_before\": ",
                zone_name(change->zone), at);
    offset_put(change->span.before_s, out);
    text_puts(out, ", \"offset_after\": ");
    offset_put(change->span.offset_s, out);
    text_printf(out, ", \"kind\": \"%s\",\n      \"jobs\": [",
                change->span.offset_s > change->span.before_s ? "gap" : "fold");
    for (size_t i = 0; i < change->job_count; i++)
        text_printf(out, "%s{ \"name\": \"%s\", \"fate\": \"%s\" }",
                    i ? ", " : "", change->jobs[i].job->name,
                    fate_names[change->jobs[i].fate]);
    text_puts(out, "] }");
}

void plan_changes_json(const struct plan *plan, struct text *out)
{
    struct changes changes = changes_find(plan);
    text_puts(out, "  \"transitions\": [");
    for (size_t i = 0; i < changes.count; i++) {
        text_puts(out, i ? ",\n" : "\n");
        change_json(&changes.items[i], out);
    }
    text_puts(out, changes.count ? "\n  ],\n" : "],\n");
    changes_free(&changes);
}
