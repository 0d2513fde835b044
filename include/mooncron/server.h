/* The listener: a gate on libuv that owns the public address, and behind it, on
 * loopback and a port of its own, civetweb, which sees only whole, well-formed
 * requests. civetweb is started by the first request and ended when none came
 * for a minute, so an idle worker has no thread beside its loop.
 *
 * Routes: POST /webhook/settings-changed, POST /api/v1/reload,
 * GET /healthz, GET /readyz, and those of operators (io/jobs.h). Everything
 * else is 404, other methods 405. */
#ifndef MOONCRON_SERVER_H
#define MOONCRON_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "mooncron/inbox.h"
#include "mooncron/log.h"

struct sockaddr_storage;
struct uv_loop_s;
struct server;

/* Strings are copied. Secrets may be NULL. */
struct server_config {
    const char *host; /* numeric address or name */
    uint16_t port;    /* 0: any free one */
    const char *webhook_secret;
    const char *webhook_secret_previous;
    bool webhook_signature_only; /* MOONCRON_WEBHOOK_AUTH=signature */
    const char *admin_token;     /* bearer token of /api/v1 */
    bool admin_loopback_only;    /* the token was made up by this process */
    bool looks_public;           /* GET of /api/v1 needs none, from anywhere */
    uint32_t webhook_wait_ms;    /* below the caller's 5 s: 4000 */
    bool
        secret_required; /* true: none is no start; false: the webhook is 500 */
};

/* Binds and listens; NULL and a sentence where the address is taken or none, or
 * a secret is malformed; then the loop must run once more to be closed.
 * `clock` is read for timestamps and the signature's window. From now on
 * SIGPIPE is ignored. Inbox, clock and log must outlive the server. */
struct server *server_start(struct uv_loop_s *loop,
                            const struct server_config *config,
                            struct inbox *inbox, const struct clock *clock,
                            struct log *log, struct error *reterr);
/* The port that is listened on. */
uint16_t server_port(const struct server *server);
/* Its address, as getsockname() has it; true where only this machine can reach
 * it. */
bool server_address(const struct server *server, struct sockaddr_storage *ret);
/* Stops accepting, lets what is being answered end, joins every thread, frees
 * the server, then calls `stopped`. Who waits for a word keeps it waiting:
 * answer the asks, or close the inbox first. */
void server_stop(struct server *server, void (*stopped)(void *data),
                 void *data);

#endif
