/* What plan warns of when it looks at times, and what it leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/warnings.h"
#include "sheet.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define BUCHAREST "Europe/Bucharest"
#define MONDAY    "2026-11-23T14:07:31+02:00"

static void find(struct sheet *sheet)
{
    jobset_seal(sheet->set);
    warnings_find(sheet->set, "production", sheet->plan.now, false,
                  &sheet->plan.warnings);
    for (uint32_t i = 0; i < sheet->plan.warnings.count; i++)
        warning_render(&sheet->plan.warnings.items[i], false, &sheet->out);
}

static void add_hourly(struct sheet *sheet)
{
    static const char *const names[] = {
        "hub-snapshot-locations",     "hub-snapshot-events",
        "hub-snapshot-services",      "sync-city-counters",
        "sync-listing-type-counters",
    };
    sheet_every(sheet, "feed-aggregate", 15 * MINUTE, 0);
    sheet_every(sheet, "feed-rank", 20 * MINUTE, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        sheet_every(sheet, names[i], HOUR, 0);
}

static void a_herd_has_a_picture(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, MONDAY);
    add_hourly(&sheet);
    sheet_cron(&sheet, "admin-digest-daily", BUCHAREST, "0 8 * * *");
    find(&sheet);
    assert_string_equal(
        sheet.out.data,
        "warning[W201]: 8 jobs start in the same minute, Tue 08:00\n"
        "  --> jobs.lua:1\n"
        "  |\n"
        "  |   starts per minute, 08:00-08:59                                "
        "scale 8\n"
        "  |   "
        "█··············▁····▁·········▁·········▁····▁··············  now\n"
        "  |   "
        "▁▁·▁▁····▁······▁··▁···▁··········▁····▁···▁·····▂··········  with "
        "phase = \"auto\"\n"
        "  |\n"
        "  = jobs: feed-aggregate, feed-rank, hub-snapshot-locations, "
        "hub-snapshot-events,\n"
        "          hub-snapshot-services, sync-city-counters, "
        "sync-listing-type-counters,\n"
        "          admin-digest-daily\n"
        "  = note: 24 minutes of the next 24 h have 5 or more starts\n"
        "  = help: add  phase = \"auto\"  to defaults: at most 2 jobs would "
        "start together\n");
    sheet_close(&sheet);
}

static void four_are_no_herd_and_five_times_of_day_need_other_help(void **state)
{
    (void)state;
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    for (size_t count = 4; count <= 5; count++) {
        struct sheet sheet;
        sheet_open(&sheet, "UTC", "2026-11-23T12:00:00Z");
        for (size_t i = 0; i < count; i++)
            sheet_at(&sheet, names[i], "UTC", "08:00");
        find(&sheet);
        assert_int_equal(sheet.plan.warnings.total, count == 5);
        if (count == 5)
            assert_non_null(
                strstr(sheet.out.data, "would not change it; give them other"));
        sheet_close(&sheet);
    }
}

static void a_time_that_the_clock_hides_or_repeats_is_dated(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_cron(&sheet, "cleanup", BUCHAREST, "0 3 * * *");
    sheet_cron(&sheet, "before", BUCHAREST, "59 2 * * *");
    sheet_cron(&sheet, "after", BUCHAREST, "0 4 * * *");
    sheet_cron(&sheet, "follows", BUCHAREST, "30 * * * *");
    sheet_cron(&sheet, "on-mondays", BUCHAREST, "30 3 * * MON");
    sheet_cron(&sheet, "utc", "UTC", "30 3 * * *");
    find(&sheet);
    assert_string_equal(
        sheet.out.data,
        "warning[W205]: job \"cleanup\" has a time that a clock change in "
        "Europe/Bucharest hides or repeats\n"
        "  --> jobs.lua:1\n"
        "  = help: choose a time outside these; `gap` and `fold` say what "
        "happens there\n"
        "  = note: 2027-03-28: 03:00-03:59 does not exist; the job runs once, "
        "right after the change\n"
        "  = note: 2027-10-31: 03:00-03:59 comes twice; the job runs once, the "
        "first time\n");
    sheet_close(&sheet);
}

static void gap_and_fold_decide_what_is_said(void **state)
{
    (void)state;
    static const struct {
        uint8_t gap, fold;
        const char *gap_clause, *fold_clause;
    } cases[] = {
        { GAP_AFTER, FOLD_FIRST, "right after the change", "the first time" },
        { GAP_BEFORE, FOLD_LAST, "right before the change", "the last time" },
        { GAP_SKIP, FOLD_BOTH, "the job is left out", "runs both times" },
    };
    const struct term term = { .kind = TERM_AT, .text = "03:30" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sheet sheet;
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_rules(&sheet, "nightly", BUCHAREST,
                    (struct rules_spec){ .terms = &term,
                                         .term_count = 1,
                                         .gap = cases[i].gap,
                                         .fold = cases[i].fold });
        find(&sheet);
        assert_int_equal(sheet.plan.warnings.total, 1);
        assert_non_null(strstr(sheet.out.data, cases[i].gap_clause));
        assert_non_null(strstr(sheet.out.data, cases[i].fold_clause));
        sheet_close(&sheet);
    }
}

static void a_long_interval_wants_a_phase(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_every(&sheet, "long", 2 * DAY, schedule_phase_auto("long", 2 * DAY));
    sheet_every(&sheet, "pinned", 2 * DAY, 90 * MINUTE);
    sheet_every(&sheet, "short", 23 * HOUR,
                schedule_phase_auto("short", 23 * HOUR));
    find(&sheet);
    assert_string_equal(
        sheet.out.data,
        "warning[W206]: job \"long\" runs every 2d, at a time that phase = "
        "\"auto\" picked: Mon 2026-11-23 19:39:31 EET\n"
        "  --> jobs.lua:1\n"
        "  = help: pin it: phase = \"1h30m\" is 01:30 UTC, at = \"03:30\" goes "
        "by the clock of the zone\n");
    sheet_close(&sheet);
}

static void both_day_fields_with_a_star_are_read_otherwise(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, "UTC", "2026-11-23T12:00:00Z");
    sheet_cron(&sheet, "starred", "UTC", "0 5 */2 * SUN");
    sheet_cron(&sheet, "plain", "UTC", "0 5 1,15 * SUN");
    sheet_cron(&sheet, "one-field", "UTC", "0 5 */2 * *");
    find(&sheet);
    assert_int_equal(sheet.plan.warnings.total, 1);
    assert_ptr_equal(strstr(sheet.out.data,
                            "warning[W211]: job \"starred\": \"0 5 */2 * SUN\" "
                            "is due where either day field matches\n"),
                     sheet.out.data);
    sheet_close(&sheet);
}

