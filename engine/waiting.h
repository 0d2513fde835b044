/* Waiting: the calls that are not sent yet, a queue for each origin, and whose
 * turn it is.
 *
 * Within an origin it is first come, first sent. Origins take turns, and one
 * that has as many calls under way as it may is passed over, so that one that
 * hangs holds up nobody but itself. Every step is of the same cost, however
 * many wait. */
#ifndef MOONCRON_WAITING_H
#define MOONCRON_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trip.h"

struct waiting;

/* `live_max` calls of one origin may be under way at once. */
struct waiting *waiting_new(uint32_t live_max);
/* With all that waits; NULL is fine. */
void waiting_free(struct waiting *waiting);

/* The trip is copied, and what it owns is taken over. */
void waiting_push(struct waiting *waiting, const struct trip *trip);

/* Takes out the trip whose turn it is; from now on it is under way, until
 * waiting_ended(). False where none may go. */
bool waiting_next(struct waiting *waiting, struct trip *ret);
void waiting_ended(struct waiting *waiting, uint32_t origin);

/* How many wait for one origin, cancelled ones included. */
size_t waiting_count(const struct waiting *waiting, uint32_t origin);

/* What waits of a run, or NULL. Who makes it a TRIP_NONE has taken it out. */
struct trip *waiting_find(struct waiting *waiting, struct run_id run);

#endif
