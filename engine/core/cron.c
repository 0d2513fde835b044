/* A cron expression is read field by field, part by part, into sets of numbers;
 * what is wrong with it is said about the very bytes.
 *
 *     expression   macro, or 5 or 6 fields with blanks between
 *     field        `*`, `?`, or parts with commas between
 *     part         value, value-value, either or `*` with a step, L, 15W, FRI#2
 *
 * The text is ASCII from the start on: everything else is refused before any
 * field is read, so that each byte may be quoted in a message. */
#include "mooncron/cron.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cron_fields.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"

const char *const cron_month_names[12] = { "JAN", "FEB", "MAR", "APR",
                                           "MAY", "JUN", "JUL", "AUG",
                                           "SEP", "OCT", "NOV", "DEC" };
const char *const cron_weekday_names[7] = { "SUN", "MON", "TUE", "WED",
                                            "THU", "FRI", "SAT" };

const struct cron_field cron_fields[CRON_FIELDS] = {
    [CRON_SECOND] = { "second", 0, 59, 59, 0, NULL },
    [CRON_MINUTE] = { "minute", 0, 59, 59, 0, NULL },
    [CRON_HOUR] = { "hour", 0, 23, 23, 0, NULL },
    [CRON_DAY] = { "day", 1, 31, 31, 0, NULL },
    [CRON_MONTH] = { "month", 1, 12, 12, 12, cron_month_names },
    [CRON_WEEKDAY] = { "weekday", 0, 6, 7, 7, cron_weekday_names },
};

#define NAME_LEN 3

static const char *const macros[] = { "@yearly", "@annually", "@monthly",
                                      "@weekly", "@daily",    "@midnight",
                                      "@hourly" };
static const char *const macro_texts[] = { "0 0 1 1 *", "0 0 1 1 *",
                                           "0 0 1 * *", "0 0 * * 0",
                                           "0 0 * * *", "0 0 * * *",
                                           "0 * * * *" };
#define MACRO_COUNT (sizeof macros / sizeof macros[0])

/* Known elsewhere, and done otherwise here. */
static const struct {
    const char *macro, *hint;
} foreign_macros[] = {
    { "@every", "an interval is written every = \"5m\"" },
    { "@reboot", "a job runs when it is due, not when the worker starts" },
};

/* What a byte that stands in the wrong place was probably meant for. */
static const struct {
    char byte;
    const char *hint;
} byte_hints[] = {
    { 'H', "`phase` and `jitter` spread jobs over time" },
    { '~', "`phase` and `jitter` spread jobs over time" },
    { '?', "`?` is a whole field, for days or weekdays; elsewhere write `*`" },
    { 'L', "`L` is a day field's last day; of weekdays it is `5L` or `FRIL`" },
    { 'W', "`15W` in the day field is the weekday nearest to the 15th" },
    { '#', "`5#2` in the weekday field is the second Friday" },
    { '-', "a range is two numbers or names: `1-5`" },
    { '/', "a step follows `*`, a range or a number: `*/5`" },
    { '.', "fields hold whole numbers" },
    { ';', "a list is separated by commas" },
    { ':', "a time of day is written at = \"08:00\"" },
    { '@', "a macro stands alone" },
};

/* Characters that look like ours, by their code points. */
static const struct {
    uint32_t first, last;
    const char *name, *hint;
} lookalikes[] = {
    { 0x00, 0x00, "a NUL byte", "leave it out" },
    { '\n', '\r', "a line break", "an expression is one line" },
    { 0xa0, 0xa0, "a no-break space", "write a plain space" },
    { 0x660, 0x669, "an Arabic digit", "write it as one of 0-9" },
    { 0x6f0, 0x6f9, "an Arabic digit", "write it as one of 0-9" },
    { 0x966, 0x96f, "a Devanagari digit", "write it as one of 0-9" },
    { 0x2000, 0x200a, "a space, but no plain one", "write a plain space" },
    { 0x200b, 0x200f, "an invisible character", "leave it out" },
    { 0x2010, 0x2015, "a dash, but no plain one", "write `-`" },
    { 0x202f, 0x202f, "a no-break space", "write a plain space" },
    { 0x2212, 0x2212, "a minus sign, but no plain one", "write `-`" },
    { 0x2217, 0x2217, "an asterisk, but no plain one", "write `*`" },
    { 0x3000, 0x3000, "a wide space", "write a plain space" },
    { 0xfeff, 0xfeff, "a byte order mark", "leave it out" },
    { 0xff0a, 0xff0a, "a wide asterisk", "write `*`" },
    { 0xff10, 0xff19, "a wide digit", "write it as one of 0-9" },
};

