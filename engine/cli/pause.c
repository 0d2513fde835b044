/* `mooncron pause`: a job is not run for some time. */
#include <stdio.h>

#include "display.h"
#include "mooncron/duration.h"
#include "talk.h"
#include "verbs.h"

#define FOR_MS_MIN 1000
#define FOR_MS_MAX (INT64_C(366) * 24 * 3600 * 1000)

static const struct args_option options[] = {
    { "for", 0, "TIME", "how long, 2h" },
    { "reason", 'r', "TEXT", "for the record, and for who asks why" },
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "pause",
    .about =
        "The daemon at MOONCRON_URL does not run a job for some time. A run\n"
        "that goes on goes on. The pause ends by itself, so nobody forgets "
        "it;\n"
        "it lasts over restarts and reloads. What was due meanwhile is made "
        "up\n"
        "afterwards, or missed, as the job's catch_up says.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

static void tell(struct talk *talk)
{
    char date[DISPLAY_MAX];
    const char *job = talk->args->operands[0];
    struct wall until = talk_time(talk->json, "until");
    printf("%s is paused until %s\n  = help: mooncron resume %s\n", job,
           display_date(until, talk_zone(talk, talk->json), date), job);
}

static void pause_job(struct talk *talk, int64_t for_ms)
{
    char duration[DURATION_TEXT_MAX];
    const char *reason = args_value(talk->args, "reason");
    const char *const segments[] = { "jobs", talk->args->operands[0], "pause" };
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 3);
    json_t *body =
        json_pack("{s:s, s:s}", "for", duration_format(for_ms, duration),
                  "reason", reason ? reason : "");
    if (talk_post(talk, path.data, body)) {
        if (args_value(talk->args, "json"))
            talk_print(talk);
        else if (!args_value(talk->args, "quiet"))
            tell(talk);
    }
    text_close(&path);
}

int cli_pause(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    int64_t for_ms = INT64_C(2) * 3600 * 1000;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!args_duration(&args, "for", FOR_MS_MIN, FOR_MS_MAX, &for_ms))
        return EXIT_USAGE;
    if (talk_begin(&talk, &args) && talk_about(&talk, args.operands[0]))
        pause_job(&talk, for_ms);
    return talk_end(&talk);
}
