/* A tiny HTTP/1.1 server whose answers are written down beforehand.
 *
 * One thread polls a pipe (it is told to stop or to release), the listening
 * socket, and every connection. A connection gathers bytes until a head and
 * its Content-Length are there; then the line of its path says what to do.
 * Writing blocks with a deadline: the client is on another thread. */
#include "testserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CONNECTIONS_MAX 600         /* more than a client opens at once */
#define REQUESTS_MAX    4096        /* more than a test sends */
#define REQUEST_MAX     (256 << 10) /* head and body */
#define WRITE_S         5           /* a client that does not read */
#define TRICKLE_MS      5

struct connection {
    int fd; /* -1: the place is free */
    char *bytes;
    size_t len;
    const struct testserver_line *held; /* an answer that waits */
    bool trickles;
};

struct testserver {
    const struct testserver_line *lines;
    int listener, told[2];
    uint16_t port;
    pthread_t thread;
    struct connection connections[CONNECTIONS_MAX];
    unsigned trickling;

    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t settled;
    bool stopping, released, refusing, settled_release;
    unsigned accepts, heard;
    char *requests[REQUESTS_MAX];
};

/* ---- One connection ---- */

static void connection_close(struct testserver *server,
                             struct connection *connection)
{
    if (connection->fd < 0)
        return;
    server->trickling -= connection->trickles;
    close(connection->fd);
    free(connection->bytes);
    *connection = (struct connection){ .fd = -1 };
}

static bool say(const struct connection *connection, const char *bytes,
                size_t len)
{
    while (len > 0) {
        ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void flood(const struct connection *connection, size_t len)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    while (len > 0) {
        size_t part = len < sizeof block ? len : sizeof block;
        if (!say(connection, block, part))
            return;
        len -= part;
    }
}

static void reset_on_close(int fd)
{
    const struct linger now = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static bool is_released(struct testserver *server)
{
    pthread_mutex_lock(&server->lock);
    bool released = server->released;
    pthread_mutex_unlock(&server->lock);
    return released;
}

static void act(struct testserver *server, struct connection *connection,
                const struct testserver_line *line)
{
    bool stays = false;
    bool holds =
        line->act == TESTSERVER_HOLD || line->act == TESTSERVER_HOLD_RESET;
    if (holds && !is_released(server)) {
        connection->held = line;
        return;
    }
    if (line->act != TESTSERVER_DROP)
        stays = say(connection, line->bytes, strlen(line->bytes));
    if (line->act == TESTSERVER_FLOOD)
        flood(connection, line->flood);
    if (line->act == TESTSERVER_TRICKLE && stays) {
        connection->trickles = true;
        server->trickling++;
        return;
    }
    if (line->act == TESTSERVER_HOLD_RESET)
        reset_on_close(connection->fd);
    if (!stays || line->act == TESTSERVER_LAST ||
        line->act == TESTSERVER_HOLD_RESET || line->act == TESTSERVER_FLOOD)
        connection_close(server, connection);
}

/* ---- Requests ---- */

static const struct testserver_line *line_for(const struct testserver *server,
                                              const char *request)
{
    static const struct testserver_line none = {
        NULL, TESTSERVER_SAY,
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0
    };
    const char *path = strchr(request, ' ');
    if (!path)
        return &none;
    path++;
    size_t len = strcspn(path, " ?");
    for (const struct testserver_line *line = server->lines; line->path; line++)
        if (strlen(line->path) == len && !strncmp(line->path, path, len))
            return line;
    return &none;
}

/* Bytes of the first whole request, or 0. */
static size_t request_len(const char *bytes, size_t len)
{
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - bytes) + 4, body = 0;
    const char *field = strcasestr(bytes, "\r\nContent-Length:");
    if (field && field < end)
        body = strtoul(field + 17, NULL, 10);
    return head + body <= len ? head + body : 0;
}

static void remember(struct testserver *server, const char *bytes, size_t len)
{
    pthread_mutex_lock(&server->lock);
    if (server->heard < REQUESTS_MAX)
        server->requests[server->heard++] = strndup(bytes, len);
    pthread_mutex_unlock(&server->lock);
}

static void connection_serve(struct testserver *server,
                             struct connection *connection)
{
    size_t len;
    while (connection->fd >= 0 && !connection->held &&
           (len = request_len(connection->bytes, connection->len))) {
        const struct testserver_line *line =
            line_for(server, connection->bytes);
        remember(server, connection->bytes, len);
        connection->len -= len;
        memmove(connection->bytes, connection->bytes + len,
                connection->len + 1);
        act(server, connection, line);
    }
}

static void connection_read(struct testserver *server,
                            struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->bytes + connection->len,
                       REQUEST_MAX - connection->len, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        connection_close(server, connection);
        return;
    }
    connection->len += (size_t)got;
    connection->bytes[connection->len] = '\0';
    connection_serve(server, connection);
}

/* ---- The thread ---- */