#define FIELDS_MIN 5
#define FIELDS_ARE "minute hour day month weekday"

/* Some bytes of the text. */
struct part {
    const char *at, *end;
};

struct reader {
    const char *text;               /* where columns are counted from */
    const struct cron_field *field; /* that is being read, or NULL */
    struct part field_text;
    const char *at, *end; /* what is left of the part that is being read */
    struct cron_fault *fault;
};

/* What the parts of one field add up to. */
struct sets {
    uint64_t plain;
    uint32_t last, near;
    uint8_t nth[5];
    bool restricted, starts_with_star;
};

/* Numbers of more digits are all the same: too large. */
#define NUMBER_MAX 100000u

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c & ~0x20 : c);
}

static bool is_letter(char c)
{
    return upper(c) >= 'A' && upper(c) <= 'Z';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t part_len(struct part part)
{
    return (size_t)(part.end - part.at);
}

static uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

uint64_t cron_progression(unsigned first, unsigned last, unsigned step)
{
    uint64_t set = 0;
    for (unsigned n = first; n <= last; n += step)
        set |= bit(n);
    return set;
}

/* Faults: each of these functions returns false. */

#define QUOTE_MAX 24

struct quote {
    char text[QUOTE_MAX + sizeof "..."];
};

static struct quote quoted(struct part part)
{
    struct quote quote = { "" };
    size_t len = part_len(part);
    memcpy(quote.text, part.at, len < QUOTE_MAX ? len : QUOTE_MAX);
    if (len > QUOTE_MAX)
        memcpy(quote.text + QUOTE_MAX, "...", sizeof "...");
    return quote;
}

__attribute__((format(printf, 3, 4))) static bool fault(struct reader *reader,
                                                        struct part part,
                                                        const char *format, ...)
{
    struct cron_fault *fault = reader->fault;
    *fault = (struct cron_fault){
        .column = (uint32_t)(part.at - reader->text),
        .width = (uint32_t)part_len(part),
    };
    int len = 0;
    if (reader->field)
        len = snprintf(fault->message, sizeof fault->message,
                       "%s field: ", reader->field->name);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->message + len, sizeof fault->message - (size_t)len, format,
              args);
    va_end(args);
    return false;
}

__attribute__((format(printf, 2, 3))) static bool hint(struct reader *reader,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->fault->hint, sizeof reader->fault->hint, format, args);
    va_end(args);
    return false;
}

/* The byte that comes next has no business there. */
static bool unexpected(struct reader *reader)
{
    char c = *reader->at;
    fault(reader, (struct part){ reader->at, reader->at + 1 },
          "unexpected `%c`", c);
    for (size_t i = 0; i < sizeof byte_hints / sizeof byte_hints[0]; i++)
        if (byte_hints[i].byte == upper(c))
            hint(reader, "%s", byte_hints[i].hint);
    return false;
}

/* Something should follow the sign that was read last. */
static bool nothing_follows(struct reader *reader)
{
    return fault(reader, (struct part){ reader->at - 1, reader->at },
                 "nothing follows `%c`", reader->at[-1]);
}

/* The comma that ends the part, or else the one before it. */
static bool empty_part(struct reader *reader)
{
    const char *comma = reader->at - (reader->at == reader->field_text.end);
    return fault(reader, (struct part){ comma, comma + 1 },
                 "a part of the list is empty");
}

/* Names. */

static int find_name(const struct cron_field *field, const char *word)
{
    for (int i = 0; i < field->name_count; i++) {
        const char *name = field->names[i];
        if (upper(word[0]) == name[0] && upper(word[1]) == name[1] &&
            upper(word[2]) == name[2])
            return i;
    }
    return -1;
}

/* MONDAY was meant for MON, MNO too; MAR belongs into another field. */
static bool hint_name(struct reader *reader, struct part word)
{
    static const unsigned named[] = { CRON_MONTH, CRON_WEEKDAY };
    for (size_t i = 0; part_len(word) >= NAME_LEN && i < 2; i++) {
        const struct cron_field *field = &cron_fields[named[i]];
        int found = find_name(field, word.at);
        if (found >= 0 && field == reader->field)
            return hint(reader, "did you mean `%s`?", field->names[found]);
        if (found >= 0 && part_len(word) == NAME_LEN)
            return hint(reader, "`%s` belongs into the %s field",
                        field->names[found], field->name);
    }
    const char *near = suggest(quoted(word).text, reader->field->names,
                               reader->field->name_count);
    return near ? hint(reader, "did you mean `%s`?", near) : false;
}

