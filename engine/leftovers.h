/* Leftovers are what a journal could not write before its end: the next life
 * does not know of it. */
#ifndef MOONCRON_LEFTOVERS_H
#define MOONCRON_LEFTOVERS_H

#include "backlog.h"
#include "mooncron/text.h"

#define LEFTOVERS_TOLD_MAX 3 /* of each kind, by name */

/* Runs of one kind; names are borrowed of the backlogs. */
struct leftover {
    uint64_t count;
    struct {
        const char *job;
        struct wall slot;
    } first[LEFTOVERS_TOLD_MAX];
};

/* Zero-initialised is nothing. */
struct leftovers {
    struct leftover verdicts; /* of what was run */
    struct leftover claims;   /* of what was not, since they are not durable */
    bool forgotten; /* the next life has another journal, without any of it */
};

/* What is in the backlog from this entry on. */
void leftovers_add(struct leftovers *leftovers, const struct backlog *backlog,
                   size_t from);
/* A sentence, or nothing where neither a verdict nor a claim is left over. */
void leftovers_say(const struct leftovers *leftovers, struct text *out);

#endif
