/* JSON, written member by member into a text. Commas are put where they belong:
 * in an object each member has a `name`, in an array none has (NULL). */
#ifndef MOONCRON_WRITING_H
#define MOONCRON_WRITING_H

#include "mooncron/instant.h"
#include "mooncron/text.h"
#include "mooncron/zone.h"

/* `bracket` is '{' or '['; its end is the caller's to write, by hand. */
void writing_open(struct text *out, const char *name, char bracket);
void writing_string(struct text *out, const char *name, const char *string);
void writing_number(struct text *out, const char *name, int64_t number);
void writing_bool(struct text *out, const char *name, bool value);
void writing_null(struct text *out, const char *name);
/* null where the string is NULL or "". */
void writing_word(struct text *out, const char *name, const char *string);
/* RFC 3339 with the offset of the zone; null where it never comes, or never
 * was. */
void writing_time(struct text *out, const char *name, struct wall at,
                  const struct zone *zone);

/* A string of JSON with its quotes, and nothing else; bytes that are no UTF-8
 * become U+FFFD. */
void writing_quote(struct text *out, const char *string);

/* For people: "Mon 2026-11-23 14:03:18 EET". */
void writing_date(struct text *out, struct wall at, const struct zone *zone);

/* "640ms", "38.2s", "2m20s", "12h23m": below a minute a tenth of a second, else
 * the two greatest units. */
void writing_span(struct text *out, int64_t ms);

#endif
