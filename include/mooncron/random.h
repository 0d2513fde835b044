/* Chance is drawn from a seed that is handed in, so that the same seed tells
 * the same story: splitmix64, small and good enough to spread retries. */
#ifndef MOONCRON_RANDOM_H
#define MOONCRON_RANDOM_H

#include <stdint.h>

/* Spreads a number over all its bits: splitmix64's finisher. What is made of it
 * (jitter, trace ids) must stay the same from version to version. */
static inline uint64_t random_spread(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t random_next(uint64_t *state)
{
    return random_spread(*state += UINT64_C(0x9e3779b97f4a7c15));
}

/* 0 to `max`, both included. */
static inline int64_t random_up_to(int64_t max, uint64_t *state)
{
    return (int64_t)(random_next(state) % ((uint64_t)max + 1));
}

/* Half of `full_ms`, and up to as much again by chance. */
static inline int64_t random_half_ms(int64_t full_ms, uint64_t *state)
{
    return full_ms / 2 + random_up_to(full_ms / 2, state);
}

#endif
