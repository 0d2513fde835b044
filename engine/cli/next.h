/* What `next` shares with `explain`. */
#ifndef MOONCRON_CLI_NEXT_H
#define MOONCRON_CLI_NEXT_H

#include "subject.h"

/* Says that the file has no such job, and which one was probably meant;
 * EXIT_ASKED_FAILED. */
int next_complain_unknown(const struct subject *subject,
                          const struct args *args, const char *name);

#endif
