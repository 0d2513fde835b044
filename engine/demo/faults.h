/* Faults on demand: how the stand-in misbehaves, where, and how often. */
#ifndef DEMO_FAULTS_H
#define DEMO_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct faults;

enum fault_kind {
    FAULT_NONE,
    FAULT_SLOW, /* answers properly, `ms` later */
    FAULT_HANG, /* never answers: drops the connection after `ms` */
    FAULT_500,
    FAULT_503,
    FAULT_401,
    FAULT_403,
    FAULT_404,
    FAULT_DROP,       /* closes the connection without a word */
    FAULT_HTML,       /* 200 and a login page */
    FAULT_WRONG_JSON, /* 200 and half an object */
    FAULT_HUGE,       /* 200 and 2 MiB of valid JSON */
    FAULT_REDIRECT,   /* 302 to a login page */
    FAULT_BODY,       /* 200 and `body`, as JSON */
    FAULT_KINDS,
};
extern const char *const fault_names[FAULT_KINDS];

#define FAULT_PATH_MAX 128
#define FAULT_BODY_MAX 8192
#define FAULTS_MAX     32 /* a test names a handful of paths */

struct fault {
    char path[FAULT_PATH_MAX]; /* "*": every path */
    enum fault_kind kind;
    int64_t ms;
    int64_t times; /* how many requests it meets; INT64_MAX: all */
    char body[FAULT_BODY_MAX];
    uint64_t calm; /* private: how often calm had been asked for */
};

struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL is fine */
/* Lets everybody who waits go, now and from now on. */
void faults_stop(struct faults *faults);

/* Replaces what there was for the path. FAULT_NONE ends it, and for "*" ends
 * everything, and lets go whoever hangs or dawdles. False where no place is
 * left. */
bool faults_set(struct faults *faults, const struct fault *fault);
/* The fault that meets a request for `path`, counted as met. False: none. */
bool faults_take(struct faults *faults, const char *path, struct fault *ret);
/* Waits for the `ms` of a fault that was taken, or until it is let go. */
void faults_wait(struct faults *faults, const struct fault *taken);
/* Waits for `ms`, or until FAULT_NONE is set from now on, or all is stopped. */
void faults_pause(struct faults *faults, int64_t ms);

#endif
