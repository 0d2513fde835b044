/* Each kind of term has its sentence, each rule its clause. */
#include "schedule_words.h"

#include <stdio.h>
#include <string.h>

#include "cron_words.h"
#include "moment.h"
#include "mooncron/civil.h"

#define DAYS_NAMED 3 /* of a calendar; the rest is counted */

/* ---- when ---- */

static void put_utc_time(struct text *out, int64_t ms)
{
    struct civil c = civil_from((struct wall){ ms }, 0);
    text_printf(out, "%02u:%02u", c.hour, c.minute);
    if (c.second || c.ms)
        text_printf(out, ":%02u", c.second);
    if (c.ms)
        text_printf(out, ".%03u", c.ms);
}

/* A lattice that divides the day, or is a day, has the same times every day. */
static void put_lattice(int64_t every_ms, int64_t phase_ms, struct text *out)
{
    char origin[RFC3339_TEXT_MAX];
    if (every_ms == DAY_MS) {
        text_puts(out, "At ");
        put_utc_time(out, phase_ms);
        text_puts(out, " UTC every day");
        return;
    }
    text_puts(out, "Every ");
    interval_words(every_ms, out);
    if (DAY_MS % every_ms == 0) {
        text_puts(out, ", from ");
        put_utc_time(out, phase_ms);
        text_puts(out, " UTC on");
    } else {
        text_printf(out, ", counted from %s",
                    rfc3339_format((struct wall){ phase_ms }, 0, origin));
    }
}

static void put_slots(const struct rules *rules, const struct term *term,
                      struct text *out)
{
    text_printf(out, "When its function says so: %u time%s, the last one ",
                (unsigned)term->slot_count, term->slot_count == 1 ? "" : "s");
    moment_show((struct wall){ term->slots_ms[term->slot_count - 1] },
                rules_zone(rules), out);
}

/* What is written may be a time that does not exist. */
static void put_once(const struct zone *zone, const struct term *term,
                     struct text *out)
{
    struct wall at = { term->slots_ms[0] };
    struct zone_span span;
    int64_t local_s;
    text_puts(out, "Once, at ");
    moment_show(at, zone, out);
    zone_span(zone, at.ms / 1000, &span);
    if (local_parse(term->text, strlen(term->text), &local_s) &&
        local_s != at.ms / 1000 + span.offset_s)
        text_printf(out, ": %s does not exist", term->text);
}

static void put_term(const struct rules *rules, uint32_t i, struct text *out)
{
    const struct term *term = &rules_spec(rules)->terms[i];
    switch (term->kind) {
    case TERM_EVERY:
        put_lattice(term->every_ms, term->phase_ms, out);
        return;
    case TERM_ONCE:
        put_once(rules_zone(rules), term, out);
        return;
    case TERM_LIST:
        put_slots(rules, term, out);
        return;
    case TERM_CRON:
    case TERM_AT:
        cron_words(rules_cron(rules, i), out);
        text_printf(out, " (%s)", zone_name(rules_zone(rules)));
        return;
    }
}

bool schedule_says(const char *said, const char *between, const char *part)
{
    size_t len = strlen(part), step = strlen(between);
    while (said) {
        const char *end = strstr(said, between);
        size_t here = end ? (size_t)(end - said) : strlen(said);
        if (here == len && !memcmp(said, part, len))
            return true;
        said = end ? end + step : NULL;
    }
    return false;
}

void schedule_words(const struct schedule *schedule, struct text *out)
{
    const struct rules *rules = schedule->rules;
    if (!rules) {
        put_lattice(schedule->every_ms, schedule->phase_ms, out);
        return;
    }
    struct text line;
    text_init(&line, 1 << 16);
    for (uint32_t i = 0; i < rules_spec(rules)->term_count; i++) {
        text_clear(&line);
        put_term(rules, i, &line);
        if (i && schedule_says(out->data, "\n", line.data))
            continue;
        text_printf(out, "%s%s", i ? "\n" : "", line.data);
    }
    text_close(&line);
}

/* ---- rules ---- */

static void put_date(struct text *out, int32_t day)
{
    struct civil c = civil_from((struct wall){ day * DAY_MS }, 0);
    text_printf(out, "%04d-%02u-%02u", (int)c.year, c.month, c.day);
}

static void put_calendar(struct text *out, const struct calendar *calendar)
{
    bool named = calendar->name[0];
    uint32_t shown = calendar->count <= DAYS_NAMED ? calendar->count : 1;
    if (named)
        text_printf(out, "calendar %s: ", calendar->name);
    for (uint32_t i = 0; i < shown; i++) {
        text_puts(out, i ? ", " : "");
        put_date(out, calendar->days[i]);
    }
    if (shown < calendar->count) {
        text_printf(out, " and %u more days up to ", calendar->count - shown);
        put_date(out, calendar->days[calendar->count - 1]);
    }
    if (!calendar->count)
        text_puts(out, "no days");
}

static void tell_except(const struct rules_spec *spec, schedule_rule *rule,
                        void *data)
{
    static const char *const outcomes[] = {
        [EXCLUDED_SKIP] = "skip: what falls on such a day is left out",
        [EXCLUDED_NEXT] = "next: it moves to the next day that is none",
        [EXCLUDED_PREVIOUS] = "previous: it moves to the last day before",
    };
    struct text text;
    if (!spec->weekdays_off && !spec->calendar_count)
        return;
    text_init(&text, 4096);
    weekday_words(spec->weekdays_off, &text);
    for (uint32_t i = 0; i < spec->calendar_count; i++) {
        text_puts(&text, text.len ? "; " : "");
        put_calendar(&text, spec->calendars[i]);
    }
    rule(data, "except", text.data);
    rule(data, "on_excluded", outcomes[spec->excluded]);
    text_close(&text);
}

static void tell_nth(const struct rules_spec *spec, schedule_rule *rule,
                     void *data)
{
    char clause[64];
    if (spec->nth <= 1)
        return;
    snprintf(clause, sizeof clause, "only one time of %u, counted from 1970",
             (unsigned)spec->nth);
    rule(data, "scale", clause);
}

static void tell_jitter(const struct rules_spec *spec, schedule_rule *rule,
                        void *data)
{
    struct text text;
    if (!spec->jitter_ms)
        return;
    text_init(&text, 128);
    text_puts(&text, "later by up to ");
    duration_words(spec->jitter_ms, &text);
    text_puts(&text, ", always the same for one slot");
    rule(data, "jitter", text.data);
    text_close(&text);
}

static void tell_bound(const struct rules *rules, const char *name,
                       struct wall at, schedule_rule *rule, void *data)
{
    struct text text;
    if (at.ms == EVER_MS || at.ms == NEVER_MS)
        return;
    text_init(&text, 64);
    moment_show(at, rules_zone(rules), &text);
    rule(data, name, text.data);
    text_close(&text);
}

void schedule_rules(const struct schedule *schedule, schedule_rule *rule,
                    void *data)
{
    const struct rules *rules = schedule->rules;
    if (!rules)
        return;
    const struct rules_spec *spec = rules_spec(rules);
    tell_except(spec, rule, data);
    tell_nth(spec, rule, data);
    tell_jitter(spec, rule, data);
    tell_bound(rules, "from", spec->from, rule, data);
    tell_bound(rules, "to", spec->until, rule, data);
}
