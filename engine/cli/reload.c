/* `mooncron reload`: the running daemon loads the file and Settings again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "talk.h"
#include "verbs.h"

static const struct args_option options[] = {
    { "json", 0, NULL, "as JSON: what the daemon answers" },
};

static const struct args_verb verb = {
    .name = "reload",
    .about =
        "Asks the daemon at MOONCRON_URL to load the schedule and Settings\n"
        "again, and waits for what came of it. Nothing is fired by it, and a\n"
        "mistake leaves the old schedule running. The token is\n"
        "MOONCRON_ADMIN_TOKEN, or the one that the daemon left in its runtime\n"
        "or state directory.\n",
    .operands = "",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* Mistakes of the file end with what goes on; another failure does not. */
static void complain(struct talk *talk)
{
    talk_complain(talk);
    int64_t schedule = talk_number(talk->json, "schedule");
    if (talk->code == EXIT_UNAVAILABLE && schedule &&
        !args_value(&talk->args, "json"))
        fprintf(stderr, "Schedule #%" PRId64 " keeps running.\n", schedule);
}

static bool ask(struct talk *talk)
{
    talk_path(talk, "reload", NULL);
    if (talk_try(talk, METHOD_POST, ""))
        return true;
    complain(talk);
    return false;
}

static void tell(struct talk *talk, struct text *out)
{
    const json_t *json = talk->json;
    int64_t schedule = talk_number(json, "schedule");
    int64_t unchanged = talk_number(json, "unchanged");
    if (strcmp(talk_text(json, "outcome"), "unchanged") == 0) {
        text_printf(out,
                    "Nothing changed. Schedule #%" PRId64 " keeps running.\n",
                    schedule);
        return;
    }
    text_printf(out,
                "Schedule #%" PRId64 " is running: %" PRId64 " added, %" PRId64
                " changed, %" PRId64 " removed.",
                schedule, talk_number(json, "added"),
                talk_number(json, "changed"), talk_number(json, "removed"));
    if (unchanged)
        text_printf(out, " The other %" PRId64 " keep%s %s.", unchanged,
                    unchanged == 1 ? "s" : "",
                    unchanged == 1 ? "its times" : "their times");
    text_putc(out, '\n');
}

int cli_reload(int argc, char **argv)
{
    static const struct talk_verb reload = {
        .args = &verb, .order = true, .ask = ask, .tell = tell
    };
    return talk_run(&reload, argc, argv);
}
