/* The gate: an address that is listened on, and the visitors that came.
 *
 * It accepts by itself rather than through uv_listen(), because libuv hangs up
 * on everybody who waits when no descriptor is left, or spins. We look away for
 * a moment instead: who waits in the kernel's queue is let in afterwards.
 *
 * When a limit is reached, whoever of the same peer (or of all) has been slow
 * at sending a request for longest makes place. So a thousand clients that send
 * byte by byte only throw each other out, and a good one, which sends all at
 * once, gets through. Where everybody is being answered already the newcomer
 * gets 503. */
#include "gate.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "mooncron/memory.h"
#include "visitor.h"

/* A turn of the loop lets so many in, then reads what they sent: else who came
 * first would look slow to who came last. */
#define ACCEPTS_A_TURN 16
/* One line a minute about a crowd: it is no news after that. */
#define CROWD_LOG_MS 60000

struct gate {
    struct hall hall; /* the first member: visitors know the gate by it */
    char host[256], token[80];
    int fd;
    uint16_t port;
    uv_poll_t door;
    uv_timer_t pause; /* runs while no descriptor is left */
    unsigned handles; /* open: the two above */
    uint64_t crowd_logged_ms;
    void (*stopped)(void *data);
    void *data;
};

/* ---- Listening ---- */

/* A socket that listens at `address`, or -1 and errno. */
static int listen_at(const struct addrinfo *address)
{
    int fd = socket(address->ai_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1; /* else a restart would wait for the old one's connections */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int listen_at_first(const struct addrinfo *list, bool v4)
{
    int fd = -1;
    for (; list && fd < 0; list = list->ai_next)
        if ((list->ai_family == AF_INET) == v4)
            fd = listen_at(list);
    return fd;
}

static const char *why_not(int reason)
{
    if (reason == EADDRINUSE)
        return "the address is in use by another program";
    if (reason == EACCES)
        return "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)";
    if (reason == EADDRNOTAVAIL)
        return "this machine does not have that address";
    return strerror(reason);
}

static int listen_on(const char *host, uint16_t port, struct error *reterr)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *list;
    int failed = getaddrinfo(host, service, &hints, &list);
    if (failed) {
        error_set(reterr, "listen on %s port %u: %s", host, port,
                  gai_strerror(failed));
        return -1;
    }
    /* "localhost" is two addresses, and who sends webhooks may know only the
     * older one. */
    int fd = listen_at_first(list, true);
    if (fd < 0)
        fd = listen_at_first(list, false);
    if (fd < 0)
        error_set(reterr, "listen on %s port %u: %s", host, port,
                  why_not(errno));
    freeaddrinfo(list);
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    char service[NI_MAXSERV];
    if (getnameinfo((struct sockaddr *)&address, len, NULL, 0, service,
                    sizeof service, NI_NUMERICSERV) != 0)
        return 0;
    return (uint16_t)strtoul(service, NULL, 10);
}

/* ---- Letting in ---- */

static void log_crowd(struct gate *gate, const char *sentence,
                      const struct peer *peer)
{
    uint64_t now_ms = uv_now(gate->hall.loop);
    if (gate->crowd_logged_ms && now_ms - gate->crowd_logged_ms < CROWD_LOG_MS)
        return;
    gate->crowd_logged_ms = now_ms;
    log_write(gate->hall.config.log, LOG_WARN, "gate",
              "%s (%u connections are open, the newest from %s)", sentence,
              gate->hall.count, peer->text);
}

/* Counts the visitors of `net` (NULL: of all); the one that came first of those
 * that may be thrown out. */
static unsigned count_visitors(struct hall *hall, const char *net,
                               struct visitor **ret_slowest)
{
    unsigned count = 0;
    *ret_slowest = NULL;
    for (struct visitor *at = hall->first; at; at = at->next) {
        if (net && strcmp(at->peer.net, net) != 0)
            continue;
        if (at->state == VISITOR_CLOSING)
            continue;
        count++;
        if (at->state == VISITOR_READING || at->state == VISITOR_LINGERING)
            *ret_slowest = at;
    }
    return count;
}

/* Makes place among the visitors of `net`; false where nobody can go. */
static bool make_place(struct gate *gate, const char *net, unsigned max,
                       const struct peer *peer)
{
    struct visitor *slowest;
    if (count_visitors(&gate->hall, net, &slowest) < max)
        return true;
    if (!slowest)
        return false;
    log_crowd(gate, "too many connections: the slowest are closed", peer);
    visitor_close(slowest);
    return true;
}

static void turn_away(struct gate *gate, int fd, const struct peer *peer)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: application/json\r\nContent-Length: 40\r\n"
        "Retry-After: 1\r\nConnection: close\r\n\r\n"
        "{\"error\":\"There are too many requests\"}\n";
    log_crowd(gate, "too many requests at once: new ones get 503", peer);
    ssize_t ignored =
        send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored; /* a client that is gone already misses nothing */
    close(fd);
}

