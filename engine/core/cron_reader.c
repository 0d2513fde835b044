/* A fault of a cron expression is a sentence, the bytes it is about, and what
 * was probably meant. */
#include "cron_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct quote part_quoted(struct part part)
{
    struct quote quote = { "" };
    size_t len = part_len(part);
    memcpy(quote.text, part.at, len < QUOTE_MAX ? len : QUOTE_MAX);
    if (len > QUOTE_MAX)
        memcpy(quote.text + QUOTE_MAX, "...", sizeof "...");
    return quote;
}

bool reader_fault(struct reader *reader, struct part part, const char *format,
                  ...)
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

bool reader_hint(struct reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->fault->hint, sizeof reader->fault->hint, format, args);
    va_end(args);
    return false;
}

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

/* Bytes that follow the first one of a character; 4: it is no first one. */
static unsigned tail_len(uint32_t lead)
{
    if (lead < 0x80)
        return 0;
    if (lead < 0xc2 || lead > 0xf4)
        return 4;
    return 1u + (lead >= 0xe0) + (lead >= 0xf0);
}

/* Reads one character of UTF-8; false where it is none. */
static bool decode(struct part *rest, uint32_t *ret)
{
    uint32_t point = (unsigned char)*rest->at++;
    unsigned len = tail_len(point);
    if (len > part_len(*rest) || len == 4)
        return false;
    if (len)
        point &= 0x3fu >> len;
    for (; len; len--, rest->at++) {
        uint32_t byte = (unsigned char)*rest->at;
        if (byte >> 6 != 2)
            return false;
        point = point << 6 | (byte & 0x3f);
    }
    *ret = point;
    return true;
}

static bool stranger(struct reader *reader, struct part rest)
{
    const char *at = rest.at;
    uint32_t point;
    if (!decode(&rest, &point))
        return reader_fault(reader, (struct part){ at, at + 1 },
                            "byte 0x%02X is not ASCII", (unsigned char)*at);
    struct part part = { at, rest.at };
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++)
        if (point >= lookalikes[i].first && point <= lookalikes[i].last) {
            reader_fault(reader, part, "%s (U+%04X)", lookalikes[i].name,
                         point);
            return reader_hint(reader, "%s", lookalikes[i].hint);
        }
    return reader_fault(reader, part, "U+%04X has no meaning here", point);
}

bool reader_check_bytes(struct reader *reader, struct part text)
{
    if (part_len(text) > CRON_TEXT_MAX)
        return reader_fault(
            reader, (struct part){ text.at + CRON_TEXT_MAX, text.end },
            "an expression has at most %d bytes", CRON_TEXT_MAX);
    for (; text.at < text.end; text.at++)
        if ((*text.at < ' ' && *text.at != '\t') || *text.at > '~')
            return stranger(reader, text);
    return true;
}
