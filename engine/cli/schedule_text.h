/* A schedule as people wrote it, in a few words. */
#ifndef CLI_SCHEDULE_TEXT_H
#define CLI_SCHEDULE_TEXT_H

#include "mooncron/jobset.h"
#include "mooncron/text.h"

/* "every 15m", "cron 30 2 * * *", "at 08:00, 20:30", "any of 3", "next()". */
void schedule_text(const struct job *job, struct text *out);

#endif
