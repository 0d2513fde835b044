/* `mooncron logs`: the history of a job, or of all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "display.h"
#include "grid.h"
#include "moment.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "result.h"
#include "talk.h"
#include "verbs.h"
#include "writing.h"

#define NUMBER_MAX 1000 /* as the daemon takes */

static const struct args_option options[] = {
    { "number", 'n', "N", "how many, 20" },
    { "verdict", 0, "WHICH",
      "ok, failed, unknown, skipped, missed; or several,"
      " with commas" },
    { "since", 0, "TIME",
      "slots from then on: a duration before now, or a time" },
    { "until", 0, "TIME", "slots up to then; likewise" },
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "logs",
    .about =
        "Shows runs of a job, or of all jobs, and the slots that were skipped\n"
        "or missed, newest first, as the daemon at MOONCRON_URL has written\n"
        "them down. A time without an offset is by the clock of the job's "
        "zone,\n"
        "or, without a job, of the schedule's; a date is its beginning.\n",
    .operands = "[JOB]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

/* ---- from when to when ---- */

static bool read_duration(const struct args *args, const char *name,
                          int64_t *ret_ms)
{
    const char *text = args_value(args, name);
    return text && duration_parse(text, strlen(text), ret_ms) == DURATION_OK;
}

/* In any zone; false, having said why. */
static bool is_readable(const struct args *args, const char *name)
{
    const char *text = args_value(args, name);
    struct moment moment;
    int64_t ms;
    if (!text || read_duration(args, name, &ms) ||
        moment_parse(text, zone_utc(), &moment))
        return true;
    args_refuse(args,
                "--%s wants a duration like 24h, or a time like "
                "2026-11-23T14:07:31Z, or, in the zone of the %s, "
                "2026-11-23T14:07 or 2026-11-23, not \"%.64s\"",
                name, args->operand_count ? "job" : "schedule", text);
    return false;
}

/* What it means is the daemon's to say: the zone of a time, or the now that a
 * duration is before. */
static bool is_relative(const struct args *args, const char *name)
{
    int64_t ms;
    return moment_local(args, name) || read_duration(args, name, &ms);
}

/* Of an option that was given; `now` is the daemon's. */
static struct wall bound(const struct args *args, const char *name,
                         struct wall now, const struct zone *zone)
{
    struct moment moment;
    int64_t ms;
    if (read_duration(args, name, &ms))
        return (struct wall){ now.ms - ms };
    moment_parse(args_value(args, name), zone, &moment);
    return moment.before;
}

/* False, having said why. */
static bool is_forward(const struct args *args, struct wall now,
                       const struct zone *zone)
{
    if (!args_value(args, "since") || !args_value(args, "until") ||
        bound(args, "since", now, zone).ms <=
            bound(args, "until", now, zone).ms)
        return true;
    args_refuse(args, "--until must not be before --since");
    return false;
}

/* Which of two of a kind is the later one is the same by every clock. */
static bool are_alike(const struct args *args)
{
    int64_t ms;
    return read_duration(args, "since", &ms) ==
               read_duration(args, "until", &ms) &&
           moment_local(args, "since") == moment_local(args, "until");
}

/* Adds it to the query, where it was given. */
static void put_bound(struct talk *talk, const char *name, const char *param,
                      struct wall now, const struct zone *zone)
{
    char value[RFC3339_TEXT_MAX];
    if (args_value(&talk->args, name))
        talk_param(
            talk, param,
            rfc3339_format(bound(&talk->args, name, now, zone), 0, value));
}

/* ---- the table ---- */

static void add_result(struct grid *grid, const json_t *row)
{
    struct text cell;
    int64_t count = talk_number(row, "count");
    const char *state = talk_text(row, "state");
    text_init(&cell, 128);
    if (*talk_text(row, "verdict"))
        result_put(row, &cell);
    else if (json_object_get(row, "accepted"))
        text_puts(&cell, "accepted");
    else
        text_puts(&cell, strcmp(state, "left_open") ? state : "left open");
    if (count > 1)
        text_printf(&cell, ", %" PRId64 " slots", count);
    grid_add(grid, cell.data);
    text_close(&cell);
}

static void add_took(struct grid *grid, const json_t *row)
{
    struct text cell;
    text_init(&cell, 64);
    if (json_is_integer(json_object_get(row, "took_ms")))
        writing_span(&cell, talk_number(row, "took_ms"));
    else
        text_putc(&cell, '-');
    grid_add(grid, cell.data);
    text_close(&cell);
}

/* Who did it, and what is said of it. */
static void add_note(struct grid *grid, const json_t *row)
{
    const char *by = talk_text(row, "by"), *error = talk_text(row, "error");
    const char *note = *error ? error : talk_text(row, "reason");
    struct text cell;
    text_init(&cell, 1024);
    if (*by)
        text_printf(&cell, "by %s", by);
    if (*note)
        text_printf(&cell, "%s%s", *by ? ": " : "", note);
    result_put_no_more(row, cell.len ? "; " : "", &cell);
    grid_add(grid, cell.data);
    text_close(&cell);
}

static void add_row(struct grid *grid, const json_t *row, bool all,
                    const struct zone *zone)
{
    char cell[DISPLAY_MAX];
    int64_t attempt = talk_number(row, "attempt");
    const char *trigger = talk_text(row, "trigger");
    grid_add(grid, display_date(talk_time(row, "slot"), zone, cell));
    add_result(grid, row);
    add_took(grid, row);
    snprintf(cell, sizeof cell, "%" PRId64, attempt);
    grid_add(grid, attempt ? cell : "-");
    grid_add(grid, *trigger ? trigger : "-");
    if (all)
        grid_add(grid, talk_text(row, "job"));
    add_note(grid, row);
}

static void put_rows(struct talk *talk, struct text *out)
{
    static const char *const heads[] = { "SLOT", "RESULT",  "TOOK",
                                         "TRY",  "TRIGGER", "JOB" };
    bool all = !talk->job;
    const struct zone *zone = talk_zone(talk, talk->json);
    const json_t *rows = json_object_get(talk->json, "runs");
    struct grid grid;
    grid_init(&grid, all ? 7 : 6, "  rr   ");
    for (size_t i = 0; i < (all ? 6u : 5u); i++)
        grid_add(&grid, heads[i]);
    grid_add(&grid, "");
    for (size_t i = 0; i < json_array_size(rows); i++)
        add_row(&grid, json_array_get(rows, i), all, zone);
    grid_print(&grid, out);
    grid_close(&grid);
}

static void tell(struct talk *talk, struct text *out)
{
    if (json_array_size(json_object_get(talk->json, "runs")) == 0) {
        text_puts(out, "Nothing is written down of that.\n");
        return;
    }
    put_rows(talk, out);
    if (talk_bool(talk->json, "more"))
        text_puts(out, "and older ones: -n N\n");
}

/* ---- asking ---- */

static bool read_number(const struct args *args, double *ret)
{
    *ret = 20;
    return args_number(args, "number", 1, NUMBER_MAX, true, ret);
}

static bool check(const struct args *args)
{
    double ignored;
    return read_number(args, &ignored) && is_readable(args, "since") &&
           is_readable(args, "until") &&
           (!are_alike(args) ||
            is_forward(args, (struct wall){ 0 }, zone_utc()));
}

static void begin(struct talk *talk, unsigned limit)
{
    char number[16];
    if (talk->job)
        talk_path(talk, "jobs", talk->job, "runs", NULL);
    else
        talk_path(talk, "runs", NULL);
    snprintf(number, sizeof number, "%u", limit);
    talk_param(talk, "limit", number);
}

/* Times without an offset are read by the clock that the answer is shown by,
 * durations are taken from it: the daemon is asked which one that is. */
static bool ask_clock(struct talk *talk)
{
    const struct args *args = &talk->args;
    if (!is_relative(args, "since") && !is_relative(args, "until"))
        return true;
    begin(talk, 1);
    return talk_get(talk);
}

static bool ask(struct talk *talk)
{
    const char *verdict = args_value(&talk->args, "verdict");
    double number;
    if (!ask_clock(talk))
        return false;
    const struct zone *zone = talk_zone(talk, talk->json);
    struct wall now = talk_time(talk->json, "now");
    if (!is_forward(&talk->args, now, zone)) {
        talk->code = EXIT_USAGE;
        return false;
    }
    read_number(&talk->args, &number);
    begin(talk, (unsigned)number);
    if (verdict)
        talk_param(talk, "verdict", verdict);
    put_bound(talk, "since", "from", now, zone);
    put_bound(talk, "until", "to", now, zone);
    return talk_get(talk);
}

int cli_logs(int argc, char **argv)
{
    static const struct talk_verb logs = {
        .args = &verb, .check = check, .ask = ask, .tell = tell
    };
    return talk_run(&logs, argc, argv);
}
