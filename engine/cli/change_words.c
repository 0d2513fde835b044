/* What a change does is asked of each term by itself, for one may follow the
 * wall clock and another not. Which times it hides or repeats is what the term
 * names where no clock is ever set: in UTC. */
#include "change_words.h"

#include "mooncron/civil.h"
#include "schedule_words.h"

const char *const fate_names[5] = { "untouched", "skipped", "moved", "once",
                                    "twice" };

#define TIMES_NAMED 4 /* more are counted */

/* One term of a schedule, where it is and where no clock is ever set. */
struct solo {
    struct rules *here, *nominal;
};

static void solo_open(struct solo *solo, const struct rules *rules, uint32_t i)
{
    struct error ignored;
    struct rules_spec spec = *rules_spec(rules);
    spec.terms += i;
    spec.term_count = 1;
    spec.jitter_ms = 0;
    spec.from.ms = EVER_MS;
    spec.until.ms = NEVER_MS;
    solo->here = rules_new(&spec, "", rules_zone(rules), &ignored);
    solo->nominal = rules_new(&spec, "", zone_utc(), &ignored);
}

static void solo_close(struct solo *solo)
{
    rules_free(solo->here);
    rules_free(solo->nominal);
}

/* ---- the times ---- */

/* Local times, as if they were instants: [lo, hi). */
struct hidden {
    struct wall times[TIMES_NAMED], last;
    int64_t count;
};

static void hidden_find(struct hidden *hidden, const struct solo *solo,
                        const struct zone_span *change)
{
    const struct schedule nominal = { .rules = solo->nominal };
    int64_t a = change->from_s + change->before_s;
    int64_t b = change->from_s + change->offset_s;
    struct wall before = { (a < b ? a : b) * 1000 - 1 };
    struct wall last = { (a < b ? b : a) * 1000 - 1 };
    hidden->count = schedule_count(&nominal, before, last);
    hidden->last = schedule_last(&nominal, last);
    for (unsigned i = 0; i < TIMES_NAMED; i++)
        before = hidden->times[i] = schedule_next(&nominal, before);
}

static void put_time(struct text *out, struct wall at, int32_t offset_s)
{
    struct civil c = civil_from(at, offset_s);
    text_printf(out, "%02u:%02u", c.hour, c.minute);
    if (c.second)
        text_printf(out, ":%02u", c.second);
}

static void put_hidden(struct text *out, const struct hidden *hidden)
{
    if (hidden->count > TIMES_NAMED) {
        text_printf(out, "%lld times from ", (long long)hidden->count);
        put_time(out, hidden->times[0], 0);
        text_puts(out, " to ");
        put_time(out, hidden->last, 0);
        return;
    }
    for (int64_t i = 0; i < hidden->count; i++) {
        if (i)
            text_puts(out, i + 1 == hidden->count ? " and " : ", ");
        put_time(out, hidden->times[i], 0);
    }
}

/* ---- what becomes of them ---- */

static const struct {
    const char *one, *many;
} verbs[] = {
    [FATE_SKIPPED] = { "does not exist and is skipped",
                       "do not exist and are skipped" },
    [FATE_MOVED] = { "does not exist and fires at ",
                     "do not exist and fire once, at " },
    [FATE_ONCE] = { "comes twice and fires at its ",
                    "come twice and fire at their " },
    [FATE_TWICE] = { "comes twice and fires both times",
                     "come twice and fire both times" },
};

static void put_clause(struct text *out, const struct solo *solo,
                       const struct zone_span *change)
{
    const struct schedule here = { .rules = solo->here };
    const struct rules_spec *spec = rules_spec(solo->here);
    enum fate fate = schedule_fate(&here, change);
    struct hidden hidden;
    if (fate == FATE_UNTOUCHED)
        return;
    hidden_find(&hidden, solo, change);
    put_hidden(out, &hidden);
    text_printf(out, " %s",
                hidden.count == 1 ? verbs[fate].one : verbs[fate].many);
    bool before = spec->gap == GAP_BEFORE;
    if (fate == FATE_MOVED)
        put_time(out, (struct wall){ (change->from_s - before) * 1000 },
                 before ? change->before_s : change->offset_s);
    if (fate == FATE_ONCE)
        text_printf(out, "%s coming",
                    spec->fold == FOLD_LAST ? "last" : "first");
}

/* ---- the change ---- */

static void put_change(struct text *out, const struct zone *zone,
                       const struct zone_span *change)
{
    struct wall at = { change->from_s * 1000 };
    struct civil before = civil_from(at, change->before_s);
    struct civil after = civil_from(at, change->offset_s);
    struct zone_span span;
    zone_span(zone, change->from_s - 1, &span);
    text_printf(out, "%s %04d-%02u-%02u ", civil_weekdays[before.weekday],
                (int)before.year, before.month, before.day);
    put_time(out, at, change->before_s);
    text_printf(out, " %s -> ", span.abbreviation);
    if (before.day != after.day)
        text_printf(out, "%s %04d-%02u-%02u ", civil_weekdays[after.weekday],
                    (int)after.year, after.month, after.day);
    put_time(out, at, change->offset_s);
    text_printf(out, " %s: the clock is set %s", change->abbreviation,
                change->offset_s > change->before_s ? "forward" : "back");
}

enum fate change_fate(const struct schedule *schedule,
                      const struct zone_span *change)
{
    if (!schedule->rules)
        return FATE_UNTOUCHED;
    const struct rules_spec *spec = rules_spec(schedule->rules);
    int64_t at_ms = change->from_s * 1000;
    bool within = at_ms >= spec->from.ms && at_ms <= spec->until.ms;
    return within ? schedule_fate(schedule, change) : FATE_UNTOUCHED;
}

void change_words(const struct schedule *schedule, const struct zone *zone,
                  const struct zone_span *change, struct text *out)
{
    put_change(out, zone, change);
    if (change_fate(schedule, change) == FATE_UNTOUCHED)
        return;
    const struct rules *rules = schedule->rules;
    const size_t begin = out->len;
    for (uint32_t i = 0; i < rules_spec(rules)->term_count; i++) {
        struct text clause;
        struct solo solo;
        if (!rules_cron(rules, i))
            continue;
        text_init(&clause, 256);
        solo_open(&solo, rules, i);
        if (solo.here && solo.nominal)
            put_clause(&clause, &solo, change);
        if (clause.len && !schedule_says(out->data + begin, "; ", clause.data))
            text_printf(out, "; %s", clause.data);
        solo_close(&solo);
        text_close(&clause);
    }
}
