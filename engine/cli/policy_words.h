/* How the runs of a job go together, are repeated, made up for and told of, in
 * plain words. */
#ifndef MOONCRON_CLI_POLICY_WORDS_H
#define MOONCRON_CLI_POLICY_WORDS_H

#include "mooncron/jobset.h"
#include "schedule_words.h"

/* Each has a name, as the option of the file, and a clause; what a job has not
 * is left out. */
void policy_words(const struct job *job, schedule_rule *rule, void *data);

#endif
