/* `mooncron why`: what happened to a job at an instant, or will, and why. */
#include <stdio.h>
#include <string.h>

#include "coming.h"
#include "moment.h"
#include "mooncron/civil.h"
#include "talk.h"
#include "verbs.h"

static const struct args_option options[] = {
    { "at", 0, "TIME", "then, and not now" },
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "why",
    .about = "Asks the daemon at MOONCRON_URL what happened to a job at an "
             "instant,\n"
             "past or future, and by which rule: that it ran, that nothing was "
             "due,\n"
             "that it was off, paused, skipped or missed. A time is RFC 3339, "
             "or, without\n"
             "an offset, in the zone of the job; one without seconds means its "
             "whole\n"
             "minute.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

static void tell(const struct talk *talk)
{
    const json_t *list = json_object_get(talk->json, "sentences");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *line = json_string_value(json_array_get(list, i));
        puts(line ? line : "");
    }
}

static void why(struct talk *talk, struct wall at)
{
    const char *const segments[] = { "jobs", talk->args->operands[0], "why" };
    char time[RFC3339_TEXT_MAX];
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 3);
    if (args_value(talk->args, "at"))
        talk_param(&path, "at", rfc3339_format(at, 0, time));
    if (talk_get(talk, path.data)) {
        if (args_value(talk->args, "json"))
            talk_print(talk);
        else
            tell(talk);
    }
    text_close(&path);
}

int cli_why(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    struct moment at;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!moment_readable(&args, "at", "the zone of the job"))
        return EXIT_USAGE; /* before anybody is asked */
    if (talk_begin(&talk, &args) && talk_about(&talk, args.operands[0])) {
        moment_option(&args, "at", talk_zone(&talk, NULL), coming_now(), &at);
        why(&talk, at.before);
    }
    return talk_end(&talk);
}
