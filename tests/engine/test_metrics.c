/* What passes by is counted, and told so that Prometheus can read it. */
#include "metrics_text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exposition.h"
#include "mooncron/memory.h"

#define NOON INT64_C(1795435200000) /* 2026-11-23 12:00:00 UTC */

static const struct wall noon = { NOON };

/* ---- a schedule, and what is said of it ---- */

static struct jobset *set_of(const char *const *names, size_t count)
{
    struct jobset *set = jobset_new();
    for (size_t i = 0; i < count; i++) {
        const struct job job = { .name = names[i],
                                 .target = "/",
                                 .body = "",
                                 .headers = "",
                                 .file = "schedules.lua",
                                 .label = "",
                                 .origin = "",
                                 .heartbeat = "",
                                 .schedule = { .every_ms = 60000 },
                                 .group = JOB_NO_GROUP,
                                 .alert_after = 1 };
        assert_true(jobset_add(set, &job));
    }
    jobset_seal(set);
    return set;
}

/* The metrics take a reference, and the test keeps none. */
static void swap(struct metrics *metrics, const char *const *names,
                 size_t count)
{
    struct jobset *set = set_of(names, count);
    metrics_swap(metrics, set);
    jobset_unref(set);
}
#define SWAP(metrics, ...)                                                     \
    swap(metrics, (const char *const[]){ __VA_ARGS__ },                        \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static struct run_note note_of(const char *job, uint32_t attempt,
                               enum trigger trigger)
{
    return (struct run_note){ .name = job,
                              .key = { .slot = noon },
                              .attempt = attempt,
                              .trigger = trigger };
}

static void say(struct metrics *metrics, enum action_kind kind,
                const struct run_note *note, int64_t after_ms)
{
    const struct action act = { .kind = kind, .note = *note };
    metrics_action(metrics, &act, (struct wall){ NOON + after_ms });
}

static void start(struct metrics *metrics, const char *job, uint32_t attempt,
                  int64_t after_ms)
{
    const struct run_note note = note_of(job, attempt, TRIGGER_SCHEDULE);
    say(metrics, ACT_START, &note, after_ms);
}

static void finish(struct metrics *metrics, const char *job,
                   enum verdict verdict, enum why why, int64_t took_ms)
{
    const struct action act = {
        .kind = ACT_FINISH,
        .finish = { .note = note_of(job, 1, TRIGGER_SCHEDULE),
                    .verdict = verdict,
                    .why = why,
                    .took_ms = took_ms },
    };
    metrics_action(metrics, &act, (struct wall){ NOON + took_ms });
}

static void pass(struct metrics *metrics, const char *job, int64_t count,
                 enum verdict verdict, enum why why)
{
    const struct job passed = { .name = job };
    const struct action act = { .kind = ACT_PASS,
                                .pass = { .job = &passed,
                                          .count = count,
                                          .verdict = verdict,
                                          .why = why } };
    metrics_action(metrics, &act, noon);
}

/* ---- and what comes of it ---- */

static struct exposition *scrape(const struct metrics *metrics,
                                 size_t bytes_max)
{
    struct metrics_view view = { .now = { NOON + 5000 },
                                 .primary = true,
                                 .environment = "production",
                                 .status = { .generation = 3,
                                             .in_force_since = noon,
                                             .store_well = true },
                                 .sums = *metrics_sums(metrics),
                                 .set = metrics_set(metrics) };
    view.circuit_count = metrics_circuits(metrics, &view.circuits);
    uint32_t count = view.set ? jobset_count(view.set) : 0;
    view.rows = memory_new(count * sizeof *view.rows);
    for (uint32_t i = 0; i < count; i++) {
        view.rows[i].counted = metrics_jobs(metrics)[i];
        view.rows[i].passed = metrics_passed(metrics)[i];
        view.rows[i].last_success = view.rows[i].counted.last_success;
        view.rows[i].next.ms = NOON + 60000;
    }
    struct text out;
    text_init(&out, 64 << 20);
    metrics_text(&view, bytes_max, &out);
    assert_true(out.len <= bytes_max);
    struct exposition *exposition = exposition_read(out.data);
    text_close(&out);
    free(view.rows);
    return exposition;
}
#define ENOUGH (16 << 20)

static void expect(const struct metrics *metrics, const char *sample,
                   double wanted)
{
    struct exposition *exposition = scrape(metrics, ENOUGH);
    double found = exposition_value(exposition, sample);
    if (found < wanted || found > wanted)
        fail_msg("%s: %g was wanted, %g found", sample, wanted, found);
    exposition_free(exposition);
}

static void expect_none(const struct metrics *metrics, const char *sample)
{
    struct exposition *exposition = scrape(metrics, ENOUGH);
    double found;
    assert_false(exposition_find(exposition, sample, &found));
    exposition_free(exposition);
}

/* ---- stories ---- */

static void every_slot_is_counted_once(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(noon);
    SWAP(metrics, "rank", "flush");
    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"ok\"}", 0);
    start(metrics, "rank", 1, 7);
    finish(metrics, "rank", VERDICT_OK, WHY_NONE, 1500);
    finish(metrics, "rank", VERDICT_FAILED, WHY_NONE, 500);
    finish(metrics, "rank", VERDICT_UNKNOWN, WHY_DOWN, 0);
    finish(metrics, "rank", VERDICT_SKIPPED, WHY_CIRCUIT, 0);
    pass(metrics, "rank", 1, VERDICT_SKIPPED, WHY_OVERLAP);
    pass(metrics, "rank", 1000, VERDICT_MISSED, WHY_DOWN);
    pass(metrics, "flush", 3, VERDICT_MISSED, WHY_PAUSED);

    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"ok\"}", 1);
    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"failed\"}",
           1);
    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"unknown\"}",
           1);
    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"skipped\"}",
           2);
    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"missed\"}",
           1000);
    expect(metrics,
           "mooncron_job_passed_total{job=\"rank\",result=\"skipped\","
           "why=\"overlap\"}",
           1);
    expect(metrics,
           "mooncron_job_passed_total{job=\"rank\",result=\"skipped\","
           "why=\"circuit\"}",
           1);
    expect(metrics,
           "mooncron_job_passed_total{job=\"rank\",result=\"missed\","
           "why=\"down\"}",
           1000);
    expect_none(metrics, "mooncron_job_passed_total{job=\"flush\",result="
                         "\"missed\",why=\"down\"}");
    expect(metrics, "mooncron_runs_total{result=\"missed\",why=\"paused\"}", 3);
    expect(metrics, "mooncron_runs_total{result=\"missed\",why=\"store\"}", 0);
    expect(metrics, "mooncron_runs_total{result=\"ok\"}", 1);
    expect(metrics, "mooncron_runs_total{result=\"unknown\",why=\"down\"}", 1);
    metrics_free(metrics);
}

