/* What stands last in the text says whether a comma is due. */
#include "writing.h"

#include <inttypes.h>
#include <string.h>

#include "display.h"
#include "mooncron/schedule.h"

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Of what is not plain; returns how many bytes of it were taken. */
static size_t escape(struct text *out, const char *at)
{
    unsigned char c = (unsigned char)*at;
    size_t take = text_utf8(at, strnlen(at, 4));
    if (c == '"' || c == '\\')
        text_printf(out, "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
        text_printf(out, "\\u%04x", c);
    else if (take)
        text_add(out, at, take);
    else
        text_puts(out, "\xef\xbf\xbd"); /* U+FFFD */
    return take ? take : 1;
}

/* Nearly all of an answer is plain: that is taken at once. */
void writing_quote(struct text *out, const char *string)
{
    text_putc(out, '"');
    for (const char *at = string; *at;) {
        size_t plain = 0;
        while (is_plain(at[plain]))
            plain++;
        text_add(out, at, plain);
        at += plain;
        if (*at)
            at += escape(out, at);
    }
    text_putc(out, '"');
}

static void begin(struct text *out, const char *name)
{
    if (out->len && !strchr("{[", out->data[out->len - 1]))
        text_putc(out, ',');
    if (!name)
        return;
    writing_quote(out, name);
    text_putc(out, ':');
}

void writing_open(struct text *out, const char *name, char bracket)
{
    begin(out, name);
    text_putc(out, bracket);
}

void writing_string(struct text *out, const char *name, const char *string)
{
    begin(out, name);
    writing_quote(out, string);
}

void writing_number(struct text *out, const char *name, int64_t number)
{
    begin(out, name);
    text_printf(out, "%" PRId64, number);
}

void writing_bool(struct text *out, const char *name, bool value)
{
    begin(out, name);
    text_puts(out, value ? "true" : "false");
}

void writing_null(struct text *out, const char *name)
{
    begin(out, name);
    text_puts(out, "null");
}

void writing_word(struct text *out, const char *name, const char *string)
{
    if (string && *string)
        writing_string(out, name, string);
    else
        writing_null(out, name);
}

void writing_time(struct text *out, const char *name, struct wall at,
                  const struct zone *zone)
{
    char text[DISPLAY_MAX];
    if (at.ms == NEVER_MS || at.ms == EVER_MS)
        writing_null(out, name);
    else
        writing_string(out, name, display_rfc3339(at, zone, text));
}

void writing_date(struct text *out, struct wall at, const struct zone *zone)
{
    char text[DISPLAY_MAX];
    text_puts(out, display_date(at, zone, text));
}

void writing_span(struct text *out, int64_t ms)
{
    char text[DISPLAY_MAX];
    if (ms < 1000)
        text_printf(out, "%" PRId64 "ms", ms);
    else if (ms < 60000)
        text_printf(out, "%" PRId64 ".%" PRId64 "s", ms / 1000,
                    ms % 1000 / 100);
    else
        text_puts(out, display_in(ms, text));
}
