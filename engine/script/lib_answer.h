/* What http.* gives back. */
#ifndef SCRIPT_LIB_ANSWER_H
#define SCRIPT_LIB_ANSWER_H

#include <lua.h>
#include <stdbool.h>

#include "mooncron/hostmsg.h"

/* Pushes a table, or nil, a sentence and a code where no answer came; returns
 * how many values. Raises only out of memory. */
int lib_answer_push(lua_State *L, const struct host_response *response);

/* Does the answer at `index` say that it is no success? Pushes the sentence. */
bool lib_answer_failed(lua_State *L, int index);

void lib_answer_open(lua_State *L);

#endif
