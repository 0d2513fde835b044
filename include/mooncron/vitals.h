/* Vitals: what this process takes of its machine, as the kernel tells it. */
#ifndef MOONCRON_VITALS_H
#define MOONCRON_VITALS_H

#include <stdint.h>

/* Each is below 0 where it could not be read. */
struct vitals {
    int64_t cpu_us; /* of all threads, since the start */
    int64_t resident_bytes, virtual_bytes;
    int64_t fds, fds_max;
    int64_t threads;
};

/* Any thread. */
void vitals_read(struct vitals *ret);

#endif
