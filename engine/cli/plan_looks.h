/* How a plan looks: as a table, as lines, as pictures, as a calendar. */
#ifndef MOONCRON_CLI_PLAN_LOOKS_H
#define MOONCRON_CLI_PLAN_LOOKS_H

#include "plan.h"

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

/* Most that one plan prints: a million jobs of 500 bytes. */
#define PLAN_TEXT_MAX ((size_t)1 << 30)

#endif
