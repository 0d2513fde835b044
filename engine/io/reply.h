/* A reply: the loop's word on a reload, as JSON. */
#ifndef IO_REPLY_H
#define IO_REPLY_H

#include <jansson.h>

#include "mooncron/inbox.h"

/* Of a reload that succeeded: what changed, and what is in force. */
json_t *reply_success(const struct reload_report *report, struct wall now);

/* Did it? */
bool reply_is_success(const struct word *word);

/* Why not, as a sentence; borrowed from the word. */
const char *reply_failure(const struct word *word);

#endif
