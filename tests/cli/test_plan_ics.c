/* The calendar of a plan says of each job what its schedule says: it is read
 * back by a reader of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/cli/ics.h"
#include "ical.h"
#include "mooncron/zones.h"
#include "sheet.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define DAY_S  INT64_C(86400)

#define BUCHAREST "Europe/Bucharest"
#define MONDAY    "2026-11-23T14:07:31+02:00"

/* Reads the plan's calendar; all events are of one job. */
static void check_job(struct sheet *sheet, const char *name, bool recurs,
                      int64_t days)
{
    static struct instants said;
    const struct job *job = sheet_job(sheet, name);
    const struct zone *zone = rules_zone(job->schedule.rules);
    int64_t until_s = sheet->plan.now.ms / 1000 + days * DAY_S;
    text_clear(&sheet->out);
    plan_ics(&sheet->plan, MINUTE, &sheet->out);
    ical_check(sheet->out.data);
    const char *event = strstr(sheet->out.data, "BEGIN:VEVENT\n");
    assert_int_equal(event && strstr(event, "\nRRULE:"), recurs);
    ical_expand(sheet->out.data, zone, until_s, &said);
    struct wall due = schedule_next(&job->schedule, sheet->plan.now);
    size_t i = 0;
    for (; due.ms / 1000 <= until_s && due.ms != NEVER_MS; i++) {
        assert_in_range(i + 1, 1, said.count);
        assert_int_equal(said.items[i], due.ms / 1000);
        due = schedule_next(&job->schedule, due);
    }
    assert_int_equal(i, said.count);
}

static const struct {
    const char *expression, *zone;
    bool recurs;
} crons[] = {
    { "30 2 * * *", BUCHAREST, true },
    { "0 3 * * *", BUCHAREST, true }, /* the gap's first minute: alike */
    { "30 3 * * *", BUCHAREST, false },
    { "0 3,4 * * *", BUCHAREST, false }, /* 4:00 twice, or once */
    { "30 3 * * MON", BUCHAREST, true }, /* clocks are set on Sundays */
    { "0 8,20 * * *", BUCHAREST, true },
    { "*/30 9-11 * * MON-FRI", "America/New_York", true },
    { "0 12 1,15 * *", BUCHAREST, true },
    { "0 12 L * *", BUCHAREST, true },
    { "0 12 L-2 */2 *", "Asia/Kathmandu", true },
    { "0 12 15W * *", BUCHAREST, false },
    { "0 12 * * FRI#2,MONL", BUCHAREST, true },
    { "0 12 * * SUN,FRI#5", BUCHAREST, true },
    { "0 12 13 * FRI", BUCHAREST, false }, /* either day field */
    { "0 0 29 2 *", "UTC", true },
    { "15 10 * 6-8 *", "Australia/Lord_Howe", true },
    { "0 12 * 1 MON", "America/Sao_Paulo", true },
    { "0 * * * *", "UTC", true },
    { "0 * * * *", "Asia/Kolkata", true },
    { "0 * * * *", BUCHAREST, false }, /* twice in a fold, never in a gap */
    { "*/30 1 * * *", "America/New_York", false }, /* likewise, in a fold */
    { "30 2 * * *", "Africa/Casablanca", false },
    { "0 12 * * *", "Africa/Casablanca", true },
    { "30 8 * * *", "Asia/Gaza", true },
};

static void a_cron_says_the_same_as_its_events(void **state)
{
    (void)state;
    static const char *const nows[] = { MONDAY, "2027-03-27T23:00:00Z",
                                        "2026-10-25T00:30:00Z" };
    for (size_t i = 0; i < 3 * sizeof crons / sizeof *crons; i++) {
        struct sheet sheet;
        bool recurs = crons[i / 3].recurs;
        sheet_open(&sheet, BUCHAREST, nows[i % 3]);
        sheet_cron(&sheet, "job", crons[i / 3].zone, crons[i / 3].expression);
        sheet_plan(&sheet, 150 * DAY);
        check_job(&sheet, "job", recurs, recurs ? 800 : 150);
        sheet_close(&sheet);
    }
}

