/* Numbers of time and digits of numbers: what several files of the core ask,
 * and libc answers otherwise or not at all. */
#ifndef MOONCRON_CORE_NUMBER_H
#define MOONCRON_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/instant.h"

#define DAY_S INT64_C(86400)

/* Of two instants, or of two spans of time: their units are the same. */
static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Whatever the locale. */
static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#endif
