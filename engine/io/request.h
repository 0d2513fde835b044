/* A request: the head of an HTTP request, read strictly. Bytes in, verdict out:
 * no I/O, no memory of its own.
 *
 * What two programs could understand in two ways is refused here, so civetweb
 * never sees it. */
#ifndef IO_REQUEST_H
#define IO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/text.h"

#include "peer.h"

#define REQUEST_LINE_MAX    4096       /* no path of ours is near it */
#define REQUEST_HEADERS_MAX 64         /* civetweb forgets those after it */
#define REQUEST_FIELDS_MAX  (16 << 10) /* bytes of all headers together */
#define REQUEST_BODY_MAX    (64 << 10) /* Settings are no longer either */
#define REQUEST_HEAD_MAX    (REQUEST_LINE_MAX + REQUEST_FIELDS_MAX + 4)

/* Between the gate and civetweb; a client's own are not passed on. */
#define REQUEST_TOKEN   "X-Mooncron-Gate"
#define REQUEST_PEER    "X-Mooncron-Peer"    /* address, network, L or - */
#define REQUEST_ARRIVED "X-Mooncron-Arrived" /* monotonic milliseconds */

/* Headers that are passed on, the first of each. */
#define REQUEST_KEPT_MAX 16

enum request_verdict {
    REQUEST_MORE,    /* so far so good */
    REQUEST_READY,   /* the head is whole; content_len bytes follow it */
    REQUEST_REFUSED, /* `status` and `why` say what to answer */
};

struct request_span {
    uint32_t at, len; /* in the bytes that were read */
};

/* Zero-initialised: nothing was read. */
struct request {
    int status;
    const char *why; /* static: no byte of the request is in it */
    bool known_method;
    bool is_head;                             /* the answer must have no body */
    bool wants_continue;                      /* Expect: 100-continue */
    struct request_span method, path, target; /* path: without the query */
    size_t head_len, content_len;
    /* private */
    size_t line_at, seen, fields_at;
    uint32_t headers;
    bool has_line, has_length, is_1_0;
    struct request_span kept[REQUEST_KEPT_MAX];
};

/* `bytes` are all that came so far, from the first; each call sees at least
 * those of the one before. Not to be called again after a verdict that is not
 * REQUEST_MORE. */
enum request_verdict request_read(struct request *request, const char *bytes,
                                  size_t len);

/* Is the path exactly this? */
bool request_is(const struct request *request, const char *bytes,
                const char *path);
bool request_method_is(const struct request *request, const char *bytes,
                       const char *method);

/* The head that civetweb sees, made anew out of what was understood. */
void request_write(const struct request *request, const char *bytes,
                   const char *token, const struct peer *peer,
                   uint64_t arrived_ms, struct text *out);

#endif
