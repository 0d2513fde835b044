/* Expressions of cron that must be good, and stay what they are in print. */
#ifndef TEST_CORE_EXPRESSION_H
#define TEST_CORE_EXPRESSION_H

#include "mooncron/cron.h"
#include "mooncron/text.h"

/* Fails the test where it is none. */
struct cron parsed(const char *text);

/* Prints, and reads what was printed: it is the same, and stays as it is. */
void check_round_trip(const struct cron *cron, const char *text,
                      struct text *printed);

#endif
