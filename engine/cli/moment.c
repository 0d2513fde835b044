/* What is no instant by itself becomes one in a zone. */
#include "moment.h"

#include <string.h>

#include "mooncron/civil.h"
#include "mooncron/schedule.h"

#define YEAR_0_MS     INT64_C(-62167219200000)
#define YEAR_10000_MS INT64_C(253402300800000)

/* An instant that is looked for too: the first of a day, or of what comes after
 * a gap. */
static struct moment moment_whole(int64_t at_s)
{
    return (struct moment){ { at_s * 1000 - 1 }, { at_s * 1000 } };
}

static struct moment moment_at(struct wall at)
{
    return (struct moment){ at, at };
}

/* Four digits of a year, in UTC as well: others can be told to nobody. */
static bool is_told(struct wall at)
{
    return at.ms >= YEAR_0_MS && at.ms < YEAR_10000_MS;
}

static bool exists(const struct zone *zone, int64_t local_s, int64_t at_s)
{
    struct zone_span span;
    zone_span(zone, at_s, &span);
    return at_s + span.offset_s == local_s;
}

bool moment_parse(const char *text, const struct zone *zone, struct moment *ret)
{
    size_t len = strlen(text);
    struct wall at;
    int32_t day;
    int64_t local_s;
    if (rfc3339_parse(text, len, &at)) {
        *ret = moment_at(at);
        return is_told(at);
    }
    bool date = date_parse(text, len, &day);
    if (date)
        local_s = day * INT64_C(86400);
    else if (!local_parse(text, len, &local_s))
        return false;
    int64_t at_s = zone_instant(zone, local_s);
    *ret = date || !exists(zone, local_s, at_s)
               ? moment_whole(at_s)
               : moment_at((struct wall){ at_s * 1000 });
    return is_told(ret->before);
}

static bool refuse(const struct args *args, const char *name, const char *where)
{
    args_refuse(args,
                "--%s wants a time like 2026-11-23T14:07:31Z, or, in %s, "
                "2026-11-23T14:07 or 2026-11-23, not \"%.64s\"",
                name, where, args_value(args, name));
    return false;
}

bool moment_option(const struct args *args, const char *name,
                   const struct zone *zone, struct wall now, struct moment *ret)
{
    const char *text = args_value(args, name);
    *ret = moment_at(now);
    return !text || moment_parse(text, zone, ret) ||
           refuse(args, name, zone_name(zone));
}

bool moment_readable(const struct args *args, const char *name,
                     const char *where)
{
    const char *text = args_value(args, name);
    struct moment ignored;
    return !text || moment_parse(text, zone_utc(), &ignored) ||
           refuse(args, name, where);
}

bool moment_local(const struct args *args, const char *name)
{
    const char *text = args_value(args, name);
    struct wall ignored;
    return text && !rfc3339_parse(text, strlen(text), &ignored);
}

void moment_show(struct wall at, const struct zone *zone, struct text *out)
{
    struct zone_span span;
    zone_span(zone, floor_div(at.ms, 1000), &span);
    struct civil c = civil_from(at, span.offset_s);
    text_printf(out, "%s %04d-%02u-%02u %02u:%02u", civil_weekdays[c.weekday],
                (int)c.year, c.month, c.day, c.hour, c.minute);
    if (c.second)
        text_printf(out, ":%02u", c.second);
    text_printf(out, " %s", span.abbreviation);
}
