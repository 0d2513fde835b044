/* Globals are an empty table over the real ones, and so is each library.
 *
 * Reading falls through to the real table at the speed of Lua; only a name that
 * nobody knows reaches C. Writing never succeeds. So a typo is found, and no
 * script changes what another one calls. */
#include "sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "ghost.h"
#include "lib.h"
#include "lib_calendar.h"
#include "mooncron/suggest.h"
#include "require.h"

const char *const vocabulary[] = {
    "job",         "defaults", "multiplier", "group",     "calendar",
    "settings",    "env",      "http",       "sleep",     "log",
    "fail",        "require",  "print",      "pairs",     "ipairs",
    "next",        "type",     "tostring",   "tonumber",  "assert",
    "error",       "pcall",    "xpcall",     "select",    "string",
    "table",       "math",     "utf8",       "coroutine", "os",
    "rawget",      "rawset",   "rawequal",   "rawlen",    "setmetatable",
    "getmetatable"
};
const size_t vocabulary_count = sizeof vocabulary / sizeof *vocabulary;

/* ---- names that nobody knows ---- */

/* What other programs' Lua has, and this one not, on purpose. */
static const char *why_missing(const char *name)
{
    static const struct {
        const char *name, *why;
    } known[] = {
        { "io", "scripts have no files; settings and env are what they know" },
        { "load", "scripts are files: see require" },
        { "loadfile", "see require" },
        { "dofile", "see require" },
        { "loadstring", "scripts are files: see require" },
        { "debug", "scripts cannot look into the engine" },
        { "package", "require reads below the schedule file's folder" },
        { "collectgarbage", "memory is looked after" },
        { "os.exit", "a schedule cannot end the worker" },
        { "os.execute", "a schedule starts no programs: call the backend" },
        { "os.getenv", "see env" },
        { "string.dump", "there is no bytecode" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name))
            return known[i].why;
    return NULL;
}

/* `owner` is "os" for os.exit, or NULL. */
static void blame_name(lua_State *L, struct loader *loader, const char *key,
                       const char *owner)
{
    char name[160], label[96] = "";
    snprintf(name, sizeof name, "%s%s%.100s", owner ? owner : "",
             owner ? "." : "", key);
    struct vm_place place = { "", 0 };
    vm_where(L, 1, &place);
    const char *why = why_missing(name);
    const char *near =
        owner || why ? NULL : suggest(key, vocabulary, vocabulary_count);
    if (near)
        snprintf(label, sizeof label, "did you mean `%s`?", near);
    const struct advice advice = { .label = label, .help = why };
    struct spot spot = source_name(sources_find(&loader->sources, place.file),
                                   place.line, key, owner);
    blame_spot(loader, "E122", loader_keep(loader, place.file), &spot,
               spot.column ? 0 : place.line, &advice, "unknown name `%s`",
               name);
}

/* Upvalue 1: the library's name, or nil for the globals. */
static int unknown(lua_State *L)
{
    const char *owner = lua_tostring(L, lua_upvalueindex(1));
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    struct loader *loader = loader_of(L);
    if (!loader)
        return luaL_error(L, "unknown name `%s%s%s`", owner ? owner : "",
                          owner ? "." : "", key);
    blame_name(L, loader, key, owner);
    ghost_push(L);
    return 1;
}

/* Upvalue 1: the library's name, or nil for the globals. */
static int assign(lua_State *L)
{
    const char *owner = lua_tostring(L, lua_upvalueindex(1));
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    struct loader *loader = loader_of(L);
    if (owner)
        return luaL_error(L, "%s.%s cannot be written: libraries are frozen",
                          owner, key);
    if (!loader)
        return luaL_error(L, "assignment to global `%s`: add `local`", key);
    struct vm_place place = { "", 0 };
    vm_where(L, 1, &place);
    const struct advice advice = { .label = "add `local`" };
    struct spot spot = source_name(sources_find(&loader->sources, place.file),
                                   place.line, key, NULL);
    blame_spot(loader, "E123", loader_keep(loader, place.file), &spot,
               spot.column ? 0 : place.line, &advice,
               "assignment to global `%.64s`", key);
    return 0;
}

/* Lua's own, but for tables that are not to be written. */
static int checked_rawset(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 3);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "rawset: this table cannot be written");
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

/* ---- opening ---- */

/* Pushes a metamethod that speaks of what is `owner`'s. */
static void push_guard(lua_State *L, lua_CFunction guard, const char *owner)
{
    if (owner)
        lua_pushstring(L, owner);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, guard, 1);
}

static void protect(lua_State *L, int meta)
{
    lua_pushboolean(L, false);
    lua_setfield(L, meta < 0 ? meta - 1 : meta, "__metatable");
}

/* Puts an empty table over the one on top of the stack, in its place. */
static void freeze(lua_State *L, const char *owner)
{
    lua_newtable(L); /* real meta */
    push_guard(L, unknown, owner);
    lua_setfield(L, -2, "__index");
    protect(L, -1);
    lua_setmetatable(L, -2); /* real */
    lua_newtable(L);         /* real front */
    lua_newtable(L);         /* real front meta */
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    push_guard(L, assign, owner);
    lua_setfield(L, -2, "__newindex");
    protect(L, -1);
    lua_setmetatable(L, -2); /* real front */
    lua_remove(L, -2);       /* front */
}

static void forget(lua_State *L, const char *const *names)
{
    for (; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

static void open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        { LUA_GNAME, luaopen_base },
        { LUA_TABLIBNAME, luaopen_table },
        { LUA_STRLIBNAME, luaopen_string },
        { LUA_MATHLIBNAME, luaopen_math },
        { LUA_UTF8LIBNAME, luaopen_utf8 },
        { LUA_COLIBNAME, luaopen_coroutine },
        { LUA_OSLIBNAME, luaopen_os },
    };
    static const char *const base[] = {
        "dofile", "loadfile", "load", "collectgarbage", "_G", "warn", NULL
    };
    static const char *const string[] = { "dump", NULL };
    static const char *const os[] = { "execute", "exit",     "getenv",
                                      "remove",  "rename",   "setlocale",
                                      "tmpname", "difftime", NULL };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_pushglobaltable(L);
    forget(L, base);
    lua_getfield(L, -1, "os");
    forget(L, os);
    lua_pop(L, 1);
    lua_getfield(L, -1, "string");
    forget(L, string);
    lua_pop(L, 1);
    lua_pushcfunction(L, checked_rawset);
    lua_setfield(L, -2, "rawset");
    /* ways around: the loaded libraries, and what strings index */
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    protect(L, -1);
    lua_pop(L, 2);
}

static void freeze_libraries(lua_State *L)
{
    static const char *const names[] = { "table",     "string", "math", "utf8",
                                         "coroutine", "os",     "http", "log" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lua_getfield(L, -1, names[i]);
        freeze(L, names[i]);
        lua_setfield(L, -2, names[i]);
    }
}

void sandbox_open(lua_State *L)
{
    open_libraries(L); /* settings real */
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "settings");
    lua_remove(L, -2); /* real */
    lib_declare_open(L);
    lib_group_open(L);
    lib_multiplier_open(L);
    lib_calendar_open(L);
    lib_settings_open(L);
    lib_http_open(L);
    lib_run_open(L);
    require_open(L);
    freeze_libraries(L);
    lua_pushvalue(L, -1);
    freeze(L, NULL); /* real front */
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "_G");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); /* real */
    lua_pop(L, 1);
}
