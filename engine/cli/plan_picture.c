/* Pictures of a plan: a line of cells for each job, and a bar for each hour.
 *
 * A horizon of exactly a day is shown as one, from midnight to midnight by the
 * clock of the set's zone: the hour that it is now holds both ends. Any other
 * horizon begins where it begins. Slots are counted, not walked through. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "mooncron/memory.h"
#include "plan_looks.h"

#define CELLS       48
#define LABEL_CELLS 6 /* between two labels of the axis */

/* A stretch of the horizon, [begin_ms, end_ms), and the column or bar in which
 * its slots count. */
struct piece {
    int64_t begin_ms, end_ms;
    size_t bin;
};

/* What a column or a bar stands for: the local time at which it begins. */
struct bins {
    int64_t size_ms;
    struct piece *pieces;
    size_t piece_count, bin_count;
    int64_t *begins_ms; /* one a bin; local, as though that were UTC */
};

/* ---- cutting the horizon ---- */

/* The first instant that is later and in another unit of the local clock, or
 * under another offset. */
static int64_t unit_end(const struct zone_span *span, int64_t at_ms,
                        int64_t unit_ms, int64_t anchor_ms)
{
    int64_t shift = (int64_t)span->offset_s * 1000 - anchor_ms;
    int64_t end = (floor_div(at_ms + shift, unit_ms) + 1) * unit_ms - shift;
    bool cut = span->to_s != INT64_MAX && end > span->to_s * 1000;
    return cut ? span->to_s * 1000 : end;
}

static void add_piece(struct bins *bins, int64_t begin_ms, int64_t end_ms,
                      size_t bin)
{
    if (bins->piece_count % 64 == 0)
        bins->pieces = memory_resize(bins->pieces, bins->piece_count + 64,
                                     sizeof *bins->pieces);
    bins->pieces[bins->piece_count++] = (struct piece){ begin_ms, end_ms, bin };
}

static void add_bin(struct bins *bins, int64_t begin_ms)
{
    if (bins->bin_count % 64 == 0)
        bins->begins_ms = memory_resize(bins->begins_ms, bins->bin_count + 64,
                                        sizeof *bins->begins_ms);
    bins->begins_ms[bins->bin_count++] = begin_ms;
}

static bool is_day(const struct plan *plan)
{
    return plan->horizon_ms == DAY_MS;
}

/* Weeks begin on a Monday; 1970-01-01 was a Thursday. */
static int64_t anchor_of(int64_t size_ms)
{
    return size_ms % (7 * DAY_MS) == 0 ? -3 * DAY_MS : 0;
}

/* The bin of a local time: by the time of day, or a new one whenever the unit
 * of the clock is another than before. */
static size_t bin_of(const struct plan *plan, struct bins *bins,
                     int64_t local_ms)
{
    int64_t anchor_ms = anchor_of(bins->size_ms);
    int64_t begin_ms =
        floor_div(local_ms - anchor_ms, bins->size_ms) * bins->size_ms +
        anchor_ms;
    if (is_day(plan))
        return (size_t)((begin_ms - floor_div(begin_ms, DAY_MS) * DAY_MS) /
                        bins->size_ms);
    if (!bins->bin_count || bins->begins_ms[bins->bin_count - 1] != begin_ms)
        add_bin(bins, begin_ms);
    return bins->bin_count - 1;
}

/* By the local clock. The horizon is later than now, and up to its end. */
static void cut_clock(const struct plan *plan, struct bins *bins)
{
    int64_t at = plan->now.ms + 1;
    const int64_t end = at + plan->horizon_ms;
    for (int64_t ms = 0; is_day(plan) && ms < DAY_MS; ms += bins->size_ms)
        add_bin(bins, ms);
    while (at < end) {
        struct zone_span span;
        zone_span(jobset_zone(plan->set), floor_div(at, 1000), &span);
        int64_t next =
            unit_end(&span, at, bins->size_ms, anchor_of(bins->size_ms));
        next = next < end ? next : end;
        add_piece(bins, at, next,
                  bin_of(plan, bins, at + (int64_t)span.offset_s * 1000));
        at = next;
    }
}

