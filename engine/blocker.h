/* A blocker is what stands before a run that waits: a run of its own job, the
 * others of its group, a pause, an origin that does not answer, the store, a
 * start that is too near, or those that are made up before it. */
#ifndef MOONCRON_BLOCKER_H
#define MOONCRON_BLOCKER_H

#include "mooncron/core.h"
#include "mooncron/text.h"
#include "recent.h"

enum blocker_kind {
    BLOCKER_NONE, /* its claim is being written down */
    BLOCKER_STORE,
    BLOCKER_RUN,
    BLOCKER_PAUSE,
    BLOCKER_GROUP,
    BLOCKER_CIRCUIT,
    BLOCKER_GAP,
    BLOCKER_TURN,
    BLOCKERS,
};
extern const char *const blocker_names[BLOCKERS]; /* "none" ... */

#define BLOCKER_HOLDERS_MAX 3 /* are named; more is not read */

/* A run that goes on, and that others wait for. */
struct holder {
    const char *job;
    struct run_key key;
    struct wall started;
};

/* Strings are those of the set in force. */
struct blocker {
    enum blocker_kind kind;
    const char *group;                          /* BLOCKER_GROUP: its name */
    uint32_t limit;                             /* likewise: runs at once */
    struct holder holders[BLOCKER_HOLDERS_MAX]; /* BLOCKER_RUN, BLOCKER_GROUP */
    uint32_t holder_count;
};

/* What stands, `now`, before the run of job `index` of the set in force that is
 * next. Looks at each job of the set, where the job has a group. */
struct blocker blocker_of(const struct core *core, const struct recent *recent,
                          uint32_t index, struct wall now);

/* A clause, like "its group \"db\" is full: rank runs, since ...". */
void blocker_put(const struct blocker *blocker, const struct zone *zone,
                 struct text *out);

#endif
