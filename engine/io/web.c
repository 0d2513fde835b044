/* civetweb behind the gate: it reads, finds the route, and writes what a
 * handler answered.
 *
 * Nothing of civetweb's own is left to chance: no files, no forms, no TLS, no
 * keep-alive; the callback below comes before all that civetweb would do with a
 * request by itself and answers every one. A request that does not come from
 * the gate, because another program of this machine found the port, is known
 * by its lack of the token. */
#include "web.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <civetweb.h>

#include "api.h"
#include "jobs.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "mooncron/text.h"
#include "request.h"
#include "route.h"
#include "webhook.h"

static const struct route routes[] = {
    { "POST", "/webhook/settings-changed", webhook_settings_changed },
    { "POST", "/api/v1/reload", api_reload },
    { "GET", "/api/v1/status", jobs_status },
    { "GET", "/api/v1/plan", jobs_plan },
    { "GET", "/metrics", jobs_metrics },
    { "GET", "/api/v1/runs", jobs_runs },
    { "GET", "/api/v1/jobs/*/runs", jobs_runs },
    { "GET", "/api/v1/jobs/*/runs/*", jobs_run },
    { "GET", "/api/v1/jobs/*/why", jobs_why },
    { "POST", "/api/v1/jobs/*/run", jobs_trigger },
    { "POST", "/api/v1/jobs/*/pause", jobs_pause },
    { "POST", "/api/v1/jobs/*/resume", jobs_resume },
    { "POST", "/api/v1/jobs/*/backfill", jobs_backfill },
};
#define ROUTES (sizeof routes / sizeof *routes)

#define FOUND_MAX 64 /* bytes of a text that is shown as it was found */

struct web {
    struct mg_context *context;
};

const char *web_header(const struct web_request *request, const char *name)
{
    const char *value = request->header(request, name);
    return value ? value : "";
}

/* A message quotes a schedule file, or what was asked: neither need be UTF-8.
 */
