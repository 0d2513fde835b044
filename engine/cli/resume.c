/* `mooncron resume`: a pause is over, and what was due meanwhile is told. */
#include <inttypes.h>
#include <stdio.h>

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

static void tell(struct talk *talk)
{
    const json_t *json = talk->json;
    char first[DISPLAY_MAX], last[DISPLAY_MAX];
    const struct zone *zone = talk_zone(talk, json);
    int64_t runs = talk_number(json, "runs");
    int64_t missed = talk_number(json, "missed");
    bool dry_run = talk_bool(json, "dry_run");
    printf("%s %s.", talk->args->operands[0],
           dry_run ? "would go on" : "goes on");
    if (runs == 1)
        printf(" Its slot of %s %s run now.",
               display_date(talk_time(json, "last"), zone, last),
               dry_run ? "would be" : "is");
    else if (runs > 1)
        printf(" %" PRId64 " slots, from %s to %s, %s run now.", runs,
               display_date(talk_time(json, "first"), zone, first),
               display_date(talk_time(json, "last"), zone, last),
               dry_run ? "would be" : "are");
    if (missed)
        printf(" %" PRId64 " slot%s %s missed.", missed, missed == 1 ? "" : "s",
               dry_run       ? "would be"
               : missed == 1 ? "is"
                             : "are");
    if (!runs && !missed)
        printf(" Nothing was due meanwhile.");
    putchar('\n');
}

static void resume(struct talk *talk)
{
    const char *const segments[] = { "jobs", talk->args->operands[0],
                                     "resume" };
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 3);
    json_t *body = json_pack("{s:b}", "dry_run",
                             args_value(talk->args, "dry-run") != NULL);
    if (talk_post(talk, path.data, body)) {
        if (args_value(talk->args, "json"))
            talk_print(talk);
        else if (!args_value(talk->args, "quiet"))
            tell(talk);
    }
    text_close(&path);
}

int cli_resume(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (talk_begin(&talk, &args) && talk_about(&talk, args.operands[0]))
        resume(&talk);
    return talk_end(&talk);
}
