/* A slot that was run, waits to be, or was passed over is explained. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_run_is_told_with_its_result(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(20, VERDICT_FAILED),
                                  run_of(10, VERDICT_UNKNOWN) };
    rows[0].status = 503;
    rows[0].attempt = 3;
    rows[0].error = "the backend answered 503";
    rows[0].started.ms += 40 * MINUTE;
    rows[0].trigger = TRIGGER_CATCH_UP;
    scene_rows(scene, rows, 2);
    scene_at(scene, 20);
    scene_expect_code(scene, "ran");
    scene_expect(scene, "was run, to catch up: failed, with 503, after 2.1s, "
                        "at attempt 3; the backend answered 503.");
    scene_expect(scene, "It began late, Mon 2026-11-23 13:00:00 UTC.");
    scene_at(scene, 10);
    scene_expect(scene, "was run: unknown, after 2.1s.");
    scene_at(scene, 20);
    rows[0].why = WHY_CIRCUIT; /* it answered, though badly */
    scene->job.retry.attempts = 5;
    scene_expect(scene, "at attempt 3; the backend answered 503; no attempt 4 "
                        "of 5: the circuit of its origin was open.");
    rows[0].why = WHY_NEXT_SLOT;
    scene_expect(scene,
                 "; no attempt 4 of 5: the next slot would come before it.");
    scene->job.retry.attempts = 3; /* in the file of now */
    scene_expect(scene, "; no attempt 4: the next slot would come before it.");
    rows[0].why = WHY_STOPPING;
    scene_expect(scene, "at attempt 3; the worker was told to stop; the "
                        "backend answered 503.");
}

static void a_run_that_goes_on_is_told(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(30, 0) };
    rows[0].done = false;
    rows[0].ended.ms = EVER_MS;
    scene_rows(scene, rows, 1);
    scene->c.lane.going = 1;
    scene_expect_code(scene, "running");
    scene_expect(scene, "A run is going now, since Mon 2026-11-23 12:30:00 "
                        "UTC; if it still is then, the slot is skipped.");
}

static void what_a_run_waits_for_is_told(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(30, 0) };
    scene_at(scene, 30);
    scene->c.lane.unwritten = scene->c.at; /* it has no row */
    scene->c.blocker = (struct blocker){
        .kind = BLOCKER_GROUP,
        .group = "db",
        .limit = 2,
        .holders = { { "hub", { AT(10), false }, AT(11) },
                     { "sync", { AT(20), false }, AT(20) } },
        .holder_count = 2,
    };
    scene_expect_code(scene, "waiting");
    scene_expect(scene,
                 "12:30:00 UTC waits to be run: its group \\\"db\\\" is full, "
                 "with 2 at once: hub, since Mon 2026-11-23 12:11:00 UTC; "
                 "sync, since Mon 2026-11-23 12:20:00 UTC.");
    scene_expect(scene, "\"run\":null");
    scene->c.blocker.kind = BLOCKER_RUN;
    scene_expect(scene, "waits to be run: the run of Mon 2026-11-23 12:10:00 "
                        "UTC goes on, since Mon 2026-11-23 12:11:00 UTC.");
    scene->c.blocker.kind = BLOCKER_STORE;
    scene_expect(scene, "waits to be run: the store has failed");
    scene->c.lane.unwritten.ms = EVER_MS;
    scene_expect_code(scene, "unwritten");
    rows[0].done = rows[0].claimed = false; /* it has one */
    rows[0].started.ms = rows[0].ended.ms = EVER_MS;
    rows[0].trigger = TRIGGER_CATCH_UP;
    scene->c.blocker.kind = BLOCKER_TURN;
    scene_rows(scene, rows, 1);
    scene_expect_code(scene, "waiting");
    scene_expect(scene,
                 "waits to be run, to catch up: runs that are made up begin "
                 "one after the other, none before the worker has lived");
    scene_at(scene, 34);
    rows[0].trigger = TRIGGER_SCHEDULE; /* it goes on, as overlap sees it */
    scene->c.lane.going = 1;
    scene_expect_code(scene, "waiting");
    scene_expect(scene, "A run is going now; if it still is then");
}

