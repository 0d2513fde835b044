/* The head of a request, line by line: each is looked at once, when its end has
 * come, so a client that sends byte by byte costs no more than others. */
#include "request.h"

#include <string.h>
#include <strings.h>

/* Headers that somebody behind the gate reads, and no other. Most say
 * one thing; if one of those comes twice, who is right? */
static const struct {
    const char *name;
    bool may_repeat;
} kept_headers[] = {
    { "Host", false },
    { "Content-Type", false },
    { "Authorization", false },
    { "If-None-Match", true },
    { "X-Webhook-Secret", false },
    { "webhook-id", false },
    { "webhook-timestamp", false },
    { "webhook-signature", false },
    { "Forwarded", true },
    { "X-Forwarded-For", true },
};
#define KEPT_COUNT (sizeof kept_headers / sizeof *kept_headers)
_Static_assert(KEPT_COUNT <= REQUEST_KEPT_MAX, "a span for each");
#define KEPT_HOST 0

static const char *const methods[] = { "GET",   "HEAD",   "POST",   "PUT",
                                       "PATCH", "DELETE", "OPTIONS" };

static bool refuse(struct request *request, int status, const char *why)
{
    request->status = status;
    request->why = why;
    return false;
}

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool span_is(const char *bytes, struct request_span span,
                    const char *string)
{
    return span.len == strlen(string) &&
           memcmp(bytes + span.at, string, span.len) == 0;
}

static bool span_is_name(const char *bytes, struct request_span span,
                         const char *name)
{
    return span.len == strlen(name) &&
           strncasecmp(bytes + span.at, name, span.len) == 0;
}

static bool read_method(struct request *request, const char *bytes, size_t end)
{
    size_t at = request->method.at;
    while (at < end && is_token(bytes[at]))
        at++;
    request->method.len = (uint32_t)(at - request->method.at);
    if (request->method.len == 0 || at == end || bytes[at] != ' ')
        return refuse(request, 400, "The request line is malformed");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (span_is(bytes, request->method, methods[i]))
            request->known_method = true;
    request->is_head = span_is(bytes, request->method, "HEAD");
    request->target.at = (uint32_t)at + 1;
    return true;
}

/* Origin form only: we are nobody's proxy. */
static bool read_target(struct request *request, const char *bytes, size_t end)
{
    size_t at = request->target.at, query = 0;
    for (; at < end && bytes[at] != ' '; at++) {
        if (bytes[at] <= 0x20 || bytes[at] >= 0x7f || bytes[at] == '#')
            return refuse(request, 400, "The path holds a forbidden byte");
        if (bytes[at] == '?' && !query)
            query = at;
    }
    request->target.len = (uint32_t)at - request->target.at;
    if (at == end || request->target.len == 0 ||
        bytes[request->target.at] != '/')
        return refuse(request, 400, "The request line is malformed");
    request->path = request->target;
    if (query)
        request->path.len = (uint32_t)query - request->path.at;
    return true;
}

static bool read_version(struct request *request, const char *bytes, size_t at,
                         size_t end)
{
    const char *version = bytes + at;
    if (end - at != 8 || memcmp(version, "HTTP/", 5) != 0 ||
        !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
        return refuse(request, 400, "The request line is malformed");
    if (version[5] != '1' || version[7] > '1')
        return refuse(request, 505, "Only HTTP/1.0 and HTTP/1.1 are spoken");
    request->is_1_0 = version[7] == '0';
    return true;
}

static bool read_line(struct request *request, const char *bytes, size_t end)
{
    request->method.at = (uint32_t)request->line_at;
    if (!read_method(request, bytes, end) || !read_target(request, bytes, end))
        return false;
    size_t version = request->target.at + request->target.len + 1;
    if (!read_version(request, bytes, version, end))
        return false;
    if (!request->known_method)
        return refuse(request, 501, "The method is not known");
    return true;
}

static bool read_length(struct request *request, const char *bytes,
                        struct request_span value)
{
    if (request->has_length)
        return refuse(request, 400, "There are two Content-Length headers");
    request->has_length = true;
    if (value.len == 0)
        return refuse(request, 400, "Content-Length is no number");
    size_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = bytes[value.at + i];
        if (!is_digit(c))
            return refuse(request, 400, "Content-Length is no number");
        if (length <= REQUEST_BODY_MAX) /* further digits change nothing */
            length = length * 10 + (size_t)(c - '0');
    }
    request->content_len = length;
    return true;
}

/* What keeps a value from being what it says. */
static bool check_value(struct request *request, const char *bytes,
                        struct request_span value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)bytes[value.at + i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return refuse(request, 400, "A header holds a control character");
    }
    return true;
}

static bool check_host(struct request *request, const char *bytes)
{
    struct request_span host = request->kept[KEPT_HOST];
    if (host.at == 0)
        return refuse(request, 400, "There is no Host header");
    if (host.len == 0)
        return refuse(request, 400, "The Host header is malformed");
    for (size_t i = 0; i < host.len; i++) {
        char c = bytes[host.at + i];
        if (!is_token(c) && c != ':' && c != '[' && c != ']')
            return refuse(request, 400, "The Host header is malformed");
    }
    return true;
}

static bool keep_header(struct request *request, const char *bytes,
                        struct request_span name, struct request_span value)
{
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        if (!span_is_name(bytes, name, kept_headers[i].name))
            continue;
        if (request->kept[i].at == 0)
            request->kept[i] = value;
        else if (!kept_headers[i].may_repeat)
            return refuse(request, 400, "A header came twice");
    }
    return true;
}

