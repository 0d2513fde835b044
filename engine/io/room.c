/* The room's life: shut, open, shut again.
 *
 * To end civetweb takes up to two seconds and blocks, so a thread of its own
 * does it, and rings when it is done. A request that comes during it opens a
 * new civetweb on another port. (uv_queue_work would do as well, but leaves
 * four threads behind.)
 *
 * When the whole worker ends, nobody wants to wait those two seconds: a knock
 * at civetweb's port makes it look up. It must come after civetweb knows that
 * it is to end, since a connection that it took just before is never closed;
 * at other times there is no hurry, and no knock. */
#include "room.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <uv.h>

#include "mooncron/memory.h"
#include "web.h"

/* How long after mg_stop() was entered civetweb surely knows. */
#define NUDGE_MS 30

/* One civetweb on its way out. */
struct closing {
    struct room *room;
    struct closing *next;
    uv_thread_t thread;
    struct web *web; /* the thread's */
    uint16_t port;
    bool awaited;      /* the loop has seen `begun`: it may knock */
    atomic_bool begun; /* set by the thread when it enters mg_stop() */
    atomic_bool done;  /* set by it, the last that it does but ring */
};

struct room {
    struct desk *desk;
    uint64_t idle_ms;
    uv_async_t bell;  /* rung by threads of `closings` */
    uv_timer_t idle;  /* runs while the room is open and empty */
    uv_timer_t nudge; /* runs while the room is leaving */
    unsigned handles; /* open: these three */
    struct web *web;  /* NULL: shut */
    uint16_t port;
    unsigned inside;
    struct closing *closings;
    bool leaving;
    void (*closed)(void *data);
    void *data;
};

static void close_web(void *data)
{
    struct closing *closing = data;
    struct room *room = closing->room;
    atomic_store(&closing->begun, true);
    web_close(closing->web);
    atomic_store(&closing->done, true);
    uv_async_send(&room->bell);
}

static void on_nudge(uv_timer_t *nudge)
{
    struct room *room = nudge->data;
    for (struct closing *at = room->closings; at; at = at->next) {
        if (at->awaited) /* since the turn before, so NUDGE_MS ago */
            web_nudge(at->port);
        at->awaited = atomic_load(&at->begun);
    }
}

static void shut(struct room *room)
{
    struct closing *closing = memory_new(sizeof *closing);
    closing->room = room;
    closing->web = room->web;
    closing->port = room->port;
    closing->next = room->closings;
    room->closings = closing;
    room->web = NULL;
    uv_timer_stop(&room->idle);
    int failed = uv_thread_create(&closing->thread, close_web, closing);
    assert(!failed); /* civetweb had 65 of them a moment ago */
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct room *room = handle->data;
    if (--room->handles > 0)
        return;
    void (*closed)(void *data) = room->closed;
    void *data = room->data;
    free(room);
    if (closed)
        closed(data);
}

static void close_handles(struct room *room)
{
    uv_close((uv_handle_t *)&room->bell, on_handle_closed);
    uv_close((uv_handle_t *)&room->idle, on_handle_closed);
    uv_close((uv_handle_t *)&room->nudge, on_handle_closed);
}

static void reap(struct room *room)
{
    struct closing **at = &room->closings;
    while (*at) {
        struct closing *closing = *at;
        if (!atomic_load(&closing->done)) {
            at = &closing->next;
            continue;
        }
        uv_thread_join(&closing->thread);
        *at = closing->next;
        free(closing);
    }
}

static void on_bell(uv_async_t *bell)
{
    struct room *room = bell->data;
    reap(room);
    if (room->leaving && !room->closings)
        close_handles(room);
}

static void on_idle(uv_timer_t *idle)
{
    shut(idle->data);
}

struct room *room_new(struct uv_loop_s *loop, struct desk *desk,
                      uint64_t idle_ms, struct error *reterr)
{
    struct room *room = memory_new(sizeof *room);
    int failed = uv_async_init(loop, &room->bell, on_bell);
    if (failed) {
        error_set(reterr, "make the room behind the gate: %s",
                  uv_strerror(failed));
        free(room);
        return NULL;
    }
    uv_timer_init(loop, &room->idle);
    uv_timer_init(loop, &room->nudge);
    room->bell.data = room->idle.data = room->nudge.data = room;
    room->handles = 3;
    room->desk = desk;
    room->idle_ms = idle_ms;
    return room;
}

uint16_t room_enter(struct room *room)
{
    assert(!room->leaving);
    struct error error;
    if (!room->web)
        room->web = web_open(room->desk, &room->port, &error);
    if (!room->web) {
        log_write(room->desk->log, LOG_ERROR, "server",
                  "a request was answered 503: %s", error.text);
        return 0;
    }
    room->inside++;
    uv_timer_stop(&room->idle);
    return room->port;
}

void room_leave(struct room *room)
{
    assert(room->inside > 0);
    if (--room->inside == 0)
        uv_timer_start(&room->idle, on_idle, room->idle_ms, 0);
}

void room_close(struct room *room, void (*closed)(void *data), void *data)
{
    assert(!room->leaving && room->inside == 0);
    room->leaving = true;
    room->closed = closed;
    room->data = data;
    if (room->web)
        shut(room);
    if (room->closings)
        uv_timer_start(&room->nudge, on_nudge, 1, NUDGE_MS);
    else
        close_handles(room);
}
