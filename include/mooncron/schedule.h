/* A schedule says when a job is due: one type for every kind, and one function
 * "next after".
 *
 * The plain kind is `every`: a lattice on the UTC epoch, slot n at
 * n * every + phase, with no state and nothing else to hold. Everything that a
 * lattice cannot say is in `rules`: cron expressions, times of day, single
 * instants, several of them, days taken away, bounds, jitter. What a slot means
 * around a change of offset is told in docs/time.md.
 *
 * Slots are strictly increasing, whole milliseconds (whole seconds but for
 * lattices), and a pure function of schedule and time. */
#ifndef MOONCRON_SCHEDULE_H
#define MOONCRON_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/cron.h"
#include "mooncron/instant.h"
#include "mooncron/zone.h"

struct rules;

struct schedule {
    int64_t every_ms;          /* 0: there are only rules */
    int64_t phase_ms;          /* 0 <= phase_ms < every_ms */
    const struct rules *rules; /* NULL: the lattice is all */
};

/* The first slot strictly later than `after`; NEVER_MS where there is none. */
struct wall schedule_next(const struct schedule *schedule, struct wall after);
/* The last slot at or before `at`; EVER_MS where there is none. */
struct wall schedule_last(const struct schedule *schedule, struct wall at);
#define EVER_MS INT64_MIN

/* How many slots lie in (after, until]. */
int64_t schedule_count(const struct schedule *schedule, struct wall after,
                       struct wall until);

/* On the average, in a day: exact for a lattice. */
double schedule_per_day(const struct schedule *schedule);

/* The phase that "auto" stands for: a hash of the name (32-bit FNV-1a of its
 * bytes), modulo the unscaled interval, in whole seconds. Stable for ever:
 * changing it would move every user's jobs. */
int64_t schedule_phase_auto(const char *name, int64_t every_ms);

/* ---- what rules are made of ---- */

enum term_kind {
    TERM_EVERY, /* every_ms, phase_ms */
    TERM_CRON,  /* text: "30 2 * * *" */
    TERM_AT,    /* text: "08:00", "08:00:30" */
    TERM_ONCE,  /* text: "2026-12-31T23:00", in the zone */
    TERM_LIST,  /* slots: what a function of the file answered */
};

/* What happens at a change of offset to a job with fixed times. */
enum gap { GAP_AFTER, GAP_SKIP, GAP_BEFORE };
enum fold { FOLD_FIRST, FOLD_BOTH, FOLD_LAST };
/* What happens to a slot on an excluded day. */
enum excluded { EXCLUDED_SKIP, EXCLUDED_NEXT, EXCLUDED_PREVIOUS };
extern const char *const gap_names[3];      /* "after" ... */
extern const char *const fold_names[3];     /* "first" ... */
extern const char *const excluded_names[3]; /* "skip" ... */

#define SCHEDULE_TERMS_MAX     64     /* of one job: more is a calendar */
#define SCHEDULE_CALENDARS_MAX 16     /* of one job */
#define CALENDAR_DAYS_MAX      100000 /* 270 years of single days */
#define LIST_RENEW_MS          (INT64_C(30) * 24 * 3600 * 1000)
#define LIST_SLOTS_MAX         20000 /* each half an hour of 407 days */
#define JITTER_MS_MAX          (INT64_C(24) * 3600 * 1000)
#define EXCLUDED_RUN_MAX       366 /* days a slot may move */

struct term {
    enum term_kind kind;
    const char *text; /* as written; "" where the kind has none */
    int64_t every_ms, phase_ms;
    const int64_t *slots_ms; /* increasing; whole seconds */
    uint32_t slot_count;
};

/* Days that somebody named: sorted, none twice. */
struct calendar {
    const char *name;    /* "" where the job named the days itself */
    const int32_t *days; /* since 1970-01-01 */
    uint32_t count;
    uint64_t digest; /* calendar_digest(); 0: nobody has taken it */
};

/* Of the days alone. 0 where they do not ascend, or are too many: no other
 * calendar has that. Who keeps a calendar for many jobs takes it once, and then
 * none of them reads all of the days again. */
uint64_t calendar_digest(const int32_t *days, uint32_t count);

/* What a file declares. Everything is the caller's; rules_new() copies it, but
 * for calendars, which must outlive the rules. */
struct rules_spec {
    const struct term *terms;
    uint32_t term_count;                     /* at least 1 */
    const struct calendar *const *calendars; /* excluded */
    uint32_t calendar_count;
    uint8_t weekdays_off; /* excluded: bit 0 is Sunday */
    uint8_t gap, fold, excluded;
    /* Of cron and at terms only each nth slot is left, 0 and 1 leaving all.
     * They are numbered from the first of 1970 on, which is 0, each term by
     * itself, as if no clock were ever set and before any day is excluded: a
     * slot that moves keeps its number. */
    uint32_t nth;
    int64_t jitter_ms;
    struct wall from, until; /* both included; EVER_MS, NEVER_MS: open */
};

/* NULL and a sentence where a term cannot be read, where a number is out of its
 * range, or where nothing would ever be due. `name` is what jitter hashes. A
 * reference to the zone is taken. */
struct rules *rules_new(const struct rules_spec *spec, const char *name,
                        struct zone *zone, struct error *reterr);
void rules_free(struct rules *rules); /* NULL is fine */

/* What was compiled, to be shown; borrowed. `calendars` as they were given. */
const struct rules_spec *rules_spec(const struct rules *rules);
struct zone *rules_zone(const struct rules *rules);
/* The expression of a cron or at term, or NULL. */
const struct cron *rules_cron(const struct rules *rules, uint32_t term);
/* True where the rule for wildcard jobs holds at a change of offset. */
bool rules_wildcard(const struct rules *rules);
/* Of all that decides slots, zone data and excluded days included. */
uint64_t rules_digest(const struct rules *rules);

/* What becomes of a nominal local time that a change of offset hides or
 * repeats: for plan, next and explain. `change` begins with the span after. */
enum fate {
    FATE_UNTOUCHED, /* no slot falls into the gap or fold */
    FATE_SKIPPED,   /* in the gap; not made up */
    FATE_MOVED,     /* in the gap; fires right after, or before it */
    FATE_ONCE,      /* comes twice; fires at one coming */
    FATE_TWICE,     /* fires at both */
};
/* Of all terms the last of these that befalls one: where one term is skipped
 * and another comes twice, FATE_TWICE. FATE_UNTOUCHED, too, where the change
 * lies out of the bounds, and for whatever names no local times: lattices,
 * lists. Jitter is put on afterwards, and does not matter. `change` is one that
 * zone_change() found in the zone of the rules. */
enum fate schedule_fate(const struct schedule *schedule,
                        const struct zone_span *change);

/* ---- texts (at.c) ---- */

/* "08:00" or "08:00:30" as an expression with fixed times. */
bool at_parse(const char *text, size_t len, struct cron *ret);
/* "2026-12-31" as days since 1970; years 1-9999. */
bool date_parse(const char *text, size_t len, int32_t *ret_days);
/* "2026-12-31T23:00", with seconds, or with a space: local seconds. */
bool local_parse(const char *text, size_t len, int64_t *ret_local_s);

#endif
