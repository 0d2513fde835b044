/* A Lua state with a budget of memory, a budget of time, and one door.
 *
 * Every entry into Lua goes through vm_call() or vm_resume(): both protected,
 * both timed. An expired budget is an error that no pcall can keep: once it has
 * been raised, it is raised again at each instruction until the door. */
#ifndef SCRIPT_VM_H
#define SCRIPT_VM_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_MEMORY_MAX                                                          \
    (256u << 20) /* what one schedule may ever need, 50 times */

enum vm_status {
    VM_OK,
    VM_YIELDED,
    VM_ERROR,   /* the error value is on top of the stack */
    VM_MEMORY,  /* the budget of memory is spent; likewise */
    VM_EXPIRED, /* the budget of time is spent; likewise */
};

/* Where the last error came from; line 0: unknown. */
struct vm_place {
    char file[256];
    uint32_t line;
};

struct vm {
    lua_State *L;
    void *owner;
    struct vm_place place;
    /* private */
    size_t used, max;
    int64_t deadline_ns; /* 0: no budget runs */
    bool expired;
};

/* False where there is no memory for a state. Libraries are opened, `sandbox`
 * style: see sandbox.h. */
bool vm_open(struct vm *vm, void *owner);
void vm_close(struct vm *vm);

/* The vm of a state or of any thread of it. */
struct vm *vm_of(lua_State *L);

/* lua_pcall with a handler that notes the place. */
enum vm_status vm_call(struct vm *vm, int args, int results, int64_t budget_ns);

/* lua_resume of a thread; `ret_results` are on its stack. */
enum vm_status vm_resume(struct vm *vm, lua_State *thread, int args,
                         int *ret_results, int64_t budget_ns);

/* The place of the innermost Lua function from `level` on; false: none. */
bool vm_where(lua_State *L, int level, struct vm_place *ret);

/* The same for whatever runs now in `L` or in a coroutine below it, at any
 * moment, from a signal handler too: nothing is allocated. It borrows a slot of
 * Lua's stack, which may be in use, so nothing may be run afterwards. */
bool vm_where_last(lua_State *L, struct vm_place *ret);

/* The text of the error on top of the stack of `L`, without the place that Lua
 * put before it; it lives as long as the value. */
const char *vm_message(lua_State *L, const struct vm_place *place);

#endif
