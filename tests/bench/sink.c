/* The sink answers every call at once and stamps when it came.
 *
 * bench_sink FILE maps FILE as its report, prints "port N" and serves until it
 * is killed. It is a backend as far as a worker needs one: it also answers GET
 * /api/settings. It knows its callers, so it looks for headers as they spell
 * them; no other client is meant to talk to it. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mooncron/civil.h"

#include "report.h"

#define FDS_MAX     4096
#define BUFFER_MAX  16384 /* more than the head and body of any request here */
#define KEYS        (1u << 22) /* four times the samples: never crowded */
#define EVENTS_TURN 256
#define AWAKE_US    3000 /* after the last call */

static const char done[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 16\r\n\r\n{\"success\":true}";
static const char settings[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1\"\r\n"
    "Content-Length: 56\r\n\r\n"
    "{\"enableJobs\":true,\"schedulerEnvironment\":\"production\" }";
static const char not_modified[] =
    "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n";

struct visitor {
    size_t used;
    char buffer[BUFFER_MAX];
};

struct sink {
    int epoll, listener;
    struct report *report;
    uint64_t *keys;       /* a set of hashes, open addressing */
    struct visitor *room; /* by descriptor */
    int64_t heard_us;     /* when something last came */
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* ---- what a request says ---- */

/* The value of a header, up to its line's end; `name` is "\nName: ". */
static const char *header(const char *head, size_t len, const char *name,
                          size_t *ret_len)
{
    size_t name_len = strlen(name);
    const char *at = memmem(head, len, name, name_len);
    if (!at)
        return NULL;
    at += name_len;
    *ret_len = (size_t)((const char *)memchr(at, '\r', BUFFER_MAX) - at);
    return at;
}

/* Whether the key is new. */
static bool key_take(struct sink *sink, const char *key, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)key[i]) * UINT64_C(1099511628211);
    hash |= 1;
    for (uint64_t i = hash >> 40;; i++) {
        uint64_t *place = &sink->keys[i & (KEYS - 1)];
        if (*place == hash)
            return false;
        if (*place == 0) {
            *place = hash;
            return true;
        }
    }
}

static void enter(struct sink *sink, const char *head, size_t len)
{
    struct report *report = sink->report;
    int64_t now = wall_us();
    report->calls++;
    size_t at_len, key_len;
    const char *at =
        header(head, len, "\nX-Mooncron-Scheduled-Time: ", &at_len);
    const char *key = header(head, len, "\nIdempotency-Key: ", &key_len);
    struct wall slot;
    if (!at || !key || !rfc3339_parse(at, at_len, &slot))
        return;
    if (!key_take(sink, key, key_len))
        report->doubled++;
    if (report->samples == REPORT_SAMPLES)
        return;
    report->sample[report->samples] =
        (struct sample){ slot.ms, now - slot.ms * 1000 };
    report->samples++;
}

static size_t body_len(const char *head, size_t len)
{
    size_t value_len;
    const char *value = header(head, len, "\nContent-Length: ", &value_len);
    return value ? (size_t)strtoul(value, NULL, 10) : 0;
}

static void answer(int fd, const char *head, size_t len)
{
    size_t etag;
    const char *text = done;
    if (!strncmp(head, "GET /api/settings", 17))
        text = header(head, len, "\nIf-None-Match: ", &etag) ? not_modified
                                                             : settings;
    size_t text_len = strlen(text);
    if (write(fd, text, text_len) != (ssize_t)text_len)
        die("sink: an answer was not taken");
}

/* ---- connections ---- */

/* Every whole request in the buffer. */
static void serve(struct sink *sink, int fd, struct visitor *visitor)
{
    size_t at = 0;
    for (;;) {
        const char *head = visitor->buffer + at;
        const char *end = memmem(head, visitor->used - at, "\r\n\r\n", 4);
        if (!end)
            break;
        size_t len = (size_t)(end - head) + 4;
        size_t whole = len + body_len(head, len);
        if (whole > visitor->used - at)
            break;
        enter(sink, head, len);
        answer(fd, head, len);
        at += whole;
    }
    memmove(visitor->buffer, visitor->buffer + at, visitor->used - at);
    visitor->used -= at;
}

static void hear(struct sink *sink, int fd)
{
    struct visitor *visitor = &sink->room[fd];
    ssize_t got =
        read(fd, visitor->buffer + visitor->used, BUFFER_MAX - visitor->used);
    if (got <= 0) {
        close(fd);
        return;
    }
    visitor->used += (size_t)got;
    serve(sink, fd, visitor);
}

static void welcome(struct sink *sink)
{
    int fd = accept4(sink->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || fd >= FDS_MAX)
        die("sink: accept");
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sink->room[fd].used = 0;
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Of huge pages where the kernel has some. In a virtual machine the first touch
 * of a page after a rest may cost as much as a call, and each key lies on
 * another page: it would be the sink that is measured. */
static void *large(size_t bytes)
{
    size_t huge = 2 << 20;
    void *at = aligned_alloc(huge, (bytes + huge - 1) / huge * huge);
    if (!at)
        die("sink: memory");
    madvise(at, bytes, MADV_HUGEPAGE);
    return at;
}

static void begin(struct sink *sink, const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *sink->report) != 0)
        die(file);
    sink->report = mmap(NULL, sizeof *sink->report, PROT_READ | PROT_WRITE,
                        MAP_SHARED, fd, 0);
    if (sink->report == MAP_FAILED)
        die("sink: memory");
    sink->keys = large(KEYS * sizeof *sink->keys);
    memset(sink->keys, 0, KEYS * sizeof *sink->keys);
    sink->room = large(FDS_MAX * sizeof *sink->room);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(sink->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(sink->listener, 1024) != 0 ||
        getsockname(sink->listener, (struct sockaddr *)&address, &len) != 0)
        die("sink: listen");
    sink->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = sink->listener };
    epoll_ctl(sink->epoll, EPOLL_CTL_ADD, sink->listener, &event);
    printf("port %u\n", ntohs(address.sin_port));
    fflush(stdout);
}

/* A backend on another machine costs nobody here its waking. One that sleeps
 * beside the worker costs it an interrupt to the other core with each call,
 * which is a fifth of the call in a virtual machine: it would be the sink that
 * is measured. So it stays awake until no call has come for a while. */
static int listen_for(struct sink *sink, struct epoll_event *events)
{
    bool awake = wall_us() - sink->heard_us < AWAKE_US;
    int count = epoll_wait(sink->epoll, events, EVENTS_TURN, awake ? 0 : -1);
    if (count > 0)
        sink->heard_us = wall_us();
    return count;
}

int main(int argc, char **argv)
{
    static struct sink sink;
    if (argc != 2) {
        fprintf(stderr, "usage: bench_sink FILE\n");
        return 64;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    begin(&sink, argv[1]);
    for (;;) {
        struct epoll_event events[EVENTS_TURN];
        int count = listen_for(&sink, events);
        if (count < 0 && errno != EINTR)
            die("sink: epoll");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == sink.listener)
                welcome(&sink);
            else
                hear(&sink, events[i].data.fd);
        }
    }
}
