/* A process of a test: started, listened to, signalled, reaped. */
#ifndef TESTS_PROC_H
#define TESTS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc;

/* Starts argv[0] with exactly this environment (both ended by NULL). A thread
 * reads what it writes, so it never waits for us. The test fails where it
 * cannot be started. */
struct proc *proc_start(const char *const *argv, const char *const *env);
pid_t proc_pid(const struct proc *proc);

/* The first line on stderr (true) or stdout that begins at or after `*cursor`;
 * `*cursor` moves behind it. Waits until `timeout_ms` are up or the stream has
 * ended: then NULL. The caller frees it. */
char *proc_line(struct proc *proc, bool err, size_t *cursor,
                int64_t timeout_ms);
/* The first such line that holds `needle`; the test fails where none comes. */
char *proc_await(struct proc *proc, bool err, size_t *cursor,
                 const char *needle, int64_t timeout_ms);
/* All of a stream so far; the caller frees it. */
char *proc_output(struct proc *proc, bool err);

void proc_signal(struct proc *proc, int signal);
/* Waits for its end and reaps it: its exit code, 128 + n where signal n ended
 * it. The test fails with its last words where it is still there. */
int proc_exit(struct proc *proc, int64_t timeout_ms);
/* Waits for its end; false where it is still there. */
bool proc_ended(struct proc *proc, int64_t timeout_ms);
bool proc_alive(struct proc *proc);
/* Kills what is left; NULL is fine. */
void proc_free(struct proc *proc);

/* What a process holds, itself and its children, from /proc. */
struct footprint {
    unsigned fds, threads, children;
    unsigned long rss_kb; /* of the process alone */
};
struct footprint footprint_of(pid_t pid);

/* Runs a program to its end and gives its exit code, stdout and stderr (either
 * may be NULL; freed by the caller). */
int proc_run(const char *const *argv, const char *const *env, char **ret_out,
             char **ret_err);

#endif
