/* A transfer: one easy handle with the buffers of its request and its answer,
 * used again and again. */
#ifndef IO_TRANSFER_H
#define IO_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "curl_uv.h"
#include "mooncron/http.h"
#include "mooncron/text.h"

/* Around a caller's headers: a block before, and behind what libcurl shall not
 * make up. */
#define TRANSFER_NODES     (HTTP_HEADERS_MAX + 3)
#define ANSWER_HEADERS_MAX (16 << 10)

#define TRANSFER_TIMEOUT_MS 30000 /* where a request says 0: never none */

struct transfer_config;

struct transfer {
    CURL *easy;
    struct curl_uv *curl;
    const struct transfer_config *config;

    /* owned by http.c */
    uint64_t handle; /* 0: nothing is under way */
    size_t place;    /* among the transfers */
    enum { TRANSFER_IDLE, TRANSFER_LIVE, TRANSFER_ENDED } state;
    struct transfer *next; /* of the idle ones, or of those to be reported */
    http_done *done;
    void *data;
    uint64_t tag;

    /* the request */
    char *bytes; /* its headers and body */
    size_t byte_cap;
    struct curl_slist nodes[TRANSFER_NODES];
    bool repeatable; /* GET: a second sending changes nothing */
    bool keyed;      /* with our key */

    /* the answer */
    struct text body, headers;
    size_t keep_max, body_total;
    bool begun; /* a connection was there, and the request went to it */
    bool too_large, repeat_refused;
    const char *address_refused; /* why; or NULL */
    struct timespec since;       /* by CLOCK_MONOTONIC */
    enum http_fault fault;       /* set where libcurl is not asked */
    char says[CURL_ERROR_SIZE];
};

/* Shared by all transfers; must outlive them. */
struct transfer_config {
    const char *ca_file; /* NULL: the system's */
    const char *client_cert, *client_key;
    bool https_only;
    uint32_t connect_timeout_ms;
    struct sockaddr_storage listener; /* ours, which is not called */
};

void transfer_init(struct transfer *transfer, struct curl_uv *curl,
                   const struct transfer_config *config);
void transfer_close(struct transfer *transfer);

/* Forgets the last answer; its time begins. */
void transfer_reset(struct transfer *transfer);
/* Copies a request into the handle. `keys` are lines that show who we are, with
 * CRLF between them, or NULL. False and a sentence where a header is none that
 * may be sent. */
bool transfer_prepare(struct transfer *transfer,
                      const struct http_request *request, const char *url,
                      const char *keys, struct error *reterr);
/* Shows our certificate in the next request, or no longer. */
void transfer_certify(struct transfer *transfer, bool ours);
/* Whether bytes of the request may have left. */
bool transfer_sent(const struct transfer *transfer);
/* Ends without libcurl: `sentence` says why. */
void transfer_fail(struct transfer *transfer, enum http_fault fault,
                   const char *sentence);
/* What came of it; borrowed until the next transfer_prepare(). */
void transfer_answer(struct transfer *transfer, CURLcode code,
                     struct http_answer *ret);
/* Gives back what a large answer took. */
void transfer_shrink(struct transfer *transfer);

/* May this request bring credentials of its own? Then it gets none of ours. */
bool request_has_credentials(const struct http_request *request);

#endif
