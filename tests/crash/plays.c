/* The plays: the six things that the store goes through. */
#include "plays.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "mooncron/store.h"

#include "operator.h"

/* Names say how often a job is due: s and q each second, c each five, r each
 * minute; and what its runs may have to wait for: q for room, r for another
 * attempt, c for its turn to be made up. Those of a are as often as those of s,
 * and come and go. Those of h are each hour, and run when that is ordered: b in
 * old slots, which may be ordered again, t by hand, with further attempts. */
const struct rhythm play_rhythms[] = {
    { "s", .every_ms = 1000 },
    { "a", .every_ms = 1000, .may_be_away = true },
    { "q", .every_ms = 1000, .may_wait = true },
    { "c", .every_ms = 5000, .may_wait = true },
    { "r", .every_ms = 60000, .may_wait = true, .again = true },
    { "hb", .may_wait = true, .again = true },
    { "ht", .may_wait = true, .again = true },
    { .prefix = "h" },
    { .prefix = NULL },
};

static const char usual[] =
    "defaults { retry = false, timeout = '5s' }\n"
    "group 'one' { limit = 1 }\n"
    "for i = 1, 4 do\n"
    "  job('s' .. i) { every = '1s', post = '/api/feed/rank' }\n"
    "end\n"
    "for i = 1, 3 do\n"
    "  job('q' .. i) { every = '1s', group = 'one', overlap = 'queue',\n"
    "                  post = '/api/feed/flush' }\n"
    "end\n"
    "job 'c' { every = '5s', catch_up = '1m', post = '/api/feed/rank' }\n"
    "job 'r' { every = '1m', retry = 3, post = '/api/feed/rank' }\n"
    "job 's-paused' { every = '1s', post = '/api/feed/rank' }\n";

/* Two of them leave, two come, one is another. */
static const char other[] =
    "defaults { retry = false, timeout = '5s' }\n"
    "group 'one' { limit = 1 }\n"
    "for i = 3, 6 do\n"
    "  job('s' .. i) { every = '1s', post = '/api/feed/rank' }\n"
    "end\n"
    "for i = 2, 3 do\n"
    "  job('q' .. i) { every = '1s', group = 'one', overlap = 'queue',\n"
    "                  post = '/api/feed/flush' }\n"
    "end\n"
    "job 'c' { every = '5s', catch_up = '1m', post = '/api/feed/aggregate' }\n"
    "job 'r' { every = '1m', retry = 3, post = '/api/feed/rank' }\n"
    "job 's-paused' { every = '1s', post = '/api/feed/rank' }\n";

/* A batch of many claims each second, and one of their verdicts. */
static const char many[] =
    "defaults { retry = false, timeout = '5s' }\n"
    "for i = 1, 40 do\n"
    "  job('s' .. i) { every = '1s', post = '/api/feed/rank' }\n"
    "end\n";

/* Few are due by themselves: the calls of the play are the orders'. */
static const char ordered[] =
    "defaults { retry = false, timeout = '5s' }\n"
    "for i = 1, 4 do\n"
    "  job('s' .. i) { every = '1s', post = '/api/feed/rank' }\n"
    "end\n"
    "job 's-paused' { every = '1s', post = '/api/feed/rank' }\n"
    "job 's-resumed' { every = '1s', post = '/api/feed/rank' }\n"
    "job 'ht' { every = '1h', retry = 3, post = '/api/feed/flush' }\n"
    "job 'h-once' { every = '1h', post = '/api/feed/flush' }\n"
    "job 'hb' { every = '1h', post = '/api/feed/aggregate' }\n"
    "job 'hb-cancelled' { every = '1h', post = '/api/feed/aggregate' }\n";

/* Many claims, and a few jobs for orders. */
#define LOADED(most, first, last, path)                                        \
    "defaults { retry = false, timeout = '5s' }\n"                             \
    "for i = 1, " most " do\n"                                                 \
    "  job('s' .. i) { every = '1s', post = '/api/feed/rank' }\n"              \
    "end\n"                                                                    \
    "for i = " first ", " last " do\n"                                         \
    "  job('a' .. i) { every = '1s', post = '" path "' }\n"                    \
    "end\n"                                                                    \
    "for i = 1, 2 do\n"                                                        \
    "  job('s-p' .. i) { every = '1s', post = '/api/feed/rank' }\n"            \
    "  job('hb' .. i) { every = '1h', post = '/api/feed/aggregate' }\n"        \
    "end\n"                                                                    \
    "job 'ht' { every = '1h', retry = 3, post = '/api/feed/flush' }\n"         \
    "job 'h-once' { every = '1h', post = '/api/feed/flush' }\n"

#define OLD_SLOTS  10
#define SOME_CALLS 4
#define MANY_CALLS 120

static void write_schedule(const struct scene *scene, const char *text)
{
    scratch_write(&scene->scratch, "schedules.lua", text);
}

/* ---- what an earlier life has left ---- */

static struct entry entry_of(enum entry_kind kind, const char *job,
                             int64_t slot_ms)
{
    return (struct entry){ .kind = kind,
                           .job = job,
                           .at = { slot_ms },
                           .cursor = { slot_ms },
                           .slot = { slot_ms },
                           .last = { slot_ms },
                           .generation = 1,
                           .attempt = 1,
                           .epoch = 1,
                           .error = "",
                           .by = "" };
}

