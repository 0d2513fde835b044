/* TZif bytes laid out (RFC 8536): where the table of a zone and its rule are.
 *
 * Nothing is copied: the pointers go into the bytes that were handed in. */
#ifndef MOONCRON_CORE_TZIF_H
#define MOONCRON_CORE_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "tzrule.h"

struct tzif {
    size_t time_count, type_count, name_bytes;
    const char *rule; /* "EET-2EEST,M3.5.0/3,M10.5.0/4", or nothing */
    size_t rule_len;
    /* private */
    const unsigned char *times, *kinds, *types, *names;
};

/* False and a clause where the bytes are no TZif of version 2 to 4, are cut,
 * have something after their end, contradict themselves, or count leap
 * seconds. What is read by the functions below has been checked. The rule's
 * text has not. */
bool tzif_read(const void *bytes, size_t len, struct tzif *ret,
               struct error *reterr);

/* The instant of a transition, and the type that begins there. */
int64_t tzif_time_s(const struct tzif *tzif, size_t i);
uint8_t tzif_kind(const struct tzif *tzif, size_t i);
struct regime tzif_regime(const struct tzif *tzif, size_t type);

#endif
