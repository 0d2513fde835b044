/* A Lua state, metered. */
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Looking at the clock costs some 30 ns: every 10,000 instructions is about a
 * thousandth of the time. */
#define HOOK_INSTRUCTIONS 10000

static int64_t now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
}

struct vm *vm_of(lua_State *L)
{
    struct vm *vm;
    memcpy(&vm, lua_getextraspace(L), sizeof vm);
    return vm;
}

/* ---- places ---- */

bool vm_where(lua_State *L, int level, struct vm_place *ret)
{
    lua_Debug ar;
    for (; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0)
            continue;
        const char *file = ar.source[0] == '@' ? ar.source + 1 : ar.source;
        size_t len = strnlen(file, sizeof ret->file - 1);
        memcpy(ret->file, file, len);
        ret->file[len] = '\0';
        ret->line = (uint32_t)ar.currentline;
        return true;
    }
    return false;
}

/* The coroutine that the innermost function of `L` has resumed, or NULL. Lua
 * keeps no way down to it; it is the first argument of coroutine.resume, and
 * what the function holds that coroutine.wrap made. */
static lua_State *resumed_by(lua_State *L)
{
    lua_Debug ar;
    lua_State *thread = NULL;
    if (!lua_getstack(L, 0, &ar))
        return NULL;
    if (lua_getlocal(L, &ar, 1)) {
        thread = lua_tothread(L, -1);
        lua_pop(L, 1);
    }
    if (!thread && lua_getinfo(L, "f", &ar)) {
        if (lua_iscfunction(L, -1) && lua_getupvalue(L, -1, 1)) {
            thread = lua_tothread(L, -1);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    return thread && lua_status(thread) == LUA_OK ? thread : NULL;
}

bool vm_where_last(lua_State *L, struct vm_place *ret)
{
    /* Lua itself nests no deeper (LUAI_MAXCCALLS); a thread may be an argument
     * of a function that it runs. */
    for (int depth = 0; depth < 200; depth++) {
        lua_State *below = resumed_by(L);
        if (!below || below == L)
            break;
        L = below;
    }
    return vm_where(L, 0, ret);
}

/* ---- memory ---- */

static void *vm_alloc(void *data, void *old, size_t old_size, size_t size)
{
    struct vm *vm = data;
    if (!old)
        old_size = 0; /* it is the kind of object then */
    if (!size) {
        free(old);
        vm->used -= old_size;
        return NULL;
    }
    if (size > old_size && vm->used + (size - old_size) > vm->max) {
        /* Lua calls no handler for this error, and forgets where it was. */
        if (vm->L)
            vm_where(vm->L, 0, &vm->place);
        return NULL;
    }
    void *new = realloc(old, size);
    if (new)
        vm->used = vm->used - old_size + size;
    return new;
}

/* ---- time ---- */

static void hook(lua_State *L, lua_Debug *ar)
{
    struct vm *vm = vm_of(L);
    (void)ar;
    if (!vm->deadline_ns || (!vm->expired && now_ns() < vm->deadline_ns))
        return;
    if (!vm->expired)
        vm_where(L, 0, &vm->place);
    vm->expired = true;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1); /* no pcall keeps it */
    luaL_error(L, "the budget of time is spent");
}

static void budget_begin(struct vm *vm, lua_State *L, int64_t budget_ns)
{
    vm->expired = false;
    vm->place = (struct vm_place){ "", 0 };
    vm->deadline_ns = now_ns() + budget_ns;
    lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
}

static enum vm_status budget_end(struct vm *vm, int status)
{
    vm->deadline_ns = 0;
    if (vm->expired)
        return VM_EXPIRED;
    switch (status) {
    case LUA_OK:
        return VM_OK;
    case LUA_YIELD:
        return VM_YIELDED;
    case LUA_ERRMEM:
        return VM_MEMORY;
    default:
        return VM_ERROR;
    }
}

/* ---- errors ---- */

static int note_place(lua_State *L)
{
    struct vm *vm = vm_of(L);
    if (!vm->expired)
        vm_where(L, 1, &vm->place);
    return 1;
}

/* Lua writes "<short source>:<line>: " before a message; the place is said
 * elsewhere. */
const char *vm_message(lua_State *L, const struct vm_place *place)
{
    const char *text = luaL_tolstring(L, -1, NULL);
    lua_replace(L, -2);
    if (!place->line)
        return text;
    char mark[24];
    snprintf(mark, sizeof mark, ":%u: ", (unsigned)place->line);
    const char *at = strstr(text, mark);
    return at && at - text <= LUA_IDSIZE ? at + strlen(mark) : text;
}

/* ---- the door ---- */

enum vm_status vm_call(struct vm *vm, int args, int results, int64_t budget_ns)
{
    lua_State *L = vm->L;
    int handler = lua_gettop(L) - args;
    lua_pushcfunction(L, note_place);
    lua_insert(L, handler);
    budget_begin(vm, L, budget_ns);
    int status = lua_pcall(L, args, results, handler);
    lua_remove(L, handler);
    return budget_end(vm, status);
}

enum vm_status vm_resume(struct vm *vm, lua_State *thread, int args,
                         int *ret_results, int64_t budget_ns)
{
    budget_begin(vm, thread, budget_ns);
    int status = lua_resume(thread, vm->L, args, ret_results);
    if (status > LUA_YIELD && !vm->expired)
        vm_where(thread, 0, &vm->place);
    return budget_end(vm, status);
}

/* ---- life ---- */

/* An error outside every protected call is ours, not the script's. */
static int panic(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    fprintf(stderr, "mooncron-script: unprotected error: %s\n",
            text ? text : "?");
    abort();
}

bool vm_open(struct vm *vm, void *owner)
{
    *vm = (struct vm){ .owner = owner, .max = VM_MEMORY_MAX };
    vm->L = lua_newstate(vm_alloc, vm);
    if (!vm->L)
        return false;
    lua_atpanic(vm->L, panic);
    memcpy(lua_getextraspace(vm->L), &vm, sizeof vm);
    return true;
}

void vm_close(struct vm *vm)
{
    if (vm->L)
        lua_close(vm->L);
    vm->L = NULL;
}
