/* `mooncron next JOB`: upcoming run times of one job. */
#include <stdio.h>
#include <stdlib.h>

#include "display.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "mooncron/suggest.h"
#include "plan.h"
#include "verbs.h"

#define TIMES_MAX 10000 /* more is what plan --json is for */

static const struct args_option options[] = {
    { "number", 'n', "N", "how many, 5" },
    SUBJECT_OPTIONS,
    SUBJECT_LIVE_OPTIONS,
    { "json", 0, NULL, "as JSON: an array of times" },
};

static const struct args_verb verb = {
    .name = "next",
    .about = "Shows when a job runs next. Settings as for plan.\n",
    .operands = "JOB [file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 2,
};

static int complain_unknown(const struct subject *subject, const char *name)
{
    uint32_t count = jobset_count(subject->set);
    const char **names = memory_new(count * sizeof *names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = jobset_job(subject->set, i)->name;
    const char *near = suggest_or_prefix(name, names, count);
    fprintf(stderr, "mooncron next: %s has no job \"%.128s\"", subject->file,
            name);
    if (near)
        fprintf(stderr, ", did you mean \"%s\"?", near);
    fputc('\n', stderr);
    free(names);
    return EXIT_ASKED_FAILED;
}

static void show_json(const struct subject *subject, const struct job *job,
                      unsigned number)
{
    char text[RFC3339_TEXT_MAX];
    struct wall at = subject->now;
    for (unsigned i = 0; i < number; i++) {
        at = schedule_next(&job->schedule, at);
        printf("%s\"%s\"", i ? ", " : "[", rfc3339_format(at, 0, text));
    }
    puts("]");
}

static void show_lines(const struct subject *subject, const struct job *job,
                       unsigned number)
{
    char date[DISPLAY_MAX], in[DISPLAY_MAX];
    struct wall at = subject->now;
    for (unsigned i = 0; i < number; i++) {
        at = schedule_next(&job->schedule, at);
        printf("  %s   in %s\n",
               display_date(at, jobset_zone(subject->set), date),
               display_in(at.ms - subject->now.ms, in));
    }
}

static int next(const struct subject *subject, const struct args *args,
                unsigned number)
{
    uint32_t index = jobset_find(subject->set, args->operands[0]);
    if (index == UINT32_MAX)
        return complain_unknown(subject, args->operands[0]);
    const struct job *job = jobset_job(subject->set, index);
    if (job->standing != STANDING_SCHEDULED) {
        fprintf(stderr, "mooncron next: \"%s\" is not scheduled in %s: %s\n",
                job->name, subject->environment, plan_reason(job));
        return EXIT_ASKED_FAILED;
    }
    if (args_value(args, "json"))
        show_json(subject, job, number);
    else
        show_lines(subject, job, number);
    return EXIT_OK;
}

int cli_next(int argc, char **argv)
{
    struct args args;
    struct subject subject;
    double number = 5;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!args_number(&args, "number", 1, TIMES_MAX, true, &number))
        return EXIT_USAGE;
    if (subject_open(&subject, &args, 1, SUBJECT_LIVE, &code))
        code = next(&subject, &args, (unsigned)number);
    subject_close(&subject);
    return code;
}
