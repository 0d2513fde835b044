/* The endpoints that jobs call: they do nothing, and say so in good form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/civil.h"

#include "backend.h"
#include "patience.h"

struct endpoint {
    const char *path;
    const char *wants; /* a field of text that the body must have; or NULL */
    bool reads;        /* answers GET as well, with figures */
};

static const struct endpoint endpoints[] = {
    { "/api/feed/flush", NULL, false },
    { "/api/feed/aggregate", NULL, false },
    { "/api/feed/rank", NULL, false },
    { "/api/hub/build-snapshot", "collection", false },
    { "/api/sync/city-counters", NULL, false },
    { "/api/sync/listing-type-counters", NULL, false },
    { "/api/cleanup/temp-media", NULL, false },
    { "/api/cleanup/deleted-listings", NULL, false },
    { "/api/admin/stats", NULL, true },
    { "/api/admin/digest", NULL, false },
};

static const struct endpoint *endpoint_find(const char *path)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        if (strcmp(endpoints[i].path, path) == 0)
            return &endpoints[i];
    }
    return NULL;
}

static void succeed(struct exchange *exchange, const struct endpoint *endpoint,
                    int64_t began_ms)
{
    char now[RFC3339_TEXT_MAX];
    rfc3339_format((struct wall){ patience_wall_ns() / 1000000 }, 0, now);
    json_t *json = json_pack("{s:b, s:I, s:s}", "success", 1, "duration",
                             (json_int_t)(patience_mono_ms() - began_ms),
                             "timestamp", now);
    if (endpoint->reads)
        json_object_set_new(json, "users", json_integer(1287));
    exchange_answer(exchange, 200, json);
}

/* What is wrong with the body, or NULL. */
static const char *body_fault(const struct exchange *exchange,
                              const struct endpoint *endpoint)
{
    json_t *json = exchange_json(exchange);
    const char *fault = NULL;
    if (!json)
        fault = "the body is no JSON: Unexpected end of JSON input";
    else if (endpoint->wants &&
             !json_is_string(json_object_get(json, endpoint->wants)))
        fault = "the body has no collection";
    json_decref(json);
    return fault;
}

bool jobs_serve(struct backend *backend, struct exchange *exchange)
{
    const struct endpoint *endpoint = endpoint_find(exchange->path);
    if (!endpoint)
        return false;
    int64_t began_ms = patience_mono_ms();
    bool reads = strcmp(exchange->method, "GET") == 0;
    if (strcmp(exchange->method, "POST") != 0 && !(reads && endpoint->reads)) {
        exchange_fail(exchange, 405, "Method not allowed");
        return true;
    }
    const char *fault = reads ? NULL : body_fault(exchange, endpoint);
    struct board_view view;
    board_read(backend->board, &view);
    free(view.json);
    snprintf(exchange->extra, sizeof exchange->extra,
             "X-Settings-Version: %s\r\n", view.version);
    if (fault)
        exchange_fail(exchange, 400, fault);
    else
        succeed(exchange, endpoint, began_ms);
    return true;
}