/* The same by hand, over the change of March 2027: 02:30 is 00:30 UTC until the
 * 28th, and 23:30 UTC of the day before from the 29th on. */
static void a_rule_goes_by_the_clock_over_a_change(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, "2027-03-27T12:00:00+02:00");
    sheet_cron(&sheet, "cleanup", BUCHAREST, "30 2 * * *");
    sheet_plan(&sheet, 30 * DAY);
    plan_ics(&sheet.plan, HOUR, &sheet.out);
    assert_non_null(strstr(sheet.out.data,
                           "BEGIN:VEVENT\r\n"
                           "UID:cleanup@mooncron\r\n"
                           "DTSTAMP:20270327T100000Z\r\n"
                           "DTSTART;TZID=Europe/Bucharest:20270328T023000\r\n"
                           "RRULE:FREQ=DAILY\r\n"
                           "SUMMARY:cleanup (production)\r\n"
                           "DESCRIPTION:POST /cleanup\r\n"
                           "END:VEVENT\r\nEND:VCALENDAR\r\n"));
    assert_non_null(strstr(sheet.out.data,
                           "BEGIN:DAYLIGHT\r\n"
                           "DTSTART:20250330T030000\r\n"
                           "TZOFFSETFROM:+0200\r\n"
                           "TZOFFSETTO:+0300\r\n"
                           "TZNAME:EEST\r\n"
                           "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
                           "END:DAYLIGHT\r\n"));
    const struct schedule *schedule = &sheet_job(&sheet, "cleanup")->schedule;
    struct wall first = schedule_next(schedule, sheet.plan.now);
    assert_int_equal(first.ms, sheet_time("2027-03-28T00:30:00Z").ms);
    assert_int_equal(schedule_next(schedule, first).ms,
                     sheet_time("2027-03-28T23:30:00Z").ms);
    sheet_close(&sheet);
}

/* ---- other rules ---- */

static void bounds_weekdays_and_lists_are_said_too(void **state)
{
    (void)state;
    struct sheet sheet;
    const struct term twice[] = { { .kind = TERM_AT, .text = "08:00" },
                                  { .kind = TERM_AT, .text = "20:00" } };
    struct rules_spec spec = { .terms = twice,
                               .term_count = 2,
                               .weekdays_off = 1 << 6 | 1,
                               .from = sheet_time("2027-01-04T08:00:00+02:00"),
                               .until = sheet_time("2027-06-04T17:00:00Z") };
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_rules(&sheet, "job", BUCHAREST, spec);
    sheet_plan(&sheet, 30 * DAY);
    check_job(&sheet, "job", true, 400);
    assert_non_null(strstr(sheet.out.data, "BYDAY=MO,TU,WE,TH,FR;UNTIL=2027"));
    sheet_close(&sheet);
}

/* Dates: one is past, one is the first day, one is no Monday to Friday, two are
 * in both calendars; more than a thousand are too many. */
static void days_off_by_date_are_taken_away(void **state)
{
    (void)state;
    static int32_t many[RECURRENCE_OFF_MAX + 1];
    const int32_t first[] = { 20700, 20780, 20781, 20812, 20813, 20815 };
    const int32_t second[] = { 20812, 20815, 20900 };
    for (int32_t i = 0; i <= RECURRENCE_OFF_MAX; i++)
        many[i] = 20790 + 2 * i;
    const struct calendar days = { "", first, 6, 0 },
                          more = { "more", second, 3, 0 },
                          most = { "most", many, RECURRENCE_OFF_MAX + 1, 0 };
    const struct calendar *excluded[] = { &days, &more }, *all[] = { &most };
    const struct term times[] = { { .kind = TERM_AT, .text = "12:00" },
                                  { .kind = TERM_AT, .text = "20:30" } };
    for (int i = 0; i < 6; i++) {
        struct sheet sheet;
        struct rules_spec spec = { .terms = times,
                                   .term_count = i % 2 ? 2 : 1,
                                   .calendars = i < 4 ? excluded : all,
                                   .calendar_count = i < 4 ? 2 : 1,
                                   .weekdays_off = i % 2 ? 0x41 : 0 };
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_rules(&sheet, "job", i < 2 ? BUCHAREST : "UTC", spec);
        sheet_plan(&sheet, 60 * DAY);
        /* the weekends among the many are left out by the rule */
        check_job(&sheet, "job", i != 4, i < 4 ? 400 : 60);
        assert_true(i == 4 || strstr(sheet.out.data, "\nEXDATE"));
        sheet_close(&sheet);
    }
}

