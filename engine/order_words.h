/* What an operator is told of an order, as JSON. Pure. */
#ifndef MOONCRON_ORDER_WORDS_H
#define MOONCRON_ORDER_WORDS_H

#include "mooncron/core.h"
#include "mooncron/inbox.h"
#include "mooncron/text.h"

/* Writes what came of it, and returns the status of HTTP that goes with that.
 * `set` may be NULL. */
int order_words(const struct ask *ask, const struct order_report *report,
                const struct jobset *set, struct text *out);

/* The same of one that was carried out, and is not on the disk, with why. */
int order_words_unsettled(const struct ask *ask, const char *failure,
                          struct text *out);

/* {"error": ...} of a job that is not there, and which one was probably meant.
 */
void order_words_no_job(const char *name, const struct jobset *set,
                        struct text *out);

#endif
