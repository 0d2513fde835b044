/* One visit, from accept() to close().
 *
 * The happy path: bytes are read until a head is whole and its body has come;
 * the request is written anew to the room behind, over a connection of its own;
 * the room's answer is read to its end and written to the client; we say that
 * no more will come, read what the client may still be sending so that the
 * kernel does not throw the answer away, and close.
 *
 * The request is bad: it is answered here, and the visit goes on from the
 * writing. The room cannot be reached: 503. It breaks off or answers nonsense:
 * 502. It takes too long: 504. The client takes too long to send: 408. It goes
 * away: the visit ends at once, or with the answer that nobody fetches.
 *
 * Three handles (client, room, timer) end in visitor_close(); whichever closes
 * last frees the visitor. */
#include "visitor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "mooncron/memory.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },
    { 400, "Bad Request" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 417, "Expectation Failed" },
    { 431, "Request Header Fields Too Large" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};

static const char *reason_of(int status)
{
    size_t i = 0;
    while (reasons[i].status != status) {
        i++;
        assert(i < sizeof reasons / sizeof *reasons);
    }
    return reasons[i].reason;
}

/* ---- The end ---- */

static void visitor_free(struct visitor *visitor)
{
    struct hall *hall = visitor->hall;
    if (visitor->prev)
        visitor->prev->next = visitor->next;
    else
        hall->first = visitor->next;
    if (visitor->next)
        visitor->next->prev = visitor->prev;
    hall->count--;
    hall->answer_bytes -= visitor->held;
    text_close(&visitor->in);
    text_close(&visitor->out);
    free(visitor);
    if (hall->count == 0)
        hall->empty(hall);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct visitor *visitor = handle->data;
    if (--visitor->handles == 0)
        visitor_free(visitor);
}

static void leave_room(struct visitor *visitor)
{
    if (visitor->has_room) {
        visitor->has_room = false;
        uv_close((uv_handle_t *)&visitor->room, on_handle_closed);
    }
    if (visitor->entered) {
        visitor->entered = false;
        visitor->hall->config.leave(visitor->hall->config.data);
    }
}

void visitor_close(struct visitor *visitor)
{
    if (visitor->state == VISITOR_CLOSING)
        return;
    visitor->state = VISITOR_CLOSING;
    leave_room(visitor);
    uv_close((uv_handle_t *)&visitor->client, on_handle_closed);
    uv_close((uv_handle_t *)&visitor->timer, on_handle_closed);
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct visitor *visitor, uint64_t timeout_ms)
{
    int failed = uv_timer_start(&visitor->timer, on_timer, timeout_ms, 0);
    assert(!failed);
}

/* ---- The answer ---- */

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct visitor *visitor = handle->data;
    (void)wanted;
    *buffer =
        uv_buf_init(visitor->hall->scratch, sizeof visitor->hall->scratch);
}

static void on_linger_read(uv_stream_t *stream, ssize_t got,
                           const uv_buf_t *buffer)
{
    (void)buffer;
    if (got < 0)
        visitor_close(stream->data);
}

static void on_shutdown(uv_shutdown_t *shutdown, int failed)
{
    struct visitor *visitor = shutdown->data;
    if (visitor->state == VISITOR_CLOSING)
        return;
    if (failed || visitor->hall->stopping) {
        visitor_close(visitor);
        return;
    }
    visitor->state = VISITOR_LINGERING;
    set_timer(visitor, GATE_LINGER_MS_MAX);
    if (uv_read_start((uv_stream_t *)&visitor->client, on_alloc,
                      on_linger_read))
        visitor_close(visitor);
}

static void on_answer_written(uv_write_t *write, int failed)
{
    struct visitor *visitor = write->data;
    if (visitor->state == VISITOR_CLOSING)
        return;
    visitor->shutdown.data = visitor;
    if (failed || uv_shutdown(&visitor->shutdown,
                              (uv_stream_t *)&visitor->client, on_shutdown))
        visitor_close(visitor);
}

/* Sends what is in `out`. */
static void send_answer(struct visitor *visitor)
{
    leave_room(visitor);
    uv_read_stop((uv_stream_t *)&visitor->client);
    visitor->state = VISITOR_WRITING;
    set_timer(visitor, GATE_WRITE_MS_MAX * (1 + (visitor->out.len >> 20)));
    uv_buf_t buffer =
        uv_buf_init(visitor->out.data, (unsigned)visitor->out.len);
    visitor->write_client.data = visitor;
    if (uv_write(&visitor->write_client, (uv_stream_t *)&visitor->client,
                 &buffer, 1, on_answer_written))
        visitor_close(visitor);
}

