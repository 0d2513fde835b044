/* Origins: where requests may go, and which of them may see the key. */
#ifndef MOONCRON_ORIGIN_H
#define MOONCRON_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "mooncron/error.h"

#define ORIGINS_MAX 64 /* a list that a person wrote */

struct origins;

/* `backend_url` is http or https with a host, maybe a port and a path; no user,
 * query or fragment. `https_only`: http is none. `allow_hosts` (or NULL) lists
 * further origins, "https:// host:port" or "host" alone for https, with spaces
 * or commas between. NULL and a sentence otherwise. */
struct origins *origins_new(const char *backend_url, const char *allow_hosts,
                            bool https_only, struct error *reterr);
void origins_free(struct origins *origins); /* NULL is fine */

/* Writes the whole URL for "/path" (below backend_url) or an absolute URL whose
 * origin is allowed. `ret_backend`: it is the backend's origin. False and a
 * sentence, without what a query may hold, otherwise. */
bool origins_resolve(const struct origins *origins, const char *url,
                     char *buffer, size_t size, bool *ret_backend,
                     struct error *reterr);

/* The place of a URL's origin in the list: 0 is the backend's, also of a path
 * and of "". ORIGINS_MAX + 1 where it is none that is allowed. */
size_t origins_number(const struct origins *origins, const char *url);

/* Writes the whole URL of a Location that came in answer to a request to `from`
 * (as origins_resolve() takes it): relative, or absolute and of the same
 * origin, without its fragment. False and a clause otherwise, which names
 * origins and nothing else of a URL; `buffer` is undefined then. */
bool origins_follow(const struct origins *origins, const char *from,
                    const char *location, char *buffer, size_t size,
                    struct error *reterr);

#endif