static void slots_may_be_closer_than_the_timeout(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, "UTC", "2026-11-23T12:00:00Z");
    sheet_cron(&sheet, "seconds", "UTC", "*/20 0 8 * * *");
    sheet_cron(&sheet, "minutes", "UTC", "* 8 * * *");
    sheet_cron(&sheet, "pair", "UTC", "0,30 0 8 * * FRI");
    sheet_cron(&sheet, "loose", "UTC", "0,31 0 8 * * FRI");
    find(&sheet);
    assert_int_equal(sheet.plan.warnings.total, 2);
    assert_string_equal(sheet.plan.warnings.items[0].message,
                        "the timeout of job \"seconds\", 30s, is not shorter "
                        "than the distance of two slots, 20s");
    assert_string_equal(sheet.plan.warnings.items[1].message,
                        "the timeout of job \"pair\", 30s, is not shorter "
                        "than the distance of two slots, 30s");
    sheet_close(&sheet);
}

static void retries_want_to_end_before_the_next_slot(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, "UTC", "2026-11-23T12:00:00Z");
    sheet.like.retry = (struct retry){ 3, 5000, 60000, RETRY_ON_USUAL };
    sheet_every(&sheet, "tight", MINUTE, 0);
    sheet_every(&sheet, "exact", 105000, 0); /* 3 * 30 s, 5 s, 10 s */
    sheet_every(&sheet, "loose", 105001, 0);
    sheet_cron(&sheet, "minutes", "UTC", "* 8 * * *");
    sheet_cron(&sheet, "hours", "UTC", "7 * * * *");
    sheet_every(&sheet, "hopeless", 30000, 0); /* which is W202's */
    sheet.like.deadline_ms = 59999;
    sheet_every(&sheet, "cut", MINUTE, 0);
    sheet.like.deadline_ms = 0;
    sheet.like.retry.attempts = 1;
    sheet_every(&sheet, "once", MINUTE, 0);
    sheet.like.retry = (struct retry){ 4, 60000, 60000, RETRY_ON_USUAL };
    sheet.like.timeout_ms = 1000;
    sheet_every(&sheet, "even", 3 * MINUTE + 4000, 0);
    sheet.like.standing = STANDING_DISABLED;
    sheet_every(&sheet, "off", MINUTE, 0);
    find(&sheet);
    static const char expected[] =
        "warning[W203]: the retries of job \"tight\" may take 1m45s, and its "
        "next slot comes after 1m\n"
        "  --> jobs.lua:1\n"
        "  = help: fewer attempts, a shorter timeout or backoff, or retry = "
        "false\n"
        "  = note: 3 attempts of 30s each, and pauses of 15s in all\n";
    assert_memory_equal(sheet.out.data, expected, sizeof expected - 1);
    static const char *const told[] = { "tight", "exact", "minutes", "even" };
    uint32_t at = 0;
    for (uint32_t i = 0; i < sheet.plan.warnings.count; i++) {
        const struct mistake *warning = &sheet.plan.warnings.items[i];
        if (strcmp(warning->code, "W203") != 0)
            continue;
        assert_true(at < sizeof told / sizeof *told);
        assert_non_null(strstr(warning->message, told[at++]));
    }
    assert_int_equal(at, sizeof told / sizeof *told);
    sheet_close(&sheet);
}