static bool take_name(struct reader *reader, unsigned *ret)
{
    const struct cron_field *field = reader->field;
    struct part word = { reader->at, reader->at };
    while (word.end < reader->end && is_letter(*word.end))
        word.end++;
    if (part_len(word) == 1)
        return unexpected(reader);
    if (part_len(word) == NAME_LEN + 1 && field == &cron_fields[CRON_WEEKDAY])
        word.end -= upper(word.end[-1]) == 'L';
    int found = part_len(word) == NAME_LEN ? find_name(field, word.at) : -1;
    if (found < 0) {
        fault(reader, word, "`%s` is no %s", quoted(word).text,
              field->names ? field->name : "number");
        return hint_name(reader, word);
    }
    reader->at = word.end;
    *ret = field->min + (unsigned)found;
    return true;
}

/* Parts. */

static bool is(const struct reader *reader, unsigned id)
{
    return reader->field == &cron_fields[id];
}

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->end || upper(*reader->at) != c)
        return false;
    reader->at++;
    return true;
}

static bool take_number(struct reader *reader, unsigned min, unsigned max,
                        unsigned *ret)
{
    struct part digits = { reader->at, reader->at };
    unsigned value = 0;
    for (; digits.end < reader->end && is_digit(*digits.end); digits.end++)
        if (value < NUMBER_MAX)
            value = value * 10 + (unsigned)(*digits.end - '0');
    if (digits.at == digits.end)
        return digits.at == reader->end ? nothing_follows(reader)
                                        : unexpected(reader);
    if (value < min || value > max)
        return fault(reader, digits, "%s is out of range %u-%u",
                     quoted(digits).text, min, max);
    reader->at = digits.end;
    *ret = value;
    return true;
}

static bool take_value(struct reader *reader, unsigned *ret)
{
    if (reader->at < reader->end && is_letter(*reader->at))
        return take_name(reader, ret);
    return take_number(reader, reader->field->min, reader->field->top, ret);
}

static struct quote range_text(unsigned first, unsigned last)
{
    struct quote quote;
    if (first == last)
        snprintf(quote.text, sizeof quote.text, "%u", first);
    else
        snprintf(quote.text, sizeof quote.text, "%u-%u", first, last);
    return quote;
}

/* 22-6 goes over the end of the field: that is 22-23,0-6. */
static bool runs_backwards(struct reader *reader, struct part part,
                           unsigned first, unsigned last)
{
    const struct cron_field *field = reader->field;
    struct quote tail = range_text(first, field->max);
    struct quote head = range_text(field->min, last);
    fault(reader, part, "the range %s runs backwards", quoted(part).text);
    if (first > field->max) /* 7-3, from Sunday on */
        return hint(reader, "write `%s`", head.text);
    return hint(reader, "write it as two parts: `%s,%s`", tail.text, head.text);
}

/* Reads the steps, if there are any, of what goes from first to last. */
static bool read_steps(struct reader *reader, unsigned first, unsigned last,
                       struct sets *sets)
{
    unsigned step = 1;
    if (take(reader, '/') &&
        !take_number(reader, 1, cron_field_size(reader->field), &step))
        return false;
    sets->plain |= cron_progression(first, last, step);
    return true;
}

/* Reads what is after the dash. A range may end at SUN, which then is 7. */
static bool read_range(struct reader *reader, const char *start, unsigned first,
                       struct sets *sets)
{
    unsigned last;
    bool named = reader->at < reader->end && is_letter(*reader->at);
    if (!take_value(reader, &last))
        return false;
    if (named && last == 0 && first > 0)
        last = reader->field->top;
    if (first > last)
        return runs_backwards(reader, (struct part){ start, reader->at }, first,
                              last);
    return read_steps(reader, first, last, sets);
}

/* `a/s` goes to the end of the field. Of the week nobody knows which that is.
 */
static bool read_open_steps(struct reader *reader, const char *start,
                            unsigned first, struct sets *sets)
{
    const struct cron_field *field = reader->field;
    if (!is(reader, CRON_WEEKDAY))
        return read_steps(reader, first, field->max, sets);
    fault(reader, (struct part){ start, reader->end },
          "steps from one day on have no end");
    return hint(reader, "write the range out: `%u-%u/2`", first % 7,
                field->max);
}

