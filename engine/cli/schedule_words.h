/* A schedule of any kind in plain words, and what its rules add. */
#ifndef MOONCRON_CLI_SCHEDULE_WORDS_H
#define MOONCRON_CLI_SCHEDULE_WORDS_H

#include "mooncron/schedule.h"
#include "mooncron/text.h"

/* When: a line for each way to be due, any of which counts; the last one
 * without its newline. */
void schedule_words(const struct schedule *schedule, struct text *out);

/* What else there is: each has a name, as the option of the file, and a clause.
 * Nothing where there is nothing. */
typedef void schedule_rule(void *data, const char *name, const char *clause);
void schedule_rules(const struct schedule *schedule, schedule_rule *rule,
                    void *data);

#endif
