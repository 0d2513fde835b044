/* A fetch asks the backend for its Settings, once.
 *
 *   200 and an object     → Settings
 *   304                   → not modified, where that was asked
 *   401 403 404           → refused: the key or the collection is wrong, and
 *                           asking again soon does not help
 *   all else              → failed: ask again
 *
 * Every failure is a sentence that names the variable to look at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "settings_json.h"

#define SETTINGS_PATH "/api/settings"
#define ETAG_MAX      256

/* One that is under way. */
struct fetch {
    settings_done *done;
    void *data;
    bool conditional; /* it said what is known */
};

static void fail(const struct fetch *fetch, enum fetch_outcome outcome,
                 const struct error *err)
{
    fetch->done(fetch->data, outcome, NULL, err);
}

/* ---- sentences ---- */

static void explain_fault(const struct http_answer *answer, struct error *err)
{
    error_set(err, "no answer from BACKEND_URL%s (%s: %s)", SETTINGS_PATH,
              http_fault_names[answer->fault], answer->sentence);
}

/* A body of HTML comes from a proxy, a login page, or another program. */
static void explain_type(const struct http_answer *answer, struct error *err)
{
    size_t len = 0;
    const char *type = http_header(answer->headers, "content-type", &len);
    if (!type || !len) {
        type = "no type";
        len = strlen(type);
    }
    error_set(err,
              "BACKEND_URL%s answered %d with %.*s, no Settings: is "
              "BACKEND_URL right?",
              SETTINGS_PATH, answer->status, (int)(len < 60 ? len : 60), type);
}

/* Payload hides a route from a collection it has no meaning in. */
static void explain_no_route(const struct http_answer *answer,
                             struct error *err)
{
    if (strstr(answer->body, "Route not found"))
        error_set(err,
                  "BACKEND_URL%s answered 404 \"Route not found\": does "
                  "MOONCRON_API_KEY_COLLECTION name the collection that "
                  "holds WORKER_API_KEY?",
                  SETTINGS_PATH);
    else
        error_set(err,
                  "BACKEND_URL%s answered 404: BACKEND_URL is another "
                  "program's, or the backend has no such route yet",
                  SETTINGS_PATH);
}

static enum fetch_outcome explain_status(const struct http_answer *answer,
                                         struct error *err)
{
    int status = answer->status;
    switch (status) {
    case 401:
    case 403:
        error_set(err,
                  "BACKEND_URL%s answered %d: WORKER_API_KEY is not a key the "
                  "backend knows, or its user may not read Settings "
                  "(MOONCRON_API_KEY_COLLECTION names the collection)",
                  SETTINGS_PATH, status);
        return FETCH_REFUSED;
    case 404:
        explain_no_route(answer, err);
        return FETCH_REFUSED;
    default:
        error_set(err, "BACKEND_URL%s answered %d%s", SETTINGS_PATH, status,
                  status >= 300 && status < 400 && status != 304
                      ? ", and a redirect is not followed: write where it "
                        "leads into BACKEND_URL"
                      : "");
        return FETCH_FAILED;
    }
}

/* ---- an answer ---- */

static void copy_header(const struct http_answer *answer, const char *name,
                        char buffer[ETAG_MAX])
{
    size_t len = 0;
    const char *value = http_header(answer->headers, name, &len);
    if (!value || len >= ETAG_MAX)
        len = 0;
    memcpy(buffer, value ? value : "", len);
    buffer[len] = '\0';
}

static struct settings *settings_of(const struct http_answer *answer,
                                    struct error *err)
{
    struct settings *settings =
        settings_parse(answer->body, answer->body_len, err);
    if (!settings) {
        error_wrap(err, "BACKEND_URL%s", SETTINGS_PATH);
        return NULL;
    }
    char etag[ETAG_MAX], version[ETAG_MAX];
    copy_header(answer, "etag", etag);
    copy_header(answer, "x-settings-version", version);
    settings_name_version(settings, etag,
                          *version ? version : settings->version);
    return settings;
}

static bool is_json(const struct http_answer *answer)
{
    size_t len = 0;
    const char *type = http_header(answer->headers, "content-type", &len);
    return type && memmem(type, len, "json", 4);
}

static void take_object(const struct fetch *fetch,
                        const struct http_answer *answer)
{
    struct error err = { "" };
    struct settings *settings = settings_of(answer, &err);
    if (settings) {
        fetch->done(fetch->data, FETCH_OK, settings, NULL);
        return;
    }
    if (!is_json(answer))
        explain_type(answer, &err);
    fail(fetch, FETCH_FAILED, &err);
}

static void on_answer(void *data, uint64_t tag,
                      const struct http_answer *answer)
{
    struct fetch *fetch = data;
    (void)tag;
    struct error err = { "" };
    if (answer->fault != HTTP_NO_FAULT) {
        explain_fault(answer, &err);
        fail(fetch, FETCH_FAILED, &err);
    } else if (answer->status == 304 && fetch->conditional) {
        fetch->done(fetch->data, FETCH_NOT_MODIFIED, NULL, NULL);
    } else if (answer->status == 200) {
        take_object(fetch, answer);
    } else {
        fail(fetch, explain_status(answer, &err), &err);
    }
    free(fetch);
}

bool settings_fetch(struct http *http, const struct settings *known,
                    uint32_t timeout_ms, settings_done *done, void *data)
{
    char condition[ETAG_MAX + 32];
    const char *const headers[] = { "Accept: application/json", condition };
    size_t count = 1;
    if (known && *known->etag && strlen(known->etag) < ETAG_MAX) {
        snprintf(condition, sizeof condition, "If-None-Match: %s", known->etag);
        count = 2;
    }
    struct fetch *fetch = memory_new(sizeof *fetch);
    fetch->done = done;
    fetch->data = data;
    fetch->conditional = count == 2;
    const struct http_request request = { .method = METHOD_GET,
                                          .url = SETTINGS_PATH,
                                          .headers = headers,
                                          .header_count = count,
                                          .timeout_ms = timeout_ms,
                                          .keep_max = SETTINGS_BYTES_MAX + 1 };
    if (http_send(http, &request, on_answer, fetch, 0))
        return true;
    free(fetch);
    return false;
}
