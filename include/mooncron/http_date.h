/* Dates as HTTP writes them (RFC 9110, 5.6.7), and how long an answer asks to
 * be left alone. */
#ifndef MOONCRON_HTTP_DATE_H
#define MOONCRON_HTTP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/instant.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT", and the two older forms "Sunday, 06-Nov-94
 * 08:49:37 GMT", whose century is found from `now`, and "Sun Nov  6 08:49:37
 * 1994". The name must be that of a weekday, and may be that of another one. A
 * leap second counts as the second after. False for anything else, with
 * something before or after it too. */
bool http_date_parse(const char *text, size_t len, struct wall now,
                     struct wall *ret_at);

/* The value of Retry-After, seconds or a date, as milliseconds from `now`: 0
 * where the date is past, at most RETRY_AFTER_MS_MAX, and -1 where it says
 * nothing that can be understood. */
int64_t http_retry_after_ms(const char *text, size_t len, struct wall now);

#endif
