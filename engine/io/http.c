/* HTTP out: a pool of transfers in front of one multi handle.
 *
 *   send ──► URL, origin, headers ──► libcurl ──► ended ──► `done`
 *                    │                   ▲
 *                 refused: ended      cancelled: ended
 *
 * What ends without libcurl's word is reported from the next turn of the loop,
 * so `done` never comes from inside http_send() or http_cancel(). */
#include "mooncron/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "curl_uv.h"
#include "mooncron/memory.h"
#include "mooncron/origin.h"
#include "transfer.h"

const char *const http_fault_names[8] = {
    "", "url", "refused", "tls", "timeout", "network", "too_large", "cancelled",
};

/* A handle is a serial number and a place among HTTP_LIVE_MAX. */
#define PLACE_BITS 10
_Static_assert(HTTP_LIVE_MAX <= 1 << PLACE_BITS, "a place fits its bits");

struct http {
    uv_loop_t *loop;
    uv_idle_t idle; /* active while something waits to be reported */
    struct curl_uv *curl;
    struct origins *origins;
    char *keys; /* header lines that show who we are, or NULL */
    char *ca_file, *client_cert, *client_key;
    struct transfer_config config;
    struct transfer *places[HTTP_LIVE_MAX]; /* made when first needed */
    size_t made, live;
    struct transfer *unused, *ended;
    uint64_t serial;
    void (*closed)(void *data);
    void *closed_data;
    unsigned open; /* parts that must close */
};

/* ---- reporting ---- */

static void on_close_turn(uv_idle_t *idle);

static void report(struct http *http, struct transfer *transfer, CURLcode code)
{
    struct http_answer answer;
    transfer_answer(transfer, code, &answer);
    transfer->handle = 0;
    transfer->done(transfer->data, transfer->tag, &answer);
    transfer_shrink(transfer);
    transfer->state = TRANSFER_IDLE;
    transfer->next = http->unused;
    http->unused = transfer;
    http->live--;
    if (http->closed && !http->live)
        uv_idle_start(&http->idle, on_close_turn);
}

static void on_curl_done(void *data, CURL *easy, CURLcode code)
{
    struct transfer *transfer;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    transfer->state = TRANSFER_ENDED;
    report(data, transfer, code);
}

/* Those that end meanwhile have their turn in the next one, so that calls which
 * fail at once and are sent again do not hold the loop. */
static void on_idle(uv_idle_t *idle)
{
    struct http *http = idle->data;
    struct transfer *first = http->ended;
    http->ended = NULL;
    uv_idle_stop(idle);
    while (first) {
        struct transfer *transfer = first;
        first = transfer->next;
        report(http, transfer, CURLE_OK);
    }
}

static void end_later(struct http *http, struct transfer *transfer,
                      enum http_fault fault, const char *sentence)
{
    transfer_fail(transfer, fault, sentence);
    transfer->state = TRANSFER_ENDED;
    transfer->next = http->ended;
    http->ended = transfer;
    uv_idle_start(&http->idle, on_idle);
}

/* ---- origins ---- */

_Static_assert(HTTP_ORIGINS_MAX == ORIGINS_MAX + 2,
               "the backend's, those of the list, and none");

size_t http_origin(const struct http *http, const char *url)
{
    return origins_number(http->origins, url);
}

bool http_follow(const struct http *http, const char *from,
                 const char *location, size_t len, char buffer[HTTP_URL_MAX],
                 struct error *reterr)
{
    char text[HTTP_URL_MAX];
    if (len >= sizeof text) {
        error_set(reterr, "the URL is longer than %d bytes", HTTP_URL_MAX);
        return false;
    }
    memcpy(text, location, len);
    text[len] = '\0';
    return origins_follow(http->origins, from, text, buffer, HTTP_URL_MAX,
                          reterr);
}

/* ---- sending ---- */

size_t http_room(const struct http *http)
{
    return http->closed ? 0 : HTTP_LIVE_MAX - http->live;
}

size_t http_live(const struct http *http)
{
    return http->live;
}

static struct transfer *transfer_take(struct http *http)
{
    struct transfer *transfer = http->unused;
    if (transfer) {
        http->unused = transfer->next;
    } else {
        transfer = memory_new(sizeof *transfer);
        transfer_init(transfer, http->curl, &http->config);
        http->places[http->made] = transfer;
        transfer->place = http->made++;
    }
    http->live++;
    transfer->state = TRANSFER_LIVE;
    transfer_reset(transfer);
    transfer->handle = ++http->serial << PLACE_BITS | transfer->place;
    return transfer;
}

/* True where libcurl has it now. */
static bool transfer_send(struct http *http, struct transfer *transfer,
                          const struct http_request *request,
                          enum http_fault *ret_fault, struct error *reterr)
{
    char url[HTTP_URL_MAX];
    bool backend = false;
    *ret_fault = HTTP_BAD_URL;
    bool good = origins_resolve(http->origins, request->url, url, sizeof url,
                                &backend, reterr);
    transfer->keyed = good && backend && !request_has_credentials(request);
    const char *keys = transfer->keyed ? http->keys : NULL;
    transfer_certify(transfer, good && backend);
    if (!good || !transfer_prepare(transfer, request, url, keys, reterr))
        return false;
    *ret_fault = HTTP_BROKEN;
    return curl_uv_start(http->curl, transfer->easy, reterr);
}

