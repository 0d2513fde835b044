/* Two clocks, two types: an instant on one is never compared with the other.
 *
 * Wall time says when a slot is due; monotonic time measures waiting. Only
 * io/clock.c reads them; everybody else receives them in an event. */
#ifndef MOONCRON_INSTANT_H
#define MOONCRON_INSTANT_H

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. */
struct wall {
    int64_t ms;
};

/* Milliseconds since some moment before the process started; never set back,
 * and counting while the machine sleeps. */
struct mono {
    int64_t ms;
};

/* One reading of both clocks. */
struct now {
    struct wall wall;
    struct mono mono;
};

#define NEVER_MS INT64_MAX

#endif
