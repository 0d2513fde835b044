/* One userdata, whatever is done with it. */
#include "ghost.h"

#include <lauxlib.h>

static const char type_name[] = "mooncron.ghost";
static const char value_key[] = "mooncron.ghost.value";

void ghost_push(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, value_key);
}

bool ghost_is(lua_State *L, int index)
{
    return luaL_testudata(L, index, type_name) != NULL;
}

static int ghost_again(lua_State *L)
{
    ghost_push(L);
    return 1;
}

/* A loop over its elements ends at once. */
static int ghost_index(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TNUMBER)
        lua_pushnil(L);
    else
        ghost_push(L);
    return 1;
}

static int ghost_ignore(lua_State *L)
{
    (void)L;
    return 0;
}

static int ghost_false(lua_State *L)
{
    lua_pushboolean(L, false);
    return 1;
}

static int ghost_zero(lua_State *L)
{
    lua_pushinteger(L, 0);
    return 1;
}

static int ghost_empty(lua_State *L)
{
    lua_pushliteral(L, "");
    return 1;
}

static const luaL_Reg methods[] = {
    { "__call", ghost_again },
    { "__index", ghost_index },
    { "__newindex", ghost_ignore },
    { "__concat", ghost_empty },
    { "__tostring", ghost_empty },
    { "__len", ghost_zero },
    { "__lt", ghost_false },
    { "__le", ghost_false },
    { "__add", ghost_again },
    { "__sub", ghost_again },
    { "__mul", ghost_again },
    { "__div", ghost_again },
    { "__mod", ghost_again },
    { "__pow", ghost_again },
    { "__unm", ghost_again },
    { "__idiv", ghost_again },
    { NULL, NULL },
};

void ghost_open(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    luaL_newmetatable(L, type_name);
    luaL_setfuncs(L, methods, 0);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, value_key);
}
