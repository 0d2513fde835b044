/* settings and env: what a schedule may know of the world.
 *
 * `settings` is an empty proxy of the decoded object: reading a field that is
 * not there is a mistake while loading and an error in a run; a field that is
 * null is there and reads as nil. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "host.h"
#include "json.h"
#include "lib.h"
#include "mooncron/suggest.h"

#define FIELDS_MAX 128 /* that a suggestion looks at */

/* The names of the fields, which the table keeps alive. */
static size_t field_names(lua_State *L, int table, const char **names)
{
    size_t count = 0;
    table = lua_absindex(L, table);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING && count < FIELDS_MAX)
            names[count++] = lua_tostring(L, -1);
    }
    return count;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Blames the read of `key`, at the place of who reads. */
static void blame_field(lua_State *L, struct loader *loader, const char *key)
{
    const char *names[FIELDS_MAX];
    size_t count = field_names(L, lua_upvalueindex(1), names);
    qsort(names, count, sizeof *names, name_order);
    char label[160] = "", help[400] = "fields the backend sends: ";
    const char *near = suggest(key, names, count);
    if (near)
        snprintf(label, sizeof label, "did you mean `%s`?", near);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(help);
        snprintf(help + len, sizeof help - len, "%s%s", i ? ", " : "",
                 names[i]);
    }
    const struct advice advice = { .label = label, .help = help };
    struct vm_place place = { "", 0 };
    vm_where(L, 1, &place);
    struct spot spot = source_name(sources_find(&loader->sources, place.file),
                                   place.line, key, "settings");
    blame_spot(loader, "E120", loader_keep(loader, place.file), &spot,
               spot.column ? 0 : place.line, &advice,
               "unknown field `settings.%.64s`", key);
}

/* Upvalue 1: the object, with false for a null. */
static int settings_index(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1)) {
        if (lua_islightuserdata(L, -1))
            lua_pushnil(L);
        return 1;
    }
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    struct loader *loader = loader_of(L);
    if (!loader)
        return luaL_error(L, "Settings have no field `%s`", key);
    blame_field(L, loader, key);
    lua_pushnil(L);
    return 1;
}

static int settings_newindex(lua_State *L)
{
    return luaL_error(L, "settings cannot be written: they are the backend's");
}

static int settings_pairs(lua_State *L)
{
    lua_getglobal(L, "next");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushnil(L);
    return 3;
}

void settings_push(lua_State *L)
{
    lua_newtable(L); /* object proxy */
    lua_newtable(L); /* object proxy meta */
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, settings_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, settings_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, settings_pairs, 1);
    lua_setfield(L, -2, "__pairs");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

/* ---- env ---- */

static int env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    size_t len = strlen(name);
    struct host *host = vm_of(L)->owner;
    for (uint32_t i = 0; i < host->var_count; i++) {
        const char *var = host->vars[i];
        if (strncmp(var, name, len) != 0 || (var[len] && var[len] != '='))
            continue;
        if (var[len])
            lua_pushstring(L, var + len + 1);
        else
            lua_pushnil(L);
        return 1;
    }
    struct loader *loader = loader_of(L);
    lua_pushnil(L);
    if (!loader)
        return 1; /* a run should not fail for what an operator left out */
    struct vm_place place = { "", 0 };
    vm_where(L, 1, &place);
    const struct advice advice = {
        .help = "the daemon's operator lists what scripts may read, for "
                "example  MOONCRON_SCRIPT_ENV=\"HEARTBEAT_URL\""
    };
    blame_line(loader, "E121", loader_keep(loader, place.file), place.line,
               &advice, "env \"%.64s\" is not listed in MOONCRON_SCRIPT_ENV",
               name);
    return 1;
}

void lib_settings_open(lua_State *L)
{
    lua_pushcfunction(L, env);
    lua_setfield(L, -2, "env");
}
