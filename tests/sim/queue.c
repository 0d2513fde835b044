/* A binary heap of places, so that large events are not moved about. */
#include "queue.h"

#include <assert.h>
#include <stdlib.h>

#include "mooncron/memory.h"

static bool is_before(const struct queue *queue, uint32_t a, uint32_t b)
{
    const struct happening *x = &queue->places[a], *y = &queue->places[b];
    return x->at_ms != y->at_ms ? x->at_ms < y->at_ms : x->order < y->order;
}

static void queue_grow(struct queue *queue)
{
    size_t cap = queue->cap ? queue->cap * 2 : 64;
    queue->places = memory_resize(queue->places, cap, sizeof *queue->places);
    queue->heap = memory_resize(queue->heap, cap, sizeof *queue->heap);
    queue->free = memory_resize(queue->free, cap, sizeof *queue->free);
    for (size_t i = cap; i-- > queue->cap;)
        queue->free[queue->free_count++] = (uint32_t)i;
    queue->cap = cap;
}

static void sift_up(struct queue *queue, size_t at)
{
    uint32_t place = queue->heap[at];
    while (at > 0 && is_before(queue, place, queue->heap[(at - 1) / 2])) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = place;
}

static void sift_down(struct queue *queue, size_t at)
{
    uint32_t place = queue->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < queue->count &&
            is_before(queue, queue->heap[child + 1], queue->heap[child]))
            child++;
        if (child >= queue->count ||
            !is_before(queue, queue->heap[child], place))
            break;
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    queue->heap[at] = place;
}

void queue_defer(struct queue *queue, const struct happening *happening)
{
    if (!queue->free_count)
        queue_grow(queue);
    uint32_t place = queue->free[--queue->free_count];
    queue->places[place] = *happening;
    queue->heap[queue->count] = place;
    sift_up(queue, queue->count++);
}

void queue_put(struct queue *queue, const struct happening *happening)
{
    struct happening ordered = *happening;
    ordered.order = ++queue->order;
    queue_defer(queue, &ordered);
}

int64_t queue_first_ms(const struct queue *queue)
{
    return queue->count ? queue->places[queue->heap[0]].at_ms : NEVER_MS;
}

struct happening queue_take(struct queue *queue)
{
    assert(queue->count > 0);
    uint32_t place = queue->heap[0];
    queue->free[queue->free_count++] = place;
    queue->heap[0] = queue->heap[--queue->count];
    if (queue->count)
        sift_down(queue, 0);
    return queue->places[place];
}

void happening_let_go(const struct happening *happening)
{
    if (happening->kind == HAPPENS_EVENT && happening->event.kind == EV_LOADED)
        jobset_unref(happening->event.loaded.set);
}

void queue_clear(struct queue *queue)
{
    while (queue->count) {
        struct happening happening = queue_take(queue);
        happening_let_go(&happening);
    }
}

void queue_close(struct queue *queue)
{
    queue_clear(queue);
    free(queue->places);
    free(queue->heap);
    free(queue->free);
    *queue = (struct queue){ 0 };
}
