/* `mooncron status`: the jobs of the running daemon, when they run next and how
 * they went last. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coming.h"
#include "display.h"
#include "grid.h"
#include "mooncron/memory.h"
#include "result.h"
#include "talk.h"
#include "verbs.h"
#include "writing.h"

static const struct args_option options[] = {
    { "json", 0, NULL, "as JSON" },
};

static const struct args_verb verb = {
    .name = "status",
    .about = "Shows what the daemon at MOONCRON_URL does: when its jobs run "
             "next, how\nthey went last. Of one job it tells more.\n",
    .operands = "[JOB]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

/* ---- cells ---- */

static const struct zone *zone_of(struct talk *talk, const json_t *job)
{
    if (*talk_text(job, "timezone"))
        return talk_zone(talk, job);
    return talk_zone(talk, talk->json);
}

/* What has begun, or, where nothing goes on, what has ended; or NULL. */
static const json_t *newest_run(const json_t *job)
{
    static const char *const names[] = { "running", "left_open" };
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(job, names[i]))
            return json_object_get(job, names[i]);
    return json_object_get(job, "last");
}

static const char *cell_span(int64_t ms, const char *after,
                             char cell[DISPLAY_MAX])
{
    char span[DISPLAY_MAX];
    snprintf(cell, DISPLAY_MAX, "%.32s%s", display_in(ms < 0 ? 0 : ms, span),
             after);
    return cell;
}

/* A clock's reading of a time that is not far; "Mon 14:03:18". */
static const char *cell_when(struct wall at, struct wall now,
                             const struct zone *zone, char cell[DISPLAY_MAX])
{
    if (at.ms == NEVER_MS)
        return "-";
    /* The past looks like the future as far away. */
    struct wall mirrored = { at.ms < now.ms ? 2 * at.ms - now.ms : now.ms };
    return display_when(at, mirrored, zone, cell);
}

/* Between two attempts: the next one, and when it is. "accepted 1/3": the
 * backend goes on with it. */
static void put_running(struct talk *talk, const json_t *job, struct text *out)
{
    const json_t *running = json_object_get(job, "running");
    struct wall again = talk_time(running, "again");
    char cell[DISPLAY_MAX];
    bool rests = again.ms != NEVER_MS;
    bool accepted = json_object_get(running, "accepted");
    text_printf(out, "%s%" PRId64 "/%" PRId64,
                rests      ? ""
                : accepted ? "accepted "
                           : "running ",
                talk_number(running, "attempt") + rests,
                talk_number(job, "attempts"));
    if (rests)
        text_printf(out, " at %s",
                    cell_when(again, talk_time(talk->json, "now"),
                              zone_of(talk, job), cell));
}

static void put_result(struct talk *talk, const json_t *job, struct text *out)
{
    const json_t *running = json_object_get(job, "running");
    const json_t *last = json_object_get(job, "last");
    if (running)
        put_running(talk, job, out);
    else if (json_object_get(job, "left_open"))
        text_puts(out, "left open");
    else if (talk_number(job, "going"))
        text_puts(out, "waiting");
    else if (last)
        result_put(last, out);
    else
        text_putc(out, '-');
}

static void put_p50(struct talk *talk, const json_t *job, struct text *out)
{
    (void)talk;
    if (json_is_integer(json_object_get(job, "p50_ms")))
        writing_span(out, talk_number(job, "p50_ms"));
    else
        text_putc(out, '-');
}

/* ---- the table ---- */

static void add_text(struct talk *talk, struct grid *grid, const json_t *job,
                     void (*put)(struct talk *talk, const json_t *job,
                                 struct text *out))
{
    struct text cell;
    text_init(&cell, 128);
    put(talk, job, &cell);
    grid_add(grid, cell.data);
    text_close(&cell);
}

/* It is due already, and nothing is fired. */
static bool is_held_back(const struct talk *talk, struct wall next)
{
    return next.ms < talk_time(talk->json, "now").ms &&
           !talk_bool(talk->json, "store_well");
}

static void add_next(struct talk *talk, struct grid *grid, const json_t *job,
                     struct wall now, const struct zone *zone)
{
    char cell[DISPLAY_MAX];
    struct wall next = talk_time(job, "next");
    bool paused = json_object_get(job, "paused");
    grid_add(grid, paused ? "-" : cell_when(next, now, zone, cell));
    if (paused)
        grid_add(grid, "paused");
    else if (next.ms == NEVER_MS)
        grid_add(grid, "-");
    else if (is_held_back(talk, next))
        grid_add(grid, "held");
    else
        grid_add(grid, cell_span(next.ms - now.ms, "", cell));
}

