/* civetweb as it is used here: on loopback, one callback, a table of routes. */
#ifndef IO_WEB_H
#define IO_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "desk.h"
#include "mooncron/error.h"

/* One thread for each ask that the inbox holds. Webhooks let each other go, so
 * they need few; command lines wait until a script that hangs is given up, and
 * must not keep a webhook from being heard. 64 start in 3 ms and take 1 MB, and
 * only while somebody asks. */
#define WEB_THREADS INBOX_ASKS_MAX

struct web;

/* Opens it on a port of the system's choice. NULL and a sentence. */
struct web *web_open(struct desk *desk, uint16_t *ret_port,
                     struct error *reterr);
/* Any thread. Waits for every handler; up to two seconds more unless
 * web_nudge() is called meanwhile. */
void web_close(struct web *web);
/* Wakes civetweb's master thread, which looks up only every two seconds; to be
 * called only once web_close() has begun. */
void web_nudge(uint16_t port);

/* Segments that a route leaves open, and the longest of them. */
#define WEB_PARTS    2
#define WEB_PART_MAX 128

/* A request as handlers see it; borrowed. */
struct web_request {
    const char *method, *path;
    const char *query;                       /* as it came, or "" */
    const char *route;                       /* the path of the route */
    char parts[WEB_PARTS][WEB_PART_MAX + 1]; /* decoded; "" or what `*` was */
    const char *peer, *net; /* the peer's address, and what limits count by */
    bool loopback;
    uint32_t waited_ms; /* since it arrived at the gate */
    const char *body;   /* NUL follows */
    size_t body_len;
    const char *(*header)(const struct web_request *request, const char *name);
    const void *headers; /* private */
};

/* Header value, or "" where there is none. */
const char *web_header(const struct web_request *request, const char *name);

/* Filled by a handler. */
struct web_answer {
    int status;
    json_t *body;
    char *text;             /* in place of the body */
    const char *type;       /* of the text; NULL: JSON */
    uint64_t tag;           /* not 0: ETag, and 304 to who has it already */
    unsigned retry_after_s; /* 0: no such header */
    bool wants_bearer;      /* with 401: WWW-Authenticate */
};

/* {"error": sentence} or {"error": sentence, "message": message}. */
void web_fail(struct web_answer *answer, int status, const char *sentence);
void web_fail_because(struct web_answer *answer, int status,
                      const char *sentence, const char *message);

/* 400: `wanted` is like "force must be true or false", and what was found in
 * its place is told behind it; NULL: it is no UTF-8. */
void web_refuse(struct web_answer *answer, const char *wanted,
                const json_t *found);

typedef void web_handler(struct desk *desk, const struct web_request *request,
                         struct web_answer *answer);

/* One try is taken from the peer's rate; false and 429 where none is left. */
bool web_rate(struct desk *desk, const struct web_request *request,
              struct web_answer *answer);

#endif
