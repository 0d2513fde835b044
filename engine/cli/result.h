/* How the result of a run, or of a slot without one, looks in a cell. */
#ifndef MOONCRON_CLI_RESULT_H
#define MOONCRON_CLI_RESULT_H

#include <jansson.h>

#include "mooncron/text.h"

/* "ok", "FAILED 503", "FAILED timeout", "unknown network", "skipped overlap",
 * "missed down"; what is not ok is loud. `run` has `verdict`. */
void result_put(const json_t *run, struct text *out);
/* "no attempt 2: the next slot would come before it", behind `before`, of a run
 * that failed and had attempts left; nothing of any other. */
void result_put_no_more(const json_t *run, const char *before,
                        struct text *out);

#endif