uint64_t http_send(struct http *http, const struct http_request *request,
                   http_done *done, void *data, uint64_t tag)
{
    if (!http_room(http))
        return 0;
    struct transfer *transfer = transfer_take(http);
    transfer->done = done;
    transfer->data = data;
    transfer->tag = tag;
    enum http_fault fault;
    struct error err = { "" };
    if (!transfer_send(http, transfer, request, &fault, &err))
        end_later(http, transfer, fault, err.text);
    return transfer->handle;
}

bool http_cancel(struct http *http, uint64_t handle)
{
    uint64_t place = handle & ((1 << PLACE_BITS) - 1);
    struct transfer *transfer = place < http->made ? http->places[place] : NULL;
    if (!transfer || transfer->handle != handle)
        return false;
    if (transfer->state == TRANSFER_LIVE) {
        curl_uv_stop(http->curl, transfer->easy);
        end_later(http, transfer, HTTP_CANCELLED, "the call was cancelled");
    }
    return transfer_sent(transfer);
}

/* ---- life ---- */

/* backend.md: Payload wants the first, and a reverse proxy may strip it. */
static char *make_keys(const struct http_config *config)
{
    struct text lines;
    if (!config->api_key)
        return NULL;
    text_init(&lines, 16 << 10);
    text_printf(&lines, "Authorization: %s API-Key %s\r\nx-api-key: %s",
                config->api_key_collection ? config->api_key_collection
                                           : "users",
                config->api_key, config->api_key);
    return text_take(&lines);
}

static void http_free(struct http *http)
{
    for (size_t i = 0; i < http->made; i++)
        free(http->places[i]);
    free(http->keys);
    origins_free(http->origins);
    free(http->ca_file);
    free(http->client_cert);
    free(http->client_key);
    free(http);
}

/* NULL stays NULL. A file that cannot be read is said at the start. */
static bool take_file(char **ret_copy, const char *path, const char *name,
                      struct error *reterr)
{
    if (!path)
        return true;
    *ret_copy = memory_string(path);
    if (access(path, R_OK) == 0)
        return true;
    error_set(reterr, "%s: %s: %s", name, path, strerror(errno));
    return false;
}

static bool take_files(struct http *http, const struct http_config *config,
                       struct error *reterr)
{
    if (config->client_key && !config->client_cert) {
        error_set(reterr, "MOONCRON_CLIENT_KEY is set, and "
                          "MOONCRON_CLIENT_CERT is not");
        return false;
    }
    return take_file(&http->ca_file, config->ca_file, "MOONCRON_CA_FILE",
                     reterr) &&
           take_file(&http->client_cert, config->client_cert,
                     "MOONCRON_CLIENT_CERT", reterr) &&
           take_file(&http->client_key, config->client_key,
                     "MOONCRON_CLIENT_KEY", reterr);
}

struct http *http_new(struct uv_loop_s *loop, const struct http_config *config,
                      struct error *reterr)
{
    struct http *http = memory_new(sizeof *http);
    http->loop = loop;
    http->origins = origins_new(config->backend_url, config->allow_hosts,
                                config->https_only, reterr);
    if (http->origins && take_files(http, config, reterr))
        http->curl =
            curl_uv_new(loop, HTTP_LIVE_MAX, on_curl_done, http, reterr);
    if (!http->curl) {
        http_free(http);
        return NULL;
    }
    http->config.ca_file = http->ca_file;
    http->config.client_cert = http->client_cert;
    http->config.client_key = http->client_key;
    http->config.https_only = config->https_only;
    http->config.connect_timeout_ms = config->connect_timeout_ms;
    http->keys = make_keys(config);
    uv_idle_init(loop, &http->idle);
    http->idle.data = http;
    return http;
}

void http_avoid(struct http *http, const struct sockaddr_storage *listener)
{
    http->config.listener = *listener;
}

static void http_part_closed(struct http *http)
{
    if (--http->open)
        return;
    void (*closed)(void *data) = http->closed;
    void *data = http->closed_data;
    http_free(http);
    closed(data);
}

static void on_idle_closed(uv_handle_t *handle)
{
    http_part_closed(handle->data);
}

static void on_curl_closed(void *data)
{
    http_part_closed(data);
}

/* Nothing is live: the easy handles go before the multi handle they were in. */
static void http_close_parts(struct http *http)
{
    http->open = 2;
    uv_close((uv_handle_t *)&http->idle, on_idle_closed);
    for (size_t i = 0; i < http->made; i++)
        transfer_close(http->places[i]);
    curl_uv_close(http->curl, on_curl_closed, http);
}

static void on_close_turn(uv_idle_t *idle)
{
    struct http *http = idle->data;
    uv_idle_stop(idle);
    http_close_parts(http);
}

void http_close(struct http *http, void (*closed)(void *data), void *data)
{
    for (size_t i = 0; i < http->made; i++)
        http_cancel(http, http->places[i]->handle);
    http->closed = closed;
    http->closed_data = data;
    if (!http->live) /* perhaps inside a report: not now */
        uv_idle_start(&http->idle, on_close_turn);
}

/* ---- answers ---- */

const char *http_header(const char *headers, const char *name, size_t *ret_len)
{
    size_t len = strlen(name);
    for (const char *at = headers; *at;) {
        const char *end = strchr(at, '\n');
        if (!end)
            break;
        if (!strncmp(at, name, len) && at[len] == ':' && at[len + 1] == ' ') {
            *ret_len = (size_t)(end - at) - len - 2;
            return at + len + 2;
        }
        at = end + 1;
    }
    return NULL;
}
