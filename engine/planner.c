/* The walk of a plan.
 *
 * The core gets the set as its first, and is stepped from deadline to deadline.
 * Each run that it starts is answered at once, at the same instant, so that no
 * slot is skipped because of another: a plan says what is due. */
#include "planner.h"

#include <assert.h>
#include <stdlib.h>

#include "mooncron/core.h"
#include "mooncron/memory.h"

#define DAY_HOURS 24

/* Virtual monotonic time starts away from 0, which no machine shows. */
#define BOOT_MS 1000

struct planner {
    struct jobset *set; /* the reference, until the core has it */
    struct core *core;  /* NULL: there was no walk */
};

struct walk {
    struct core *core;
    struct jobset *set;
    struct wall start;
    struct zone_span span; /* of the set's zone, at the last slot */
    struct update update;
    struct run_id *started; /* not answered yet */
    size_t count, cap;
    planner_slot *slot;
    void *data;
    /* Peaks. Up to a day the hours of the day count, and the two ends of the
     * hour that it is now are one; past that each hour is its own. */
    bool long_horizon;
    int64_t minute, minute_count;
    int64_t hour, hour_count;
    int64_t hours[DAY_HOURS];
    struct planner_totals *totals;
};

bool planner_is_heartbeat(const struct job *job)
{
    return job->always && job->multiplier == 0 && job->schedule.every_ms > 0 &&
           job->schedule.every_ms <= PLANNER_HEARTBEAT_MS;
}

static void peaks_minute(struct walk *walk, struct wall slot)
{
    int64_t minute = floor_div(slot.ms, MINUTE_MS);
    if (minute != walk->minute)
        walk->minute_count = 0;
    walk->minute = minute;
    if (++walk->minute_count > walk->totals->minute_max)
        walk->totals->minute_max = walk->minute_count;
}

/* Hours since 1970 on the clock of the set's zone. */
static int64_t local_hour(struct walk *walk, struct wall slot)
{
    int64_t at_s = floor_div(slot.ms, 1000);
    if (at_s < walk->span.from_s || at_s >= walk->span.to_s)
        zone_span(jobset_zone(walk->set), at_s, &walk->span);
    return floor_div(slot.ms + (int64_t)walk->span.offset_s * 1000, HOUR_MS);
}

static void peaks_hour(struct walk *walk, struct wall slot)
{
    int64_t hour = local_hour(walk, slot);
    if (!walk->long_horizon) {
        walk->hours[hour - floor_div(hour, DAY_HOURS) * DAY_HOURS]++;
        return;
    }
    if (hour != walk->hour)
        walk->hour_count = 0;
    walk->hour = hour;
    if (++walk->hour_count > walk->totals->hour_max) {
        walk->totals->hour_max = walk->hour_count;
        walk->totals->hour.ms = hour * HOUR_MS;
    }
}

/* The first of the busiest hours of the day. */
static void peaks_finish(struct walk *walk)
{
    for (int hour = 0; hour < DAY_HOURS && !walk->long_horizon; hour++) {
        if (walk->hours[hour] > walk->totals->hour_max) {
            walk->totals->hour_max = walk->hours[hour];
            walk->totals->hour.ms = hour * HOUR_MS;
        }
    }
}

static void walk_started(struct walk *walk, const struct action *action)
{
    const struct job *job = action->note.job;
    if (walk->count == walk->cap) {
        walk->cap = walk->cap ? 2 * walk->cap : 64;
        walk->started =
            memory_resize(walk->started, walk->cap, sizeof *walk->started);
    }
    walk->started[walk->count++] = action->note.run;
    if (!planner_is_heartbeat(job)) {
        peaks_minute(walk, action->note.key.slot);
        peaks_hour(walk, action->note.key.slot);
    }
    if (walk->slot)
        walk->slot(walk->data, jobset_index(walk->set, job),
                   action->note.key.slot);
}

static void walk_step(struct walk *walk, struct event *event, struct wall now)
{
    event->now.wall = now;
    event->now.mono.ms = BOOT_MS + now.ms - walk->start.ms;
    walk->update.count = 0;
    core_step(walk->core, event, &walk->update);
    for (size_t i = 0; i < walk->update.count; i++)
        if (walk->update.actions[i].kind == ACT_START)
            walk_started(walk, &walk->update.actions[i]);
}

/* An answer may start a run that waited for its group: it is answered, too. */
static void walk_answer(struct walk *walk, struct wall now)
{
    while (walk->count) {
        struct event event = { .kind = EV_ANSWER };
        event.answer.run = walk->started[--walk->count];
        event.answer.verdict = VERDICT_OK;
        walk_step(walk, &event, now);
    }
}

static void walk_all(struct walk *walk, struct wall until)
{
    const struct now now = { walk->start, { BOOT_MS } };
    const struct core_config config = { .primary = true };
    walk->core = core_new(&config, now);
    struct event load = { .kind = EV_LOADED };
    load.loaded.outcome = LOAD_OK;
    load.loaded.set = walk->set;
    walk_step(walk, &load, walk->start);
    struct wall at = core_deadline(walk->core).wall;
    while (at.ms <= until.ms) {
        struct event time = { .kind = EV_TIME };
        walk_step(walk, &time, at);
        walk_answer(walk, at);
        struct wall next = core_deadline(walk->core).wall;
        assert(next.ms > at.ms); /* or this would never end */
        at = next;
    }
}

static void totals_count(struct planner_totals *totals,
                         const struct jobset *set, struct wall now,
                         struct wall until)
{
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->standing != STANDING_SCHEDULED)
            continue;
        int64_t count = schedule_count(&job->schedule, now, until);
        totals->scheduled++;
        if (planner_is_heartbeat(job))
            totals->heartbeats += count;
        else
            totals->runs += count;
    }
}

struct planner *planner_new(struct jobset *set)
{
    struct planner *planner = memory_new(sizeof *planner);
    planner->set = set;
    return planner;
}

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    if (planner->core)
        core_free(planner->core);
    else
        jobset_unref(planner->set);
    free(planner);
}

struct planner_totals planner_walk(struct planner *planner, struct wall now,
                                   struct wall until, int64_t walk_max,
                                   planner_slot *slot, void *data)
{
    struct planner_totals totals = { 0 };
    assert(!planner->core);
    totals_count(&totals, planner->set, now, until);
    if (totals.runs + totals.heartbeats > walk_max)
        return totals;
    struct walk walk = { .set = planner->set,
                         .start = now,
                         .slot = slot,
                         .data = data,
                         .span = { .from_s = INT64_MAX, .to_s = INT64_MIN },
                         .long_horizon = until.ms - now.ms > 24 * HOUR_MS,
                         .minute = INT64_MIN,
                         .hour = INT64_MIN,
                         .totals = &totals };
    walk_all(&walk, until);
    peaks_finish(&walk);
    planner->core = walk.core;
    totals.walked = true;
    update_close(&walk.update);
    free(walk.started);
    return totals;
}
