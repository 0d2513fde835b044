/* Any instant of a job, past or future, is explained: one line a case. */
#include "why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60000
/* 2026-11-23 12:00:00 UTC, a slot of the job, which comes each ten minutes. */
#define NOON INT64_C(1795435200000)
#define AT(minutes)                                                            \
    {                                                                          \
        NOON + (int64_t)(minutes)*MINUTE                                       \
    }

/* What is the case where a test says nothing else: it is 12:34, the schedule
 * has been in force since 08:00, and nothing is written down. */
struct scene {
    struct job job;
    struct dossier dossier;
    struct why_case c;
};

static void scene_set(struct scene *scene)
{
    *scene =
        (struct scene){ .job = { .name = "rank", .overlap = OVERLAP_SKIP } };
    scene->job.schedule.every_ms = 10 * MINUTE;
    scene->c = (struct why_case){
        .job = &scene->job,
        .zone = zone_utc(),
        .at = AT(34),
        .now = AT(34),
        .environment = "production",
        .primary = true,
        .lane = { .started = { EVER_MS },
                  .paused_until = { EVER_MS },
                  .unwritten = { EVER_MS } },
        .generation = 7,
        .in_force_since = AT(-240),
        .dossier = &scene->dossier,
    };
}

static void scene_rows(struct scene *scene, struct history_row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].job = "rank";
        rows[i].error = rows[i].error ? rows[i].error : "";
        rows[i].by = rows[i].by ? rows[i].by : "";
        rows[i].owner = "";
        if (!rows[i].count)
            rows[i].last = rows[i].slot;
    }
    scene->dossier.rows = rows;
    scene->dossier.row_count = count;
}

static void expect(const struct scene *scene, const char *needle)
{
    struct text out;
    text_init(&out, 1 << 16);
    why_tell(&scene->c, &out);
    if (!strstr(out.data, needle))
        fail_msg("\"%s\" is not in\n%s", needle, out.data);
    text_close(&out);
}

static void at(struct scene *scene, int minutes)
{
    scene->c.at.ms = NOON + (int64_t)minutes * MINUTE;
}

static struct history_row run_of(int minutes, enum verdict verdict)
{
    return (struct history_row){ .slot = AT(minutes),
                                 .started = AT(minutes),
                                 .ended = { NOON + minutes * MINUTE + 2100 },
                                 .took_ms = 2100,
                                 .attempt = 1,
                                 .verdict = (uint8_t)verdict,
                                 .claimed = true,
                                 .done = true };
}

static void a_slot_too_soon_after_a_run_will_be_skipped(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    scene.job.min_gap_ms = 25 * MINUTE;
    scene.c.lane.started = (struct wall)AT(30);
    at(&scene, 40);
    expect(&scene, "\"code\":\"held\"");
    expect(&scene, "12:40:00 UTC will be skipped: it comes sooner than 25m "
                   "after the start of the run before it, Mon 2026-11-23 "
                   "12:30:00 UTC (min_gap).");
    at(&scene, 60);
    expect(&scene, "13:00:00 UTC will be run, in 26m.");
    at(&scene, 80); /* after a run that is to come */
    expect(&scene, "will be skipped: it comes sooner than 25m after the start "
                   "of the run before it, Mon 2026-11-23 13:00:00 UTC");
    at(&scene, 30 * 20000); /* more than a year: 20000 runs before it */
    expect(&scene, "\"code\":\"due\"");
    expect(&scene, "; unless it comes sooner than 25m after the start of the "
                   "run before it (min_gap).");
    scene.c.lane.started.ms = EVER_MS;
    at(&scene, 40);
    expect(&scene, "12:40:00 UTC will be run, in 6m.");
}

static void what_the_worker_does_not_fire_is_not_promised(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    at(&scene, 40);
    scene.c.store_ill = true;
    expect(&scene, "\"code\":\"held\"");
    expect(&scene, "12:40:00 UTC would be run, in 6m; nothing is fired until "
                   "the journal can be written.");
    scene.c.stopping = true;
    expect(&scene, "would be run, in 6m; the worker is stopping.");
}

