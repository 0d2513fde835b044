/* What a plan prints, to the letter: the jobs of the first user, on the Monday
 * of the examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/cli/plan_looks.h"
#include "../../engine/warnings.h"
#include "mooncron/civil.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define AUTO   INT64_C(-1)

struct line {
    const char *name;
    int64_t every_ms, phase_ms;
    bool scaled, always;
    const char *target, *body, *label;
    uint32_t function, line;
};

static const struct line shipped[] = {
    { "feed-flush", DAY, 90 * MINUTE, true, false, "/api/feed/flush", "", "", 0,
      24 },
    { "feed-aggregate", 15 * MINUTE, AUTO, true, false, "/api/feed/aggregate",
      "", "", 0, 29 },
    { "feed-rank", 20 * MINUTE, AUTO, true, false, "/api/feed/rank", "", "", 0,
      30 },
    { "hub-snapshot-locations", HOUR, AUTO, true, false,
      "/api/hub/build-snapshot", "{\"collection\":\"locations\"}", "locations",
      0, 34 },
    { "hub-snapshot-events", HOUR, AUTO, true, false, "/api/hub/build-snapshot",
      "{\"collection\":\"events\"}", "events", 0, 34 },
    { "hub-snapshot-services", HOUR, AUTO, true, false,
      "/api/hub/build-snapshot", "{\"collection\":\"services\"}", "services", 0,
      34 },
    { "sync-city-counters", HOUR, AUTO, true, false, "/api/sync/city-counters",
      "", "", 0, 44 },
    { "sync-listing-type-counters", HOUR, AUTO, true, false,
      "/api/sync/listing-type-counters", "", "", 0, 45 },
    { "cleanup-temp-media", DAY, 30 * MINUTE, false, false,
      "/api/cleanup/temp-media", "", "", 0, 49 },
    { "cleanup-deleted-listings", DAY, 2 * HOUR, false, false,
      "/api/cleanup/deleted-listings", "", "", 0, 56 },
    { "heartbeat", MINUTE, AUTO, false, true, "", "", "", 1, 67 },
    { "admin-digest-daily", DAY, 6 * HOUR, false, true, "", "", "", 2, 79 },
};

static void add_job(struct jobset *set, const struct line *line, int times,
                    bool jobs_on)
{
    int64_t every_ms = line->every_ms * (line->scaled ? times : 1);
    int64_t phase = line->phase_ms == AUTO
                        ? schedule_phase_auto(line->name, every_ms)
                        : line->phase_ms;
    const struct job job = {
        .name = line->name,
        .target = line->target,
        .body = line->body,
        .headers = "",
        .file = "scripts/schedules.lua",
        .label = line->label,
        .schedule = { every_ms, phase, NULL },
        .base_every_ms = line->every_ms,
        .multiplier = line->scaled ? times : 0,
        .line = line->line,
        .timeout_ms = 30000,
        .alert_after = 1,
        .retry = { line->always ? 1 : 3, 5000, 60000, RETRY_ON_USUAL },
        .catch_up = { 43200000, 1 },
        .catch_up_said = true,
        .group = *line->label ? 0 : JOB_NO_GROUP,
        .function = line->function,
        .method = METHOD_POST,
        .standing = (uint8_t)(jobs_on || line->always ? STANDING_SCHEDULED
                                                      : STANDING_JOBS_OFF),
        .always = line->always,
    };
    assert_true(jobset_add(set, &job));
}

static struct jobset *set_new(int times, bool jobs_on)
{
    struct jobset *set = jobset_new();
    assert_true(jobset_add_group(set, "hub", 1));
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        add_job(set, &shipped[i], times, jobs_on);
    jobset_seal(set);
    return set;
}

struct world {
    struct jobset *set;
    struct plan plan;
    struct text out;
};

static void world_open(struct world *world, struct jobset *set,
                       const char *environment, bool jobs_on,
                       int64_t horizon_ms)
{
    static const char now[] = "2026-11-23T14:07:31+02:00";
    *world = (struct world){ .set = set };
    struct plan *plan = &world->plan;
    *plan = (struct plan){ .set = set,
                           .facts = { .enable_jobs = jobs_on },
                           .file = "scripts/schedules.lua",
                           .environment = environment,
                           .source = "flag",
                           .digest = "",
                           .tzdata = "",
                           .horizon_ms = horizon_ms,
                           .every_slot = true };
    assert_true(rfc3339_parse(now, sizeof now - 1, &plan->now));
    strcpy(plan->facts.environment, environment);
    struct planner *planner = planner_new(jobset_ref(set));
    plan_find(plan, planner, PLANNER_WALK_MAX, false);
    planner_free(planner);
    plan->every_slot = false;
    text_init(&world->out, 1 << 20);
}

static void world_close(struct world *world)
{
    jobset_unref(world->set);
    plan_close(&world->plan);
    text_close(&world->out);
}

static void the_table_of_production(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(1, true), "production", true, DAY);
    plan_table(&world.plan, PLAN_WIDE, false, &world.out);
    assert_string_equal(
        world.out.data,
        "scripts/schedules.lua · production ×1 · enableJobs on · UTC · dry "
        "run\n\n"
        "NAME                        SCHEDULE   ×   EVERY  NEXT RUN      IN   "
        "   /24H  TARGET\n"
        "heartbeat                   every 1m   -   1m     Mon 12:08:11  40s  "
        "   1440  lua :67\n"
        "hub-snapshot-events         every 1h   ×1  1h     Mon 12:09:51  "
        "2m20s     24  POST /api/hub/build-snapshot  events\n"
        "sync-city-counters          every 1h   ×1  1h     Mon 12:16:40  9m9s "
        "     24  POST /api/sync/city-counters\n"
        "feed-aggregate              every 15m  ×1  15m    Mon 12:19:23  "
        "11m52s    96  POST /api/feed/aggregate\n"
        "feed-rank                   every 20m  ×1  20m    Mon 12:23:18  "
        "15m47s    72  POST /api/feed/rank\n"
        "sync-listing-type-counters  every 1h   ×1  1h     Mon 12:39:16  "
        "31m45s    24  POST /api/sync/listing-type-counters\n"
        "hub-snapshot-services       every 1h   ×1  1h     Mon 12:49:58  "
        "42m27s    24  POST /api/hub/build-snapshot  services\n"
        "hub-snapshot-locations      every 1h   ×1  1h     Mon 13:01:18  "
        "53m47s    24  POST /api/hub/build-snapshot  locations\n"
        "cleanup-temp-media          every 1d   -   1d     Tue 00:30:00  "
        "12h22m     1  POST /api/cleanup/temp-media\n"
        "feed-flush                  every 1d   ×1  1d     Tue 01:30:00  "
        "13h22m     1  POST /api/feed/flush\n"
        "cleanup-deleted-listings    every 1d   -   1d     Tue 02:00:00  "
        "13h52m     1  POST /api/cleanup/deleted-listings\n"
        "admin-digest-daily          every 1d   -   1d     Tue 06:00:00  "
        "17h52m     1  lua :79\n"
        "\n"
        "12 jobs · 292 runs in 24 h (+1440 heartbeats) · busiest hour 00:00 "
        "(13) · at most 2 start in the same minute\n");
    assert_int_equal(world.plan.warnings.total, 0);
    world_close(&world);
}

static void staging_thins_the_lattice(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(3, true), "staging", true, DAY);
    plan_table(&world.plan, PLAN_WIDE, true, &world.out);
    assert_non_null(strstr(world.out.data, "- staging x3 -"));
    assert_non_null(strstr(world.out.data,
                           "\nfeed-rank                   every "
                           "20m  x3  1h     Mon 12:23:18"));
    assert_non_null(
        strstr(world.out.data, "12 jobs - 100 runs in 24 h (+1440"));
    world_close(&world);
}

static void jobs_off_says_who_stays_at_home(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(1, false), "production", false, DAY);
    plan_table(&world.plan, PLAN_WIDE, false, &world.out);
    const char *footer = strstr(world.out.data, "\n2 jobs");
    assert_non_null(footer);
    assert_string_equal(
        footer,
        "\n2 jobs · 1 run in 24 h (+1440 heartbeats) · busiest hour 06:00 (1) "
        "· at most 1 start in the same minute\n"
        "\n"
        "not scheduled (10), because enableJobs is off in Settings:\n"
        "  feed-flush, feed-aggregate, feed-rank, hub-snapshot-locations, "
        "hub-snapshot-events,\n"
        "  hub-snapshot-services, sync-city-counters, "
        "sync-listing-type-counters,\n"
        "  cleanup-temp-media, cleanup-deleted-listings\n");
    assert_non_null(strstr(world.out.data, "enableJobs OFF"));
    world_close(&world);
}

static void a_narrow_terminal_loses_targets_then_counts(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(1, true), "production", true, DAY);
    plan_table(&world.plan, PLAN_NARROW, false, &world.out);
    assert_null(strstr(world.out.data, "TARGET"));
    assert_null(strstr(world.out.data, "/api/"));
    assert_non_null(strstr(world.out.data, "/24H\n"));
    assert_non_null(strstr(world.out.data, "sync-listing-type-counters"));
    text_clear(&world.out);
    plan_table(&world.plan, PLAN_NARROWEST, false, &world.out);
    assert_null(strstr(world.out.data, "/24H"));
    world_close(&world);
}

static void lines_are_for_machines(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(1, true), "production", true, DAY);
    plan_lines(&world.plan, &world.out);
    assert_ptr_equal(strstr(world.out.data,
                            "heartbeat\tevery 1m\t-\t1m\tMon 12:08:11\t40s\t"
                            "1440\tlua :67\n"),
                     world.out.data);
    world_close(&world);
}

static void json_has_two_slots_or_all_of_the_horizon(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(1, true), "production", true, HOUR);
    plan_json(&world.plan, &world.out);
    assert_non_null(strstr(
        world.out.data,
        "    { \"name\": \"feed-rank\", \"line\": 30, \"scheduled\": true, "
        "\"reason\": null,\n"
        "      \"every_ms\": 1200000, \"base_every_ms\": 1200000, "
        "\"multiplier\": 1, \"phase_ms\": 198000, \"cron\": null, \"at\": "
        "null,\n"
        "      \"timezone\": null, \"jitter_ms\": 0, \"from\": null, "
        "\"to\": null, \"except\": [],\n"
        "      \"next\": [\"2026-11-23T12:23:18Z\", "
        "\"2026-11-23T12:43:18Z\"], \"runs_24h\": 72,\n"
        "      \"target\": { \"method\": \"POST\", \"path\": "
        "\"/api/feed/rank\", \"body\": null },\n"
        "      \"timeout_ms\": 30000, \"overlap\": \"skip\", \"always\": "
        "false, \"group\": null,\n"
        "      \"retry\": { \"attempts\": 3, \"backoff_ms\": 5000, "
        "\"backoff_max_ms\": 60000, \"on\": [\"network\", \"timeout\", "
        "\"busy\", \"server\", \"script\"] },\n"
        "      \"catch_up\": { \"window_ms\": 43200000, \"max\": 1 }, "
        "\"deadline_ms\": null, \"max_runs\": null, \"min_gap_ms\": null, "
        "\"overlap_max\": null,\n"
        "      \"hooks\": [], \"alert_after\": 1, \"heartbeat\": null }"));
    assert_non_null(strstr(world.out.data, "\"totals\": { \"jobs\": 12, "
                                           "\"scheduled\": 12, \"runs_24h\": "
                                           "1732, \"peak_starts_per_minute\": "
                                           "2 }"));
    text_clear(&world.out);
    world.plan.every_slot = true;
    plan_json(&world.plan, &world.out);
    assert_non_null(strstr(world.out.data,
                           "\"next\": [\"2026-11-23T12:23:18Z\", "
                           "\"2026-11-23T12:43:18Z\", "
                           "\"2026-11-23T13:03:18Z\"]"));
    assert_non_null(strstr(world.out.data, "\"next\": [], \"runs_24h\": 1,"));
    world_close(&world);
}

static struct jobset *doubtful_new(void)
{
    struct jobset *set = jobset_new();
    struct job job = { .name = "slow",
                       .target = "/a",
                       .body = "",
                       .headers = "",
                       .file = "x.lua",
                       .label = "",
                       .schedule = { MINUTE, 0, NULL },
                       .base_every_ms = MINUTE,
                       .multiplier = 1,
                       .line = 3,
                       .timeout_ms = 60000,
                       .group = JOB_NO_GROUP,
                       .always = true };
    assert_true(jobset_add(set, &job));
    job.name = "again";
    job.always = false;
    job.timeout_ms = 1000;
    job.line = 2;
    assert_true(jobset_add(set, &job));
    job.name = "elsewhere";
    job.line = 1;
    job.standing = STANDING_ENVIRONMENT;
    assert_true(jobset_add(set, &job));
    jobset_seal(set);
    return set;
}

static void warnings_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    static const char *const codes[] = { "W210", "W209", "W202", "W207" };
    struct jobset *set = doubtful_new();
    struct mistakes warnings = { 0 };
    warnings_find(set, "staging", (struct wall){ 0 }, false, &warnings);
    assert_int_equal(warnings.total, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(warnings.items[i].code, codes[i]);
    assert_string_equal(warnings.items[2].message,
                        "the timeout of job \"slow\", 1m, is not shorter than "
                        "its interval, 1m");
    mistakes_clear(&warnings);
    jobset_unref(set);
}

static void too_many_slots_are_counted_and_not_walked(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, set_new(1, true), "production", true, 3660 * DAY);
    assert_false(world.plan.totals.walked);
    assert_int_equal(world.plan.slot_count, 0);
    assert_int_equal(world.plan.totals.heartbeats, 3660 * 1440);
    plan_table(&world.plan, PLAN_WIDE, false, &world.out);
    assert_non_null(strstr(world.out.data, "too many to look for peaks"));
    text_clear(&world.out);
    plan_json(&world.plan, &world.out);
    assert_non_null(strstr(world.out.data, "\"peak_starts_per_minute\": null"));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_production),
        cmocka_unit_test(staging_thins_the_lattice),
        cmocka_unit_test(jobs_off_says_who_stays_at_home),
        cmocka_unit_test(a_narrow_terminal_loses_targets_then_counts),
        cmocka_unit_test(lines_are_for_machines),
        cmocka_unit_test(json_has_two_slots_or_all_of_the_horizon),
        cmocka_unit_test(warnings_come_in_the_order_of_the_file),
        cmocka_unit_test(too_many_slots_are_counted_and_not_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
