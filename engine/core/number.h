/* Numbers of time and digits of numbers: what several files of the core ask,
 * and libc answers otherwise or not at all. */
#ifndef MOONCRON_CORE_NUMBER_H
#define MOONCRON_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_S  INT64_C(86400)
#define DAY_MS (DAY_S * 1000)

/* Of two instants, or of two spans of time: their units are the same. */
static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* By a positive number, and down also where `a` is below 0. */
static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Whatever the locale. */
static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#endif