static void what_no_rule_says_is_written_out(void **state)
{
    (void)state;
    const int32_t christmas[] = { 20812 }; /* 2026-12-25 */
    const struct calendar days = { "", christmas, 1, 0 };
    const struct calendar *excluded[] = { &days };
    const struct term daily = { .kind = TERM_AT, .text = "12:00" };
    const struct term mixed[] = { { .kind = TERM_AT, .text = "12:00" },
                                  { .kind = TERM_CRON, .text = "0 12 1 * *" } };
    const struct term twice[] = { daily, daily };
    const struct rules_spec specs[] = {
        { .terms = &daily,
          .term_count = 1,
          .calendars = excluded,
          .calendar_count = 1,
          .excluded = EXCLUDED_NEXT },
        { .terms = &daily, .term_count = 1, .nth = 3 },
        { .terms = mixed, .term_count = 2 },
        { .terms = twice, .term_count = 2 },
        { .terms = &daily,
          .term_count = 1,
          .weekdays_off = 1,
          .excluded = EXCLUDED_NEXT },
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct sheet sheet;
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_rules(&sheet, "job", BUCHAREST, specs[i]);
        sheet_plan(&sheet, 60 * DAY);
        check_job(&sheet, "job", false, 60);
        sheet_close(&sheet);
    }
}

static void a_lattice_recurs_by_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t every_ms;
        const char *rule;
    } cases[] = {
        { 15 * MINUTE, "RRULE:FREQ=MINUTELY;INTERVAL=15\r\n" },
        { HOUR, "RRULE:FREQ=HOURLY\r\n" },
        { DAY, "RRULE:FREQ=DAILY\r\n" },
        { 3 * DAY, "RRULE:FREQ=DAILY;INTERVAL=3\r\n" },
        { 90 * MINUTE, "RRULE:FREQ=MINUTELY;INTERVAL=90\r\n" },
        { 5400001, "UID:job/" }, /* no whole seconds: slot by slot */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sheet sheet;
        sheet_open(&sheet, BUCHAREST, MONDAY);
        sheet_every(&sheet, "job", cases[i].every_ms, 60000);
        sheet_plan(&sheet, DAY);
        plan_ics(&sheet.plan, MINUTE, &sheet.out);
        assert_non_null(strstr(sheet.out.data, cases[i].rule));
        assert_null(strstr(sheet.out.data, "TZID"));
        ical_check(sheet.out.data);
        sheet_close(&sheet);
    }
}

static void frequent_jobs_are_left_out(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_every(&sheet, "often", 15 * MINUTE, 0);
    sheet_cron(&sheet, "every-half-hour", "UTC", "*/30 * * * *");
    sheet_cron(&sheet, "hourly", "UTC", "0 * * * *");
    sheet_plan(&sheet, DAY);
    assert_false(plan_ics_has(sheet_job(&sheet, "often"), HOUR));
    assert_false(plan_ics_has(sheet_job(&sheet, "every-half-hour"), HOUR));
    assert_true(plan_ics_has(sheet_job(&sheet, "hourly"), HOUR));
    plan_ics(&sheet.plan, HOUR, &sheet.out);
    assert_null(strstr(sheet.out.data, "often"));
    assert_non_null(strstr(sheet.out.data, "UID:hourly/230000@mooncron"));
    text_clear(&sheet.out);
    plan_ics(&sheet.plan, 2 * DAY, &sheet.out); /* nothing is left */
    ical_check(sheet.out.data);
    assert_non_null(strstr(sheet.out.data, "BEGIN:VTIMEZONE"));
    sheet_close(&sheet);
}

