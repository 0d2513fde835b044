/* An instant without a row is explained: what is to come, what is in its way,
 * and why there was nothing. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void between_slots_nothing_is_due(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(30, VERDICT_OK) };
    scene_rows(scene, rows, 1);
    scene_expect_code(scene, "not_due");
    scene_expect(scene, "rank is not due Mon 2026-11-23 12:34:00 UTC.");
    scene_expect(scene, "12:30:00 UTC was run: ok, after 2.1s.");
    scene_expect(scene, "12:40:00 UTC will be run, in 6m.");
    scene_expect(scene, "\"previous\":\"2026-11-23T12:30:00Z\"");
    scene_expect(scene, "\"next\":\"2026-11-23T12:40:00Z\"");
    scene_at(scene, 25);
    scene_expect(scene, "rank was not due Mon 2026-11-23 12:25:00 UTC.");
}

static void a_minute_means_all_of_it(void **state)
{
    struct scene *scene = *state;
    scene->job.schedule.phase_ms = 18000;
    scene_at(scene, 50);
    scene_expect(scene, "12:50:18 UTC will be run, in 16m18s.");
    scene->c.at.ms += 1000; /* a second does not */
    scene_expect_code(scene, "not_due");
}

/* From the first year that has four digits to the last. */
static void the_ends_of_time_are_told(void **state)
{
    struct scene *scene = *state;
    scene->c.at.ms = INT64_C(253402300799000);
    scene_expect(scene, "rank is not due Fri 9999-12-31 23:59:59 UTC.");
    scene_expect(scene, "There is no slot after it.");
    scene_expect(scene, "\"next\":null");
    scene->c.at.ms = INT64_C(-62167219200000);
    scene_expect(scene,
                 "Of its slot of Sat 0000-01-01 00:00:00 UTC nothing is");
    scene_expect(scene, "\"slot\":\"0000-01-01T00:00:00Z\"");
}

static void a_slot_too_soon_after_a_run_will_be_skipped(void **state)
{
    struct scene *scene = *state;
    scene->job.min_gap_ms = 25 * MINUTE;
    scene->c.lane.started = (struct wall)AT(30);
    scene_at(scene, 40);
    scene_expect_code(scene, "held");
    scene_expect(
        scene,
        "12:40:00 UTC will be skipped: it comes sooner than 25m after the "
        "start of the run before it, Mon 2026-11-23 12:30:00 UTC (min_gap).");
    scene_at(scene, 60);
    scene_expect(scene, "13:00:00 UTC will be run, in 26m.");
    scene_at(scene, 80); /* after a run that is to come */
    scene_expect(scene,
                 "will be skipped: it comes sooner than 25m after the start of "
                 "the run before it, Mon 2026-11-23 13:00:00 UTC");
    scene_at(scene, 30 * 20000); /* more than a year: 20000 runs before it */
    scene_expect_code(scene, "due");
    scene_expect(scene, "; unless it comes sooner than 25m after the start of "
                        "the run before it (min_gap).");
    scene->c.lane.started.ms = EVER_MS;
    scene_at(scene, 40);
    scene_expect(scene, "12:40:00 UTC will be run, in 6m.");
}

static void what_the_worker_does_not_fire_is_not_promised(void **state)
{
    struct scene *scene = *state;
    scene_at(scene, 40);
    scene->c.store_ill = true;
    scene_expect_code(scene, "held");
    scene_expect(scene, "12:40:00 UTC would be run, in 6m; nothing is fired "
                        "until the journal can be written.");
    scene->c.stopping = true;
    scene_expect(scene, "would be run, in 6m; the worker is stopping.");
}

