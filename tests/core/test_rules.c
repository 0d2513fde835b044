/* Rules, told as a set of instants: whatever is compiled, the slots of a few
 * weeks are those that a plain definition of each option leaves over. */
#include "mooncron/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "tzfile.h"

/* ---- compiling ---- */

static const struct rules_spec open_spec = { .from = { EVER_MS },
                                             .until = { NEVER_MS } };

static struct rules *compile(const struct rules_spec *spec,
                             const struct term *terms, uint32_t count)
{
    struct rules_spec full = *spec;
    struct error err = { "" };
    full.terms = terms;
    full.term_count = count;
    struct rules *rules = rules_new(&full, "job", zone_utc(), &err);
    if (!rules)
        fail_msg("%s: %s", terms[0].text, err.text);
    return rules;
}

static struct wall instant(const char *text)
{
    struct wall at;
    if (!rfc3339_parse(text, strlen(text), &at))
        fail_msg("no instant: %s", text);
    return at;
}

/* The slots after `after`, as many as are expected, and then the same ones
 * backwards. "-" ends a list that has no more. */
static void expect(const struct rules *rules, const char *after,
                   const char *const *slots)
{
    const struct schedule schedule = { .rules = rules };
    char text[RFC3339_TEXT_MAX];
    struct wall at = instant(after);
    for (size_t i = 0; slots[i]; i++) {
        struct wall next = schedule_next(&schedule, at);
        if (!strcmp(slots[i], "-")) {
            assert_int_equal(next.ms, NEVER_MS);
            return;
        }
        assert_string_equal(rfc3339_format(next, 0, text), slots[i]);
        assert_int_equal(schedule_last(&schedule, next).ms, next.ms);
        struct wall before =
            schedule_last(&schedule, (struct wall){ next.ms - 1 });
        assert_true(before.ms < next.ms);
        if (i)
            assert_int_equal(before.ms, at.ms);
        at = next;
    }
}
#define SLOTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct term nine = { .kind = TERM_CRON, .text = "0 9 * * *" };

/* ---- days off ---- */

/* Friday the 25th, and the weekend behind it. */
static const int32_t christmas[] = { 20812 }; /* 2026-12-25 */
static const struct calendar holidays = { "holidays", christmas, 1, 0 };
static const struct calendar *const calendars[] = { &holidays };

static void excluded_days_are_skipped_or_moved(void **state)
{
    (void)state;
    struct rules_spec spec = open_spec;
    spec.calendars = calendars;
    spec.calendar_count = 1;
    spec.weekdays_off = 0x41;
    struct rules *skip = compile(&spec, &nine, 1);
    expect(skip, "2026-12-23T12:00:00Z",
           SLOTS("2026-12-24T09:00:00Z", "2026-12-28T09:00:00Z",
                 "2026-12-29T09:00:00Z"));
    rules_free(skip);

    /* one slot a week, on the Friday that is a holiday */
    const struct term friday = { .kind = TERM_CRON, .text = "0 9 * * FRI" };
    spec.excluded = EXCLUDED_NEXT;
    struct rules *next = compile(&spec, &friday, 1);
    expect(next, "2026-12-23T12:00:00Z",
           SLOTS("2026-12-28T09:00:00Z", "2027-01-01T09:00:00Z"));
    rules_free(next);
    spec.excluded = EXCLUDED_PREVIOUS;
    struct rules *previous = compile(&spec, &friday, 1);
    expect(previous, "2026-12-23T12:00:00Z",
           SLOTS("2026-12-24T09:00:00Z", "2027-01-01T09:00:00Z"));
    rules_free(previous);
}

static void a_lattice_and_a_list_leave_days_out(void **state)
{
    (void)state;
    struct rules_spec spec = open_spec;
    spec.calendars = calendars;
    spec.calendar_count = 1;
    const struct term lattice = { .kind = TERM_EVERY,
                                  .text = "",
                                  .every_ms = DAY_MS / 2,
                                  .phase_ms = 3600000 };
    struct rules *every = compile(&spec, &lattice, 1);
    expect(every, "2026-12-24T12:00:00Z",
           SLOTS("2026-12-24T13:00:00Z", "2026-12-26T01:00:00Z",
                 "2026-12-26T13:00:00Z"));
    rules_free(every);

    const int64_t slots[] = { instant("2026-12-24T00:00:00Z").ms,
                              instant("2026-12-25T00:00:00Z").ms,
                              instant("2026-12-26T00:00:00Z").ms };
    const struct term list = {
        .kind = TERM_LIST, .text = "", .slots_ms = slots, .slot_count = 3
    };
    struct rules *listed = compile(&spec, &list, 1);
    expect(listed, "2026-12-23T00:00:00Z",
           SLOTS("2026-12-24T00:00:00Z", "2026-12-26T00:00:00Z", "-"));
    rules_free(listed);
}