/* In equal parts, from now on. */
static void cut_evenly(const struct plan *plan, struct bins *bins)
{
    const int64_t now = plan->now.ms + 1;
    for (size_t i = 0; i < CELLS; i++) {
        int64_t begin = now + plan->horizon_ms * (int64_t)i / CELLS;
        int64_t end = now + plan->horizon_ms * (int64_t)(i + 1) / CELLS;
        struct zone_span span;
        zone_span(jobset_zone(plan->set), floor_div(begin, 1000), &span);
        add_piece(bins, begin, end, i);
        add_bin(bins, begin - 1 + (int64_t)span.offset_s * 1000);
    }
}

static void bins_free(struct bins *bins)
{
    free(bins->pieces);
    free(bins->begins_ms);
}

/* ---- counting ---- */

static void count_job(const struct bins *bins, const struct job *job,
                      int64_t *counts)
{
    for (size_t i = 0; i < bins->piece_count; i++) {
        const struct piece *piece = &bins->pieces[i];
        counts[piece->bin] +=
            schedule_count(&job->schedule, (struct wall){ piece->begin_ms - 1 },
                           (struct wall){ piece->end_ms - 1 });
    }
}

static bool is_shown(const struct job *job)
{
    return job->standing == STANDING_SCHEDULED;
}

/* Of all jobs but heartbeats, which would hide the others. */
static int64_t *counts_new(const struct plan *plan, const struct bins *bins)
{
    const struct jobset *set = plan->set;
    int64_t *counts = memory_new(bins->bin_count * sizeof *counts);
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (is_shown(job) && !planner_is_heartbeat(job))
            count_job(bins, job, counts);
    }
    return counts;
}

static int64_t greatest(const int64_t *counts, size_t count)
{
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = counts[i] > most ? counts[i] : most;
    return most;
}

/* ---- the timeline ---- */

static const struct {
    int64_t least; /* runs in a cell */
    const char *block, *ascii, *meaning;
} glyphs[] = {
    { 0, "·", " ", "0" },   { 1, "▂", ".", "1" },
    { 2, "▃", ":", "2" },   { 3, "▅", "-", "3-4" },
    { 5, "▆", "=", "5-9" }, { 10, "█", "#", "10 and more" },
};
#define GLYPHS (sizeof glyphs / sizeof *glyphs)

static void glyph_put(int64_t count, bool ascii, struct text *out)
{
    size_t i = GLYPHS - 1;
    while (i > 0 && count < glyphs[i].least)
        i--;
    text_puts(out, ascii ? glyphs[i].ascii : glyphs[i].block);
}

static void cells_put(const char *name, size_t width, const int64_t *counts,
                      bool ascii, struct text *out)
{
    text_puts(out, name);
    text_fill(out, ' ', width - strlen(name));
    for (size_t i = 0; i < CELLS; i++)
        glyph_put(counts[i], ascii, out);
}

/* At most five columns, so that one is left between two. */
static void label_of(const struct plan *plan, int64_t begin_ms, char label[16])
{
    struct civil c = civil_from((struct wall){ begin_ms }, 0);
    if (is_day(plan))
        snprintf(label, 16, "%02d", c.hour);
    else if (plan->horizon_ms <= 2 * DAY_MS)
        snprintf(label, 16, "%02d:%02d", c.hour, c.minute);
    else if (plan->horizon_ms <= 8 * DAY_MS)
        snprintf(label, 16, "%s", civil_weekdays[c.weekday]);
    else if (plan->horizon_ms <= 366 * DAY_MS)
        snprintf(label, 16, "%02d-%02d", c.month, c.day);
    else
        snprintf(label, 16, "%04d", (int)c.year);
}