/* The three runs that ended by an answer or without one took time, not the
 * claim that was never sent; of what another life left nobody knows. */
static void how_long_it_took_is_told(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(noon);
    SWAP(metrics, "rank");
    finish(metrics, "rank", VERDICT_OK, WHY_NONE, 1500);
    finish(metrics, "rank", VERDICT_FAILED, WHY_NONE, 10);
    finish(metrics, "rank", VERDICT_SKIPPED, WHY_CIRCUIT, 0);
    finish(metrics, "rank", VERDICT_UNKNOWN, WHY_DOWN, 0);
    expect(metrics, "mooncron_run_duration_seconds_bucket{le=\"0.01\"}", 1);
    expect(metrics, "mooncron_run_duration_seconds_bucket{le=\"1\"}", 1);
    expect(metrics, "mooncron_run_duration_seconds_bucket{le=\"5\"}", 2);
    expect(metrics, "mooncron_run_duration_seconds_bucket{le=\"3600\"}", 2);
    expect(metrics, "mooncron_run_duration_seconds_sum", 1.51);
    expect(metrics, "mooncron_run_duration_seconds_count", 2);
    expect(metrics, "mooncron_job_run_duration_seconds_sum{job=\"rank\"}",
           1.51);
    expect(metrics, "mooncron_job_run_duration_seconds_count{job=\"rank\"}", 2);
    expect(metrics, "mooncron_job_last_success_timestamp_seconds{job=\"rank\"}",
           (double)(NOON + 1500) / 1000);
    finish(metrics, "rank", VERDICT_OK, WHY_NONE, 7200000);
    expect(metrics, "mooncron_run_duration_seconds_bucket{le=\"3600\"}", 2);
    expect(metrics, "mooncron_run_duration_seconds_bucket{le=\"+Inf\"}", 3);
    metrics_turn(metrics, 1500);
    metrics_turn(metrics, 2000000);
    expect(metrics, "mooncron_loop_turn_seconds_bucket{le=\"0.005\"}", 1);
    expect(metrics, "mooncron_loop_turn_seconds_bucket{le=\"1\"}", 1);
    expect(metrics, "mooncron_loop_turn_seconds_sum", 2.0015);
    metrics_free(metrics);
}

