/* From a start the next one is found in one step, however many slots lie
 * between the two. */
#include "spacing.h"

#define STARTS_MAX 10000 /* a few ms of the loop */

struct wall spacing_next(const struct job *job, struct wall started,
                         struct wall slot)
{
    if (slot.ms == NEVER_MS || !job_too_soon(job, started, slot))
        return slot;
    return schedule_next(&job->schedule,
                         (struct wall){ job_gap_end(job, started).ms - 1 });
}

enum spacing spacing_of(const struct job *job, struct wall started,
                        struct wall from, struct wall slot,
                        struct wall *ret_before)
{
    *ret_before = started;
    if (!job->min_gap_ms)
        return SPACING_KEPT;
    struct wall next =
        spacing_next(job, started, schedule_next(&job->schedule, from));
    for (int i = 0; next.ms < slot.ms; i++) {
        if (i == STARTS_MAX)
            return SPACING_FAR_OFF;
        *ret_before = next;
        next = spacing_next(job, next, schedule_next(&job->schedule, next));
    }
    return next.ms == slot.ms ? SPACING_KEPT : SPACING_TOO_SOON;
}
