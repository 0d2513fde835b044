/* multiplier: how much slower than written an environment runs. */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "declare.h"
#include "ghost.h"
#include "lib.h"
#include "take.h"

bool factor_is_good(double factor)
{
    return isfinite(factor) && factor > 0;
}

/* The spot of a factor in the table of a rule. */
static void blame_rule(struct loader *loader, const char *key,
                       struct caller caller, lua_State *L)
{
    struct taker taker = { loader,      L,           "multiplier", NULL,
                           caller.file, caller.line, true };
    char buffer[64];
    taker_blame(&taker, "E160", key, SPOT_VALUE, 0, NULL,
                "the multiplier of %.64s must be a finite number above 0, "
                "found %s",
                key, take_found(L, buffer));
}

/* `prodution = 1` would leave production to the next rule, and unslowed. */
static void know_environment(lua_State *L, struct loader *loader,
                             const char *key, struct caller caller)
{
    const char *near = loader_slip(loader, key);
    if (!near) {
        loader_know_environment(loader, key);
        return;
    }
    char label[96];
    snprintf(label, sizeof label, "did you mean `%s`?", near);
    const struct advice advice = { .label = label };
    struct taker taker = { loader,      L,           "multiplier", NULL,
                           caller.file, caller.line, true };
    taker_blame(&taker, "E106", key, SPOT_KEY, 0, &advice,
                "unknown environment \"%.64s\"", key);
}

static void check_rule(lua_State *L, struct loader *loader,
                       struct caller caller)
{
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        const char *key =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (!key)
            blame_line(loader, "E160", caller.file, caller.line, NULL,
                       "a multiplier needs the name of its environment: "
                       "production = 1");
        else if (lua_type(L, -1) != LUA_TNUMBER ||
                 !factor_is_good(lua_tonumber(L, -1)))
            blame_rule(loader, key, caller, L);
        else if (strcmp(key, "default") != 0)
            know_environment(L, loader, key, caller);
        lua_pop(L, 1);
    }
}

static int multiplier(lua_State *L)
{
    struct loader *loader = declaring(L, "multiplier");
    struct caller caller = caller_of(L, loader);
    int type = lua_type(L, 1);
    if (type != LUA_TTABLE && type != LUA_TFUNCTION) {
        if (!ghost_is(L, 1))
            blame_line(loader, "E107", caller.file, caller.line, NULL,
                       "multiplier takes a table or a function, found %s",
                       luaL_typename(L, 1));
        return 0;
    }
    if (loader->rule_count == RULES_MAX)
        return luaL_error(L, "more than %d multiplier rules", RULES_MAX);
    if (type == LUA_TTABLE)
        check_rule(L, loader, caller);
    lua_settop(L, 1);
    struct rule *rule = &loader->rules[loader->rule_count];
    *rule = (struct rule){ luaL_ref(L, LUA_REGISTRYINDEX),
                           type == LUA_TFUNCTION, caller.file, caller.line };
    loader->rule_count++;
    return 0;
}

void lib_multiplier_open(lua_State *L)
{
    lua_pushcfunction(L, multiplier);
    lua_setfield(L, -2, "multiplier");
}
