/* A count is as many steps as a walk takes: in odd zones, around changes, for
 * several terms of all kinds, and a year of seconds is counted at once. */
#include "mooncron/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/random.h"
#include "tzfile.h"

#define TERMS_MAX 4

static uint64_t seed = 20261126;

static int64_t between(int64_t low, int64_t high)
{
    return low + random_up_to(high - low, &seed);
}

/* ---- rules, by chance ---- */

static const char *const texts[] = {
    "* * * * * *",        "*/2 * * * * *",   "0-59 * * * *",
    "*/7 0-4 * * *",      "30 2 * * *",      "5,10 */3 1-5 * *",
    "0 0 1-7 * MON",      "*/20 23 * * 0,6", "1-50/3 1-3 * * *",
    "0-59/4 10 0-3 * * *"
};
static const char *const times[] = { "00:00", "02:30", "03:00:01", "23:59:59" };

static struct {
    struct rules_spec spec;
    struct term terms[TERMS_MAX];
    int64_t listed[64];
    int32_t days[200];
    struct calendar calendar;
    const struct calendar *calendars[1];
    char once[RFC3339_TEXT_MAX];
} given;

static void give_list(struct term *ret, int64_t begin_ms)
{
    *ret = (struct term){ .kind = TERM_LIST,
                          .text = "",
                          .slots_ms = given.listed,
                          .slot_count = 64 };
    for (int i = 0; i < 64; i++) {
        begin_ms += between(1, 100000) * 1000;
        given.listed[i] = begin_ms / 1000 * 1000;
    }
}

static void give_term(struct term *ret, int64_t begin_ms)
{
    static const int64_t units_ms[] = { 1000, 1000, 60000, 60000, 250 };
    *ret = (struct term){ .kind = TERM_CRON, .text = texts[between(0, 9)] };
    switch (between(0, 5)) {
    case 0:
        ret->kind = TERM_AT;
        ret->text = times[between(0, 3)];
        break;
    case 1: {
        int64_t unit_ms = units_ms[between(0, 4)];
        ret->kind = TERM_EVERY;
        ret->text = "";
        ret->every_ms = between(4, 90) * unit_ms;
        ret->phase_ms = between(0, ret->every_ms / unit_ms - 1) * unit_ms;
        break;
    }
    case 2:
        give_list(ret, begin_ms);
        break;
    case 3:
        ret->kind = TERM_ONCE;
        ret->text = given.once;
        break;
    default:
        break;
    }
}

static void give_days(int64_t begin_ms)
{
    int32_t day = (int32_t)(begin_ms / DAY_MS) - 20;
    given.calendar = (struct calendar){ "", given.days, 0, 0 };
    given.calendars[0] = &given.calendar;
    while (given.calendar.count < 20) {
        day += (int32_t)between(1, 4);
        given.days[given.calendar.count++] = day;
    }
    given.spec.calendars = given.calendars;
    given.spec.calendar_count = 1;
}

static void give(int64_t begin_ms)
{
    struct wall once = { begin_ms + between(0, 5 * DAY_MS) };
    rfc3339_format((struct wall){ once.ms / 1000 * 1000 }, 0, given.once);
    given.once[19] = '\0';
    given.spec = (struct rules_spec){ .terms = given.terms,
                                      .from = { EVER_MS },
                                      .until = { NEVER_MS } };
    given.spec.term_count = (uint32_t)between(1, TERMS_MAX);
    for (uint32_t i = 0; i < given.spec.term_count; i++)
        give_term(&given.terms[i], begin_ms);
    given.spec.gap = (uint8_t)between(0, 2);
    given.spec.fold = (uint8_t)between(0, 2);
    given.spec.excluded = (uint8_t)between(0, 2);
    given.spec.nth = between(0, 1) ? 1 : (uint32_t)between(2, 100);
    if (!between(0, 2))
        given.spec.weekdays_off = (uint8_t)between(1, 0x7e);
    if (!between(0, 2))
        give_days(begin_ms);
    if (!between(0, 3))
        given.spec.from.ms = begin_ms + between(0, DAY_MS);
    if (!between(0, 3))
        given.spec.until.ms = begin_ms + between(DAY_MS, 6 * DAY_MS);
    if (!between(0, 5))
        given.spec.jitter_ms = between(1, 7200) * 1000;
}