static void between_slots_nothing_is_due(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(30, VERDICT_OK) };
    scene_set(&scene);
    scene_rows(&scene, rows, 1);
    expect(&scene, "\"code\":\"not_due\"");
    expect(&scene, "rank is not due Mon 2026-11-23 12:34:00 UTC.");
    expect(&scene, "12:30:00 UTC was run: ok, after 2.1s.");
    expect(&scene, "12:40:00 UTC will be run, in 6m.");
    expect(&scene, "\"previous\":\"2026-11-23T12:30:00Z\"");
    expect(&scene, "\"next\":\"2026-11-23T12:40:00Z\"");
    at(&scene, 25);
    expect(&scene, "rank was not due Mon 2026-11-23 12:25:00 UTC.");
}

static void a_minute_means_all_of_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    scene.job.schedule.phase_ms = 18000;
    at(&scene, 50);
    expect(&scene, "12:50:18 UTC will be run, in 16m18s.");
    scene.c.at.ms += 1000; /* a second does not */
    expect(&scene, "\"code\":\"not_due\"");
}

static void a_run_is_told_with_its_result(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(20, VERDICT_FAILED),
                                  run_of(10, VERDICT_UNKNOWN) };
    scene_set(&scene);
    rows[0].status = 503;
    rows[0].attempt = 3;
    rows[0].error = "the backend answered 503";
    rows[0].started.ms += 40 * MINUTE;
    rows[0].trigger = TRIGGER_CATCH_UP;
    scene_rows(&scene, rows, 2);
    at(&scene, 20);
    expect(&scene, "\"code\":\"ran\"");
    expect(&scene, "was run, to catch up: failed, with 503, after 2.1s, at "
                   "attempt 3; the backend answered 503.");
    expect(&scene, "It began late, Mon 2026-11-23 13:00:00 UTC.");
    at(&scene, 10);
    expect(&scene, "was run: unknown, after 2.1s.");
    at(&scene, 20);
    rows[0].why = WHY_CIRCUIT; /* it answered, though badly */
    scene.job.retry.attempts = 5;
    expect(&scene, "at attempt 3; the backend answered 503; no attempt 4 of 5: "
                   "the circuit of its origin was open.");
    rows[0].why = WHY_NEXT_SLOT;
    expect(&scene, "; no attempt 4 of 5: the next slot would come before it.");
    scene.job.retry.attempts = 3; /* in the file of now */
    expect(&scene, "; no attempt 4: the next slot would come before it.");
    rows[0].why = WHY_STOPPING;
    expect(&scene, "at attempt 3; the worker was told to stop; the backend "
                   "answered 503.");
}

static void a_run_that_goes_on_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(30, 0) };
    scene_set(&scene);
    rows[0].done = false;
    rows[0].ended.ms = EVER_MS;
    scene_rows(&scene, rows, 1);
    scene.c.lane.going = 1;
    expect(&scene, "\"code\":\"running\"");
    expect(&scene, "A run is going now, since Mon 2026-11-23 12:30:00 UTC; if "
                   "it still is then, the slot is skipped.");
}

static void what_a_run_waits_for_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(30, 0) };
    scene_set(&scene);
    at(&scene, 30);
    scene.c.lane.unwritten = scene.c.at; /* it has no row */
    scene.c.blocker = (struct blocker){
        .kind = BLOCKER_GROUP,
        .group = "db",
        .limit = 2,
        .holders = { { "hub", { AT(10), false }, AT(11) },
                     { "sync", { AT(20), false }, AT(20) } },
        .holder_count = 2,
    };
    expect(&scene, "\"code\":\"waiting\"");
    expect(&scene,
           "12:30:00 UTC waits to be run: its group \\\"db\\\" is full, with 2 "
           "at once: hub, since Mon 2026-11-23 12:11:00 UTC; sync, since Mon "
           "2026-11-23 12:20:00 UTC.");
    expect(&scene, "\"run\":null");
    scene.c.blocker.kind = BLOCKER_RUN;
    expect(&scene, "waits to be run: the run of Mon 2026-11-23 12:10:00 UTC "
                   "goes on, since Mon 2026-11-23 12:11:00 UTC.");
    scene.c.blocker.kind = BLOCKER_STORE;
    expect(&scene, "waits to be run: the store has failed");
    scene.c.lane.unwritten.ms = EVER_MS;
    expect(&scene, "\"code\":\"unwritten\"");
    rows[0].done = rows[0].claimed = false; /* it has one */
    rows[0].started.ms = rows[0].ended.ms = EVER_MS;
    rows[0].trigger = TRIGGER_CATCH_UP;
    scene.c.blocker.kind = BLOCKER_TURN;
    scene_rows(&scene, rows, 1);
    expect(&scene, "\"code\":\"waiting\"");
    expect(&scene, "waits to be run, to catch up: runs that are made up begin "
                   "one after the other, none before the worker has lived");
    at(&scene, 34);
    rows[0].trigger = TRIGGER_SCHEDULE; /* it goes on, as overlap sees it */
    scene.c.lane.going = 1;
    expect(&scene, "\"code\":\"waiting\"");
    expect(&scene, "A run is going now; if it still is then");
}

