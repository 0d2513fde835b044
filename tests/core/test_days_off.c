/* Days off, by chance: runs of them, short and long, in several calendars and
 * on days of the week. What is left is what a look at each single slot leaves,
 * and however long a run is, it is leapt over. */
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

#define DAY_S  INT64_C(86400)
#define WITHIN 400 /* days, in which slots are looked at */
#define AROUND 500 /* days before and after these that may be off, too */
#define DAYS   (AROUND + WITHIN + AROUND)

static uint64_t seed = 20261125;

static int64_t between(int64_t low, int64_t high)
{
    return low + random_up_to(high - low, &seed);
}

static int64_t floor_to(int64_t number, int64_t unit)
{
    return number / unit - (number % unit < 0);
}

/* ---- days that are off ---- */

struct off {
    int64_t first; /* of DAYS days, since 1970 */
    bool days[DAYS];
    int32_t lists[2][DAYS];
    struct calendar calendars[2];
    const struct calendar *both[2];
    struct rules_spec spec;
};

/* Runs with open days between, shared out to two calendars that overlap. */
static void off_fill(struct off *off, int64_t first)
{
    off->first = first;
    off->spec =
        (struct rules_spec){ .from = { EVER_MS }, .until = { NEVER_MS } };
    off->spec.weekdays_off = between(0, 2) ? 0 : (uint8_t)between(1, 0x7e);
    uint32_t counts[2] = { 0, 0 };
    int64_t rest = 0, longest = between(0, 1) ? 3 : between(1, 300);
    for (int i = 0; i < DAYS; i++) {
        bool open = rest == 0;
        rest = open ? between(1, longest) : rest - 1;
        int64_t owner = between(0, 3);
        for (int list = 0; list < 2 && !open; list++)
            if (owner == list || owner >= 2)
                off->lists[list][counts[list]++] = (int32_t)(first + i);
        int weekday = (int)(((first + i + 4) % 7 + 7) % 7);
        off->days[i] = !open || off->spec.weekdays_off >> weekday & 1;
    }
    for (int list = 0; list < 2; list++) {
        off->calendars[list] = (struct calendar){ .name = "",
                                                  .days = off->lists[list],
                                                  .count = counts[list] };
        off->both[list] = &off->calendars[list];
    }
    off->spec.calendars = off->both;
    off->spec.calendar_count = 2;
}

static bool is_off(const struct off *off, int64_t day)
{
    assert_in_range(day - off->first, 0, DAYS - 1);
    return off->days[day - off->first];
}

static struct rules *compile(const struct rules_spec *spec,
                             const struct term *term, struct zone *zone)
{
    struct rules_spec full = *spec;
    struct error err = { "" };
    full.terms = term;
    full.term_count = 1;
    struct rules *rules = rules_new(&full, "job", zone, &err);
    if (!rules)
        fail_msg("%s: %s", term->text, err.text);
    return rules;
}

/* ---- what is left ---- */

struct slots {
    int64_t at_ms[20000];
    size_t count;
};

/* Both ways, and counted. */
static void expect(const struct rules *rules, const struct slots *slots,
                   int64_t begin_ms, int64_t end_ms)
{
    const struct schedule schedule = { .rules = rules };
    struct wall at = { begin_ms };
    for (size_t i = 0; i < slots->count; i++) {
        at = schedule_next(&schedule, at);
        assert_int_equal(at.ms, slots->at_ms[i]);
    }
    assert_true(schedule_next(&schedule, at).ms > end_ms);
    at.ms = end_ms;
    for (size_t i = slots->count; i-- > 0; at.ms--) {
        at = schedule_last(&schedule, at);
        assert_int_equal(at.ms, slots->at_ms[i]);
    }
    assert_true(schedule_last(&schedule, at).ms <= begin_ms);
    assert_int_equal(schedule_count(&schedule, (struct wall){ begin_ms },
                                    (struct wall){ end_ms }),
                     slots->count);
}

