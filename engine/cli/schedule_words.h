/* A schedule of any kind in plain words, and what its rules add. */
#ifndef MOONCRON_CLI_SCHEDULE_WORDS_H
#define MOONCRON_CLI_SCHEDULE_WORDS_H

#include "mooncron/schedule.h"
#include "mooncron/text.h"

/* When: a line for each way to be due, any of which counts, and none twice; the
 * last one without its newline. */
void schedule_words(const struct schedule *schedule, struct text *out);

/* Whether `part` is one of the parts of `said`, which have `between` between
 * them: alternatives may differ in their spelling only. */
bool schedule_says(const char *said, const char *between, const char *part);

/* What else there is: each has a name, as the option of the file, and a clause.
 * Nothing where there is nothing. */
typedef void schedule_rule(void *data, const char *name, const char *clause);
void schedule_rules(const struct schedule *schedule, schedule_rule *rule,
                    void *data);

#endif
