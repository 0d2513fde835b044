/* A herd: jobs that start in the same minute (W201). */
#ifndef MOONCRON_HERD_H
#define MOONCRON_HERD_H

#include <stdbool.h>

#include "mooncron/jobset.h"
#include "mooncron/mistake.h"

/* As many in a minute are one. */
#define HERD_MIN 5

/* Warns of the largest herd of the next day, where there is one: with a picture
 * of its hour, and of the same hour if phases were "auto". `ascii` as for
 * plan_table(). */
void herd_find(const struct jobset *set, struct wall now, bool ascii,
               struct mistakes *warnings);

#endif