/* Runs that were claimed, that waited, that ended, a pause, and a job that is
 * no more. */
static void leave_open_rows(const struct scene *scene)
{
    char folder[SCRATCH_MAX + 16], path[SCRATCH_MAX + 32];
    struct error error, note;
    int64_t now_ms = scene->began_ms, minute_ms = now_ms / 60000 * 60000;
    snprintf(folder, sizeof folder, "%s/state", scene->scratch.path);
    snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    struct store *store = store_open_sqlite(
        path, "earlier", (struct wall){ now_ms - 9000 }, &note, &error);
    if (!store)
        fail_msg("%s", error.text);
    struct entry entries[] = {
        entry_of(ENTRY_CLAIM, "s1", now_ms - 5000),
        entry_of(ENTRY_CLAIM, "s2", now_ms - 3000),
        entry_of(ENTRY_FINISH, "s2", now_ms - 3000),
        entry_of(ENTRY_WAIT, "q1", now_ms - 2000),
        entry_of(ENTRY_CLAIM, "r", minute_ms),
        entry_of(ENTRY_CLAIM, "gone", now_ms - 4000),
        entry_of(ENTRY_LANE, "s-paused", now_ms - 4000),
        entry_of(ENTRY_PAUSE, "s-paused", now_ms - 2000),
    };
    entries[2].verdict = VERDICT_FAILED;
    entries[3].epoch = 0;
    entries[7].last.ms = now_ms + 3000;
    enum entry_outcome outcomes[sizeof entries / sizeof *entries];
    if (!store_write(store, entries, sizeof entries / sizeof *entries, outcomes,
                     &error))
        fail_msg("%s", error.text);
    store_close(store, (struct wall){ now_ms - 1000 });
}

/* ---- the plays ---- */

static void start_armed(struct scene *scene)
{
    scene_arm(scene);
    scene_spawn(scene);
    if (scene_await_schedule(scene, 1))
        scene_await_calls(scene, SOME_CALLS);
    scene_disarm(scene);
}

static void first_start(struct scene *scene)
{
    write_schedule(scene, usual);
    start_armed(scene);
}

static void start_again(struct scene *scene)
{
    write_schedule(scene, usual);
    leave_open_rows(scene);
    start_armed(scene);
}

static void busy(struct scene *scene)
{
    write_schedule(scene, many);
    scene_spawn(scene);
    scene_await_schedule(scene, 1);
    scene_await_calls(scene, SOME_CALLS);
    scene_arm(scene);
    scene_await_calls(scene, MANY_CALLS);
    scene_disarm(scene);
}

/* Where the load failed it is asked for again: by then the fault is over, or
 * the load fails once more and the old schedule goes on. */
static void reload(struct scene *scene)
{
    write_schedule(scene, usual);
    scene_spawn(scene);
    scene_await_schedule(scene, 1);
    scene_await_calls(scene, SOME_CALLS);
    write_schedule(scene, other);
    scene_arm(scene);
    if (scene_alive(scene))
        proc_signal(scene->worker.proc, SIGHUP);
    if (scene_await_load(scene, scene->told.generation + 1))
        scene_await_calls(scene, SOME_CALLS);
    scene_disarm(scene);
}

/* Runs are under way, and some wait. */
static void shutdown(struct scene *scene)
{
    write_schedule(scene, usual);
    stand_fault(&scene->stand, "/api/feed/flush", "slow", 100, 0);
    scene_spawn(scene);
    scene_await_schedule(scene, 1);
    scene_await_calls(scene, 2 * SOME_CALLS);
    scene_arm(scene);
    scene_stop(scene);
    scene_disarm(scene);
    stand_calm(&scene->stand);
}

/* The runs by hand are under way while the rest is ordered. */
static void orders(struct scene *scene)
{
    write_schedule(scene, ordered);
    stand_fault(&scene->stand, "/api/feed/flush", "slow", 50, 0);
    scene_spawn(scene);
    scene_await_schedule(scene, 1);
    scene_await_calls(scene, SOME_CALLS);
    scene_arm(scene);
    operator_pause(scene, "s-paused");
    operator_pause(scene, "s-resumed");
    operator_trigger(scene, "ht");
    operator_trigger(scene, "h-once");
    operator_backfill(scene, "hb", OLD_SLOTS);
    operator_backfill(scene, "hb-cancelled", OLD_SLOTS);
    scene_await_calls(scene, SOME_CALLS); /* and slots of the pauses */
    operator_resume(scene, "s-resumed");
    operator_cancel(scene, "hb-cancelled");
    operator_follow(scene);
    scene_disarm(scene);
    stand_calm(&scene->stand);
}

void play_write_load(struct scene *scene, bool second)
{
    write_schedule(scene, second ? LOADED("30", "4", "9", "/api/feed/aggregate")
                                 : LOADED("30", "1", "6", "/api/feed/rank"));
}

const struct play plays[PLAYS] = {
    { "first-start", first_start },
    { "start-again", start_again },
    { "busy", busy },
    { "orders", orders },
    { "reload", reload },
    { "shutdown", shutdown },
};
