/* The stand-in for the backend: who may ask what, and who answers.
 *
 * Story. A request is read whole, takes the fault that is set for its path, if
 * there is one, and is entered in a ledger; then it is met by its fault, else
 * checked for its key and answered by jobs.c or settings.c. The ledger learns
 * the status before the answer leaves. So whoever sees a call knows that no
 * later word changes its fault, and whoever has an answer finds it in the
 * ledger. Threads are civetweb's, one a connection; stopping wakes all that
 * wait before it joins them. */
#include "backend.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <civetweb.h>
#include <curl/curl.h>

#include "mooncron/memory.h"

#include "misbehave.h"
#include "patience.h"

#define AUTHORIZATION "users API-Key " /* Payload's own form */

static bool key_equal(const struct backend_user *user, const char *key)
{
    return *key && strcmp(user->key, key) == 0;
}

/* As in Payload: an Authorization header decides alone where there is one. */
const struct backend_user *backend_caller(const struct backend *backend,
                                          const struct exchange *exchange)
{
    const char *key = exchange_header(exchange, "x-api-key");
    const char *authorization = exchange_header(exchange, "Authorization");
    if (*authorization) {
        size_t len = strlen(AUTHORIZATION);
        bool ours = strncmp(authorization, AUTHORIZATION, len) == 0;
        key = ours ? authorization + len : "";
    }
    for (size_t i = 0; i < backend->user_count; i++) {
        if (key_equal(&backend->users[i], key))
            return &backend->users[i];
    }
    return NULL;
}

static void call_fill(struct backend_call *call,
                      const struct exchange *exchange,
                      const struct backend_user *caller,
                      char body[BACKEND_BODY_KEPT + 1])
{
    snprintf(body, BACKEND_BODY_KEPT + 1, "%s", exchange->body);
    *call = (struct backend_call){
        .arrived_ns = patience_wall_ns(),
        .field = {
            [CALL_METHOD] = exchange->method,
            [CALL_PATH] = exchange->path,
            [CALL_USER] = caller ? caller->name : "",
            [CALL_KEY] = exchange_header(exchange, "Idempotency-Key"),
            [CALL_JOB] = exchange_header(exchange, "X-Mooncron-Job"),
            [CALL_SCHEDULED] =
                exchange_header(exchange, "X-Mooncron-Scheduled-Time"),
            [CALL_ATTEMPT] = exchange_header(exchange, "X-Mooncron-Attempt"),
            [CALL_EPOCH] = exchange_header(exchange, "X-Mooncron-Epoch"),
            [CALL_TRIGGER] = exchange_header(exchange, "X-Mooncron-Trigger"),
            [CALL_KNOWN] = exchange_header(exchange, "If-None-Match"),
            [CALL_BODY] = body,
        },
    };
}

static bool is_settings(const struct exchange *exchange)
{
    return strcmp(exchange->path, "/api/settings") == 0;
}

/* `fault` may be NULL. */
static void serve(struct backend *backend, struct exchange *exchange,
                  const struct backend_user *caller, const struct fault *fault)
{
    if (fault && misbehave(backend->faults, fault, exchange))
        return;
    if (!caller)
        exchange_fail(exchange, 401, "Unauthorized");
    else if (!caller->admin)
        exchange_fail(exchange, 403, "Forbidden: admins only");
    else if (is_settings(exchange))
        settings_serve(backend, exchange, caller);
    else if (!jobs_serve(backend, exchange))
        exchange_answer(exchange, 404,
                        json_pack("{s:s}", "message", "Route not found"));
}

/* A call in its ledger, while it is served. */
struct entry {
    struct ledger *ledger;
    struct backend_call call;
    int64_t began_ms;
};

static void entry_complete(struct exchange *exchange)
{
    struct entry *entry = exchange->data;
    struct backend_call *call = &entry->call;
    call->status = exchange->status;
    call->took_ms = patience_mono_ms() - entry->began_ms;
    ledger_answer(entry->ledger, call->seq, call->status, call->took_ms);
}

/* Settings have a ledger of their own, so that one of jobs' calls holds
 * nothing else; changes of Settings are entered in neither. */
static void serve_api(struct backend *backend, struct exchange *exchange)
{
    const struct backend_user *caller = backend_caller(backend, exchange);
    bool settings = is_settings(exchange);
    struct fault taken;
    bool ill = faults_take(backend->faults, exchange->path, &taken);
    const struct fault *fault = ill ? &taken : NULL;
    if (settings && strcmp(exchange->method, "GET") != 0) {
        serve(backend, exchange, caller, fault);
        return;
    }
    struct entry entry = {
        .ledger = settings ? backend->fetches : backend->calls,
        .began_ms = patience_mono_ms(),
    };
    char body[BACKEND_BODY_KEPT + 1];
    call_fill(&entry.call, exchange, caller, body);
    entry.call.seq = ledger_add(entry.ledger, &entry.call);
    exchange->on_status = entry_complete;
    exchange->data = &entry;
    serve(backend, exchange, caller, fault);
    if (!settings && backend->on_call)
        backend->on_call(backend->data, &entry.call);
}

