/* Whoever declares is asked three things: where, whether now, and what name. */
#include "declare.h"

#include <lauxlib.h>
#include <string.h>

#include "blame.h"
#include "ghost.h"

struct caller caller_of(lua_State *L, struct loader *loader)
{
    lua_Debug ar;
    struct caller caller = { loader->load->path, 0 };
    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "Sl", &ar))
        return caller;
    caller.line = ar.currentline > 0 ? (uint32_t)ar.currentline : 0;
    if (ar.source[0] != '@' || !strcmp(ar.source + 1, caller.file))
        return caller;
    const struct source *source = sources_find(&loader->sources, ar.source + 1);
    caller.file = source ? source->path : caller.file;
    return caller;
}

struct loader *declaring(lua_State *L, const char *name)
{
    struct loader *loader = loader_of(L);
    if (!loader)
        luaL_error(L,
                   "%s cannot be called in a run: jobs are declared while "
                   "the file is loaded",
                   name);
    return loader;
}

static bool name_is_good(const char *name, size_t len)
{
    if (len < 1 || len > JOB_NAME_MAX || strlen(name) != len ||
        strchr("._:-", name[0]))
        return false;
    for (const char *at = name; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= '0' && *at <= '9') || strchr("._:-", *at)))
            return false;
    return true;
}

const char *take_name(lua_State *L, struct loader *loader, const char *function,
                      struct caller caller)
{
    size_t len;
    if (lua_type(L, 1) == LUA_TSTRING) {
        const char *name = lua_tolstring(L, 1, &len);
        if (name_is_good(name, len))
            return name;
        const struct advice advice = {
            .help = "a name is 1 to 128 letters, digits and . _ : -, and "
                    "begins with a letter or a digit"
        };
        blame_line(loader, "E132", caller.file, caller.line, &advice,
                   "\"%.64s\" cannot be the name of a %s", name, function);
    } else if (!ghost_is(L, 1)) {
        blame_line(loader, "E132", caller.file, caller.line, NULL,
                   "a %s must be named by a text, found %s", function,
                   luaL_typename(L, 1));
    }
    return NULL;
}
