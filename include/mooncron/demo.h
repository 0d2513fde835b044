/* The stand-in for the backend: the left side of the contract over real HTTP,
 * for `mooncron demo`, `mooncron backend` and the tests. Never in production:
 * whoever reaches its port may read its ledger and change its manners. */
#ifndef MOONCRON_DEMO_H
#define MOONCRON_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"

struct backend;

/* Somebody with an API key. Only an admin may call the endpoints. */
struct backend_user {
    const char *name;
    const char *key;
    bool admin;
};

#define BACKEND_USERS_MAX 8 /* an admin, an editor, and some for a test */

/* What is kept of one call. Text that did not come is "". */
enum call_field {
    CALL_METHOD,
    CALL_PATH,      /* without the query */
    CALL_USER,      /* "" where no key was known */
    CALL_KEY,       /* Idempotency-Key */
    CALL_JOB,       /* X-Mooncron-Job */
    CALL_SCHEDULED, /* X-Mooncron-Scheduled-Time */
    CALL_ATTEMPT,   /* X-Mooncron-Attempt */
    CALL_EPOCH,     /* X-Mooncron-Epoch */
    CALL_TRIGGER,   /* X-Mooncron-Trigger */
    CALL_KNOWN,     /* If-None-Match */
    CALL_BODY,      /* its first BACKEND_BODY_KEPT bytes */
    CALL_FIELDS,
};
#define BACKEND_BODY_KEPT 4096 /* a hundred thousand of them must fit */

struct backend_call {
    uint64_t seq;       /* from 1, without gaps */
    int64_t arrived_ns; /* since 1970 */
    int64_t took_ms;    /* until it was answered */
    int status;         /* 0 while it is open, -1 where it was dropped */
    const char *field[CALL_FIELDS];
};

/* Strings are copied. */
struct backend_config {
    const char *host; /* numeric address; loopback is meant */
    uint16_t port;    /* 0: any free one */
    const struct backend_user *users;
    size_t user_count;
    const char *worker_url;     /* NULL: nobody is told of changes, yet */
    const char *webhook_secret; /* NULL: the webhook is sent without one */
    bool enable_jobs;           /* Settings at the start */
    const char *environment;    /* NULL or "": null */
    /* Called by the stand-in's threads when a call to a job's endpoint was
     * answered; borrowed for the time of the call. May be NULL. */
    void (*on_call)(void *data, const struct backend_call *call);
    /* The same after a change of Settings: their JSON, and the HTTP status of
     * the webhook (0: not sent, or no answer came). May be NULL. */
    void (*on_change)(void *data, const char *settings, int webhook_status);
    void *data;
};

/* Serves from now on. NULL and a sentence where the address is taken, or a
 * user has no key, or there are too many. */
struct backend *backend_start(const struct backend_config *config,
                              struct error *reterr);
uint16_t backend_port(const struct backend *backend);
/* Where webhooks go from now on: the worker's origin, without a path. */
void backend_set_worker(struct backend *backend, const char *url);
/* Ends what hangs or waits, joins every thread and frees. NULL is fine. */
void backend_stop(struct backend *backend);

/* The demonstration: a stand-in, and a worker as a child, on loopback. */
struct demo_config {
    const char *program; /* the worker's program */
    const char *file;    /* the schedule */
    double speed;        /* how much faster the worker's time runs */
    uint16_t port;       /* of the stand-in; 0: any free one */
    uint32_t seconds;    /* ends by itself after so many; 0: never */
};

/* Runs until SIGINT, SIGTERM, the end of `seconds` or the worker's. Prints on
 * stdout. Returns an exit code; the sentence is set where it is not 0. */
int demo_run(const struct demo_config *config, struct error *reterr);

#endif
