/* What the parts of the stand-in share. Private to this folder. */
#ifndef DEMO_BACKEND_H
#define DEMO_BACKEND_H

#include <pthread.h>

#include "mooncron/demo.h"

#include "board.h"
#include "exchange.h"
#include "faults.h"
#include "ledger.h"

#define LEDGER_CALLS   100000 /* some 40 MB when full: an hour at 28 a second */
#define LEDGER_FETCHES 10000

struct mg_context;

struct backend {
    /* Fixed once it is started. */
    struct mg_context *server;
    uint16_t port;
    struct backend_user users[BACKEND_USERS_MAX];
    size_t user_count;
    char *webhook_secret; /* NULL: none */
    void (*on_call)(void *data, const struct backend_call *call);
    void (*on_change)(void *data, const char *settings, int webhook_status);
    void *data;
    /* Each locks for itself. */
    struct board *board;
    struct faults *faults;
    struct ledger *calls, *fetches;

    pthread_mutex_t lock; /* of worker_url */
    char *worker_url;     /* NULL: nobody is told */
};

/* Who sent this; NULL where no key is known. */
const struct backend_user *backend_caller(const struct backend *backend,
                                          const struct exchange *exchange);

/* jobs.c: an endpoint that a job calls; `caller` is an admin.
 * False where there is none of that path. */
bool jobs_serve(struct backend *backend, struct exchange *exchange);

/* settings.c: reading, and changing with the webhook. */
void settings_serve(struct backend *backend, struct exchange *exchange,
                    const struct backend_user *caller);
void settings_change(struct backend *backend, struct exchange *exchange,
                     const char *changed_by);

/* control.c: what only the stand-in has, below /_demo/, and the page. */
void control_serve(struct backend *backend, struct exchange *exchange);

#endif
