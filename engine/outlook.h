/* An outlook is the plan of the schedule in force, as an operator asks the
 * daemon for it: the clerk finds it and writes it down. */
#ifndef MOONCRON_OUTLOOK_H
#define MOONCRON_OUTLOOK_H

#include "mooncron/inbox.h"

struct daemon;

/* From the inbox, of a job that there is, or of all: the answer comes back by
 * itself. */
void outlook_take(struct daemon *d, const struct ask *ask);

#endif
