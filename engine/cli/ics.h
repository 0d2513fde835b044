/* Pieces of an iCalendar object (RFC 5545). */
#ifndef MOONCRON_CLI_ICS_H
#define MOONCRON_CLI_ICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/schedule.h"
#include "mooncron/text.h"

#define ICS_TIME_MAX 24

/* A content line: folded so that none has more than 75 octets, and no code
 * point is cut; ends in CRLF. */
void ics_line(struct text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A value of type TEXT: backslashes, semicolons, commas, newlines escaped. */
void ics_escape(struct text *out, const char *value);

/* "20261124T023000", of a local clock; "Z" has to follow where that is UTC's.
 */
const char *ics_time(int64_t local_s, char buffer[ICS_TIME_MAX]);

/* The VTIMEZONE of a zone, good for what is later than `now`. */
void ics_zone(const struct zone *zone, struct wall now, struct text *out);

/* ---- recurrences ---- */

#define RECURRENCE_TIMES_MAX 1440 /* of one day */
#define RECURRENCE_RULE_MAX  768
#define RECURRENCE_OFF_MAX   1000  /* days: three years of them */
#define RECURRENCE_EXDATES   20000 /* of all events: some 300 KB of text */

/* A schedule as events that recur by one rule, each at its own time of day, but
 * for days that are off by their date. */
struct recurrence {
    bool utc;                       /* else by the clock of the rules' zone */
    char rule[RECURRENCE_RULE_MAX]; /* "FREQ=DAILY" */
    size_t off_count;
    int32_t off[RECURRENCE_OFF_MAX]; /* days that the rule names, but not we */
    size_t count;
    struct {
        int64_t local_s; /* the first time later than now */
        int32_t second;  /* of the day; -1 where there is only one event */
    } starts[RECURRENCE_TIMES_MAX];
};

/* False where no rule says exactly when the schedule is due, jitter aside:
 * "exactly" includes the changes of offset of the coming 20 years, because a
 * calendar reads a time in a gap otherwise. An exact one may have no events:
 * where the schedule has ended. */
bool recurrence_of(const struct schedule *schedule, struct wall now,
                   struct recurrence *ret);

#endif