/* The row says what was, the recent what is. */
static void a_run_that_rests_says_when_it_goes_on(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(30, 0) };
    struct recent_attempt failed = { .number = 1,
                                     .at = AT(31),
                                     .pause_ms = 5 * MINUTE,
                                     .error = (char[]){ "refused" } };
    struct recent_job recent = {
        .goes_on = true,
        .going = { .key = { AT(30), false },
                   .attempt = 1,
                   .started = AT(30),
                   .ended = { EVER_MS } },
        .attempts_of = { AT(30), false },
        .attempts = &failed,
        .attempt_count = 1,
    };
    scene_set(&scene);
    scene.job.retry.attempts = 3;
    scene.c.recent = &recent;
    at(&scene, 30);
    expect(&scene, "is being run, since Mon 2026-11-23 12:30:00 UTC, attempt 1 "
                   "of 3, which failed: refused; attempt 2 of 3 follows Mon "
                   "2026-11-23 12:36:00 UTC.");
    rows[0].done = false; /* with its row, too */
    rows[0].ended.ms = EVER_MS;
    rows[0].error = "refused";
    scene_rows(&scene, rows, 1);
    expect(&scene, "; attempt 2 of 3 follows Mon 2026-11-23 12:36:00 UTC.");
    recent.going.attempt = 2;
    expect(&scene, "attempt 2 of 3; attempt 1 failed: refused.");
    scene.c.recent = NULL;
    expect(&scene, "attempt 1 of 3, which failed, and another follows: "
                   "refused.");
}

/* Its row was not there yet when the store was asked. */
static void what_ended_just_now_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct recent_job recent = { .ran = true,
                                 .last = { .key = { AT(30), false },
                                           .attempt = 1,
                                           .started = AT(30),
                                           .ended = AT(31),
                                           .took_ms = MINUTE,
                                           .verdict = VERDICT_OK } };
    scene_set(&scene);
    scene.c.recent = &recent;
    at(&scene, 30);
    expect(&scene, "\"code\":\"ran\"");
    expect(&scene, "was run: ok, after 1m.");
}

static void a_skipped_slot_names_the_run_that_was_going(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = {
        { .slot = AT(20),
          .last = AT(20),
          .count = 1,
          .verdict = VERDICT_SKIPPED,
          .why = WHY_OVERLAP },
        run_of(10, VERDICT_OK),
    };
    scene_set(&scene);
    rows[1].ended.ms += 14 * MINUTE;
    scene_rows(&scene, rows, 2);
    at(&scene, 20);
    expect(&scene, "\"code\":\"skipped\"");
    expect(&scene,
           "12:20:00 UTC was skipped: the last run of the job was still "
           "going: that of Mon 2026-11-23 12:10:00 UTC, which began Mon "
           "2026-11-23 12:10:00 UTC and ended Mon 2026-11-23 12:24:02 UTC "
           "(overlap = \\\"skip\\\").");
    rows[1].started.ms += 12 * MINUTE; /* it waited for its group till then */
    expect(&scene, "that of Mon 2026-11-23 12:10:00 UTC, which waited to be "
                   "run and ended Mon 2026-11-23 12:24:02 UTC");
    scene.job.overlap = OVERLAP_ALLOW;
    scene.job.overlap_max = 3;
    expect(&scene, "(overlap = \\\"allow\\\", max = 3).");
    rows[1].trigger = TRIGGER_BACKFILL; /* nobody had asked for it yet */
    expect(&scene, "the last run of the job was still going.");
}

