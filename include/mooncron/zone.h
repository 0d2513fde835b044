/* A time zone: which offset from UTC holds when, as TZif data say (RFC 8536,
 * version 2 and later: table and footer). Immutable and counted; the bytes are
 * handed in, because the core opens no file.
 *
 * Words. A *span* is a stretch of time with one offset. A *change* is where two
 * spans meet whose offsets differ, whether or not anybody calls it daylight
 * saving: a *gap* where the clock is set forward, a *fold* where it is set
 * back. Instants are seconds since 1970 UTC, local times seconds since
 * 1970-01-01T00:00:00 of the local clock. */
#ifndef MOONCRON_ZONE_H
#define MOONCRON_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"

struct zone;

/* Limits, each with its reason. */
#define ZONE_NAME_MAX  64          /* the longest there is has 32 bytes */
#define ZONE_BYTES_MAX (64u << 10) /* the largest file there is has 4 KiB */

/* Reads TZif bytes; the name is copied. NULL and a sentence where they are no
 * TZif of version 2 or later, are cut, are not consistent, or count leap
 * seconds (the "right/" zones). One reference is the caller's. */
struct zone *zone_read(const char *name, const void *bytes, size_t len,
                       struct error *reterr);
struct zone *zone_ref(struct zone *zone);
void zone_unref(struct zone *zone); /* NULL is fine */

/* UTC: always there, never freed; references to it count nothing. */
struct zone *zone_utc(void);

const char *zone_name(const struct zone *zone);
/* Of what was read: two equal digests mean the same rules. */
uint64_t zone_digest(const struct zone *zone);

/* What an IANA name may be made of: letters, digits and + - _ in parts between
 * slashes; no part begins with a dot, no "right/" or "posix/" in front. NULL
 * where it is one, else a clause: why not ("is an offset: ..."). */
const char *zone_name_fault(const char *name);

struct zone_span {
    int64_t from_s, to_s; /* [from_s, to_s); INT64_MIN and INT64_MAX: open */
    int32_t offset_s;     /* local = UTC + offset_s */
    int32_t before_s;     /* the offset of the span before; the same if none */
    int32_t after_s;      /* and of the one after */
    const char *abbreviation; /* "EET"; lives as long as the zone */
};

/* The span that holds `at_s`. Neighbours may have equal offsets: there at most
 * the abbreviation changes. */
void zone_span(const struct zone *zone, int64_t at_s, struct zone_span *ret);

/* The first change later than `after_s`: its span begins there. False where
 * none comes. */
bool zone_change(const struct zone *zone, int64_t after_s,
                 struct zone_span *ret);

/* The instant of a local time; in a gap the first instant after it, in a fold
 * the first coming. */
int64_t zone_instant(const struct zone *zone, int64_t local_s);

#endif