/* Of two slots in a queue only the first waits for the group. */
static void a_slot_waits_for_the_one_before_it(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(20, 0) };
    rows[0].done = rows[0].claimed = false;
    rows[0].started.ms = rows[0].ended.ms = EVER_MS;
    scene_rows(scene, rows, 1);
    scene->job.overlap = OVERLAP_QUEUE;
    scene->c.lane.going = scene->c.lane.queued = 1;
    scene->c.lane.unwritten = (struct wall)AT(30);
    scene->c.blocker =
        (struct blocker){ .kind = BLOCKER_GROUP,
                          .group = "db",
                          .limit = 1,
                          .holders = { { "hub", { AT(10), false }, AT(11) } },
                          .holder_count = 1 };
    scene_at(scene, 20);
    scene_expect(scene, "12:20:00 UTC waits to be run: its group \\\"db\\\" is "
                        "full, with 1 at once: hub, since");
    scene_at(scene, 30);
    scene_expect_code(scene, "waiting");
    scene_expect(scene,
                 "12:30:00 UTC waits to be run: the run of Mon 2026-11-23 "
                 "12:20:00 UTC comes first (overlap = \\\"queue\\\"), and "
                 "waits: its group \\\"db\\\" is full, with 1 at once: hub");
    rows[0].trigger = TRIGGER_BACKFILL; /* nobody waits for that */
    scene_expect(scene, "12:30:00 UTC waits to be run: its group");
}

/* The row says what was, the recent what is. */
static void a_run_that_rests_says_when_it_goes_on(void **state)
{
    struct scene *scene = *state;
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
    scene->job.retry.attempts = 3;
    scene->c.recent = &recent;
    scene_at(scene, 30);
    scene_expect(scene, "is being run, since Mon 2026-11-23 12:30:00 UTC, "
                        "attempt 1 of 3, which failed: refused; attempt 2 of 3 "
                        "follows Mon 2026-11-23 12:36:00 UTC.");
    rows[0].done = false; /* with its row, too */
    rows[0].ended.ms = EVER_MS;
    rows[0].error = "refused";
    scene_rows(scene, rows, 1);
    scene_expect(scene,
                 "; attempt 2 of 3 follows Mon 2026-11-23 12:36:00 UTC.");
    recent.going.attempt = 2;
    scene_expect(scene, "attempt 2 of 3; attempt 1 failed: refused.");
    recent.going.accepted = true;
    recent.going.accepted_at = recent.going.asked_until = (struct wall)AT(40);
    scene_expect(scene, "attempt 2 of 3, which the backend accepted Mon "
                        "2026-11-23 12:40:00 UTC: whether it is done is asked "
                        "until Mon 2026-11-23 12:40:00 UTC.");
    scene->c.recent = NULL;
    scene_expect(scene,
                 "attempt 1 of 3, which failed, and another follows: refused.");
}

/* Its row was not there yet when the store was asked. */
static void what_ended_just_now_is_told(void **state)
{
    struct scene *scene = *state;
    struct recent_job recent = { .ran = true,
                                 .last = { .key = { AT(30), false },
                                           .attempt = 1,
                                           .started = AT(30),
                                           .ended = AT(31),
                                           .took_ms = MINUTE,
                                           .verdict = VERDICT_OK } };
    scene->c.recent = &recent;
    scene_at(scene, 30);
    scene_expect_code(scene, "ran");
    scene_expect(scene, "was run: ok, after 1m.");
}

/* What another life left has a verdict, and neither an end nor a duration. */
static void a_run_that_was_cut_is_told(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = {
        { .slot = AT(20),
          .last = AT(20),
          .count = 1,
          .verdict = VERDICT_SKIPPED,
          .why = WHY_OVERLAP },
        run_of(10, VERDICT_UNKNOWN),
    };
    struct stored_life lives[] = { { "before", AT(-90), AT(22), false } };
    rows[1].why = WHY_DOWN;
    rows[1].took_ms = 0;
    rows[1].ended = (struct wall)AT(25);
    scene_rows(scene, rows, 2);
    rows[1].owner = "before";
    scene->dossier.lives = lives;
    scene->dossier.life_count = 1;
    scene_at(scene, 10);
    scene_expect_code(scene, "ran");
    scene_expect(scene,
                 "12:10:00 UTC was run: unknown; its worker died while it was "
                 "under way; what came of it is not known.");
    scene_expect(scene, "\"took_ms\":null");
    lives[0].ended = true; /* it was to be tried again */
    scene_expect(scene, "unknown; its worker ended while it was under way;");
    scene_at(scene, 20);
    scene_expect(scene, "which began Mon 2026-11-23 12:10:00 UTC (overlap");
}

