/* How a slot ended, and why: the words that core, store, log and people share.
 * Their numbers are kept on disk: a new one is added at the end. */
#ifndef MOONCRON_VERDICT_H
#define MOONCRON_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* Every slot of a scheduled job gets exactly one. */
enum verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_UNKNOWN, /* sent, and no answer came: the backend may have run it */
    VERDICT_SKIPPED, /* was due, and was not run because of what else went on */
    VERDICT_MISSED,  /* was due while nothing could run it */
    VERDICTS,
};
extern const char *const verdict_names[VERDICTS]; /* "ok" ... */

/* Why a slot was not run, or a run ended otherwise than by an answer. */
enum why {
    WHY_NONE,
    WHY_OVERLAP,    /* skipped: the last run of the job is still going */
    WHY_GROUP_FULL, /* skipped: too many runs wait for the group already */
    WHY_REMOVED,    /* skipped: the job went away while its run waited */
    WHY_STOPPING,   /* skipped: the worker was told to stop */
    WHY_SUPERSEDED, /* missed: a newer slot of the job was due as well */
    WHY_LATE,       /* missed: the machine slept, or the loop was held up */
    WHY_DOWN,       /* missed: no worker was running */
    WHY_PAUSED,     /* missed: the job was paused */
    WHY_CLOCK,      /* missed: the clock was set over it */
    WHY_STORE,      /* missed: no claim could be written down */
    WHY_CIRCUIT,    /* skipped: the origin does badly, its circuit is open */
    WHY_MIN_GAP,    /* skipped: too soon after the last run's start */
    WHY_MAX_RUNS,   /* skipped: the job has had all its runs */
    WHY_REPLACED,   /* failed or unknown: cancelled for a newer slot */
    WHY_DEADLINE,   /* unknown: accepted, and not done by the deadline */
    WHY_CANCELLED,  /* skipped: a backfill was taken back */
    /* Failed or unknown, with attempts left: why none followed. */
    WHY_NEXT_SLOT, /* the pause would have reached the job's next slot */
    WHY_NO_TIME,   /* or the deadline */
    WHY_DRAINING,  /* the worker had been told to stop */
    WHY_RETRY_ON,  /* retry.on does not name what failed */
    WHY_FINAL,     /* the same call would fail the same way, ever so often */
    WHYS,
};
extern const char *const why_names[WHYS]; /* "overlap" ... */
/* Of a run that failed and had attempts left: why none followed, as a clause;
 * NULL where that is not why it ended. */
const char *why_no_more(enum verdict verdict, enum why why);

/* A run that another life had claimed, and this one settled: when it ended, and
 * so how long it took, nobody knows. */
static inline bool verdict_of_left(unsigned verdict, unsigned why)
{
    return verdict == VERDICT_UNKNOWN && why == WHY_DOWN;
}

/* What a run was begun by. */
enum trigger {
    TRIGGER_SCHEDULE,
    TRIGGER_CATCH_UP,
    TRIGGER_MANUAL,
    TRIGGER_BACKFILL,
    TRIGGERS,
};
extern const char *const trigger_names[TRIGGERS]; /* "schedule" ... */

/* What was wrong with an attempt: decides whether another may mend it, and
 * whether the origin is to blame. As bits in `struct retry`. */
enum cause {
    CAUSE_NONE,
    CAUSE_NETWORK, /* no connection, no name, broken off */
    CAUSE_TIMEOUT,
    CAUSE_BUSY,   /* 408, 425, 429: come again */
    CAUSE_SERVER, /* 5xx */
    CAUSE_CLIENT, /* any other answer that is not 2xx: no use in repeating it */
    CAUSE_DENIED, /* 2xx, and the body says success: false */
    CAUSE_SCRIPT, /* the function of a scripted job failed */
    CAUSE_SETUP,  /* nothing was or will be sent: a bad URL, an origin that is
                   * not allowed */
    CAUSES,
};
extern const char *const cause_names[CAUSES]; /* "network" ... */

#endif