/* What is after an L of the day field: L, LW, L-3. */
static bool read_last_day(struct reader *reader, struct sets *sets)
{
    unsigned before = 0;
    if (take(reader, 'W'))
        sets->near |= 1;
    else if (take(reader, '-') && !take_number(reader, 1, 30, &before))
        return false;
    else
        sets->last |= 1u << before;
    return true;
}

/* What is after the # of the weekday field. */
static bool read_nth(struct reader *reader, unsigned weekday, struct sets *sets)
{
    unsigned nth;
    if (!take_number(reader, 1, 5, &nth))
        return false;
    sets->nth[nth - 1] |= (uint8_t)(1u << weekday % 7);
    return true;
}

static bool read_value(struct reader *reader, struct sets *sets)
{
    const char *start = reader->at;
    unsigned first;
    if (!take_value(reader, &first))
        return false;
    if (take(reader, '-'))
        return read_range(reader, start, first, sets);
    if (reader->at < reader->end && *reader->at == '/')
        return read_open_steps(reader, start, first, sets);
    if (is(reader, CRON_WEEKDAY) && take(reader, '#'))
        return read_nth(reader, first, sets);
    if (is(reader, CRON_WEEKDAY) && take(reader, 'L'))
        sets->last |= 1u << first % 7;
    else if (is(reader, CRON_DAY) && take(reader, 'W'))
        sets->near |= 1u << first;
    else
        sets->plain |= bit(first);
    return true;
}

static bool read_part(struct reader *reader, struct sets *sets)
{
    bool ok;
    if (reader->at == reader->end)
        return empty_part(reader);
    if (take(reader, '*'))
        ok = read_steps(reader, reader->field->min, reader->field->max, sets);
    else if (is(reader, CRON_DAY) && take(reader, 'L'))
        ok = read_last_day(reader, sets);
    else
        ok = read_value(reader, sets);
    return ok && (reader->at == reader->end || unexpected(reader));
}

/* Fields. */

/* A bare star, or a question mark for days. */
static bool is_whole(const struct reader *reader)
{
    char c = *reader->field_text.at;
    return part_len(reader->field_text) == 1 &&
           (c == '*' ||
            (c == '?' && (is(reader, CRON_DAY) || is(reader, CRON_WEEKDAY))));
}

static bool pass_comma(struct reader *reader)
{
    if (reader->at == reader->field_text.end)
        return false;
    reader->at++;
    return true;
}

static bool read_field(struct reader *reader, unsigned id, struct part text,
                       struct sets *sets)
{
    reader->field = &cron_fields[id];
    reader->field_text = text;
    sets->starts_with_star = *text.at == '*';
    sets->restricted = !is_whole(reader);
    if (!sets->restricted) {
        sets->plain =
            cron_progression(reader->field->min, reader->field->max, 1);
        return true;
    }
    reader->at = text.at;
    do {
        const char *comma =
            memchr(reader->at, ',', (size_t)(text.end - reader->at));
        reader->end = comma ? comma : text.end;
        if (!read_part(reader, sets))
            return false;
    } while (pass_comma(reader));
    if (is(reader, CRON_WEEKDAY)) /* 7 is Sunday too */
        sets->plain = (sets->plain & 0x7f) | sets->plain >> 7;
    return true;
}

static struct cron assemble(const struct sets *sets, bool has_seconds)
{
    const struct sets *days = &sets[CRON_DAY], *weekdays = &sets[CRON_WEEKDAY];
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
    fault(reader, days, "never fires, %s%s has only %u days",
          months & (months - 1) ? "even " : "",
          cron_month_names[__builtin_ctz(longest) - 1],
          longest == february ? 29u : 30u);
    return hint(reader, "`L` is the last day of a month");
}

static bool read_fields(struct reader *reader, const struct part *parts,
                        bool has_seconds, struct cron *ret)
{
    struct sets sets[CRON_FIELDS] = { 0 };
    unsigned first = has_seconds ? CRON_SECOND : CRON_MINUTE;
    for (unsigned id = first; id < CRON_FIELDS; id++)
        if (!read_field(reader, id, parts[id - first], &sets[id]))
            return false;
    struct cron cron = assemble(sets, has_seconds);
    if (!can_match(&cron))
        return never_fires(reader, &cron, parts[CRON_DAY - first]);
    *ret = cron;
    return true;
}

/* The whole text. */