static void axis_put(const struct plan *plan, const struct bins *bins,
                     size_t width, struct text *out)
{
    char label[16];
    text_fill(out, ' ', width);
    for (size_t i = 0; i < CELLS; i += LABEL_CELLS) {
        bool last = i + LABEL_CELLS >= CELLS;
        label_of(plan, bins->begins_ms[i], label);
        text_puts(out, label);
        text_fill(out, ' ', last ? 0 : LABEL_CELLS - strlen(label));
    }
    text_putc(out, '\n');
}

static const char *sum_name(const struct plan *plan)
{
    return is_day(plan) ? "runs per hour" : "runs per cell";
}

/* Of a day, each cell shows its hour's. */
static void sum_put(const struct plan *plan, const struct bins *bins,
                    size_t width, bool ascii, struct text *out)
{
    int64_t *counts = counts_new(plan, bins);
    for (size_t i = 0; is_day(plan) && i < CELLS; i += 2)
        counts[i] = counts[i + 1] = counts[i] + counts[i + 1];
    cells_put(sum_name(plan), width, counts, ascii, out);
    text_printf(out, "  max %" PRId64 "\n", greatest(counts, CELLS));
    free(counts);
}

static void scale_put(const struct plan *plan, bool ascii, struct text *out)
{
    char size[DURATION_TEXT_MAX];
    text_printf(out, "\na cell is %s: ",
                duration_format(plan->horizon_ms / CELLS, size));
    for (size_t i = 0; i < GLYPHS; i++)
        text_printf(out, "%s%s %s", i ? ", " : "",
                    ascii ? i ? glyphs[i].ascii : "blank" : glyphs[i].block,
                    glyphs[i].meaning);
    text_putc(out, '\n');
}

static size_t names_width(const struct plan *plan)
{
    const struct jobset *set = plan->set;
    size_t width = strlen(sum_name(plan));
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (is_shown(job) && strlen(job->name) > width)
            width = strlen(job->name);
    }
    return width + 2;
}

void plan_timeline(const struct plan *plan, bool ascii, struct text *out)
{
    const struct jobset *set = plan->set;
    struct bins bins = { .size_ms = DAY_MS / CELLS };
    size_t width = names_width(plan);
    if (is_day(plan))
        cut_clock(plan, &bins);
    else
        cut_evenly(plan, &bins);
    axis_put(plan, &bins, width, out);
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        int64_t counts[CELLS] = { 0 };
        if (!is_shown(jobset_job(set, i)))
            continue;
        count_job(&bins, jobset_job(set, i), counts);
        cells_put(jobset_job(set, i)->name, width, counts, ascii, out);
        text_putc(out, '\n');
    }
    sum_put(plan, &bins, width, ascii, out);
    scale_put(plan, ascii, out);
    bins_free(&bins);
}

/* ---- the histogram ---- */

#define BARS_MAX     31 /* a month of days; a day has 24 */
#define BAR_WIDE     60 /* columns of the longest */
#define NAMES_BESIDE 6  /* of jobs, at one bar */

static const int64_t bar_sizes_ms[] = {
    MINUTE_MS,   5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS,
    3 * HOUR_MS, 6 * HOUR_MS,   12 * HOUR_MS,   DAY_MS,
    7 * DAY_MS,  28 * DAY_MS,   84 * DAY_MS,    364 * DAY_MS,
};
#define BAR_SIZES (sizeof bar_sizes_ms / sizeof *bar_sizes_ms)

/* The smallest of which not too many are needed. */
static int64_t bar_size(int64_t horizon_ms)
{
    size_t i = 0;
    while (i + 1 < BAR_SIZES && horizon_ms > BARS_MAX * bar_sizes_ms[i])
        i++;
    return bar_sizes_ms[i];
}

