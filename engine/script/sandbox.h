/* The sandbox: the globals of a schedule. */
#ifndef SCRIPT_SANDBOX_H
#define SCRIPT_SANDBOX_H

#include <lua.h>

/* Opens the libraries that touch nothing outside, and makes the globals of the
 * state a frozen table of them and of our own. What is on top of the stack
 * becomes the global `settings`. */
void sandbox_open(lua_State *L);

#endif
