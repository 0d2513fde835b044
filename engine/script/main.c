/* mooncron-script: the script host's process.
 *
 * The daemon starts it with a socket as descriptor 3. It takes what it may do
 * away from itself, reads frames and answers them, and leaves when the socket
 * closes.
 *
 * Where it hangs and no hook of Lua sees it (a loop in a handler of xpcall, a
 * pattern that backtracks), the daemon sends SIGUSR1 before it kills: the
 * handler, which runs even while Lua is in C, says where, and ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cage.h"
#include "host.h"
#include "mooncron/hostmsg.h"
#include "mooncron/memory.h"

#define SOCKET_FD  3
#define READ_BYTES (64 << 10)

/* What the handler of SIGUSR1 needs: it has no other way to any of it. */
static struct {
    struct host *host;
    struct text frame;              /* its memory is there beforehand */
    volatile sig_atomic_t in_frame; /* half of one may have been written */
} last;

/* The daemon is gone where nothing can be written. */
static void write_whole(const char *at, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(SOCKET_FD, at, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            _exit(0);
        at += wrote;
        len -= (size_t)wrote;
    }
}

static void write_out(void *data, struct text *out)
{
    (void)data;
    last.in_frame = true;
    write_whole(out->data, out->len);
    last.in_frame = false;
    text_clear(out);
}

/* Lua is asked in the middle of whatever it does. It may not be run after that,
 * and is not; should it fault here, the daemon only does not learn the place.
 * What is in the host's own output is lost with it: it hangs, and whoever waits
 * for its words is told so. */
static void on_ask(int signal)
{
    (void)signal;
    if (last.in_frame || !host_last_place(last.host, &last.frame))
        return;
    write_whole(last.frame.data, last.frame.len);
    _exit(75);
}

static void listen_for_ask(struct host *host)
{
    last.host = host;
    text_init(&last.frame, HOST_AT_MAX);
    text_fill(&last.frame, ' ', HOST_AT_MAX);
    text_clear(&last.frame);
    struct sigaction action = { .sa_handler = on_ask, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigset_t asked; /* the daemon had us born deaf to it */
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &asked, NULL);
}

struct input {
    char *bytes;
    size_t len, cap;
};

/* False at the end of the socket. */
static bool input_read(struct input *input)
{
    if (input->cap - input->len < READ_BYTES) {
        input->cap = input->cap * 2 + READ_BYTES;
        input->bytes = memory_resize(input->bytes, input->cap, 1);
    }
    ssize_t got;
    do
        got =
            read(SOCKET_FD, input->bytes + input->len, input->cap - input->len);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    input->len += (size_t)got;
    return true;
}

/* Every whole frame. False where one is not of the protocol. */
static bool input_take(struct input *input, struct host *host, bool *caged)
{
    size_t at = 0;
    int64_t frame;
    while ((frame = wire_frame(input->bytes + at, input->len - at)) > 0) {
        if (!host_frame(host, input->bytes + at, (size_t)frame))
            return false;
        at += (size_t)frame;
        if (!*caged && host_is_loaded(host)) {
            cage_close();
            *caged = true;
        }
    }
    input->len -= at;
    memmove(input->bytes, input->bytes + at, input->len);
    return frame == 0;
}

static bool is_socket(int fd)
{
    int type;
    socklen_t len = sizeof type;
    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
}

int main(void)
{
    if (!is_socket(SOCKET_FD)) {
        fputs("mooncron-script: the worker starts this program; see mooncron "
              "help\n",
              stderr);
        return 64;
    }
    cage_open();
    struct host *host = host_new(write_out, NULL);
    struct input input = { NULL, 0, 0 };
    bool caged = false, good = host != NULL;
    if (good)
        listen_for_ask(host);
    while (good && input_read(&input))
        good = input_take(&input, host, &caged);
    /* Finalizers of a script may hang: the process ends without them. */
    fflush(stderr);
    _exit(good ? 0 : 70);
}
