/* HTTP out: libcurl's multi interface on libuv's loop.
 *
 * At most HTTP_LIVE_MAX transfers exist at once; who has more to send keeps its
 * own queue and fills http_room() again when it hears of a done transfer.
 * (libcurl's own queue of pending handles is slow.) Callbacks come from the
 * loop, never from inside http_send() or http_cancel(). */
#ifndef MOONCRON_HTTP_H
#define MOONCRON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "mooncron/jobset.h"

struct sockaddr_storage;
struct uv_loop_s;
struct http;

/* Calls of jobs (CALLS_MAX of config.h) and, beside them, what must never wait
 * for these: fetches of Settings. */
#define HTTP_LIVE_MAX    528
#define HTTP_HEADERS_MAX 48 /* of one request */
#define HTTP_URL_MAX     8192
#define HTTP_ANSWER_MAX  (1 << 20)  /* bytes of a body that are waited for */
#define HTTP_KEEP_MAX    (64 << 10) /* bytes of a body that are kept */

/* Settings of the client; strings are copied. */
struct http_config {
    const char *backend_url; /* origin and path prefix; checked by http_new() */
    const char *api_key;     /* NULL: none is sent */
    const char *api_key_collection; /* "users" */
    const char *allow_hosts; /* other origins, space separated; NULL: none */
    bool https_only;         /* http:// is no URL */
    const char *ca_file;     /* NULL: the system's */
    /* PEM files, shown to the backend's origin alone; NULL: none. The key may
     * be in the certificate's file, and has no passphrase. */
    const char *client_cert, *client_key;
    uint32_t connect_timeout_ms;
};

struct http_request {
    enum method method;
    const char *url; /* "/path" is below backend_url and gets the API key */
    /* Lines with CRLF between them that go out as they are, before the headers:
     * none that libcurl has to know. NULL: none. */
    const char *block;
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_len;
    uint32_t timeout_ms;
    size_t keep_max; /* bytes of the answer to keep; 0: HTTP_KEEP_MAX */
};

enum http_fault {
    HTTP_NO_FAULT,    /* an answer came, whatever its status */
    HTTP_BAD_URL,     /* no URL, a scheme or a host that is not allowed */
    HTTP_UNREACHABLE, /* no address, refused: nothing was sent */
    HTTP_TLS,         /* certificate or handshake: nothing was sent */
    HTTP_TIMEOUT,
    HTTP_BROKEN, /* the connection broke */
    HTTP_TOO_LARGE,
    HTTP_CANCELLED,
};
extern const char *const http_fault_names[8]; /* "refused" ... for scripts */

struct http_answer {
    enum http_fault fault;
    const char *sentence; /* what libcurl said, "" without a fault */
    bool sent;            /* bytes of the request may have left */
    bool keyed;           /* it went to the backend, with our key */
    int status;           /* 0 with a fault before the status line */
    const char *body;     /* NUL follows; the first keep_max bytes */
    size_t body_len;
    const char *headers; /* "name: value\n", names in lower case, <= 16 KiB */
    uint32_t took_ms;
};

/* The answer is borrowed for the time of the call. */
typedef void http_done(void *data, uint64_t tag,
                       const struct http_answer *answer);

/* NULL and `reterr` where backend_url is no http or https URL, or a file cannot
 * be read. */
struct http *http_new(struct uv_loop_s *loop, const struct http_config *config,
                      struct error *reterr);

/* Our own listener, as getsockname() has it: a call that would lead there ends
 * with HTTP_BAD_URL. */
void http_avoid(struct http *http, const struct sockaddr_storage *listener);

/* Ends what is live (its callback comes with HTTP_CANCELLED, from the loop),
 * closes every handle, and calls `closed` when nothing is left. */
void http_close(struct http *http, void (*closed)(void *data), void *data);

/* The number of a URL's origin ("https://host:port" alone is one, too): 0 is
 * the backend's, also that of a path and of "". What is allowed nowhere has the
 * last number. */
#define HTTP_ORIGINS_MAX 66
size_t http_origin(const struct http *http, const char *url);

/* Writes the whole URL that the Location of an answer to a request to `from`
 * names: relative, or absolute and of the same origin. False and a clause
 * otherwise, which names origins and nothing else of a URL. */
bool http_follow(const struct http *http, const char *from,
                 const char *location, size_t len, char buffer[HTTP_URL_MAX],
                 struct error *reterr);

/* How many more transfers may be started now. */
size_t http_room(const struct http *http);
size_t http_live(const struct http *http);

/* Starts a transfer; everything in `request` is copied. `done` is called once,
 * faults of the request itself included. Returns a handle for http_cancel(),
 * or 0 where there is no room: then nothing happens. */
uint64_t http_send(struct http *http, const struct http_request *request,
                   http_done *done, void *data, uint64_t tag);

/* Asks a transfer to end; its `done` still comes. Unknown handles are fine.
 * True where bytes of the request may have left. */
bool http_cancel(struct http *http, uint64_t handle);

/* The value of a header in an answer's `headers`, or NULL; `ret_len` gets its
 * length. `name` in lower case. */
const char *http_header(const char *headers, const char *name, size_t *ret_len);

#endif
