/* An errand runs a loop until its one answer has come and all is closed. */
#include "errand.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "mooncron/memory.h"

/* A reload is answered within 30 s, done or not; this leaves it the time. */
#define SEND_TIMEOUT_MS 40000

struct errand {
    uv_loop_t loop;
    struct http *http;
    struct error *reterr;
    /* of a fetch */
    enum fetch_outcome outcome;
    struct settings *settings;
    /* of what is sent */
    int status;
    char *body;
};

/* False and a sentence where the client could not be made; then nothing is
 * left to close. */
static bool errand_open(struct errand *errand, const struct http_config *config,
                        struct error *reterr)
{
    *errand = (struct errand){ .reterr = reterr, .outcome = FETCH_FAILED };
    int status = uv_loop_init(&errand->loop);
    if (status) {
        error_set(reterr, "no event loop: %s", uv_strerror(status));
        return false;
    }
    errand->http = http_new(&errand->loop, config, reterr);
    if (errand->http)
        return true;
    uv_run(&errand->loop, UV_RUN_DEFAULT);
    uv_loop_close(&errand->loop);
    return false;
}

static void on_closed(void *data)
{
    (void)data;
}

static void errand_close(struct errand *errand)
{
    http_close(errand->http, on_closed, NULL);
    uv_run(&errand->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&errand->loop);
    assert(left == 0); /* every handle has ended */
    (void)left;
}

static void on_settings(void *data, enum fetch_outcome outcome,
                        struct settings *settings, const struct error *error)
{
    struct errand *errand = data;
    errand->outcome = outcome;
    errand->settings = settings;
    if (!settings)
        error_set(errand->reterr, "%s", error->text);
    uv_stop(&errand->loop);
}

struct settings *errand_settings(const struct config *config,
                                 enum fetch_outcome *ret_outcome,
                                 struct error *reterr)
{
    struct http_config http = config_http(config);
    http.allow_hosts = NULL; /* no other origin is called */
    struct errand errand;
    *ret_outcome = FETCH_FAILED;
    if (!errand_open(&errand, &http, reterr))
        return NULL;
    bool begun = settings_fetch(errand.http, NULL, config->settings_timeout_ms,
                                on_settings, &errand);
    assert(begun); /* a new client has room for one */
    uv_run(&errand.loop, UV_RUN_DEFAULT);
    errand_close(&errand);
    *ret_outcome = errand.outcome;
    return errand.settings;
}

static void on_sent(void *data, uint64_t tag, const struct http_answer *answer)
{
    (void)tag;
    struct errand *errand = data;
    if (answer->fault == HTTP_NO_FAULT) {
        errand->status = answer->status;
        errand->body = memory_copy(answer->body, answer->body_len);
    } else {
        error_set(errand->reterr, "%s", answer->sentence);
    }
    uv_stop(&errand->loop);
}

int errand_send(const struct config *config,
                const struct errand_request *request, char **ret_body,
                struct error *reterr)
{
    const struct http_config client = {
        .backend_url = config->url,
        .ca_file = config->ca_file,
        .connect_timeout_ms = config->connect_timeout_ms,
    };
    struct errand errand;
    char line[4200] = ""; /* a secret is 4096 bytes at most */
    const char *headers[2];
    size_t count = 0;
    if (*request->token) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", request->token);
        headers[count++] = line;
    }
    if (*request->body)
        headers[count++] = "Content-Type: application/json";
    const struct http_request sent = {
        .method = request->method,
        .url = request->path,
        .headers = headers,
        .header_count = count,
        .body = request->method == METHOD_GET ? NULL : request->body,
        .body_len = strlen(request->body),
        .timeout_ms = SEND_TIMEOUT_MS,
        .keep_max = HTTP_ANSWER_MAX,
    };
    if (!errand_open(&errand, &client, reterr))
        return 0;
    uint64_t handle = http_send(errand.http, &sent, on_sent, &errand, 0);
    assert(handle);
    (void)handle;
    uv_run(&errand.loop, UV_RUN_DEFAULT);
    errand_close(&errand);
    memset(line, 0, sizeof line);
    *ret_body = errand.body;
    return errand.status;
}