/* The slots of the same term without days off, but for those on such days. */
static void filter(const struct off *off, const struct term *term,
                   struct zone *zone, int64_t begin_ms, int64_t end_ms,
                   struct slots *ret)
{
    const struct rules_spec open = { .from = { EVER_MS },
                                     .until = { NEVER_MS } };
    struct rules *rules = compile(&open, term, zone);
    const struct schedule all = { .rules = rules };
    struct wall at = schedule_next(&all, (struct wall){ begin_ms });
    ret->count = 0;
    for (; at.ms <= end_ms; at = schedule_next(&all, at)) {
        struct zone_span span;
        int64_t at_s = floor_to(at.ms, 1000);
        zone_span(zone, at_s, &span);
        if (!is_off(off, floor_to(at_s + span.offset_s, DAY_S)))
            ret->at_ms[ret->count++] = at.ms;
    }
    rules_free(rules);
}

/* Zones that went over the date line among them: a day came twice, or never. */
static const struct {
    const char *zone, *near;
} places[] = {
    { "UTC", "2026-11-24T00:00:00Z" },
    { "Europe/Bucharest", "2027-03-28T00:00:00Z" },
    { "America/Juneau", "1867-10-18T00:00:00Z" },
    { "Asia/Manila", "1844-12-31T00:00:00Z" },
    { "Pacific/Kwajalein", "1969-10-01T00:00:00Z" },
    { "Pacific/Apia", "2011-12-30T00:00:00Z" },
    { "America/Havana", "2027-11-07T04:30:00Z" },
};

static void lattices_and_lists_keep_the_other_days(void **state)
{
    (void)state;
    static struct off off;
    static struct slots slots;
    static int64_t listed[WITHIN * 2];
    for (int n = 0; n < 1500; n++) {
        size_t place = (size_t)between(0, sizeof places / sizeof *places - 1);
        struct zone *zone = tzfile_zone(places[place].zone);
        struct wall near;
        assert_true(rfc3339_parse(places[place].near,
                                  strlen(places[place].near), &near));
        int64_t day = floor_to(near.ms, DAY_MS) - between(0, WITHIN);
        int64_t begin_ms = day * DAY_MS - 1,
                end_ms = begin_ms + WITHIN * DAY_MS;
        off_fill(&off, day - AROUND);
        struct term term = { .kind = TERM_EVERY,
                             .text = "",
                             .every_ms = between(1, 100) * 1800000,
                             .phase_ms = 0 };
        if (n % 3 == 0) {
            term = (struct term){ .kind = TERM_LIST, .text = "" };
            term.slots_ms = listed;
            for (int64_t at = begin_ms + 1; at < end_ms;
                 at += between(1, 40) * 3600000)
                if (term.slot_count < WITHIN * 2)
                    listed[term.slot_count++] = at;
        }
        filter(&off, &term, zone, begin_ms, end_ms, &slots);
        if (slots.count || term.kind == TERM_EVERY) {
            struct rules *rules = compile(&off.spec, &term, zone);
            expect(rules, &slots, begin_ms, end_ms);
            rules_free(rules);
        }
        zone_unref(zone);
    }
}

/* ---- times of day ---- */

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Each slot of all goes where `excluded` says, and none is there twice. */
static void move(const struct off *off, const struct rules *all,
                 int64_t begin_ms, int64_t end_ms, struct slots *ret)
{
    const struct schedule schedule = { .rules = all };
    const enum excluded excluded = off->spec.excluded;
    struct wall at = { begin_ms - (AROUND - 2) * DAY_MS };
    struct wall last = { end_ms + (AROUND - 2) * DAY_MS };
    ret->count = 0;
    for (at = schedule_next(&schedule, at); at.ms < last.ms;
         at = schedule_next(&schedule, at)) {
        int64_t day = floor_to(at.ms, DAY_MS), moved = day;
        while (excluded != EXCLUDED_SKIP && moved > off->first &&
               moved < off->first + DAYS - 1 && is_off(off, moved))
            moved += excluded == EXCLUDED_NEXT ? 1 : -1;
        int64_t slot = at.ms + (moved - day) * DAY_MS;
        if (llabs(moved - day) <= EXCLUDED_RUN_MAX && !is_off(off, moved) &&
            slot > begin_ms && slot <= end_ms)
            ret->at_ms[ret->count++] = slot;
    }
    qsort(ret->at_ms, ret->count, sizeof *ret->at_ms, by_time);
    size_t kept = 0;
    for (size_t i = 0; i < ret->count; i++)
        if (!kept || ret->at_ms[i] != ret->at_ms[kept - 1])
            ret->at_ms[kept++] = ret->at_ms[i];
    ret->count = kept;
}

