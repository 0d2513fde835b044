/* What is shared by the files that tell why: why.c the instant and its slot,
 * why_row.c a slot that has a row, why_gap.c one that has none, why_ahead.c one
 * that has a row and is to come. */
#ifndef MOONCRON_WHY_PARTS_H
#define MOONCRON_WHY_PARTS_H

#include "why.h"

/* What is being told. Sentences end in a newline. */
struct telling {
    const struct why_case *c;
    struct text words;
    const char *code; /* of the first finding */
    struct wall slot; /* that it is about; NEVER_MS: none */
    const struct history_row *row;
    struct history_row live; /* of a run whose row was not read yet */
};

/* ---- why.c ---- */

void say(struct telling *t, const char *words);
void say_date(struct telling *t, struct wall at);
void say_span(struct telling *t, int64_t ms);
/* "Its slot of ...". */
void say_slot(struct telling *t, struct wall slot);
/* The first of these is what the whole is about. */
void find(struct telling *t, const char *code, const struct history_row *row);
bool is_scheduled(const struct why_case *c);
/* The pause of now, which may be a later one than that of `at`. */
bool is_pause_of(const struct why_case *c, struct wall at);
void say_pause(struct telling *t);

/* ---- why_row.c ---- */

/* NULL beyond the last; newest slot first. */
const struct history_row *row_at(const struct why_case *c, size_t i);
/* The row that decided a slot: its run before slots that were passed over, for
 * a slot that was missed may have been run afterwards. */
const struct history_row *row_of(const struct why_case *c, struct wall slot);
/* A run of the job that was going at an instant, but for that of `slot`. */
const struct history_row *row_going(const struct why_case *c, struct wall at,
                                    struct wall slot);
/* What began, or ended, while the store was asked: its run is known already,
 * and its row was not read. NULL: there is no such. */
const struct history_row *row_recent(struct telling *t, struct wall slot);
/* "ran", "running", "left_open" or "waiting". */
const char *run_code(const struct why_case *c, const struct history_row *row);
void tell_row(struct telling *t, struct wall slot,
              const struct history_row *row);
/* ": ok, with 200, after 2.1s", and ": no worker was running". */
void say_result(struct telling *t, const struct history_row *row);
void say_because(struct telling *t, const struct history_row *row);
/* Whether the row is of a run, and not of slots that were passed over. */
bool is_run(const struct history_row *row);
void tell_run(struct telling *t, struct wall slot,
              const struct history_row *row);
/* It waits, be it written down or not. */
void tell_waiting(struct telling *t, struct wall slot,
                  const struct history_row *row);

/* ---- why_ahead.c ---- */

/* Whether a slot is to come that has a row all the same: the clock was ahead.
 */
bool is_ahead(const struct why_case *c, struct wall slot,
              const struct history_row *row);
/* Such a slot that is not run for all that; false: it is. */
bool tell_lived(struct telling *t, struct wall slot,
                const struct history_row *row);
/* What its row says, of one that is. */
void say_ahead(struct telling *t, const struct history_row *row);

/* ---- why_gap.c ---- */

/* " from ... to ...", where no worker lived at that time. */
void say_down(struct telling *t, struct wall slot);
/* What is written down of a time without slots; false: it had some, as far as
 * that is known. */
bool tell_off_then(struct telling *t, struct wall at);
void tell_unwritten(struct telling *t, struct wall slot);

#endif
