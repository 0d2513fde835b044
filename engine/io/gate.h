/* The gate: it owns the public address, lets whole and well-formed requests
 * through to the room behind it, and answers everything else itself.
 *
 * Every connection carries one request (Connection: close): who sends a webhook
 * now and then gains nothing from keeping it, and what is left over in a
 * connection is where requests are smuggled. */
#ifndef IO_GATE_H
#define IO_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "mooncron/inbox.h"
#include "mooncron/log.h"

struct sockaddr_storage;
struct uv_loop_s;
struct gate;

#define GATE_VISITORS_MAX 256 /* some 22 MB, were all to send all they may */
#define GATE_PEER_MAX     16  /* nobody sends more webhooks at one time */
#define GATE_LOOPBACK_MAX 128 /* proxies and backends on this machine */
/* To send a request (one on a bad line takes a second); to fetch an answer, and
 * for each MiB of it; to read it, before we hang up. */
#define GATE_REQUEST_MS_MAX 5000
#define GATE_WRITE_MS_MAX   5000
#define GATE_LINGER_MS_MAX  1000
/* Of one answer (a plan or the metrics of 10,000 jobs fit), and of those that
 * all visitors together have not fetched yet. */
#define GATE_ANSWER_MAX  (16 << 20)
#define GATE_ANSWERS_MAX (64 << 20)
#define GATE_PAUSE_MS    100 /* without descriptors: others may free some */
#define GATE_SPARE_FDS   8   /* kept back: civetweb spins without any */

/* Who is behind the gate. Strings are copied. */
struct gate_config {
    const char *host;
    uint16_t port;
    const char *token;      /* tells civetweb that a request comes from us */
    uint32_t answer_ms_max; /* longer than any handler waits */
    struct inbox *inbox;    /* for /healthz and /readyz */
    struct log *log;
    /* A request wants in: the port of the room on loopback, or 0 where it
     * cannot be opened. After a port, `leave` is called once. */
    uint16_t (*enter)(void *data);
    void (*leave)(void *data);
    void *data;
};

struct gate *gate_start(struct uv_loop_s *loop,
                        const struct gate_config *config, struct error *reterr);
uint16_t gate_port(const struct gate *gate);
void gate_address(const struct gate *gate, struct sockaddr_storage *ret);
/* Turns away who has not sent a whole request yet, waits for the others, frees
 * the gate, then calls `stopped`. */
void gate_stop(struct gate *gate, void (*stopped)(void *data), void *data);

#endif
