/* Whatever the rules are: "next", "last" and "count" tell one story.
 *
 * An input is a head of HEAD bytes, each with a meaning of its own, and lines
 * of text: terms, and a line "TZ=..." that is the footer of a zone made here.
 */
#include "mooncron/schedule.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mooncron/memory.h"

#define HEAD     24
#define TERMS    8 /* of one input */
#define STEPS    6
#define DAYS_MAX 24
#define LINE_MAX 256

/* The odd ones: see tests/core/test_second_opinion.c. */
static const char *const zones[] = {
    "Europe/Bucharest", "America/New_York", "Australia/Lord_Howe",
    "Europe/Dublin",    "Asia/Beirut",      "Africa/Casablanca",
    "Pacific/Apia",     "Antarctica/Troll", "America/Havana",
    "Asia/Gaza",        "Asia/Tehran",      "America/Scoresbysund",
};
#define ZONES (sizeof zones / sizeof *zones)

/* ---- a zone ---- */

/* Read once: they outlive every input. */
static struct zone *read_zone(size_t i)
{
    static struct zone *kept[ZONES];
    char path[128];
    struct error error;
    size_t len = 0;
    if (kept[i])
        return kept[i];
    snprintf(path, sizeof path, FUZZ_ZONES "/%s", zones[i]);
    uint8_t *bytes = fuzz_file(path, &len);
    if (bytes)
        kept[i] = zone_read(zones[i], bytes, len, &error);
    free(bytes);
    return kept[i];
}

/* A file without a table: one type, and the footer. NULL where it is none. */
static struct zone *make_zone(const char *footer)
{
    static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0"
                               "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\0\0\0\0LMT";
    char bytes[sizeof head + LINE_MAX + 2];
    struct error error;
    memcpy(bytes, head, sizeof head);
    int len = snprintf(bytes + sizeof head, sizeof bytes - sizeof head,
                       "\n%s\n", footer);
    return zone_read("Fuzz/Zone", bytes, sizeof head + (size_t)len, &error);
}

/* ---- rules ---- */

struct input {
    const uint8_t *head;
    struct rules_spec spec;
    struct term terms[TERMS];
    char lines[TERMS][LINE_MAX];
    char footer[LINE_MAX];
    struct calendar calendar;
    const struct calendar *calendars[1];
    int32_t days[DAYS_MAX];
};

static int64_t number(const uint8_t *at, size_t bytes)
{
    int64_t value = (int8_t)*at;
    while (--bytes > 0)
        value = value * 256 + *++at;
    return value;
}

/* All years of a search, to the second in most of them. */
static int64_t instant_ms(const uint8_t *at)
{
    return (number(at, 4) * 120 + at[4]) * 1000 + (at[3] & 1 ? 999 : 0);
}

static struct term term_of(const char *line)
{
    int64_t local;
    struct cron cron;
    if (*line == '/') {
        long long ms = strtoll(line + 1, NULL, 10);
        return (struct term){ .kind = TERM_EVERY, .text = "", .every_ms = ms };
    }
    if (at_parse(line, strlen(line), &cron))
        return (struct term){ .kind = TERM_AT, .text = line };
    if (local_parse(line, strlen(line), &local))
        return (struct term){ .kind = TERM_ONCE, .text = line };
    return (struct term){ .kind = TERM_CRON, .text = line };
}

static void read_lines(struct input *input, const char *at, const char *end)
{
    while (at < end && input->spec.term_count < TERMS) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        int len = (int)((stop ? stop : end) - at);
        char *line = input->lines[input->spec.term_count];
        snprintf(line, LINE_MAX, "%.*s", len, at);
        if (strncmp(line, "TZ=", 3) == 0)
            snprintf(input->footer, LINE_MAX, "%s", line + 3);
        else
            input->terms[input->spec.term_count++] = term_of(line);
        at = stop ? stop + 1 : end;
    }
}

/* Days off, somewhere around the first instant. */
static void read_days(struct input *input, const uint8_t *bytes, int64_t at_ms)
{
    uint32_t count = bytes[0] % DAYS_MAX;
    int32_t day = (int32_t)(at_ms / DAY_MS) - bytes[1];
    for (uint32_t i = 0; i < count; i++)
        input->days[i] = day += 1 + (bytes[2] >> i % 8 & 1);
    input->calendar = (struct calendar){ "", input->days, count, 0 };
    input->calendars[0] = &input->calendar;
    input->spec.calendars = input->calendars;
    input->spec.calendar_count = count > 0;
}

static void read_input(struct input *input, const uint8_t *bytes, size_t len)
{
    static const uint32_t nth[] = { 0, 1, 2, 3, 5, 7, 10, 48 };
    input->head = bytes;
    int64_t at_ms = instant_ms(bytes + 8);
    input->spec = (struct rules_spec){
        .terms = input->terms,
        .gap = bytes[1] % 3,
        .fold = bytes[1] / 3 % 3,
        .excluded = bytes[1] / 9 % 3,
        .weekdays_off = bytes[2] & 0x7f,
        .nth = nth[bytes[3] % 8],
        .jitter_ms = bytes[4] * INT64_C(7000),
        .from = { bytes[5] & 1 ? at_ms - bytes[6] * DAY_MS : EVER_MS },
        .until = { bytes[5] & 2 ? at_ms + bytes[7] * DAY_MS : NEVER_MS },
    };
    if (input->spec.excluded && input->spec.nth > 2)
        input->spec.nth = 2; /* behind each day others are looked at */
    read_days(input, bytes + 13, at_ms);
    read_lines(input, (const char *)bytes + HEAD, (const char *)bytes + len);
}

