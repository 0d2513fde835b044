/* How times and counts look, to people and to machines. A time that
 * never comes is "never". */
#ifndef MOONCRON_DISPLAY_H
#define MOONCRON_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/instant.h"
#include "mooncron/text.h"
#include "mooncron/zone.h"

#define DISPLAY_MAX 48

/* "Mon 14:08:11"; past six days a weekday is no help: "2026-12-24 14:08:11". */
const char *display_when(struct wall at, struct wall now,
                         const struct zone *zone, char buffer[DISPLAY_MAX]);

/* "Mon 2026-11-23 14:23:18 EET" */
const char *display_date(struct wall at, const struct zone *zone,
                         char buffer[DISPLAY_MAX]);

/* "2026-11-23T14:23:18+02:00", for machines. */
const char *display_rfc3339(struct wall at, const struct zone *zone,
                            char buffer[DISPLAY_MAX]);

/* "EET": what the zone calls its time then. Lives as long as the zone. */
const char *display_abbreviation(struct wall at, const struct zone *zone);

/* "03:00-03:59 does not exist" or "03:00-03:59 comes twice": the local times
 * that a change hides or repeats. */
const char *display_window(const struct zone_span *change,
                           char buffer[DISPLAY_MAX]);

/* The two greatest units: "40s", "2m20s", "12h23m", "3d4h". */
const char *display_in(int64_t ms, char buffer[DISPLAY_MAX]);

/* "24 h" or "1m30s", for sentences; "24H" or "1M30S", for a heading. */
const char *display_span(int64_t ms, char buffer[DISPLAY_MAX]);
const char *display_heading(int64_t ms, char buffer[DISPLAY_MAX]);

/* How wide a number is that is not negative. */
int display_digits(int64_t number);

/* Whether what is written to `fd` is looked at on a terminal that does not say
 * it shows UTF-8. */
bool display_is_ascii(int fd);

/* Names and commas in lines of some 88 columns, each of them indented, and a
 * newline; past a page only how many more there are. */
void display_names(const char *const *names, size_t count, size_t indent,
                   struct text *out);

#endif
