/* A ghost stands in for what is unknown while a file is loaded: it was blamed
 * already, and can be called, indexed and added without a further error, so
 * that the mistakes behind it are found as well. */
#ifndef SCRIPT_GHOST_H
#define SCRIPT_GHOST_H

#include <lua.h>
#include <stdbool.h>

void ghost_open(lua_State *L);
void ghost_push(lua_State *L);
bool ghost_is(lua_State *L, int index);

#endif
