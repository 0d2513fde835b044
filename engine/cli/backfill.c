/* `mooncron backfill`: old slots of a job are run. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "coming.h"
#include "display.h"
#include "moment.h"
#include "mooncron/civil.h"
#include "talk.h"
#include "verbs.h"

/* More than these are asked about. */
#define SLOTS_MAX 100000

static const struct args_option options[] = {
    { "from", 0, "TIME", "the first slot, or what comes before it" },
    { "to", 0, "TIME", "the last slot, or what comes after it" },
    { "dry-run", 0, NULL, "only say which slots they are" },
    { "yes", 'y', NULL, "however many they are" },
    { "reason", 'r', "TEXT", "for the record: one line, at most 200 bytes" },
    { "cancel", 0, NULL, "take back what still waits, in place of all this" },
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "backfill",
    .about =
        "Runs slots that lie behind: those that were missed, skipped, failed "
        "or\n"
        "never known. A slot that was run ok is not run again. Oldest first, "
        "and\n"
        "never faster than the job's own overlap and group allow. Times are\n"
        "RFC 3339, or, without an offset, in the zone of the job; both are\n"
        "included. With --cancel the slots that still wait for their turn are\n"
        "not run any more.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

struct range {
    struct wall from, to;
};

/* What came of it, over all exchanges. */
struct sums {
    int64_t runs, done, waiting; /* below 0: not known */
    struct wall first, last;     /* NEVER_MS: there was none */
};

/* ---- the range ---- */

/* False, having said why. */
static bool range_read(struct range *range, const struct args *args,
                       const struct zone *zone)
{
    struct moment from, to;
    if (!moment_option(args, "from", zone, coming_now(), &from) ||
        !moment_option(args, "to", zone, coming_now(), &to))
        return false;
    range->from = from.before;
    range->to = to.before;
    if (range->from.ms <= range->to.ms)
        return true;
    args_refuse(args, "--to must not be before --from");
    return false;
}

/* Which of two local times is the later one is the same in each zone. */
static bool is_readable(const struct args *args)
{
    struct range ignored;
    bool alike = moment_local(args, "from") == moment_local(args, "to");
    return moment_readable(args, "from", "the zone of the job") &&
           moment_readable(args, "to", "the zone of the job") &&
           (!alike || range_read(&ignored, args, zone_utc()));
}

/* --from and --to, or neither and --cancel. */
static bool check(const struct args *args)
{
    const char *from = args_value(args, "from"), *to = args_value(args, "to");
    if (args_value(args, "cancel")) {
        if (!from && !to && !args_value(args, "dry-run"))
            return true;
        args_refuse(args, "--cancel takes back all that waits: no --from, --to "
                          "or --dry-run");
        return false;
    }
    if (from && to)
        return is_readable(args);
    args_refuse(args, "--%s is missing", from ? "to" : "from");
    return false;
}

/* ---- sums ---- */

static int64_t count_of(const json_t *json, const char *name)
{
    return json_is_null(json_object_get(json, name)) ? -1
                                                     : talk_number(json, name);
}

static struct sums sums_of(const json_t *json)
{
    return (struct sums){
        .runs = talk_number(json, "runs"),
        .done = count_of(json, "done"),
        .waiting = count_of(json, "waiting"),
        .first = talk_time(json, "first"),
        .last = talk_time(json, "last"),
    };
}

static void sums_add(struct sums *sums, const struct sums *more)
{
    sums->runs += more->runs;
    sums->done += more->done;
    sums->waiting += more->waiting;
    sums->last = more->last;
    if (sums->first.ms == NEVER_MS)
        sums->first = more->first;
}

/* A time that the last answer has stands as it is told there. */
static void put_time(json_t *json, const char *name, struct wall at)
{
    char text[RFC3339_TEXT_MAX];
    if (at.ms != talk_time(json, name).ms)
        json_object_set_new(json, name,
                            json_string(rfc3339_format(at, 0, text)));
}

/* The last answer tells of all of them. */
static void sums_put(const struct sums *sums, struct talk *talk)
{
    json_t *json = talk->json;
    json_object_set_new(json, "runs", json_integer(sums->runs));
    if (sums->done >= 0) {
        json_object_set_new(json, "done", json_integer(sums->done));
        json_object_set_new(json, "waiting", json_integer(sums->waiting));
    }
    put_time(json, "first", sums->first);
    put_time(json, "last", sums->last);
    talk_amend(talk);
}

/* ---- taking on ---- */

static bool refuse(struct talk *talk, int64_t total)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence,
             "%s has %" PRId64 " slots there: --yes says that more than %d are "
             "meant",
             talk->job, total, SLOTS_MAX);
    talk_fail(talk, EXIT_USAGE, sentence);
    return false;
}

