/* A child is a process at the other end of a socket pair.
 *
 *   spawn ──► frames come and go ──► close: our end is shut for writing
 *                                      │ it leaves by itself, or
 *                                      └ CHILD_GRACE_MS: SIGKILL
 *   its end of the socket closes, it is reaped, our handles are closed: `ended`
 *
 * `ended` comes after both the last frame and the reaping, in whichever order
 * these two happen. Bytes that are no frame end the child. */
#include "mooncron/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "mooncron/memory.h"
#include "mooncron/wire.h"

#define SOCKET_FD  3          /* where the child finds it */
#define READ_BYTES (64 << 10) /* the least room that a read is given */

/* A load of 100,000 jobs is some 20 MB of frames: fewer, larger reads. */
#define SOCKET_BUFFER_BYTES (1 << 20)

struct child {
    pid_t pid;
    int pidfd;        /* readable when the process has ended (pidfd_open(2)) */
    uv_poll_t ending; /* of it */
    uv_pipe_t pipe;
    uv_timer_t grace;
    struct child_events on;
    void *data;
    char *bytes; /* what came and is no whole frame yet */
    size_t len, cap;
    bool reaped, silent, closing; /* the three that make it ended */
    bool mute;                    /* nothing is sent any more */
    bool nonsense;                /* it sent what is no frame */
    unsigned open;                /* handles of the loop */
    char how[64];
};

/* ---- the end ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    if (--child->open)
        return;
    close(child->pidfd);
    child->on.ended(child->data, child->how);
    free(child->bytes);
    free(child);
}

/* Both have been seen: nothing can come any more. */
static void child_finish(struct child *child)
{
    if (!child->reaped || !child->silent || child->closing)
        return;
    child->closing = true;
    uv_close((uv_handle_t *)&child->ending, on_handle_closed);
    uv_close((uv_handle_t *)&child->pipe, on_handle_closed);
    uv_close((uv_handle_t *)&child->grace, on_handle_closed);
}

/* `how` as siginfo_t has it (waitid(2)). */
static void child_describe(struct child *child, const siginfo_t *how)
{
    if (child->nonsense)
        snprintf(child->how, sizeof child->how,
                 "sent bytes that are no frame and was killed");
    else if (how->si_code == CLD_EXITED)
        snprintf(child->how, sizeof child->how, "exited with %d",
                 how->si_status);
    else
        snprintf(child->how, sizeof child->how, "was killed by signal %d (%s)",
                 how->si_status, strsignal(how->si_status));
}

static void on_ending(uv_poll_t *poll, int status, int events)
{
    struct child *child = poll->data;
    (void)status, (void)events;
    siginfo_t how = { 0 };
    if (waitid(P_PIDFD, (id_t)child->pidfd, &how, WEXITED | WNOHANG) ||
        !how.si_pid)
        return;
    uv_poll_stop(poll);
    child_describe(child, &how);
    child->reaped = true;
    child_finish(child);
}

/* A grandchild may hold the socket open for ever: what is reaped is silent
 * after the grace. */
static void on_grace(uv_timer_t *timer)
{
    struct child *child = timer->data;
    if (!child->reaped) {
        child_kill(child);
        return;
    }
    child->silent = true;
    child_finish(child);
}

static void grace_begin(struct child *child)
{
    if (!child->closing)
        uv_timer_start(&child->grace, on_grace, CHILD_GRACE_MS, CHILD_GRACE_MS);
}

/* ---- what comes ---- */

/* Every whole frame; what is left moves to the front. False: no frame. */
static bool frames_deliver(struct child *child)
{
    size_t at = 0;
    int64_t frame;
    while ((frame = wire_frame(child->bytes + at, child->len - at)) > 0) {
        child->on.frame(child->data, child->bytes + at, (size_t)frame);
        at += (size_t)frame;
    }
    child->len -= at;
    memmove(child->bytes, child->bytes + at, child->len);
    return frame == 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct child *child = handle->data;
    (void)suggested;
    if (child->cap - child->len < READ_BYTES) {
        child->cap = child->cap * 2 + READ_BYTES;
        child->bytes = memory_resize(child->bytes, child->cap, 1);
    }
    buffer->base = child->bytes + child->len;
    buffer->len = child->cap - child->len;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct child *child = stream->data;
    (void)buffer;
    if (count > 0) {
        child->len += (size_t)count;
        if (frames_deliver(child))
            return;
        child->nonsense = true;
        child_kill(child);
    }
    if (count == 0)
        return;
    uv_read_stop(stream);
    child->silent = true;
    grace_begin(child);
    child_finish(child);
}

/* ---- what goes ---- */

struct letter {
    uv_write_t request;
    char bytes[];
};

static void on_written(uv_write_t *request, int status)
{
    (void)status; /* a child that is gone is told of by its end */
    free(request->data);
}

void child_send(struct child *child, const char *bytes, size_t len)
{
    if (child->mute || child->closing || child->silent)
        return;
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);
    int wrote = uv_try_write((uv_stream_t *)&child->pipe, &buffer, 1);
    size_t done = wrote > 0 ? (size_t)wrote : 0;
    if (done == len || (wrote < 0 && wrote != UV_EAGAIN))
        return;
    struct letter *letter = memory_new(sizeof *letter + len - done);
    memcpy(letter->bytes, bytes + done, len - done);
    letter->request.data = letter;
    buffer = uv_buf_init(letter->bytes, (unsigned)(len - done));
    if (uv_write(&letter->request, (uv_stream_t *)&child->pipe, &buffer, 1,
                 on_written))
        free(letter);
}

