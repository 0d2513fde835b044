/* A text is a string that grows up to its maximum and no further. */
#include "mooncron/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

static char empty[1]; /* never written: a text without memory has cap 0 */

void text_init(struct text *text, size_t bytes_max)
{
    assert(bytes_max > 0);
    *text = (struct text){ .data = empty, .max = bytes_max };
}

void text_close(struct text *text)
{
    if (text->cap)
        free(text->data);
    *text = (struct text){ .data = empty, .max = text->max };
}

void text_clear(struct text *text)
{
    text->len = 0;
    text->cut = false;
    if (text->cap)
        text->data[0] = '\0';
}

/* Makes room for `more` bytes and the NUL; says how many of them fit. */
static size_t text_room(struct text *text, size_t more)
{
    size_t left = text->max - text->len;
    if (more > left) {
        text->cut = true;
        more = left;
    }
    size_t need = text->len + more + 1;
    if (need > text->cap) {
        size_t cap = text->cap ? text->cap * 2 : 64;
        if (cap < need)
            cap = need;
        if (cap > text->max + 1)
            cap = text->max + 1;
        char *old = text->cap ? text->data : NULL;
        text->data = memory_resize(old, cap, 1);
        text->cap = cap;
    }
    return more;
}

void text_add(struct text *text, const char *bytes, size_t len)
{
    len = text_room(text, len);
    if (len)
        memcpy(text->data + text->len, bytes, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_putc(struct text *text, char c)
{
    text_add(text, &c, 1);
}

void text_fill(struct text *text, char c, size_t count)
{
    count = text_room(text, count);
    memset(text->data + text->len, c, count);
    text->len += count;
    text->data[text->len] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_vprintf(text, format, args);
    va_end(args);
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int wanted = vsnprintf(NULL, 0, format, args);
    assert(wanted >= 0);
    size_t fits = text_room(text, (size_t)wanted);
    vsnprintf(text->data + text->len, fits + 1, format, again);
    va_end(again);
    text->len += fits;
}

char *text_take(struct text *text)
{
    char *data = text->cap ? text->data : memory_copy("", 0);
    *text = (struct text){ .data = empty, .max = text->max };
    return data;
}

size_t text_columns(const char *bytes, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++)
        columns += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return columns;
}

size_t text_utf8(const char *at, size_t len)
{
    const unsigned char *u = (const unsigned char *)at;
    size_t want = u[0] < 0x80   ? 1
                  : u[0] < 0xc2 ? 0
                  : u[0] < 0xe0 ? 2
                  : u[0] < 0xf0 ? 3
                  : u[0] < 0xf5 ? 4
                                : 0;
    if (!want || want > len)
        return 0;
    for (size_t i = 1; i < want; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
        (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
        return 0;
    return want;
}