/* ---- several, bounded, counted ---- */

static void any_of_several_is_one_slot(void **state)
{
    (void)state;
    const struct term terms[] = {
        nine,
        { .kind = TERM_AT, .text = "09:00" },
        { .kind = TERM_EVERY, .text = "", .every_ms = 6 * 3600000 },
        { .kind = TERM_ONCE, .text = "2026-11-24T10:30" },
    };
    struct rules *rules = compile(&open_spec, terms, 4);
    expect(rules, "2026-11-24T05:00:00Z",
           SLOTS("2026-11-24T06:00:00Z", "2026-11-24T09:00:00Z",
                 "2026-11-24T10:30:00Z", "2026-11-24T12:00:00Z"));
    rules_free(rules);
}

static void both_bounds_are_included(void **state)
{
    (void)state;
    struct rules_spec spec = open_spec;
    spec.from = instant("2026-11-24T09:00:00Z");
    spec.until = instant("2026-11-26T09:00:00Z");
    struct rules *rules = compile(&spec, &nine, 1);
    expect(rules, "2020-01-01T00:00:00Z",
           SLOTS("2026-11-24T09:00:00Z", "2026-11-25T09:00:00Z",
                 "2026-11-26T09:00:00Z", "-"));
    const struct schedule schedule = { .rules = rules };
    assert_int_equal(
        schedule_last(&schedule, instant("2026-11-24T08:59:59Z")).ms, EVER_MS);
    assert_int_equal(schedule_count(&schedule, instant("2020-01-01T00:00:00Z"),
                                    instant("2030-01-01T00:00:00Z")),
                     3);
    rules_free(rules);
}

/* Each third slot is one of all, and they are three apart. */
static void every_nth_is_a_part_of_all(void **state)
{
    (void)state;
    static const char *const texts[] = { "0 9 * * *", "0 9 * * MON-FRI",
                                         "*/20 8-9 1,15 * *", "0 0 31 * *" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct term term = { .kind = TERM_CRON, .text = texts[i] };
        struct rules_spec spec = open_spec;
        struct rules *all = compile(&spec, &term, 1);
        spec.nth = 3;
        struct rules *third = compile(&spec, &term, 1);
        const struct schedule every = { .rules = all },
                              each = { .rules = third };
        struct wall at = schedule_next(&each, instant("1969-06-01T00:00:00Z"));
        for (int n = 0; n < 200; n++) {
            struct wall next = schedule_next(&each, at);
            assert_int_equal(schedule_count(&every, at, next), 3);
            assert_int_equal(schedule_last(&every, next).ms, next.ms);
            assert_int_equal(
                schedule_last(&each, (struct wall){ next.ms - 1 }).ms, at.ms);
            at = next;
        }
        rules_free(all);
        rules_free(third);
    }
}

/* Thursdays are the days whose number counts: 1970-01-01 was one. */
static void a_numbered_slot_moves_with_its_number(void **state)
{
    (void)state;
    const struct term term = { .kind = TERM_CRON, .text = "0 9 * * *" };
    struct rules_spec spec = open_spec;
    spec.nth = 7;
    struct rules *rules = compile(&spec, &term, 1);
    expect(rules, "2026-11-24T00:00:00Z",
           SLOTS("2026-11-26T09:00:00Z", "2026-12-03T09:00:00Z"));
    rules_free(rules);
    spec.weekdays_off = 0x10; /* Thursdays */
    spec.excluded = EXCLUDED_NEXT;
    rules = compile(&spec, &term, 1);
    expect(rules, "2026-11-24T00:00:00Z",
           SLOTS("2026-11-27T09:00:00Z", "2026-12-04T09:00:00Z"));
    rules_free(rules);
    spec.excluded = EXCLUDED_PREVIOUS;
    rules = compile(&spec, &term, 1);
    expect(rules, "2026-11-24T00:00:00Z",
           SLOTS("2026-11-25T09:00:00Z", "2026-12-02T09:00:00Z"));
    rules_free(rules);
}