/* One row: a schedule, and what one lost slot is; NULL where another comes
 * soon. */
static const struct {
    const char *cron, *at;
    int64_t every_ms, jitter_ms;
    const char *loss;
} rarities[] = {
    { .every_ms = DAY, .loss = "a day" },
    { .every_ms = DAY - 1000 },
    { .cron = "30 2 * * *", .loss = "a day" },
    { .cron = "30 2 * * *", .jitter_ms = 10 * MINUTE, .loss = "a day" },
    { .cron = "30 2 * * *", .jitter_ms = DAY, .loss = "a day" },
    { .cron = "30 2 25 * *", .loss = "a day" },
    { .cron = "0 9 * * MON-FRI", .loss = "a day" },
    { .cron = "0 9,21 * * *" },
    { .cron = "*/10 9 25 12 *" },
    { .at = "08:00", .loss = "a day" },
    { .at = "2026-12-31T23:00", .loss = "the last slot" },
    { .at = "2026-01-31T23:00" },
};

static void a_day_is_not_to_be_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rarities / sizeof *rarities; i++) {
        struct sheet sheet;
        const char *at = rarities[i].at;
        const struct term term = {
            .kind = rarities[i].cron ? TERM_CRON
                    : strchr(at ? at : "", '-') ? TERM_ONCE
                                                : TERM_AT,
            .text = rarities[i].cron ? rarities[i].cron : at,
        };
        sheet_open(&sheet, BUCHAREST, "2027-03-20T12:00:00+02:00");
        if (at && *at == '2')
            sheet.plan.now = sheet_time("2026-12-01T12:00:00+02:00");
        sheet.like.catch_up_said = false;
        if (rarities[i].every_ms)
            sheet_every(&sheet, "j", rarities[i].every_ms, 0);
        else
            sheet_rules(
                &sheet, "j", BUCHAREST,
                (struct rules_spec){ .terms = &term,
                                     .term_count = 1,
                                     .jitter_ms = rarities[i].jitter_ms });
        sheet.like.catch_up_said = true;
        sheet_at(&sheet, "said", BUCHAREST, "10:00");
        find(&sheet);
        char expected[128] = "";
        if (rarities[i].loss)
            snprintf(expected, sizeof expected,
                     "warning[W204]: one restart at the wrong time loses %s of "
                     "job \"j\"\n",
                     rarities[i].loss);
        if (strncmp(sheet.out.data, expected, strlen(expected)) != 0 ||
            sheet.plan.warnings.count != (rarities[i].loss != NULL))
            fail_msg("row %zu: %s", i, sheet.out.data);
        sheet_close(&sheet);
    }
}

static void each_code_is_explained(void **state)
{
    (void)state;
    static const char *const codes[] = { "W201", "W202", "W203", "W204", "W205",
                                         "W206", "W207", "W209", "W210", "W211",
                                         "W212", "W213", "W214", "W215" };
    const char *title = NULL;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_non_null(mistake_explain(codes[i], &title));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_herd_has_a_picture),
        cmocka_unit_test(
            four_are_no_herd_and_five_times_of_day_need_other_help),
        cmocka_unit_test(a_time_that_the_clock_hides_or_repeats_is_dated),
        cmocka_unit_test(gap_and_fold_decide_what_is_said),
        cmocka_unit_test(a_long_interval_wants_a_phase),
        cmocka_unit_test(both_day_fields_with_a_star_are_read_otherwise),
        cmocka_unit_test(slots_may_be_closer_than_the_timeout),
        cmocka_unit_test(retries_want_to_end_before_the_next_slot),
        cmocka_unit_test(a_day_is_not_to_be_lost),
        cmocka_unit_test(each_code_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
