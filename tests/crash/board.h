/* The board is a page that the driver and the worker under test have both
 * mapped: what shall go wrong, and what has. The worker's end of it is
 * faults.c, which is loaded before the C library. */
#ifndef TESTS_CRASH_BOARD_H
#define TESTS_CRASH_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

#define BOARD_VARIABLE "CRASH_BOARD" /* the path of the page's file */

/* What a call does, as bits. */
enum call_class {
    CALL_KEEPS = 1,  /* changes a file or a folder */
    CALL_READS = 2,  /* reads or locks one */
    CALL_TALKS = 4,  /* sockets, pipes, the log */
    CALL_OPENS = 8,  /* makes a descriptor */
    CALL_WRITES = 16 /* writes bytes to a file: what can be torn */
};

enum deed {
    DEED_NONE, /* calls are counted */
    DEED_KILL, /* the process is killed before the call */
    DEED_TEAR, /* half of the bytes are written, and it is killed */
    DEED_FAIL  /* the call does nothing, and fails */
};

struct board {
    /* the driver's, before it arms */
    enum deed deed;
    int error;        /* errno of DEED_FAIL */
    unsigned classes; /* calls that are counted */
    uint64_t at;      /* the first call that it is done to, from 1 */
    uint64_t times;   /* and to how many in a row */
    /* both's */
    atomic_bool armed;
    _Atomic uint64_t seen; /* calls of those classes while it was armed */
    _Atomic uint64_t hits;
    char call[32]; /* the first that was hit */
};

#endif