/* Late is what was late against its will. */
static void lateness_is_of_first_attempts_by_schedule(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(noon);
    SWAP(metrics, "rank");
    start(metrics, "rank", 1, 7);
    start(metrics, "rank", 2, 9000);
    const struct run_note late = note_of("rank", 1, TRIGGER_CATCH_UP);
    const struct run_note by_hand = note_of("rank", 1, TRIGGER_MANUAL);
    say(metrics, ACT_START, &late, 3600000);
    say(metrics, ACT_START, &by_hand, 9);
    expect(metrics, "mooncron_fire_lateness_seconds_count", 1);
    expect(metrics, "mooncron_fire_lateness_seconds_bucket{le=\"0.005\"}", 0);
    expect(metrics, "mooncron_fire_lateness_seconds_bucket{le=\"0.01\"}", 1);
    expect(metrics, "mooncron_job_attempts_total{job=\"rank\"}", 4);
    expect(metrics, "mooncron_attempts_total", 4);
    const struct run_note again = note_of("rank", 1, TRIGGER_SCHEDULE);
    say(metrics, ACT_AGAIN, &again, 100);
    expect(metrics, "mooncron_job_retries_total{job=\"rank\"}", 1);
    expect(metrics, "mooncron_retries_total", 1);
    metrics_free(metrics);
}

static void a_job_that_goes_stays_in_the_sums(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(noon);
    finish(metrics, "before", VERDICT_OK, WHY_NONE, 1); /* no schedule yet */
    SWAP(metrics, "rank", "flush");
    finish(metrics, "rank", VERDICT_OK, WHY_NONE, 1);
    finish(metrics, "flush", VERDICT_OK, WHY_NONE, 1);
    SWAP(metrics, "new", "flush");
    finish(metrics, "rank", VERDICT_OK, WHY_NONE, 1); /* its last run */
    expect(metrics, "mooncron_job_runs_total{job=\"flush\",result=\"ok\"}", 1);
    expect(metrics, "mooncron_job_runs_total{job=\"new\",result=\"ok\"}", 0);
    expect_none(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"ok\"}");
    expect(metrics, "mooncron_runs_total{result=\"ok\"}", 4);
    SWAP(metrics, "rank");
    expect(metrics, "mooncron_job_runs_total{job=\"rank\",result=\"ok\"}", 0);
    metrics_free(metrics);
}

static void circuit(struct metrics *metrics, const char *origin, bool open)
{
    const struct action act = { .kind = ACT_CIRCUIT,
                                .circuit = { .origin = origin, .open = open } };
    metrics_action(metrics, &act, noon);
}

static void circuits_are_told_by_origin(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(noon);
    circuit(metrics, "", true);
    circuit(metrics, "", true); /* its pause is longer now */
    circuit(metrics, "", false);
    circuit(metrics, "", true);
    circuit(metrics, "a\"b\\c\nd", true);
    circuit(metrics, "a\"b\\c\nd", false);
    expect(metrics, "mooncron_circuit_open{origin=\"backend\"}", 1);
    expect(metrics, "mooncron_circuit_opened_total{origin=\"backend\"}", 2);
    expect(metrics, "mooncron_circuit_open{origin=\"a\\\"b\\\\c\\nd\"}", 0);
    for (int i = 0; i < 2 * METRICS_CIRCUITS_MAX; i++) {
        char origin[32];
        snprintf(origin, sizeof origin, "https://%d.example", i);
        circuit(metrics, origin, true);
    }
    const struct metrics_circuit *all;
    assert_int_equal(metrics_circuits(metrics, &all), METRICS_CIRCUITS_MAX);
    metrics_free(metrics);
}

