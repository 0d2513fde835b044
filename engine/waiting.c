/* Waiting: the calls that are not sent yet, a queue for each origin, and whose
 * turn it is. */
#include "waiting.h"

#include <assert.h>
#include <stdlib.h>

#include "mooncron/http.h"
#include "mooncron/memory.h"

#define NOBODY UINT32_MAX

struct queue {
    struct trip *ring; /* its size is a power of two */
    size_t first, count, size;
    uint32_t live;
    uint32_t next; /* after it in the list of those that have their turn */
    bool listed;
};

/* A queue is listed where something of it waits, and it may be sent. */
struct waiting {
    uint32_t live_max;
    uint32_t first, last; /* of the list; NOBODY where it is empty */
    struct queue queues[HTTP_ORIGINS_MAX];
};

struct waiting *waiting_new(uint32_t live_max)
{
    struct waiting *waiting = memory_new(sizeof *waiting);
    waiting->live_max = live_max;
    waiting->first = waiting->last = NOBODY;
    return waiting;
}

/* ---- one queue ---- */

static struct trip *queue_at(const struct queue *queue, size_t i)
{
    return &queue->ring[(queue->first + i) & (queue->size - 1)];
}

static void queue_grow(struct queue *queue)
{
    size_t size = queue->size ? queue->size * 2 : 16;
    struct trip *ring = memory_new(size * sizeof *ring);
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = *queue_at(queue, i);
    free(queue->ring);
    queue->ring = ring;
    queue->size = size;
    queue->first = 0;
}

static void queue_push(struct queue *queue, const struct trip *trip)
{
    if (queue->count == queue->size)
        queue_grow(queue);
    *queue_at(queue, queue->count++) = *trip;
}

static struct trip queue_pop(struct queue *queue)
{
    struct trip trip = *queue_at(queue, 0);
    queue->first = (queue->first + 1) & (queue->size - 1);
    queue->count--;
    return trip;
}

/* ---- whose turn it is ---- */

static void list_if_ready(struct waiting *waiting, uint32_t origin)
{
    struct queue *queue = &waiting->queues[origin];
    if (queue->listed || !queue->count || queue->live >= waiting->live_max)
        return;
    queue->listed = true;
    queue->next = NOBODY;
    if (waiting->last == NOBODY)
        waiting->first = origin;
    else
        waiting->queues[waiting->last].next = origin;
    waiting->last = origin;
}

static struct queue *list_take(struct waiting *waiting)
{
    struct queue *queue = &waiting->queues[waiting->first];
    waiting->first = queue->next;
    if (waiting->first == NOBODY)
        waiting->last = NOBODY;
    queue->listed = false;
    return queue;
}

void waiting_push(struct waiting *waiting, const struct trip *trip)
{
    assert(trip->origin < HTTP_ORIGINS_MAX);
    queue_push(&waiting->queues[trip->origin], trip);
    list_if_ready(waiting, trip->origin);
}

bool waiting_next(struct waiting *waiting, struct trip *ret)
{
    while (waiting->first != NOBODY) {
        struct queue *queue = list_take(waiting);
        do
            *ret = queue_pop(queue);
        while (ret->kind == TRIP_NONE && queue->count);
        if (ret->kind == TRIP_NONE)
            continue;
        queue->live++;
        list_if_ready(waiting, ret->origin);
        return true;
    }
    return false;
}

void waiting_ended(struct waiting *waiting, uint32_t origin)
{
    assert(waiting->queues[origin].live > 0);
    waiting->queues[origin].live--;
    list_if_ready(waiting, origin);
}

/* ---- what is asked ---- */

size_t waiting_count(const struct waiting *waiting, uint32_t origin)
{
    return waiting->queues[origin].count;
}

struct trip *waiting_find(struct waiting *waiting, struct run_id run)
{
    for (struct queue *queue = waiting->queues;
         queue < waiting->queues + HTTP_ORIGINS_MAX; queue++)
        for (size_t i = 0; i < queue->count; i++) {
            struct trip *trip = queue_at(queue, i);
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
        struct queue *queue = &waiting->queues[i];
        for (; queue->count; queue->count--)
            trip_close(queue_at(queue, queue->count - 1));
        free(queue->ring);
    }
    free(waiting);
}
