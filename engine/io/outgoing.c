/* The outgoing half of a transfer: its headers, its body, its method.
 *
 * Everything is copied into one buffer that the transfer keeps, and the list of
 * headers runs through nodes inside it: a call costs no allocation once the
 * buffer has grown. */
#include <string.h>
#include <strings.h>

#include "mooncron/memory.h"
#include "transfer.h"

/* ---- headers that may be sent ---- */

static bool is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 9110, 5.5 lets the tab through; nobody needs it here. */
static bool is_value(const char *at)
{
    for (; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return true;
}

static bool header_check(const char *line, struct error *reterr)
{
    size_t name = 0;
    while (is_token_char((unsigned char)line[name]))
        name++;
    if (name > 0 && line[name] == ':' && is_value(line + name + 1))
        return true;
    error_set(reterr,
              "a header is malformed after \"%.*s\": wanted \"Name: value\" "
              "without control characters",
              (int)(name < 64 ? name : 64), line);
    return false;
}

static bool header_is(const char *line, const char *name)
{
    size_t len = strlen(name);
    return !strncasecmp(line, name, len) && line[len] == ':';
}

static bool request_names(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (header_is(request->headers[i], name))
            return true;
    return false;
}

bool request_has_credentials(const struct http_request *request)
{
    return request_names(request, "Authorization") ||
           request_names(request, "X-API-Key") ||
           request_names(request, "Cookie");
}

static bool headers_check(const struct http_request *request,
                          struct error *reterr)
{
    if (request->header_count > HTTP_HEADERS_MAX) {
        error_set(reterr, "%zu headers are more than %d", request->header_count,
                  HTTP_HEADERS_MAX);
        return false;
    }
    for (size_t i = 0; i < request->header_count; i++)
        if (!header_check(request->headers[i], reterr))
            return false;
    return true;
}

/* ---- copying ---- */

#define BLOCK_PARTS 3 /* a type, our keys, the caller's block: NULL is none */

static size_t bytes_wanted(const struct http_request *request,
                           const char *const parts[BLOCK_PARTS])
{
    size_t bytes = request->body ? request->body_len + 1 : 1;
    for (size_t i = 0; i < BLOCK_PARTS; i++)
        bytes += parts[i] ? strlen(parts[i]) + 2 : 0;
    for (size_t i = 0; i < request->header_count; i++)
        bytes += strlen(request->headers[i]) + 1;
    return bytes;
}

static void bytes_reserve(struct transfer *transfer, size_t bytes)
{
    if (bytes <= transfer->byte_cap)
        return;
    transfer->bytes = memory_resize(transfer->bytes, bytes, 1);
    transfer->byte_cap = bytes;
}

/* Links `line` behind the nodes there are. libcurl only reads the text. */
static void node_add(struct transfer *transfer, size_t *count, const char *line)
{
    struct curl_slist *node = &transfer->nodes[*count];
    *node = (struct curl_slist){ .data = (char *)(uintptr_t)line };
    if (*count)
        transfer->nodes[*count - 1].next = node;
    ++*count;
}

/* Copies `line` to where bytes are free; returns where they are then. */
static char *line_copy(struct transfer *transfer, size_t *count, char *at,
                       const char *line)
{
    size_t len = strlen(line) + 1;
    memcpy(at, line, len);
    node_add(transfer, count, at);
    return at + len;
}

/* Joins the parts that are there to one block. It is one line to libcurl, which
 * passes on what it is given (CURLOPT_HTTPHEADER(3)): each line of its own
 * would be compared with some twenty names, 3 us of a call's 25. */
static char *block_copy(struct transfer *transfer, size_t *count, char *begin,
                        const char *const parts[BLOCK_PARTS])
{
    char *at = begin;
    for (size_t i = 0; i < BLOCK_PARTS; i++) {
        if (!parts[i])
            continue;
        if (at > begin)
            at = mempcpy(at, "\r\n", 2);
        at = mempcpy(at, parts[i], strlen(parts[i]));
    }
    if (at == begin)
        return at;
    *at++ = '\0';
    node_add(transfer, count, begin);
    return at;
}

/* A type of our own comes first in the block, where libcurl sees it and makes
 * up none. */
static const char *own_type(const struct http_request *request)
{
    return request->body && !request_names(request, "Content-Type")
               ? "Content-Type: application/json"
               : NULL;
}

/* Returns where the body goes. "Name:" alone takes a header away that libcurl
 * would make up: the type of no body, and before each larger body the question
 * whether it is welcome. */
static char *headers_copy(struct transfer *transfer,
                          const struct http_request *request,
                          const char *const parts[BLOCK_PARTS])
{
    size_t count = 0;
    char *at = block_copy(transfer, &count, transfer->bytes, parts);
    for (size_t i = 0; i < request->header_count; i++)
        at = line_copy(transfer, &count, at, request->headers[i]);
    if (!request->body && !request_names(request, "Content-Type"))
        node_add(transfer, &count, "Content-Type:");
    node_add(transfer, &count, "Expect:");
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->nodes);
    return at;
}

/* ---- method and body ---- */

static void set_method(CURL *easy, enum method method, bool has_body)
{
    bool posts = has_body || method == METHOD_POST || method == METHOD_PUT;
    curl_easy_setopt(easy, posts ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
    bool plain = posts ? method == METHOD_POST : method == METHOD_GET;
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                     plain ? NULL : method_names[method]);
}

static void set_body(CURL *easy, const char *body, size_t len)
{
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
}

bool transfer_prepare(struct transfer *transfer,
                      const struct http_request *request, const char *url,
                      const char *keys, struct error *reterr)
{
    const char *const parts[] = { own_type(request), keys, request->block };
    size_t keep_max = request->keep_max ? request->keep_max : HTTP_KEEP_MAX;
    transfer->keep_max =
        keep_max < HTTP_ANSWER_MAX ? keep_max : HTTP_ANSWER_MAX;
    if (!headers_check(request, reterr))
        return false;
    bytes_reserve(transfer, bytes_wanted(request, parts));
    char *body = headers_copy(transfer, request, parts);
    size_t body_len = request->body ? request->body_len : 0;
    memcpy(body, request->body ? request->body : "", body_len);
    /* The body first: setting it makes libcurl think of a POST. */
    set_body(transfer->easy, body, body_len);
    set_method(transfer->easy, request->method, request->body != NULL);
    transfer->repeatable = request->method == METHOD_GET;
    uint32_t timeout_ms = request->timeout_ms;
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS,
                     (long)(timeout_ms ? timeout_ms : TRANSFER_TIMEOUT_MS));
    CURLcode code = curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    if (code != CURLE_OK)
        error_set(reterr, "%s", curl_easy_strerror(code));
    return code == CURLE_OK;
}
