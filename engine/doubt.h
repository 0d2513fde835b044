/* Doubt is about the wall clock: whether it may be believed so far that what is
 * old by it is taken away.
 *
 * A machine that starts with a clock a year ahead would forget its whole
 * history at once, and when the clock is put right run again what was run. So
 * where the clock is far beyond what is known of it, there is time to put it
 * right first. */
#ifndef MOONCRON_DOUBT_H
#define MOONCRON_DOUBT_H

#include <stddef.h>

#include "mooncron/store.h"

/* Embedded. */
struct doubt {
    /* private */
    struct now last;  /* when it was looked at */
    int64_t until_ms; /* monotonic */
};

/* The wall clock goes ahead of the other one, or of the life before, by more
 * than this: then it is doubted for so long. */
#define DOUBT_AHEAD_MS (INT64_C(24) * 3600 * 1000)
#define DOUBT_MS       (INT64_C(3600) * 1000)

/* `lives` as recall tells them: newest first, without this one. What those
 * lived through since the clock went ahead counts, so that a worker that is
 * started again and again does not begin to doubt anew, nor to believe. */
void doubt_begin(struct doubt *doubt, struct now now,
                 const struct stored_life *lives, size_t count);
/* Whether it is doubted now; to be asked as long as the life goes on. */
bool doubt_holds(struct doubt *doubt, struct now now);

#endif
