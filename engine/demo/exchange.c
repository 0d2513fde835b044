/* One request to the stand-in, and its one answer, over civetweb. */
#include "exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <civetweb.h>

#include "mooncron/memory.h"
#include "mooncron/text.h"

static void read_body(struct exchange *exchange, struct text *body)
{
    long long wanted =
        mg_get_request_info(exchange->connection)->content_length;
    char chunk[4096];
    int got;
    while ((got = mg_read(exchange->connection, chunk, sizeof chunk)) > 0)
        text_add(body, chunk, (size_t)got);
    exchange->body_bad =
        body->cut || got < 0 || (wanted >= 0 && wanted != (long long)body->len);
}

void exchange_open(struct exchange *exchange, struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    *exchange = (struct exchange){
        .method = info->request_method,
        .path = info->local_uri ? info->local_uri : "",
        .connection = connection,
    };
    struct text body;
    text_init(&body, EXCHANGE_BODY_MAX);
    read_body(exchange, &body);
    exchange->body_len = body.len;
    exchange->body = text_take(&body);
}

void exchange_close(struct exchange *exchange)
{
    free(exchange->body);
    exchange->body = NULL;
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
    const char *value = mg_get_header(exchange->connection, name);
    return value ? value : "";
}

int64_t exchange_number(const struct exchange *exchange, const char *name,
                        int64_t otherwise)
{
    const char *query = mg_get_request_info(exchange->connection)->query_string;
    char text[32];
    if (!query || mg_get_var(query, strlen(query), name, text, sizeof text) < 1)
        return otherwise;
    char *end;
    int64_t value = strtoll(text, &end, 10);
    return *end ? otherwise : value;
}

json_t *exchange_json(const struct exchange *exchange)
{
    if (exchange->body_bad)
        return NULL;
    return json_loadb(exchange->body, exchange->body_len, 0, NULL);
}

static void settle(struct exchange *exchange, int status)
{
    assert(exchange->status == 0);
    exchange->status = status;
    if (exchange->on_status)
        exchange->on_status(exchange);
}

void exchange_send(struct exchange *exchange, int status, const char *type,
                   const char *body, size_t len)
{
    settle(exchange, status);
    mg_printf(exchange->connection,
              "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
              "Connection: %s\r\n%s\r\n",
              status, mg_get_response_code_text(exchange->connection, status),
              type, len, exchange->body_bad ? "close" : "keep-alive",
              exchange->extra);
    mg_write(exchange->connection, body, len);
    if (exchange->body_bad)
        mg_disable_connection_keep_alive(exchange->connection);
}

void exchange_answer(struct exchange *exchange, int status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
    exchange_send(exchange, status, "application/json; charset=utf-8", text,
                  strlen(text));
    free(text);
}

void exchange_fail(struct exchange *exchange, int status, const char *sentence)
{
    exchange_answer(exchange, status, json_pack("{s:s}", "error", sentence));
}

void exchange_drop(struct exchange *exchange)
{
    settle(exchange, -1);
    mg_disable_connection_keep_alive(exchange->connection);
}
