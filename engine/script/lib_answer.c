/* An answer is a table whose `json` is decoded when it is first read. */
#include "lib_answer.h"

#include <lauxlib.h>
#include <string.h>

#include "json.h"

static const char meta_key[] = "mooncron.answer";

/* Pushes the decoded body, or nil. */
static void push_json(lua_State *L, int index)
{
    lua_pushliteral(L, "text");
    lua_rawget(L, index);
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pop(L, 1);
        lua_pushnil(L);
    } else if (!json_decode(L)) {
        lua_pushnil(L);
    }
}

static int answer_index(lua_State *L)
{
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    if (strcmp(key, "json") != 0) {
        static const char fields[] = "status ok headers text json took_ms";
        return luaL_error(L, "an answer has no field `%s`: it has %s", key,
                          fields);
    }
    push_json(L, 1);
    if (lua_isnil(L, -1))
        return 1;
    lua_pushliteral(L, "json");
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

/* "name: value\n" each. */
static void push_headers(lua_State *L, const char *at)
{
    lua_newtable(L);
    while (*at) {
        const char *end = strchr(at, '\n');
        const char *colon = strstr(at, ": ");
        if (!end || !colon || colon > end)
            return;
        lua_pushlstring(L, at, (size_t)(colon - at));
        lua_pushlstring(L, colon + 2, (size_t)(end - colon) - 2);
        lua_rawset(L, -3);
        at = end + 1;
    }
}

int lib_answer_push(lua_State *L, const struct host_response *response)
{
    if (!response->status) {
        lua_pushnil(L);
        lua_pushstring(L, response->failure);
        lua_pushstring(L, response->code);
        return 3;
    }
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, response->status);
    lua_setfield(L, -2, "status");
    lua_pushboolean(L, response->status >= 200 && response->status <= 299);
    lua_setfield(L, -2, "ok");
    push_headers(L, response->headers);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, response->body.bytes, response->body.len);
    lua_setfield(L, -2, "text");
    lua_pushinteger(L, response->took_ms);
    lua_setfield(L, -2, "took_ms");
    lua_getfield(L, LUA_REGISTRYINDEX, meta_key);
    lua_setmetatable(L, -2);
    return 1;
}

/* A 2xx with `"success": false`. */
static bool denies(lua_State *L, int index)
{
    push_json(L, index);
    bool no = false;
    if (lua_istable(L, -1)) {
        lua_pushliteral(L, "success");
        lua_rawget(L, -2);
        no = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return no;
}

bool lib_answer_failed(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_getfield(L, index, "status");
    int status = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (status < 200 || status > 299) {
        lua_pushfstring(L, "answered %d", status);
        return true;
    }
    if (!denies(L, index))
        return false;
    lua_pushfstring(L, "answered %d with success: false", status);
    return true;
}

void lib_answer_open(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, answer_index);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setfield(L, LUA_REGISTRYINDEX, meta_key);
}
