/* Waiting with an end, on the clock that nobody sets.
 *
 * The stand-in is another machine's program in miniature: it lives in real
 * time, whatever scale the worker's clock has, so it reads its own. */
#include "patience.h"

void patience_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec patience_until(int64_t ms)
{
    if (ms < 0)
        ms = 0;
    if (ms > PATIENCE_MS_MAX)
        ms = PATIENCE_MS_MAX;
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static int64_t read_ns(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

int64_t patience_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

int64_t patience_mono_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}
