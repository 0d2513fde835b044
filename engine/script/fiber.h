/* A fiber is a run of a job's function: a coroutine that waits in http.* and
 * sleep, and that one function resumes. */
#ifndef SCRIPT_FIBER_H
#define SCRIPT_FIBER_H

#include <lua.h>
#include <stdbool.h>

#include "host.h"
#include "mooncron/hostmsg.h"

#define RUN_BUDGET_NS INT64_C(2000000000) /* between two waits */

enum fiber_wait { WAIT_NONE, WAIT_RESPONSE, WAIT_WAKE };

struct fiber {
    struct fiber *next;
    struct host *host;
    uint64_t run;
    lua_State *thread;
    int ref; /* of the thread, in the registry */
    enum fiber_wait wait;
};

/* Each may end the fiber. An answer for a run that is not there, or does not
 * wait for it, is dropped. */
void fiber_start(struct host *host, const struct host_start *start);
void fiber_respond(struct host *host, const struct host_response *response);
void fiber_wake(struct host *host, uint64_t run);
void fiber_cancel(struct host *host, uint64_t run);

/* The fiber whose function calls from `L`; raises where it is none, with the
 * name of what was called. */
struct fiber *fiber_calling(lua_State *L, const char *name);

#endif
