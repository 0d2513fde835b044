/* Waiting: the calls that are not sent yet, a queue for each origin, and whose
 * turn it is. */
#include "waiting.h"

#include <assert.h>
#include <stdlib.h>

#include "mooncron/http.h"
#include "mooncron/memory.h"

#define NOBODY UINT32_MAX

struct lane {
    struct trip *ring; /* its size is a power of two */
    size_t first, count, size;
    uint32_t live;
    uint32_t next; /* after it in the list of those that have their turn */
    bool listed;
};

/* A lane is listed where something of it waits, and it may be sent. */
struct waiting {
    uint32_t live_max;
    uint32_t first, last; /* of the list; NOBODY where it is empty */
    struct lane lanes[HTTP_ORIGINS_MAX];
};

struct waiting *waiting_new(uint32_t live_max)
{
    struct waiting *waiting = memory_new(sizeof *waiting);
    waiting->live_max = live_max;
    waiting->first = waiting->last = NOBODY;
    return waiting;
}

/* ---- one lane ---- */

static struct trip *lane_at(const struct lane *lane, size_t i)
{
    return &lane->ring[(lane->first + i) & (lane->size - 1)];
}

static void lane_grow(struct lane *lane)
{
    size_t size = lane->size ? lane->size * 2 : 16;
    struct trip *ring = memory_new(size * sizeof *ring);
    for (size_t i = 0; i < lane->count; i++)
        ring[i] = *lane_at(lane, i);
    free(lane->ring);
    lane->ring = ring;
    lane->size = size;
    lane->first = 0;
}

static void lane_push(struct lane *lane, const struct trip *trip)
{
    if (lane->count == lane->size)
        lane_grow(lane);
    *lane_at(lane, lane->count++) = *trip;
}

static struct trip lane_pop(struct lane *lane)
{
    struct trip trip = *lane_at(lane, 0);
    lane->first = (lane->first + 1) & (lane->size - 1);
    lane->count--;
    return trip;
}

/* ---- whose turn it is ---- */

static void list_if_ready(struct waiting *waiting, uint32_t origin)
{
    struct lane *lane = &waiting->lanes[origin];
    if (lane->listed || !lane->count || lane->live >= waiting->live_max)
        return;
    lane->listed = true;
    lane->next = NOBODY;
    if (waiting->last == NOBODY)
        waiting->first = origin;
    else
        waiting->lanes[waiting->last].next = origin;
    waiting->last = origin;
}

static struct lane *list_take(struct waiting *waiting)
{
    struct lane *lane = &waiting->lanes[waiting->first];
    waiting->first = lane->next;
    if (waiting->first == NOBODY)
        waiting->last = NOBODY;
    lane->listed = false;
    return lane;
}

void waiting_push(struct waiting *waiting, const struct trip *trip)
{
    assert(trip->origin < HTTP_ORIGINS_MAX);
    lane_push(&waiting->lanes[trip->origin], trip);
    list_if_ready(waiting, trip->origin);
}

bool waiting_next(struct waiting *waiting, struct trip *ret)
{
    while (waiting->first != NOBODY) {
        struct lane *lane = list_take(waiting);
        do
            *ret = lane_pop(lane);
        while (ret->kind == TRIP_NONE && lane->count);
        if (ret->kind == TRIP_NONE)
            continue;
        lane->live++;
        list_if_ready(waiting, ret->origin);
        return true;
    }
    return false;
}

void waiting_ended(struct waiting *waiting, uint32_t origin)
{
    assert(waiting->lanes[origin].live > 0);
    waiting->lanes[origin].live--;
    list_if_ready(waiting, origin);
}

/* ---- what is asked ---- */

size_t waiting_count(const struct waiting *waiting, uint32_t origin)
{
    return waiting->lanes[origin].count;
}

struct trip *waiting_find(struct waiting *waiting, struct run_id run)
{
    for (struct lane *lane = waiting->lanes;
         lane < waiting->lanes + HTTP_ORIGINS_MAX; lane++)
        for (size_t i = 0; i < lane->count; i++) {
            struct trip *trip = lane_at(lane, i);
            if (trip->kind != TRIP_NONE && trip->note.run.value == run.value)
                return trip;
        }
    return NULL;
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    for (uint32_t i = 0; i < HTTP_ORIGINS_MAX; i++) {
        struct lane *lane = &waiting->lanes[i];
        for (; lane->count; lane->count--)
            trip_close(lane_at(lane, lane->count - 1));
        free(lane->ring);
    }
    free(waiting);
}
