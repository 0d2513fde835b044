/* Numbers of time and digits of numbers, beside those of mooncron/instant.h:
 * what several files of the core ask, and libc answers otherwise or not at all.
 */
#ifndef MOONCRON_CORE_NUMBER_H
#define MOONCRON_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/instant.h"

#define DAY_S INT64_C(86400)

/* Whatever the locale. */
static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#endif
