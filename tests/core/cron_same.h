/* Two expressions are the same where each set and each flag is. In a header,
 * since the fuzzers are linked without the helpers of these tests. */
#ifndef TESTS_CORE_CRON_SAME_H
#define TESTS_CORE_CRON_SAME_H

#include <string.h>

#include "mooncron/cron.h"

static inline bool cron_same(const struct cron *a, const struct cron *b)
{
    return a->seconds == b->seconds && a->minutes == b->minutes &&
           a->hours == b->hours && a->days == b->days &&
           a->days_last == b->days_last && a->days_near == b->days_near &&
           a->months == b->months && a->weekdays == b->weekdays &&
           a->weekdays_last == b->weekdays_last &&
           !memcmp(a->weekdays_nth, b->weekdays_nth, sizeof a->weekdays_nth) &&
           a->days_restricted == b->days_restricted &&
           a->weekdays_restricted == b->weekdays_restricted &&
           a->has_seconds == b->has_seconds && a->wildcard == b->wildcard &&
           a->starred == b->starred;
}

#endif
