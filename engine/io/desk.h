/* The desk: what the handlers behind the gate share. Everything here may be
 * used by any thread; what is not const guards itself. */
#ifndef IO_DESK_H
#define IO_DESK_H

#include "mooncron/clock.h"
#include "mooncron/inbox.h"
#include "mooncron/log.h"
#include "mooncron/server.h"

#include "rate.h"
#include "replays.h"

#define DESK_TOKEN_LEN 64

/* How long a handler of /api/v1/reload waits: a command line waits with it, and
 * a script may take its whole budget to load. */
#define RELOAD_WAIT_MS 30000
/* The other questions ask the loop, and the store at most once. */
#define QUESTION_WAIT_MS 10000

struct desk {
    const struct server_config *config;
    const struct clock *clock;
    struct inbox *inbox;
    struct log *log;
    struct rates *rates;
    struct replays *replays;
    char token[DESK_TOKEN_LEN + 1]; /* of the gate */
};

#endif
