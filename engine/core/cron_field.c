/* A field of a cron expression is read into a set of numbers, part by part.
 *
 * A part is a value, a range of two values, or a star; a step may follow each.
 * In the field of the days it may be L, LW, L-3 or 15W, in that of the weekdays
 * 5L or 5#2. Each read_ function leaves what it does not know to the next one,
 * and what nobody knows is the fault. */
#include "cron_reader.h"

#include <stdio.h>
#include <string.h>

#include "mooncron/suggest.h"
#include "number.h"

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

/* Numbers of more digits are all the same: too large. */
#define NUMBER_MAX 100000u

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c & ~0x20 : c);
}

static bool is_letter(char c)
{
    return upper(c) >= 'A' && upper(c) <= 'Z';
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

/* The byte that comes next has no business there. */
static bool unexpected(struct reader *reader)
{
    char c = *reader->at;
    reader_fault(reader, (struct part){ reader->at, reader->at + 1 },
                 "unexpected `%c`", c);
    for (size_t i = 0; i < sizeof byte_hints / sizeof byte_hints[0]; i++)
        if (byte_hints[i].byte == upper(c))
            reader_hint(reader, "%s", byte_hints[i].hint);
    return false;
}

/* Something should follow the sign that was read last. */
static bool nothing_follows(struct reader *reader)
{
    return reader_fault(reader, (struct part){ reader->at - 1, reader->at },
                        "nothing follows `%c`", reader->at[-1]);
}

/* The comma that ends the part, or else the one before it. Somebody put a blank
 * behind it, maybe, and made two fields of a list. */
static bool empty_part(struct reader *reader)
{
    const char *comma = reader->at - (reader->at == reader->field_text.end);
    reader_fault(reader, (struct part){ comma, comma + 1 },
                 "a part of the list is empty");
    return reader_hint(reader, "a list has no blanks: `1,2`");
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

/* MONDAY was meant for MON, MNO too; MAR belongs in another field. */
static bool hint_name(struct reader *reader, struct part word)
{
    static const unsigned named[] = { CRON_MONTH, CRON_WEEKDAY };
    for (size_t i = 0; part_len(word) >= NAME_LEN && i < 2; i++) {
        const struct cron_field *field = &cron_fields[named[i]];
        int found = find_name(field, word.at);
        if (found >= 0 && field == reader->field)
            return reader_hint(reader, "did you mean `%s`?",
                               field->names[found]);
        if (found >= 0 && part_len(word) == NAME_LEN)
            return reader_hint(reader, "`%s` belongs in the %s field",
                               field->names[found], field->name);
    }
    const char *near = suggest(part_quoted(word).text, reader->field->names,
                               reader->field->name_count);
    return near ? reader_hint(reader, "did you mean `%s`?", near) : false;
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
        reader_fault(reader, word, "`%s` is not a %s", part_quoted(word).text,
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

static bool take_number(struct reader *reader, const char *what, unsigned min,
                        unsigned max, unsigned *ret)
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
        return reader_fault(reader, digits, "%s%s is out of range %u-%u", what,
                            part_quoted(digits).text, min, max);
    reader->at = digits.end;
    *ret = value;
    return true;
}

static bool take_value(struct reader *reader, unsigned *ret)
{
    if (reader->at < reader->end && is_letter(*reader->at))
        return take_name(reader, ret);
    return take_number(reader, "", reader->field->min, reader->field->top, ret);
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
    reader_fault(reader, part, "the range %s runs backwards",
                 part_quoted(part).text);
    if (first > field->max) /* 7-3, from Sunday on */
        return reader_hint(reader, "write `%s`", head.text);
    return reader_hint(reader, "write it as two parts: `%s,%s`", tail.text,
                       head.text);
}

/* Reads the steps, if there are any, of what goes from first to last. */
static bool read_steps(struct reader *reader, unsigned first, unsigned last,
                       struct field_sets *sets)
{
    unsigned step = 1;
    if (take(reader, '/') &&
        !take_number(reader, "step ", 1, cron_field_size(reader->field), &step))
        return false;
    sets->plain |= cron_progression(first, last, step);
    return true;
}

/* Reads what is after the dash. A range may end at SUN, which then is 7. */
static bool read_range(struct reader *reader, const char *start, unsigned first,
                       struct field_sets *sets)
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
                            unsigned first, struct field_sets *sets)
{
    const struct cron_field *field = reader->field;
    if (!is(reader, CRON_WEEKDAY))
        return read_steps(reader, first, field->max, sets);
    struct part step = { reader->at, reader->end };
    reader_fault(reader, (struct part){ start, reader->end },
                 "steps from one day on have no end");
    return reader_hint(reader, "write the range out: `%u-%u%s`", first % 7,
                       field->max, part_quoted(step).text);
}

/* What is after the L of the day field: L, LW, L-3. */
static bool read_last_day(struct reader *reader, struct field_sets *sets)
{
    unsigned before = 0;
    if (take(reader, 'W')) {
        sets->near |= 1;
        return true;
    }
    if (take(reader, '-') && !take_number(reader, "", 1, 30, &before))
        return false;
    sets->last |= 1u << before;
    return true;
}

/* What is after the # of the weekday field. */
static bool read_nth(struct reader *reader, unsigned weekday,
                     struct field_sets *sets)
{
    unsigned nth;
    if (!take_number(reader, "", 1, 5, &nth))
        return false;
    sets->nth[nth - 1] |= (uint8_t)(1u << weekday % 7);
    return true;
}

static bool read_value(struct reader *reader, struct field_sets *sets)
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

static bool read_part(struct reader *reader, struct field_sets *sets)
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

bool cron_field_read(struct reader *reader, unsigned id, struct part text,
                     struct field_sets *sets)
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
