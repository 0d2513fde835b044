/* A watch follows a run that was ordered, to its end. */
#ifndef MOONCRON_CLI_WATCH_H
#define MOONCRON_CLI_WATCH_H

#include "talk.h"

/* "feed-rank  run 8f2201  POST /api/feed/rank": the run that an order's answer
 * has. */
void watch_put(const char *job, const json_t *run, struct text *out);

/* Follows `run`, which the last answer has, through a restart of the daemon,
 * too; prints its beginning and each attempt, but for --quiet and --json. True
 * where it has ended, and is the last answer; false, having said why, where
 * nobody knows of it any more. */
bool watch_run(struct talk *talk, const json_t *run);

#endif
