/* What rules are made of. Shared by rules.c, almanac.c, crossing.c,
 * schedule.c and tally.c only. All of it is one block, but for zone and
 * calendars. */
#ifndef MOONCRON_CORE_RULES_H
#define MOONCRON_CORE_RULES_H

#include "mooncron/schedule.h"
#include "number.h"

/* Instants stay within the years 1 to 9999, and no offset is further from UTC
 * than a day and two hours (RFC 8536, 3.3.1). */
#define FIRST_S      INT64_C(-62135596800) /* 0001-01-01T00:00:00 */
#define LAST_S       INT64_C(253402300799) /* 9999-12-31T23:59:59 */
#define OFFSET_S_MAX (26 * INT64_C(3600))

struct rules {
    struct rules_spec spec; /* its arrays point into this block */
    struct zone *zone;
    uint64_t seed; /* of jitter */
    uint64_t digest;
    int64_t last_ms;    /* of the year 9999, in UTC and by the zone's clock */
    bool excludes;      /* some day is */
    struct cron *crons; /* one a term; unused where it is no cron or at */
};

/* The seconds of a local day, a bit each. */
#define DAY_MINUTES 1440
struct day_map {
    uint64_t minutes[DAY_MINUTES];
};

/* ---- schedule.c: slots one by one ---- */

/* How many slots of a lattice lie at or before `at_ms`, counted from slot 0. */
int64_t lattice_until(int64_t every_ms, int64_t phase_ms, int64_t at_ms);
/* The index of the first slot of a list that is later than `after_ms`. */
uint32_t list_after(const struct term *term, int64_t after_ms);
/* The first slot after `after_ms`, jitter aside; NEVER_MS: there is none. */
int64_t nominal_next(const struct rules *rules, int64_t after_ms);

/* ---- tally.c ---- */

/* How many slots lie in (after_ms, until_ms], jitter aside; both are within the
 * years and the bounds of the rules. */
int64_t tally(const struct rules *rules, int64_t after_ms, int64_t until_ms);

/* ---- almanac.c: local times, as if no clock were ever set ---- */

/* Whether a day since 1970 is excluded. */
bool almanac_excludes(const struct rules *rules, int64_t day);
/* The first day at or after this one, the last at or before it, that is not. */
int64_t almanac_open_from(const struct rules *rules, int64_t day);
int64_t almanac_open_until(const struct rules *rules, int64_t day);

/* The first local time at or after `from_s`, the last at or before it, that
 * `cron` names on a day that is not excluded; moved slots included. False where
 * there is none within the years of a search, or none before `before_s`. */
bool almanac_next(const struct rules *rules, const struct cron *cron,
                  int64_t from_s, int64_t before_s, int64_t *ret_s);
bool almanac_last(const struct rules *rules, const struct cron *cron,
                  int64_t from_s, int64_t *ret_s);

/* Marks all times that `cron` names on a day, as the two above find them. */
void almanac_mark(const struct rules *rules, const struct cron *cron,
                  int64_t day, struct day_map *map);

/* ---- crossing.c: the same in a zone, over its changes of offset ---- */

/* The first instant after, the last at or before; false: none. */
bool crossing_next(const struct rules *rules, const struct cron *cron,
                   int64_t after_s, int64_t *ret_s);
bool crossing_last(const struct rules *rules, const struct cron *cron,
                   int64_t at_s, int64_t *ret_s);
/* Marks when `cron` fires on the part of a local day that lies in the span.
 * What lies beyond the ends of the span may be marked, too. */
void crossing_mark(const struct rules *rules, const struct cron *cron,
                   const struct zone_span *span, int64_t day,
                   struct day_map *map);
enum fate crossing_fate(const struct rules *rules, const struct cron *cron,
                        const struct zone_span *change);

#endif
