/* Two expressions are the same where each set and each flag is. */
#include "expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct cron parsed(const char *text)
{
    struct cron cron;
    struct cron_fault fault;
    if (!cron_parse(text, strlen(text), &cron, &fault))
        fail_msg("\"%s\": %s", text, fault.message);
    return cron;
}

static bool same(const struct cron *a, const struct cron *b)
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

void check_round_trip(const struct cron *cron, const char *text,
                      struct text *printed)
{
    text_clear(printed);
    cron_print(cron, printed);
    struct cron again = parsed(printed->data);
    if (printed->cut || !same(cron, &again))
        fail_msg("\"%s\" became \"%s\"", text, printed->data);
}
