/* The table of a plan: measured first, printed after, widest cell decides. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "mooncron/duration.h"
#include "mooncron/memory.h"
#include "plan_looks.h"
#include "schedule_text.h"
#include "status.h"

#define COLUMNS  8
#define CELL_MAX 192 /* a name is 128 bytes at most */

enum column {
    COLUMN_NAME,
    COLUMN_SCHEDULE,
    COLUMN_TIMES,
    COLUMN_EVERY,
    COLUMN_NEXT,
    COLUMN_IN,
    COLUMN_COUNT,
    COLUMN_TARGET, /* the last: never padded, never measured */
};

struct row {
    const struct job *job;
    struct wall next;
};

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->next.ms != b->next.ms)
        return a->next.ms < b->next.ms ? -1 : 1;
    return (a->job > b->job) - (a->job < b->job); /* order of the file */
}

/* The rows of all scheduled jobs, by their next run; the caller frees. */
static struct row *rows_new(const struct plan *plan, uint32_t *ret_count)
{
    const struct jobset *set = plan->set;
    struct row *rows = memory_new(plan->totals.scheduled * sizeof *rows);
    uint32_t count = 0;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->standing == STANDING_SCHEDULED)
            rows[count++] = (struct row){ job, plan_next(plan, job) };
    }
    qsort(rows, count, sizeof *rows, compare_rows);
    *ret_count = count;
    return rows;
}

static void cell_times(const struct job *job, bool ascii, char *cell)
{
    if (job->multiplier == 0)
        snprintf(cell, CELL_MAX, "-");
    else
        snprintf(cell, CELL_MAX, "%s%g", ascii ? "x" : "×", job->multiplier);
}

static void cell_schedule(const struct job *job, char cell[CELL_MAX])
{
    struct text text;
    text_init(&text, CELL_MAX);
    schedule_text(job, &text);
    snprintf(cell, CELL_MAX, "%s", text.data);
    text_close(&text);
}

static void cell_in(struct wall next, struct wall now, char *cell)
{
    if (next.ms == NEVER_MS)
        snprintf(cell, CELL_MAX, "-");
    else
        display_in(next.ms - now.ms, cell);
}

/* Fills every cell but the target. */
static void cells_fill(const struct plan *plan, const struct row *row,
                       bool ascii, char cells[COLUMNS][CELL_MAX])
{
    const struct job *job = row->job;
    struct wall now = plan->now;
    struct wall until = { now.ms + plan->horizon_ms };
    snprintf(cells[COLUMN_NAME], CELL_MAX, "%s", job->name);
    cell_schedule(job, cells[COLUMN_SCHEDULE]);
    cell_times(job, ascii, cells[COLUMN_TIMES]);
    if (job->schedule.every_ms)
        duration_format(job->schedule.every_ms, cells[COLUMN_EVERY]);
    else
        snprintf(cells[COLUMN_EVERY], CELL_MAX, "-");
    display_when(row->next, now, jobset_zone(plan->set), cells[COLUMN_NEXT]);
    cell_in(row->next, now, cells[COLUMN_IN]);
    snprintf(cells[COLUMN_COUNT], CELL_MAX, "%" PRId64,
             schedule_count(&job->schedule, now, until));
}

static void target_put(const struct job *job, struct text *out)
{
    if (job->function)
        text_printf(out, "lua :%u", job->line);
    else
        text_printf(out, "%s %s", method_names[job->method], job->target);
    if (*job->label)
        text_printf(out, "  %s", job->label);
}

static void headings_fill(const struct plan *plan, bool ascii,
                          char cells[COLUMNS][CELL_MAX])
{
    static const char *const names[COLUMNS] = {
        "NAME", "SCHEDULE", "×", "EVERY", "NEXT RUN", "IN", "", "TARGET",
    };
    char span[DISPLAY_MAX];
    for (int i = 0; i < COLUMNS; i++)
        snprintf(cells[i], CELL_MAX, "%s", names[i]);
    if (ascii)
        snprintf(cells[COLUMN_TIMES], CELL_MAX, "x");
    snprintf(cells[COLUMN_COUNT], CELL_MAX, "/%s",
             display_heading(plan->horizon_ms, span));
}

static void widen(size_t widths[COLUMNS], char cells[COLUMNS][CELL_MAX])
{
    for (int i = 0; i < COLUMN_TARGET; i++) {
        size_t columns = text_columns(cells[i], strlen(cells[i]));
        if (columns > widths[i])
            widths[i] = columns;
    }
}

static void row_put(char cells[COLUMNS][CELL_MAX], const size_t *widths,
                    enum plan_look look, const struct job *job,
                    struct text *out)
{
    int last = look == PLAN_NARROWEST ? COLUMN_IN : COLUMN_COUNT;
    for (int i = 0; i <= last; i++) {
        size_t pad = widths[i] - text_columns(cells[i], strlen(cells[i]));
        bool right = i == COLUMN_COUNT;
        text_fill(out, ' ', (i ? 2 : 0) + (right ? pad : 0));
        text_puts(out, cells[i]);
        text_fill(out, ' ', right || i == last ? 0 : pad);
    }
    if (look == PLAN_WIDE) {
        text_puts(out, "  ");
        if (job)
            target_put(job, out);
        else
            text_puts(out, cells[COLUMN_TARGET]);
    }
    text_putc(out, '\n');
}

