/* Slots are asked for one by one, and the zone for what lies between them. */
#include "coming.h"

#include "change_words.h"
#include "display.h"
#include "mooncron/clock.h"

/* Between two slots, untouched changes past these are only counted. */
#define CHANGES_SHOWN 2

struct wall coming_now(void)
{
    struct clock clock;
    clock_init(&clock, 1, (struct wall){ 0 });
    return clock_now(&clock).wall;
}

const struct zone *coming_zone(const struct jobset *set, const struct job *job)
{
    const struct rules *rules = job->schedule.rules;
    return rules ? rules_zone(rules) : jobset_zone(set);
}

struct wall coming_begin(const struct coming *coming)
{
    return coming->back ? coming->from.before : coming->from.after;
}

bool coming_step(const struct coming *coming, struct wall from,
                 struct wall *ret)
{
    *ret = coming->back
               ? schedule_last(coming->schedule, (struct wall){ from.ms - 1 })
               : schedule_next(coming->schedule, from);
    return ret->ms != NEVER_MS && ret->ms != EVER_MS;
}

/* ---- changes between two slots ---- */

static int64_t seconds(struct wall at)
{
    return floor_div(at.ms, 1000);
}

/* The changes in (early, late], early first; so many were left out. */
static unsigned put_changes(const struct coming *coming, struct wall early,
                            struct wall late, struct text *out)
{
    struct zone_span change;
    int64_t at = seconds(early);
    unsigned left = 0;
    for (unsigned n = 0; zone_change(coming->zone, at, &change) &&
                         change.from_s <= seconds(late);
         n++) {
        bool touches = change_fate(coming->schedule, &change) != FATE_UNTOUCHED;
        at = change.from_s;
        if (n >= CHANGES_SHOWN && !touches) {
            left++;
            continue;
        }
        text_puts(out, "  -- ");
        change_words(coming->schedule, coming->zone, &change, out);
        text_putc(out, '\n');
    }
    return left;
}

static void put_between(const struct coming *coming, struct wall a,
                        struct wall b, struct text *out)
{
    unsigned left = coming->back ? put_changes(coming, b, a, out)
                                 : put_changes(coming, a, b, out);
    if (left)
        text_printf(out, "  -- and %u more change%s of offset\n", left,
                    left == 1 ? "" : "s");
}

/* ---- slots ---- */

static void put_slot(const struct coming *coming, struct wall at,
                     struct text *out)
{
    char date[DISPLAY_MAX], in[DISPLAY_MAX];
    bool past = at.ms < coming->now.ms;
    int64_t distance_ms =
        past ? coming->now.ms - at.ms : at.ms - coming->now.ms;
    text_printf(out, "  %s   %s%s%s\n", display_date(at, coming->zone, date),
                past ? "" : "in ", display_in(distance_ms, in),
                past ? " ago" : "");
}

void coming_lines(const struct coming *coming, struct text *out)
{
    struct wall last = coming_begin(coming), at;
    for (unsigned i = 0; i < coming->number; i++, last = at) {
        if (!coming_step(coming, last, &at)) {
            text_printf(out, "  -- %s %s this\n", i ? "no more" : "none",
                        coming->back ? "before" : "after");
            return;
        }
        put_between(coming, last, at, out);
        put_slot(coming, at, out);
    }
}

void coming_json(const struct coming *coming, struct text *out)
{
    struct wall last = coming_begin(coming), at;
    char text[DISPLAY_MAX];
    text_putc(out, '[');
    for (unsigned i = 0; i < coming->number && coming_step(coming, last, &at);
         i++, last = at)
        text_printf(out, "%s\"%s\"", i ? ", " : "",
                    display_rfc3339(at, coming->zone, text));
    text_putc(out, ']');
}