static void take(struct testserver *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    pthread_mutex_lock(&server->lock);
    server->accepts++;
    bool refusing = server->refusing;
    pthread_mutex_unlock(&server->lock);
    struct connection *connection = server->connections;
    while (connection < server->connections + CONNECTIONS_MAX &&
           connection->fd >= 0)
        connection++;
    if (refusing || connection == server->connections + CONNECTIONS_MAX) {
        reset_on_close(fd);
        close(fd);
        return;
    }
    const struct timeval deadline = { .tv_sec = WRITE_S };
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->fd = fd;
    connection->bytes = malloc(REQUEST_MAX + 1);
}

static void release(struct testserver *server)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        const struct testserver_line *line = connection->held;
        connection->held = NULL;
        if (!line)
            continue;
        act(server, connection, line);
        connection_serve(server, connection);
    }
    pthread_mutex_lock(&server->lock);
    server->settled_release = true;
    pthread_cond_signal(&server->settled);
    pthread_mutex_unlock(&server->lock);
}

/* True where the thread shall end. */
static bool listen_to_told(struct testserver *server)
{
    char word[16];
    ssize_t got = read(server->told[0], word, sizeof word);
    pthread_mutex_lock(&server->lock);
    bool stopping = server->stopping, released = server->released;
    pthread_mutex_unlock(&server->lock);
    if (got > 0 && released)
        release(server);
    return stopping;
}

static void trickle(struct testserver *server)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        if (connection->trickles && !say(connection, ".", 1))
            connection_close(server, connection);
    }
}

static void *serve(void *data)
{
    struct testserver *server = data;
    struct pollfd polled[CONNECTIONS_MAX + 2];
    struct connection *whose[CONNECTIONS_MAX + 2];
    for (;;) {
        nfds_t count = 2;
        polled[0] = (struct pollfd){ .fd = server->told[0], .events = POLLIN };
        polled[1] = (struct pollfd){ .fd = server->listener, .events = POLLIN };
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            if (server->connections[i].fd < 0)
                continue;
            polled[count] = (struct pollfd){ .fd = server->connections[i].fd,
                                             .events = POLLIN };
            whose[count++] = &server->connections[i];
        }
        poll(polled, count, server->trickling ? TRICKLE_MS : -1);
        if (polled[0].revents && listen_to_told(server))
            return NULL;
        for (nfds_t i = 2; i < count; i++)
            if (polled[i].revents && whose[i]->fd == polled[i].fd)
                connection_read(server, whose[i]);
        if (polled[1].revents)
            take(server);
        trickle(server);
    }
}

/* ---- Life ---- */

static int listen_anywhere(uint16_t *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(
        bind(fd, (const struct sockaddr *)(const void *)&address, len), 0);
    assert_int_equal(listen(fd, SOMAXCONN), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &len),
                     0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

uint16_t testserver_no_port(void)
{
    uint16_t port;
    close(listen_anywhere(&port));
    return port;
}

struct testserver *testserver_new(const struct testserver_line *lines)
{
    struct testserver *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->lines = lines;
    server->listener = listen_anywhere(&server->port);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        server->connections[i].fd = -1;
    assert_int_equal(pipe2(server->told, O_CLOEXEC), 0);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->settled, NULL);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

static void tell(struct testserver *server, bool *what)
{
    pthread_mutex_lock(&server->lock);
    *what = true;
    pthread_mutex_unlock(&server->lock);
    assert_int_equal(write(server->told[1], "!", 1), 1);
}

void testserver_release(struct testserver *server)
{
    tell(server, &server->released);
    pthread_mutex_lock(&server->lock);
    while (!server->settled_release)
        pthread_cond_wait(&server->settled, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

void testserver_refuse(struct testserver *server)
{
    tell(server, &server->refusing);
}

void testserver_free(struct testserver *server)
{
    tell(server, &server->stopping);
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        connection_close(server, &server->connections[i]);
    for (unsigned i = 0; i < server->heard; i++)
        free(server->requests[i]);
    close(server->listener);
    close(server->told[0]);
    close(server->told[1]);
    pthread_cond_destroy(&server->settled);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

/* ---- What is asked ---- */

uint16_t testserver_port(const struct testserver *server)
{
    return server->port;
}

static unsigned locked(struct testserver *server, const unsigned *what)
{
    pthread_mutex_lock(&server->lock);
    unsigned value = *what;
    pthread_mutex_unlock(&server->lock);
    return value;
}

unsigned testserver_accepts(struct testserver *server)
{
    return locked(server, &server->accepts);
}

unsigned testserver_heard(struct testserver *server)
{
    return locked(server, &server->heard);
}

char *testserver_request(struct testserver *server, unsigned index)
{
    pthread_mutex_lock(&server->lock);
    char *copy = index < server->heard ? strdup(server->requests[index]) : NULL;
    pthread_mutex_unlock(&server->lock);
    return copy;
}
