/* Warnings about runs that fail, and slots that nobody could run: retries that
 * the next slot cuts off, days that a restart may cost, limits that limit
 * nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "mooncron/core.h"
#include "mooncron/duration.h"
#include "mooncron/memory.h"
#include "warnings.h"

/* ---- W203 ---- */

static int64_t pauses_ms(const struct retry *retry)
{
    int64_t sum_ms = 0, pause_ms = retry->backoff_ms;
    for (uint32_t i = 1; i < retry->attempts; i++) {
        if (pause_ms > retry->backoff_max_ms)
            pause_ms = retry->backoff_max_ms;
        sum_ms += pause_ms;
        pause_ms *= 2;
    }
    return sum_ms;
}

/* Every attempt hangs, and every pause is the longest. */
static int64_t worst_ms(const struct job *job)
{
    int64_t sum_ms =
        (int64_t)job->retry.attempts * job->timeout_ms + pauses_ms(&job->retry);
    bool cut = job->deadline_ms && job->deadline_ms < sum_ms;
    return cut ? job->deadline_ms : sum_ms;
}

/* Where one attempt alone is too long there is W202. */
static void find_retries(const struct job *job, struct wall now,
                         struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 200], note[200];
    char worst[DURATION_TEXT_MAX], every[DURATION_TEXT_MAX];
    char timeout[DURATION_TEXT_MAX], pauses[DURATION_TEXT_MAX];
    if (job->retry.attempts <= 1)
        return;
    int64_t interval_ms = warning_interval(job, now, worst_ms(job));
    if (worst_ms(job) < interval_ms || job->timeout_ms >= interval_ms)
        return;
    snprintf(message, sizeof message,
             "the retries of job \"%s\" may take %s, and its next slot comes "
             "after %s",
             job->name, duration_format(worst_ms(job), worst),
             duration_format(interval_ms, every));
    snprintf(note, sizeof note,
             "%u attempts of %s each, and pauses of %s in all",
             job->retry.attempts, duration_format(job->timeout_ms, timeout),
             duration_format(pauses_ms(&job->retry), pauses));
    warning_add(warnings, job, "W203", message,
                "fewer attempts, a shorter timeout or backoff, or retry = "
                "false",
                note);
}

/* ---- W204 ---- */

/* A job that is due twice on any day shows it in so many slots. */
#define SLOTS_SEEN 16

#define SHORT_DAY_MS (DAY_MS - HOUR_MS) /* where clocks are set forward */

/* What a slot that is not run loses; NULL where another comes soon. */
static const char *loss_in(const struct schedule *schedule, struct wall now)
{
    struct wall at = schedule_next(schedule, now);
    if (at.ms == NEVER_MS)
        return NULL;
    for (int i = 0; i < SLOTS_SEEN; i++) {
        struct wall next = schedule_next(schedule, at);
        if (next.ms == NEVER_MS)
            return i ? "a day" : "the last slot";
        if (next.ms - at.ms < SHORT_DAY_MS)
            return NULL;
        at = next;
    }
    return "a day";
}

/* Slots that are put off come closer to each other than they were meant. */
static const char *loss_of(const struct job *job, struct wall now)
{
    const struct rules *rules = job->schedule.rules;
    struct error ignored;
    if (job->base_every_ms)
        return job->base_every_ms >= DAY_MS ? "a day" : NULL;
    if (!rules_spec(rules)->jitter_ms)
        return loss_in(&job->schedule, now);
    struct rules_spec spec = *rules_spec(rules);
    spec.jitter_ms = 0;
    struct rules *even = rules_new(&spec, "", rules_zone(rules), &ignored);
    struct schedule schedule = { .rules = even };
    const char *loss = even ? loss_in(&schedule, now) : NULL;
    rules_free(even);
    return loss;
}