/* More slots than are read were passed over meanwhile. */
static void a_run_that_lasts_is_found_behind_what_it_skipped(void **state)
{
    (void)state;
    struct store *store = store_open_memory("a");
    struct error error;
    struct entry entries[WHY_ROWS_MAX + 12];
    enum entry_outcome outcomes[WHY_ROWS_MAX + 12];
    struct entry entry = {
        .kind = ENTRY_CLAIM, .job = "rank", .epoch = 1, .attempt = 1
    };
    entry.at = entry.slot = entry.last = (struct wall)AT(0);
    entry.cursor.ms = EVER_MS;
    for (int i = 0; i < WHY_ROWS_MAX + 10; i++) {
        entries[i] = entry;
        entry.kind = ENTRY_PASS;
        entry.count = 1;
        entry.verdict = VERDICT_SKIPPED;
        entry.why = WHY_OVERLAP;
        entry.slot.ms = entry.last.ms = entry.at.ms += 10 * MINUTE;
    }
    entry = entries[0];
    entry.kind = ENTRY_FINISH;
    entry.at.ms = NOON + (int64_t)(WHY_ROWS_MAX + 10) * 10 * MINUTE;
    entries[WHY_ROWS_MAX + 10] = entry;
    assert_true(
        store_write(store, entries, WHY_ROWS_MAX + 11, outcomes, &error));
    const struct history_query query = { .job = "rank",
                                         .from = { EVER_MS },
                                         .to = AT((WHY_ROWS_MAX + 5) * 10),
                                         .limit = WHY_ROWS_MAX };
    struct dossier *dossier = dossier_new(&query);
    while (dossier_read(dossier, store, &error) == HISTORY_GOES_ON)
        ;
    struct scene scene;
    scene_set(&scene);
    at(&scene, (WHY_ROWS_MAX + 5) * 10);
    scene.c.now = scene.c.at;
    scene.c.dossier = dossier;
    expect(&scene, "the last run of the job was still going.");
    assert_true(dossier_look_back(dossier));
    while (dossier_read(dossier, store, &error) == HISTORY_GOES_ON)
        ;
    assert_false(dossier_look_back(dossier));
    expect(&scene, "still going: that of Mon 2026-11-23 12:00:00 UTC");
    dossier_free(dossier);
    store_close(store, scene.c.now);
}

static void a_missed_slot_says_when_nobody_was_there(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { { .slot = AT(10),
                                    .last = AT(20),
                                    .count = 2,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_DOWN } };
    struct stored_life lives[] = { { "b", AT(25), AT(34), false },
                                   { "a", AT(-300), AT(5), true } };
    scene_set(&scene);
    scene.dossier.lives = lives;
    scene.dossier.life_count = 2;
    at(&scene, 20);
    expect(&scene, "\"code\":\"down\""); /* without a row, too */
    scene_rows(&scene, rows, 1);
    expect(&scene, "\"code\":\"missed\"");
    expect(&scene, "was missed: no worker was running from Mon 2026-11-23 "
                   "12:05:00 UTC to Mon 2026-11-23 12:25:00 UTC.");
    expect(&scene, "It was one of 2 slots, from Mon 2026-11-23 12:10:00 UTC to "
                   "Mon 2026-11-23 12:20:00 UTC.");
}

/* What was missed first and run afterwards was run. */
static void a_run_comes_before_what_was_passed_over(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(10, VERDICT_OK),
                                  { .slot = AT(10),
                                    .last = AT(20),
                                    .count = 2,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_DOWN } };
    scene_set(&scene);
    rows[0].trigger = TRIGGER_BACKFILL;
    scene_rows(&scene, rows, 2);
    at(&scene, 10);
    expect(&scene, "was run, as part of a backfill: ok");
    at(&scene, 20);
    expect(&scene, "\"code\":\"missed\"");
}

