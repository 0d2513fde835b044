/* What can go wrong in a simulation, by name: each kind is counted when it has
 * hit something, so that a run can show that it was tried. */
#ifndef TEST_SIM_FAULTS_H
#define TEST_SIM_FAULTS_H

#include <stdint.h>

enum fault {
    FAULT_BACKEND_REFUSES,
    FAULT_BACKEND_SLOW,
    FAULT_BACKEND_HANGS,
    FAULT_BACKEND_5XX,
    FAULT_BACKEND_401,
    FAULT_BACKEND_FLAPS,
    FAULT_BACKEND_OVERSIZE,
    FAULT_BACKEND_TRUNCATED,
    FAULT_BACKEND_BUSY,
    FAULT_BACKEND_DENIES,
    FAULT_NET_LOST_BEFORE, /* the request never arrives */
    FAULT_NET_LOST_AFTER,  /* it was carried out, and nobody hears of it */
    FAULT_DNS_FAILS,
    FAULT_DNS_HANGS,
    FAULT_CLOCK_FORWARD,
    FAULT_CLOCK_BACK,
    FAULT_CLOCK_DRIFT,
    FAULT_CLOCK_SUSPEND,
    FAULT_DISK_ENOSPC,
    FAULT_DISK_EIO,
    FAULT_DISK_TORN, /* power goes while a batch is written: none of it is */
    FAULT_STORE_TIMEOUT,
    FAULT_STORE_AMBIGUOUS, /* it was written, and said not to be */
    FAULT_STORE_PARTITION,
    FAULT_STORE_TAIL,     /* power goes, and the last batches with it */
    FAULT_STORE_CORRUPT,  /* a start finds no journal that can be read */
    FAULT_STORE_PRUNE,    /* it is ill as rows are taken away */
    FAULT_CRASH_COMMIT,   /* the process dies: while a batch is written */
    FAULT_CRASH_CLAIMED,  /* a claim is durable, and nothing was sent */
    FAULT_CRASH_SENT,     /* a request is on its way */
    FAULT_CRASH_AT_WORK,  /* the backend works on it */
    FAULT_CRASH_ANSWERED, /* the answer is there, its verdict is not durable */
    FAULT_CRASH_RESTING,  /* between two attempts */
    FAULT_CRASH_FETCH,
    FAULT_CRASH_LOAD,
    FAULT_CRASH_SWAP,  /* a schedule came into force, and is not written down */
    FAULT_CRASH_NAP,   /* a script sleeps */
    FAULT_CRASH_PRUNE, /* rows are taken away, and are gone or not */
    FAULT_CRASH_DRAIN,
    FAULT_CRASH_BOOT,
    FAULT_CRASH_ANYWHERE,
    FAULT_SIGTERM,
    FAULT_SIGTERM_TWICE,
    FAULT_WEBHOOK_DUPLICATE,
    FAULT_WEBHOOK_REORDERED,
    FAULT_WEBHOOK_STORM,
    FAULT_WEBHOOK_STALE,
    FAULT_FILE_BAD,
    FAULT_LUA_THROWS,
    FAULT_LUA_EXHAUSTS,
    FAULTS,
};
extern const char *const fault_names[FAULTS]; /* "backend refuses" ... */

#endif