static void add_job(struct talk *talk, struct grid *grid, const json_t *job,
                    struct wall now)
{
    char cell[DISPLAY_MAX];
    const struct zone *zone = zone_of(talk, job);
    const json_t *run = newest_run(job);
    struct wall started = talk_time(run, "started");
    int64_t fails = talk_number(job, "fails");
    add_next(talk, grid, job, now, zone);
    grid_add(grid, cell_when(started, now, zone, cell));
    grid_add(grid, started.ms == NEVER_MS
                       ? "-"
                       : cell_span(now.ms - started.ms, " ago", cell));
    add_text(talk, grid, job, put_result);
    add_text(talk, grid, job, put_p50);
    snprintf(cell, sizeof cell, "%" PRId64, fails);
    grid_add(grid, fails ? cell : "-");
    grid_add(grid, talk_text(job, "name"));
}

static int by_next(const void *a, const void *b)
{
    struct wall left = talk_time(*(json_t *const *)a, "next");
    struct wall right = talk_time(*(json_t *const *)b, "next");
    return (left.ms > right.ms) - (left.ms < right.ms);
}

/* The jobs that have slots, by the next one; the caller frees. */
static json_t **scheduled_new(const json_t *jobs, size_t *ret_count)
{
    json_t **list = memory_new(json_array_size(jobs) * sizeof *list);
    *ret_count = 0;
    for (size_t i = 0; i < json_array_size(jobs); i++)
        if (talk_bool(json_array_get(jobs, i), "scheduled"))
            list[(*ret_count)++] = json_array_get(jobs, i);
    qsort(list, *ret_count, sizeof *list, by_next);
    return list;
}

static void put_table(struct talk *talk, struct text *out)
{
    static const char *const heads[] = { "NEXT",   "LEFT", "LAST",  "AGO",
                                         "RESULT", "P50",  "FAILS", "NAME" };
    struct wall now = talk_time(talk->json, "now");
    size_t count;
    json_t **jobs = scheduled_new(json_object_get(talk->json, "jobs"), &count);
    struct grid grid;
    grid_init(&grid, 8, "     rr ");
    for (size_t i = 0; i < 8; i++)
        grid_add(&grid, heads[i]);
    for (size_t i = 0; i < count; i++)
        add_job(talk, &grid, jobs[i], now);
    grid_print(&grid, out);
    grid_close(&grid);
    free(jobs);
}

/* ---- what stands above and below ---- */

/* " ×1", as plan has it. */
static void put_multiplier(const json_t *json, struct text *out)
{
    const json_t *factor = json_object_get(json, "multiplier");
    double least = json_number_value(json_object_get(factor, "least"));
    double most = json_number_value(json_object_get(factor, "most"));
    if (least > 0)
        text_printf(out, " ×%g", least);
    if (most > least)
        text_printf(out, " to ×%g", most);
}

/* "schedule #14 loaded Mon 14:02:10 by webhook (ana@example.org)". */
static void put_schedule(struct talk *talk, struct text *out)
{
    static const struct {
        const char *name, *words;
    } causes[] = {
        { "start", "at the start" },
        { "zones", "for other time zone data" },
        { "script", "after the script host had died" },
    };
    const json_t *schedule = json_object_get(talk->json, "schedule");
    const char *cause = talk_text(schedule, "loaded_by"), *words = NULL;
    char since[DISPLAY_MAX];
    if (!talk_number(schedule, "generation")) {
        text_puts(out, "no schedule yet\n");
        return;
    }
    text_printf(out, "schedule #%" PRId64 " loaded %s",
                talk_number(schedule, "generation"),
                cell_when(talk_time(schedule, "since"),
                          talk_time(talk->json, "now"),
                          talk_zone(talk, talk->json), since));
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (strcmp(cause, causes[i].name) == 0)
            words = causes[i].words;
    if (*cause)
        text_printf(out, "%s%s", words ? " " : " by ", words ? words : cause);
    if (*talk_text(schedule, "by"))
        text_printf(out, " (%s)", talk_text(schedule, "by"));
    text_putc(out, '\n');
}

/* Why nothing is fired, whatever is due; NULL: it is. */
static const char *hurdle(const json_t *json)
{
    if (talk_bool(json, "stopping"))
        return "It is stopping: nothing more is fired.";
    return talk_bool(json, "store_well")
               ? NULL
               : "The store has failed: nothing is fired until it is well.";
}

static void put_hurdle(const json_t *json, struct text *out)
{
    if (hurdle(json))
        text_printf(out, "%s\n", hurdle(json));
}