static bool read_expect(struct request *request, const char *bytes,
                        struct request_span value)
{
    if (!span_is_name(bytes, value, "100-continue"))
        return refuse(request, 417, "Only 100-continue can be expected");
    request->wants_continue = !request->is_1_0;
    return true;
}

static bool take_header(struct request *request, const char *bytes,
                        struct request_span name, struct request_span value)
{
    if (span_is_name(bytes, name, "Content-Length"))
        return read_length(request, bytes, value);
    if (span_is_name(bytes, name, "Transfer-Encoding"))
        return refuse(request, 501, "Transfer-Encoding is not supported");
    if (span_is_name(bytes, name, "Expect"))
        return read_expect(request, bytes, value);
    return keep_header(request, bytes, name, value);
}

static bool read_header(struct request *request, const char *bytes, size_t end)
{
    size_t at = request->line_at;
    if (bytes[at] == ' ' || bytes[at] == '\t')
        return refuse(request, 400, "A header is folded");
    if (++request->headers > REQUEST_HEADERS_MAX)
        return refuse(request, 431, "There are too many headers");
    struct request_span name = { .at = (uint32_t)at };
    while (at < end && is_token(bytes[at]))
        at++;
    name.len = (uint32_t)at - name.at;
    if (name.len == 0 || at == end || bytes[at] != ':')
        return refuse(request, 400, "A header is malformed");
    at++;
    while (at < end && (bytes[at] == ' ' || bytes[at] == '\t'))
        at++;
    while (end > at && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t'))
        end--;
    struct request_span value = { (uint32_t)at, (uint32_t)(end - at) };
    return check_value(request, bytes, value) &&
           take_header(request, bytes, name, value);
}

/* The empty line: what must have come has come. */
static bool read_end(struct request *request, const char *bytes)
{
    if (!check_host(request, bytes))
        return false;
    if (request->content_len > REQUEST_BODY_MAX)
        return refuse(request, 413, "The body is longer than 64 KiB");
    return true;
}

/* May a line end there? */
static bool check_room(struct request *request, size_t line_end)
{
    if (!request->has_line && line_end > REQUEST_LINE_MAX)
        return refuse(request, 414, "The request line is longer than 4 KiB");
    if (request->has_line && line_end - request->fields_at > REQUEST_FIELDS_MAX)
        return refuse(request, 431, "The headers are longer than 16 KiB");
    return true;
}

/* A line without its CR LF, or a refusal. */
static bool take_line(struct request *request, const char *bytes,
                      size_t newline)
{
    bool whole = newline > request->line_at && bytes[newline - 1] == '\r';
    size_t end = whole ? newline - 1 : newline;
    if (!check_room(request, end))
        return false;
    if (!whole)
        return refuse(request, 400, "A line does not end in CR LF");
    if (!request->has_line) {
        request->has_line = true;
        request->fields_at = newline + 1;
        return read_line(request, bytes, end);
    }
    if (end > request->line_at)
        return read_header(request, bytes, end);
    request->head_len = newline + 1;
    return read_end(request, bytes);
}

/* What can be said of a line whose end has not come. Its last byte may be the
 * CR that belongs to the end. */
static bool check_partial(struct request *request, const char *bytes,
                          size_t len)
{
    if (len > 0 && !is_token(bytes[0])) /* TLS, most likely */
        return refuse(request, 400, "The request line is malformed");
    return len == request->line_at || check_room(request, len - 1);
}

enum request_verdict request_read(struct request *request, const char *bytes,
                                  size_t len)
{
    while (request->seen < len) {
        const char *newline =
            memchr(bytes + request->seen, '\n', len - request->seen);
        if (!newline) {
            request->seen = len;
            break;
        }
        size_t at = (size_t)(newline - bytes);
        if (!take_line(request, bytes, at))
            return REQUEST_REFUSED;
        request->seen = request->line_at = at + 1;
        if (request->head_len)
            return REQUEST_READY;
    }
    return check_partial(request, bytes, len) ? REQUEST_MORE : REQUEST_REFUSED;
}

bool request_is(const struct request *request, const char *bytes,
                const char *path)
{
    return span_is(bytes, request->path, path);
}

bool request_method_is(const struct request *request, const char *bytes,
                       const char *method)
{
    return span_is(bytes, request->method, method);
}

static void write_span(struct text *out, const char *bytes,
                       struct request_span span)
{
    text_add(out, bytes + span.at, span.len);
}

void request_write(const struct request *request, const char *bytes,
                   const char *token, const struct peer *peer,
                   uint64_t arrived_ms, struct text *out)
{
    write_span(out, bytes, request->method);
    text_putc(out, ' ');
    write_span(out, bytes, request->target);
    text_printf(out,
                " HTTP/1.1\r\n" REQUEST_TOKEN ": %s\r\n" REQUEST_PEER
                ": %s %s %c\r\n" REQUEST_ARRIVED ": %llu\r\n",
                token, peer->text, peer->net, peer->loopback ? 'L' : '-',
                (unsigned long long)arrived_ms);
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        if (request->kept[i].at == 0)
            continue;
        text_printf(out, "%s: ", kept_headers[i].name);
        write_span(out, bytes, request->kept[i]);
        text_puts(out, "\r\n");
    }
    text_printf(out, "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                request->content_len);
}
