/* Fibers are few, and found by their run's number. */
#include "fiber.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib.h"
#include "lib_answer.h"
#include "mooncron/memory.h"
#include "take.h"

/* ---- finding ---- */

static struct fiber *fiber_find(const struct host *host, uint64_t run)
{
    struct fiber *fiber = host->fibers;
    while (fiber && fiber->run != run)
        fiber = fiber->next;
    return fiber;
}

struct fiber *fiber_calling(lua_State *L, const char *name)
{
    struct host *host = vm_of(L)->owner;
    struct fiber *fiber = host->current;
    if (!fiber)
        luaL_error(L, "%s can only be called in a run", name);
    if (fiber->thread != L)
        luaL_error(L,
                   "%s cannot be called inside a coroutine of your own: the "
                   "run itself has to wait",
                   name);
    return fiber;
}

static void fiber_free(struct fiber *fiber)
{
    struct host *host = fiber->host;
    struct fiber **at = &host->fibers;
    while (*at != fiber)
        at = &(*at)->next;
    *at = fiber->next;
    luaL_unref(host->vm.L, LUA_REGISTRYINDEX, fiber->ref);
    free(fiber);
}

/* ---- the end of a run ---- */

static void say_ended(struct fiber *fiber, bool ok, const char *failure)
{
    const struct host_ended ended = { fiber->run, ok, failure };
    host_put_ended(&fiber->host->out, &ended);
    fiber_free(fiber);
}

/* The first line of the message, with the place where it was raised. */
static void say_failed(struct fiber *fiber, enum vm_status status)
{
    const struct vm_place *place = &fiber->host->vm.place;
    lua_State *L = fiber->thread;
    char sentence[1024];
    const char *reason = lib_fail_reason(L, -1);
    if (reason) {
        snprintf(sentence, sizeof sentence, "%s", reason);
        say_ended(fiber, false, sentence);
        return;
    }
    const char *text =
        status == VM_EXPIRED  ? "R302: the script did not yield for 2 s"
        : status == VM_MEMORY ? "the script wants more memory than 256 MB"
                              : vm_message(L, place);
    int len = (int)strcspn(text, "\n");
    if (place->line)
        snprintf(sentence, sizeof sentence, "%s:%u: %.*s", place->file,
                 (unsigned)place->line, len, text);
    else
        snprintf(sentence, sizeof sentence, "%.*s", len, text);
    say_ended(fiber, false, sentence);
}

/* The only place that resumes. A fiber that yields without waiting for anything
 * would never be resumed again. */
static void fiber_resume(struct fiber *fiber, int args)
{
    struct host *host = fiber->host;
    int results = 0;
    fiber->wait = WAIT_NONE;
    host->current = fiber;
    enum vm_status status =
        vm_resume(&host->vm, fiber->thread, args, &results, RUN_BUDGET_NS);
    host->current = NULL;
    if (status == VM_YIELDED && fiber->wait != WAIT_NONE)
        lua_pop(fiber->thread, results);
    else if (status == VM_YIELDED)
        say_ended(fiber, false,
                  "coroutine.yield was called outside of a coroutine of the "
                  "script's own");
    else if (status == VM_OK)
        say_ended(fiber, true, "");
    else
        say_failed(fiber, status);
}

/* ---- what the daemon says ---- */

/* Whatever a run was begun by, what comes after its first attempt is a retry.
 */
static const char *trigger_of(const struct host_start *start)
{
    return start->attempt > 1 ? "retry" : start->trigger;
}

/* A hook is told what was wrong; where nothing was, and in a run, it is nil. */
static bool has_error(const struct host_start *start)
{
    return start->error[0] != '\0';
}

/* Builds function, ctx and, for a hook, the error on the thread's stack; behind
 * the door, because it allocates. Argument: the start, and the fiber. */
static int prepare(lua_State *L)
{
    const struct host_start *start = lua_touserdata(L, 1);
    struct fiber *fiber = lua_touserdata(L, 2);
    fiber->thread = lua_newthread(L);
    fiber->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_State *T = fiber->thread;
    lua_getfield(T, LUA_REGISTRYINDEX, FUNCTIONS_KEY);
    lua_rawgeti(T, -1, start->function);
    lua_remove(T, -2);
    const struct {
        const char *name, *value;
    } fields[] = { { "job", start->job },
                   { "run_id", start->run_text },
                   { "trigger", trigger_of(start) },
                   { "scheduled_at", start->scheduled } };
    lua_createtable(T, 0, 8);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushstring(T, fields[i].value);
        lua_setfield(T, -2, fields[i].name);
    }
    lua_pushinteger(T, start->attempt);
    lua_setfield(T, -2, "attempt");
    lua_getglobal(T, "settings");
    lua_setfield(T, -2, "settings");
    if (has_error(start))
        lua_pushstring(T, start->error);
    return 0;
}

void fiber_start(struct host *host, const struct host_start *start)
{
    struct fiber *fiber = memory_new(sizeof *fiber);
    fiber->host = host;
    fiber->run = start->run;
    fiber->ref = LUA_NOREF;
    fiber->next = host->fibers;
    host->fibers = fiber;
    lua_State *L = host->vm.L;
    lua_pushcfunction(L, prepare);
    lua_pushlightuserdata(L, (void *)(uintptr_t)start);
    lua_pushlightuserdata(L, fiber);
    if (vm_call(&host->vm, 2, 0, RUN_BUDGET_NS) == VM_OK) {
        fiber_resume(fiber, has_error(start) ? 2 : 1);
        return;
    }
    lua_pop(L, 1);
    say_ended(fiber, false, "the script wants more memory than 256 MB");
}

/* Behind the door: pushes the answer onto the fiber's stack. */
static int push_answer(lua_State *L)
{
    struct fiber *fiber = lua_touserdata(L, 1);
    const struct host_response *response = lua_touserdata(L, 2);
    int count = lib_answer_push(L, response);
    lua_xmove(L, fiber->thread, count);
    lua_pushinteger(L, count);
    return 1;
}

void fiber_respond(struct host *host, const struct host_response *response)
{
    struct fiber *fiber = fiber_find(host, response->run);
    if (!fiber || fiber->wait != WAIT_RESPONSE)
        return;
    lua_State *L = host->vm.L;
    lua_pushcfunction(L, push_answer);
    lua_pushlightuserdata(L, fiber);
    lua_pushlightuserdata(L, (void *)(uintptr_t)response);
    bool good = vm_call(&host->vm, 2, 1, RUN_BUDGET_NS) == VM_OK;
    int count = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (good)
        fiber_resume(fiber, count);
    else
        say_ended(fiber, false, "the script wants more memory than 256 MB");
}

void fiber_wake(struct host *host, uint64_t run)
{
    struct fiber *fiber = fiber_find(host, run);
    if (fiber && fiber->wait == WAIT_WAKE)
        fiber_resume(fiber, 0);
}

/* Its to-be-closed variables are closed, as with any error. */
static int close_thread(lua_State *L)
{
    struct fiber *fiber = lua_touserdata(L, 1);
    lua_resetthread(fiber->thread);
    return 0;
}

void fiber_cancel(struct host *host, uint64_t run)
{
    struct fiber *fiber = fiber_find(host, run);
    if (!fiber)
        return;
    lua_State *L = host->vm.L;
    lua_pushcfunction(L, close_thread);
    lua_pushlightuserdata(L, fiber);
    if (vm_call(&host->vm, 1, 0, RUN_BUDGET_NS) != VM_OK)
        lua_pop(L, 1);
    say_ended(fiber, false, "cancelled");
}
