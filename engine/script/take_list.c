/* A list is read element by element; what is wrong is told with its place. */
#include "take_list.h"

#include <lauxlib.h>

#include "blame.h"
#include "ghost.h"

/* Fields with names are no elements: { day = "sat" } is no empty list. */
static bool is_list(lua_State *L)
{
    lua_pushnil(L);
    bool empty = !lua_next(L, -2);
    if (!empty)
        lua_pop(L, 2);
    return empty || lua_rawlen(L, -1) > 0;
}

static void read_list(struct taker *taker, const char *key,
                      const struct list_kind *kind, void *data)
{
    lua_State *L = taker->L;
    lua_Unsigned count = lua_rawlen(L, -1);
    if (!is_list(L)) {
        taker_blame(taker, "E107", key, SPOT_VALUE, 0, NULL,
                    "`%s` must be %s, found a table with names", key,
                    kind->wanted);
        return;
    }
    if (count < kind->min || count > kind->max) {
        taker_blame(taker, "E105", key, SPOT_VALUE, 0, NULL,
                    "`%s` must list %u to %u %s, found %u", key,
                    (unsigned)kind->min, (unsigned)kind->max, kind->items,
                    (unsigned)count);
        return;
    }
    for (uint32_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        bool good = kind->read(taker, key, i, data);
        lua_pop(L, 1);
        if (!good)
            return;
    }
}

void take_list(struct taker *taker, const char *key,
               const struct list_kind *kind, void *data)
{
    if (lua_type(taker->L, -1) == LUA_TSTRING)
        kind->read(taker, key, 0, data);
    else if (take_type(taker, key, LUA_TTABLE, kind->wanted))
        read_list(taker, key, kind, data);
}

bool element_is_text(struct taker *taker, const char *key, uint32_t element,
                     const char *wanted)
{
    if (lua_type(taker->L, -1) == LUA_TSTRING)
        return true;
    if (ghost_is(taker->L, -1))
        taker->sound = false;
    else
        taker_blame(taker, "E107", key, SPOT_VALUE, element, NULL,
                    "`%s` must list %s, found %s", key, wanted,
                    luaL_typename(taker->L, -1));
    return false;
}
