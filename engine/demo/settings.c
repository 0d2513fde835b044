/* Settings over HTTP: read with an ETag, changed with a webhook.
 *
 * Story of a change. It is proposed; the webhook leaves; it is committed; who
 * asked is told what the webhook answered. `?commit_ms=N` is Payload's order:
 * the webhook leaves first, and N ms after its answer readers see the change.
 * Without it readers see the change before the webhook leaves.
 * `?webhook=0` is the webhook that was lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

#include "backend.h"
#include "hook.h"

static void settings_read(struct backend *backend, struct exchange *exchange)
{
    struct board_view view;
    board_read(backend->board, &view);
    snprintf(exchange->extra, sizeof exchange->extra,
             "ETag: %s\r\nX-Settings-Version: %s\r\n", view.etag, view.version);
    const char *known = exchange_header(exchange, "If-None-Match");
    if (strcmp(known, view.etag) == 0)
        exchange_send(exchange, 304, "application/json", "", 0);
    else
        exchange_send(exchange, 200, "application/json; charset=utf-8",
                      view.json, strlen(view.json));
    free(view.json);
}

/* The webhook's body: what Payload's hook after a change sends. */
static char *notice(const struct board_change *change, const char *changed_by)
{
    json_t *json = json_pack(
        "{s:O, s:O, s:O, s:s}", "enableJobs",
        json_object_get(change->settings, "enableJobs"), "schedulerEnvironment",
        json_object_get(change->settings, "schedulerEnvironment"), "timestamp",
        json_object_get(change->settings, "updatedAt"), "changedBy",
        changed_by);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static char *worker_url(struct backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    const char *url = backend->worker_url;
    char *copy = url ? memory_string(url) : NULL;
    pthread_mutex_unlock(&backend->lock);
    return copy;
}

/* What became of the webhook, as JSON; `ret_status` is 0 without an answer. */
static json_t *tell_worker(struct backend *backend,
                           const struct board_change *change,
                           const char *changed_by, int *ret_status)
{
    *ret_status = 0;
    char *url = worker_url(backend);
    if (!url)
        return json_null();
    char *body = notice(change, changed_by);
    struct hook_answer answer;
    hook_send(url, backend->webhook_secret, body, &answer);
    *ret_status = answer.status;
    json_t *said = json_loads(answer.body.data, 0, NULL);
    if (!said)
        said = json_string(answer.body.data);
    json_t *json = json_pack("{s:i, s:I, s:o}", "status", answer.status,
                             "tookMs", (json_int_t)answer.took_ms, "answer",
                             said ? said : json_null());
    hook_answer_close(&answer);
    free(body);
    free(url);
    return json;
}

static json_t *carry_out(struct backend *backend,
                         const struct board_change *change,
                         const char *changed_by,
                         const struct exchange *exchange, int *ret_status)
{
    int64_t commit_ms = exchange_number(exchange, "commit_ms", -1);
    if (commit_ms < 0)
        board_commit(backend->board, change);
    json_t *webhook = NULL;
    if (exchange_number(exchange, "webhook", 1) != 0)
        webhook = tell_worker(backend, change, changed_by, ret_status);
    if (commit_ms >= 0) {
        faults_pause(backend->faults, commit_ms);
        board_commit(backend->board, change);
    }
    return webhook ? webhook : json_null();
}

void settings_change(struct backend *backend, struct exchange *exchange,
                     const char *changed_by)
{
    json_t *values = exchange_json(exchange);
    struct board_change change;
    struct error error;
    if (!board_propose(backend->board, values, &change, &error)) {
        exchange_fail(exchange, 400, error.text);
        json_decref(values);
        return;
    }
    json_decref(values);
    int status = 0;
    json_t *webhook =
        carry_out(backend, &change, changed_by, exchange, &status);
    if (backend->on_change) {
        char *text = json_dumps(change.values, JSON_COMPACT);
        backend->on_change(backend->data, text, status);
        free(text);
    }
    exchange_answer(exchange, 200,
                    json_pack("{s:s, s:O, s:o}", "message",
                              "Updated successfully.", "doc", change.settings,
                              "webhook", webhook));
    board_change_close(&change);
}

void settings_serve(struct backend *backend, struct exchange *exchange,
                    const struct backend_user *caller)
{
    if (strcmp(exchange->method, "GET") == 0)
        settings_read(backend, exchange);
    else if (strcmp(exchange->method, "PATCH") == 0 ||
             strcmp(exchange->method, "POST") == 0)
        settings_change(backend, exchange, caller->name);
    else
        exchange_fail(exchange, 405, "Method not allowed");
}
