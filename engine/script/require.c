/* A module is a file below the folder, and its name says which. */
#include "require.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "ghost.h"
#include "loader.h"

/* "shared.rules" -> "shared/rules.lua"; false for a name that leaves the folder
 * or is none. */
static bool module_path(const char *name, char *buffer, size_t size)
{
    if (strlen(name) + 5 > size || !*name || name[0] == '.' ||
        strstr(name, ".."))
        return false;
    size_t at = 0;
    for (; name[at]; at++) {
        char c = name[at];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!word && c != '.')
            return false;
        buffer[at] = word ? c : '/';
    }
    if (buffer[at - 1] == '/')
        return false;
    memcpy(buffer + at, ".lua", 5);
    return true;
}

/* The path as the user names the schedule file's folder. */
static void path_beside(const struct loader *loader, const char *module,
                        char buffer[PATH_MAX])
{
    const char *path = loader->load->path;
    const char *slash = strrchr(path, '/');
    snprintf(buffer, PATH_MAX, "%.*s%s", slash ? (int)(slash + 1 - path) : 0,
             path, module);
}

/* Upvalue 1: modules by name; `true` while one is being read. */
static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_isboolean(L, -1))
        return luaL_error(L, "module \"%s\" requires itself", name);
    if (!lua_isnil(L, -1))
        return 1;
    struct loader *loader = loader_of(L);
    if (!loader)
        return luaL_error(L, "require cannot read files in a run: move it to "
                             "the top of the file");
    struct vm_place place = { "", 0 };
    vm_where(L, 1, &place);
    const char *file = loader_keep(loader, place.file);
    char module[256], path[PATH_MAX];
    if (!module_path(name, module, sizeof module)) {
        const struct advice advice = {
            .help = "modules lie below the schedule file's folder: "
                    "require \"shared.rules\" reads shared/rules.lua"
        };
        blame_line(loader, "E102", file, place.line, &advice,
                   "\"%.64s\" is no name of a module", name);
        ghost_push(L);
        return 1;
    }
    path_beside(loader, module, path);
    if (!loader_compile(loader, path, file, place.line)) {
        ghost_push(L);
        return 1;
    }
    lua_pushvalue(L, 1);
    lua_pushboolean(L, true);
    lua_rawset(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L); /* a module that returns nothing was read, too */
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(1));
    return 1;
}

void require_open(lua_State *L)
{
    lua_newtable(L);
    lua_pushcclosure(L, require, 1);
    lua_setfield(L, -2, "require");
}
