/* What is to happen, earliest first; what is at the same moment, in the order
 * in which it was put. */
#ifndef TEST_SIM_QUEUE_H
#define TEST_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "mooncron/core.h"

enum happening_kind {
    HAPPENS_EVENT,   /* the core is told `event` */
    HAPPENS_ARRIVAL, /* a request reaches the backend */
    HAPPENS_ANSWER,  /* a request is over for who sent it */
    HAPPENS_COMMIT,  /* the store has written a batch, or not */
    HAPPENS_RENEW,   /* its leases are to be renewed */
    HAPPENS_PRUNE,   /* old rows are to go */
    HAPPENS_START,   /* the process starts */
    HAPPENS_CRASH,   /* it dies */
    HAPPENS_WEBHOOK, /* one arrives */
    HAPPENS_RELIEF,  /* something works again */
    HAPPENS_MISFORTUNE,
};

/* `life` is that of the process that it is for; 0: of none. */
struct happening {
    enum happening_kind kind;
    uint32_t life;
    uint32_t which; /* request, webhook, or what works again */
    int64_t at_ms;
    uint64_t order;
    struct event event;
};

/* Zero-initialised is empty. */
struct queue {
    struct happening *places; /* of which `heap` says the order */
    uint32_t *heap, *free;
    size_t count, cap, free_count;
    uint64_t order;
};

void queue_put(struct queue *queue, const struct happening *happening);
/* NEVER_MS where nothing is to happen. */
int64_t queue_first_ms(const struct queue *queue);
struct happening queue_take(struct queue *queue);
/* Puts one back that could not happen, at a later moment, in its old order. */
void queue_defer(struct queue *queue, const struct happening *happening);
void queue_clear(struct queue *queue);
/* What it owns, where it does not happen after all. */
void happening_let_go(const struct happening *happening);
void queue_close(struct queue *queue);

#endif