/* `extra` is "" or whole header lines. */
static void answer(struct visitor *visitor, int status, const char *type,
                   const char *extra, const char *body)
{
    text_clear(&visitor->out);
    text_printf(&visitor->out,
                "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                "Cache-Control: no-store\r\nConnection: close\r\n%s\r\n",
                status, reason_of(status), type, strlen(body), extra);
    if (!visitor->request.is_head)
        text_puts(&visitor->out, body);
    send_answer(visitor);
}

/* `sentence` is a constant of ours: nothing in it needs escaping. */
static void refuse(struct visitor *visitor, int status, const char *extra,
                   const char *sentence)
{
    char body[160];
    snprintf(body, sizeof body, "{\"error\":\"%s\"}\n", sentence);
    answer(visitor, status, "application/json", extra, body);
}

static void refuse_for_now(struct visitor *visitor, const char *sentence)
{
    refuse(visitor, 503, "Retry-After: 1\r\n", sentence);
}

/* ---- The room behind ---- */

/* False where all visitors together would hold too much. */
static bool hold(struct visitor *visitor, const char *bytes, size_t len)
{
    struct hall *hall = visitor->hall;
    if (hall->answer_bytes + len > GATE_ANSWERS_MAX)
        return false;
    hall->answer_bytes += len;
    visitor->held += len;
    text_add(&visitor->out, bytes, len);
    return true;
}

static void on_room_read(uv_stream_t *stream, ssize_t got,
                         const uv_buf_t *buffer)
{
    struct visitor *visitor = stream->data;
    if (visitor->state != VISITOR_ANSWERING || !visitor->has_room || got == 0)
        return;
    if (got > 0 && !hold(visitor, buffer->base, (size_t)got)) {
        refuse_for_now(visitor, "Too many fetch long answers");
        return;
    }
    bool whole = got == UV_EOF && visitor->out.len > 12 &&
                 memcmp(visitor->out.data, "HTTP/1.1 ", 9) == 0;
    if (whole)
        send_answer(visitor);
    else if (got < 0 || visitor->out.cut)
        refuse(visitor, 502, "", "The answer broke off");
}

static void on_room_written(uv_write_t *write, int failed)
{
    struct visitor *visitor = write->data;
    if (failed && visitor->state == VISITOR_ANSWERING && visitor->has_room)
        refuse(visitor, 502, "", "The request could not be passed on");
}

static void on_room_connect(uv_connect_t *connect, int failed)
{
    struct visitor *visitor = connect->data;
    if (visitor->state != VISITOR_ANSWERING || !visitor->has_room)
        return;
    uv_stream_t *room = (uv_stream_t *)&visitor->room;
    uv_buf_t buffer = uv_buf_init(visitor->in.data, (unsigned)visitor->in.len);
    visitor->write_room.data = visitor;
    if (failed || uv_read_start(room, on_alloc, on_room_read) ||
        uv_write(&visitor->write_room, room, &buffer, 1, on_room_written))
        refuse_for_now(visitor, "The worker cannot be reached");
}

/* Are enough descriptors left for civetweb's side too? Numbers are given out
 * from the lowest, so the number of a new one tells. */
static bool few_descriptors(const uv_tcp_t *newest)
{
    uv_os_fd_t fd;
    struct rlimit limit;
    return uv_fileno((const uv_handle_t *)newest, &fd) ||
           getrlimit(RLIMIT_NOFILE, &limit) ||
           (rlim_t)fd + GATE_SPARE_FDS >= limit.rlim_cur;
}

/* False where no socket could be had. */
static bool open_room(struct visitor *visitor)
{
    if (uv_tcp_init_ex(visitor->hall->loop, &visitor->room, AF_INET))
        return false;
    visitor->room.data = visitor;
    visitor->has_room = true;
    visitor->handles++;
    return !few_descriptors(&visitor->room);
}

/* Puts the request as the room shall see it in place of what came. */
static void rewrite(struct visitor *visitor)
{
    struct text out;
    text_init(&out, REQUEST_HEAD_MAX + REQUEST_BODY_MAX + 512);
    request_write(&visitor->request, visitor->in.data,
                  visitor->hall->config.token, &visitor->peer,
                  visitor->arrived_ms, &out);
    text_add(&out, visitor->in.data + visitor->request.head_len,
             visitor->request.content_len);
    assert(!out.cut);
    text_close(&visitor->in);
    visitor->in = out;
}

static void pass_on(struct visitor *visitor)
{
    struct hall *hall = visitor->hall;
    if (!open_room(visitor)) {
        refuse_for_now(visitor, "The worker has no descriptors left");
        return;
    }
    uint16_t port = hall->config.enter(hall->config.data);
    if (port == 0) {
        refuse_for_now(visitor, "The worker cannot answer now");
        return;
    }
    visitor->entered = true;
    rewrite(visitor);
    visitor->state = VISITOR_ANSWERING;
    set_timer(visitor, hall->config.answer_ms_max);
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    visitor->connect.data = visitor;
    if (uv_tcp_connect(&visitor->connect, &visitor->room,
                       (const struct sockaddr *)&address, on_room_connect))
        refuse_for_now(visitor, "The worker cannot be reached");
}

