/* `mooncron backfill`: old slots of a job are run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    bool yes;
    /* what came of it, over all exchanges */
    int64_t runs, done, waiting; /* below 0: not known */
    struct wall first, last;
};

/* One exchange; the answer is in `talk`. */
static bool post(struct talk *talk, json_t *body)
{
    const char *const segments[] = { "jobs", talk->args->operands[0],
                                     "backfill" };
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 3);
    bool good = talk_post(talk, path.data, body);
    text_close(&path);
    return good;
}

static bool ask(struct talk *talk, const struct range *range, bool dry_run)
{
    char from[RFC3339_TEXT_MAX], to[RFC3339_TEXT_MAX];
    return post(talk, json_pack("{s:s, s:s, s:b, s:b}", "from",
                                rfc3339_format(range->from, 0, from), "to",
                                rfc3339_format(range->to, 0, to), "dry_run",
                                dry_run, "yes", range->yes));
}

/* ---- what came of it ---- */

static int64_t count_of(const json_t *json, const char *name)
{
    return json_is_null(json_object_get(json, name)) ? -1
                                                     : talk_number(json, name);
}

static void range_clear(struct range *range)
{
    range->runs = range->done = range->waiting = 0;
    range->first = range->last = (struct wall){ NEVER_MS };
}

/* Adds what the answer says. */
static void range_add(struct range *range, const json_t *json)
{
    range->runs += talk_number(json, "runs");
    range->done += count_of(json, "done");
    range->waiting += count_of(json, "waiting");
    range->last = talk_time(json, "last");
    if (range->first.ms == NEVER_MS)
        range->first = talk_time(json, "first");
}

/* The last answer, with the sums and the first slot of them all. */
static void print_sums(struct talk *talk, const struct range *range)
{
    char first[RFC3339_TEXT_MAX];
    json_object_set_new(talk->json, "runs", json_integer(range->runs));
    if (range->done >= 0) {
        json_object_set_new(talk->json, "done", json_integer(range->done));
        json_object_set_new(talk->json, "waiting",
                            json_integer(range->waiting));
    }
    if (range->first.ms != NEVER_MS &&
        range->first.ms != talk_time(talk->json, "first").ms)
        json_object_set_new(
            talk->json, "first",
            json_string(rfc3339_format(range->first, 0, first)));
    char *text = json_dumps(talk->json, JSON_COMPACT);
    puts(text ? text : "{}");
    free(text);
}

/* "3 were run ok already, and 2 wait or are being run". */
static void put_settled(const struct range *range, struct text *out)
{
    if (range->done > 0)
        text_printf(out, "%" PRId64 " %s run ok already", range->done,
                    range->done == 1 ? "was" : "were");
    if (range->done > 0 && range->waiting > 0)
        text_puts(out, ", and ");
    if (range->waiting > 0)
        text_printf(out, "%" PRId64 " %s or %s being run", range->waiting,
                    range->waiting == 1 ? "waits" : "wait",
                    range->waiting == 1 ? "is" : "are");
}

/* What is done about the slots, and why not about all of them. */
static void put_deed(const struct range *range, bool dry_run, struct text *out)
{
    bool some = range->done > 0 || range->waiting > 0;
    if (!some && dry_run)
        return;
    text_puts(out, ": ");
    if (!range->runs)
        text_puts(out, dry_run ? "none would be run" : "none is taken on");
    else if (some)
        text_printf(
            out, dry_run ? "%" PRId64 " would be run" : "%" PRId64 " taken on",
            range->runs);
    else
        text_puts(out, "taken on");
    if (some)
        text_puts(out, "; ");
    put_settled(range, out);
}

static void tell(struct talk *talk, const struct range *range, bool dry_run)
{
    char first[DISPLAY_MAX], last[DISPLAY_MAX];
    const struct zone *zone = talk_zone(talk, talk->json);
    const char *job = talk->args->operands[0];
    int64_t settled = range->done > 0 ? range->done : 0;
    settled += range->waiting > 0 ? range->waiting : 0;
    int64_t total = range->runs + settled;
    struct text line;
    if (!total) {
        printf("%s has no slot there.\n", job);
        return;
    }
    text_init(&line, 1024);
    text_printf(&line, "%" PRId64 " slot%s of %s, from %s to %s", total,
                total == 1 ? "" : "s", job,
                display_date(range->first, zone, first),
                display_date(range->last, zone, last));
    put_deed(range, dry_run, &line);
    printf("%s.\n", line.data);
    text_close(&line);
    if (!dry_run && range->runs)
        printf("  = help: mooncron logs %s, or mooncron backfill %s "
               "--cancel\n",
               job, job);
}

/* ---- taking on ---- */

static bool refuse(struct talk *talk, int64_t total)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence,
             "%s has %" PRId64 " slots there: --yes says that more than %d are "
             "meant",
             talk->args->operands[0], total, SLOTS_MAX);
    talk_fail(talk, EXIT_USAGE, sentence);
    return false;
}

