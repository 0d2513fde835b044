/* `mooncron backfill`: old slots of a job are run. */
#include <inttypes.h>
#include <stdio.h>
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
        "included.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

struct range {
    struct wall from, to;
    bool yes;
    int64_t total; /* slots that were taken on */
    struct wall first, last;
};

/* One exchange; the answer is in `talk`. */
static bool ask(struct talk *talk, const struct range *range, bool dry_run)
{
    const char *const segments[] = { "jobs", talk->args->operands[0],
                                     "backfill" };
    char from[RFC3339_TEXT_MAX], to[RFC3339_TEXT_MAX];
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 3);
    json_t *body = json_pack("{s:s, s:s, s:b, s:b}", "from",
                             rfc3339_format(range->from, 0, from), "to",
                             rfc3339_format(range->to, 0, to), "dry_run",
                             dry_run, "yes", range->yes);
    bool good = talk_post(talk, path.data, body);
    text_close(&path);
    return good;
}

static void tell(struct talk *talk, const struct range *range, bool dry_run)
{
    char first[DISPLAY_MAX], last[DISPLAY_MAX];
    const struct zone *zone = talk_zone(talk, talk->json);
    const char *job = talk->args->operands[0];
    if (!range->total) {
        printf("%s has no slot there.\n", job);
        return;
    }
    printf("%" PRId64 " slot%s of %s, from %s to %s", range->total,
           range->total == 1 ? "" : "s", job,
           display_date(range->first, zone, first),
           display_date(range->last, zone, last));
    if (dry_run)
        puts(".");
    else
        printf(": taken on.\n  = help: mooncron logs %s\n", job);
}

/* True where so many slots are meant. */
static bool is_meant(struct talk *talk, const struct range *range)
{
    char line[16] = "";
    if (range->yes || range->total <= SLOTS_MAX)
        return true;
    if (!isatty(STDIN_FILENO)) {
        talk->code =
            args_refuse(talk->args,
                        "%s has %" PRId64 " slots there: --yes says that more "
                        "than %d are meant",
                        talk->args->operands[0], range->total, SLOTS_MAX);
        return false;
    }
    fprintf(stderr, "Run %" PRId64 " slots of %s? [y/N] ", range->total,
            talk->args->operands[0]);
    if (fgets(line, sizeof line, stdin) && (*line == 'y' || *line == 'Y'))
        return true;
    fputs("Nothing was run.\n", stderr);
    talk->code = EXIT_ASKED_FAILED;
    return false;
}

/* The daemon takes some thousands at a time. False, having said how far it
 * came, where one of them failed. */
static bool take_on(struct talk *talk, struct range *range)
{
    struct range rest = *range;
    bool more = true;
    rest.yes = true;
    range->total = 0;
    range->first = range->last = (struct wall){ NEVER_MS };
    while (more) {
        char last[RFC3339_TEXT_MAX];
        if (!ask(talk, &rest, false)) {
            if (range->total)
                fprintf(stderr,
                        "  = note: %" PRId64 " slots are taken on, up to %s\n",
                        range->total, rfc3339_format(range->last, 0, last));
            return false;
        }
        if (talk_number(talk->json, "runs") == 0)
            break;
        range->total += talk_number(talk->json, "runs");
        range->last = talk_time(talk->json, "last");
        if (range->first.ms == NEVER_MS)
            range->first = talk_time(talk->json, "first");
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
    range->total = talk_number(talk->json, "runs");
    range->first = talk_time(talk->json, "first");
    range->last = talk_time(talk->json, "last");
    if (!dry_run && (!is_meant(talk, range) || !take_on(talk, range)))
        return;
    if (json)
        talk_print(talk);
    else if (!args_value(talk->args, "quiet"))
        tell(talk, range, dry_run);
}

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

int cli_backfill(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    struct range range = { .yes = false };
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
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