/* ---- one story ---- */

static int64_t next_ms(const struct schedule *schedule, int64_t after_ms)
{
    return schedule_next(schedule, (struct wall){ after_ms }).ms;
}

static int64_t last_ms(const struct schedule *schedule, int64_t at_ms)
{
    return schedule_last(schedule, (struct wall){ at_ms }).ms;
}

static void check_next(const struct schedule *schedule, int64_t after_ms,
                       int64_t slot_ms)
{
    assert(slot_ms > after_ms);
    assert(next_ms(schedule, slot_ms - 1) == slot_ms);
    assert(last_ms(schedule, slot_ms) == slot_ms);
    assert(last_ms(schedule, slot_ms - 1) <= after_ms);
}

static void check_last(const struct schedule *schedule, int64_t at_ms)
{
    int64_t slot_ms = last_ms(schedule, at_ms);
    if (slot_ms == EVER_MS)
        return;
    assert(slot_ms <= at_ms);
    assert(last_ms(schedule, slot_ms) == slot_ms);
    assert(next_ms(schedule, slot_ms - 1) == slot_ms);
    assert(next_ms(schedule, slot_ms) > at_ms);
}

/* Of numbered slots one may be 192 years from the next: 29 February. */
static int64_t steps_of(const struct schedule *schedule)
{
    return rules_spec(schedule->rules)->nth > 7 ? 1 : STEPS;
}

static void check_walk(const struct schedule *schedule, int64_t after_ms)
{
    int64_t at_ms = after_ms, count = 0;
    while (count < steps_of(schedule)) {
        int64_t slot_ms = next_ms(schedule, at_ms);
        if (slot_ms == NEVER_MS)
            break;
        check_next(schedule, at_ms, slot_ms);
        at_ms = slot_ms;
        count++;
    }
    assert(schedule_count(schedule, (struct wall){ after_ms },
                          (struct wall){ at_ms }) == count);
}

static void check_rules(const struct rules *rules, int64_t at_ms)
{
    const struct schedule schedule = { .rules = rules };
    struct zone_span change;
    check_last(&schedule, at_ms);
    check_walk(&schedule, at_ms);
    if (!zone_change(rules_zone(rules), at_ms / 1000, &change))
        return;
    check_last(&schedule, change.from_s * 1000);
    check_walk(&schedule, change.from_s * 1000 - DAY_MS / 24);
    schedule_fate(&schedule, &change);
}

/* A hundred questions, each of which may go through 8,000 years: what is asked
 * for is that they end. */
const unsigned fuzz_limit_ms = 150;

void fuzz_bytes(const uint8_t *bytes, size_t len)
{
    struct error error = { "" };
    struct input input = { .head = NULL };
    if (len <= HEAD)
        return;
    read_input(&input, bytes, len);
    struct zone *zone = *input.footer ? make_zone(input.footer)
                                      : zone_ref(read_zone(*bytes % ZONES));
    if (!zone)
        return;
    struct rules *rules = rules_new(&input.spec, "fuzz", zone, &error);
    if (rules)
        check_rules(rules, instant_ms(bytes + 8));
    else
        assert(*error.text);
    rules_free(rules);
    zone_unref(zone);
}

/* ---- seeds ---- */

/* Each expression with some head of its own. */
struct heads {
    fuzz_take *take;
    void *context;
    uint32_t hash;
};

static void take_expression(void *context, const void *bytes, size_t len)
{
    struct heads *heads = context;
    uint8_t seed[HEAD + LINE_MAX] = { 0 };
    if (len >= LINE_MAX)
        return;
    for (size_t i = 0; i < HEAD; i++) {
        heads->hash = heads->hash * 1664525 + 1013904223;
        /* most heads are plain: what is not, is not everything at once */
        bool plain = i > 0 && i < 8 && heads->hash >> 30;
        seed[i] = plain ? 0 : (uint8_t)(heads->hash >> 20);
    }
    seed[8] = 0; /* this side of the year 2500 */
    memcpy(seed + HEAD, bytes, len);
    heads->take(heads->context, seed, HEAD + len);
}

void fuzz_seeds(fuzz_take *take, void *context)
{
    static const char *const own[] = {
        "30 2 * * *\nTZ=EET-2EEST,M3.5.0/3,M10.5.0/4",
        "*/5 1-4 * * *\nTZ=<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "0 0 * * *\n12:30\nTZ=IST-2IDT,M3.4.4/26,M10.5.0",
        "08:00\n20:00:30",
        "2026-12-31T23:00",
        "/900000\n0 0 29 2 *",
    };
    struct heads heads = { take, context, 20261124 };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        take_expression(&heads, own[i], strlen(own[i]));
    fuzz_literals("tests/core/test_cron.c", take_expression, &heads);
    fuzz_literals("tests/core/test_cron_fault.c", take_expression, &heads);
}
