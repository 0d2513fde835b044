/* What job, group and calendar have in common: somebody calls them, by name,
 * while a file is loaded. */
#ifndef SCRIPT_DECLARE_H
#define SCRIPT_DECLARE_H

#include "loader.h"

struct caller {
    const char *file; /* the arena's */
    uint32_t line;
};

/* Who called the C function that runs in `L`. */
struct caller caller_of(lua_State *L, struct loader *loader);

/* The loader, where declaring is allowed; raises otherwise. */
struct loader *declaring(lua_State *L, const char *name);

/* The first argument as a name; NULL, and it was blamed, where it is none. */
const char *take_name(lua_State *L, struct loader *loader, const char *function,
                      struct caller caller);

#endif
