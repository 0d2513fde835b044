/* A small reader of calendars (RFC 5545), by which they are read back: it
 * unfolds, counts, and expands recurrence rules and zones the slow way, day by
 * day. The test fails where a calendar is malformed. */
#ifndef TESTS_CLI_ICAL_H
#define TESTS_CLI_ICAL_H

#include <stddef.h>
#include <stdint.h>

#include "mooncron/zone.h"

#define INSTANTS_MAX 20000 /* every hour of two years */

struct instants {
    int64_t items[INSTANTS_MAX]; /* seconds since 1970, rising */
    size_t count;
};

/* Unfolds in place, checking each raw line; lines end in '\n' then. What
 * follows reads such a text. */
void ical_unfold(char *text);
/* The end of the component that begins at `at`, which is balanced. */
const char *ical_end(const char *at);
/* Unfolds a whole calendar: its events have what they must, none comes twice,
 * and their zones are there. */
void ical_check(char *text);
/* When its events come, up to `until_s`; their times are by `zone`, or UTC. */
void ical_expand(const char *text, const struct zone *zone, int64_t until_s,
                 struct instants *ret);
/* The offset that the VTIMEZONE in `text` gives for an instant: that of the
 * last onset before it. */
int32_t ical_offset(const char *text, int64_t at_s);

#endif
