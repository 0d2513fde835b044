/* Calendar dates of the proleptic Gregorian calendar, and RFC 3339 text.
 *
 * Pure arithmetic on days since 1970-01-01 (the algorithms are the well-known
 * ones that shift the year to start in March). No time zone but a given
 * offset. */
#ifndef MOONCRON_CIVIL_H
#define MOONCRON_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/instant.h"

struct civil {
    int32_t year;
    uint8_t month, day;           /* 1-12, 1-31 */
    uint8_t hour, minute, second; /* 0-23, 0-59, 0-59 */
    uint16_t ms;                  /* 0-999 */
    uint8_t weekday;              /* 0 = Sunday */
};

int64_t civil_days(int32_t year, unsigned month, unsigned day);
struct civil civil_from(struct wall at, int32_t offset_s);

/* "2026-11-23T14:07:31Z", with ".250" only where there are milliseconds and
 * "+02:00" where the offset is not 0. */
#define RFC3339_TEXT_MAX 40
const char *rfc3339_format(struct wall at, int32_t offset_s,
                           char buffer[RFC3339_TEXT_MAX]);

/* Years 0000-9999, `T` or a space, fractions of any length cut to
 * milliseconds, `Z` or an offset; a leap second counts as the second after.
 * False where the text is anything else, before or after it included. */
bool rfc3339_parse(const char *text, size_t len, struct wall *ret_at);

extern const char *const civil_weekdays[7]; /* "Sun" ... */
extern const char *const civil_months[12];  /* "Jan" ... */

#endif
