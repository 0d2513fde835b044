/* No input may be slow: each is timed, in CPU of its thread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fuzz.h"

#define TRIES 4 /* the machine may have had something else to do */

/* Of this run; the driver is one thread and asks at the end. */
static int64_t slowest_ns;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t timed_ns(const uint8_t *bytes, size_t len)
{
    int64_t begin = now_ns();
    fuzz_bytes(bytes, len);
    return now_ns() - begin;
}

void fuzz_clocked(const uint8_t *bytes, size_t len)
{
    const int64_t limit_ns = fuzz_limit_ms * INT64_C(1000000);
    int64_t best = timed_ns(bytes, len);
    for (int i = 1; i < TRIES && best > limit_ns; i++) {
        int64_t again = timed_ns(bytes, len);
        best = again < best ? again : best;
    }
    slowest_ns = best > slowest_ns ? best : slowest_ns;
    if (best <= limit_ns)
        return;
    fprintf(stderr, "slow input: %.1f ms for %zu bytes\n", (double)best / 1e6,
            len);
    abort();
}

double fuzz_slowest_ms(void)
{
    return (double)slowest_ns / 1e6;
}