static void times_of_day_are_left_out_or_move(void **state)
{
    (void)state;
    static const char *const texts[] = { "0 9 * * *", "30 0,12 1,15 * *",
                                         "0 6 1-7 * MON", "0 0 1 */3 *",
                                         "*/30 8-9 * * *" };
    static struct off off;
    static struct slots slots;
    for (int n = 0; n < 3000; n++) {
        int64_t day = between(-30000, 40000);
        int64_t begin_ms = day * DAY_MS - 1,
                end_ms = begin_ms + WITHIN * DAY_MS;
        const struct term term = { .kind = TERM_CRON,
                                   .text = texts[between(0, 4)] };
        off_fill(&off, day - AROUND);
        off.spec.excluded = (uint8_t)between(0, 2);
        struct rules_spec open = { .from = { EVER_MS }, .until = { NEVER_MS } };
        open.nth = off.spec.nth = between(0, 1) ? 0 : (uint32_t)between(2, 5);
        struct rules *all = compile(&open, &term, zone_utc());
        struct rules *rules = compile(&off.spec, &term, zone_utc());
        move(&off, all, begin_ms, end_ms, &slots);
        expect(rules, &slots, begin_ms, end_ms);
        rules_free(all);
        rules_free(rules);
    }
}

/* ---- what it costs ---- */

#define QUESTIONS 500

/* With every kind of term: a millisecond each is more than enough. */
static void ask(const struct rules_spec *spec, int64_t begin_day,
                int64_t end_day)
{
    static int64_t listed[LIST_SLOTS_MAX];
    for (int64_t i = 0; i < LIST_SLOTS_MAX; i++)
        listed[i] = (begin_day - 1 + i * 8) * DAY_MS;
    const struct term terms[] = {
        { .kind = TERM_CRON, .text = "0 9 * * *" },
        { .kind = TERM_CRON, .text = "*/5 * * * MON" },
        { .kind = TERM_CRON, .text = "0 0 29 2 *" },
        { .kind = TERM_EVERY, .text = "", .every_ms = 1000 },
        { .kind = TERM_LIST,
          .text = "",
          .slots_ms = listed,
          .slot_count = LIST_SLOTS_MAX },
    };
    struct zone *zone = tzfile_zone("Europe/Bucharest");
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        struct rules *rules = compile(spec, &terms[i], zone);
        const struct schedule schedule = { .rules = rules };
        clock_t begin = clock();
        for (int64_t n = 0; n < QUESTIONS; n++) {
            struct wall at = { (begin_day + 3 + n * 17) * DAY_MS };
            assert_true(schedule_next(&schedule, at).ms >=
                        (end_day - 1) * DAY_MS);
            assert_true(schedule_last(&schedule, at).ms <=
                        (begin_day + 1) * DAY_MS);
        }
        assert_true(clock() - begin < CLOCKS_PER_SEC * 2 * QUESTIONS / 1000);
        rules_free(rules);
    }
    zone_unref(zone);
}

/* Calendars without an open day in 270 years, and in 380 where weekends are off
 * by themselves. */
static void a_long_run_is_leapt_over(void **state)
{
    (void)state;
    static int32_t days[CALENDAR_DAYS_MAX];
    struct calendar calendar = { .name = "",
                                 .days = days,
                                 .count = CALENDAR_DAYS_MAX };
    const struct calendar *const list[] = { &calendar };
    struct rules_spec spec = { .from = { EVER_MS }, .until = { NEVER_MS } };
    spec.calendars = list;
    spec.calendar_count = 1;
    for (int32_t i = 0; i < CALENDAR_DAYS_MAX; i++)
        days[i] = i;
    ask(&spec, 0, CALENDAR_DAYS_MAX);
    for (int32_t i = 0; i < CALENDAR_DAYS_MAX; i++)
        days[i] = i / 5 * 7 + i % 5 - 3; /* from Monday, 1969-12-29 on */
    spec.weekdays_off = 0x41;
    ask(&spec, -3, CALENDAR_DAYS_MAX / 5 * 7 - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lattices_and_lists_keep_the_other_days),
        cmocka_unit_test(times_of_day_are_left_out_or_move),
        cmocka_unit_test(a_long_run_is_leapt_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
