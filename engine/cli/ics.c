/* Lines of iCalendar are folded by octets and end as in mail. */
#include "ics.h"

#include <stdarg.h>
#include <stdio.h>

#include "mooncron/civil.h"

#define OCTETS_MAX 75
#define LINE_MAX   (1 << 20)

/* How many bytes of `at` go on a line that has room for `room`: all, or as many
 * as end with a whole code point. */
static size_t fitting(const char *at, size_t len, size_t room)
{
    if (len <= room)
        return len;
    while (room > 1 && ((unsigned char)at[room] & 0xc0) == 0x80)
        room--;
    return room;
}

static void fold(const char *at, size_t len, struct text *out)
{
    size_t part = fitting(at, len, OCTETS_MAX);
    text_add(out, at, part);
    for (at += part, len -= part; len; at += part, len -= part) {
        part = fitting(at, len, OCTETS_MAX - 1);
        text_puts(out, "\r\n ");
        text_add(out, at, part);
    }
    text_puts(out, "\r\n");
}

void ics_line(struct text *out, const char *format, ...)
{
    struct text line;
    va_list args;
    text_init(&line, LINE_MAX);
    va_start(args, format);
    text_vprintf(&line, format, args);
    va_end(args);
    fold(line.data, line.len, out);
    text_close(&line);
}

/* Other control characters have no place in a TEXT. */
void ics_escape(struct text *out, const char *value)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c == '\\' || c == ';' || c == ',')
            text_printf(out, "\\%c", c);
        else if (c == '\n')
            text_puts(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            text_putc(out, ' ');
        else
            text_putc(out, *value);
    }
}

const char *ics_time(int64_t local_s, char buffer[ICS_TIME_MAX])
{
    struct civil c = civil_from((struct wall){ local_s * 1000 }, 0);
    snprintf(buffer, ICS_TIME_MAX, "%04d%02u%02uT%02u%02u%02u", (int)c.year,
             c.month, c.day, c.hour, c.minute, c.second);
    return buffer;
}
