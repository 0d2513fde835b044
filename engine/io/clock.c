/* The clocks, and nothing but the clocks.
 *
 * Scaled time starts at a base and runs `scale` times as fast. The wall clock
 * of scale 1 without a start is read as it is, so that it follows whoever sets
 * it. */
#include "mooncron/clock.h"

#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

static int64_t read_ns(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return at.tv_sec * NS_PER_S + at.tv_nsec;
}

void clock_init(struct clock *clock, double scale, struct wall start)
{
    clock->scale = scale;
    clock->wall_base_ns = read_ns(CLOCK_REALTIME);
    clock->boot_base_ns = read_ns(CLOCK_BOOTTIME);
    clock->start_ns = start.ms ? start.ms * NS_PER_MS : clock->wall_base_ns;
}

/* What has passed since the base, scaled. */
static int64_t passed_ns(const struct clock *clock, int64_t now_ns,
                         int64_t base_ns)
{
    return (int64_t)((double)(now_ns - base_ns) * clock->scale);
}

int64_t clock_wall_ns(const struct clock *clock)
{
    int64_t now_ns = read_ns(CLOCK_REALTIME);
    if (clock->scale == 1.0)
        return clock->start_ns + (now_ns - clock->wall_base_ns);
    return clock->start_ns + passed_ns(clock, now_ns, clock->wall_base_ns);
}

struct now clock_now(const struct clock *clock)
{
    int64_t boot_ns = read_ns(CLOCK_BOOTTIME);
    if (clock->scale != 1.0)
        boot_ns = clock->boot_base_ns +
                  passed_ns(clock, boot_ns, clock->boot_base_ns);
    return (struct now){ { clock_wall_ns(clock) / NS_PER_MS },
                         { boot_ns / NS_PER_MS } };
}
