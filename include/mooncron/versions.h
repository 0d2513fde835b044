/* The libraries of the daemon and which of them runs. */
#ifndef MOONCRON_VERSIONS_H
#define MOONCRON_VERSIONS_H

#include "mooncron/text.h"

/* "mooncron 0.1.0 (libuv 1.44.2, libcurl 7.88.1, ...)", without a newline:
 * what was linked at run time, where the library tells. */
void versions_put(struct text *out);

#endif
