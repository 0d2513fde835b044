/* The libraries that a schedule sees. Each opener leaves its values in the
 * table of globals, which is on top of the stack. */
#ifndef SCRIPT_LIB_H
#define SCRIPT_LIB_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* job defaults */
void lib_declare_open(lua_State *L);
void lib_group_open(lua_State *L);
void lib_multiplier_open(lua_State *L);
/* env; `settings` is what sandbox_open() finds below the table of globals. */
void lib_settings_open(lua_State *L);
/* Replaces the decoded object on top of the stack by its read-only proxy. */
void settings_push(lua_State *L);
/* http */
void lib_http_open(lua_State *L);
/* sleep log fail print */
void lib_run_open(lua_State *L);

/* While a file is loaded: blames the call of `name` (E140) and answers true;
 * the ghost is on the stack then, to be returned. */
bool lib_refuse_loading(lua_State *L, const char *name);

/* The names of the vocabulary, for suggestions. */
extern const char *const vocabulary[];
extern const size_t vocabulary_count;

/* What a `fail` raises: its reason as a string of the stack, or NULL where the
 * value at `index` is another error. */
const char *lib_fail_reason(lua_State *L, int index);

#endif
