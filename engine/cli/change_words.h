/* A change of offset in words: what the clock does, and what becomes of the
 * times that it hides or repeats. */
#ifndef MOONCRON_CLI_CHANGE_WORDS_H
#define MOONCRON_CLI_CHANGE_WORDS_H

#include "mooncron/schedule.h"
#include "mooncron/text.h"

/* "Sun 2027-03-28 03:00 EET -> 04:00 EEST: the clock is set forward; 03:30 does
 * not exist and fires at 04:00" */
void change_words(const struct schedule *schedule, const struct zone *zone,
                  const struct zone_span *change, struct text *out);

/* What it comes to: schedule_fate(), within the bounds of the schedule. */
enum fate change_fate(const struct schedule *schedule,
                      const struct zone_span *change);

extern const char *const fate_names[5]; /* "untouched" ... */

#endif