/* ---- The request ---- */

/* /healthz: this process lives and its loop turns. /readyz: it also has a
 * schedule. No thread wakes for either. */
static void answer_health(struct visitor *visitor, bool ready_wanted)
{
    const char *bytes = visitor->in.data;
    if (!request_method_is(&visitor->request, bytes, "GET") &&
        !request_method_is(&visitor->request, bytes, "HEAD")) {
        refuse(visitor, 405, "Allow: GET, HEAD\r\n",
               "Only GET and HEAD are allowed here");
        return;
    }
    struct health health = inbox_health(visitor->hall->config.inbox);
    char line[sizeof health.line + 1];
    snprintf(line, sizeof line, "%s\n", health.line[0] ? health.line : "ok");
    bool good = health.ready || !ready_wanted;
    answer(visitor, good ? 200 : 503, "text/plain; charset=utf-8", "", line);
}

static void dispatch(struct visitor *visitor)
{
    const struct request *request = &visitor->request;
    uv_read_stop((uv_stream_t *)&visitor->client);
    if (request_is(request, visitor->in.data, "/healthz"))
        answer_health(visitor, false);
    else if (request_is(request, visitor->in.data, "/readyz"))
        answer_health(visitor, true);
    else
        pass_on(visitor);
}

static bool body_is_whole(const struct visitor *visitor)
{
    return visitor->in.len >=
           visitor->request.head_len + visitor->request.content_len;
}

/* The client waits for a word before it sends the body. It is a short one: a
 * buffer that has no room for it is the client's own doing. */
static void say_continue(struct visitor *visitor)
{
    char word[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t buffer = uv_buf_init(word, sizeof word - 1);
    if (uv_try_write((uv_stream_t *)&visitor->client, &buffer, 1) !=
        (int)buffer.len)
        visitor_close(visitor);
}

static void take_bytes(struct visitor *visitor)
{
    struct request *request = &visitor->request;
    if (!visitor->head_ready) {
        switch (request_read(request, visitor->in.data, visitor->in.len)) {
        case REQUEST_MORE:
            return;
        case REQUEST_REFUSED:
            refuse(visitor, request->status, "", request->why);
            return;
        case REQUEST_READY:
            visitor->head_ready = true;
        }
        if (request->wants_continue && !body_is_whole(visitor))
            say_continue(visitor);
    }
    if (visitor->state == VISITOR_READING && body_is_whole(visitor))
        dispatch(visitor);
}

static void on_client_read(uv_stream_t *stream, ssize_t got,
                           const uv_buf_t *buffer)
{
    struct visitor *visitor = stream->data;
    if (got < 0) {
        /* A request that ends early is answered: who cut it may still read. */
        if (got == UV_EOF && visitor->in.len > 0)
            refuse(visitor, 400, "", "The request broke off");
        else
            visitor_close(visitor);
        return;
    }
    text_add(&visitor->in, buffer->base, (size_t)got);
    take_bytes(visitor);
}

/* A deadline has passed: which one, the state tells. */
static void on_timer(uv_timer_t *timer)
{
    struct visitor *visitor = timer->data;
    if (visitor->state == VISITOR_ANSWERING)
        refuse(visitor, 504, "", "The answer took too long");
    else if (visitor->state == VISITOR_READING && visitor->in.len > 0)
        refuse(visitor, 408, "", "The request took too long");
    else
        visitor_close(visitor);
}

static void link_visitor(struct hall *hall, struct visitor *visitor)
{
    visitor->hall = hall;
    visitor->next = hall->first;
    if (hall->first)
        hall->first->prev = visitor;
    hall->first = visitor;
    hall->count++;
}

void visitor_open(struct hall *hall, int fd, const struct peer *peer)
{
    struct visitor *visitor = memory_new(sizeof *visitor);
    visitor->peer = *peer;
    visitor->arrived_ms = uv_hrtime() / 1000000;
    link_visitor(hall, visitor);
    /* One read may bring bytes past the end of the request. */
    text_init(&visitor->in,
              REQUEST_HEAD_MAX + REQUEST_BODY_MAX + sizeof hall->scratch);
    text_init(&visitor->out, GATE_ANSWER_MAX);
    uv_timer_init(hall->loop, &visitor->timer);
    uv_tcp_init(hall->loop, &visitor->client);
    visitor->timer.data = visitor->client.data = visitor;
    visitor->handles = 2;
    int failed = uv_tcp_open(&visitor->client, fd);
    assert(!failed); /* a fresh socket of ours */
    uv_tcp_nodelay(&visitor->client, 1);
    set_timer(visitor, GATE_REQUEST_MS_MAX);
    if (uv_read_start((uv_stream_t *)&visitor->client, on_alloc,
                      on_client_read))
        visitor_close(visitor);
}