/* A day, a month, a century between them: none is looked at one by one. */
static void far_numbers_are_found(void **state)
{
    (void)state;
    const struct term each_second = { .kind = TERM_CRON,
                                      .text = "* * * * * *" };
    struct rules_spec spec = open_spec;
    spec.nth = 1000000000;
    struct rules *rules = compile(&spec, &each_second, 1);
    expect(rules, "1970-01-01T00:00:00Z",
           SLOTS("2001-09-09T01:46:40Z", "2033-05-18T03:33:20Z",
                 "2065-01-24T05:20:00Z"));
    rules_free(rules);
    const struct term leap = { .kind = TERM_CRON, .text = "0 0 29 2 *" };
    spec.nth = 100;
    rules = compile(&spec, &leap, 1);
    expect(rules, "1970-01-01T00:00:00Z",
           SLOTS("1972-02-29T00:00:00Z", "2384-02-29T00:00:00Z"));
    rules_free(rules);
}

/* ---- jitter ---- */

/* Put off by less than the jitter, never to the next slot; the same however it
 * is asked; and not always the same. */
static void jitter_keeps_order(void **state)
{
    (void)state;
    static const int64_t jitters_ms[] = { 1000, 600000, 3600000, DAY_MS };
    const struct term term = { .kind = TERM_CRON, .text = "*/20 9-11 * * *" };
    struct rules *plain = compile(&open_spec, &term, 1);
    const struct schedule nominal = { .rules = plain };
    for (size_t i = 0; i < sizeof jitters_ms / sizeof *jitters_ms; i++) {
        struct rules_spec spec = open_spec;
        spec.jitter_ms = jitters_ms[i];
        struct rules *rules = compile(&spec, &term, 1);
        const struct schedule schedule = { .rules = rules };
        struct wall begin = instant("2026-11-24T00:00:00Z"), at = begin;
        int64_t most_ms = 0, count = 0;
        for (; count < 500; count++) {
            struct wall next = schedule_next(&schedule, at);
            struct wall slot = schedule_last(&nominal, next);
            int64_t put_off = next.ms - slot.ms;
            assert_true(put_off >= 0 && put_off < jitters_ms[i]);
            assert_int_equal(put_off % 1000, 0);
            assert_true(next.ms < schedule_next(&nominal, slot).ms);
            assert_int_equal(schedule_last(&schedule, next).ms, next.ms);
            struct wall before =
                schedule_last(&schedule, (struct wall){ next.ms - 1 });
            assert_true(count == 0 || before.ms == at.ms);
            assert_int_equal(schedule_count(&schedule, begin, next), count + 1);
            most_ms = put_off > most_ms ? put_off : most_ms;
            at = next;
        }
        assert_true(jitters_ms[i] < 2000 || most_ms > 0);
        rules_free(rules);
    }
    rules_free(plain);
}

/* ---- counting ---- */

/* A dense expression is counted by days: the same number as by walking. */
static void counts_are_walks(void **state)
{
    (void)state;
    static const char *const texts[] = { "* * * * *", "*/15 * * * MON-FRI",
                                         "*/7 3-20 1-28 * *",
                                         "*/30 * * * * *" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct term term = { .kind = TERM_CRON, .text = texts[i] };
        struct rules_spec spec = open_spec;
        spec.weekdays_off = i == 0 ? 0x08 : 0;
        spec.from = instant("2026-11-01T10:20:30Z");
        struct rules *rules = compile(&spec, &term, 1);
        const struct schedule schedule = { .rules = rules };
        struct wall after = instant("2026-10-30T00:00:00Z"), at = after;
        for (int64_t count = 1; count <= 20000; count++) {
            at = schedule_next(&schedule, at);
            if (count % 97 == 0 || count < 100)
                assert_int_equal(schedule_count(&schedule, after, at), count);
        }
        rules_free(rules);
    }
}

static void averages_are_near(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double per_day;
    } rows[] = { { "0 9 * * *", 1 },
                 { "*/15 * * * *", 96 },
                 { "0 0 * * MON", 1.0 / 7 },
                 { "0 0 1 1 *", 1 / 365.25 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct term term = { .kind = TERM_CRON, .text = rows[i].text };
        struct rules *rules = compile(&open_spec, &term, 1);
        const struct schedule schedule = { .rules = rules };
        double off = schedule_per_day(&schedule) / rows[i].per_day - 1;
        assert_true(off > -0.01 && off < 0.01);
        rules_free(rules);
    }
}

