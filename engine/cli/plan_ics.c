/* A plan for a calendar.
 *
 * What a recurrence rule says exactly, but for days that are off, is one event
 * a time of day, and recurs for ever: by the clock of the job's zone, or by UTC
 * where the schedule is a lattice on it. Everything else is written slot by
 * slot, in UTC, up to the end of the horizon. The jitter of a recurring event
 * is only told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ics.h"
#include "mooncron/duration.h"
#include "mooncron/memory.h"
#include "plan_looks.h"

/* The zones that events name, each once. */
struct zone_list {
    const struct zone **items;
    size_t count;
};

static void zone_add(struct zone_list *zones, const struct zone *zone)
{
    for (size_t i = 0; i < zones->count; i++)
        if (strcmp(zone_name(zones->items[i]), zone_name(zone)) == 0)
            return;
    if (zones->count % 16 == 0)
        zones->items = memory_resize(zones->items, zones->count + 16,
                                     sizeof *zones->items);
    zones->items[zones->count++] = zone;
}

bool plan_ics_has(const struct job *job, int64_t min_every_ms)
{
    if (job->schedule.every_ms)
        return job->schedule.every_ms >= min_every_ms;
    double most =
        (double)DAY_MS * 1.000001; /* a sum of fractions may be a bit more */
    return schedule_per_day(&job->schedule) * (double)min_every_ms <= most;
}

/* ---- one event ---- */

static void description_put(const struct job *job, struct text *out)
{
    struct text text, escaped;
    char jitter[DURATION_TEXT_MAX];
    const struct rules *rules = job->schedule.rules;
    text_init(&text, 1 << 16);
    text_init(&escaped, 1 << 17);
    if (job->function)
        text_printf(&text, "lua :%u", job->line);
    else
        text_printf(&text, "%s %s", method_names[job->method], job->target);
    if (rules && rules_spec(rules)->jitter_ms)
        text_printf(&text, ", jitter %s",
                    duration_format(rules_spec(rules)->jitter_ms, jitter));
    ics_escape(&escaped, text.data);
    ics_line(out, "DESCRIPTION:%s", escaped.data);
    text_close(&text);
    text_close(&escaped);
}

/* `part` tells the events of a job apart; a name has no slash. */
static void event_open(const struct plan *plan, const struct job *job,
                       const char *part, struct text *out)
{
    char stamp[ICS_TIME_MAX];
    ics_line(out, "BEGIN:VEVENT");
    ics_line(out, "UID:%s%s%s@mooncron", job->name, *part ? "/" : "", part);
    ics_line(out, "DTSTAMP:%sZ", ics_time(plan->now.ms / 1000, stamp));
}

static void event_close(const struct plan *plan, const struct job *job,
                        struct text *out)
{
    ics_line(out, "SUMMARY:%s (%s)", job->name, plan->environment);
    description_put(job, out);
    ics_line(out, "END:VEVENT");
}

/* ---- all events of a job ---- */

static void start_put(const struct zone *zone, int64_t local_s,
                      struct zone_list *zones, struct text *out)
{
    char time[ICS_TIME_MAX];
    ics_time(local_s, time);
    if (zone == zone_utc()) {
        ics_line(out, "DTSTART:%sZ", time);
        return;
    }
    zone_add(zones, zone);
    ics_line(out, "DTSTART;TZID=%s:%s", zone_name(zone), time);
}

/* What the rule names after its start, but is off, is taken away by date. */
static void exdates_put(const struct zone *zone,
                        const struct recurrence *recurrence, int64_t start_s,
                        struct text *out)
{
    const int64_t day_s = 86400;
    int64_t second = start_s - start_s / day_s * day_s;
    const char *mark = zone == zone_utc() ? "Z" : "";
    char time[ICS_TIME_MAX];
    struct text dates;
    text_init(&dates, 1 << 15);
    for (size_t i = 0; i < recurrence->off_count; i++) {
        int64_t local_s = recurrence->off[i] * day_s + second;
        if (local_s > start_s)
            text_printf(&dates, "%s%s%s", dates.len ? "," : "",
                        ics_time(local_s, time), mark);
    }
    if (dates.len && *mark)
        ics_line(out, "EXDATE:%s", dates.data);
    else if (dates.len)
        ics_line(out, "EXDATE;TZID=%s:%s", zone_name(zone), dates.data);
    text_close(&dates);
}

static void recurring_put(const struct plan *plan, const struct job *job,
                          const struct recurrence *recurrence,
                          struct zone_list *zones, struct text *out)
{
    const struct zone *zone =
        recurrence->utc ? zone_utc() : rules_zone(job->schedule.rules);
    for (size_t i = 0; i < recurrence->count; i++) {
        char part[16] = "";
        int32_t second = recurrence->starts[i].second;
        if (second >= 0)
            snprintf(part, sizeof part, "%02d%02d%02d", second / 3600,
                     second / 60 % 60, second % 60);
        event_open(plan, job, part, out);
        start_put(zone, recurrence->starts[i].local_s, zones, out);
        ics_line(out, "RRULE:%s", recurrence->rule);
        exdates_put(zone, recurrence, recurrence->starts[i].local_s, out);
        event_close(plan, job, out);
    }
}

static void slots_put(const struct plan *plan, const struct job *job,
                      struct text *out)
{
    const int64_t until_ms = plan->now.ms + plan->horizon_ms;
    struct wall at = plan_next(plan, job);
    for (; at.ms <= until_ms; at = schedule_next(&job->schedule, at)) {
        char part[ICS_TIME_MAX + 2];
        ics_time(at.ms / 1000, part);
        strcat(part, "Z");
        event_open(plan, job, part, out);
        ics_line(out, "DTSTART:%s", part);
        event_close(plan, job, out);
    }
}

static void job_put(const struct plan *plan, const struct job *job,
                    struct zone_list *zones, struct text *out)
{
    struct recurrence recurrence;
    if (recurrence_of(&job->schedule, plan->now, &recurrence))
        recurring_put(plan, job, &recurrence, zones, out);
    else
        slots_put(plan, job, out);
}

/* ---- the calendar ---- */

static void events_put(const struct plan *plan, int64_t min_every_ms,
                       struct zone_list *zones, struct text *out)
{
    const struct jobset *set = plan->set;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->standing == STANDING_SCHEDULED &&
            plan_ics_has(job, min_every_ms))
            job_put(plan, job, zones, out);
    }
}

void plan_ics(const struct plan *plan, int64_t min_every_ms, struct text *out)
{
    struct zone_list zones = { 0 };
    struct text events;
    text_init(&events, PLAN_TEXT_MAX);
    events_put(plan, min_every_ms, &zones, &events);
    if (!events.len) /* a calendar has at least one component */
        zone_add(&zones, jobset_zone(plan->set));
    ics_line(out, "BEGIN:VCALENDAR");
    ics_line(out, "VERSION:2.0");
    ics_line(out, "PRODID:-//mooncron//plan//EN");
    for (size_t i = 0; i < zones.count; i++)
        ics_zone(zones.items[i], plan->now, out);
    text_add(out, events.data, events.len);
    ics_line(out, "END:VCALENDAR");
    text_close(&events);
    free(zones.items);
}
