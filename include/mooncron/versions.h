/* The libraries of the daemon and which of them runs. */
#ifndef MOONCRON_VERSIONS_H
#define MOONCRON_VERSIONS_H

#include <stddef.h>

struct version {
    const char *name, *number; /* both static */
};

#define VERSIONS_MAX 8

/* Fills the list: "libuv", "1.44.2" and so on, of what was linked at run time,
 * where the library tells. How many there are. */
size_t versions_get(struct version list[VERSIONS_MAX]);

#endif
