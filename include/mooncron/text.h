/* Text that grows up to a stated maximum.
 *
 * A text cannot be made without its maximum: what would not fit is cut, and
 * `cut` says so. The data always ends with a NUL. */
#ifndef MOONCRON_TEXT_H
#define MOONCRON_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data; /* "" when empty; owned by the text */
    size_t len;
    bool cut; /* something did not fit below the maximum */
    /* private */
    size_t cap, max;
};

void text_init(struct text *text, size_t bytes_max);
void text_close(struct text *text);

/* Empties the text and keeps its memory. */
void text_clear(struct text *text);

void text_add(struct text *text, const char *bytes, size_t len);
void text_puts(struct text *text, const char *string);
void text_putc(struct text *text, char c);
void text_fill(struct text *text, char c, size_t count);
void text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Hands the data over to the caller, who frees it; the text is empty. */
char *text_take(struct text *text);

/* Columns that `len` bytes of UTF-8 take on a terminal, counting one for each
 * code point (no wide characters: names and paths are ASCII). */
size_t text_columns(const char *bytes, size_t len);

/* The bytes of the well-formed UTF-8 character (RFC 3629) that begins at `at`,
 * which has `len` > 0 bytes; 0: it is none. */
size_t text_utf8(const char *at, size_t len);

#endif
