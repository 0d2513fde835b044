/* `mooncron logs`: the history of a job, or of all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coming.h"
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

static bool is_local(const struct args *args, const char *name)
{
    int64_t ms;
    return moment_local(args, name) && !read_duration(args, name, &ms);
}

/* Adds it to the query, where it was given. */
static void put_bound(const struct talk *talk, const char *name,
                      const char *param, const struct zone *zone,
                      struct text *path)
{
    char value[RFC3339_TEXT_MAX];
    struct moment moment;
    int64_t ms;
    if (!args_value(talk->args, name))
        return;
    if (read_duration(talk->args, name, &ms))
        moment.before.ms = coming_now().ms - ms;
    else
        moment_parse(args_value(talk->args, name), zone, &moment);
    talk_param(path, param, rfc3339_format(moment.before, 0, value));
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
    else
        text_puts(&cell, state);
    if (count > 1)
        text_printf(&cell, ", %" PRId64 " slots", count);
    grid_add(grid, cell.data);
    text_close(&cell);
}

static void add_took(struct grid *grid, const json_t *row)
{
    struct text cell;
    text_init(&cell, 64);
    if (json_object_get(row, "took_ms"))
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
    bool all = talk->args->operand_count == 0;
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

static void tell(struct talk *talk)
{
    struct text out;
    if (json_array_size(json_object_get(talk->json, "runs")) == 0) {
        puts("Nothing is written down of that.");
        return;
    }
    text_init(&out, 4 << 20);
    put_rows(talk, &out);
    if (talk_bool(talk->json, "more"))
        text_puts(&out, "and older ones: -n N\n");
    fwrite(out.data, 1, out.len, stdout);
    text_close(&out);
}

static void put_path(const struct talk *talk, const char *limit,
                     struct text *path)
{
    const char *const all[] = { "runs" };
    const char *const one[] = { "jobs", talk->args->operands[0], "runs" };
    text_init(path, 1024);
    if (talk->args->operand_count)
        talk_path(path, one, 3);
    else
        talk_path(path, all, 1);
    talk_param(path, "limit", limit);
}

/* Times without an offset are read by the clock that the answer is shown by:
 * the daemon is asked which one that is. */
static bool ask_zone(struct talk *talk)
{
    struct text path;
    put_path(talk, "1", &path);
    bool good = talk_get(talk, path.data);
    text_close(&path);
    return good;
}

static void logs(struct talk *talk, unsigned number)
{
    const char *verdict = args_value(talk->args, "verdict");
    const struct zone *zone = talk_zone(talk, talk->json);
    char limit[16];
    struct text path;
    snprintf(limit, sizeof limit, "%u", number);
    put_path(talk, limit, &path);
    if (verdict)
        talk_param(&path, "verdict", verdict);
    put_bound(talk, "since", "from", zone, &path);
    put_bound(talk, "until", "to", zone, &path);
    if (talk_get(talk, path.data)) {
        if (args_value(talk->args, "json"))
            talk_print(talk);
        else
            tell(talk);
    }
    text_close(&path);
}

int cli_logs(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    double number = 20;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!args_number(&args, "number", 1, NUMBER_MAX, true, &number) ||
        !is_readable(&args, "since") || !is_readable(&args, "until"))
        return EXIT_USAGE;
    bool local = is_local(&args, "since") || is_local(&args, "until");
    if (talk_begin(&talk, &args) && (!local || ask_zone(&talk)))
        logs(&talk, (unsigned)number);
    return talk_end(&talk);
}