static void a_pause_says_whose_it_is(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    scene.dossier.is_paused = true;
    scene.dossier.pause = (struct stored_pause){ .job = "rank",
                                                 .by = "ana",
                                                 .reason = "db move",
                                                 .since = AT(15),
                                                 .until = AT(90) };
    scene.c.lane.paused_until = scene.dossier.pause.until;
    at(&scene, 40);
    expect(&scene, "\"code\":\"paused\"");
    expect(&scene, "the job is paused by ana, since Mon 2026-11-23 12:15:00 "
                   "UTC, until Mon 2026-11-23 13:30:00 UTC: db move. "
                   "Afterwards it is missed, for the job has no catch_up.");
    scene.job.catch_up.window_ms = 1;
    expect(&scene, "Afterwards it is made up as catch_up says.");
    at(&scene, 20); /* it is decided when the pause is over */
    expect(&scene, "\"code\":\"paused\"");
    expect(&scene, "12:20:00 UTC was not run: the job is paused by ana");
    at(&scene, 10); /* before it */
    expect(&scene, "\"code\":\"unwritten\"");
    at(&scene, 90); /* it is over by then */
    expect(&scene, "\"code\":\"due\"");
    struct history_row rows[] = { { .slot = AT(20),
                                    .last = AT(20),
                                    .count = 1,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_PAUSED } };
    scene_rows(&scene, rows, 1);
    at(&scene, 20);
    expect(&scene, "the job was paused by ana");
    rows[0].slot = rows[0].last = (struct wall)AT(10); /* an earlier pause */
    at(&scene, 10);
    expect(&scene, "was missed: the job was paused.");
    rows[0].by = "ben";
    rows[0].error = "the move";
    scene_rows(&scene, rows, 1);
    at(&scene, 10);
    expect(&scene, "was missed: the job was paused by ben: the move.");
}

static void a_job_without_slots_says_why(void **state)
{
    (void)state;
    static const struct {
        enum standing standing;
        const char *code, *words;
    } cases[] = {
        { STANDING_JOBS_OFF, "off", "enableJobs is off in Settings" },
        { STANDING_ENVIRONMENT, "environment",
          "`only` lists other environments" },
        { STANDING_DISABLED, "disabled", "enabled is false in the file" },
    };
    struct scene scene;
    scene_set(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char code[40];
        snprintf(code, sizeof code, "\"code\":\"%s\"", cases[i].code);
        scene.job.standing = (uint8_t)cases[i].standing;
        for (int minutes = 34; minutes < 50; minutes += 6) {
            at(&scene, minutes);
            expect(&scene, code);
            expect(&scene, "rank is not scheduled in production: ");
            expect(&scene, cases[i].words);
            expect(&scene, "(schedule #7, in force since Mon 2026-11-23 "
                           "08:00:00 UTC)");
        }
    }
}

/* Settings are on again; or off, and were on before. */
static void what_was_off_is_told_of_its_time(void **state)
{
    (void)state;
    struct scene scene;
    struct stored_off offs[] = {
        { AT(5), AT(15), OFF_SETTINGS, 5, "production" },
        { AT(-60), AT(-30), OFF_ENVIRONMENT, 4, "staging" },
        { AT(-90), AT(-80), 99, 3, "" },
    };
    scene_set(&scene);
    scene.dossier.offs = offs;
    scene.dossier.off_count = 3;
    at(&scene, 10);
    expect(&scene, "\"code\":\"off\"");
    expect(&scene,
           "rank was not scheduled Mon 2026-11-23 12:10:00 UTC: enableJobs was "
           "off in Settings, from Mon 2026-11-23 12:05:00 UTC to Mon "
           "2026-11-23 12:15:00 UTC (schedule #5, in production).");
    at(&scene, 12); /* between two slots, too */
    expect(&scene, "\"code\":\"off\"");
    at(&scene, 20);
    expect(&scene, "\"code\":\"unwritten\"");
    at(&scene, -40);
    expect(&scene, "\"code\":\"environment\"");
    expect(&scene, "`only` listed other environments, from Mon 2026-11-23 "
                   "11:00:00 UTC to Mon 2026-11-23 11:30:00 UTC (schedule #4, "
                   "in staging).");
    at(&scene, -60); /* the schedule before still had it */
    expect(&scene, "\"code\":\"unwritten\"");
    at(&scene, -85);
    expect(&scene, "for a reason that is not known here, from");
    offs[0].until.ms = EVER_MS; /* it is off still */
    scene.job.standing = STANDING_JOBS_OFF;
    scene.c.in_force_since = (struct wall)AT(5);
    at(&scene, 10);
    expect(&scene, "off in Settings, since Mon 2026-11-23 12:05:00 UTC "
                   "(schedule #5, in production).");
    at(&scene, 2);
    expect(&scene, "\"code\":\"not_due\"");
    expect(&scene, "Of its slot of Mon 2026-11-23 12:00:00 UTC nothing is");
    at(&scene, 34);
    expect(&scene, "rank is not scheduled in production: enableJobs is off");
}

