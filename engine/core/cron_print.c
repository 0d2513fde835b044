/* A cron expression is printed in the shortest of its usual spellings.
 *
 * A set is spelled as a star, as steps, or as a list of numbers and of ranges
 * of three or more. Whether a field begins with a star has a meaning of its own
 * (`wildcard`, `starred`), so two spellings of one set may not stand for each
 * other: a star can be forbidden, and it can be called for. */
#include "mooncron/cron.h"

#include <assert.h>

#include "cron_field.h"
#include "mooncron/text.h"

enum star {
    STAR_NEVER,
    STAR_USUAL, /* where people would write one */
    STAR_FIRST, /* the field must begin with one */
};

#define BIT(id)     (1u << (id))
#define TIME_FIELDS (BIT(CRON_SECOND) | BIT(CRON_MINUTE) | BIT(CRON_HOUR))
#define DAY_FIELDS  (BIT(CRON_DAY) | BIT(CRON_WEEKDAY))

/* An expression as it is spelled: what is plain in each field, and how. */
struct spelling {
    uint64_t sets[CRON_FIELDS];
    enum star stars[CRON_FIELDS];
};

/* A field that is being printed: its parts are separated by commas. */
struct list {
    struct text *out;
    bool begun;
};

static struct text *next_part(struct list *list)
{
    if (list->begun)
        text_putc(list->out, ',');
    list->begun = true;
    return list->out;
}

