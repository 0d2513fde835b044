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

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "mooncron/memory.h"
#include "mooncron/wire.h"

#define SOCKET_FD  3          /* where the child finds it */
#define READ_BYTES (64 << 10) /* the least room that a read is given */

/* A load of 100,000 jobs is some 20 MB of frames: fewer, larger reads. */
#define SOCKET_BUFFER_BYTES (1 << 20)

struct child {
    uv_process_t process;
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
    uv_close((uv_handle_t *)&child->process, on_handle_closed);
    uv_close((uv_handle_t *)&child->pipe, on_handle_closed);
    uv_close((uv_handle_t *)&child->grace, on_handle_closed);
}

static void on_reaped(uv_process_t *process, int64_t status, int signal)
{
    struct child *child = process->data;
    child->reaped = true;
    if (child->nonsense)
        snprintf(child->how, sizeof child->how,
                 "sent bytes that are no frame and was killed");
    else if (signal)
        snprintf(child->how, sizeof child->how, "was killed by signal %d (%s)",
                 signal, strsignal(signal));
    else
        snprintf(child->how, sizeof child->how, "exited with %lld",
                 (long long)status);
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

void child_kill(struct child *child)
{
    child->mute = true;
    if (!child->reaped)
        uv_process_kill(&child->process, SIGKILL);
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

int child_pid(const struct child *child)
{
    return child->process.pid;
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

/* Whatever this process was itself started with, or a library opened without
 * care, stays here: libuv closes nothing in the child. Where the kernel is too
 * old for it (before 5.11), only descriptors that say so stay here. */
static void keep_descriptors(void)
{
    (void)close_range(SOCKET_FD, ~0u, CLOSE_RANGE_CLOEXEC);
}

static int process_spawn(struct child *child, struct uv_loop_s *loop,
                         const char *program, int socket)
{
    keep_descriptors();
    char *args[] = { (char *)(uintptr_t)program, NULL };
    char *env[] = { NULL };
    const bool debug = getenv("MOONCRON_SCRIPT_DEBUG") != NULL;
    uv_stdio_container_t stdio[SOCKET_FD + 1] = {
        { .flags = UV_IGNORE },
        { .flags = UV_IGNORE },
        { .flags = debug ? UV_INHERIT_FD : UV_IGNORE,
          .data.fd = STDERR_FILENO },
        { .flags = UV_INHERIT_FD, .data.fd = socket },
    };
    const uv_process_options_t options = {
        .exit_cb = on_reaped,
        .file = program,
        .args = args,
        .env = env,
        .stdio_count = SOCKET_FD + 1,
        .stdio = stdio,
    };
    return uv_spawn(loop, &child->process, &options);
}

static void on_stillborn(uv_handle_t *handle)
{
    struct child *child = handle->data;
    if (!--child->open)
        free(child);
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
    child->open = 3;
    child->process.data = child->pipe.data = child->grace.data = child;
    uv_pipe_init(loop, &child->pipe, 0);
    uv_timer_init(loop, &child->grace);
    int status = process_spawn(child, loop, program, pair[1]);
    close(pair[1]);
    if (status)
        error_set(reterr, "the script host %s was not started: %s", program,
                  uv_strerror(status));
    else
        status = uv_pipe_open(&child->pipe, pair[0]);
    if (!status) {
        uv_read_start((uv_stream_t *)&child->pipe, on_alloc, on_read);
        return child;
    }
    close(pair[0]);
    uv_close((uv_handle_t *)&child->process, on_stillborn);
    uv_close((uv_handle_t *)&child->pipe, on_stillborn);
    uv_close((uv_handle_t *)&child->grace, on_stillborn);
    return NULL;
}