static void what_may_come_between_is_told(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    at(&scene, 40);
    scene.c.lane.circuit_open = true;
    expect(&scene, "The circuit of its origin is open now; if it still is "
                   "then, the slot is skipped.");
    scene.c.circuit = (struct circuit_status){ .origin = "",
                                               .open = true,
                                               .holds = true,
                                               .cause = CAUSE_SERVER,
                                               .status = 503,
                                               .fails = 5,
                                               .opened = AT(30),
                                               .again = AT(36) };
    expect(&scene, "The circuit of its origin, BACKEND_URL, is open now, after "
                   "5 failures in a row: server 503; the next call is let "
                   "through from Mon 2026-11-23 12:36:00 UTC on; if it still "
                   "is then, the slot is skipped.");
    scene.c.circuit.probing = true;
    scene.c.circuit.origin = "http://other:1";
    expect(&scene, "origin, http://other:1, is open now, after 5 failures in a "
                   "row: server 503; a call finds out whether it is back; if");
    scene.job.max_runs = 3;
    scene.c.lane.runs = 3;
    expect(&scene, "\"code\":\"held\"");
    expect(&scene, "will not be run: the job has had all its runs");
    scene.c.primary = false;
    expect(&scene, "this worker starts nothing");
}

static void what_is_not_written_down_is_said_to_be_so(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    at(&scene, 20);
    expect(&scene, "\"code\":\"unwritten\"");
    expect(&scene, "12:20:00 UTC nothing is written down.");
    scene.c.in_force_since = (struct wall)AT(25);
    expect(&scene, "schedule #7, in force since Mon 2026-11-23 12:25:00 UTC, "
                   "is newer");
    scene.c.dossier = NULL;
    scene.c.failure = "the disk is full";
    expect(&scene, "nothing can be told: the disk is full.");
}

static void what_is_remembered_has_a_beginning(void **state)
{
    (void)state;
    struct scene scene;
    struct stored_life lives[] = { { "b", AT(25), AT(34), false } };
    scene_set(&scene);
    scene.c.in_force_since = (struct wall)AT(26);
    scene.dossier.lives = lives;
    scene.dossier.life_count = 1;
    at(&scene, 20);
    expect(&scene, "\"code\":\"unwritten\"");
    expect(&scene, "12:20:00 UTC nothing is written down: what is remembered "
                   "begins Mon 2026-11-23 12:25:00 UTC.");
    scene.dossier.moved = true;
    expect(&scene, "begins Mon 2026-11-23 12:25:00 UTC, when the journal was "
                   "found damaged and moved aside.");
    lives[0].began.ms -= INT64_C(100) * 24 * 60 * MINUTE;
    scene.c.keep_days = 30;
    at(&scene, 20); /* within both */
    expect(&scene, "schedule #7, in force since");
    scene.c.at.ms -= INT64_C(31) * 24 * 60 * MINUTE;
    expect(&scene, "nothing is written down: what ended more than 30 days ago "
                   "is taken away (MOONCRON_KEEP_DAYS).");
}

/* From the first year that has four digits to the last. */
static void the_ends_of_time_are_told(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    scene.c.at.ms = INT64_C(253402300799000);
    expect(&scene, "rank is not due Fri 9999-12-31 23:59:59 UTC.");
    expect(&scene, "There is no slot after it.");
    expect(&scene, "\"next\":null");
    scene.c.at.ms = INT64_C(-62167219200000);
    expect(&scene, "Of its slot of Sat 0000-01-01 00:00:00 UTC nothing is");
    expect(&scene, "\"slot\":\"0000-01-01T00:00:00Z\"");
}

static void a_manual_run_is_found_by_its_moment(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(33, VERDICT_OK) };
    scene_set(&scene);
    rows[0].manual = true;
    rows[0].trigger = TRIGGER_MANUAL;
    rows[0].by = "ana";
    scene_rows(&scene, rows, 1);
    at(&scene, 33);
    expect(&scene, "The run of Mon 2026-11-23 12:33:00 UTC was run, by hand "
                   "(ana): ok");
}