/* Reads one character of UTF-8; false where it is none. */
static bool decode(struct part *rest, uint32_t *ret)
{
    unsigned char lead = (unsigned char)*rest->at++;
    unsigned more = lead < 0x80   ? 0
                    : lead < 0xc2 ? 4
                    : lead < 0xe0 ? 1
                    : lead < 0xf0 ? 2
                                  : 3 + (lead > 0xf4);
    if (more > 3 || part_len(*rest) < more)
        return false;
    uint32_t point = more ? lead & (0x3fu >> more) : lead;
    for (unsigned i = 0; i < more; i++) {
        if ((rest->at[i] & 0xc0) != 0x80)
            return false;
        point = point << 6 | (rest->at[i] & 0x3f);
    }
    rest->at += more;
    *ret = point;
    return true;
}

static bool stranger(struct reader *reader, struct part rest)
{
    const char *at = rest.at;
    uint32_t point;
    if (!decode(&rest, &point))
        return fault(reader, (struct part){ at, at + 1 },
                     "byte 0x%02X is not ASCII", (unsigned char)*at);
    struct part part = { at, rest.at };
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++)
        if (point >= lookalikes[i].first && point <= lookalikes[i].last) {
            fault(reader, part, "%s (U+%04X)", lookalikes[i].name, point);
            return hint(reader, "%s", lookalikes[i].hint);
        }
    return fault(reader, part, "U+%04X has no meaning here", point);
}

static bool check_bytes(struct reader *reader, struct part text)
{
    if (part_len(text) > CRON_TEXT_MAX)
        return fault(reader, (struct part){ text.at + CRON_TEXT_MAX, text.end },
                     "an expression has at most %d bytes", CRON_TEXT_MAX);
    for (; text.at < text.end; text.at++)
        if ((*text.at < ' ' && *text.at != '\t') || *text.at > '~')
            return stranger(reader, text);
    return true;
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
    fault(reader, word, "`%s` is no macro", quoted(word).text);
    for (size_t i = 0; i < sizeof foreign_macros / sizeof foreign_macros[0];
         i++)
        if (part_is(word, foreign_macros[i].macro))
            return hint(reader, "%s", foreign_macros[i].hint);
    const char *near = suggest(quoted(word).text, macros, MACRO_COUNT);
    if (near)
        return hint(reader, "did you mean `%s`?", near);
    return hint(reader, "there are @yearly, @monthly, @weekly, @daily, "
                        "@hourly");
}

static bool read_macro(struct reader *reader, struct part word,
                       struct part rest, struct cron *ret)
{
    size_t i = 0;
    while (i < MACRO_COUNT && !part_is(word, macros[i]))
        i++;
    if (i == MACRO_COUNT)
        return unknown_macro(reader, word);
    if (part_len(rest))
        return fault(reader, rest, "`%s` stands alone", macros[i]);
    return cron_parse(macro_texts[i], strlen(macro_texts[i]), ret,
                      reader->fault);
}

/* A single word may be another kind of schedule. */
static bool wrong_count(struct reader *reader, struct part text, unsigned count)
{
    int64_t ms;
    fault(reader, text, "%u field%s, but 5 or 6 are needed", count,
          count == 1 ? "" : "s");
    if (count > 1)
        return hint(reader, "the fields are: " FIELDS_ARE);
    if (duration_parse(text.at, part_len(text), &ms) == DURATION_OK)
        return hint(reader, "an interval is written every = \"%s\"",
                    quoted(text).text);
    if (memchr(text.at, ':', part_len(text)))
        return hint(reader, "a time of day is written at = \"%s\"",
                    quoted(text).text);
    return hint(reader, "the fields are: " FIELDS_ARE);
}

static bool too_many(struct reader *reader, struct part rest, unsigned count)
{
    if (count > CRON_FIELDS + 1)
        return fault(reader, rest, "%u fields, but 5 or 6 are needed", count);
    fault(reader, rest, "7 fields, but there is no year field");
    return hint(reader, "the fields are: [second] " FIELDS_ARE);
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
    fault(reader, text, "an empty expression");
    return hint(reader, "the fields are: " FIELDS_ARE);
}

bool cron_parse(const char *text, size_t len, struct cron *ret,
                struct cron_fault *reterr)
{
    struct reader reader = { .text = text, .fault = reterr };
    struct part whole = { text, text + len };
    if (!check_bytes(&reader, whole))
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
    if (count < FIELDS_MIN)
        return wrong_count(&reader, rest, count);
    if (count > CRON_FIELDS)
        return too_many(&reader, (struct part){ parts[6].at, rest.end }, count);
    return read_fields(&reader, parts, count == CRON_FIELDS, ret);
}