static int handle_request(struct mg_connection *connection, void *data)
{
    struct backend *backend = data;
    struct exchange exchange;
    exchange_open(&exchange, connection);
    if (strncmp(exchange.path, "/api/", 5) == 0)
        serve_api(backend, &exchange);
    else
        control_serve(backend, &exchange);
    int status = exchange.status;
    exchange_close(&exchange);
    return status > 0 ? status : 1;
}

/* civetweb's own complaints: a client that went away is no news here. */
static int ignore_message(const struct mg_connection *connection,
                          const char *message)
{
    (void)connection;
    (void)message;
    return 1;
}

static bool users_take(struct backend *backend,
                       const struct backend_config *config,
                       struct error *reterr)
{
    if (config->user_count > BACKEND_USERS_MAX) {
        error_set(reterr, "%zu users are more than %d", config->user_count,
                  BACKEND_USERS_MAX);
        return false;
    }
    for (size_t i = 0; i < config->user_count; i++) {
        const struct backend_user *user = &config->users[i];
        if (!user->key || !*user->key) {
            error_set(reterr, "the user %s has no API key", user->name);
            return false;
        }
        backend->users[backend->user_count++] = (struct backend_user){
            .name = memory_string(user->name),
            .key = memory_string(user->key),
            .admin = user->admin,
        };
    }
    return true;
}

/* civetweb says of every port that it cannot have the same. */
static bool port_is_taken(const struct backend_config *config)
{
    char port[8];
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE };
    struct addrinfo *found;
    snprintf(port, sizeof port, "%u", config->port);
    if (getaddrinfo(config->host, port, &hints, &found))
        return false;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool taken =
        bind(fd, found->ai_addr, found->ai_addrlen) && errno == EADDRINUSE;
    close(fd);
    freeaddrinfo(found);
    return taken;
}

static bool listen_on(struct backend *backend,
                      const struct backend_config *config, struct error *reterr)
{
    char address[128], why[256] = "";
    snprintf(address, sizeof address, "%s:%u", config->host, config->port);
    const char
        *options[] = {
            "listening_ports",
            address,
            "num_threads",
            "64", /* some hang on purpose */
            "enable_keep_alive",
            "yes",
            "keep_alive_timeout_ms",
            "2000", /* a thread waits as long */
            "request_timeout_ms",
            "10000",
            "tcp_nodelay",
            "1",
            NULL,
        };
    struct mg_callbacks callbacks = { .log_message = ignore_message };
    struct mg_init_data init = {
        .callbacks = &callbacks,
        .user_data = backend,
        .configuration_options = options,
    };
    struct mg_error_data error = { .text = why,
                                   .text_buffer_size = sizeof why };
    backend->server = mg_start2(&init, &error);
    struct mg_server_port port;
    if (!backend->server ||
        mg_get_server_ports(backend->server, 1, &port) != 1) {
        error_set(reterr, "cannot listen on %s: %s", address,
                  port_is_taken(config) ? strerror(EADDRINUSE) : why);
        return false;
    }
    backend->port = (uint16_t)port.port;
    mg_set_request_handler(backend->server, "/", handle_request, backend);
    return true;
}

struct backend *backend_start(const struct backend_config *config,
                              struct error *reterr)
{
    struct backend *backend = memory_new(sizeof *backend);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    mg_init_library(MG_FEATURES_DEFAULT);
    pthread_mutex_init(&backend->lock, NULL);
    backend->board = board_new(config->enable_jobs, config->environment);
    backend->faults = faults_new();
    backend->calls = ledger_new(LEDGER_CALLS);
    backend->fetches = ledger_new(LEDGER_FETCHES);
    backend->on_call = config->on_call;
    backend->on_change = config->on_change;
    backend->data = config->data;
    const char *secret = config->webhook_secret;
    backend->webhook_secret = secret ? memory_string(secret) : NULL;
    backend_set_worker(backend, config->worker_url);
    if (users_take(backend, config, reterr) &&
        listen_on(backend, config, reterr))
        return backend;
    backend_stop(backend);
    return NULL;
}

uint16_t backend_port(const struct backend *backend)
{
    return backend->port;
}

void backend_set_worker(struct backend *backend, const char *url)
{
    char *copy = url ? memory_string(url) : NULL;
    pthread_mutex_lock(&backend->lock);
    free(backend->worker_url);
    backend->worker_url = copy;
    pthread_mutex_unlock(&backend->lock);
}

static void users_free(struct backend *backend)
{
    for (size_t i = 0; i < backend->user_count; i++) {
        free((char *)backend->users[i].name);
        free((char *)backend->users[i].key);
    }
}

void backend_stop(struct backend *backend)
{
    if (!backend)
        return;
    faults_stop(backend->faults);
    ledger_stop(backend->calls);
    ledger_stop(backend->fetches);
    if (backend->server)
        mg_stop(backend->server);
    ledger_free(backend->calls);
    ledger_free(backend->fetches);
    faults_free(backend->faults);
    board_free(backend->board);
    users_free(backend);
    free(backend->webhook_secret);
    free(backend->worker_url);
    pthread_mutex_destroy(&backend->lock);
    mg_exit_library();
    curl_global_cleanup();
    free(backend);
}