/* Its owner is another life than this one. */
static void a_run_that_was_left_open_is_told(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(30, 0) };
    rows[0].done = false;
    rows[0].ended.ms = EVER_MS;
    scene_rows(scene, rows, 1);
    rows[0].owner = "before";
    scene->job.retry.attempts = 3;
    scene->c.owner = "before";
    scene_at(scene, 30);
    scene_expect(scene, "is being run");
    scene->c.owner = "now";
    scene_expect_code(scene, "left_open");
    scene_expect(scene, "\"state\":\"left_open\"");
    scene_expect(
        scene,
        "12:30:00 UTC was being run, and was left open by a worker that ended, "
        "at attempt 1 of 3, begun Mon 2026-11-23 12:30:00 UTC; it is tried "
        "again, or settled as unknown, once the worker has Settings.");
    scene->c.lane.queued = 1;
    scene->c.blocker.kind = BLOCKER_PAUSE;
    scene_expect(scene, "; it is tried again: the job is paused.");
}

static void a_manual_run_is_found_by_its_moment(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(33, VERDICT_OK) };
    rows[0].manual = true;
    rows[0].trigger = TRIGGER_MANUAL;
    rows[0].by = "ana";
    scene_rows(scene, rows, 1);
    scene_at(scene, 33);
    scene_expect(
        scene,
        "The run of Mon 2026-11-23 12:33:00 UTC was run, by hand (ana): ok");
}

static void a_manual_run_that_waits_is_told(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(33, 0) };
    rows[0].manual = true;
    rows[0].trigger = TRIGGER_MANUAL;
    rows[0].claimed = rows[0].done = false;
    rows[0].started.ms = rows[0].ended.ms = EVER_MS;
    scene_rows(scene, rows, 1);
    scene->c.lane.going = 1;
    scene->c.blocker.kind = BLOCKER_TURN;
    scene_expect_code(scene, "waiting");
    scene_expect(scene, "The run of Mon 2026-11-23 12:33:00 UTC waits to be "
                        "run, by hand: runs that are made up");
}

static void a_skipped_slot_names_the_run_that_was_going(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = {
        { .slot = AT(20),
          .last = AT(20),
          .count = 1,
          .verdict = VERDICT_SKIPPED,
          .why = WHY_OVERLAP },
        run_of(10, VERDICT_OK),
    };
    rows[1].ended.ms += 14 * MINUTE;
    scene_rows(scene, rows, 2);
    scene_at(scene, 20);
    scene_expect_code(scene, "skipped");
    scene_expect(scene, "12:20:00 UTC was skipped: the last run of the job was "
                        "still going: that of Mon 2026-11-23 12:10:00 UTC, "
                        "which began Mon 2026-11-23 12:10:00 UTC and ended Mon "
                        "2026-11-23 12:24:02 UTC (overlap = \\\"skip\\\").");
    rows[1].started.ms += 12 * MINUTE; /* it waited for its group till then */
    scene_expect(scene, "that of Mon 2026-11-23 12:10:00 UTC, which waited to "
                        "be run and ended Mon 2026-11-23 12:24:02 UTC");
    scene->job.overlap = OVERLAP_ALLOW;
    scene->job.overlap_max = 3;
    scene_expect(scene, "(overlap = \\\"allow\\\", max = 3).");
    rows[1].trigger = TRIGGER_BACKFILL; /* nobody had asked for it yet */
    scene_expect(scene, "the last run of the job was still going.");
}

/* More slots than are read were passed over meanwhile. */
static void a_run_that_lasts_is_found_behind_what_it_skipped(void **state)
{
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
    struct scene *scene = *state;
    scene_at(scene, (WHY_ROWS_MAX + 5) * 10);
    scene->c.now = scene->c.at;
    scene->c.dossier = dossier;
    scene_expect(scene, "the last run of the job was still going.");
    assert_true(dossier_look_back(dossier));
    while (dossier_read(dossier, store, &error) == HISTORY_GOES_ON)
        ;
    assert_false(dossier_look_back(dossier));
    scene_expect(scene, "still going: that of Mon 2026-11-23 12:00:00 UTC");
    dossier_free(dossier);
    store_close(store, scene->c.now);
}

