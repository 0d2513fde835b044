/* A plan by the clock of a zone: what is shown, what ends, what changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sheet.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define BUCHAREST "Europe/Bucharest"

static void times_are_those_of_the_sets_zone(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, "2026-11-23T14:07:31+02:00");
    sheet_every(&sheet, "feed-rank", 20 * MINUTE, 198000);
    sheet_cron(&sheet, "cleanup", BUCHAREST, "30 2 * * *");
    sheet_at(&sheet, "digest", BUCHAREST, "08:00");
    sheet_at(&sheet, "kathmandu", "Asia/Kathmandu", "10:00");
    sheet_plan(&sheet, DAY);
    plan_table(&sheet.plan, PLAN_WIDE, false, &sheet.out);
    assert_string_equal(
        sheet.out.data,
        "jobs.lua · production ×1 · enableJobs on · Europe/Bucharest (EET) · "
        "dry run\n\n"
        "NAME       SCHEDULE         ×   EVERY  NEXT RUN      IN      /24H  "
        "TARGET\n"
        "feed-rank  every 20m        ×1  20m    Mon 14:23:18  15m47s    72  "
        "POST /feed-rank\n"
        "cleanup    cron 30 2 * * *  -   -      Tue 02:30:00  12h22m     1  "
        "POST /cleanup\n"
        "kathmandu  at 10:00         -   -      Tue 06:15:00  16h7m      1  "
        "POST /kathmandu\n"
        "digest     at 08:00         -   -      Tue 08:00:00  17h52m     1  "
        "POST /digest\n"
        "\n"
        "4 jobs · 75 runs in 24 h · busiest hour 02:00 (4) · at most 1 start "
        "in the same minute\n");
    sheet_close(&sheet);
}

static void what_has_ended_is_shown_last_and_has_no_date(void **state)
{
    (void)state;
    struct sheet sheet;
    const struct term hourly = { .kind = TERM_EVERY,
                                 .text = "",
                                 .every_ms = HOUR };
    sheet_open(&sheet, "UTC", "2026-11-23T12:07:31Z");
    sheet_at(&sheet, "over", "UTC", "2026-01-24T09:00");
    sheet_at(&sheet, "once", "UTC", "2026-11-24T09:00");
    sheet_rules(
        &sheet, "two-left", "UTC",
        (struct rules_spec){ .terms = &hourly,
                             .term_count = 1,
                             .until = sheet_time("2026-11-23T14:00:00Z") });
    sheet_plan(&sheet, DAY);
    plan_table(&sheet.plan, PLAN_WIDE, false, &sheet.out);
    assert_non_null(
        strstr(sheet.out.data,
               "two-left  every 1h             ×1  1h     Mon 13:00:00  52m29s "
               "    2  POST /two-left\n"
               "once      at 2026-11-24T09:00  -   -      Tue 09:00:00  20h52m "
               "    1  POST /once\n"
               "over      at 2026-01-24T09:00  -   -      never         -      "
               "    0  POST /over\n"
               "\n3 jobs · 3 runs in 24 h"));
    text_clear(&sheet.out);
    plan_lines(&sheet.plan, &sheet.out);
    assert_non_null(strstr(sheet.out.data, "\tnever\t-\t0\tPOST /over\n"));
    text_clear(&sheet.out);
    plan_json(&sheet.plan, &sheet.out);
    assert_non_null(strstr(sheet.out.data, "\"next\": [], \"runs_24h\": 0,"));
    assert_non_null(strstr(
        sheet.out.data, "\"next\": [\"2026-11-24T09:00:00Z\"], \"runs_24h\""));
    assert_non_null(strstr(sheet.out.data,
                           "\"from\": null, \"to\": \"2026-11-23T14:00:00Z\""));
    assert_null(strstr(sheet.out.data, "292278994"));
    sheet_close(&sheet);
}

static void open_around_the_fold(struct sheet *sheet, const char *now)
{
    sheet_open(sheet, BUCHAREST, now);
    sheet_at(sheet, "nightly", BUCHAREST, "03:30");
    sheet_at(sheet, "untouched", BUCHAREST, "04:30");
    sheet_cron(sheet, "hourly", BUCHAREST, "0 * * * *");
    sheet_at(sheet, "new-york", "America/New_York", "01:30");
}

static void a_change_in_the_horizon_says_who_does_what(void **state)
{
    (void)state;
    struct sheet sheet;
    open_around_the_fold(&sheet, "2026-10-24T12:00:00+03:00");
    sheet_plan(&sheet, DAY);
    plan_changes(&sheet.plan, &sheet.out);
    assert_string_equal(sheet.out.data,
                        "\nSun 2026-10-25, Europe/Bucharest: 04:00 EEST "
                        "becomes 03:00 EET, 03:00-03:59 comes twice\n"
                        "  at one of the two:\n    nightly\n"
                        "  at both:\n    hourly\n");
    sheet_close(&sheet);
    open_around_the_fold(&sheet, "2027-03-27T12:00:00+02:00");
    sheet_plan(&sheet, DAY);
    plan_changes(&sheet.plan, &sheet.out);
    assert_string_equal(sheet.out.data,
                        "\nSun 2027-03-28, Europe/Bucharest: 03:00 EET "
                        "becomes 04:00 EEST, 03:00-03:59 does not exist\n"
                        "  left out:\n    hourly\n"
                        "  moved to the change:\n    nightly\n");
    sheet_close(&sheet);
}

static void far_changes_are_in_json_alone(void **state)
{
    (void)state;
    struct sheet sheet;
    open_around_the_fold(&sheet, "2026-10-23T12:00:00+03:00");
    sheet_plan(&sheet, DAY);
    plan_changes(&sheet.plan, &sheet.out);
    assert_string_equal(sheet.out.data, "");
    plan_changes_json(&sheet.plan, &sheet.out);
    assert_string_equal(
        sheet.out.data,
        "  \"transitions\": [\n"
        "    { \"zone\": \"Europe/Bucharest\", \"at\": "
        "\"2026-10-25T03:00:00+02:00\", \"offset_before\": \"+03:00\", "
        "\"offset_after\": \"+02:00\", \"kind\": \"fold\",\n"
        "      \"jobs\": [{ \"name\": \"nightly\", \"fate\": \"once\" }, "
        "{ \"name\": \"hourly\", \"fate\": \"twice\" }] },\n"
        "    { \"zone\": \"America/New_York\", \"at\": "
        "\"2026-11-01T01:00:00-05:00\", \"offset_before\": \"-04:00\", "
        "\"offset_after\": \"-05:00\", \"kind\": \"fold\",\n"
        "      \"jobs\": [{ \"name\": \"new-york\", \"fate\": \"once\" }] }\n"
        "  ],\n");
    sheet_close(&sheet);
}

static void json_has_the_rules_of_a_job(void **state)
{
    (void)state;
    struct sheet sheet;
    const struct term twice[] = { { .kind = TERM_AT, .text = "08:00" },
                                  { .kind = TERM_AT, .text = "20:00" } };
    const int32_t christmas[] = { 20812 }; /* 2026-12-25 */
    const struct calendar days = { "", christmas, 1, 0 };
    const struct calendar *excluded[] = { &days };
    sheet_open(&sheet, BUCHAREST, "2026-11-23T14:07:31+02:00");
    sheet_rules(
        &sheet, "two", BUCHAREST,
        (struct rules_spec){ .terms = twice,
                             .term_count = 2,
                             .calendars = excluded,
                             .calendar_count = 1,
                             .weekdays_off = 1 << 6,
                             .jitter_ms = 5 * MINUTE,
                             .from = sheet_time("2026-11-24T00:00:00+02:00") });
    sheet_plan(&sheet, DAY);
    plan_json(&sheet.plan, &sheet.out);
    assert_non_null(strstr(
        sheet.out.data,
        "\"phase_ms\": 0, \"cron\": null, \"at\": [\"08:00\", \"20:00\"],\n"
        "      \"timezone\": \"Europe/Bucharest\", \"jitter_ms\": 300000, "
        "\"from\": \"2026-11-24T00:00:00+02:00\", \"to\": null, \"except\": "
        "[\"sat\", \"2026-12-25\"],\n"));
    assert_non_null(strstr(sheet.out.data,
                           "\"timezone\": \"Europe/Bucharest\", "
                           "\"tzdata\": "));
    assert_non_null(strstr(sheet.out.data,
                           "\"generated_at\": \"2026-11-23T14:07:31+02:00\""));
    sheet_close(&sheet);
}

