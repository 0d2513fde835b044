/* The worker of a test: the real program, with the usual environment. */
#ifndef TESTS_WORKER_H
#define TESTS_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <jansson.h>

#include "proc.h"
#include "scratch.h"
#include "stand.h"

/* Long enough for a sanitized build on a busy machine. */
#define WORKER_PATIENCE_MS 20000

struct worker {
    struct proc *proc;
    size_t cursor; /* of the log: behind the newest event that was awaited */
    uint16_t port;
    char origin[64];
};

/* How a worker's environment differs from the usual one. */
struct worker_options {
    const char *const *env;  /* "NAME=value" replaces, "NAME" takes away */
    const char *const *args; /* before the file; NULL: none */
    const char *file;        /* in the scratch; NULL: "schedules.lua" */
};

/* Starts `mooncron run` and waits for its port; the stand-in is told where
 * webhooks go. `options` may be NULL. State is <scratch>/state. */
void worker_start(struct worker *worker, const struct scratch *scratch,
                  const struct stand *stand,
                  const struct worker_options *options);
/* The same without waiting: for starts that are meant to fail. */
void worker_spawn(struct worker *worker, const struct scratch *scratch,
                  const struct stand *stand,
                  const struct worker_options *options);
/* SIGTERM; the test fails unless it leaves with 0. */
void worker_drain(struct worker *worker);
void worker_free(struct worker *worker); /* kills what is left */

/* The next line of the log whose field `event` is this; a reference of the
 * caller's. The test fails where it does not come. */
json_t *worker_event(struct worker *worker, const char *event);
/* The next one whose text holds `needle`, whatever its event. */
json_t *worker_says(struct worker *worker, const char *needle);
/* Waits until generation `generation` or a later one is in force. */
void worker_await_generation(struct worker *worker, int64_t generation);
int64_t worker_field(const json_t *event, const char *name);

/* No file of it may be longer than this, as if the disk were full; or again
 * what we may ourselves, RLIM_INFINITY. */
void worker_limit_files(const struct worker *worker, rlim_t bytes);

/* POST to the webhook with the right secret. */
struct client_answer worker_webhook(const struct worker *worker,
                                    const char *body);

/* Runs a command of the program to its end, with the worker's environment. */
int worker_command(const struct worker *worker, const struct scratch *scratch,
                   const struct stand *stand, const char *const *args,
                   char **ret_out, char **ret_err);
/* The same, without waiting for its end: proc_free() is the caller's. */
struct proc *worker_command_start(const struct worker *worker,
                                  const struct scratch *scratch,
                                  const struct stand *stand,
                                  const char *const *args);

#endif