/* The clock was ahead: of a life before, or of this one, and was set back. */
static void what_is_to_come_is_told_whatever_its_row_says(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(60, VERDICT_OK),
                                  { .slot = AT(50),
                                    .last = AT(50),
                                    .count = 1,
                                    .verdict = VERDICT_SKIPPED,
                                    .why = WHY_CIRCUIT },
                                  { .slot = AT(5),
                                    .last = AT(500),
                                    .count = 50,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_DOWN } };
    scene_rows(scene, rows, 3);
    rows[0].owner = rows[1].owner = rows[2].owner = "before";
    scene->c.owner = "now";
    scene_at(scene, 40);
    scene_expect_code(scene, "due");
    scene_expect(scene, "12:40:00 UTC will be run, in 6m.");
    scene_expect(scene, "The journal has it as missed from a time when the "
                        "clock was ahead: no worker was running; that is not "
                        "held against it.");
    scene_at(scene, 42);
    scene_expect_code(scene, "not_due");
    scene_expect(scene, "12:40:00 UTC will be run, in 6m.");
    scene_expect(scene, "12:50:00 UTC will be run, in 16m.");
    scene_at(scene, 60); /* its row is taken */
    scene_expect_code(scene, "held");
    scene_expect(scene, "13:00:00 UTC will not be run: it was run when the "
                        "clock was ahead: ok, after 2.1s.");
    scene_at(scene, 50);
    scene_expect_code(scene, "due");
    rows[1].owner = "now"; /* this life was there */
    scene_expect_code(scene, "held");
    scene_expect(scene, "12:50:00 UTC will not be run: it was skipped when the "
                        "clock was ahead: the circuit of its origin was open.");
    scene_at(scene, 40);
    rows[2].owner = "now";
    rows[2].why = WHY_CLOCK; /* it leapt */
    scene_expect(scene, "12:40:00 UTC will be run, in 6m.");
    scene->c.next = (struct wall)AT(50); /* the core says that it did not */
    scene_expect_code(scene, "held");
    scene->c.told_at = (struct wall)AT(41); /* it came meanwhile */
    scene_expect_code(scene, "missed");
    scene->c.told_at.ms = 0;
    rows[2].count = 0; /* it goes on */
    rows[2].slot = rows[2].last = (struct wall)AT(40);
    rows[2].claimed = true;
    rows[2].started = (struct wall)AT(40);
    scene_expect_code(scene, "running");
    scene_at(scene, 60);
    scene->job.standing = STANDING_JOBS_OFF;
    scene_expect_code(scene, "off");
}

static void what_may_come_between_is_told(void **state)
{
    struct scene *scene = *state;
    scene_at(scene, 40);
    scene->c.lane.circuit_open = true;
    scene_expect(scene, "The circuit of its origin is open now; if it still is "
                        "then, the slot is skipped.");
    scene->c.circuit = (struct circuit_status){ .origin = "",
                                                .open = true,
                                                .holds = true,
                                                .cause = CAUSE_SERVER,
                                                .status = 503,
                                                .fails = 5,
                                                .opened = AT(30),
                                                .again = AT(36) };
    scene_expect(scene, "The circuit of its origin, BACKEND_URL, is open now, "
                        "after 5 failures in a row: server 503; the next call "
                        "is let through from Mon 2026-11-23 12:36:00 UTC on; "
                        "if it still is then, the slot is skipped.");
    scene->c.circuit.probing = true;
    scene->c.circuit.origin = "http://other:1";
    scene_expect(scene,
                 "origin, http://other:1, is open now, after 5 failures in a "
                 "row: server 503; a call finds out whether it is back; if");
    scene->job.max_runs = 3;
    scene->c.lane.runs = 3;
    scene_expect_code(scene, "held");
    scene_expect(scene, "will not be run: the job has had all its runs");
    scene->c.primary = false;
    scene_expect(scene, "this worker starts nothing");
}