/* Kathmandu is 5:45 ahead: an hour of its clock is none of UTC's. */
static void the_busiest_hour_is_one_of_the_zones_clock(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, "Asia/Kathmandu", "2026-11-23T12:00:00+05:45");
    sheet_at(&sheet, "a", "Asia/Kathmandu", "16:05");
    sheet_at(&sheet, "b", "Asia/Kathmandu", "16:55");
    sheet_at(&sheet, "c", "Asia/Kathmandu", "17:10");
    sheet_plan(&sheet, DAY);
    plan_table(&sheet.plan, PLAN_WIDE, false, &sheet.out);
    assert_non_null(strstr(sheet.out.data, "busiest hour 16:00 (2)"));
    assert_non_null(strstr(sheet.out.data, "Asia/Kathmandu (+0545)"));
    sheet_close(&sheet);
}

/* What --detailed-exitcode asks: rules count as much as intervals. */
static void changed_rules_are_a_changed_job(void **state)
{
    (void)state;
    static const char *const times[] = { "08:00", "08:00", "08:01" };
    struct sheet sheets[3];
    for (int i = 0; i < 3; i++) {
        sheet_open(&sheets[i], "UTC", "2026-11-23T12:00:00Z");
        sheet_at(&sheets[i], "digest", BUCHAREST, times[i]);
        sheet_plan(&sheets[i], DAY);
    }
    struct jobset *set = sheets[0].set;
    assert_int_equal(jobset_compare(set, sheets[1].set).unchanged, 1);
    assert_int_equal(jobset_compare(set, sheets[2].set).changed, 1);
    for (int i = 0; i < 3; i++)
        sheet_close(&sheets[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_those_of_the_sets_zone),
        cmocka_unit_test(what_has_ended_is_shown_last_and_has_no_date),
        cmocka_unit_test(a_change_in_the_horizon_says_who_does_what),
        cmocka_unit_test(far_changes_are_in_json_alone),
        cmocka_unit_test(json_has_the_rules_of_a_job),
        cmocka_unit_test(the_busiest_hour_is_one_of_the_zones_clock),
        cmocka_unit_test(changed_rules_are_a_changed_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
