/* sleep, log, fail, print: what a run may do beside calling. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "fiber.h"
#include "ghost.h"
#include "json.h"
#include "lib.h"
#include "mooncron/duration.h"

/* ---- loading has no I/O ---- */

/* Once for each place: a loop over a thousand jobs repeats one mistake. */
static bool is_told(const struct loader *loader, const struct vm_place *place,
                    const char *message)
{
    for (uint32_t i = 0; i < loader->mistakes.count; i++) {
        const struct mistake *m = &loader->mistakes.items[i];
        if (m->line == place->line && !strcmp(m->file, place->file) &&
            !strcmp(m->message, message))
            return true;
    }
    return false;
}

bool lib_refuse_loading(lua_State *L, const char *name)
{
    struct loader *loader = loader_of(L);
    if (!loader)
        return false;
    static const struct advice advice = {
        .help = "loading must not do I/O, so that `plan` is always safe; move "
                "the call into run = function(ctx) ... end"
    };
    char message[128];
    snprintf(message, sizeof message,
             "%s() cannot be called while the file is loading", name);
    struct vm_place place = { "", 0 };
    vm_where(L, 1, &place);
    if (!is_told(loader, &place, message))
        blame_line(loader, "E140", loader_keep(loader, place.file), place.line,
                   &advice, "%s", message);
    ghost_push(L);
    return true;
}

/* ---- sleep ---- */

static int slept(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 0;
}

static int run_sleep(lua_State *L)
{
    if (lib_refuse_loading(L, "sleep"))
        return 1;
    struct fiber *fiber = fiber_calling(L, "sleep");
    size_t len = 0;
    const char *text =
        lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : "";
    int64_t ms = 0;
    if (duration_parse(text, len, &ms) != DURATION_OK)
        return luaL_error(L, "sleep takes a duration such as \"10s\"");
    host_put_sleep(&fiber->host->out, fiber->run, (uint64_t)ms);
    fiber->wait = WAIT_WAKE;
    return lua_yieldk(L, 0, 0, slept);
}

/* ---- log ---- */

#define LOG_BYTES_MAX (32 << 10) /* of a line; longer is no log */

/* The message is at 1, the fields at 2. */
static int log_line(lua_State *L, enum host_log_level level, const char *name)
{
    if (lib_refuse_loading(L, name))
        return 1;
    struct host *host = vm_of(L)->owner;
    lua_settop(L, 2);
    const char *message = luaL_tolstring(L, 1, NULL);
    struct text fields;
    const char *why = "";
    text_init(&fields, LOG_BYTES_MAX);
    bool good = lua_isnoneornil(L, 2) ||
                (lua_istable(L, 2) && json_put(L, 2, &fields, &why));
    const struct host_log line = { host->current ? host->current->run : 0,
                                   (uint8_t)level, message,
                                   good ? fields.data : "" };
    if (good)
        host_put_log(&host->out, &line);
    text_close(&fields);
    if (!good)
        return luaL_error(L,
                          "%s: the fields must be a table that JSON can "
                          "say%s%s",
                          name, *why ? ", and it " : "", why);
    return 0;
}

static int log_debug(lua_State *L)
{
    return log_line(L, HOST_DEBUG, "log.debug");
}

static int log_info(lua_State *L)
{
    return log_line(L, HOST_INFO, "log.info");
}

static int log_warn(lua_State *L)
{
    return log_line(L, HOST_WARN, "log.warn");
}

static int log_error(lua_State *L)
{
    return log_line(L, HOST_ERROR, "log.error");
}

/* All its arguments in one line, as Lua's own does. */
static int run_print(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&buffer, ' ');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&buffer);
    }
    luaL_pushresult(&buffer);
    lua_replace(L, 1);
    lua_settop(L, 1);
    return log_line(L, HOST_INFO, "print");
}

/* ---- fail ---- */

static const char failure_type[] = "mooncron.failure";

const char *lib_fail_reason(lua_State *L, int index)
{
    if (!lua_istable(L, index) || !lua_getmetatable(L, index))
        return NULL;
    index = index < 0 ? index - 1 : index;
    luaL_getmetatable(L, failure_type);
    bool ours = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    index = index < 0 ? index + 1 : index;
    if (!ours)
        return NULL;
    lua_rawgeti(L, index, 1);
    return lua_tostring(L, -1);
}

static int failure_text(lua_State *L)
{
    lua_rawgeti(L, 1, 1);
    return 1;
}

static int run_fail(lua_State *L)
{
    if (lib_refuse_loading(L, "fail"))
        return 1;
    luaL_tolstring(L, 1, NULL);
    lua_createtable(L, 1, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    luaL_setmetatable(L, failure_type);
    return lua_error(L);
}

void lib_run_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "sleep", run_sleep },
        { "fail", run_fail },
        { "print", run_print },
        { NULL, NULL },
    };
    static const luaL_Reg levels[] = {
        { "debug", log_debug }, { "info", log_info }, { "warn", log_warn },
        { "error", log_error }, { NULL, NULL },
    };
    luaL_setfuncs(L, functions, 0);
    luaL_newlib(L, levels);
    lua_setfield(L, -2, "log");
    luaL_newmetatable(L, failure_type);
    lua_pushcfunction(L, failure_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
