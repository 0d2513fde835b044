/* A scrape is a question for all the metrics: the numbers are copied on the
 * loop, some hundred bytes a job, and the clerk makes them into text. */
#ifndef MOONCRON_SCRAPE_H
#define MOONCRON_SCRAPE_H

#include "mooncron/inbox.h"

struct daemon;

/* From the inbox: the answer comes back by itself. */
void scrape_take(struct daemon *d, const struct ask *ask);

#endif
