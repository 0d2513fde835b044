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

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS) /* by the clock; not of a zone that turns it */

/* `a` by a positive number: whole units before an instant, of which some lie
 * before 1970. */
static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Of two instants, or of two spans of time: their units are the same. */
static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
