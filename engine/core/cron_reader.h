/* A reader goes through the text of a cron expression and says what is wrong
 * about the very bytes. Private to cron.c and cron_field.c. */
#ifndef CORE_CRON_READER_H
#define CORE_CRON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cron_field.h"
#include "mooncron/cron.h"

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

static inline size_t part_len(struct part part)
{
    return (size_t)(part.end - part.at);
}

/* A part as a message shows it: cut where it is long. */
#define QUOTE_MAX 24

struct quote {
    char text[QUOTE_MAX + sizeof "..."];
};

struct quote part_quoted(struct part part);

/* Says what is wrong with `part`, and in which field. False, always. */
bool reader_fault(struct reader *reader, struct part part, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Adds to the fault what was probably meant. False, always. */
bool reader_hint(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False where the text is too long, or has a byte that no expression has. What
 * is left is printable ASCII and tabs, and may be quoted. */
bool reader_check_bytes(struct reader *reader, struct part text);

/* What the parts of one field add up to. */
struct field_sets {
    uint64_t plain;
    uint32_t last, near;
    uint8_t nth[5];
    bool restricted, starts_with_star;
};

/* Reads the text of one field, which is not empty. */
bool cron_field_read(struct reader *reader, unsigned id, struct part text,
                     struct field_sets *ret);

#endif
