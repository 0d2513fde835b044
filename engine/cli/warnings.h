/* Warnings of a plan: nothing is wrong with the file, and yet. */
#ifndef MOONCRON_CLI_WARNINGS_H
#define MOONCRON_CLI_WARNINGS_H

#include "mooncron/jobset.h"
#include "mooncron/mistake.h"

/* Adds what there is to say of the set, in this environment, in the order of
 * the file. */
void warnings_find(const struct jobset *set, const char *environment,
                   struct mistakes *warnings);

#endif
