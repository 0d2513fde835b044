/* Pictures of a plan, to the letter, and no run of the horizon is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sheet.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define BUCHAREST "Europe/Bucharest"
#define MONDAY    "2026-11-23T14:07:31+02:00"

static void open_day(struct sheet *sheet, const char *now)
{
    sheet_open(sheet, BUCHAREST, now);
    sheet_every(sheet, "feed-rank", 20 * MINUTE, 198000);
    sheet_cron(sheet, "cleanup", BUCHAREST, "30 2 * * *");
    sheet_every(sheet, "busy", 2 * MINUTE, 0);
}

static void a_day_goes_from_midnight_to_midnight(void **state)
{
    (void)state;
    struct sheet sheet;
    open_day(&sheet, MONDAY);
    sheet_plan(&sheet, DAY);
    plan_timeline(&sheet.plan, false, &sheet.out);
    assert_string_equal(
        sheet.out.data,
        "               00    03    06    09    12    15    18    21\n"
        "feed-rank      ▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂▃▂\n"
        "cleanup        ·····▂··········································\n"
        "busy           ████████████████████████████████████████████████\n"
        "runs per hour  ████████████████████████████████████████████████  max "
        "34\n"
        "\n"
        "a cell is 30m: · 0, ▂ 1, ▃ 2, ▅ 3-4, ▆ 5-9, █ 10 and more\n");
    sheet_close(&sheet);
}

static void another_horizon_begins_now(void **state)
{
    (void)state;
    struct sheet sheet;
    open_day(&sheet, MONDAY);
    sheet_plan(&sheet, 8 * HOUR);
    plan_timeline(&sheet.plan, true, &sheet.out);
    assert_string_equal(
        sheet.out.data,
        "               14:07 15:07 16:07 17:07 18:07 19:07 20:07 21:07\n"
        "feed-rank       . . . . . . . . . . . . . . . . . . . . . . . .\n"
        "cleanup                                                        \n"
        "busy           ================================================\n"
        "runs per cell  ================================================  max "
        "6\n"
        "\n"
        "a cell is 10m: blank 0, . 1, : 2, - 3-4, = 5-9, # 10 and more\n");
    sheet_close(&sheet);
}

static void a_bar_is_an_hour_and_names_who_runs_once(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, BUCHAREST, MONDAY);
    sheet_every(&sheet, "feed-rank", 20 * MINUTE, 198000);
    sheet_cron(&sheet, "cleanup", BUCHAREST, "30 2 * * *");
    sheet_at(&sheet, "soon", BUCHAREST, "14:08");
    sheet_at(&sheet, "late", BUCHAREST, "14:07");
    sheet_plan(&sheet, DAY);
    plan_histogram(&sheet.plan, false, &sheet.out);
    assert_ptr_equal(strstr(sheet.out.data, "00:00 ███     3\n"
                                            "01:00 ███     3\n"
                                            "02:00 ████    4  cleanup\n"
                                            "03:00 ███     3\n"),
                     sheet.out.data);
    assert_non_null(
        strstr(sheet.out.data, "\n14:00 █████   5  soon, late\n15:00 ███"));
    assert_null(strstr(sheet.out.data, " is up to "));
    sheet_close(&sheet);
}

/* What the last columns of all bars say together. */
static int64_t sum_of_bars(char *bars, int *ret_rows)
{
    int64_t sum = 0;
    *ret_rows = 0;
    for (char *line = strtok(bars, "\n"); line; line = strtok(NULL, "\n")) {
        const char *number = strrchr(line, '#');
        if (!number && !strstr(line, "   "))
            continue;
        if (strstr(line, "is up to"))
            continue;
        sum += atoll(number ? number + 1 : strstr(line, "   "));
        ++*ret_rows;
    }
    return sum;
}

static void no_run_is_lost_whatever_the_horizon(void **state)
{
    (void)state;
    static const int64_t horizons[] = { 7 * MINUTE, HOUR,      5 * HOUR,
                                        23 * HOUR,  DAY,       25 * HOUR,
                                        2 * DAY,    7 * DAY,   10 * DAY,
                                        31 * DAY,   100 * DAY, 400 * DAY,
                                        1000 * DAY, 3660 * DAY };
    /* A gap, a fold, and neither, ahead. */
    static const char *const nows[] = { "2027-03-27T12:34:56.789+02:00",
                                        "2026-10-25T01:23:45+03:00", MONDAY };
    for (size_t i = 0; i < 3 * sizeof horizons / sizeof *horizons; i++) {
        struct sheet sheet;
        int rows;
        open_day(&sheet, nows[i % 3]);
        sheet_plan(&sheet, horizons[i / 3]);
        plan_histogram(&sheet.plan, true, &sheet.out);
        assert_int_equal(sum_of_bars(sheet.out.data, &rows),
                         sheet.plan.totals.runs);
        assert_in_range(rows, 1, 33);
        sheet_close(&sheet);
    }
}

static void a_long_bar_has_a_scale(void **state)
{
    (void)state;
    struct sheet sheet;
    sheet_open(&sheet, "UTC", "2026-11-23T00:00:00Z");
    sheet_every(&sheet, "busy", 10000, 0);
    sheet_plan(&sheet, 3 * HOUR);
    plan_histogram(&sheet.plan, true, &sheet.out);
    assert_ptr_equal(
        strstr(sheet.out.data,
               "00:00 #############################################"
               "   89\n"
               "00:15 #############################################"
               "   90\n"),
        sheet.out.data);
    assert_non_null(strstr(sheet.out.data, "\n\n# is up to 2 runs\n"));
    sheet_close(&sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_goes_from_midnight_to_midnight),
        cmocka_unit_test(another_horizon_begins_now),
        cmocka_unit_test(a_bar_is_an_hour_and_names_who_runs_once),
        cmocka_unit_test(no_run_is_lost_whatever_the_horizon),
        cmocka_unit_test(a_long_bar_has_a_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
