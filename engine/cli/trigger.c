/* `mooncron trigger`: a job is run now, and, with --wait, followed to its end.
 */
#include <inttypes.h>
#include <string.h>

#include "talk.h"
#include "verbs.h"
#include "watch.h"
#include "writing.h"

static const struct args_option options[] = {
    { "wait", 'w', NULL, "until the run has ended, and say how it goes" },
    { "force", 'f', NULL, "beside a run that goes on, whatever overlap says" },
    { "reason", 'r', "TEXT", "for the record: one line, at most 200 bytes" },
    { "json", 0, NULL, "as JSON: the run" },
};

static const struct args_verb verb = {
    .name = "trigger",
    .about =
        "Runs a job now, by the daemon at MOONCRON_URL. No slot is covered by\n"
        "it: the job runs at its times all the same. With --wait the exit "
        "code\n"
        "is 1 where the run failed.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

static bool is_ok(const json_t *run)
{
    return strcmp(talk_text(run, "verdict"), "ok") == 0;
}

/* The end of the run is the answer. */
static bool follow(struct talk *talk)
{
    if (!watch_run(talk, json_object_get(talk->json, "run")))
        return false;
    talk->code = is_ok(talk->json) ? EXIT_OK : EXIT_ASKED_FAILED;
    return true;
}

static bool ask(struct talk *talk)
{
    const char *reason = args_value(&talk->args, "reason");
    bool force = args_value(&talk->args, "force") != NULL;
    talk_path(talk, "jobs", talk->job, "run", NULL);
    if (!talk_post(talk, json_pack("{s:b, s:s}", "force", force, "reason",
                                   reason ? reason : "")))
        return false;
    return !args_value(&talk->args, "wait") || follow(talk);
}

/* When it began; where a worker has died meanwhile, its row knows of the last
 * one only, and then it is when it was asked for. */
static struct wall beginning(const json_t *run)
{
    size_t known = json_array_size(json_object_get(run, "failed_attempts"));
    bool all = talk_number(run, "attempt") <= (int64_t)known + 1;
    return talk_time(run, all ? "started" : "slot");
}

/* The end of a run that was followed. */
static void put_end(const json_t *run, struct text *out)
{
    const char *error = talk_text(run, "error");
    struct wall started = beginning(run);
    struct wall ended = talk_time(run, "ended");
    text_puts(out, talk_text(run, "verdict"));
    if (!json_is_null(json_object_get(run, "took_ms"))) {
        text_puts(out, " in ");
        writing_span(out, ended.ms != NEVER_MS && started.ms != NEVER_MS
                              ? ended.ms - started.ms
                              : talk_number(run, "took_ms"));
    }
    if (!is_ok(run) && *error)
        text_printf(out, ": %s", error);
}

static void tell(struct talk *talk, struct text *out)
{
    if (args_value(&talk->args, "wait"))
        put_end(talk->json, out);
    else
        watch_put(talk->job, json_object_get(talk->json, "run"), out);
    text_putc(out, '\n');
}

int cli_trigger(int argc, char **argv)
{
    static const struct talk_verb trigger = {
        .args = &verb, .order = true, .ask = ask, .tell = tell
    };
    return talk_run(&trigger, argc, argv);
}
