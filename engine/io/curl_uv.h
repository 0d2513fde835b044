/* libcurl's multi interface on a uv loop. */
#ifndef IO_CURL_UV_H
#define IO_CURL_UV_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "mooncron/error.h"

struct uv_loop_s;
struct curl_uv;

/* A transfer has ended and is out of the multi handle. It comes from the loop,
 * and may start or stop others. */
typedef void curl_uv_done(void *data, CURL *easy, CURLcode code);

/* `connections_max` is how many connections are kept for reuse: below the
 * number of transfers at once, each call would cost three times as much. */
struct curl_uv *curl_uv_new(struct uv_loop_s *loop, size_t connections_max,
                            curl_uv_done *done, void *data,
                            struct error *reterr);

/* Every easy handle that is started opens its sockets by curl_uv_open(), from
 * a callback of its own, and closes them by curl_uv_shut(). Give it to
 * curl_uv_adopt() once before its first start: it sets the second half. */
void curl_uv_adopt(struct curl_uv *curl, CURL *easy);
curl_socket_t curl_uv_open(struct curl_uv *curl,
                           const struct curl_sockaddr *address);

/* False where libcurl does not take it; `reterr` says why. */
bool curl_uv_start(struct curl_uv *curl, CURL *easy, struct error *reterr);
/* Takes a transfer out; `done` does not come for it. */
void curl_uv_stop(struct curl_uv *curl, CURL *easy);

/* No transfer may be in it, and no call of `done` on the stack. `closed` comes
 * from the loop when every handle is closed. */
void curl_uv_close(struct curl_uv *curl, void (*closed)(void *data),
                   void *data);

#endif