static void loaded(struct metrics *metrics, enum load_outcome outcome,
                   int64_t after_ms)
{
    const struct event event = { .kind = EV_LOADED,
                                 .now = { .wall = { NOON + after_ms } },
                                 .loaded = { outcome, NULL } };
    metrics_event(metrics, &event);
}

static void loads_fetches_and_claims_are_counted(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(noon);
    expect_none(metrics, "mooncron_settings_age_seconds");
    expect_none(metrics, "mooncron_last_load_success_timestamp_seconds");
    loaded(metrics, LOAD_OK, 1000);
    loaded(metrics, LOAD_FAILED, 2000);
    expect(metrics, "mooncron_last_load_successful", 0);
    expect(metrics, "mooncron_last_load_success_timestamp_seconds",
           (double)(NOON + 1000) / 1000);
    loaded(metrics, LOAD_UNCHANGED, 3000);
    expect(metrics, "mooncron_last_load_successful", 1);
    expect(metrics, "mooncron_last_load_success_timestamp_seconds",
           (double)(NOON + 3000) / 1000);
    expect(metrics, "mooncron_reloads_total{result=\"failed\"}", 1);
    struct event event = { .kind = EV_FETCHED,
                           .now = { .wall = { NOON + 3500 } },
                           .fetched = { .outcome = FETCH_NOT_MODIFIED } };
    metrics_event(metrics, &event);
    event.fetched.outcome = FETCH_FAILED;
    event.now.wall.ms += 500;
    metrics_event(metrics, &event);
    expect(metrics, "mooncron_settings_age_seconds", 1.5);
    expect(metrics, "mooncron_settings_fetches_total{result=\"failed\"}", 1);
    event = (struct event){ .kind = EV_CLAIMED,
                            .claimed = { .outcome = CLAIM_TAKEN } };
    metrics_event(metrics, &event);
    expect(metrics, "mooncron_journal_claims_total{result=\"taken\"}", 1);
    metrics_free(metrics);
}

/* However many jobs there are, the text has its bound. */
static void jobs_that_do_not_fit_are_counted(void **state)
{
    (void)state;
    enum { JOBS = 3000 };
    static char names[JOBS][JOB_NAME_MAX + 1];
    static const char *list[JOBS];
    struct metrics *metrics = metrics_new(noon);
    for (size_t i = 0; i < JOBS; i++) {
        snprintf(names[i], sizeof names[i], "%0*zu", i % 2 ? JOB_NAME_MAX : 8,
                 i);
        list[i] = names[i];
    }
    swap(metrics, list, JOBS);
    for (size_t i = 0; i < JOBS; i++)
        for (enum why why = WHY_OVERLAP; why < WHYS; why++) {
            pass(metrics, names[i], INT64_C(1) << 40, VERDICT_SKIPPED, why);
            pass(metrics, names[i], INT64_C(1) << 40, VERDICT_MISSED, why);
        }
    struct exposition *all = scrape(metrics, 64 << 20);
    struct exposition *some = scrape(metrics, 2 << 20);
    assert_true(exposition_value(all, "mooncron_jobs_omitted") < 1);
    assert_true(exposition_value(some, "mooncron_jobs_omitted") > 1000);
    assert_true(exposition_value(some, "mooncron_jobs_omitted") < JOBS);
    assert_true(exposition_value(
                    some, "mooncron_jobs{standing=\"scheduled\"}") > JOBS - 1);
    exposition_free(all);
    exposition_free(some);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_is_counted_once),
        cmocka_unit_test(how_long_it_took_is_told),
        cmocka_unit_test(lateness_is_of_first_attempts_by_schedule),
        cmocka_unit_test(a_job_that_goes_stays_in_the_sums),
        cmocka_unit_test(circuits_are_told_by_origin),
        cmocka_unit_test(loads_fetches_and_claims_are_counted),
        cmocka_unit_test(jobs_that_do_not_fit_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
