/* Paths are matched segment by segment, as they came: what an escape hides is
 * never a slash. */
#include "route.h"

#include <string.h>

#include "percent.h"

/* Where the segments that `*` stands for lie in the path. */
struct stars {
    const char *at[WEB_PARTS];
    size_t len[WEB_PARTS];
    size_t count;
};

static bool match(const char *pattern, const char *path, struct stars *stars)
{
    stars->count = 0;
    while (*pattern && *path) {
        if (*pattern != '*') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t len = strcspn(path, "/");
        if (len == 0)
            return false;
        stars->at[stars->count] = path;
        stars->len[stars->count++] = len;
        path += len;
        pattern++;
    }
    return !*pattern && !*path;
}

static bool decode(const struct stars *stars,
                   char parts[WEB_PARTS][WEB_PART_MAX + 1])
{
    for (size_t i = 0; i < stars->count; i++)
        if (!percent_decode(stars->at[i], stars->len[i], parts[i],
                            WEB_PART_MAX + 1))
            return false;
    return true;
}

const struct route *route_find(const struct route *routes, size_t count,
                               const char *method, const char *path,
                               char ret_parts[WEB_PARTS][WEB_PART_MAX + 1],
                               const char **ret_allow, bool *ret_malformed)
{
    struct stars stars;
    for (size_t i = 0; i < count; i++) {
        if (!match(routes[i].path, path, &stars))
            continue;
        if (strcmp(routes[i].method, method) != 0) {
            *ret_allow = routes[i].method;
            continue;
        }
        *ret_malformed = !decode(&stars, ret_parts);
        return *ret_malformed ? NULL : &routes[i];
    }
    return NULL;
}
