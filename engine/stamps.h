/* Has anybody written the files since they were loaded? */
#ifndef MOONCRON_STAMPS_H
#define MOONCRON_STAMPS_H

#include <stdbool.h>

#include "mooncron/jobset.h"

/* True where every file of the set is, to the nanosecond, the one that was
 * read. A file may be replaced and look the same only where somebody sets its
 * change time, which takes another clock than ours. */
bool stamps_current(const struct jobset *set);

#endif
