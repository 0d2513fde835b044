/* JSON text of Lua values, the same from one Lua state to the next.
 *
 * lua-cjson writes keys in the order of its hash, which differs with each
 * state: an unchanged job would look changed after each reload. So keys are
 * sorted here. Reading JSON is lua-cjson's. */
#ifndef SCRIPT_JSON_H
#define SCRIPT_JSON_H

#include <lua.h>
#include <stdbool.h>

#include "mooncron/text.h"

#define JSON_DEPTH_MAX 32
#define JSON_BYTES_MAX (1 << 20) /* of one text: what a call may carry */

/* Appends the value at `index`. A table with the keys 1 to n is a list, any
 * other an object, the empty one an object. False where JSON has no such value,
 * and `ret_why` is a clause: "holds a function". Raises only out of memory. */
bool json_put(lua_State *L, int index, struct text *out, const char **ret_why);

/* Opens lua-cjson and keeps its decoder in the registry. */
void json_open(lua_State *L);

/* Decodes the string on top of the stack in its place. False: it is no JSON,
 * and the stack is one lower. `null` at the top level becomes nil. */
bool json_decode(lua_State *L);

#endif