static void a_pause_says_whose_it_is(void **state)
{
    struct scene *scene = *state;
    scene->dossier.is_paused = true;
    scene->dossier.pause = (struct stored_pause){ .job = "rank",
                                                  .by = "ana",
                                                  .reason = "db move",
                                                  .since = AT(15),
                                                  .until = AT(90) };
    scene->c.lane.paused_until = scene->dossier.pause.until;
    scene_at(scene, 40);
    scene_expect_code(scene, "paused");
    scene_expect(scene,
                 "the job is paused by ana, since Mon 2026-11-23 12:15:00 UTC, "
                 "until Mon 2026-11-23 13:30:00 UTC: db move. Afterwards it is "
                 "missed, for the job has no catch_up.");
    scene->job.catch_up.window_ms = 1;
    scene_expect(scene, "Afterwards it is made up as catch_up says.");
    scene_at(scene, 20); /* it is decided when the pause is over */
    scene_expect_code(scene, "paused");
    scene_expect(scene, "12:20:00 UTC was not run: the job is paused by ana");
    scene_at(scene, 10); /* before it */
    scene_expect_code(scene, "unwritten");
    scene_at(scene, 90); /* it is over by then */
    scene_expect_code(scene, "due");
    struct history_row rows[] = { { .slot = AT(20),
                                    .last = AT(20),
                                    .count = 1,
                                    .verdict = VERDICT_MISSED,
                                    .why = WHY_PAUSED } };
    scene_rows(scene, rows, 1);
    scene_at(scene, 20);
    scene_expect(scene, "the job was paused by ana");
    rows[0].slot = rows[0].last = (struct wall)AT(10); /* an earlier pause */
    scene_at(scene, 10);
    scene_expect(scene, "was missed: the job was paused.");
    rows[0].by = "ben";
    rows[0].error = "the move";
    scene_rows(scene, rows, 1);
    scene_at(scene, 10);
    scene_expect(scene, "was missed: the job was paused by ben: the move.");
}

static void a_job_without_slots_says_why(void **state)
{
    static const struct {
        enum standing standing;
        const char *code, *words;
    } cases[] = {
        { STANDING_JOBS_OFF, "off", "enableJobs is off in Settings" },
        { STANDING_ENVIRONMENT, "environment",
          "`only` lists other environments" },
        { STANDING_DISABLED, "disabled", "enabled is false in the file" },
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene->job.standing = (uint8_t)cases[i].standing;
        for (int minutes = 34; minutes < 50; minutes += 6) {
            scene_at(scene, minutes);
            scene_expect_code(scene, cases[i].code);
            scene_expect(scene, "rank is not scheduled in production: ");
            scene_expect(scene, cases[i].words);
            scene_expect(
                scene,
                "(schedule #7, in force since Mon 2026-11-23 08:00:00 UTC)");
        }
    }
}

/* Settings are on again; or off, and were on before. */
static void what_was_off_is_told_of_its_time(void **state)
{
    struct scene *scene = *state;
    struct stored_off offs[] = {
        { AT(5), AT(15), OFF_SETTINGS, 5, "production" },
        { AT(-60), AT(-30), OFF_ENVIRONMENT, 4, "staging" },
        { AT(-90), AT(-80), 99, 3, "" },
    };
    scene->dossier.offs = offs;
    scene->dossier.off_count = 3;
    scene_at(scene, 10);
    scene_expect_code(scene, "off");
    scene_expect(
        scene, "rank was not scheduled Mon 2026-11-23 12:10:00 UTC: enableJobs "
               "was off in Settings, from Mon 2026-11-23 12:05:00 UTC to Mon "
               "2026-11-23 12:15:00 UTC (schedule #5, in production).");
    scene_at(scene, 12); /* between two slots, too */
    scene_expect_code(scene, "off");
    scene_at(scene, 20);
    scene_expect_code(scene, "unwritten");
    scene_at(scene, -40);
    scene_expect_code(scene, "environment");
    scene_expect(
        scene, "`only` listed other environments, from Mon 2026-11-23 11:00:00 "
               "UTC to Mon 2026-11-23 11:30:00 UTC (schedule #4, in staging).");
    scene_at(scene, -60); /* the schedule before still had it */
    scene_expect_code(scene, "unwritten");
    scene_at(scene, -85);
    scene_expect(scene, "for a reason that is not known here, from");
    offs[0].until.ms = EVER_MS; /* it is off still */
    scene->job.standing = STANDING_JOBS_OFF;
    scene->c.in_force_since = (struct wall)AT(5);
    scene_at(scene, 10);
    scene_expect(scene, "off in Settings, since Mon 2026-11-23 12:05:00 UTC "
                        "(schedule #5, in production).");
    scene_at(scene, 2);
    scene_expect_code(scene, "not_due");
    scene_expect(scene,
                 "Of its slot of Mon 2026-11-23 12:00:00 UTC nothing is");
    scene_at(scene, 34);
    scene_expect(scene,
                 "rank is not scheduled in production: enableJobs is off");
}

