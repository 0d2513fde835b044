/* `mooncron plan`: what would run, and when. */
#include "plan_looks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "display.h"
#include "mooncron/memory.h"
#include "mooncron/zones.h"
#include "subject.h"
#include "verbs.h"
#include "warnings.h"

static const struct args_option options[] = {
    SUBJECT_OPTIONS,
    SUBJECT_LIVE_OPTIONS,
    { "horizon", 0, "TIME",
      "how far to look, 24h; then --json has every slot" },
    { "timeline", 0, NULL, "48 cells a job, in place of the table" },
    { "histogram", 0, NULL, "a bar an hour, in place of the table" },
    { "ics", 0, NULL, "as a calendar; --horizon is 30d then" },
    { "min-every", 0, "TIME",
      "the calendar leaves out what is due more often" },
    { "json", 0, NULL, "as JSON; docs/cli.md has its fields" },
    { "plain", 0, NULL, "a line a job, with tabs; nothing else" },
    { "strict", 0, NULL, "exit code 3 where there are warnings" },
    { "detailed-exitcode", 0, NULL,
      "exit code 2 where it differs from the plan of the live Settings" },
};

static const struct args_verb verb = {
    .name = "plan",
    .about =
        "Shows what would run, and when; nothing is called. Settings are the\n"
        "backend's, unless --env, --settings or --offline say otherwise. "
        "--env\n"
        "implies --jobs on, and asks nobody.\n"
        "Exit code: 0 done, 2 and 3 as below, 69 the backend does not answer,\n"
        "77 it refuses the API key, 78 the file has mistakes.\n",
    .operands = "[file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

/* ---- showing it ---- */

/* The columns of the first line that is a row, without TARGET. */
static size_t table_columns(const char *table)
{
    const char *row = strstr(table, "\n\n");
    row = row ? row + 2 : table;
    return text_columns(row, strcspn(row, "\n"));
}

static void pictures_put(const struct plan *plan, const struct args *args,
                         struct text *out)
{
    bool ascii = display_is_ascii(STDOUT_FILENO);
    bool timeline = args_value(args, "timeline");
    plan_header(plan, ascii, out);
    if (timeline)
        plan_timeline(plan, ascii, out);
    if (timeline && args_value(args, "histogram"))
        text_putc(out, '\n');
    if (args_value(args, "histogram"))
        plan_histogram(plan, ascii, out);
    plan_footer(plan, ascii, out);
}

static bool wants_pictures(const struct args *args)
{
    return args_value(args, "timeline") || args_value(args, "histogram");
}

/* On a terminal of under 100 columns something has to go: TARGET first. A name
 * is never cut. */
static void table_put(const struct plan *plan, struct text *out)
{
    struct winsize size = { 0 };
    bool terminal = isatty(STDOUT_FILENO) != 0;
    bool ascii = display_is_ascii(STDOUT_FILENO);
    if (!terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ||
        size.ws_col == 0 || size.ws_col >= 100) {
        plan_table(plan, PLAN_WIDE, ascii, out);
        return;
    }
    plan_table(plan, PLAN_NARROW, ascii, out);
    if (table_columns(out->data) <= size.ws_col)
        return;
    text_clear(out);
    plan_table(plan, PLAN_NARROWEST, ascii, out);
}

static void show(const struct plan *plan, const struct args *args,
                 int64_t min_every_ms)
{
    struct text out;
    text_init(&out, PLAN_TEXT_MAX);
    if (args_value(args, "json"))
        plan_json(plan, &out);
    else if (args_value(args, "plain"))
        plan_lines(plan, &out);
    else if (args_value(args, "ics"))
        plan_ics(plan, min_every_ms, &out);
    else if (wants_pictures(args))
        pictures_put(plan, args, &out);
    else if (!args_value(args, "quiet"))
        table_put(plan, &out);
    fwrite(out.data, 1, out.len, stdout);
    text_close(&out);
}

static void say_left_out(const struct plan *plan, int64_t min_every_ms)
{
    const struct jobset *set = plan->set;
    const char **names = memory_new(jobset_count(set) * sizeof *names);
    char every[DISPLAY_MAX];
    size_t count = 0;
    struct text out;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->standing == STANDING_SCHEDULED &&
            !plan_ics_has(job, min_every_ms))
            names[count++] = job->name;
    }
    text_init(&out, 1 << 20);
    display_names(names, count, 2, &out);
    if (count)
        fprintf(stderr, "%zu job%s left out, due more often than every %s:\n%s",
                count, count == 1 ? "" : "s", display_span(min_every_ms, every),
                out.data);
    text_close(&out);
    free(names);
}

