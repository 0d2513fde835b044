/* The rules of the warnings, one function each; mistake_explain() has what they
 * mean at length. */
#include "warnings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "herd.h"
#include "mooncron/core.h"
#include "mooncron/memory.h"
#include "mooncron/suggest.h"

static void add(struct mistakes *warnings, const struct job *job,
                const char *code, const char *message, const char *help,
                const char *note, const char *picture)
{
    const struct mistake mistake = { .code = code,
                                     .message = message,
                                     .file = job->file,
                                     .line = job->line,
                                     .source = "",
                                     .opener = picture,
                                     .label = "",
                                     .help = help,
                                     .note = note };
    mistakes_add(warnings, &mistake);
}

void warning_add(struct mistakes *warnings, const struct job *job,
                 const char *code, const char *message, const char *help,
                 const char *note)
{
    add(warnings, job, code, message, help, note, "");
}

void warning_add_picture(struct mistakes *warnings, const struct job *job,
                         const char *code, const char *message,
                         const char *help, const char *picture)
{
    add(warnings, job, code, message, help, "", picture);
}

/* A line above the mistake is shown only where it has a number: without one
 * the field is free for a picture. */
void warning_render(const struct mistake *warning, bool colour,
                    struct text *out)
{
    struct mistake bare = *warning;
    if (*warning->opener)
        bare.help = bare.note = "";
    mistake_render(&bare, colour, out);
    text_puts(out, warning->opener);
}

static void find_always(const struct job *job, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 100];
    if (!job->always || job->multiplier == 0)
        return;
    snprintf(message, sizeof message,
             "job \"%s\" is `always` and yet slower in some environments",
             job->name);
    warning_add(warnings, job, "W207", message, "add scale = false", "");
}

static void find_environment(const struct job *job, const char *environment,
                             struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + 160];
    if (job->standing != STANDING_ENVIRONMENT)
        return;
    snprintf(message, sizeof message, "job \"%s\" never runs in %s", job->name,
             environment);
    warning_add(warnings, job, "W210", message,
                "its `only` lists other environments", "");
}

/* ---- an environment that no rule names ---- */

/* What `default` is for: nobody means to name these one by one. */
static bool is_usual(const char *environment)
{
    static const char *const usual[] = { "development", "dev", "test" };
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!strcmp(environment, usual[i]))
            return true;
    return false;
}

static void find_default(const struct jobset *set, const char *environment,
                         struct mistakes *warnings)
{
    static const char *const known[] = { "production", "staging" };
    char message[ENVIRONMENT_MAX + 100], help[80] = "";
    struct job place = { 0 };
    place.file = jobset_default_rule(set, &place.line);
    if (!place.line || is_usual(environment))
        return;
    const char *near = suggest_or_prefix(environment, known, 2);
    if (near && strcmp(near, environment) != 0)
        snprintf(help, sizeof help, "did you mean \"%s\"?", near);
    snprintf(message, sizeof message,
             "no multiplier rule names the environment \"%s\": `default` is "
             "used",
             environment);
    warning_add(warnings, &place, "W208", message, help, "");
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
    warning_add(warnings, second, "W209", message,
                "one of them is probably a copy that was not finished", "");
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
                   struct wall now, bool ascii, struct mistakes *warnings)
{
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        warnings_find_time(set, job, now, warnings);
        warnings_find_policy(job, now, warnings);
        find_always(job, warnings);
        find_environment(job, environment, warnings);
    }
    find_default(set, environment, warnings);
    find_twice(set, warnings);
    warnings_find_groups(set, warnings);
    herd_find(set, now, ascii, warnings);
    mistakes_sort(warnings);
}
