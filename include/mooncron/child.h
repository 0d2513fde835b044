/* A child process that speaks frames over a socket pair: the script host, seen
 * from the daemon.
 *
 * The child gets the socket as descriptor 3, nothing on standard input and
 * output, an empty environment, and our standard error only while debugging.
 * Callbacks come from the loop. */
#ifndef MOONCRON_CHILD_H
#define MOONCRON_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"

struct uv_loop_s;
struct child;

struct child_events {
    /* One whole frame; it may be written to, and dies with the call. */
    void (*frame)(void *data, char *frame, size_t len);
    /* The process has ended and was reaped; nothing comes after this, and the
     * child is freed when it returns. `how` is a clause: "exited with 3",
     * "was killed by signal 9 (Killed)", "sent bytes that are no frame and was
     * killed". */
    void (*ended)(void *data, const char *how);
};

/* Where the script host's program is: beside this one, or where
 * MOONCRON_SCRIPT_HOST says. False and a sentence where it is not. */
bool child_program(char *buffer, size_t size, struct error *reterr);

/* NULL and `reterr` where it could not be started. `events` is copied. */
struct child *child_spawn(struct uv_loop_s *loop, const char *program,
                          const struct child_events *events, void *data,
                          struct error *reterr);
/* Sends whole frames; the bytes are copied. Ignored after child_kill(). */
void child_send(struct child *child, const char *bytes, size_t len);
/* Closes our end: a well-behaved child leaves; one that has not after
 * CHILD_GRACE_MS is killed. */
#define CHILD_GRACE_MS 200
void child_close(struct child *child);
/* Asks one that hangs where it is, by SIGUSR1, which it was born with blocked:
 * it may answer with a frame, or not; so it is killed a little later all the
 * same. */
void child_ask(struct child *child);
void child_kill(struct child *child); /* SIGKILL, now */

#endif
