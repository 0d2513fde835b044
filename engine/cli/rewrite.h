/* A rewrite is the shortest way to declare a cron expression in a schedule
 * file. */
#ifndef MOONCRON_CLI_REWRITE_H
#define MOONCRON_CLI_REWRITE_H

#include "mooncron/schedule.h"
#include "mooncron/text.h"

/* `at = "02:30", timezone = "Europe/Bucharest"`: `at` or `every` where they say
 * the same, changes of offset after `now` included; else `cron`. */
void rewrite_lua(const struct rules *rules, struct wall now, struct text *out);

#endif