static void a_job_that_is_no_more_is_told_of(void **state)
{
    struct scene *scene = *state;
    struct history_row rows[] = { run_of(20, VERDICT_OK) };
    struct stored_off off = { .since = AT(25),
                              .until = { EVER_MS },
                              .environment = "production",
                              .generation = 8,
                              .why = OFF_REMOVED };
    scene->tell = why_tell_gone;
    scene_rows(scene, rows, 1);
    scene->dossier.offs = &off;
    scene->dossier.off_count = 1;
    scene_at(scene, 30);
    scene_expect_code(scene, "removed");
    scene_expect(scene, "rank is not in the schedule (schedule #7, in force "
                        "since Mon 2026-11-23 08:00:00 UTC).");
    scene_expect(scene,
                 "the file did not have it, since Mon 2026-11-23 12:25:00 UTC");
    scene_expect(
        scene,
        "Its slot of Mon 2026-11-23 12:20:00 UTC was run: ok, after 2.1s.");
    scene_expect(scene, "\"next\":null");
    scene_expect(scene, "\"run\":{\"job\":\"rank\"");
}

static void what_is_not_written_down_is_said_to_be_so(void **state)
{
    struct scene *scene = *state;
    scene_at(scene, 20);
    scene_expect_code(scene, "unwritten");
    scene_expect(scene, "12:20:00 UTC nothing is written down.");
    scene->c.in_force_since = (struct wall)AT(25);
    scene_expect(
        scene,
        "schedule #7, in force since Mon 2026-11-23 12:25:00 UTC, is newer");
    scene->c.dossier = NULL;
    scene->c.failure = "the disk is full";
    scene_expect(scene, "nothing can be told: the disk is full.");
}

static void what_is_remembered_has_a_beginning(void **state)
{
    struct scene *scene = *state;
    struct stored_life lives[] = { { "b", AT(25), AT(34), false } };
    scene->c.in_force_since = (struct wall)AT(26);
    scene->dossier.lives = lives;
    scene->dossier.life_count = 1;
    scene_at(scene, 20);
    scene_expect_code(scene, "unwritten");
    scene_expect(scene, "12:20:00 UTC nothing is written down: what is "
                        "remembered begins Mon 2026-11-23 12:25:00 UTC.");
    scene->dossier.moved = true;
    scene_expect(scene, "begins Mon 2026-11-23 12:25:00 UTC, when the journal "
                        "was found damaged and moved aside.");
    lives[0].began.ms -= INT64_C(100) * 24 * 60 * MINUTE;
    scene->c.keep_days = 30;
    scene_at(scene, 20); /* within both */
    scene_expect(scene, "schedule #7, in force since");
    scene->c.at.ms -= INT64_C(31) * 24 * 60 * MINUTE;
    scene_expect(scene, "nothing is written down: what ended more than 30 days "
                        "ago is taken away (MOONCRON_KEEP_DAYS).");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SCENE_TEST(between_slots_nothing_is_due),
        SCENE_TEST(a_minute_means_all_of_it),
        SCENE_TEST(the_ends_of_time_are_told),
        SCENE_TEST(a_slot_too_soon_after_a_run_will_be_skipped),
        SCENE_TEST(what_the_worker_does_not_fire_is_not_promised),
        SCENE_TEST(what_is_to_come_is_told_whatever_its_row_says),
        SCENE_TEST(what_may_come_between_is_told),
        SCENE_TEST(a_pause_says_whose_it_is),
        SCENE_TEST(a_job_without_slots_says_why),
        SCENE_TEST(what_was_off_is_told_of_its_time),
        SCENE_TEST(a_job_that_is_no_more_is_told_of),
        SCENE_TEST(what_is_not_written_down_is_said_to_be_so),
        SCENE_TEST(what_is_remembered_has_a_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
