/* A plan: what would run, and when; shown as a table, as lines, or as JSON. */
#ifndef MOONCRON_CLI_PLAN_H
#define MOONCRON_CLI_PLAN_H

#include "mooncron/text.h"
#include "planner.h"
#include "subject.h"

struct plan_slot {
    int64_t at_ms;
    uint32_t job;
};

struct plan {
    const struct subject *subject;
    int64_t horizon_ms;
    int64_t min_every_ms; /* for a calendar */
    bool every_slot;      /* a horizon was named: JSON lists each slot in it */
    struct planner_totals totals;
    struct plan_slot *slots; /* with every_slot; sorted by job, then time */
    size_t slot_count, slot_cap;
    struct mistakes warnings;
};

/* The first slot of a job after now; NEVER_MS where it has none. */
struct wall plan_next(const struct plan *plan, const struct job *job);

/* Why a job is not scheduled: a clause; NULL where it is. */
const char *plan_reason(const struct job *job);

enum plan_look {
    PLAN_WIDE,      /* every column: a file, a pipe, a wide terminal */
    PLAN_NARROW,    /* under 100 columns: no TARGET */
    PLAN_NARROWEST, /* and no count */
};

/* `ascii` where the terminal knows no UTF-8. */
void plan_table(const struct plan *plan, enum plan_look look, bool ascii,
                struct text *out);
/* What stands above and below a table, or whatever is shown in its place. */
void plan_header(const struct plan *plan, bool ascii, struct text *out);
void plan_footer(const struct plan *plan, bool ascii, struct text *out);
/* The changes of offset in the horizon, and what jobs do there; in JSON, each
 * zone's next one where none is in it: "transitions": [...]. */
void plan_changes(const struct plan *plan, struct text *out);
void plan_changes_json(const struct plan *plan, struct text *out);
/* One line a job, its columns separated by a tab, and nothing else. */
void plan_lines(const struct plan *plan, struct text *out);
/* In place of the table: cells for each job, bars for each hour. */
void plan_timeline(const struct plan *plan, bool ascii, struct text *out);
void plan_histogram(const struct plan *plan, bool ascii, struct text *out);
/* An iCalendar object: what recurs by a rule recurs for ever, the rest is
 * written out to the end of the horizon. Jobs that are due more often than each
 * `min_every_ms`, on the average, are left out: plan_ics_has() is false. */
void plan_ics(const struct plan *plan, int64_t min_every_ms, struct text *out);
bool plan_ics_has(const struct job *job, int64_t min_every_ms);
void plan_json(const struct plan *plan, struct text *out);

/* Most that one plan prints: a million jobs of 500 bytes. */
#define PLAN_TEXT_MAX ((size_t)1 << 30)

#endif