/* True where so many slots are meant. */
static bool is_meant(struct talk *talk, const struct range *range)
{
    char line[16] = "";
    if (range->yes || range->runs <= SLOTS_MAX)
        return true;
    if (!isatty(STDIN_FILENO) || args_value(talk->args, "json"))
        return refuse(talk, range->runs);
    fprintf(stderr, "Run %" PRId64 " slots of %s? [y/N] ", range->runs,
            talk->args->operands[0]);
    if (fgets(line, sizeof line, stdin) && (*line == 'y' || *line == 'Y'))
        return true;
    fputs("Nothing was run.\n", stderr);
    talk->code = EXIT_ASKED_FAILED;
    return false;
}

static void say_how_far(const struct talk *talk, const struct range *range)
{
    char last[RFC3339_TEXT_MAX];
    if (range->runs && !args_value(talk->args, "json"))
        fprintf(stderr, "  = note: %" PRId64 " slots are taken on, up to %s\n",
                range->runs, rfc3339_format(range->last, 0, last));
}

/* The daemon takes some thousands at a time. False, having said how far it
 * came, where one of them failed. */
static bool take_on(struct talk *talk, struct range *range)
{
    struct range rest = *range;
    bool more = true;
    rest.yes = true;
    range_clear(range);
    while (more) {
        if (!ask(talk, &rest, false)) {
            say_how_far(talk, range);
            return false;
        }
        if (talk_time(talk->json, "last").ms == NEVER_MS)
            break;
        range_add(range, talk->json);
        more = talk_bool(talk->json, "more");
        rest.from.ms = range->last.ms + 1;
    }
    return true;
}

static void backfill(struct talk *talk, struct range *range)
{
    bool dry_run = args_value(talk->args, "dry-run") != NULL;
    bool json = args_value(talk->args, "json") != NULL;
    if (!ask(talk, range, true))
        return;
    range_clear(range);
    range_add(range, talk->json);
    if (!dry_run && (!is_meant(talk, range) || !take_on(talk, range)))
        return;
    if (json)
        print_sums(talk, range);
    else if (!args_value(talk->args, "quiet"))
        tell(talk, range, dry_run);
}

/* ---- taking back ---- */

static void cancel(struct talk *talk)
{
    int64_t count = 0;
    do {
        if (!post(talk, json_pack("{s:b}", "cancel", true)))
            return;
        count += talk_number(talk->json, "cancelled");
    } while (talk_bool(talk->json, "more"));
    if (args_value(talk->args, "json")) {
        json_object_set_new(talk->json, "cancelled", json_integer(count));
        char *text = json_dumps(talk->json, JSON_COMPACT);
        puts(text ? text : "{}");
        free(text);
    } else if (!args_value(talk->args, "quiet")) {
        printf("%" PRId64 " slot%s of %s that waited %s not run.\n", count,
               count == 1 ? "" : "s", talk->args->operands[0],
               count == 1 ? "is" : "are");
    }
}

/* ---- the command ---- */

/* False, having said why. */
static bool read_range(const struct args *args, const struct zone *zone,
                       struct range *range)
{
    struct moment from, to;
    if (!moment_option(args, "from", zone, coming_now(), &from) ||
        !moment_option(args, "to", zone, coming_now(), &to))
        return false;
    range->yes = args_value(args, "yes") != NULL;
    range->from = from.before;
    range->to = to.before;
    if (range->from.ms <= range->to.ms)
        return true;
    args_refuse(args, "--to must not be before --from");
    return false;
}

/* Which of two local times is the later one is the same in each zone. */
static bool is_readable(const struct args *args, struct range *range)
{
    bool alike = moment_local(args, "from") == moment_local(args, "to");
    return moment_readable(args, "from", "the zone of the job") &&
           moment_readable(args, "to", "the zone of the job") &&
           (!alike || read_range(args, zone_utc(), range));
}

static int cancel_all(const struct args *args)
{
    struct talk talk;
    if (args_value(args, "from") || args_value(args, "to") ||
        args_value(args, "dry-run"))
        return args_refuse(args, "--cancel takes back all that waits: no "
                                 "--from, --to or --dry-run");
    if (talk_begin(&talk, args))
        cancel(&talk);
    return talk_end(&talk);
}

int cli_backfill(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    struct range range = { .yes = false };
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (args_value(&args, "cancel"))
        return cancel_all(&args);
    if (!args_value(&args, "from") || !args_value(&args, "to"))
        return args_refuse(&args, "--%s is missing",
                           args_value(&args, "from") ? "to" : "from");
    if (!is_readable(&args, &range))
        return EXIT_USAGE; /* before anybody is asked */
    if (talk_begin(&talk, &args) && talk_about(&talk, args.operands[0])) {
        if (read_range(&args, talk_zone(&talk, NULL), &range))
            backfill(&talk, &range);
        else
            talk.code = EXIT_USAGE;
    }
    return talk_end(&talk);
}
