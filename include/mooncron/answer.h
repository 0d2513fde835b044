/* What a backend's answer says in its body, beyond its status. */
#ifndef MOONCRON_ANSWER_H
#define MOONCRON_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

/* True for a JSON object with `"success": false`, which some backends send with
 * a 200. `reason` gets its `message` or `error` as printable text, cut to
 * `size`, or "". Anything that is no such object denies nothing. */
bool answer_denies(const char *body, size_t len, char *reason, size_t size);

#endif
