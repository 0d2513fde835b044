/* A list is what a job's `next` function answers, asked ahead of time. */
#ifndef SCRIPT_LIST_H
#define SCRIPT_LIST_H

#include "loader.h"

/* How far ahead a function is asked: the daemon loads the file again long
 * before the end is reached. And how often it is asked, most of it on the way
 * from the beginning to the present: enough for 20 years of an hour each, and
 * at a microsecond a call no load is late for it. */
#define LIST_AHEAD_DAYS 400
#define LIST_CALLS_MAX  200000

/* Asks the function of `decl` between the bounds, from the first of them or
 * from the beginning of last year (UTC) on, and keeps what is not longer past
 * than a week, and one slot at least. False: blamed. */
bool list_ask(struct loader *loader, const struct decl *decl,
              const struct rules_spec *bounds, int64_t slots_ms[LIST_SLOTS_MAX],
              uint32_t *ret_count);

#endif
