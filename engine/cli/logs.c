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
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "logs",
    .about =
        "Shows runs of a job, or of all jobs, and the slots that were skipped\n"
        "or missed, newest first, as the daemon at MOONCRON_URL has written\n"
        "them down.\n",
    .operands = "[JOB]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

/* A duration, or a time in UTC; false, having said why. */
static bool read_since(const struct args *args, struct wall *ret)
{
    const char *text = args_value(args, "since");
    struct moment moment;
    int64_t ms;
    *ret = (struct wall){ EVER_MS };
    if (!text)
        return true;
    if (duration_parse(text, strlen(text), &ms) == DURATION_OK) {
        ret->ms = coming_now().ms - ms;
        return true;
    }
    if (moment_parse(text, zone_utc(), &moment)) {
        *ret = moment.before;
        return true;
    }
    args_refuse(args,
                "--since wants a duration like 24h, or a time like "
                "2026-11-23T14:07:31Z, not \"%.64s\"",
                text);
    return false;
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
    grid_add(grid, talk_text(row, "error"));
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

static void logs(struct talk *talk, unsigned number, struct wall since)
{
    const char *const all[] = { "runs" };
    const char *const one[] = { "jobs", talk->args->operands[0], "runs" };
    const char *verdict = args_value(talk->args, "verdict");
    char value[RFC3339_TEXT_MAX];
    struct text path;
    text_init(&path, 1024);
    if (talk->args->operand_count)
        talk_path(&path, one, 3);
    else
        talk_path(&path, all, 1);
    snprintf(value, sizeof value, "%u", number);
    talk_param(&path, "limit", value);
    if (verdict)
        talk_param(&path, "verdict", verdict);
    if (since.ms != EVER_MS)
        talk_param(&path, "from", rfc3339_format(since, 0, value));
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
    struct wall since;
    double number = 20;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!args_number(&args, "number", 1, NUMBER_MAX, true, &number) ||
        !read_since(&args, &since))
        return EXIT_USAGE;
    if (talk_begin(&talk, &args))
        logs(&talk, (unsigned)number, since);
    return talk_end(&talk);
}
