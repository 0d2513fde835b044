/* A visitor: one connection at the gate, from its acceptance to its end. */
#ifndef IO_VISITOR_H
#define IO_VISITOR_H

#include <stdbool.h>

#include <uv.h>

#include "gate.h"
#include "mooncron/text.h"
#include "peer.h"
#include "request.h"

enum visitor_state {
    VISITOR_READING,   /* the request is coming */
    VISITOR_ANSWERING, /* civetweb has it */
    VISITOR_WRITING,   /* the answer is going */
    VISITOR_LINGERING, /* it has gone; the other side may still be sending */
    VISITOR_CLOSING,
};

/* What the visitors of a gate share. */
struct hall {
    uv_loop_t *loop;
    struct gate_config config;
    char scratch[16 << 10]; /* what a read brings, until it is copied */
    bool stopping;
    struct visitor *first; /* the newest */
    unsigned count;
    size_t answer_bytes; /* that all of them hold */
    /* The last one has left. */
    void (*empty)(struct hall *hall);
};

struct visitor {
    /* the gate reads these */
    struct peer peer;
    enum visitor_state state;
    struct visitor *next, *prev;
    /* private */
    struct hall *hall;
    uv_tcp_t client, room;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write_room, write_client;
    uv_shutdown_t shutdown;
    unsigned handles; /* open */
    bool has_room, entered;
    uint64_t arrived_ms;
    struct request request;
    bool head_ready;
    struct text in, out; /* of the request; of the answer */
    size_t held;         /* bytes of an answer of the room's */
};

/* Takes a connected socket. */
void visitor_open(struct hall *hall, int fd, const struct peer *peer);
/* Ends a visit at once; the visitor frees itself later. */
void visitor_close(struct visitor *visitor);

#endif