static void a_manual_run_that_waits_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(33, 0) };
    scene_set(&scene);
    rows[0].manual = true;
    rows[0].trigger = TRIGGER_MANUAL;
    rows[0].claimed = rows[0].done = false;
    rows[0].started.ms = rows[0].ended.ms = EVER_MS;
    scene_rows(&scene, rows, 1);
    scene.c.lane.going = 1;
    scene.c.blocker.kind = BLOCKER_TURN;
    expect(&scene, "\"code\":\"waiting\"");
    expect(&scene, "The run of Mon 2026-11-23 12:33:00 UTC waits to be run, by "
                   "hand: runs that are made up");
}

/* Its owner is another life than this one. */
static void a_run_that_was_left_open_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(30, 0) };
    scene_set(&scene);
    rows[0].done = false;
    rows[0].ended.ms = EVER_MS;
    scene_rows(&scene, rows, 1);
    rows[0].owner = "before";
    scene.job.retry.attempts = 3;
    scene.c.owner = "before";
    at(&scene, 30);
    expect(&scene, "is being run");
    scene.c.owner = "now";
    expect(&scene, "\"code\":\"left_open\"");
    expect(&scene, "\"state\":\"left_open\"");
    expect(&scene,
           "12:30:00 UTC was being run, and was left open by a worker that "
           "ended, at attempt 1 of 3, begun Mon 2026-11-23 12:30:00 UTC; it "
           "is tried again, or settled as unknown, once the worker has "
           "Settings.");
    scene.c.lane.queued = 1;
    scene.c.blocker.kind = BLOCKER_PAUSE;
    expect(&scene, "; it is tried again: the job is paused.");
}

static void a_job_that_is_no_more_is_told_of(void **state)
{
    (void)state;
    struct scene scene;
    struct history_row rows[] = { run_of(20, VERDICT_OK) };
    struct stored_off off = { .since = AT(25),
                              .until = { EVER_MS },
                              .environment = "production",
                              .generation = 8,
                              .why = OFF_REMOVED };
    struct text out;
    scene_set(&scene);
    scene_rows(&scene, rows, 1);
    scene.dossier.offs = &off;
    scene.dossier.off_count = 1;
    at(&scene, 30);
    text_init(&out, 1 << 16);
    why_tell_gone(&scene.c, &out);
    static const char *const wanted[] = {
        "\"code\":\"removed\"",
        ("rank is not in the schedule (schedule #7, in force since Mon "
         "2026-11-23 08:00:00 UTC)."),
        "the file did not have it, since Mon 2026-11-23 12:25:00 UTC",
        "Its slot of Mon 2026-11-23 12:20:00 UTC was run: ok, after 2.1s.",
        "\"next\":null",
        "\"run\":{\"job\":\"rank\"",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(out.data, wanted[i]))
            fail_msg("\"%s\" is not in\n%s", wanted[i], out.data);
    text_close(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_slots_nothing_is_due),
        cmocka_unit_test(a_slot_too_soon_after_a_run_will_be_skipped),
        cmocka_unit_test(what_the_worker_does_not_fire_is_not_promised),
        cmocka_unit_test(a_minute_means_all_of_it),
        cmocka_unit_test(a_run_is_told_with_its_result),
        cmocka_unit_test(a_run_that_goes_on_is_told),
        cmocka_unit_test(what_a_run_waits_for_is_told),
        cmocka_unit_test(a_run_that_rests_says_when_it_goes_on),
        cmocka_unit_test(what_ended_just_now_is_told),
        cmocka_unit_test(a_skipped_slot_names_the_run_that_was_going),
        cmocka_unit_test(a_run_that_lasts_is_found_behind_what_it_skipped),
        cmocka_unit_test(a_missed_slot_says_when_nobody_was_there),
        cmocka_unit_test(a_run_comes_before_what_was_passed_over),
        cmocka_unit_test(a_pause_says_whose_it_is),
        cmocka_unit_test(a_job_without_slots_says_why),
        cmocka_unit_test(what_was_off_is_told_of_its_time),
        cmocka_unit_test(what_may_come_between_is_told),
        cmocka_unit_test(what_is_not_written_down_is_said_to_be_so),
        cmocka_unit_test(what_is_remembered_has_a_beginning),
        cmocka_unit_test(the_ends_of_time_are_told),
        cmocka_unit_test(a_manual_run_is_found_by_its_moment),
        cmocka_unit_test(a_manual_run_that_waits_is_told),
        cmocka_unit_test(a_job_that_is_no_more_is_told_of),
        cmocka_unit_test(a_run_that_was_left_open_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
