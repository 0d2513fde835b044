/* Spacing is what min_gap does to slots that are to come: one that lies too
 * close behind the start of the run before it is skipped. */
#ifndef MOONCRON_SPACING_H
#define MOONCRON_SPACING_H

#include "mooncron/core.h"

enum spacing {
    SPACING_KEPT,     /* the slot is run, as far as min_gap goes */
    SPACING_TOO_SOON, /* it is skipped */
    SPACING_FAR_OFF,  /* too many runs come before it to be gone through */
};

/* What becomes of `slot`, where each run from `from` on begins in its time;
 * `started` is the last start, or EVER_MS. `ret_before` is the start, that has
 * been or is to come, that it is measured from. */
enum spacing spacing_of(const struct job *job, struct wall started,
                        struct wall from, struct wall slot,
                        struct wall *ret_before);

/* `slot`, the next one, or the first after it that min_gap leaves; NEVER_MS:
 * none. */
struct wall spacing_next(const struct job *job, struct wall started,
                         struct wall slot);

#endif