/* True where so many slots are meant. */
static bool is_meant(struct talk *talk, int64_t runs)
{
    char line[16] = "";
    if (args_value(&talk->args, "yes") || runs <= SLOTS_MAX)
        return true;
    if (!isatty(STDIN_FILENO) || args_value(&talk->args, "json"))
        return refuse(talk, runs);
    fprintf(stderr, "Run %" PRId64 " slots of %s? [y/N] ", runs, talk->job);
    if (fgets(line, sizeof line, stdin) && (*line == 'y' || *line == 'Y'))
        return true;
    fputs("Nothing was run.\n", stderr);
    talk->code = EXIT_ASKED_FAILED;
    return false;
}

static const char *reason(const struct talk *talk)
{
    const char *text = args_value(&talk->args, "reason");
    return text ? text : "";
}

static bool post(struct talk *talk, const struct range *range, bool dry_run)
{
    bool yes = !dry_run || args_value(&talk->args, "yes");
    char from[RFC3339_TEXT_MAX], to[RFC3339_TEXT_MAX];
    return talk_post(talk, json_pack("{s:s, s:s, s:s, s:b, s:b}", "reason",
                                     reason(talk), "from",
                                     rfc3339_format(range->from, 0, from), "to",
                                     rfc3339_format(range->to, 0, to),
                                     "dry_run", dry_run, "yes", yes));
}

static void say_how_far(const struct talk *talk, const struct sums *sums)
{
    char last[RFC3339_TEXT_MAX];
    if (sums->runs && !args_value(&talk->args, "json"))
        fprintf(stderr, "  = note: %" PRId64 " slots are taken on, up to %s\n",
                sums->runs, rfc3339_format(sums->last, 0, last));
}

/* The daemon takes some thousands at a time. False, having said how far it
 * came, where one of them failed. */
static bool take_on(struct talk *talk, struct range *rest)
{
    struct sums sums = { .first = { NEVER_MS }, .last = { NEVER_MS } };
    bool more = true;
    while (more) {
        if (!post(talk, rest, false)) {
            say_how_far(talk, &sums);
            return false;
        }
        const struct sums part = sums_of(talk->json);
        if (part.last.ms == NEVER_MS)
            break;
        sums_add(&sums, &part);
        more = talk_bool(talk->json, "more");
        rest->from.ms = part.last.ms + 1;
    }
    sums_put(&sums, talk);
    return true;
}

static bool ask_range(struct talk *talk, struct range *range)
{
    talk_path(talk, "jobs", talk->job, "backfill", NULL);
    if (!post(talk, range, true))
        return false;
    const struct sums sums = sums_of(talk->json);
    if (!args_value(&talk->args, "dry-run"))
        return is_meant(talk, sums.runs) && take_on(talk, range);
    sums_put(&sums, talk);
    return true;
}

/* ---- taking back ---- */

