/* How each fault looks from outside: one row a kind. */
#include "misbehave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

#define HUGE_BYTES (2 << 20) /* twice what a worker waits for */

#define JSON_TYPE "application/json"
#define HTML_TYPE "text/html; charset=utf-8"

/* What a kind answers with; status 0: it has code of its own below. */
static const struct {
    int status;
    const char *type, *body;
} faces[FAULT_KINDS] = {
    [FAULT_500] = { 500, JSON_TYPE,
                    "{\"error\":\"Job execution failed\","
                    "\"message\":\"asked to fail\"}" },
    [FAULT_503] = { 503, JSON_TYPE, "{\"error\":\"Service Unavailable\"}" },
    [FAULT_401] = { 401, JSON_TYPE, "{\"error\":\"Unauthorized\"}" },
    [FAULT_403] = { 403, JSON_TYPE,
                    "{\"errors\":[{\"message\":\"You are not allowed to "
                    "perform this action.\"}]}" },
    [FAULT_404] = { 404, JSON_TYPE, "{\"message\":\"Route not found\"}" },
    [FAULT_HTML] = { 200, HTML_TYPE,
                     "<!doctype html><title>Login</title>"
                     "<form>user, password</form>" },
    [FAULT_WRONG_JSON] = { 200, JSON_TYPE, "{\"enableJobs\": tr" },
    [FAULT_REDIRECT] = { 302, HTML_TYPE, "<a href=\"/login\">login</a>" },
};

/* Valid JSON of a size that nobody wants. */
static void send_huge(struct exchange *exchange)
{
    static const char head[] = "{\"enableJobs\":true,\"fill\":\"";
    char *body = memory_new(HUGE_BYTES);
    memset(body, 'x', HUGE_BYTES);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + HUGE_BYTES - 2, "\"}", 2);
    exchange_send(exchange, 200, JSON_TYPE, body, HUGE_BYTES);
    free(body);
}

static void show_face(struct exchange *exchange, enum fault_kind kind)
{
    if (kind == FAULT_REDIRECT)
        snprintf(exchange->extra, sizeof exchange->extra,
                 "Location: /login\r\n");
    exchange_send(exchange, faces[kind].status, faces[kind].type,
                  faces[kind].body, strlen(faces[kind].body));
}

bool misbehave(struct faults *faults, const struct fault *fault,
               struct exchange *exchange)
{
    if (fault->kind == FAULT_SLOW || fault->kind == FAULT_HANG)
        faults_wait(faults, fault);
    if (fault->kind == FAULT_SLOW)
        return false;
    if (fault->kind == FAULT_HANG || fault->kind == FAULT_DROP)
        exchange_drop(exchange);
    else if (fault->kind == FAULT_HUGE)
        send_huge(exchange);
    else if (fault->kind == FAULT_BODY)
        exchange_send(exchange, 200, JSON_TYPE, fault->body,
                      strlen(fault->body));
    else
        show_face(exchange, fault->kind);
    return true;
}