static json_t *text_json(const char *message)
{
    json_t *json = json_string(message);
    if (json)
        return json;
    char *copy = memory_string(message);
    for (char *at = copy; *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    json = json_string(copy);
    free(copy);
    return json;
}

void web_fail(struct web_answer *answer, int status, const char *sentence)
{
    answer->status = status;
    answer->body = json_pack("{s:o}", "error", text_json(sentence));
}

static void put_found(const json_t *found, struct text *out)
{
    if (!found)
        text_puts(out, "what is no UTF-8");
    else if (json_is_object(found))
        text_puts(out, "an object");
    else if (json_is_array(found))
        text_puts(out, "a list");
    else if (json_string_length(found) > FOUND_MAX) {
        text_printf(out, "a text of %zu bytes", json_string_length(found));
    } else {
        char *dumped = json_dumps(found, JSON_ENCODE_ANY);
        text_puts(out, dumped);
        free(dumped);
    }
}

void web_refuse(struct web_answer *answer, const char *wanted,
                const json_t *found)
{
    struct text sentence;
    text_init(&sentence, 1024);
    text_printf(&sentence, "%s, found ", wanted);
    put_found(found, &sentence);
    web_fail(answer, 400, sentence.data);
    text_close(&sentence);
}

void web_fail_because(struct web_answer *answer, int status,
                      const char *sentence, const char *message)
{
    web_fail(answer, status, sentence);
    json_object_set_new(answer->body, "message", text_json(message));
}

bool web_rate(struct desk *desk, const struct web_request *request,
              struct web_answer *answer)
{
    int64_t now_ms = clock_now(desk->clock).mono.ms;
    if (rates_take(desk->rates, request->net, now_ms, &answer->retry_after_s))
        return true;
    web_fail(answer, 429, "Too many requests");
    return false;
}

/* ---- Reading ---- */

static const char *connection_header(const struct web_request *request,
                                     const char *name)
{
    return mg_get_header(request->headers, name);
}

static bool from_gate(const struct desk *desk,
                      const struct mg_connection *connection)
{
    const char *token = mg_get_header(connection, REQUEST_TOKEN);
    return token &&
           secret_equal(token, strlen(token), desk->token, strlen(desk->token));
}

static uint32_t waited_ms(const struct mg_connection *connection)
{
    const char *arrived = mg_get_header(connection, REQUEST_ARRIVED);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    int64_t since = arrived ? now_ms - strtoll(arrived, NULL, 10) : 0;
    return since < 0 || since > UINT32_MAX ? 0 : (uint32_t)since;
}

struct visit {
    struct web_request request;
    char peer[48], net[56], mark;
    char body[REQUEST_BODY_MAX + 1];
};

static void read_peer(struct visit *visit,
                      const struct mg_connection *connection)
{
    const char *peer = mg_get_header(connection, REQUEST_PEER);
    if (!peer || sscanf(peer, "%47s %55s %c", visit->peer, visit->net,
                        &visit->mark) != 3)
        snprintf(visit->peer, sizeof visit->peer, "unknown");
    visit->request.peer = visit->peer;
    visit->request.net = visit->net;
    visit->request.loopback = visit->mark == 'L';
}

/* False where fewer bytes came than were promised, or more than are taken:
 * the gate lets neither through, and nobody else counts. */
static bool read_body(struct visit *visit, struct mg_connection *connection)
{
    long long wanted = mg_get_request_info(connection)->content_length;
    size_t len = 0;
    while (len < sizeof visit->body - 1) {
        int got = mg_read(connection, visit->body + len,
                          sizeof visit->body - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    visit->body[len] = '\0';
    visit->request.body = visit->body;
    visit->request.body_len = len;
    return wanted < 0 ? len == 0 : (size_t)wanted == len;
}

static void read_request(struct visit *visit, struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    visit->request = (struct web_request){
        .method = info->request_method,
        .path = info->local_uri_raw ? info->local_uri_raw : "",
        .query = info->query_string ? info->query_string : "",
        .waited_ms = waited_ms(connection),
        .header = connection_header,
        .headers = connection,
    };
    read_peer(visit, connection);
}

/* ---- Answering ---- */

/* An answer that can be asked for again is kept, and looked after. */
static void send_caching(struct mg_connection *connection, uint64_t tag)
{
    if (tag)
        mg_printf(connection,
                  "ETag: \"%016" PRIx64 "\"\r\nCache-Control: no-cache\r\n",
                  tag);
    else
        mg_printf(connection, "Cache-Control: no-store\r\n");
}

static void send_answer(struct mg_connection *connection, const char *method,
                        const struct web_answer *answer, const char *allow)
{
    char *dumped = answer->text ? NULL : json_dumps(answer->body, JSON_COMPACT);
    const char *body = answer->text ? answer->text : dumped;
    size_t len = body ? strlen(body) : 0;
    mg_printf(connection,
              "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n"
              "Content-Length: %zu\r\nConnection: close\r\n",
              answer->status,
              mg_get_response_code_text(connection, answer->status),
              answer->type ? answer->type : "application/json", len);
    send_caching(connection, answer->tag);
    if (allow)
        mg_printf(connection, "Allow: %s\r\n", allow);
    if (answer->retry_after_s)
        mg_printf(connection, "Retry-After: %u\r\n", answer->retry_after_s);
    if (answer->wants_bearer)
        mg_printf(connection, "WWW-Authenticate: Bearer\r\n");
    mg_write(connection, "\r\n", 2);
    if (strcmp(method, "HEAD") != 0 && len)
        mg_write(connection, body, len);
    free(dumped);
}

/* Does the client have it already? It may name several. */
static bool is_known(const struct web_request *request, uint64_t tag)
{
    char quoted[24];
    snprintf(quoted, sizeof quoted, "\"%016" PRIx64 "\"", tag);
    return tag && strstr(web_header(request, "If-None-Match"), quoted);
}

static void handle(struct desk *desk, const struct route *route,
                   struct web_request *request, struct web_answer *answer)
{
    request->route = route->path;
    route->handle(desk, request, answer);
    if (answer->status != 200 || !is_known(request, answer->tag))
        return;
    answer->status = 304;
    free(answer->text);
    answer->text = memory_copy("", 0);
}

static void answer_visit(struct desk *desk, struct visit *visit,
                         struct mg_connection *connection,
                         struct web_answer *answer, const char **ret_allow)
{
    if (!from_gate(desk, connection)) {
        web_fail(answer, 403, "Only the gate may ask here");
        return;
    }
    struct web_request *request = &visit->request;
    bool malformed = false;
    const struct route *route =
        route_find(routes, ROUTES, request->method, request->path,
                   request->parts, ret_allow, &malformed);
    if (!read_body(visit, connection))
        web_fail(answer, 400, "The body was cut");
    else if (malformed)
        web_fail(answer, 400, "The path holds what is no name");
    else if (route)
        handle(desk, route, request, answer);
    else if (*ret_allow)
        web_fail(answer, 405, "The method is not allowed here");
    else
        web_fail(answer, 404, "Not found");
}

static int on_request(struct mg_connection *connection)
{
    struct desk *desk = mg_get_user_data(mg_get_context(connection));
    struct visit *visit = memory_new(sizeof *visit);
    read_request(visit, connection);
    struct web_answer answer = { 0 };
    const char *allow = NULL;
    answer_visit(desk, visit, connection, &answer, &allow);
    send_answer(connection, visit->request.method, &answer, allow);
    json_decref(answer.body);
    free(answer.text);
    free(visit);
    return answer.status;
}

static int on_log_message(const struct mg_connection *connection,
                          const char *message)
{
    struct desk *desk = mg_get_user_data(mg_get_context(connection));
    if (desk)
        log_write(desk->log, LOG_WARN, "web", "civetweb: %s", message);
    return 1; /* said */
}

/* ---- Life ---- */

struct web *web_open(struct desk *desk, uint16_t *ret_port,
                     struct error *reterr)
{
    char threads[8], head[8];
    snprintf(threads, sizeof threads, "%d", WEB_THREADS);
    snprintf(head, sizeof head, "%d", REQUEST_HEAD_MAX + 1024);
    const char *options[] = {
        "listening_ports",
        "127.0.0.1:0",
        "num_threads",
        threads,
        "connection_queue",
        "256", /* as many as the gate has visitors */
        "listen_backlog",
        "256",
        "request_timeout_ms",
        "5000",
        "max_request_size",
        head,
        "decode_url", /* a route decodes what it leaves open, and no more */
        "no",
        "enable_directory_listing",
        "no",
        "enable_keep_alive",
        "no",
        "tcp_nodelay",
        "1",
        NULL,
    };
    const struct mg_callbacks callbacks = { .begin_request = on_request,
                                            .log_message = on_log_message };
    struct mg_context *context = mg_start(&callbacks, desk, options);
    struct mg_server_port port;
    if (!context || mg_get_server_ports(context, 1, &port) != 1) {
        error_set(reterr, "start civetweb on loopback: %s", strerror(errno));
        if (context)
            mg_stop(context);
        return NULL;
    }
    struct web *web = memory_new(sizeof *web);
    web->context = context;
    *ret_port = (uint16_t)port.port;
    return web;
}

void web_close(struct web *web)
{
    mg_stop(web->context);
    free(web);
}

void web_nudge(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    /* Whether it is let in does not matter: the knock is what wakes. */
    int ignored =
        connect(fd, (const struct sockaddr *)&address, sizeof address);
    (void)ignored;
    close(fd);
}