/* ---- counts ---- */

static const char *const zones[] = {
    "UTC",          "Europe/Bucharest", "Australia/Lord_Howe",
    "Africa/Cairo", "America/Havana",   "Africa/Casablanca",
    "Pacific/Apia", "Antarctica/Troll", "America/St_Johns",
};

/* Half of them near a change of the zone. */
static int64_t begin_in(const struct zone *zone)
{
    int64_t at_ms = between(0, 4000000000) * 1000 + between(0, 999);
    struct zone_span change;
    if (between(0, 1) && zone_change(zone, at_ms / 1000, &change))
        at_ms = change.from_s * 1000 - between(0, 2 * DAY_MS);
    return at_ms;
}

#define STEPS 1500

static void compare(const struct schedule *schedule, int64_t begin_ms)
{
    const struct wall begin = { begin_ms };
    struct wall at = begin;
    for (int64_t count = 0; count < STEPS; count++) {
        struct wall next = schedule_next(schedule, at);
        if (next.ms == NEVER_MS || next.ms > begin_ms + 20 * DAY_MS) {
            struct wall end = { begin_ms + 20 * DAY_MS };
            assert_int_equal(schedule_count(schedule, begin, end), count);
            return;
        }
        if (count % 500 == 0 || count < 5) {
            struct wall before = { next.ms - 1 };
            assert_int_equal(schedule_count(schedule, begin, before), count);
            assert_int_equal(schedule_count(schedule, begin, next), count + 1);
            assert_int_equal(schedule_count(schedule, at, next), 1);
        }
        at = next;
    }
}

static void a_count_is_a_walk(void **state)
{
    (void)state;
    int compared = 0;
    for (int n = 0; n < 400; n++) {
        struct zone *zone =
            tzfile_zone(zones[between(0, sizeof zones / sizeof *zones - 1)]);
        struct error err = { "" };
        int64_t begin_ms = begin_in(zone);
        give(begin_ms);
        struct rules *rules = rules_new(&given.spec, "job", zone, &err);
        const struct schedule schedule = { .rules = rules };
        if (rules)
            compare(&schedule, begin_ms);
        compared += rules != NULL;
        rules_free(rules);
        zone_unref(zone);
    }
    assert_true(compared > 250);
}

/* ---- what it costs ---- */

static void a_year_of_seconds_is_counted_at_once(void **state)
{
    (void)state;
    static const struct term terms[] = {
        { .kind = TERM_CRON, .text = "* * * * * *" },
        { .kind = TERM_CRON, .text = "*/2 * * * * *" },
        { .kind = TERM_EVERY, .text = "", .every_ms = 1000 },
    };
    static const struct {
        const struct term *terms;
        uint32_t count, nth;
        uint8_t weekdays_off;
        int64_t slots;
    } rows[] = {
        { terms, 1, 1, 0, 365 * 86400 },
        { terms, 1, 2, 0, 365 * 86400 / 2 },
        { terms, 1, 2, 0x02, (365 - 52) * 86400 / 2 },
        { terms, 2, 1, 0, 365 * 86400 },
        { terms, 3, 7, 0, 365 * 86400 },
        { terms + 2, 1, 1, 0, 365 * 86400 },
        { terms + 2, 1, 1, 0x02, (365 - 52) * 86400 },
    };
    struct wall begin, end;
    assert_true(rfc3339_parse("2026-12-31T23:59:59Z", 20, &begin));
    assert_true(rfc3339_parse("2027-12-31T23:59:59Z", 20, &end));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rules_spec spec = { .terms = rows[i].terms,
                                   .term_count = rows[i].count,
                                   .nth = rows[i].nth,
                                   .weekdays_off = rows[i].weekdays_off,
                                   .from = { EVER_MS },
                                   .until = { NEVER_MS } };
        struct error err = { "" };
        struct rules *rules = rules_new(&spec, "job", zone_utc(), &err);
        assert_non_null(rules);
        const struct schedule schedule = { .rules = rules };
        clock_t start = clock();
        assert_int_equal(schedule_count(&schedule, begin, end), rows[i].slots);
        assert_true(clock() - start < CLOCKS_PER_SEC / 2);
        rules_free(rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_a_walk),
        cmocka_unit_test(a_year_of_seconds_is_counted_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
