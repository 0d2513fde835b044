/* The only reader of real clocks, and the alarm that rings by them.
 *
 * A scale makes time run faster, for demonstrations and tests; nobody else
 * knows of it. Wall time is CLOCK_REALTIME; waiting is CLOCK_BOOTTIME, which
 * counts while the machine sleeps. */
#ifndef MOONCRON_CLOCK_H
#define MOONCRON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/core.h"
#include "mooncron/error.h"
#include "mooncron/instant.h"

struct uv_loop_s;

struct clock {
    /* private */
    double scale;
    int64_t wall_base_ns, boot_base_ns; /* where the scaled clocks started */
    int64_t start_ns; /* scaled wall time at the base; may be set */
};

/* `scale` 1 is real time; 0.1 to 10000. `start`: the wall clock begins there
 * (wall.ms != 0), or now. */
void clock_init(struct clock *clock, double scale, struct wall start);
struct now clock_now(const struct clock *clock);
int64_t clock_wall_ns(const struct clock *clock);

/* Rings when a deadline on either clock has come, at the latest after
 * ALARM_SLEEP_MS_MAX, and when the wall clock is set. timerfd, so to the
 * microsecond. */
struct alarm;
#define ALARM_SLEEP_MS_MAX 3600000 /* the kernel tells of jumps: no polling */

typedef void alarm_ring(void *data);
struct alarm *alarm_new(struct uv_loop_s *loop, const struct clock *clock,
                        alarm_ring *ring, void *data, struct error *reterr);
/* Replaces the deadline; cheap where it is the same. */
void alarm_set(struct alarm *alarm, struct core_deadline deadline);
void alarm_close(struct alarm *alarm); /* its loop must run once more */

#endif