/* Runs by hand, and by an older schedule, lie between. */
static void a_slot_is_found_among_however_many_rows(void **state)
{
    struct scene *scene = *state;
    struct store *store = store_open_memory("a");
    struct error error;
    struct entry entries[2 + 2 * WHY_ROWS_MAX];
    enum entry_outcome outcomes[2 + 2 * WHY_ROWS_MAX];
    for (int i = 0; i < 2 + 2 * WHY_ROWS_MAX; i++) {
        struct entry entry = {
            .kind = ENTRY_PASS,
            .job = "rank",
            .cursor = { EVER_MS },
            .count = 1,
            .verdict = VERDICT_SKIPPED,
            .why = i == 1 ? WHY_CIRCUIT : WHY_OVERLAP,
        };
        entry.slot.ms =
            NOON + i * INT64_C(500) + (i < 2 ? i * 10 * MINUTE - i * 500 : 0);
        entry.last = entry.at = entry.slot;
        entries[i] = entry;
    }
    assert_true(
        store_write(store, entries, 2 + 2 * WHY_ROWS_MAX, outcomes, &error));
    scene->c.at.ms = NOON + 2 * MINUTE;
    struct wall slots[WHY_SLOTS_MAX];
    const struct history_query query = { .job = "rank",
                                         .from = { EVER_MS },
                                         .to = scene->c.at,
                                         .limit = WHY_ROWS_MAX };
    struct dossier *dossier = dossier_new(&query);
    assert_int_equal(why_slots(&scene->job.schedule, scene->c.at, slots), 2);
    dossier_want(dossier, slots[0]);
    dossier_want(dossier, slots[1]);
    while (dossier_read(dossier, store, &error) == HISTORY_GOES_ON)
        ;
    assert_int_equal(dossier->row_count, WHY_ROWS_MAX + 2);
    assert_true(dossier->more);
    scene->c.dossier = dossier;
    scene_expect(scene, "12:00:00 UTC was skipped: the last run of the job");
    scene_expect(scene, "12:10:00 UTC was skipped: the circuit");
    scene->c.at.ms = NOON;
    assert_int_equal(why_slots(&scene->job.schedule, scene->c.at, slots), 1);
    assert_int_equal(slots[0].ms, NOON);
    dossier_free(dossier);
    store_close(store, scene->c.now);
}

static void a_missed_slot_says_when_nobody_was_there(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { { .slot = AT(10),
                                    .last = AT(20),
                                    .count = 2,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_DOWN } };
    struct stored_life lives[] = { { "b", AT(25), AT(34), false },
                                   { "a", AT(-300), AT(5), true } };
    scene->dossier.lives = lives;
    scene->dossier.life_count = 2;
    scene_at(scene, 20);
    scene_expect_code(scene, "down"); /* without a row, too */
    scene_rows(scene, rows, 1);
    scene_expect_code(scene, "missed");
    scene_expect(scene, "was missed: no worker was running from Mon 2026-11-23 "
                        "12:05:00 UTC to Mon 2026-11-23 12:25:00 UTC.");
    scene_expect(scene, "It was one of 2 slots, from Mon 2026-11-23 12:10:00 "
                        "UTC to Mon 2026-11-23 12:20:00 UTC.");
}

/* What was missed first and run afterwards was run. */
static void a_run_comes_before_what_was_passed_over(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(10, VERDICT_OK),
                                  { .slot = AT(10),
                                    .last = AT(20),
                                    .count = 2,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_DOWN } };
    rows[0].trigger = TRIGGER_BACKFILL;
    scene_rows(scene, rows, 2);
    scene_at(scene, 10);
    scene_expect(scene, "was run, as part of a backfill: ok");
    scene_at(scene, 20);
    scene_expect_code(scene, "missed");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SCENE_TEST(a_run_is_told_with_its_result),
        SCENE_TEST(a_run_that_goes_on_is_told),
        SCENE_TEST(what_a_run_waits_for_is_told),
        SCENE_TEST(a_slot_waits_for_the_one_before_it),
        SCENE_TEST(a_run_that_rests_says_when_it_goes_on),
        SCENE_TEST(what_ended_just_now_is_told),
        SCENE_TEST(a_run_that_was_cut_is_told),
        SCENE_TEST(a_run_that_was_left_open_is_told),
        SCENE_TEST(a_manual_run_is_found_by_its_moment),
        SCENE_TEST(a_manual_run_that_waits_is_told),
        SCENE_TEST(a_skipped_slot_names_the_run_that_was_going),
        SCENE_TEST(a_run_that_lasts_is_found_behind_what_it_skipped),
        SCENE_TEST(a_slot_is_found_among_however_many_rows),
        SCENE_TEST(a_missed_slot_says_when_nobody_was_there),
        SCENE_TEST(a_run_comes_before_what_was_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
