/* require: modules below the schedule file's folder, each read once a load. */
#ifndef SCRIPT_REQUIRE_H
#define SCRIPT_REQUIRE_H

#include <lua.h>

/* Puts `require` into the table on top of the stack. */
void require_open(lua_State *L);

#endif