/* ---- zones ---- */

static void a_zone_says_the_offsets_that_it_has(void **state)
{
    (void)state;
    static const struct {
        const char *name, *has;
    } cases[] = {
        { BUCHAREST, "BYMONTH=10;BYDAY=-1SU" },
        { "America/New_York", "BYMONTH=3;BYDAY=2SU" },
        { "Asia/Kolkata", "TZOFFSETTO:+0530" },
        { "Australia/Lord_Howe", "TZOFFSETTO:+1030" },
        { "America/St_Johns", "TZOFFSETFROM:-0330" },
        { "Europe/Dublin", "TZNAME:IST" },
        { "Africa/Casablanca", "RDATE:" },
        { "Asia/Gaza", "TZNAME:EEST" },
        { "America/Nuuk", "BYMONTHDAY=" },
        { "UTC", "TZOFFSETTO:+0000" },
    };
    struct zones *zones = zones_new(NULL);
    struct wall now = sheet_time(MONDAY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        struct text out;
        struct zone_span span;
        struct zone *zone = zones_get(zones, cases[i].name, &error);
        assert_non_null(zone);
        text_init(&out, 1 << 16);
        ics_zone(zone, now, &out);
        assert_non_null(strstr(out.data, cases[i].has));
        ical_unfold(out.data);
        assert_int_equal(*ical_end(out.data), '\0');
        int64_t at_s = now.ms / 1000;
        for (int change = 0; change < 12; change++) {
            zone_span(zone, at_s, &span);
            assert_int_equal(ical_offset(out.data, at_s), span.offset_s);
            if (!zone_change(zone, at_s, &span))
                break;
            assert_int_equal(ical_offset(out.data, span.from_s - 1),
                             span.before_s);
            at_s = span.from_s;
        }
        text_close(&out);
        zone_unref(zone);
    }
    zones_free(zones);
}

/* ---- lines ---- */

static void long_lines_are_folded_between_code_points(void **state)
{
    (void)state;
    char value[400] = "";
    for (int i = 0; i < 60; i++)
        strcat(value, i % 7 ? "ä€" : "x");
    struct text out, wanted;
    text_init(&out, 1 << 12);
    text_init(&wanted, 1 << 12);
    ics_line(&out, "SUMMARY:%s", value);
    text_printf(&wanted, "SUMMARY:%s\n", value);
    ical_unfold(out.data);
    assert_string_equal(out.data, wanted.data);
    text_clear(&out);
    ics_escape(&out, "a,b;c\\d\ne\tf");
    assert_string_equal(out.data, "a\\,b\\;c\\\\d\\ne f");
    text_close(&out);
    text_close(&wanted);
}

static void a_line_of_75_octets_is_not_folded(void **state)
{
    (void)state;
    for (int len = 74; len <= 77; len++) {
        struct text out;
        text_init(&out, 1 << 12);
        ics_line(&out, "%0*d", len, 0);
        assert_int_equal(out.len, len + 2 + (len > 75 ? 3 : 0));
        text_close(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cron_says_the_same_as_its_events),
        cmocka_unit_test(a_rule_goes_by_the_clock_over_a_change),
        cmocka_unit_test(bounds_weekdays_and_lists_are_said_too),
        cmocka_unit_test(days_off_by_date_are_taken_away),
        cmocka_unit_test(what_no_rule_says_is_written_out),
        cmocka_unit_test(a_lattice_recurs_by_utc),
        cmocka_unit_test(frequent_jobs_are_left_out),
        cmocka_unit_test(a_zone_says_the_offsets_that_it_has),
        cmocka_unit_test(long_lines_are_folded_between_code_points),
        cmocka_unit_test(a_line_of_75_octets_is_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
