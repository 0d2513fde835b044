/* Durations as people write them: "90s", "1h30m", "24h".
 *
 * A duration is one or more parts, a decimal number and its unit, with nothing
 * between: ms, s, m, h, d (24 h), w (7 d). Parts may come in any order; each
 * unit at most once. A number without a unit is no duration. */
#ifndef MOONCRON_DURATION_H
#define MOONCRON_DURATION_H

#include <stddef.h>
#include <stdint.h>

enum duration_fault {
    DURATION_OK,
    DURATION_EMPTY,     /* "" */
    DURATION_NO_UNIT,   /* "20" */
    DURATION_MALFORMED, /* "20 min", "1.5h", "-5s", "5s5s" */
    DURATION_TOO_LONG,  /* over DURATION_MS_MAX */
};

/* Ten years of 366 days: longer than that nobody means. */
#define DURATION_MS_MAX (INT64_C(3660) * 24 * 60 * 60 * 1000)

/* Longest text that duration_format() writes, with its NUL. */
#define DURATION_TEXT_MAX 32

/* Zero is a duration; whether it makes sense is the field's business. */
enum duration_fault duration_parse(const char *text, size_t len,
                                   int64_t *ret_ms);

/* The shortest canonical spelling: 90000 -> "1m30s", 86400000 -> "1d",
 * 0 -> "0s". Weeks are not used. `ms` must not be negative.
 * Returns `buffer`. */
const char *duration_format(int64_t ms, char buffer[DURATION_TEXT_MAX]);

/* What was probably meant by a text that is no duration: "20 min" -> "20m",
 * "1.5h" -> "1h30m", "2 Hours" -> "2h". Writes into `buffer` and returns it,
 * or NULL where no guess is good. */
const char *duration_guess(const char *text, size_t len,
                           char buffer[DURATION_TEXT_MAX]);

#endif
