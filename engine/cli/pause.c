/* `mooncron pause`: a job is not run for some time. */
#include "display.h"
#include "mooncron/duration.h"
#include "talk.h"
#include "verbs.h"

#define FOR_MS_MIN 1000
#define FOR_MS_MAX (INT64_C(366) * 24 * 3600 * 1000)

static const struct args_option options[] = {
    { "for", 0, "TIME", "how long, 2h" },
    { "reason", 'r', "TEXT", "for who asks why: one line, at most 200 bytes" },
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

/* Leaves 2h where nothing is said; false, having said why. */
static bool read_for(const struct args *args, int64_t *ret_ms)
{
    *ret_ms = INT64_C(2) * 3600 * 1000;
    return args_duration(args, "for", FOR_MS_MIN, FOR_MS_MAX, ret_ms);
}

static bool check(const struct args *args)
{
    int64_t ignored_ms;
    return read_for(args, &ignored_ms);
}

static bool ask(struct talk *talk)
{
    char duration[DURATION_TEXT_MAX];
    const char *reason = args_value(&talk->args, "reason");
    int64_t for_ms;
    if (!talk_about(talk))
        return false;
    read_for(&talk->args, &for_ms);
    talk_path(talk, "jobs", talk->job, "pause", NULL);
    return talk_post(talk, json_pack("{s:s, s:s}", "for",
                                     duration_format(for_ms, duration),
                                     "reason", reason ? reason : ""));
}

static void tell(struct talk *talk, struct text *out)
{
    char date[DISPLAY_MAX];
    struct wall until = talk_time(talk->json, "until");
    text_printf(
        out, "%s is paused until %s\n  = help: mooncron resume %s\n", talk->job,
        display_date(until, talk_zone(talk, talk->json), date), talk->job);
}

int cli_pause(int argc, char **argv)
{
    static const struct talk_verb pause = {
        .args = &verb, .order = true, .check = check, .ask = ask, .tell = tell
    };
    return talk_run(&pause, argc, argv);
}
