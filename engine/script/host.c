/* The host dispatches frames: one LOAD first, then what concerns runs. */
#include "host.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "ghost.h"
#include "json.h"
#include "lib.h"
#include "loader.h"
#include "mooncron/hostmsg.h"
#include "mooncron/memory.h"
#include "sandbox.h"
#include "source.h"

/* What is waiting to be written when a load is streamed; a frame more may come
 * before it is looked at. */
#define OUT_MAX (64u << 20)

static void host_flush(void *data)
{
    struct host *host = data;
    if (host->out.len)
        host->flush(host->data, &host->out);
}

struct host *host_new(void (*flush)(void *data, struct text *out), void *data)
{
    struct host *host = memory_new(sizeof *host);
    host->flush = flush;
    host->data = data;
    if (!vm_open(&host->vm, host)) {
        free(host);
        return NULL;
    }
    text_init(&host->out, OUT_MAX);
    host_put_hello(&host->out);
    host_flush(host);
    return host;
}

/* Finalizers of the script are not waited for: the process goes, and in tests
 * their budget is a load's. */
void host_free(struct host *host)
{
    if (!host)
        return;
    while (host->fibers) {
        struct fiber *next = host->fibers->next;
        free(host->fibers);
        host->fibers = next;
    }
    vm_close(&host->vm);
    for (uint32_t i = 0; i < host->var_count; i++)
        free(host->vars[i]);
    text_close(&host->out);
    free(host);
}

bool host_is_loaded(const struct host *host)
{
    return host->loaded;
}

/* ---- the last word ---- */

/* The line of source, or "": it is known while the file is loaded. */
static void last_line(const struct host *host, const struct vm_place *place,
                      char *buffer, size_t size)
{
    size_t len = 0;
    const char *text = "";
    if (host->loader)
        text = source_line(sources_find(&host->loader->sources, place->file),
                           place->line, &len);
    len = len < size ? len : size - 1;
    memcpy(buffer, text, len);
    buffer[len] = '\0';
}

bool host_last_place(const struct host *host, struct text *out)
{
    struct vm_place place;
    char source[HOST_AT_MAX / 2];
    lua_State *L = host->current ? host->current->thread : host->vm.L;
    if (!L || !vm_where_last(L, &place))
        return false;
    last_line(host, &place, source, sizeof source);
    return host_put_at(out,
                       &(struct host_at){ place.file, place.line, source });
}

/* ---- LOAD ---- */

/* Behind the door: libraries, globals and Settings. Argument: the load. */
static int open_world(lua_State *L)
{
    const struct host_load *load = lua_touserdata(L, 1);
    ghost_open(L);
    json_open(L);
    lua_pushstring(L, load->settings);
    if (!json_decode(L) || !lua_istable(L, -1))
        return luaL_error(L, "the Settings are no JSON object");
    settings_push(L);
    sandbox_open(L);
    return 0;
}

static void keep_vars(struct host *host, const struct host_load *load)
{
    for (uint32_t i = 0; i < load->var_count && i < VARS_MAX; i++)
        host->vars[host->var_count++] = memory_string(load->vars[i]);
}

static bool take_load(struct host *host, struct wire_reader *in)
{
    const char *space[VARS_MAX];
    struct host_load load;
    if (host->loaded || !host_get_load(in, &load, space, VARS_MAX))
        return false;
    host->loaded = true;
    keep_vars(host, &load);
    lua_State *L = host->vm.L;
    struct loader *loader = memory_new(sizeof *loader);
    host->loader = loader;
    lua_pushcfunction(L, open_world);
    lua_pushlightuserdata(L, &load);
    bool open = vm_call(&host->vm, 1, 0, LOAD_BUDGET_NS) == VM_OK;
    if (open)
        loader_run(loader, &host->vm, &load, &host->out, host_flush, host);
    host->loader = NULL;
    loader_close(loader);
    free(loader);
    if (open)
        lua_gc(L, LUA_GCGEN, 0, 0);
    return open;
}

/* ---- runs ---- */

static bool take_start(struct host *host, struct wire_reader *in)
{
    struct host_start start;
    if (!host_get_start(in, &start))
        return false;
    fiber_start(host, &start);
    return true;
}

static bool take_response(struct host *host, struct wire_reader *in)
{
    struct host_response response;
    if (!host_get_response(in, &response))
        return false;
    fiber_respond(host, &response);
    return true;
}

static bool take_wake(struct host *host, struct wire_reader *in)
{
    uint64_t run;
    if (!host_get_run(in, &run))
        return false;
    fiber_wake(host, run);
    return true;
}

static bool take_cancel(struct host *host, struct wire_reader *in)
{
    uint64_t run;
    if (!host_get_run(in, &run))
        return false;
    fiber_cancel(host, run);
    return true;
}

static const struct {
    enum host_message type;
    bool (*take)(struct host *host, struct wire_reader *in);
} hearings[] = {
    { HOST_LOAD, take_load },         { HOST_START, take_start },
    { HOST_RESPONSE, take_response }, { HOST_WAKE, take_wake },
    { HOST_CANCEL, take_cancel },
};

bool host_frame(struct host *host, char *frame, size_t len)
{
    struct wire_reader in;
    wire_open(&in, frame, len);
    for (size_t i = 0; i < sizeof hearings / sizeof *hearings; i++) {
        if (in.type != hearings[i].type)
            continue;
        if (!host->loaded && in.type != HOST_LOAD)
            return false;
        bool good = hearings[i].take(host, &in);
        host_flush(host);
        return good;
    }
    return false;
}