static void put_worker(struct talk *talk, struct text *out)
{
    const json_t *json = talk->json;
    text_printf(out, "mooncron %s · %s · %s", talk_text(json, "mooncron"),
                talk_bool(json, "primary") ? "primary" : "spare",
                talk_text(json, "environment"));
    put_multiplier(json, out);
    text_printf(out, " · enableJobs %s · ",
                talk_bool(json, "enableJobs") ? "on" : "OFF");
    put_schedule(talk, out);
    put_hurdle(json, out);
    if (talk_number(json, "fetch_failures"))
        text_puts(out, "The backend does not answer with Settings.\n");
}

/* The first failing job in the order of the file, or NULL. */
static const char *failing(const json_t *jobs)
{
    for (size_t i = 0; i < json_array_size(jobs); i++)
        if (talk_number(json_array_get(jobs, i), "fails"))
            return talk_text(json_array_get(jobs, i), "name");
    return NULL;
}

static void put_totals(const struct talk *talk, struct text *out)
{
    const json_t *totals = json_object_get(talk->json, "totals");
    const char *worst = failing(json_object_get(talk->json, "jobs"));
    int64_t jobs = talk_number(totals, "jobs");
    int64_t off = jobs - talk_number(totals, "scheduled");
    text_printf(out, "\n%" PRId64 " job%s", jobs, jobs == 1 ? "" : "s");
    static const char *const counts[] = { "running", "paused", "failing" };
    for (size_t i = 0; i < 3; i++)
        if (talk_number(totals, counts[i]))
            text_printf(out, " · %" PRId64 " %s",
                        talk_number(totals, counts[i]), counts[i]);
    if (off)
        text_printf(out, " · %" PRId64 " not scheduled", off);
    if (talk_number(totals, "omitted"))
        text_printf(out, " · %" PRId64 " not shown (mooncron status JOB)",
                    talk_number(totals, "omitted"));
    if (worst)
        text_printf(out, "      mooncron logs %s", worst);
    text_putc(out, '\n');
}

/* ---- one job ---- */

static void put_date(struct talk *talk, const json_t *job, const json_t *json,
                     const char *name, struct text *out)
{
    writing_date(out, talk_time(json, name), zone_of(talk, job));
}

static void put_again(struct talk *talk, const json_t *job, const json_t *run,
                      struct text *out)
{
    if (!json_object_get(run, "again"))
        return;
    text_puts(out, "  again    ");
    put_date(talk, job, run, "again", out);
    text_printf(out, ", attempt %" PRId64 "/%" PRId64 "\n",
                talk_number(run, "attempt") + 1, talk_number(job, "attempts"));
}

static void put_accepted(struct talk *talk, const json_t *job,
                         const json_t *run, struct text *out)
{
    if (!json_object_get(run, "accepted"))
        return;
    text_puts(out, "  accepted ");
    put_date(talk, job, run, "accepted", out);
    text_puts(out, ", and asked for until ");
    put_date(talk, job, run, "asked_until", out);
    text_putc(out, '\n');
}

/* Of a run that a worker left when it died nobody knows. */
static void put_took(const json_t *run, struct text *out)
{
    if (!json_is_integer(json_object_get(run, "took_ms")))
        return;
    text_puts(out, " after ");
    writing_span(out, talk_number(run, "took_ms"));
}

static void put_run(struct talk *talk, const json_t *job, const char *name,
                    struct text *out)
{
    const json_t *run = json_object_get(job, name);
    if (!run)
        return;
    text_printf(out, "  %-8s ", name);
    put_date(talk, job, run, "started", out);
    if (*talk_text(run, "verdict")) {
        text_puts(out, ", ");
        result_put(run, out);
        put_took(run, out);
    } else {
        text_printf(out, ", attempt %" PRId64 "/%" PRId64,
                    talk_number(run, "attempt"), talk_number(job, "attempts"));
    }
    if (*talk_text(run, "error"))
        text_printf(out, ": %s", talk_text(run, "error"));
    result_put_no_more(run, "; ", out);
    text_putc(out, '\n');
    put_accepted(talk, job, run, out);
    put_again(talk, job, run, out);
}

static void put_passed(struct talk *talk, const json_t *job, struct text *out)
{
    const json_t *pass = json_object_get(job, "last_passed");
    if (!pass)
        return;
    text_puts(out, "  not run  ");
    put_date(talk, job, pass, "slot", out);
    text_puts(out, ", ");
    result_put(pass, out);
    text_putc(out, '\n');
}

/* What another worker had begun: nobody knows whether its request left. */
static void put_left_open(struct talk *talk, const json_t *job,
                          struct text *out)
{
    const json_t *left = json_object_get(job, "left_open");
    if (!left)
        return;
    text_puts(out, "  open     ");
    put_date(talk, job, left, "started", out);
    text_printf(out,
                ", attempt %" PRId64 "/%" PRId64
                ": left open by a worker that ended, and is tried again\n",
                talk_number(left, "attempt"), talk_number(job, "attempts"));
}

