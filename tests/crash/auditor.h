/* The auditor holds the list of the orders against the journal. */
#ifndef TESTS_CRASH_AUDITOR_H
#define TESTS_CRASH_AUDITOR_H

#include "checker.h"
#include "orders.h"

/* What checker_look() takes, and the orders that were given before it ended:
 * each that was acknowledged is there, none is there twice or in part, and what
 * was refused is not there. */
void auditor_look(const struct orders *orders, const json_t *calls,
                  const char *folder, struct findings *findings);

#endif