static void let_in(struct gate *gate, int fd,
                   const struct sockaddr_storage *address)
{
    struct peer peer;
    peer_init(&peer, address);
    unsigned max = peer.loopback ? GATE_LOOPBACK_MAX : GATE_PEER_MAX;
    if (make_place(gate, peer.net, max, &peer) &&
        make_place(gate, NULL, GATE_VISITORS_MAX, &peer))
        visitor_open(&gate->hall, fd, &peer);
    else
        turn_away(gate, fd, &peer);
}

static void on_door(uv_poll_t *door, int failed, int events);

static void on_pause_over(uv_timer_t *pause)
{
    struct gate *gate = pause->data;
    int failed = uv_poll_start(&gate->door, UV_READABLE, on_door);
    assert(!failed);
}

static void look_away(struct gate *gate)
{
    uv_poll_stop(&gate->door);
    uv_timer_start(&gate->pause, on_pause_over, GATE_PAUSE_MS, 0);
}

static bool out_of_something(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOBUFS ||
           reason == ENOMEM;
}

static void on_door(uv_poll_t *door, int failed, int events)
{
    struct gate *gate = door->data;
    (void)events;
    for (int i = 0; !failed && i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage address = { 0 };
        socklen_t len = sizeof address;
        int fd = accept4(gate->fd, (struct sockaddr *)&address, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            let_in(gate, fd, &address);
        } else if (out_of_something(errno)) {
            look_away(gate);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else: that one is gone already; the next */
    }
}

/* ---- Start and stop ---- */

static void finish_if_empty(struct gate *gate)
{
    if (gate->handles > 0 || gate->hall.count > 0)
        return;
    void (*stopped)(void *data) = gate->stopped;
    void *data = gate->data;
    free(gate);
    stopped(data);
}

static void on_hall_empty(struct hall *hall)
{
    struct gate *gate = (struct gate *)hall;
    if (hall->stopping)
        finish_if_empty(gate);
}

struct gate *gate_start(struct uv_loop_s *loop,
                        const struct gate_config *config, struct error *reterr)
{
    int fd = listen_on(config->host, config->port, reterr);
    if (fd < 0)
        return NULL;
    struct gate *gate = memory_new(sizeof *gate);
    gate->hall.loop = loop;
    gate->hall.config = *config;
    gate->hall.empty = on_hall_empty;
    snprintf(gate->host, sizeof gate->host, "%s", config->host);
    snprintf(gate->token, sizeof gate->token, "%s", config->token);
    gate->hall.config.host = gate->host;
    gate->hall.config.token = gate->token;
    gate->fd = fd;
    gate->port = port_of(fd);
    uv_timer_init(loop, &gate->pause);
    int failed = uv_poll_init(loop, &gate->door, fd);
    if (!failed)
        failed = uv_poll_start(&gate->door, UV_READABLE, on_door);
    assert(!failed); /* a fresh socket of ours */
    gate->door.data = gate->pause.data = gate;
    gate->handles = 2;
    return gate;
}

uint16_t gate_port(const struct gate *gate)
{
    return gate->port;
}

void gate_address(const struct gate *gate, struct sockaddr_storage *ret)
{
    socklen_t len = sizeof *ret;
    *ret = (struct sockaddr_storage){ 0 };
    int failed = getsockname(gate->fd, (struct sockaddr *)ret, &len);
    assert(!failed); /* it is bound */
}

static void on_gate_handle_closed(uv_handle_t *handle)
{
    struct gate *gate = handle->data;
    gate->handles--;
    finish_if_empty(gate);
}

void gate_stop(struct gate *gate, void (*stopped)(void *data), void *data)
{
    assert(!gate->hall.stopping);
    gate->hall.stopping = true;
    gate->stopped = stopped;
    gate->data = data;
    uv_close((uv_handle_t *)&gate->door, on_gate_handle_closed);
    uv_close((uv_handle_t *)&gate->pause, on_gate_handle_closed);
    close(gate->fd); /* the watcher is gone from the loop by now */
    for (struct visitor *at = gate->hall.first; at; at = at->next)
        if (at->state == VISITOR_READING || at->state == VISITOR_LINGERING)
            visitor_close(at);
}
