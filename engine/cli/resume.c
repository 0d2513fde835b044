/* `mooncron resume`: a pause is over, and what was due meanwhile is told. */
#include <inttypes.h>

#include "display.h"
#include "talk.h"
#include "verbs.h"

static const struct args_option options[] = {
    { "dry-run", 0, NULL, "only say what would be run" },
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "resume",
    .about =
        "Ends a pause, and says which of the slots that were due meanwhile\n"
        "are run now, and how many are missed, as the job's catch_up says.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

static bool ask(struct talk *talk)
{
    bool dry_run = args_value(&talk->args, "dry-run") != NULL;
    if (!talk_about(talk))
        return false;
    talk_path(talk, "jobs", talk->job, "resume", NULL);
    return talk_post(talk, json_pack("{s:b}", "dry_run", dry_run));
}

static void tell(struct talk *talk, struct text *out)
{
    const json_t *json = talk->json;
    char first[DISPLAY_MAX], last[DISPLAY_MAX];
    const struct zone *zone = talk_zone(talk, json);
    int64_t runs = talk_number(json, "runs");
    int64_t missed = talk_number(json, "missed");
    bool dry_run = talk_bool(json, "dry_run");
    text_printf(out, "%s %s.", talk->job, dry_run ? "would go on" : "goes on");
    if (runs == 1)
        text_printf(out, " Its slot of %s %s run now.",
                    display_date(talk_time(json, "last"), zone, last),
                    dry_run ? "would be" : "is");
    else if (runs > 1)
        text_printf(out, " %" PRId64 " slots, from %s to %s, %s run now.", runs,
                    display_date(talk_time(json, "first"), zone, first),
                    display_date(talk_time(json, "last"), zone, last),
                    dry_run ? "would be" : "are");
    if (missed)
        text_printf(out, " %" PRId64 " slot%s %s missed.", missed,
                    missed == 1 ? "" : "s",
                    dry_run       ? "would be"
                    : missed == 1 ? "is"
                                  : "are");
    if (!runs && !missed)
        text_puts(out, " Nothing was due meanwhile.");
    text_putc(out, '\n');
}

int cli_resume(int argc, char **argv)
{
    static const struct talk_verb resume = {
        .args = &verb, .order = true, .ask = ask, .tell = tell
    };
    return talk_run(&resume, argc, argv);
}
