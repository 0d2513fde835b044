/* A trip is one call, from the moment it is wanted until its answer is there:
 * what is known of it while it waits and while it is under way. */
#ifndef MOONCRON_TRIP_H
#define MOONCRON_TRIP_H

#include <stdint.h>

#include "call.h"
#include "mooncron/core.h"
#include "mooncron/hostmsg.h"

enum trip_kind {
    TRIP_NONE, /* cancelled while it waited */
    TRIP_DECLARED,
    TRIP_POLL,
    TRIP_SCRIPTED,
    TRIP_BEAT,
};

struct trip {
    enum trip_kind kind;
    uint32_t origin;            /* as http_origin() numbers them */
    struct run_note note;       /* all zero in a TRIP_BEAT */
    struct host_request *asked; /* TRIP_SCRIPTED, in one block */
    char *url;                  /* TRIP_POLL, TRIP_BEAT */
    const char *name; /* TRIP_BEAT: the job's, in the block of `url` */
    uint32_t number;  /* TRIP_SCRIPTED: of the request */
    uint32_t hops;    /* TRIP_POLL: how often it was sent elsewhere */
};

/* What it owns is copied, and freed by trip_close(). */
void trip_keep_asked(struct trip *trip, const struct host_request *asked);
void trip_keep_url(struct trip *trip, const char *url, const char *name);
void trip_close(struct trip *trip);

/* The request, as it goes on the wire. */
void trip_call(const struct trip *trip, struct call *call);

#endif