static unsigned lowest(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

static unsigned highest(uint64_t set)
{
    return 63 - (unsigned)__builtin_clzll(set);
}

static uint64_t star_set(unsigned id, unsigned step)
{
    return cron_progression(cron_fields[id].min, cron_fields[id].max, step);
}

/* The smallest step of a star that lies within the set; 0: none does. */
static unsigned star_step(unsigned id, uint64_t set)
{
    unsigned size = cron_field_size(&cron_fields[id]);
    for (unsigned step = 1; step <= size; step++)
        if (!(star_set(id, step) & ~set))
            return step;
    return 0;
}

/* Three numbers or more, or the halves of a field: 0,30 is every 30 minutes,
 * while a weekend of 0,6 is not every 6 days. Days that are restricted to all
 * of them are written as a range. */
static bool star_is_usual(unsigned id, uint64_t set)
{
    unsigned step = star_step(id, set);
    unsigned size = cron_field_size(&cron_fields[id]);
    if (step == 0 || star_set(id, step) != set)
        return false;
    if (step == 1)
        return !(DAY_FIELDS & BIT(id));
    return 2 * step < size || 2 * step == size;
}

static unsigned star_worth(unsigned id, uint64_t set)
{
    unsigned step = star_step(id, set);
    if (step == 0)
        return 0;
    unsigned covered = cron_field_size(&cron_fields[id]) / step;
    return 1 + covered + (star_is_usual(id, set) ? 64 : 0);
}

/* One of these fields began with a star: the one that it suits best does. */
static void call_for_star(struct spelling *spelling, unsigned fields)
{
    unsigned best = 0, best_worth = 0;
    for (unsigned id = 0; id < CRON_FIELDS; id++) {
        if (!(fields & BIT(id)))
            continue;
        spelling->stars[id] = STAR_USUAL;
        unsigned worth = star_worth(id, spelling->sets[id]);
        if (worth > best_worth) {
            best_worth = worth;
            best = id;
        }
    }
    assert(best_worth > 0); /* else no field did */
    spelling->stars[best] = STAR_FIRST;
}

static struct spelling spell(const struct cron *cron)
{
    struct spelling spelling = {
        .sets = { [CRON_SECOND] = cron->seconds,
                  [CRON_MINUTE] = cron->minutes,
                  [CRON_HOUR] = cron->hours,
                  [CRON_DAY] = cron->days,
                  [CRON_MONTH] = cron->months,
                  [CRON_WEEKDAY] = cron->weekdays },
        .stars = { [CRON_MONTH] = STAR_USUAL },
    };
    if (cron->wildcard)
        call_for_star(&spelling, cron->has_seconds
                                     ? TIME_FIELDS
                                     : TIME_FIELDS & ~BIT(CRON_SECOND));
    if (cron->starred)
        call_for_star(&spelling, DAY_FIELDS);
    else if (!cron->days_restricted || !cron->weekdays_restricted)
        spelling.stars[CRON_DAY] = spelling.stars[CRON_WEEKDAY] = STAR_USUAL;
    return spelling;
}

/* Prints the star where it has its place; what is left is not covered. A bare
 * star would not restrict the days. */
static uint64_t print_star(struct list *list, unsigned id, uint64_t set,
                           enum star star)
{
    if (star == STAR_NEVER || (star == STAR_USUAL && !star_is_usual(id, set)))
        return set;
    unsigned step = star_step(id, set);
    if (step == 1 && !(DAY_FIELDS & BIT(id)))
        text_putc(next_part(list), '*');
    else
        text_printf(next_part(list), "*/%u", step);
    return set & ~star_set(id, step);
}

/* Steps from the first number to the last one, three numbers or more. */
static bool print_steps(struct list *list, uint64_t set)
{
    unsigned first = lowest(set), last = highest(set);
    if (first == last)
        return false;
    unsigned step = lowest(set & (set - 1)) - first;
    if (step == 1 || first + step == last ||
        cron_progression(first, last, step) != set)
        return false;
    text_printf(next_part(list), "%u-%u/%u", first, last, step);
    return true;
}

static void print_numbers(struct list *list, uint64_t set)
{
    while (set) {
        unsigned first = lowest(set), last = first + 2;
        if (cron_progression(first, last, 1) & ~set) {
            text_printf(next_part(list), "%u", first);
            last = first;
        } else {
            last = first + lowest(~(set >> first)) - 1;
            text_printf(next_part(list), "%u-%u", first, last);
        }
        set &= ~cron_progression(first, last, 1);
    }
}

/* A Sunday that ends a range is 7: 5-7, not 0,5,6. */
static uint64_t sunday_last(uint64_t set)
{
    return (set & 0x63) == 0x61 ? (set & ~UINT64_C(1)) | 0x80 : set;
}

static void print_set(struct list *list, unsigned id,
                      const struct spelling *spelling)
{
    uint64_t set =
        print_star(list, id, spelling->sets[id], spelling->stars[id]);
    if (set == 0 || print_steps(list, set))
        return;
    print_numbers(list, id == CRON_WEEKDAY ? sunday_last(set) : set);
}

static void print_days(struct list *list, const struct cron *cron)
{
    for (uint32_t near = cron->days_near & ~1u; near; near &= near - 1)
        text_printf(next_part(list), "%uW", lowest(near));
    if (cron->days_near & 1)
        text_puts(next_part(list), "LW");
    if (cron->days_last & 1)
        text_puts(next_part(list), "L");
    for (uint32_t last = cron->days_last & ~1u; last; last &= last - 1)
        text_printf(next_part(list), "L-%u", lowest(last));
}

static void print_weekdays(struct list *list, const struct cron *cron)
{
    for (unsigned week = 0; week < 5; week++)
        for (unsigned nth = cron->weekdays_nth[week]; nth; nth &= nth - 1)
            text_printf(next_part(list), "%u#%u", lowest(nth), week + 1);
    for (unsigned last = cron->weekdays_last; last; last &= last - 1)
        text_printf(next_part(list), "%uL", lowest(last));
}

static void print_field(const struct cron *cron, unsigned id,
                        const struct spelling *spelling, struct text *out)
{
    struct list list = { out, false };
    if ((id == CRON_DAY && !cron->days_restricted) ||
        (id == CRON_WEEKDAY && !cron->weekdays_restricted)) {
        text_putc(out, '*');
        return;
    }
    print_set(&list, id, spelling);
    if (id == CRON_DAY)
        print_days(&list, cron);
    if (id == CRON_WEEKDAY)
        print_weekdays(&list, cron);
}

void cron_print(const struct cron *cron, struct text *out)
{
    struct spelling spelling = spell(cron);
    for (unsigned id = cron->has_seconds ? CRON_SECOND : CRON_MINUTE;
         id < CRON_FIELDS; id++) {
        print_field(cron, id, &spelling, out);
        if (id + 1 < CRON_FIELDS)
            text_putc(out, ' ');
    }
}