/* "14:00", "Mon 18:00" or "2026-11-23": as much as tells the bars apart. */
static void bar_label(const struct plan *plan, int64_t size_ms,
                      int64_t begin_ms, struct text *out)
{
    struct civil c = civil_from((struct wall){ begin_ms }, 0);
    if (size_ms >= 12 * HOUR_MS)
        text_printf(out, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
    else if (plan->horizon_ms > DAY_MS)
        text_puts(out, civil_weekdays[c.weekday]);
    if (size_ms < DAY_MS)
        text_printf(out, "%s%02d:%02d", plan->horizon_ms > DAY_MS ? " " : "",
                    c.hour, c.minute);
}

/* 1, 2, 5, 10 ... runs a column: the least at which the longest fits. */
static int64_t bar_unit(int64_t most)
{
    int64_t unit = 1;
    for (int i = 0; most > unit * BAR_WIDE; i++)
        unit = i % 3 == 1 ? unit / 2 * 5 : unit * 2;
    return unit;
}

static size_t bar_columns(int64_t count, int64_t unit)
{
    return (size_t)((count + unit - 1) / unit);
}

static size_t bin_at(const struct bins *bins, struct wall at)
{
    for (size_t i = 0; i < bins->piece_count; i++)
        if (at.ms < bins->pieces[i].end_ms)
            return bins->pieces[i].bin;
    return SIZE_MAX;
}

/* The bin of the only slot that a job has in the horizon; else SIZE_MAX. */
static size_t only_bin(const struct plan *plan, const struct bins *bins,
                       const struct job *job)
{
    struct wall now = plan->now;
    struct wall end = { now.ms + plan->horizon_ms };
    if (!is_shown(job) || schedule_count(&job->schedule, now, end) != 1)
        return SIZE_MAX;
    return bin_at(bins, schedule_next(&job->schedule, now));
}

/* Why a bar is longer than its neighbours is mostly a job that runs once. */
static void beside_put(const struct plan *plan, const size_t *only, size_t bin,
                       struct text *out)
{
    const struct jobset *set = plan->set;
    uint32_t found = 0;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        if (only[i] != bin)
            continue;
        if (found < NAMES_BESIDE)
            text_printf(out, "%s%s", found ? ", " : "  ",
                        jobset_job(set, i)->name);
        found++;
    }
    if (found > NAMES_BESIDE)
        text_printf(out, " and %u more", (unsigned)(found - NAMES_BESIDE));
}

static void bars_put(const struct plan *plan, const struct bins *bins,
                     const int64_t *counts, const size_t *only, bool ascii,
                     struct text *out)
{
    int64_t most = greatest(counts, bins->bin_count), unit = bar_unit(most);
    size_t wide = bar_columns(most, unit);
    for (size_t i = 0; i < bins->bin_count; i++) {
        size_t columns = bar_columns(counts[i], unit);
        bar_label(plan, bins->size_ms, bins->begins_ms[i], out);
        text_putc(out, ' ');
        for (size_t c = 0; c < columns; c++)
            text_puts(out, ascii ? "#" : "█");
        text_fill(out, ' ', wide - columns + 3);
        text_printf(out, "%*" PRId64, display_digits(most), counts[i]);
        beside_put(plan, only, i, out);
        text_putc(out, '\n');
    }
    if (unit > 1)
        text_printf(out, "\n%s is up to %" PRId64 " runs\n", ascii ? "#" : "█",
                    unit);
}

void plan_histogram(const struct plan *plan, bool ascii, struct text *out)
{
    const struct jobset *set = plan->set;
    struct bins bins = { .size_ms = bar_size(plan->horizon_ms) };
    cut_clock(plan, &bins);
    int64_t *counts = counts_new(plan, &bins);
    size_t *only = memory_new(jobset_count(set) * sizeof *only);
    for (uint32_t i = 0; i < jobset_count(set); i++)
        only[i] = only_bin(plan, &bins, jobset_job(set, i));
    bars_put(plan, &bins, counts, only, ascii, out);
    free(only);
    free(counts);
    bins_free(&bins);
}