void child_ask(struct child *child)
{
    if (!child->reaped)
        kill(child->pid, SIGUSR1);
}

void child_kill(struct child *child)
{
    child->mute = true;
    if (!child->reaped)
        kill(child->pid, SIGKILL);
}

/* Shutting our side down is an end of file for the child. */
void child_close(struct child *child)
{
    if (child->mute || child->closing)
        return;
    child->mute = true;
    int fd;
    if (!uv_fileno((uv_handle_t *)&child->pipe, &fd))
        shutdown(fd, SHUT_WR);
    grace_begin(child);
}

/* ---- the beginning ---- */

bool child_program(char *buffer, size_t size, struct error *reterr)
{
    const char *given = getenv("MOONCRON_SCRIPT_HOST");
    if (given && *given) {
        snprintf(buffer, size, "%s", given);
    } else {
        ssize_t len = readlink("/proc/self/exe", buffer, size - 1);
        if (len < 0) {
            error_set(reterr, "/proc/self/exe: %s", strerror(errno));
            return false;
        }
        buffer[len] = '\0';
        char *slash = strrchr(buffer, '/');
        size_t room = size - (size_t)(slash + 1 - buffer);
        snprintf(slash + 1, room, "mooncron-script");
    }
    if (!access(buffer, X_OK))
        return true;
    error_set(reterr, "the script host's program %s: %s", buffer,
              strerror(errno));
    return false;
}

/* The loop may grow both sides of the pair before the child exists. */
static bool pair_open(int pair[2], struct error *reterr)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        error_set(reterr, "socket pair: %s", strerror(errno));
        return false;
    }
    int bytes = SOCKET_BUFFER_BYTES;
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return true;
}

/* Nothing on standard input and output, the socket as SOCKET_FD, and of what
 * this process holds, or was itself started with, nothing else. The socket is
 * moved first: it may be one of the lowest three. */
static void lay_descriptors(posix_spawn_file_actions_t *actions, int socket)
{
    static const char null[] = "/dev/null";
    posix_spawn_file_actions_init(actions);
    posix_spawn_file_actions_adddup2(actions, socket, SOCKET_FD);
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, null, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, null, O_WRONLY, 0);
    if (!getenv("MOONCRON_SCRIPT_DEBUG"))
        posix_spawn_file_actions_addopen(actions, STDERR_FILENO, null, O_WRONLY,
                                         0);
    posix_spawn_file_actions_addclosefrom_np(actions, SOCKET_FD + 1);
}

/* It may be asked before it can answer: till then it does not hear the signal,
 * which would end it. */
static void lay_signals(posix_spawnattr_t *attributes)
{
    sigset_t asked, all;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &asked);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* posix_spawn(3) shares our memory until the exec: a fork copied page tables
 * and made each page be copied that was written afterwards, which cost more
 * than the rest of a small reload. An errno, or 0. */
static int process_spawn(struct child *child, const char *program, int socket)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    lay_descriptors(&actions, socket);
    lay_signals(&attributes);
    char *args[] = { (char *)(uintptr_t)program, NULL };
    char *env[] = { NULL };
    int fault =
        posix_spawn(&child->pid, program, &actions, &attributes, args, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return fault;
}

/* Whether the loop will hear of its end; an errno, or 0. */
static int process_watch(struct child *child, struct uv_loop_s *loop)
{
    child->pidfd = pidfd_open(child->pid, 0);
    if (child->pidfd < 0)
        return errno;
    int status = uv_poll_init(loop, &child->ending, child->pidfd);
    if (status)
        close(child->pidfd);
    return -status;
}

/* Likewise; the process is there only where it is 0. */
static int process_start(struct child *child, struct uv_loop_s *loop,
                         const char *program, int socket)
{
    int fault = process_spawn(child, program, socket);
    if (fault)
        return fault;
    fault = process_watch(child, loop);
    if (!fault)
        return 0;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    return fault;
}

static void child_listen(struct child *child, struct uv_loop_s *loop,
                         int socket)
{
    child->open = 3;
    child->ending.data = child->pipe.data = child->grace.data = child;
    uv_timer_init(loop, &child->grace);
    uv_pipe_init(loop, &child->pipe, 0);
    int status = uv_pipe_open(&child->pipe, socket);
    assert(!status); /* it is a socket of ours */
    uv_poll_start(&child->ending, UV_READABLE, on_ending);
    uv_read_start((uv_stream_t *)&child->pipe, on_alloc, on_read);
}

struct child *child_spawn(struct uv_loop_s *loop, const char *program,
                          const struct child_events *events, void *data,
                          struct error *reterr)
{
    int pair[2];
    if (!pair_open(pair, reterr))
        return NULL;
    struct child *child = memory_new(sizeof *child);
    child->on = *events;
    child->data = data;
    int fault = process_start(child, loop, program, pair[1]);
    close(pair[1]);
    if (!fault) {
        child_listen(child, loop, pair[0]);
        return child;
    }
    error_set(reterr, "the script host %s was not started: %s", program,
              strerror(fault));
    close(pair[0]);
    free(child);
    return NULL;
}