/* ---- what a change of offset does ---- */

static void fates_are_told(void **state)
{
    (void)state;
    /* of a clock that goes from 03:00 to 04:00, and back, on 1970-01-02 */
    const struct zone_span gap = { .from_s = 86400 + 3600,
                                   .before_s = 7200,
                                   .offset_s = 10800 };
    const struct zone_span fold = { .from_s = 86400 + 3600,
                                    .before_s = 10800,
                                    .offset_s = 7200 };
    static const struct {
        enum term_kind kind;
        const char *text;
        uint8_t gap, fold;
        enum fate at_gap, at_fold;
    } rows[] = {
        { TERM_CRON, "30 3 * * *", GAP_AFTER, FOLD_FIRST, FATE_MOVED,
          FATE_ONCE },
        { TERM_CRON, "30 3 * * *", GAP_SKIP, FOLD_BOTH, FATE_SKIPPED,
          FATE_TWICE },
        { TERM_CRON, "*/15 * * * *", GAP_AFTER, FOLD_FIRST, FATE_SKIPPED,
          FATE_TWICE },
        { TERM_CRON, "0 2 * * *", GAP_AFTER, FOLD_FIRST, FATE_UNTOUCHED,
          FATE_UNTOUCHED },
        { TERM_AT, "03:00", GAP_AFTER, FOLD_FIRST, FATE_MOVED, FATE_ONCE },
        { TERM_AT, "04:00", GAP_AFTER, FOLD_FIRST, FATE_UNTOUCHED,
          FATE_UNTOUCHED },
        { TERM_ONCE, "1970-01-02T03:59", GAP_SKIP, FOLD_BOTH, FATE_MOVED,
          FATE_ONCE },
        { TERM_ONCE, "1970-01-03T03:59", GAP_AFTER, FOLD_FIRST, FATE_UNTOUCHED,
          FATE_UNTOUCHED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct term term = { .kind = rows[i].kind, .text = rows[i].text };
        struct rules_spec spec = open_spec;
        spec.gap = rows[i].gap;
        spec.fold = rows[i].fold;
        struct rules *rules = compile(&spec, &term, 1);
        const struct schedule schedule = { .rules = rules };
        assert_int_equal(schedule_fate(&schedule, &gap), rows[i].at_gap);
        assert_int_equal(schedule_fate(&schedule, &fold), rows[i].at_fold);
        rules_free(rules);
    }
}

/* ---- far out ---- */

static void searches_end(void **state)
{
    (void)state;
    const struct term leap = { .kind = TERM_CRON, .text = "0 0 29 2 *" };
    struct rules *rules = compile(&open_spec, &leap, 1);
    expect(rules, "2096-03-01T00:00:00Z",
           SLOTS("2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"));
    expect(rules, "9996-03-01T00:00:00Z", SLOTS("-"));
    const struct schedule schedule = { .rules = rules };
    assert_int_equal(schedule_next(&schedule, (struct wall){ INT64_MAX }).ms,
                     NEVER_MS);
    assert_int_equal(schedule_last(&schedule, (struct wall){ EVER_MS }).ms,
                     EVER_MS);
    char text[RFC3339_TEXT_MAX];
    struct wall first = schedule_next(&schedule, (struct wall){ EVER_MS });
    assert_string_equal(rfc3339_format(first, 0, text), "0004-02-29T00:00:00Z");
    struct wall last = schedule_last(&schedule, (struct wall){ INT64_MAX });
    assert_string_equal(rfc3339_format(last, 0, text), "9996-02-29T00:00:00Z");
    rules_free(rules);
}

/* What is far ahead of all slots has none; jitter looks back from there, and a
 * lattice does not overflow. */
static void the_first_slots_are_found_from_both_sides(void **state)
{
    (void)state;
    static const struct term terms[] = {
        { .kind = TERM_EVERY, .text = "", .every_ms = 55 },
        { .kind = TERM_CRON, .text = "* * * * *" },
    };
    struct rules_spec spec = open_spec;
    spec.jitter_ms = 1000000;
    for (size_t i = 0; i < 2; i++) {
        struct rules *rules = compile(&spec, &terms[i], 1);
        const struct schedule schedule = { .rules = rules };
        struct wall none = schedule_last(&schedule, (struct wall){ EVER_MS });
        assert_int_equal(none.ms, EVER_MS);
        struct wall first = schedule_next(&schedule, (struct wall){ EVER_MS });
        assert_int_equal(
            schedule_next(&schedule, (struct wall){ first.ms - 1 }).ms,
            first.ms);
        assert_int_equal(schedule_last(&schedule, first).ms, first.ms);
        assert_int_equal(
            schedule_last(&schedule, (struct wall){ first.ms - 1 }).ms,
            EVER_MS);
        rules_free(rules);
    }
}

/* Neither jitter, nor a zone in which that year begins earlier, nor a lattice
 * that has no zone brings about a year that no text can have. */
static void nothing_is_due_in_the_year_10000(void **state)
{
    (void)state;
    static const struct term terms[] = {
        { .kind = TERM_CRON, .text = "59 59 23 31 12 *" },
        { .kind = TERM_CRON, .text = "* * * * * *" },
        { .kind = TERM_EVERY, .text = "", .every_ms = 7000 },
    };
    static const char *const zones[] = { "UTC", "Pacific/Kiritimati",
                                         "America/New_York" };
    const struct wall before = instant("9999-12-30T00:00:00Z");
    for (size_t i = 0; i < 3 * sizeof terms / sizeof *terms; i++) {
        struct zone *zone = tzfile_zone(zones[i % 3]);
        struct rules_spec spec = open_spec;
        struct error err = { "" };
        spec.terms = &terms[i / 3];
        spec.term_count = 1;
        spec.jitter_ms = JITTER_MS_MAX;
        struct rules *rules = rules_new(&spec, "job", zone, &err);
        const struct schedule schedule = { .rules = rules };
        struct wall last = schedule_last(&schedule, (struct wall){ INT64_MAX });
        struct zone_span span;
        zone_span(zone, last.ms / 1000, &span);
        assert_int_equal(civil_from(last, 0).year, 9999);
        assert_int_equal(civil_from(last, span.offset_s).year, 9999);
        assert_int_equal(schedule_next(&schedule, last).ms, NEVER_MS);
        assert_true(schedule_count(&schedule, before, last) > 0 ||
                    last.ms < before.ms);
        rules_free(rules);
        zone_unref(zone);
    }
    const struct schedule bare = { .every_ms = 60000 };
    const struct wall end = { INT64_MAX };
    struct wall last = schedule_last(&bare, end);
    assert_int_equal(civil_from(last, 26 * 3600).year, 9999);
    assert_int_equal(schedule_next(&bare, last).ms, NEVER_MS);
    assert_int_equal(schedule_next(&bare, end).ms, NEVER_MS);
    assert_int_equal(schedule_next(&bare, (struct wall){ last.ms - 1 }).ms,
                     last.ms);
    assert_int_equal(
        schedule_count(&bare, (struct wall){ last.ms - 60000 }, end), 1);
}

/* ---- what is refused ---- */

static void refused(const struct rules_spec *spec, const struct term *term,
                    const char *why)
{
    struct rules_spec full = *spec;
    struct error err = { "" };
    full.terms = term;
    full.term_count = 1;
    struct rules *rules = rules_new(&full, "job", zone_utc(), &err);
    assert_null(rules);
    if (!strstr(err.text, why))
        fail_msg("no \"%s\" in: %s", why, err.text);
}

static void what_is_not_sound_is_refused(void **state)
{
    (void)state;
    struct rules_spec spec = open_spec;
    const int64_t back[] = { 2000, 1000 }, odd[] = { 1 };
    const struct term bad[] = {
        { .kind = TERM_CRON, .text = "0 25 * * *" },
        { .kind = TERM_CRON, .text = "0 0 30 2 *" },
        { .kind = TERM_AT, .text = "24:00" },
        { .kind = TERM_ONCE, .text = "2026-02-30T00:00" },
        { .kind = TERM_EVERY, .text = "", .every_ms = 0 },
        { .kind = TERM_EVERY, .text = "", .every_ms = 5, .phase_ms = 5 },
        { .kind = TERM_LIST, .text = "", .slots_ms = back, .slot_count = 2 },
        { .kind = TERM_LIST, .text = "", .slots_ms = odd, .slot_count = 1 },
        { .kind = TERM_LIST, .text = "" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(&spec, &bad[i], "");
    refused(&spec, &bad[0], "hour field: 25 is out of range 0-23");
    refused(&spec, &bad[2], "\"24:00\" is no time of day");
    spec.until = instant("2020-01-01T00:00:00Z");
    spec.from = instant("2020-01-01T00:00:01Z");
    refused(&spec, &nine, "never be due");
    spec = open_spec;
    spec.weekdays_off = 0x7f;
    refused(&spec, &nine, "out of its range");
    spec = open_spec;
    spec.weekdays_off = 0x02;
    refused(&spec, &(struct term){ .kind = TERM_CRON, .text = "0 0 * * MON" },
            "never be due");
    spec = open_spec;
    spec.jitter_ms = JITTER_MS_MAX + 1;
    refused(&spec, &nine, "out of its range");
}

/* ---- digests ---- */

static uint64_t digest(const struct rules_spec *spec, const struct term *term)
{
    struct rules *rules = compile(spec, term, 1);
    uint64_t value = rules_digest(rules);
    rules_free(rules);
    return value;
}

static void whatever_decides_slots_is_in_the_digest(void **state)
{
    (void)state;
    struct rules_spec specs[10];
    for (size_t i = 0; i < 10; i++)
        specs[i] = open_spec;
    specs[1].gap = GAP_SKIP;
    specs[2].fold = FOLD_LAST;
    specs[3].excluded = EXCLUDED_NEXT;
    specs[4].weekdays_off = 1;
    specs[5].nth = 2;
    specs[6].jitter_ms = 1000;
    specs[7].from.ms = 0;
    specs[8].until.ms = DAY_MS * 365 * 100;
    specs[9].calendars = calendars;
    specs[9].calendar_count = 1;
    uint64_t seen[11];
    for (size_t i = 0; i < 10; i++)
        seen[i] = digest(&specs[i], &nine);
    seen[10] = digest(&specs[0],
                      &(struct term){ .kind = TERM_CRON, .text = "1 9 * * *" });
    for (size_t i = 0; i < 11; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
    assert_true(digest(&specs[0], &nine) == seen[0]);
}

/* A calendar that a thousand jobs share is read once, when it is kept. */
static void a_calendar_is_digested_once(void **state)
{
    (void)state;
    static int32_t days[CALENDAR_DAYS_MAX];
    for (int32_t i = 0; i < CALENDAR_DAYS_MAX; i++)
        days[i] = i * 3;
    struct calendar kept = { "", days, CALENDAR_DAYS_MAX, 0 };
    const struct calendar *const list[] = { &kept };
    struct rules_spec spec = open_spec;
    spec.calendars = list;
    spec.calendar_count = 1;
    uint64_t unknown = digest(&spec, &nine);
    kept.digest = calendar_digest(days, CALENDAR_DAYS_MAX);
    clock_t begin = clock();
    for (int i = 0; i < 1000; i++)
        assert_true(digest(&spec, &nine) == unknown);
    assert_true(clock() - begin < CLOCKS_PER_SEC / 4);

    days[7] = days[6];
    assert_int_equal(calendar_digest(days, CALENDAR_DAYS_MAX), 0);
    assert_int_equal(calendar_digest(days, CALENDAR_DAYS_MAX + 1), 0);
    assert_true(calendar_digest(NULL, 0) != 0);
    kept.digest = 0;
    refused(&spec, &nine, "out of its range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(excluded_days_are_skipped_or_moved),
        cmocka_unit_test(a_lattice_and_a_list_leave_days_out),
        cmocka_unit_test(any_of_several_is_one_slot),
        cmocka_unit_test(both_bounds_are_included),
        cmocka_unit_test(every_nth_is_a_part_of_all),
        cmocka_unit_test(a_numbered_slot_moves_with_its_number),
        cmocka_unit_test(far_numbers_are_found),
        cmocka_unit_test(jitter_keeps_order),
        cmocka_unit_test(counts_are_walks),
        cmocka_unit_test(averages_are_near),
        cmocka_unit_test(fates_are_told),
        cmocka_unit_test(searches_end),
        cmocka_unit_test(the_first_slots_are_found_from_both_sides),
        cmocka_unit_test(nothing_is_due_in_the_year_10000),
        cmocka_unit_test(what_is_not_sound_is_refused),
        cmocka_unit_test(whatever_decides_slots_is_in_the_digest),
        cmocka_unit_test(a_calendar_is_digested_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
