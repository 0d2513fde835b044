/* The rules of the warnings, one function each; mistake_explain() has what they
 * mean at length. */
#include "warnings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/duration.h"
#include "mooncron/memory.h"

static void warn(struct mistakes *warnings, const struct job *job,
                 const char *code, const char *message, const char *help)
{
    const struct mistake mistake = { .code = code,
                                     .message = message,
                                     .file = job->file,
                                     .line = job->line,
                                     .source = "",
                                     .opener = "",
                                     .label = "",
                                     .help = help,
                                     .note = "" };
    mistakes_add(warnings, &mistake);
}

static void find_timeout(const struct job *job, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 160];
    char timeout[DURATION_TEXT_MAX], every[DURATION_TEXT_MAX];
    if (!job->schedule.every_ms || job->timeout_ms < job->schedule.every_ms)
        return;
    snprintf(message, sizeof message,
             "the timeout of job \"%s\", %s, is not shorter than its interval, "
             "%s",
             job->name, duration_format(job->timeout_ms, timeout),
             duration_format(job->schedule.every_ms, every));
    warn(warnings, job, "W202", message,
         "a call that hangs makes the job skip slots");
}

static void find_always(const struct job *job, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 100];
    if (!job->always || job->multiplier == 0)
        return;
    snprintf(message, sizeof message,
             "job \"%s\" is `always` and yet slower in some environments",
             job->name);
    warn(warnings, job, "W207", message, "add scale = false");
}

static void find_environment(const struct job *job, const char *environment,
                             struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 160];
    if (job->standing != STANDING_ENVIRONMENT)
        return;
    snprintf(message, sizeof message, "job \"%s\" never runs in %s", job->name,
             environment);
    warn(warnings, job, "W210", message, "its `only` lists other environments");
}

/* ---- the same call twice ---- */

static int call_order(const struct job *a, const struct job *b)
{
    int order = strcmp(a->target, b->target);
    if (!order)
        order = a->method - b->method;
    if (!order)
        order = strcmp(a->body, b->body);
    return order ? order : strcmp(a->headers, b->headers);
}

static int compare_calls(const void *left, const void *right)
{
    const struct job *a = *(const struct job *const *)left;
    const struct job *b = *(const struct job *const *)right;
    int order = call_order(a, b);
    /* Jobs lie in the order of the file. */
    return order ? order : (a > b) - (a < b);
}

static void warn_twice(const struct job *first, const struct job *second,
                       struct mistakes *warnings)
{
    char message[2 * JOB_NAME_MAX + 200];
    snprintf(message, sizeof message,
             "jobs \"%s\" and \"%s\" make the same call", first->name,
             second->name);
    warn(warnings, second, "W209", message,
         "one of them is probably a copy that was not finished");
}

static void find_twice(const struct jobset *set, struct mistakes *warnings)
{
    uint32_t count = 0;
    const struct job **calls =
        memory_new(jobset_count(set) * sizeof(const struct job *));
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (!job->function && job->standing == STANDING_SCHEDULED)
            calls[count++] = job;
    }
    qsort(calls, count, sizeof *calls, compare_calls);
    for (uint32_t i = 1; i < count; i++)
        if (call_order(calls[i - 1], calls[i]) == 0)
            warn_twice(calls[i - 1], calls[i], warnings);
    free(calls);
}

void warnings_find(const struct jobset *set, const char *environment,
                   struct mistakes *warnings)
{
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        find_timeout(job, warnings);
        find_always(job, warnings);
        find_environment(job, environment, warnings);
    }
    find_twice(set, warnings);
    mistakes_sort(warnings);
}
