/* `mooncron explain`: an expression, a job or a code, in words. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "explanation.h"
#include "mooncron/mistake.h"
#include "next.h"
#include "status.h"
#include "trial.h"
#include "verbs.h"
#include "writing.h"

#define TIMES_MAX 100

static const struct args_option options[] = {
    { "number", 'n', "N", "how many times, 3" },
    { "from", 0, "TIME", "times later than this, and not than now" },
    { "json", 0, NULL, "as JSON" },
    TRIAL_OPTIONS,
    SUBJECT_OPTIONS,
    SUBJECT_LIVE_OPTIONS,
};

static const struct args_verb verb = {
    .name = "explain",
    .about =
        "Says in words what a cron expression means, what a job of the file\n"
        "does (Settings as for plan), or what a code is and what to do about\n"
        "it: E1.. keep a file from being loaded, W2.. are warnings of plan,\n"
        "R3.. happen while a job runs.\n",
    .operands = "EXPR|JOB|CODE [file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 2,
};

/* ---- codes ---- */

static bool looks_like_code(const char *word)
{
    return strlen(word) == 4 && strchr("EWRewr", word[0]) &&
           isdigit((unsigned char)word[1]) && isdigit((unsigned char)word[2]) &&
           isdigit((unsigned char)word[3]);
}

static void print_code_json(const char *code, const char *title,
                            const char *words)
{
    struct text out;
    text_init(&out, 1 << 16);
    text_printf(&out, "{ \"version\": 1, \"code\": \"%s\", \"title\": ", code);
    writing_quote(&out, title);
    text_puts(&out, ", \"text\": ");
    writing_quote(&out, words);
    printf("%s }\n", out.data);
    text_close(&out);
}

static int explain_code(const struct args *args, const char *word)
{
    char code[8];
    const char *title;
    snprintf(code, sizeof code, "%s", word);
    code[0] = (char)toupper((unsigned char)code[0]);
    const char *words = mistake_explain(code, &title);
    if (!words)
        return args_refuse(args,
                           "there is no code \"%.32s\"; codes look like "
                           "E110",
                           word);
    if (args_value(args, "json"))
        print_code_json(code, title, words);
    else
        printf("%s: %s\n\n%s\n", code, title, words);
    return EXIT_OK;
}

/* ---- schedules ---- */

static int explain(const struct args *args, struct explanation *explanation)
{
    struct coming *coming = &explanation->coming;
    struct text out;
    if (!moment_option(args, "from", coming->zone, coming->now, &coming->from))
        return EXIT_USAGE;
    text_init(&out, 1 << 20);
    if (args_value(args, "json"))
        explanation_json(explanation, &out);
    else
        explanation_lines(explanation, &out);
    fputs(out.data, stdout);
    text_close(&out);
    return EXIT_OK;
}

static int explain_said(const struct args *args, const struct trial *trial,
                        struct explanation *explanation)
{
    struct moment now;
    if (!moment_option(args, "now", trial->zone, coming_now(), &now))
        return EXIT_USAGE;
    explanation->coming.schedule = &trial->schedule;
    explanation->coming.zone = trial->zone;
    explanation->coming.now = now.before;
    return explain(args, explanation);
}

static int explain_trial(const struct args *args, enum trial_kind kind,
                         struct explanation *explanation)
{
    struct trial trial;
    int code;
    if (args->operand_count > 1)
        return args_refuse(args,
                           "cannot use \"%s\": an expression needs no "
                           "file",
                           args->operands[1]);
    if (trial_open(&trial, args, kind, args->operands[0], &code))
        code = explain_said(args, &trial, explanation);
    trial_close(&trial);
    return code;
}

static int explain_found(const struct args *args, const struct subject *subject,
                         struct explanation *explanation)
{
    const char *name = args->operands[0];
    uint32_t index = jobset_find(subject->set, name);
    if (index == UINT32_MAX)
        return next_complain_unknown(subject, args, name);
    const struct job *job = jobset_job(subject->set, index);
    explanation->coming.schedule = &job->schedule;
    explanation->coming.zone = coming_zone(subject->set, job);
    explanation->coming.now = subject->now;
    explanation->job = job;
    explanation->not_scheduled = status_reason(job);
    explanation->environment = subject->environment;
    return explain(args, explanation);
}

static int explain_job(const struct args *args, struct explanation *explanation)
{
    struct subject subject;
    int code;
    if (trial_option(args))
        return args_refuse(args,
                           "--%s goes with an expression: a job has its "
                           "own in the file",
                           trial_option(args));
    if (subject_open(&subject, args, 1, SUBJECT_LIVE, &code))
        code = explain_found(args, &subject, explanation);
    subject_close(&subject);
    return code;
}

/* ---- which of them ---- */

/* No name of a job has a blank, a star, an @ or a comma; and no job is called
 * like a time of day, for `at` knows them. */
static bool looks_like_cron(const char *word)
{
    return !*word || strpbrk(word, " \t*@");
}

static bool looks_like_at(const char *word)
{
    struct cron cron;
    int64_t local_s;
    size_t len = strcspn(word, ",");
    return at_parse(word, len, &cron) || local_parse(word, len, &local_s);
}

int cli_explain(int argc, char **argv)
{
    struct args args;
    double number = 3;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!args_number(&args, "number", 1, TIMES_MAX, true, &number))
        return EXIT_USAGE;
    struct explanation explanation = { .coming = { .number =
                                                       (unsigned)number } };
    const char *word = args.operands[0];
    if (looks_like_code(word))
        return explain_code(&args, word);
    if (looks_like_at(word))
        return explain_trial(&args, TRIAL_AT, &explanation);
    if (looks_like_cron(word))
        return explain_trial(&args, TRIAL_CRON, &explanation);
    return explain_job(&args, &explanation);
}
