/* Percent-encoding (RFC 3986), undone. `+` is no blank: times hold it. */
#ifndef IO_PERCENT_H
#define IO_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/* False where an escape is malformed, a control character comes of it, or more
 * than `size` - 1 bytes; then `buffer` is "". */
bool percent_decode(const char *text, size_t len, char *buffer, size_t size);

/* One parameter of a query. */
struct percent_pair {
    char name[32], value[256];
};

/* The next parameter at `*at`, which moves behind it. False at the end, and
 * where it cannot be read; then `*at` is not at the end. */
bool percent_next(const char **at, struct percent_pair *ret);

#endif
