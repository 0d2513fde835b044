/* Starts are counted by the minute, twice: as they are, and as they would be if
 * every plain interval without a phase had the automatic one. Heartbeats are
 * left out: they start in every minute anyway. */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "planner.h"
#include "warnings.h"

#define MINUTES     1441 /* a day, which begins within a minute */
#define HOUR_CELLS  60
#define NAMES_SHOWN 20

struct herd {
    const struct jobset *set;
    struct wall now;
    int64_t first; /* minute since 1970 of index 0 */
    uint32_t starts[MINUTES], spread[MINUTES];
    uint32_t most, spread_most;
    int at; /* the first minute that has the most */
};

static int64_t minute_of(int64_t ms)
{
    return floor_div(ms, MINUTE_MS);
}

/* ---- counting ---- */

static bool counts_here(const struct job *job)
{
    return job->standing == STANDING_SCHEDULED && !planner_is_heartbeat(job);
}

static bool is_short_enough(const struct herd *herd)
{
    int64_t slots = 0;
    struct wall until = { herd->now.ms + DAY_MS };
    for (uint32_t i = 0; i < jobset_count(herd->set); i++) {
        const struct job *job = jobset_job(herd->set, i);
        if (counts_here(job))
            slots += schedule_count(&job->schedule, herd->now, until);
    }
    return slots <= PLANNER_WALK_MAX;
}

/* A job counts once in a minute, however often it starts there. */
static void count_schedule(const struct herd *herd,
                           const struct schedule *schedule, uint32_t *counts)
{
    const int64_t until = herd->now.ms + DAY_MS;
    struct wall at = schedule_next(schedule, herd->now);
    while (at.ms <= until) {
        int64_t minute = minute_of(at.ms);
        counts[minute - herd->first]++;
        at = schedule_next(schedule,
                           (struct wall){ (minute + 1) * MINUTE_MS - 1 });
    }
}

static struct schedule spread_schedule(const struct job *job)
{
    struct schedule schedule = job->schedule;
    if (schedule.every_ms && !schedule.rules && !schedule.phase_ms)
        schedule.phase_ms = schedule_phase_auto(job->name, schedule.every_ms);
    return schedule;
}

static uint32_t greatest(const uint32_t *counts, int *ret_at)
{
    *ret_at = 0;
    for (int i = 1; i < MINUTES; i++)
        if (counts[i] > counts[*ret_at])
            *ret_at = i;
    return counts[*ret_at];
}

static void count_all(struct herd *herd)
{
    int ignored;
    for (uint32_t i = 0; i < jobset_count(herd->set); i++) {
        const struct job *job = jobset_job(herd->set, i);
        if (!counts_here(job))
            continue;
        struct schedule spread = spread_schedule(job);
        count_schedule(herd, &job->schedule, herd->starts);
        count_schedule(herd, &spread, herd->spread);
    }
    herd->most = greatest(herd->starts, &herd->at);
    herd->spread_most = greatest(herd->spread, &ignored);
}

/* ---- the picture ---- */

static const char *const blocks[] = { "·", "▁", "▂", "▃", "▄",
                                      "▅", "▆", "▇", "█" };
static const char *const ascii_blocks[] = { " ", ".", ":", "-", "=", "#" };

static void row_put(const uint32_t *counts, int from, uint32_t scale,
                    bool ascii, struct text *out)
{
    uint64_t levels = ascii ? 5 : 8;
    for (int i = from; i < from + HOUR_CELLS; i++) {
        uint64_t count = i >= 0 && i < MINUTES ? counts[i] : 0;
        uint64_t level = (count * levels + scale - 1) / scale;
        text_puts(out, ascii ? ascii_blocks[level] : blocks[level]);
    }
}

static uint32_t hour_scale(const struct herd *herd, int from)
{
    uint32_t scale = herd->most;
    for (int i = from; i < from + HOUR_CELLS; i++)
        if (i >= 0 && i < MINUTES && herd->spread[i] > scale)
            scale = herd->spread[i];
    return scale;
}

