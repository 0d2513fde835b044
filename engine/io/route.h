/* A route: a method, and a path in which `*` stands for one segment. */
#ifndef IO_ROUTE_H
#define IO_ROUTE_H

#include "web.h"

struct route {
    const char *method, *path;
    web_handler *handle;
};

/* NULL where there is no such path, or no such method on it; then `ret_allow`
 * names the one there is. The segments that `*` stands for are decoded into
 * `ret_parts`; NULL and `ret_malformed` where they cannot be. */
const struct route *route_find(const struct route *routes, size_t count,
                               const char *method, const char *path,
                               char ret_parts[WEB_PARTS][WEB_PART_MAX + 1],
                               const char **ret_allow, bool *ret_malformed);

#endif
