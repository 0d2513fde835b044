/* The plain fields are spelled alike nearly everywhere, as cron_print() does.
 * What differs is how the days of the week count, whether there are seconds,
 * who knows L, W and #, and what two restricted day fields mean: a program that
 * wants both, or that takes only one, gets a line for each. */
#include "dialects.h"

#include <string.h>

#include "cron_words.h"

#define LINES_MAX 8 /* more are no help */

enum { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static unsigned lowest(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

/* ---- what an expression asks for ---- */

static bool has_seconds(const struct cron *cron)
{
    return cron->seconds != 1;
}

static bool has_nth(const struct cron *cron)
{
    unsigned any = 0;
    for (unsigned week = 0; week < 5; week++)
        any |= cron->weekdays_nth[week];
    return any;
}

static bool is_plain(const struct cron *cron)
{
    return !cron->days_last && !cron->days_near && !cron->weekdays_last &&
           !has_nth(cron);
}

/* ---- fields as cron_print() spells them ---- */

struct fields {
    struct text text;
    const char *field[FIELDS]; /* into the text */
};

/* A star in a day field would mean "both" elsewhere, so none is written; and
 * without seconds there must be a star left to write. */
static struct cron plainly(const struct cron *cron)
{
    struct cron plain = *cron;
    plain.starred = false;
    plain.has_seconds = has_seconds(cron);
    plain.wildcard = cron->wildcard && ((cron->minutes | cron->hours) & 1);
    if (plain.has_seconds)
        plain.wildcard = cron->wildcard;
    if (cron_is_daily(cron))
        plain.days_restricted = plain.weekdays_restricted = false;
    return plain;
}

static void fields_open(struct fields *fields, const struct cron *cron)
{
    struct cron plain = plainly(cron);
    text_init(&fields->text, 8192);
    text_puts(&fields->text, plain.has_seconds ? "" : "0 ");
    cron_print(&plain, &fields->text);
    char *rest = fields->text.data;
    for (unsigned i = 0; i < FIELDS; i++)
        fields->field[i] = strsep(&rest, " ");
}

static void fields_close(struct fields *fields)
{
    text_close(&fields->text);
}

/* ---- lists ---- */

/* The numbers as `put` spells them, runs of three or more as a range. */
static void put_set(struct text *out, uint64_t set, const char *range,
                    void (*put)(struct text *out, unsigned n))
{
    for (bool begun = false; set; begun = true) {
        unsigned first = lowest(set);
        unsigned last = first + lowest(~(set >> first)) - 1;
        if (last < first + 2)
            last = first;
        text_puts(out, begun ? "," : "");
        put(out, first);
        if (last > first) {
            text_puts(out, range);
            put(out, last);
        }
        set &= ~((UINT64_C(2) << last) - (UINT64_C(1) << first));
    }
}

static void put_upper(struct text *out, unsigned n)
{
    text_puts(out, cron_weekday_names[n]);
}

static void put_number(struct text *out, unsigned n)
{
    text_printf(out, "%u", n);
}

static void put_title(struct text *out, unsigned n)
{
    const char *name = cron_weekday_names[n % 7];
    text_printf(out, "%c%c%c", name[0], name[1] | 0x20, name[2] | 0x20);
}

static void put_two(struct text *out, unsigned n)
{
    text_printf(out, "%02u", n);
}

/* ---- days, one way at a time ---- */

enum way {
    WAY_EVERY,        /* every day */
    WAY_DAYS,         /* plain days of the month */
    WAY_LAST,         /* n days before the last */
    WAY_NEAR,         /* the weekday nearest to n; 0: the last weekday */
    WAY_WEEKDAYS,     /* plain days of the week */
    WAY_WEEKDAY_LAST, /* the last n of the month */
    WAY_WEEKDAY_NTH,  /* the k-th n */
};

struct way_of {
    enum way way;
    unsigned n, k;
};

/* Either of which matches. */
struct ways {
    struct way_of way[LINES_MAX];
    unsigned count; /* more than LINES_MAX: some are left out */
};

static void add_way(struct ways *ways, enum way way, unsigned n, unsigned k)
{
    if (ways->count < LINES_MAX)
        ways->way[ways->count] = (struct way_of){ way, n, k };
    ways->count++;
}

static void add_each(struct ways *ways, enum way way, uint32_t set, unsigned k)
{
    for (; set; set &= set - 1)
        add_way(ways, way, lowest(set), k);
}

static struct ways ways_of(const struct cron *cron)
{
    struct ways ways = { .count = 0 };
    if (cron_is_daily(cron)) {
        add_way(&ways, WAY_EVERY, 0, 0);
        return ways;
    }
    if (cron->days_restricted && cron->days)
        add_way(&ways, WAY_DAYS, 0, 0);
    add_each(&ways, WAY_LAST, cron->days_last, 0);
    add_each(&ways, WAY_NEAR, cron->days_near, 0);
    if (cron->weekdays_restricted && cron->weekdays)
        add_way(&ways, WAY_WEEKDAYS, 0, 0);
    add_each(&ways, WAY_WEEKDAY_LAST, cron->weekdays_last, 0);
    for (unsigned week = 0; week < 5; week++)
        add_each(&ways, WAY_WEEKDAY_NTH, cron->weekdays_nth[week], week + 1);
    return ways;
}

typedef bool spell_way(const struct cron *cron, const struct way_of *way,
                       const char *zone, struct text *out);

static bool spell_ways(const struct cron *cron, const char *zone,
                       struct text *out, spell_way *spell)
{
    struct ways ways = ways_of(cron);
    bool good = ways.count <= LINES_MAX;
    for (unsigned i = 0; good && i < ways.count; i++) {
        text_puts(out, i ? "\n" : "");
        good = spell(cron, &ways.way[i], zone, out);
    }
    if (!good)
        text_clear(out);
    return good;
}

/* ---- crontab ---- */

static bool spell_crontab(const struct cron *cron, const char *zone,
                          struct text *out)
{
    (void)zone;
    if (has_seconds(cron) || !is_plain(cron))
        return false;
    struct cron plain = plainly(cron);
    cron_print(&plain, out);
    return true;
}

/* ---- croner ---- */

/* Plain ones as they are, and `5#2` for the second Friday, `5#L` for the last.
 */
static void put_croner_weekdays(struct text *out, const struct cron *cron,
                                const char *field)
{
    if (is_plain(cron)) {
        text_puts(out, field);
        return;
    }
    const char *comma = "";
    if (cron->weekdays) {
        put_set(out, cron->weekdays, "-", put_number);
        comma = ",";
    }
    for (unsigned week = 0; week < 5; week++)
        for (unsigned n = cron->weekdays_nth[week]; n; n &= n - 1, comma = ",")
            text_printf(out, "%s%u#%u", comma, lowest(n), week + 1);
    for (unsigned n = cron->weekdays_last; n; n &= n - 1, comma = ",")
        text_printf(out, "%s%u#L", comma, lowest(n));
}

static bool spell_croner(const struct cron *cron, const char *zone,
                         struct text *out)
{
    (void)zone;
    if (cron->days_near || cron->days_last > 1)
        return false;
    struct fields fields;
    fields_open(&fields, cron);
    if (has_seconds(cron))
        text_printf(out, "%s ", fields.field[SECOND]);
    text_printf(out, "%s %s %s %s ", fields.field[MINUTE], fields.field[HOUR],
                fields.field[DAY], fields.field[MONTH]);
    if (cron->weekdays_restricted && !cron_is_daily(cron))
        put_croner_weekdays(out, cron, fields.field[WEEKDAY]);
    else
        text_putc(out, '*');
    fields_close(&fields);
    return true;
}

/* ---- Kubernetes ---- */

/* Its Sunday is 0 and never 7, so no range ends with it. */
static bool spell_kubernetes(const struct cron *cron, const char *zone,
                             struct text *out)
{
    (void)zone;
    if (has_seconds(cron) || !is_plain(cron))
        return false;
    struct fields fields;
    fields_open(&fields, cron);
    for (unsigned i = MINUTE; i < WEEKDAY; i++)
        text_printf(out, "%s ", fields.field[i]);
    if (cron->weekdays_restricted && !cron_is_daily(cron))
        put_set(out, cron->weekdays, "-", put_upper);
    else
        text_putc(out, '*');
    fields_close(&fields);
    return true;
}

/* ---- Quartz ---- */

/* Its days of the week count from 1, Sunday, and one of the two day fields is
 * always `?`. */
static void put_quartz_days(struct text *out, const struct cron *cron,
                            const struct way_of *way, const char *days,
                            const char *month)
{
    if (way->way >= WAY_WEEKDAYS)
        text_printf(out, "? %s ", month);
    switch (way->way) {
    case WAY_EVERY:
        text_puts(out, "*");
        break;
    case WAY_DAYS:
        text_puts(out, days);
        break;
    case WAY_LAST:
        text_printf(out, way->n ? "L-%u" : "L", way->n);
        break;
    case WAY_NEAR:
        text_printf(out, way->n ? "%uW" : "LW", way->n);
        break;
    case WAY_WEEKDAYS:
        put_set(out, cron->weekdays, "-", put_upper);
        break;
    case WAY_WEEKDAY_LAST:
        text_printf(out, "%uL", way->n + 1);
        break;
    case WAY_WEEKDAY_NTH:
        text_printf(out, "%u#%u", way->n + 1, way->k);
        break;
    }
    if (way->way < WAY_WEEKDAYS)
        text_printf(out, " %s ?", month);
}

/* The plain days by themselves: cron_print() adds what else there is. */
static bool quartz_way(const struct cron *cron, const struct way_of *way,
                       const char *zone, struct text *out)
{
    (void)zone;
    struct cron only = *cron;
    only.days_last = only.days_near = 0;
    only.weekdays = only.weekdays_last = 0;
    only.weekdays_restricted = false;
    only.days_restricted = way->way == WAY_DAYS;
    struct fields fields;
    fields_open(&fields, &only);
    text_printf(out, "%s %s %s ", fields.field[SECOND], fields.field[MINUTE],
                fields.field[HOUR]);
    put_quartz_days(out, cron, way, fields.field[DAY], fields.field[MONTH]);
    fields_close(&fields);
    return true;
}

static bool spell_quartz(const struct cron *cron, const char *zone,
                         struct text *out)
{
    return spell_ways(cron, zone, out, quartz_way);
}

/* ---- systemd ---- */

static uint64_t numbers(unsigned first, unsigned last, unsigned step)
{
    uint64_t set = 0;
    for (unsigned n = first; n <= last; n += step)
        set |= UINT64_C(1) << n;
    return set;
}

/* A star, "first/step" up to the end of the field, or a list. */
static void put_component(struct text *out, uint64_t set, unsigned min,
                          unsigned max)
{
    unsigned first = lowest(set);
    uint64_t rest = set & (set - 1), third = rest & (rest - 1);
    unsigned step = rest ? lowest(rest) - first : 0;
    if (set == numbers(min, max, 1))
        text_putc(out, '*');
    else if (third && step > 1 && set == numbers(first, max, step))
        text_printf(out, "%02u/%u", first, step);
    else
        put_set(out, set, "..", put_two);
}

static void put_systemd_weekdays(struct text *out, const struct cron *cron,
                                 const struct way_of *way)
{
    /* its week ends with Sunday */
    uint64_t week = (cron->weekdays & 0x7eu) | (cron->weekdays & 1u) << 7;
    if (way->way == WAY_WEEKDAYS)
        put_set(out, week, "..", put_title);
    else if (way->way > WAY_WEEKDAYS)
        put_title(out, way->n);
    if (way->way >= WAY_WEEKDAYS)
        text_putc(out, ' ');
}

static void put_systemd_days(struct text *out, const struct cron *cron,
                             const struct way_of *way)
{
    unsigned first = way->k * 7 - 6;
    switch (way->way) {
    case WAY_DAYS:
        text_putc(out, '-');
        put_component(out, cron->days, 1, 31);
        break;
    case WAY_LAST:
        text_printf(out, "~%02u", way->n + 1);
        break;
    case WAY_WEEKDAY_LAST:
        text_puts(out, "~07/1");
        break;
    case WAY_WEEKDAY_NTH:
        text_printf(out, "-%02u..%02u", first, first < 29 ? first + 6 : 31);
        break;
    default:
        text_puts(out, "-*");
        break;
    }
}

static bool systemd_way(const struct cron *cron, const struct way_of *way,
                        const char *zone, struct text *out)
{
    if (way->way == WAY_NEAR)
        return false;
    put_systemd_weekdays(out, cron, way);
    text_puts(out, "*-");
    put_component(out, cron->months, 1, 12);
    put_systemd_days(out, cron, way);
    text_putc(out, ' ');
    put_component(out, cron->hours, 0, 23);
    text_putc(out, ':');
    put_component(out, cron->minutes, 0, 59);
    text_putc(out, ':');
    put_component(out, cron->seconds, 0, 59);
    text_printf(out, " %s", zone);
    return true;
}

static bool spell_systemd(const struct cron *cron, const char *zone,
                          struct text *out)
{
    return spell_ways(cron, zone, out, systemd_way);
}

/* ---- the table ---- */

const struct dialect dialects[] = {
    { "crontab", spell_crontab, "in the machine's time zone; cronie: CRON_TZ=",
      "", "no seconds, L, W and # there" },
    { "croner", spell_croner, "timezone: \"", "\"",
      "not every release has L-n and W" },
    { "Quartz", spell_quartz, "inTimeZone ", "", "too many triggers" },
    { "systemd", spell_systemd, NULL, NULL, "no W there" },
    { "Kubernetes", spell_kubernetes, "timeZone: \"", "\"",
      "no seconds, L, W and # there" },
};
const size_t dialect_count = sizeof dialects / sizeof dialects[0];