static bool cancel(struct talk *talk)
{
    int64_t count = 0;
    talk_path(talk, "jobs", talk->job, "backfill", NULL);
    do {
        if (!talk_post(talk, json_pack("{s:b, s:s}", "cancel", true, "reason",
                                       reason(talk))))
            return false;
        count += talk_number(talk->json, "cancelled");
    } while (talk_bool(talk->json, "more"));
    json_object_set_new(talk->json, "cancelled", json_integer(count));
    talk_amend(talk);
    return true;
}

/* ---- what came of it ---- */

/* "3 were run ok already, and 2 wait or are being run". */
static void put_settled(const struct sums *sums, struct text *out)
{
    if (sums->done > 0)
        text_printf(out, "%" PRId64 " %s run ok already", sums->done,
                    sums->done == 1 ? "was" : "were");
    if (sums->done > 0 && sums->waiting > 0)
        text_puts(out, ", and ");
    if (sums->waiting > 0)
        text_printf(out, "%" PRId64 " %s or %s being run", sums->waiting,
                    sums->waiting == 1 ? "waits" : "wait",
                    sums->waiting == 1 ? "is" : "are");
}

/* What is done about the slots, and why not about all of them. */
static void put_deed(const struct sums *sums, bool dry_run, struct text *out)
{
    bool some = sums->done > 0 || sums->waiting > 0;
    text_puts(out, ": ");
    if (!sums->runs)
        text_puts(out, dry_run ? "none would be run" : "none is taken on");
    else if (some)
        text_printf(
            out, dry_run ? "%" PRId64 " would be run" : "%" PRId64 " taken on",
            sums->runs);
    else if (dry_run)
        text_puts(out, sums->done < 0 ? "would be run, but for those that were "
                                        "run ok already"
                                      : "would be run");
    else
        text_puts(out, "taken on");
    if (some)
        text_puts(out, "; ");
    put_settled(sums, out);
}

static void tell_cancelled(struct talk *talk, struct text *out)
{
    int64_t count = talk_number(talk->json, "cancelled");
    text_printf(out, "%" PRId64 " slot%s of %s that waited %s not run.\n",
                count, count == 1 ? "" : "s", talk->job,
                count == 1 ? "is" : "are");
}

static void tell_slots(struct talk *talk, struct text *out)
{
    char first[DISPLAY_MAX], last[DISPLAY_MAX];
    const struct zone *zone = talk_zone(talk, talk->json);
    const struct sums sums = sums_of(talk->json);
    int64_t total = sums.runs + (sums.done > 0 ? sums.done : 0) +
                    (sums.waiting > 0 ? sums.waiting : 0);
    bool dry_run = args_value(&talk->args, "dry-run") != NULL;
    if (!total) {
        text_printf(out, "%s has no slot there.\n", talk->job);
        return;
    }
    text_printf(out, "%" PRId64 " slot%s of %s, from %s to %s", total,
                total == 1 ? "" : "s", talk->job,
                display_date(sums.first, zone, first),
                display_date(sums.last, zone, last));
    put_deed(&sums, dry_run, out);
    text_puts(out, ".\n");
    if (!dry_run && sums.runs)
        text_printf(out,
                    "  = help: mooncron logs %s, or mooncron backfill %s "
                    "--cancel\n",
                    talk->job, talk->job);
}

static void tell(struct talk *talk, struct text *out)
{
    if (args_value(&talk->args, "cancel"))
        tell_cancelled(talk, out);
    else
        tell_slots(talk, out);
}

/* ---- the command ---- */

static bool ask(struct talk *talk)
{
    struct range range;
    if (args_value(&talk->args, "cancel"))
        return cancel(talk);
    if (!talk_about(talk))
        return false;
    if (range_read(&range, &talk->args, talk_zone(talk, NULL)))
        return ask_range(talk, &range);
    talk->code = EXIT_USAGE;
    return false;
}

int cli_backfill(int argc, char **argv)
{
    static const struct talk_verb backfill = {
        .args = &verb, .order = true, .check = check, .ask = ask, .tell = tell
    };
    return talk_run(&backfill, argc, argv);
}
