/* The past: the stretches of wall time that this worker has lived through.
 *
 * A slot inside a stretch had its chance and is never fired again, so that a
 * clock which is set back repeats nothing; a slot between two stretches, which
 * a clock that was wrong only jumped over, is still to come. */
#ifndef MOONCRON_CORE_PAST_H
#define MOONCRON_CORE_PAST_H

#include <stdbool.h>
#include <stddef.h>

#include "mooncron/jobset.h"

/* A clock that is set more often than this while we live is broken: the two
 * stretches that are closest become one then. */
#define PAST_STRETCHES_MAX 32

/* Both ends included. */
struct stretch {
    struct wall from, to;
};

/* Embedded; begun before use. */
struct past {
    /* private */
    struct stretch stretches[PAST_STRETCHES_MAX]; /* the last one grows */
    size_t count;
};

void past_begin(struct past *past, struct wall now);

/* Time went on to `now`, which is not before the end of the last stretch. */
void past_grow(struct past *past, struct wall now);

/* The clock was set: a new stretch starts at `from`, and is empty until it
 * grows. */
void past_jump(struct past *past, struct wall from);

/* The end of the stretch that grows. */
struct wall past_end(const struct past *past);

bool past_has(const struct past *past, struct wall at);

/* The first slot after `after` that lies in no stretch. */
struct wall past_next_slot(const struct past *past,
                           const struct schedule *schedule, struct wall after);
/* The last slot at or before `at` that lies in no stretch; there is one. */
struct wall past_last_slot(const struct past *past,
                           const struct schedule *schedule, struct wall at);
/* The last instant of the gap that `at` lies in; NEVER_MS where no stretch
 * follows. */
struct wall past_gap_end(const struct past *past, struct wall at);

#endif