/* The newest slot, where it is known which, and what stands before it; of
 * several runs, before the first. */
static void put_waiting(struct talk *talk, const json_t *job, struct text *out)
{
    const json_t *waiting = json_object_get(job, "waiting");
    int64_t runs = talk_number(waiting, "runs");
    if (!waiting)
        return;
    text_puts(out, "  waiting  ");
    if (runs > 1)
        text_printf(out, "%" PRId64 " runs", runs);
    else if (talk_time(waiting, "slot").ms != NEVER_MS)
        put_date(talk, job, waiting, "slot", out);
    else
        text_puts(out, "one run");
    text_printf(out, ": %s\n", talk_text(waiting, "words"));
}

static void put_pause(struct talk *talk, const json_t *job, struct text *out)
{
    const json_t *pause = json_object_get(job, "paused");
    if (!pause)
        return;
    text_puts(out, "  paused   until ");
    put_date(talk, job, pause, "until", out);
    if (*talk_text(pause, "by"))
        text_printf(out, ", by %s", talk_text(pause, "by"));
    if (*talk_text(pause, "reason"))
        text_printf(out, ": %s", talk_text(pause, "reason"));
    text_putc(out, '\n');
}

static void put_next(struct talk *talk, const json_t *job, struct text *out)
{
    struct wall next = talk_time(job, "next");
    int64_t left_ms = next.ms - talk_time(talk->json, "now").ms;
    text_puts(out, "  next     ");
    if (next.ms == NEVER_MS) {
        text_puts(out, "never\n");
        return;
    }
    put_date(talk, job, job, "next", out);
    if (is_held_back(talk, next)) {
        text_puts(out, ", due, and held back until the store is well\n");
        return;
    }
    text_puts(out, ", in ");
    writing_span(out, left_ms > 0 ? left_ms : 0);
    text_putc(out, '\n');
}

static void put_circuit(struct talk *talk, const json_t *job, struct text *out)
{
    const json_t *circuit = json_object_get(job, "circuit");
    const char *origin = talk_text(circuit, "origin");
    if (!circuit)
        return;
    text_printf(out, "  circuit  open: %s failed %" PRId64 " times in a row, ",
                *origin ? origin : "BACKEND_URL",
                talk_number(circuit, "fails"));
    text_puts(out, talk_text(circuit, "cause"));
    if (talk_number(circuit, "status"))
        text_printf(out, " %" PRId64, talk_number(circuit, "status"));
    if (talk_bool(circuit, "probing")) {
        text_puts(out, "; a call finds out");
    } else if (talk_time(circuit, "again").ms != NEVER_MS) {
        text_puts(out, "; let through from ");
        put_date(talk, job, circuit, "again", out);
    }
    text_putc(out, '\n');
}

static void put_target(const json_t *job, struct text *out)
{
    const json_t *target = json_object_get(job, "target");
    text_printf(out, "%s  ", talk_text(job, "name"));
    if (talk_number(target, "lua"))
        text_printf(out, "lua :%" PRId64, talk_number(target, "lua"));
    else
        text_printf(out, "%s %s", talk_text(target, "method"),
                    talk_text(target, "path"));
    text_printf(out, "  overlap %s\n", talk_text(job, "overlap"));
}

static void put_job(struct talk *talk, const json_t *job, struct text *out)
{
    put_target(job, out);
    if (!talk_bool(job, "scheduled")) {
        text_printf(out, "  not scheduled: %s\n", talk_text(job, "reason"));
        return;
    }
    put_next(talk, job, out);
    put_pause(talk, job, out);
    put_run(talk, job, "running", out);
    put_left_open(talk, job, out);
    put_run(talk, job, "last", out);
    put_passed(talk, job, out);
    if (talk_number(job, "fails"))
        text_printf(out, "  fails    %" PRId64 " in a row\n",
                    talk_number(job, "fails"));
    put_waiting(talk, job, out);
    put_circuit(talk, job, out);
}

/* ---- the whole ---- */

static bool ask(struct talk *talk)
{
    talk_path(talk, "status", NULL);
    if (talk->job)
        talk_param(talk, "job", talk->job);
    return talk_get(talk);
}

static void tell(struct talk *talk, struct text *out)
{
    if (talk->job) {
        const json_t *jobs = json_object_get(talk->json, "jobs");
        put_job(talk, json_array_get(jobs, 0), out);
        put_hurdle(talk->json, out);
    } else {
        put_worker(talk, out);
        text_putc(out, '\n');
        put_table(talk, out);
        put_totals(talk, out);
    }
}

int cli_status(int argc, char **argv)
{
    static const struct talk_verb status = { .args = &verb,
                                             .ask = ask,
                                             .tell = tell };
    return talk_run(&status, argc, argv);
}
