/* The room behind the gate: civetweb, opened by the first request and closed
 * when none came for a while. */
#ifndef IO_ROOM_H
#define IO_ROOM_H

#include <stdint.h>

#include "desk.h"

struct uv_loop_s;
struct room;

/* civetweb's master thread wakes thirty times a minute for nothing; a worker
 * that nobody asks anything shall not. */
#define ROOM_IDLE_MS 60000

struct room *room_new(struct uv_loop_s *loop, struct desk *desk,
                      uint64_t idle_ms, struct error *reterr);
/* A request wants in: the port to send it to, or 0, and why in the log.
 * room_leave() is owed after a port. */
uint16_t room_enter(struct room *room);
void room_leave(struct room *room);
/* Nobody is inside any more. Ends every thread, frees, then calls `closed`
 * (NULL is fine). Its loop must run for it. */
void room_close(struct room *room, void (*closed)(void *data), void *data);

#endif