static void picture_put(const struct herd *herd, int gutter, bool ascii,
                        struct text *out)
{
    char head[64];
    struct zone_span span;
    int64_t at_ms = (herd->first + herd->at) * MINUTE_MS;
    zone_span(jobset_zone(herd->set), at_ms / 1000, &span);
    struct civil c = civil_from((struct wall){ at_ms }, span.offset_s);
    int from = herd->at - c.minute;
    uint32_t scale = hour_scale(herd, from);
    snprintf(head, sizeof head, "starts per minute, %02d:00-%02d:59", c.hour,
             c.hour);
    text_printf(out, "%*s |\n%*s |   %-*sscale %u\n%*s |   ", gutter, "",
                gutter, "", HOUR_CELLS + 2, head, scale, gutter, "");
    row_put(herd->starts, from, scale, ascii, out);
    text_printf(out, "  now\n%*s |   ", gutter, "");
    row_put(herd->spread, from, scale, ascii, out);
    text_printf(out, "  with phase = \"auto\"\n%*s |\n", gutter, "");
}

/* ---- the words ---- */

static bool starts_at(const struct job *job, int64_t minute)
{
    struct wall next =
        schedule_next(&job->schedule, (struct wall){ minute * MINUTE_MS - 1 });
    return counts_here(job) && next.ms < (minute + 1) * MINUTE_MS;
}

/* Returns the first of them, in the order of the file. */
static const struct job *jobs_put(const struct herd *herd, int gutter,
                                  struct text *out)
{
    const struct job *first = NULL;
    const char *names[NAMES_SHOWN];
    uint32_t count = 0;
    struct text list;
    for (uint32_t i = 0; i < jobset_count(herd->set); i++) {
        const struct job *job = jobset_job(herd->set, i);
        if (!starts_at(job, herd->first + herd->at))
            continue;
        first = first ? first : job;
        if (count < NAMES_SHOWN)
            names[count] = job->name;
        count++;
    }
    text_init(&list, 1 << 14);
    display_names(names, count < NAMES_SHOWN ? count : NAMES_SHOWN,
                  (size_t)gutter + 9, &list);
    text_printf(out, "%*s = jobs: %s", gutter, "", list.data + gutter + 9);
    if (count > NAMES_SHOWN)
        text_printf(out, "%*sand %u more\n", gutter + 9, "",
                    (unsigned)(count - NAMES_SHOWN));
    text_close(&list);
    return first;
}

static void note_put(const struct herd *herd, int gutter, struct text *out)
{
    int minutes = 0;
    for (int i = 0; i < MINUTES; i++)
        minutes += herd->starts[i] >= HERD_MIN;
    text_printf(out,
                "%*s = note: %d minute%s of the next 24 h ha%s %d or more "
                "starts\n",
                gutter, "", minutes, minutes == 1 ? "" : "s",
                minutes == 1 ? "s" : "ve", HERD_MIN);
}

#define HELP_MAX 128

static void help_format(const struct herd *herd, char help[HELP_MAX])
{
    if (herd->spread_most < herd->most)
        snprintf(help, HELP_MAX,
                 "add  phase = \"auto\"  to defaults: at most %u job%s would "
                 "start together",
                 herd->spread_most, herd->spread_most == 1 ? "" : "s");
    else
        snprintf(help, HELP_MAX,
                 "phase = \"auto\" would not change it; give them other "
                 "times, or a jitter");
}

static uint32_t first_line(const struct herd *herd)
{
    for (uint32_t i = 0; i < jobset_count(herd->set); i++)
        if (starts_at(jobset_job(herd->set, i), herd->first + herd->at))
            return jobset_job(herd->set, i)->line;
    return 0;
}

static void warn(const struct herd *herd, bool ascii, struct mistakes *warnings)
{
    char when[DISPLAY_MAX], message[160], help[HELP_MAX];
    struct wall at = { (herd->first + herd->at) * MINUTE_MS };
    int gutter = display_digits(first_line(herd));
    struct text picture;
    text_init(&picture, 1 << 16);
    picture_put(herd, gutter, ascii, &picture);
    const struct job *first = jobs_put(herd, gutter, &picture);
    note_put(herd, gutter, &picture);
    help_format(herd, help);
    text_printf(&picture, "%*s = help: %s\n", gutter, "", help);
    display_when(at, at, jobset_zone(herd->set), when);
    snprintf(message, sizeof message, "%u jobs start in the same minute, %.*s",
             herd->most, 9, when);
    warning_add_picture(warnings, first, "W201", message, help, picture.data);
    text_close(&picture);
}

void herd_find(const struct jobset *set, struct wall now, bool ascii,
               struct mistakes *warnings)
{
    struct herd *herd = memory_new(sizeof *herd);
    herd->set = set;
    herd->now = now;
    herd->first = minute_of(now.ms);
    if (is_short_enough(herd)) {
        count_all(herd);
        if (herd->most >= HERD_MIN)
            warn(herd, ascii, warnings);
    }
    free(herd);
}