static void show_warnings(const struct mistakes *warnings, bool colour)
{
    struct text out;
    text_init(&out, 1 << 20);
    for (uint32_t i = 0; i < warnings->count; i++) {
        text_putc(&out, '\n');
        warning_render(&warnings->items[i], colour, &out);
    }
    if (warnings->total > warnings->count)
        text_printf(&out, "\nand %u more warnings\n",
                    warnings->total - warnings->count);
    fflush(stdout); /* so that they follow the table on a terminal */
    fputs(out.data, stderr);
    text_close(&out);
}

/* ---- comparing it ---- */

/* The same file under the Settings of the backend (or of their last copy). */
static int compare(const struct plan *plan, const struct args *args)
{
    struct args live = *args;
    struct subject other;
    int code;
    for (size_t i = 0; i < verb.option_count; i++)
        if (strcmp(options[i].name, "offline") != 0 &&
            strcmp(options[i].name, "now") != 0)
            live.values[i] = NULL;
    if (subject_open(&other, &live, 0, SUBJECT_LIVE, &code)) {
        struct jobset_diff diff = jobset_compare(other.set, plan->set);
        code =
            diff.added || diff.changed || diff.removed ? EXIT_CHANGES : EXIT_OK;
    }
    subject_close(&other);
    return code;
}

/* A calendar shows no sums, and its horizon is long. */
static void find(struct plan *plan, const struct subject *subject, bool sums)
{
    struct planner *planner =
        sums ? planner_new(jobset_ref(subject->set)) : NULL;
    plan_find(plan, planner, PLANNER_WALK_MAX, display_is_ascii(STDERR_FILENO));
    planner_free(planner);
}

static int tell(const struct plan *plan, const struct args *args,
                int64_t min_every_ms)
{
    int code = EXIT_OK;
    if (plan->every_slot && !plan->totals.walked)
        code = args_refuse(args,
                           "the horizon holds more than %d slots; name a "
                           "shorter one",
                           PLANNER_WALK_MAX);
    else
        show(plan, args, min_every_ms);
    if (args_value(args, "ics"))
        say_left_out(plan, min_every_ms);
    if (!args_value(args, "json"))
        show_warnings(&plan->warnings, args_colour(args, STDERR_FILENO));
    if (code == EXIT_OK && args_value(args, "detailed-exitcode"))
        code = compare(plan, args);
    if (code == EXIT_OK && args_value(args, "strict") && plan->warnings.total)
        code = EXIT_WARNINGS;
    return code;
}

static int plan(const struct subject *subject, const struct args *args,
                int64_t horizon_ms, int64_t min_every_ms)
{
    bool json = args_value(args, "json");
    char digest[PLAN_DIGEST_MAX] = "";
    struct zones *zones = json ? zones_new(subject->config.zones) : NULL;
    if (json)
        plan_digest(subject->file, digest);
    struct plan plan = { .set = subject->set,
                         .now = subject->now,
                         .facts = subject->facts,
                         .file = subject->file,
                         .environment = subject->environment,
                         .source = subject->source,
                         .digest = digest,
                         .tzdata = zones ? zones_version(zones) : "",
                         .horizon_ms = horizon_ms,
                         .every_slot = args_value(args, "horizon") && json };
    find(&plan, subject, !args_value(args, "ics"));
    int code = tell(&plan, args, min_every_ms);
    plan_close(&plan);
    zones_free(zones);
    return code;
}

/* Two pictures go together; otherwise there is one output. */
static bool check_looks(const struct args *args)
{
    static const char *const looks[] = { "json", "plain", "ics", "timeline",
                                         "histogram" };
    const char *first = NULL;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        if (!args_value(args, looks[i]))
            continue;
        if (first && strcmp(first, "timeline") != 0) {
            args_refuse(args, "--%s and --%s exclude each other", first,
                        looks[i]);
            return false;
        }
        first = looks[i];
    }
    return true;
}

int cli_plan(int argc, char **argv)
{
    struct args args;
    struct subject subject;
    int code;
    int64_t min_every_ms = DAY_MS / 24;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    int64_t horizon_ms = args_value(&args, "ics") ? 30 * DAY_MS : DAY_MS;
    if (!args_duration(&args, "horizon", 1, 3660 * DAY_MS, &horizon_ms) ||
        !args_duration(&args, "min-every", 0, 3660 * DAY_MS, &min_every_ms))
        return EXIT_USAGE;
    if (args_value(&args, "min-every") && !args_value(&args, "ics"))
        return args_refuse(&args, "--min-every is for --ics");
    if (!check_looks(&args))
        return EXIT_USAGE;
    if (subject_open(&subject, &args, 0, SUBJECT_LIVE, &code))
        code = plan(&subject, &args, horizon_ms, min_every_ms);
    subject_close(&subject);
    return code;
}
