/* A cron expression in plain words, exact rather than pretty. */
#ifndef MOONCRON_CLI_CRON_WORDS_H
#define MOONCRON_CLI_CRON_WORDS_H

#include "mooncron/cron.h"
#include "mooncron/text.h"

/* "At 02:30 every day", "Every 15 minutes from 09:00 to 17:45, Monday to
 * Friday", "At 08:00 on the last weekday of the month". */
void cron_words(const struct cron *cron, struct text *out);

/* The times of day that it names. */
struct day_times {
    uint32_t count;
    int32_t first, last; /* seconds since midnight */
    int32_t step;        /* between all of them; 0: it differs, or one time */
};
struct day_times day_times_of(const struct cron *cron);
/* They go on evenly over midnight: every step divides the day. */
bool day_times_round(const struct day_times *times);

/* It names every day, in the months that it names. */
bool cron_is_daily(const struct cron *cron);

/* "15 minutes", "1 hour 30 minutes"; "minute" where it is exactly one unit:
 * what follows "every". */
void duration_words(int64_t ms, struct text *out);
void interval_words(int64_t ms, struct text *out);

/* "Monday to Friday", "Saturday and Sunday": bit 0 is Sunday. */
void weekday_words(uint8_t weekdays, struct text *out);

#endif
