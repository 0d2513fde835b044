/* A cron expression is a macro, or 5 or 6 fields with blanks between them. */
#include "mooncron/cron.h"

#include <string.h>

#include "cron_reader.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"
#include "mooncron/zone.h"

static const struct {
    const char *name, *text;
} macros[] = {
    { "@yearly", "0 0 1 1 *" },  { "@annually", "0 0 1 1 *" },
    { "@monthly", "0 0 1 * *" }, { "@weekly", "0 0 * * 0" },
    { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
    { "@hourly", "0 * * * *" },
};
#define MACRO_COUNT (sizeof macros / sizeof macros[0])

/* Known elsewhere, and done otherwise here. */
static const struct {
    const char *macro, *hint;
} foreign_macros[] = {
    { "@every", "an interval is written every = \"5m\"" },
    { "@reboot", "a job runs when it is due, not when the worker starts" },
};

#define FIELDS_MIN 5
#define FIELDS_ARE "minute hour day month weekday"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct part next_word(struct part *rest)
{
    while (rest->at < rest->end && is_blank(*rest->at))
        rest->at++;
    struct part word = { rest->at, rest->at };
    while (word.end < rest->end && !is_blank(*word.end))
        word.end++;
    rest->at = word.end;
    return word;
}

/* Splits at the blanks and counts the parts; keeps the first `max`. */
static unsigned split(struct part rest, struct part *parts, unsigned max)
{
    unsigned count = 0;
    for (struct part word = next_word(&rest); part_len(word);
         word = next_word(&rest))
        if (count++ < max)
            parts[count - 1] = word;
    return count;
}

static bool part_is(struct part part, const char *string)
{
    return strlen(string) == part_len(part) &&
           !memcmp(string, part.at, part_len(part));
}

static bool unknown_macro(struct reader *reader, struct part word)
{
    reader_fault(reader, word, "`%s` is not a macro", part_quoted(word).text);
    for (size_t i = 0; i < sizeof foreign_macros / sizeof foreign_macros[0];
         i++)
        if (part_is(word, foreign_macros[i].macro))
            return reader_hint(reader, "%s", foreign_macros[i].hint);
    const char *names[MACRO_COUNT];
    for (size_t i = 0; i < MACRO_COUNT; i++)
        names[i] = macros[i].name;
    const char *near = suggest(part_quoted(word).text, names, MACRO_COUNT);
    if (near)
        return reader_hint(reader, "did you mean `%s`?", near);
    return reader_hint(reader, "there are @yearly, @monthly, @weekly, @daily, "
                               "@hourly");
}

static bool read_macro(struct reader *reader, struct part word,
                       struct part rest, struct cron *ret)
{
    size_t i = 0;
    while (i < MACRO_COUNT && !part_is(word, macros[i].name))
        i++;
    if (i == MACRO_COUNT)
        return unknown_macro(reader, word);
    if (part_len(rest))
        return reader_fault(reader, rest, "`%s` stands alone", macros[i].name);
    return cron_parse(macros[i].text, strlen(macros[i].text), ret,
                      reader->fault);
}

/* A single word may be another kind of schedule. */
static bool wrong_count(struct reader *reader, struct part text, unsigned count)
{
    int64_t ms;
    reader_fault(reader, text, "%u field%s, but 5 or 6 are needed", count,
                 count == 1 ? "" : "s");
    if (count > 1)
        return reader_hint(reader, "the fields are: " FIELDS_ARE);
    if (duration_parse(text.at, part_len(text), &ms) == DURATION_OK)
        return reader_hint(reader, "an interval is written every = \"%s\"",
                           part_quoted(text).text);
    if (memchr(text.at, ':', part_len(text)))
        return reader_hint(reader, "a time of day is written at = \"%s\"",
                           part_quoted(text).text);
    return reader_hint(reader, "the fields are: " FIELDS_ARE);
}

static bool too_many(struct reader *reader, struct part rest, unsigned count)
{
    if (count > CRON_FIELDS + 1)
        return reader_fault(reader, rest, "%u fields, but 5 or 6 are needed",
                            count);
    reader_fault(reader, rest, "7 fields, but there is no year field");
    return reader_hint(reader, "the fields are: [second] " FIELDS_ARE);
}

static struct part trimmed(struct part text)
{
    while (text.at < text.end && is_blank(*text.at))
        text.at++;
    while (text.at < text.end && is_blank(text.end[-1]))
        text.end--;
    return text;
}

static bool nothing_written(struct reader *reader, struct part text)
{
    reader_fault(reader, text, "an empty expression");
    return reader_hint(reader, "the fields are: " FIELDS_ARE);
}

static bool part_begins(struct part part, const char *string)
{
    return part_len(part) >= strlen(string) &&
           !memcmp(part.at, string, strlen(string));
}

/* "TZ=Europe/Bucharest 30 2 * * *", as some others write it. */
static bool names_zone(struct part word)
{
    return part_begins(word, "TZ=") || part_begins(word, "CRON_TZ=");
}

static bool zone_in_front(struct reader *reader, struct part word)
{
    const char *name = (char *)memchr(word.at, '=', part_len(word)) + 1;
    int len = word.end - name > ZONE_NAME_MAX ? 0 : (int)(word.end - name);
    reader_fault(reader, word, "an expression names no zone");
    return reader_hint(reader, "the zone is an option: timezone = \"%.*s\"",
                       len ? len : 3, len ? name : "UTC");
}

static struct cron assemble(const struct field_sets *sets, bool has_seconds)
{
    const struct field_sets *days = &sets[CRON_DAY],
                            *weekdays = &sets[CRON_WEEKDAY];
    struct cron cron = {
        .seconds = has_seconds ? sets[CRON_SECOND].plain : 1,
        .minutes = sets[CRON_MINUTE].plain,
        .hours = (uint32_t)sets[CRON_HOUR].plain,
        .days = (uint32_t)days->plain,
        .days_last = days->last,
        .days_near = days->near,
        .months = (uint16_t)sets[CRON_MONTH].plain,
        .weekdays = (uint8_t)weekdays->plain,
        .weekdays_last = (uint8_t)weekdays->last,
        .days_restricted = days->restricted,
        .weekdays_restricted = weekdays->restricted,
        .has_seconds = has_seconds,
        .wildcard = sets[CRON_SECOND].starts_with_star ||
                    sets[CRON_MINUTE].starts_with_star ||
                    sets[CRON_HOUR].starts_with_star,
        .starred = days->restricted && weekdays->restricted &&
                   (days->starts_with_star || weekdays->starts_with_star),
    };
    memcpy(cron.weekdays_nth, weekdays->nth, sizeof cron.weekdays_nth);
    return cron;
}

/* In 28 years every year comes: leap or not, with each weekday as its first. */
static bool can_match(const struct cron *cron)
{
    for (int32_t year = 2000; year < 2028; year++)
        for (unsigned month = 1; month <= 12; month++)
            if (cron_days(cron, year, month))
                return true;
    return false;
}

/* Only days of a month can be asked for in vain, in months of less than 31. */
static bool never_fires(struct reader *reader, const struct cron *cron,
                        struct part days)
{
    unsigned months = cron->months;
    unsigned february = 1u << 2;
    unsigned longest = months & ~february ? months & ~february : february;
    reader->field = &cron_fields[CRON_DAY];
    reader_fault(reader, days, "never fires, %s%s has only %u days",
                 months & (months - 1) ? "even " : "",
                 cron_month_names[__builtin_ctz(longest) - 1],
                 longest == february ? 29u : 30u);
    return reader_hint(reader, "`L` is the last day of a month");
}

static bool read_fields(struct reader *reader, const struct part *parts,
                        bool has_seconds, struct cron *ret)
{
    struct field_sets sets[CRON_FIELDS] = { 0 };
    unsigned first = has_seconds ? CRON_SECOND : CRON_MINUTE;
    for (unsigned id = first; id < CRON_FIELDS; id++)
        if (!cron_field_read(reader, id, parts[id - first], &sets[id]))
            return false;
    struct cron cron = assemble(sets, has_seconds);
    if (!can_match(&cron))
        return never_fires(reader, &cron, parts[CRON_DAY - first]);
    *ret = cron;
    return true;
}

bool cron_parse(const char *text, size_t len, struct cron *ret,
                struct cron_fault *reterr)
{
    struct reader reader = { .text = text, .fault = reterr };
    struct part whole = { text, text + len };
    if (!reader_check_bytes(&reader, whole))
        return false;
    struct part rest = trimmed(whole);
    if (part_len(rest) == 0)
        return nothing_written(&reader, whole);

    struct part parts[CRON_FIELDS + 1];
    unsigned count = split(rest, parts, CRON_FIELDS + 1);
    if (*rest.at == '@')
        return read_macro(&reader, parts[0],
                          trimmed((struct part){ parts[0].end, rest.end }),
                          ret);
    if (names_zone(parts[0]))
        return zone_in_front(&reader, parts[0]);
    if (count < FIELDS_MIN)
        return wrong_count(&reader, rest, count);
    if (count > CRON_FIELDS)
        return too_many(&reader, (struct part){ parts[6].at, rest.end }, count);
    return read_fields(&reader, parts, count == CRON_FIELDS, ret);
}
