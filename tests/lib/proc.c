/* A process of a test: started, listened to, signalled, reaped.
 *
 * Two pipes carry its output. One thread of ours reads both into memory and
 * tells who waits for a line; it ends when both streams have ended. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/memory.h"
#include "mooncron/text.h"

#define OUTPUT_MAX (64 << 20) /* a test that logs more has gone mad */

enum { OUT, ERR };

struct proc {
    pid_t pid;
    int pidfd;
    bool reaped;
    int exit_code;
    pthread_t reader;
    int fds[2]; /* the reader's alone */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t more;
    struct text text[2];
    bool ended[2];
};

static void take(struct proc *proc, int which, const char *bytes, ssize_t len)
{
    pthread_mutex_lock(&proc->lock);
    if (len > 0)
        text_add(&proc->text[which], bytes, (size_t)len);
    else
        proc->ended[which] = true;
    pthread_cond_broadcast(&proc->more);
    pthread_mutex_unlock(&proc->lock);
}

static void *read_all(void *data)
{
    struct proc *proc = data;
    struct pollfd polls[2] = { { proc->fds[OUT], POLLIN, 0 },
                               { proc->fds[ERR], POLLIN, 0 } };
    while (polls[OUT].fd >= 0 || polls[ERR].fd >= 0) {
        poll(polls, 2, -1);
        for (int i = 0; i < 2; i++) {
            char chunk[8192];
            if (polls[i].fd < 0 || !polls[i].revents)
                continue;
            ssize_t got = read(polls[i].fd, chunk, sizeof chunk);
            if (got < 0 && errno == EINTR)
                continue;
            take(proc, i, chunk, got);
            if (got <= 0)
                polls[i].fd = -1;
        }
    }
    return NULL;
}

/* Between fork and exec: only what is safe there. */
static void become(const char *const *argv, const char *const *env, int out[2],
                   int err[2])
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    close_range(3, ~0u, 0); /* what we inherited is no business of its */
    /* exec's signature is older than const. */
    execve(argv[0], (char *const *)(uintptr_t)argv,
           (char *const *)(uintptr_t)env);
    _exit(127);
}

static void conditions_init(struct proc *proc)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&proc->more, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&proc->lock, NULL);
}

struct proc *proc_start(const char *const *argv, const char *const *env)
{
    struct proc *proc = memory_new(sizeof *proc);
    int out[2], err[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    proc->pid = fork();
    assert_true(proc->pid >= 0);
    if (proc->pid == 0)
        become(argv, env, out, err);
    close(out[1]);
    close(err[1]);
    proc->pidfd = pidfd_open(proc->pid, 0);
    assert_true(proc->pidfd >= 0);
    proc->fds[OUT] = out[0];
    proc->fds[ERR] = err[0];
    conditions_init(proc);
    text_init(&proc->text[OUT], OUTPUT_MAX);
    text_init(&proc->text[ERR], OUTPUT_MAX);
    assert_int_equal(pthread_create(&proc->reader, NULL, read_all, proc), 0);
    return proc;
}

pid_t proc_pid(const struct proc *proc)
{
    return proc->pid;
}

static struct timespec deadline(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static char *line_until(struct proc *proc, bool err, size_t *cursor,
                        const struct timespec *until)
{
    struct text *text = &proc->text[err];
    char *line = NULL;
    pthread_mutex_lock(&proc->lock);
    for (int waited = 0;;) {
        const char *start = text->data + *cursor;
        const char *end = memchr(start, '\n', text->len - *cursor);
        if (!end && proc->ended[err] && text->len > *cursor)
            end = text->data + text->len;
        if (end) {
            line = memory_copy(start, (size_t)(end - start));
            *cursor += (size_t)(end - start) + (*end == '\n');
            break;
        }
        if (waited || proc->ended[err])
            break;
        waited = pthread_cond_timedwait(&proc->more, &proc->lock, until);
    }
    pthread_mutex_unlock(&proc->lock);
    return line;
}

char *proc_line(struct proc *proc, bool err, size_t *cursor, int64_t timeout_ms)
{
    struct timespec until = deadline(timeout_ms);
    return line_until(proc, err, cursor, &until);
}

char *proc_output(struct proc *proc, bool err)
{
    pthread_mutex_lock(&proc->lock);
    char *copy = memory_copy(proc->text[err].data, proc->text[err].len);
    pthread_mutex_unlock(&proc->lock);
    return copy;
}

/* The last words of a process, for a test that fails. */
static void print_tail(struct proc *proc)
{
    for (int i = 0; i < 2; i++) {
        char *all = proc_output(proc, i == ERR);
        size_t len = strlen(all);
        print_message("--- %s of process %d:\n%s\n", i ? "stderr" : "stdout",
                      (int)proc->pid, all + (len > 4000 ? len - 4000 : 0));
        free(all);
    }
}

char *proc_await(struct proc *proc, bool err, size_t *cursor,
                 const char *needle, int64_t timeout_ms)
{
    struct timespec until = deadline(timeout_ms);
    char *line;
    while ((line = line_until(proc, err, cursor, &until))) {
        if (strstr(line, needle))
            return line;
        free(line);
    }
    print_tail(proc);
    fail_msg("no line with \"%s\" in %lld ms", needle, (long long)timeout_ms);
    return NULL;
}

void proc_signal(struct proc *proc, int signal)
{
    assert_int_equal(kill(proc->pid, signal), 0);
}

bool proc_ended(struct proc *proc, int64_t timeout_ms)
{
    struct pollfd ready = { proc->pidfd, POLLIN, 0 };
    return proc->reaped || poll(&ready, 1, (int)timeout_ms) == 1;
}

static void reap(struct proc *proc)
{
    int status;
    assert_int_equal(waitpid(proc->pid, &status, 0), proc->pid);
    proc->reaped = true;
    proc->exit_code =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pthread_join(proc->reader, NULL);
}

int proc_exit(struct proc *proc, int64_t timeout_ms)
{
    if (!proc_ended(proc, timeout_ms)) {
        print_tail(proc);
        fail_msg("process %d has not ended in %lld ms", (int)proc->pid,
                 (long long)timeout_ms);
    }
    if (!proc->reaped)
        reap(proc);
    return proc->exit_code;
}

bool proc_alive(struct proc *proc)
{
    return !proc_ended(proc, 0);
}

void proc_free(struct proc *proc)
{
    if (!proc)
        return;
    if (!proc->reaped) {
        kill(-proc->pid, SIGKILL); /* its group: children hold the pipes */
        kill(proc->pid, SIGKILL);
        reap(proc);
    }
    close(proc->pidfd);
    close(proc->fds[OUT]);
    close(proc->fds[ERR]);
    text_close(&proc->text[OUT]);
    text_close(&proc->text[ERR]);
    pthread_cond_destroy(&proc->more);
    pthread_mutex_destroy(&proc->lock);
    free(proc);
}

int proc_run(const char *const *argv, const char *const *env, char **ret_out,
             char **ret_err)
{
    struct proc *proc = proc_start(argv, env);
    int code = proc_exit(proc, 30000);
    if (ret_out)
        *ret_out = proc_output(proc, false);
    if (ret_err)
        *ret_err = proc_output(proc, true);
    proc_free(proc);
    return code;
}
