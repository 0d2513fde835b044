/* The clerk does on a thread of its own what would hold up the loop: long
 * answers are written by it, one after the other.
 *
 * A thread lives as long as one piece of work, so an idle worker has none. */
#ifndef MOONCRON_CLERK_H
#define MOONCRON_CLERK_H

#include <stdbool.h>

#include "mooncron/error.h"

struct uv_loop_s;
struct clerk;

/* Each is a text of some MB and up to some seconds of a processor: who comes
 * later had better come again. */
#define CLERK_WAITING_MAX 8

/* NULL and a sentence; the loop must run once more then. */
struct clerk *clerk_new(struct uv_loop_s *loop, struct error *reterr);

/* `work` is called on a thread: what it touches is its own from now on. Then
 * `done` on the loop, always, and once; `worked` is false where the clerk was
 * closed before it came to it. False: too many wait, neither is called. */
bool clerk_give(struct clerk *clerk, void (*work)(void *data),
                void (*done)(void *data, bool worked), void *data);

/* What waits is told so at once, what is under way is waited for; then
 * `closed` is called, and the clerk is gone. */
void clerk_close(struct clerk *clerk, void (*closed)(void *data), void *data);

#endif