/* The factor that all scaled jobs have, or from which to which. */
static void factor_put(const struct plan *plan, const char *times,
                       struct text *out)
{
    double least = 0, most = 0;
    const struct jobset *set = plan->set;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        double factor = jobset_job(set, i)->multiplier;
        if (factor == 0)
            continue;
        if (least == 0 || factor < least)
            least = factor;
        if (factor > most)
            most = factor;
    }
    if (least > 0)
        text_printf(out, " %s%g", times, least);
    if (most > least)
        text_printf(out, " to %s%g", times, most);
}

/* "Europe/Bucharest (EET)": whose clock all times below are read from. */
static void zone_put(const struct plan *plan, struct text *out)
{
    const struct zone *zone = jobset_zone(plan->set);
    const char *name = display_abbreviation(plan->now, zone);
    text_puts(out, zone_name(zone));
    if (strcmp(name, zone_name(zone)) != 0)
        text_printf(out, " (%s)", name);
}

void plan_header(const struct plan *plan, bool ascii, struct text *out)
{
    const char *dot = ascii ? "-" : "·";
    text_printf(out, "%s %s %s", plan->file, dot, plan->environment);
    factor_put(plan, ascii ? "x" : "×", out);
    text_printf(out, " %s enableJobs %s %s ", dot,
                plan->facts.enable_jobs ? "on" : "OFF", dot);
    zone_put(plan, out);
    text_printf(out, " %s dry run\n\n", dot);
}

static void peaks_put(const struct plan *plan, const char *dot,
                      struct text *out)
{
    const struct planner_totals *totals = &plan->totals;
    char when[DISPLAY_MAX];
    if (!totals->walked) {
        text_printf(out, " %s too many to look for peaks", dot);
        return;
    }
    if (!totals->runs)
        return;
    display_when(totals->hour, totals->hour, zone_utc(),
                 when); /* "Mon 02:00:00" */
    bool day = plan->horizon_ms <= INT64_C(86400000);
    text_printf(out, " %s busiest hour %.*s (%" PRId64 ")", dot, day ? 5 : 9,
                when + (day ? 4 : 0), totals->hour_max);
    text_printf(out, " %s at most %" PRId64 " start in the same minute", dot,
                totals->minute_max);
}

static void sums_put(const struct plan *plan, bool ascii, struct text *out)
{
    const struct planner_totals *totals = &plan->totals;
    const char *dot = ascii ? "-" : "·";
    char span[DISPLAY_MAX];
    text_printf(out, "\n%u job%s %s %" PRId64 " run%s in %s", totals->scheduled,
                totals->scheduled == 1 ? "" : "s", dot, totals->runs,
                totals->runs == 1 ? "" : "s",
                display_span(plan->horizon_ms, span));
    if (totals->heartbeats)
        text_printf(out, " (+%" PRId64 " heartbeat%s)", totals->heartbeats,
                    totals->heartbeats == 1 ? "" : "s");
    peaks_put(plan, dot, out);
    text_putc(out, '\n');
}

static void names_put(const struct jobset *set, uint8_t standing,
                      uint32_t count, struct text *out)
{
    const char **names = memory_new(count * sizeof *names);
    size_t at = 0;
    for (uint32_t i = 0; i < jobset_count(set); i++)
        if (jobset_job(set, i)->standing == standing)
            names[at++] = jobset_job(set, i)->name;
    display_names(names, at, 2, out);
    free(names);
}

/* The jobs that stay at home, by reason. */
static void absent_put(const struct jobset *set, struct text *out)
{
    uint32_t counts[STANDING_JOBS_OFF + 1] = { 0 };
    const char *reasons[STANDING_JOBS_OFF + 1] = { 0 };
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        counts[job->standing]++;
        reasons[job->standing] = status_reason(job);
    }
    for (uint8_t i = STANDING_SCHEDULED + 1; i <= STANDING_JOBS_OFF; i++) {
        if (!counts[i])
            continue;
        text_printf(out, "\nnot scheduled (%u), because %s:\n", counts[i],
                    reasons[i]);
        names_put(set, i, counts[i], out);
    }
}

static void rows_put(const struct plan *plan, enum plan_look look, bool ascii,
                     struct text *out)
{
    char cells[COLUMNS][CELL_MAX];
    size_t widths[COLUMNS] = { 0 };
    uint32_t count;
    struct row *rows = rows_new(plan, &count);
    headings_fill(plan, ascii, cells);
    widen(widths, cells);
    for (uint32_t i = 0; i < count; i++) {
        cells_fill(plan, &rows[i], ascii, cells);
        widen(widths, cells);
    }
    headings_fill(plan, ascii, cells);
    if (count)
        row_put(cells, widths, look, NULL, out);
    for (uint32_t i = 0; i < count; i++) {
        cells_fill(plan, &rows[i], ascii, cells);
        row_put(cells, widths, look, rows[i].job, out);
    }
    free(rows);
}

void plan_footer(const struct plan *plan, bool ascii, struct text *out)
{
    sums_put(plan, ascii, out);
    plan_changes(plan, out);
    absent_put(plan->set, out);
}

void plan_table(const struct plan *plan, enum plan_look look, bool ascii,
                struct text *out)
{
    plan_header(plan, ascii, out);
    rows_put(plan, look, ascii, out);
    plan_footer(plan, ascii, out);
}

void plan_lines(const struct plan *plan, struct text *out)
{
    char cells[COLUMNS][CELL_MAX];
    uint32_t count;
    struct row *rows = rows_new(plan, &count);
    for (uint32_t i = 0; i < count; i++) {
        cells_fill(plan, &rows[i], true, cells);
        for (int c = 0; c < COLUMN_TARGET; c++)
            text_printf(out, "%s\t", cells[c]);
        target_put(rows[i].job, out);
        text_putc(out, '\n');
    }
    free(rows);
}
