/* Each option has its clause. */
#include "policy_words.h"

#include <stdio.h>

#include "mooncron/duration.h"

static void tell_overlap(const struct job *job, schedule_rule *rule, void *data)
{
    static const char *const clauses[] = {
        [OVERLAP_QUEUE] = "a slot waits for the run that still goes on; of "
                          "several that come one waits",
        [OVERLAP_ALLOW] = "runs go on beside each other",
        [OVERLAP_CANCEL] = "a slot ends the run that still goes on",
    };
    char most[80];
    if (job->overlap == OVERLAP_SKIP)
        return;
    snprintf(most, sizeof most, "%u runs go on beside each other at most",
             job->overlap_max);
    rule(data, "overlap", job->overlap_max ? most : clauses[job->overlap]);
}

static void tell_retry(const struct retry *retry, schedule_rule *rule,
                       void *data)
{
    char from[DURATION_TEXT_MAX], to[DURATION_TEXT_MAX];
    struct text text;
    if (retry->attempts <= 1) {
        rule(data, "retry", "what fails is not repeated");
        return;
    }
    text_init(&text, 512);
    text_printf(&text, "up to %u attempts, after pauses of at most %s",
                retry->attempts, duration_format(retry->backoff_ms, from));
    if (retry->backoff_max_ms > retry->backoff_ms)
        text_printf(&text, ", growing to %s",
                    duration_format(retry->backoff_max_ms, to));
    const char *before = "; on ";
    for (int cause = 0; cause < CAUSES; cause++) {
        if (!(retry->on >> cause & 1))
            continue;
        text_printf(&text, "%s%s", before, cause_names[cause]);
        before = ", ";
    }
    rule(data, "retry", text.data);
    text_close(&text);
}

static void tell_catch_up(const struct catch_up *catch_up, schedule_rule *rule,
                          void *data)
{
    char clause[160], window[DURATION_TEXT_MAX];
    if (!catch_up->window_ms)
        return;
    duration_format(catch_up->window_ms, window);
    if (catch_up->max == 1)
        snprintf(clause, sizeof clause,
                 "of slots that were missed the newest is run, up to %s late",
                 window);
    else
        snprintf(
            clause, sizeof clause,
            "slots that were missed are run, up to %s late, and %u at most",
            window, catch_up->max);
    rule(data, "catch_up", clause);
}

static void tell_duration(const char *name, const char *before, int64_t ms,
                          schedule_rule *rule, void *data)
{
    char clause[160], text[DURATION_TEXT_MAX];
    if (!ms)
        return;
    snprintf(clause, sizeof clause, "%s%s", before, duration_format(ms, text));
    rule(data, name, clause);
}

static void tell_limits(const struct job *job, schedule_rule *rule, void *data)
{
    char clause[64];
    tell_duration("deadline", "a run is over after ", job->deadline_ms, rule,
                  data);
    tell_duration("min_gap", "from one start to the next at least ",
                  job->min_gap_ms, rule, data);
    if (!job->max_runs)
        return;
    snprintf(clause, sizeof clause, "%u in the life of the job", job->max_runs);
    rule(data, "max_runs", clause);
}

static void tell_hooks(const struct job *job, schedule_rule *rule, void *data)
{
    char clause[64] = "is called after each failure";
    if (job->alert_after > 1)
        snprintf(clause, sizeof clause,
                 "is called once %u runs in a row have failed",
                 job->alert_after);
    if (job->on_failure)
        rule(data, "on_failure", clause);
    if (job->on_success)
        rule(data, "on_success", "is called after each success");
    if (job->on_recover)
        rule(data, "on_recover", "is called when it works again");
    if (*job->heartbeat)
        rule(data, "heartbeat", job->heartbeat);
}

void policy_words(const struct job *job, schedule_rule *rule, void *data)
{
    tell_overlap(job, rule, data);
    tell_retry(&job->retry, rule, data);
    tell_catch_up(&job->catch_up, rule, data);
    tell_limits(job, rule, data);
    tell_hooks(job, rule, data);
}