static void find_missed(const struct job *job, struct wall now,
                        struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 100];
    const char *loss = job->catch_up_said ? NULL : loss_of(job, now);
    if (!loss)
        return;
    snprintf(message, sizeof message,
             "one restart at the wrong time loses %s of job \"%s\"", loss,
             job->name);
    warning_add(warnings, job, "W204", message,
                "add  catch_up = \"12h\"  to run it late, or  catch_up = false "
                " where that does not matter",
                "");
}

/* ---- W212 ---- */

/* By the interval as it is written: that an environment has longer ones is no
 * mistake of the file. */
static void find_catch_up(const struct job *job, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 200];
    char window[DURATION_TEXT_MAX], every[DURATION_TEXT_MAX];
    const struct catch_up *catch_up = &job->catch_up;
    if (!catch_up->window_ms)
        return;
    duration_format(catch_up->window_ms, window);
    if (catch_up->max > 1 && job->base_every_ms > catch_up->window_ms) {
        snprintf(message, sizeof message,
                 "the catch_up of job \"%s\" runs all slots within %s, and its "
                 "interval is %s",
                 job->name, window, duration_format(job->base_every_ms, every));
        warning_add(warnings, job, "W212", message,
                    "a longer window, or no policy = \"all\"", "");
    } else if (catch_up->max <= 1 && catch_up->window_ms <= LATE_MS_MAX) {
        snprintf(message, sizeof message,
                 "the catch_up of job \"%s\", %s, changes nothing: a slot that "
                 "is at most 30s late is run anyway",
                 job->name, window);
        warning_add(warnings, job, "W212", message,
                    "a longer window, or catch_up = false", "");
    }
}

/* ---- W213 ---- */

static void find_deadline(const struct job *job, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 200];
    char timeout[DURATION_TEXT_MAX], deadline[DURATION_TEXT_MAX];
    if (!job->deadline_ms || job->timeout_ms <= job->deadline_ms)
        return;
    snprintf(message, sizeof message,
             "the timeout of job \"%s\", %s, is longer than its deadline, %s",
             job->name, duration_format(job->timeout_ms, timeout),
             duration_format(job->deadline_ms, deadline));
    warning_add(warnings, job, "W213", message,
                "a deadline ends no attempt that is under way: shorten the "
                "timeout",
                "");
}

/* ---- W214 ---- */

/* A group has no line of its own: where nobody names it there is the file. */
static void warn_unused(const struct jobset *set, const struct group *group,
                        struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 100];
    const struct job place = { .file = jobset_file_count(set)
                                           ? jobset_file(set, 0)->path
                                           : "" };
    snprintf(message, sizeof message, "no job is in the group \"%s\"",
             group->name);
    warning_add(warnings, &place, "W214", message,
                "a job is in it that says so:  group = \"name\"", "");
}

static void warn_alone(const struct job *job, const struct group *group,
                       struct mistakes *warnings)
{
    char message[2 * JOB_NAME_MAX + 100];
    snprintf(message, sizeof message, "job \"%s\" is alone in the group \"%s\"",
             job->name, group->name);
    warning_add(warnings, job, "W214", message,
                "it has one run at a time without it", "");
}

void warnings_find_groups(const struct jobset *set, struct mistakes *warnings)
{
    uint32_t count = jobset_group_count(set);
    uint32_t *sizes = memory_new((count + 1) * sizeof *sizes);
    const struct job **last = memory_new((count + 1) * sizeof *last);
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->group == JOB_NO_GROUP)
            continue;
        sizes[job->group]++;
        last[job->group] = job;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!sizes[i])
            warn_unused(set, jobset_group(set, i), warnings);
        else if (sizes[i] == 1 && last[i]->overlap != OVERLAP_ALLOW)
            warn_alone(last[i], jobset_group(set, i), warnings);
    }
    free(sizes);
    free(last);
}

void warnings_find_policy(const struct job *job, struct wall now,
                          struct mistakes *warnings)
{
    if (job->standing != STANDING_SCHEDULED)
        return;
    find_retries(job, now, warnings);
    find_missed(job, now, warnings);
    find_catch_up(job, warnings);
    find_deadline(job, warnings);
}
