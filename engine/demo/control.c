/* What only the stand-in has: its ledger, its faults and its page. Nobody is
 * asked for a key here; it is for demonstrations and tests. */
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "page.h"

#define LEDGER_PAGE 2000 /* calls in one answer: below a megabyte mostly */

static void add_call(void *data, const struct backend_call *call)
{
    json_t *entry = json_pack(
        "{s:I, s:I, s:I, s:I}", "seq", (json_int_t)call->seq, "arrivedMs",
        (json_int_t)(call->arrived_ns / 1000000), "arrivedNs",
        (json_int_t)call->arrived_ns, "tookMs", (json_int_t)call->took_ms);
    json_object_set_new(entry, "status",
                        call->status ? json_integer(call->status)
                                     : json_null());
    for (size_t i = 0; i < CALL_FIELDS; i++) {
        json_t *text = json_string(call->field[i]);
        /* A body that is no UTF-8 is left out: JSON cannot carry it. */
        json_object_set_new(entry, call_field_names[i],
                            text ? text : json_null());
    }
    json_array_append_new(data, entry);
}

/* ?after=SEQ&wait=MS&count=N: answers when N calls after SEQ exist, or when
 * the time is up. */
static void serve_ledger(struct ledger *ledger, struct exchange *exchange)
{
    int64_t after = exchange_number(exchange, "after", 0);
    int64_t count = exchange_number(exchange, "count", 1);
    int64_t wait_ms = exchange_number(exchange, "wait", 0);
    if (after < 0 || count < 0 || wait_ms < 0) {
        exchange_fail(exchange, 400, "after, count and wait are never below 0");
        return;
    }
    ledger_wait(ledger, (uint64_t)after, (uint64_t)count, wait_ms);
    json_t *entries = json_array();
    uint64_t last =
        ledger_visit(ledger, (uint64_t)after, LEDGER_PAGE, add_call, entries);
    exchange_answer(
        exchange, 200,
        json_pack("{s:I, s:o}", "last", (json_int_t)last, "entries", entries));
}

static bool fault_kind_read(const char *name, enum fault_kind *ret_kind)
{
    for (size_t i = 0; i < FAULT_KINDS; i++) {
        if (strcmp(fault_names[i], name) == 0) {
            *ret_kind = (enum fault_kind)i;
            return true;
        }
    }
    return false;
}

static bool fault_read(json_t *json, struct fault *ret, struct error *reterr)
{
    const char *path = NULL, *kind = NULL, *body = "";
    json_int_t ms = 60000, times = INT64_MAX;
    json_error_t why;
    *ret = (struct fault){ 0 };
    if (json_unpack_ex(json, &why, JSON_STRICT, "{s:s, s:s, s?I, s?I, s?s}",
                       "path", &path, "kind", &kind, "ms", &ms, "times", &times,
                       "body", &body) != 0)
        error_set(reterr, "a fault is {path, kind, ms, times, body}: %s",
                  why.text);
    else if (!fault_kind_read(kind, &ret->kind))
        error_set(reterr, "kind cannot be \"%s\"", kind);
    else if (ms < 0 || times < 1)
        error_set(reterr, "ms is 0 or more, times 1 or more");
    else if (strlen(path) >= FAULT_PATH_MAX || strlen(body) >= FAULT_BODY_MAX)
        error_set(reterr, "path or body is too long");
    else {
        strcpy(ret->path, path);
        strcpy(ret->body, body);
        ret->ms = ms;
        ret->times = times;
        return true;
    }
    return false;
}

static void serve_faults(struct backend *backend, struct exchange *exchange)
{
    json_t *json = exchange_json(exchange);
    struct fault fault;
    struct error error;
    if (!fault_read(json, &fault, &error))
        exchange_fail(exchange, 400, error.text);
    else if (!faults_set(backend->faults, &fault))
        exchange_fail(exchange, 409, "too many faults at once");
    else
        exchange_answer(exchange, 200, json_pack("{s:b}", "success", 1));
    json_decref(json);
}

static void serve_settings(struct backend *backend, struct exchange *exchange)
{
    if (strcmp(exchange->method, "POST") == 0) {
        settings_change(backend, exchange, "demo page");
        return;
    }
    struct board_view view;
    board_read(backend->board, &view);
    exchange_send(exchange, 200, "application/json", view.json,
                  strlen(view.json));
    free(view.json);
}

void control_serve(struct backend *backend, struct exchange *exchange)
{
    const char *path = exchange->path;
    if (strcmp(path, "/_demo/ledger") == 0)
        serve_ledger(backend->calls, exchange);
    else if (strcmp(path, "/_demo/requests") == 0)
        serve_ledger(backend->fetches, exchange);
    else if (strcmp(path, "/_demo/faults") == 0)
        serve_faults(backend, exchange);
    else if (strcmp(path, "/_demo/settings") == 0)
        serve_settings(backend, exchange);
    else if (strcmp(path, "/") == 0)
        exchange_send(exchange, 200, "text/html; charset=utf-8", page_html,
                      strlen(page_html));
    else
        exchange_fail(exchange, 404, "not found");
}
