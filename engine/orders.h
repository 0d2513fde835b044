/* Orders are what operators want of jobs: each becomes an event of the core,
 * and what it says to it becomes JSON. */
#ifndef MOONCRON_ORDERS_H
#define MOONCRON_ORDERS_H

#include "mooncron/core.h"
#include "mooncron/inbox.h"

struct daemon;

/* More slots than this are only run where the order says `yes`. */
#define ORDERS_SLOTS_MAX 100000

/* From the inbox: the answer comes back by itself. */
void orders_take(struct daemon *d, const struct ask *ask);
/* Who ordered the run that an action is of; "" where nobody did. */
const char *orders_by(const struct daemon *d, const struct action *act);
/* ACT_ORDERED. */
void orders_answer(struct daemon *d, const struct order_report *report);

#endif
