/* `mooncron check`: is the file valid? */
#include <stdio.h>

#include "args.h"
#include "subject.h"
#include "verbs.h"

static const struct args_option options[] = {
    SUBJECT_OPTIONS,
};

static const struct args_verb verb = {
    .name = "check",
    .about = "Loads the file as production would, or as --env says, and tells\n"
             "every mistake in it at once. Nothing is asked of the backend.\n"
             "The file is MOONCRON_FILE or scripts/schedules.lua.\n"
             "Exit code: 0 valid, 78 not.\n",
    .operands = "[file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

static void say(const struct subject *subject, bool more)
{
    uint32_t jobs = jobset_count(subject->set);
    printf("%s: %u job%s, no mistakes\n", subject->file, jobs,
           jobs == 1 ? "" : "s");
    for (uint32_t i = 0; more && i < jobset_file_count(subject->set); i++)
        printf("  read %s\n", jobset_file(subject->set, i)->path);
}

int cli_check(int argc, char **argv)
{
    struct args args;
    struct subject subject;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (subject_open(&subject, &args, 0, SUBJECT_FIXED, &code) &&
        !args_value(&args, "quiet"))
        say(&subject, args_value(&args, "verbose") != NULL);
    subject_close(&subject);
    return code;
}
