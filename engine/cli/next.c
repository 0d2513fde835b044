/* `mooncron next`: upcoming times of a job, of an expression, or, with --batch,
 * of many expressions. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coming.h"
#include "moment.h"
#include "mooncron/batch.h"
#include "mooncron/memory.h"
#include "mooncron/suggest.h"
#include "next.h"
#include "status.h"
#include "trial.h"
#include "verbs.h"

#define TIMES_MAX 10000 /* more is what plan --json is for */

static const struct args_option options[] = {
    { "number", 'n', "N", "how many, 5" },
    { "from", 0, "TIME", "later than this, and not than now" },
    { "previous", 0, NULL, "backwards: the last ones before" },
    { "json", 0, NULL, "as JSON: an array of times" },
    { "cron", 'c', "EXPR", "of a cron expression, without a file" },
    { "at", 0, "TIMES", "of times such as 08:00,20:00, without a file" },
    TRIAL_OPTIONS,
    { "batch", 0, NULL, "JSON lines: asked on stdin, answered on stdout" },
    SUBJECT_OPTIONS,
    SUBJECT_LIVE_OPTIONS,
};

static const struct args_verb verb = {
    .name = "next",
    .about = "Shows when a job runs next. Settings as for plan. With --cron or "
             "--at it\nshows when an expression would be due, and needs no "
             "file.\n",
    .operands = "JOB [file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 2,
};

/* ---- times ---- */

/* What is to be shown is in `coming`, but for where it begins. */
static int show(const struct args *args, struct coming *coming)
{
    struct text out;
    if (!moment_option(args, "from", coming->zone, coming->now, &coming->from))
        return EXIT_USAGE;
    text_init(&out, (size_t)1 << 26);
    if (args_value(args, "json")) {
        coming_json(coming, &out);
        text_putc(&out, '\n');
    } else {
        coming_lines(coming, &out);
    }
    fwrite(out.data, 1, out.len, stdout);
    text_close(&out);
    return EXIT_OK;
}

/* ---- of a job ---- */

int next_complain_unknown(const struct subject *subject,
                          const struct args *args, const char *name)
{
    uint32_t count = jobset_count(subject->set);
    const char **names = memory_new(count * sizeof *names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = jobset_job(subject->set, i)->name;
    const char *near = suggest_or_prefix(name, names, count);
    fprintf(stderr, "mooncron %s: %s has no job \"%.128s\"", args->verb->name,
            subject->file, name);
    if (near)
        fprintf(stderr, ", did you mean \"%s\"?", near);
    fputc('\n', stderr);
    free(names);
    return EXIT_ASKED_FAILED;
}

static int next_of(const struct subject *subject, const struct args *args,
                   struct coming *coming)
{
    uint32_t index = jobset_find(subject->set, args->operands[0]);
    if (index == UINT32_MAX)
        return next_complain_unknown(subject, args, args->operands[0]);
    const struct job *job = jobset_job(subject->set, index);
    if (job->standing != STANDING_SCHEDULED) {
        fprintf(stderr, "mooncron next: \"%s\" is not scheduled in %s: %s\n",
                job->name, subject->environment, status_reason(job));
        return EXIT_ASKED_FAILED;
    }
    coming->schedule = &job->schedule;
    coming->zone = coming_zone(subject->set, job);
    coming->now = subject->now;
    return show(args, coming);
}

static int next_job(const struct args *args, struct coming *coming)
{
    struct subject subject;
    int code;
    if (trial_option(args))
        return args_refuse(args,
                           "--%s goes with --cron or --at: a job has "
                           "its own in the file",
                           trial_option(args));
    if (subject_open(&subject, args, 1, SUBJECT_LIVE, &code))
        code = next_of(&subject, args, coming);
    subject_close(&subject);
    return code;
}

/* ---- of what the command line says ---- */

static int next_said(const struct args *args, const struct trial *trial,
                     struct coming *coming)
{
    struct moment now;
    if (!moment_option(args, "now", trial->zone, coming_now(), &now))
        return EXIT_USAGE;
    coming->schedule = &trial->schedule;
    coming->zone = trial->zone;
    coming->now = now.before;
    return show(args, coming);
}

static int next_trial(const struct args *args, enum trial_kind kind,
                      const char *text, struct coming *coming)
{
    struct trial trial;
    int code;
    if (args->operand_count)
        return args_refuse(args,
                           "cannot use \"%s\": a job and --%s exclude "
                           "each other",
                           args->operands[0], kind == TRIAL_AT ? "at" : "cron");
    if (trial_open(&trial, args, kind, text, &code))
        code = next_said(args, &trial, coming);
    trial_close(&trial);
    return code;
}

/* ---- of many ---- */

static int next_batch(const struct args *args)
{
    struct error error = { "" };
    struct moment now;
    if (args->operand_count)
        return args_refuse(args,
                           "cannot use \"%s\": --batch reads expressions "
                           "from standard input",
                           args->operands[0]);
    if (!moment_option(args, "now", zone_utc(), (struct wall){ NEVER_MS },
                       &now))
        return EXIT_USAGE;
    struct zones *zones = trial_zones();
    signal(SIGPIPE, SIG_IGN); /* who reads no more is told by the exit code */
    bool good =
        batch_answer(STDIN_FILENO, STDOUT_FILENO, zones, now.before, &error);
    if (!good)
        fprintf(stderr, "mooncron next: %s\n", error.text);
    zones_free(zones);
    return good ? EXIT_OK : EXIT_ASKED_FAILED;
}

int cli_next(int argc, char **argv)
{
    struct args args;
    double number = 5;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!args_number(&args, "number", 1, TIMES_MAX, true, &number))
        return EXIT_USAGE;
    struct coming coming = { .back = args_value(&args, "previous"),
                             .number = (unsigned)number };
    const char *cron = args_value(&args, "cron"), *at = args_value(&args, "at");
    if (cron && at)
        return args_refuse(&args, "--cron and --at exclude each other");
    if (args_value(&args, "batch"))
        return next_batch(&args);
    if (cron || at)
        return next_trial(&args, at ? TRIAL_AT : TRIAL_CRON, at ? at : cron,
                          &coming);
    if (!args.operand_count)
        return args_refuse(&args, "an argument is missing: %s", verb.operands);
    return next_job(&args, &coming);
}
