/* `mooncron why`: what happened to a job at an instant, or will, and why. */
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

static bool check(const struct args *args)
{
    return moment_readable(args, "at", "the zone of the job");
}

/* Of a time without an offset the daemon is asked for the zone of the job; of a
 * job that is no more, for that of the schedule. */
static bool ask_zone(struct talk *talk)
{
    if (!moment_local(&talk->args, "at"))
        return true;
    talk_path(talk, "status", NULL);
    talk_param(talk, "job", talk->job);
    if (talk_try(talk, METHOD_GET, "")) {
        talk_zone(talk, talk->json);
        talk_zone(talk, json_array_get(json_object_get(talk->json, "jobs"), 0));
        return true;
    }
    if (talk->status != 404) {
        talk_complain(talk);
        return false;
    }
    talk_path(talk, "status", NULL);
    return talk_get(talk) && talk_zone(talk, talk->json);
}

static bool ask(struct talk *talk)
{
    char time[RFC3339_TEXT_MAX];
    struct moment at;
    if (!ask_zone(talk))
        return false;
    talk_path(talk, "jobs", talk->job, "why", NULL);
    if (args_value(&talk->args, "at")) {
        moment_option(&talk->args, "at", talk_zone(talk, NULL), coming_now(),
                      &at);
        talk_param(talk, "at", rfc3339_format(at.before, 0, time));
    }
    return talk_get(talk);
}

static void tell(struct talk *talk, struct text *out)
{
    const json_t *list = json_object_get(talk->json, "sentences");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *line = json_string_value(json_array_get(list, i));
        text_printf(out, "%s\n", line ? line : "");
    }
}

int cli_why(int argc, char **argv)
{
    static const struct talk_verb why = {
        .args = &verb, .check = check, .ask = ask, .tell = tell
    };
    return talk_run(&why, argc, argv);
}
