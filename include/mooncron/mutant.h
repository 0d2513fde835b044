/* A mutant is a planted bug. The simulator's own build of core and store has
 * them, and switches on one at a time, to see that its checker finds it; in
 * every other build each is false, and leaves no trace. */
#ifndef MOONCRON_MUTANT_H
#define MOONCRON_MUTANT_H

enum mutant {
    MUTANT_NONE,
    MUTANT_SEND_FIRST,     /* a run is sent before its claim is durable */
    MUTANT_CLAIM_IGNORED,  /* a claim that was another's is run all the same */
    MUTANT_CURSOR_STAYS,   /* slots that are passed over do not move the cursor
                            */
    MUTANT_HELD_UNWRITTEN, /* slots to be made up move it, and have no row */
    MUTANT_WAIT_PASSED,    /* nor has one that waits, when it is passed over */
    MUTANT_EPOCH_STAYS,    /* a run is claimed again under its old epoch */
    MUTANT_KEY_CHANGES,    /* another attempt has another key */
    MUTANT_ATTEMPT_STAYS,  /* what may have been sent of it is sent once more */
    MUTANT_RETRY_CLIENT,   /* what can never succeed is tried again */
    MUTANT_ENDS_SILENT,    /* nobody says why a run was given up */
    MUTANT_OVERLAP_LOST,   /* a reload forgets what is going */
    MUTANT_PAST_LOST,      /* a clock set back repeats what was run */
    MUTANT_NO_WINDOW,      /* slots are made up however late they are */
    MUTANT_BURST,          /* all at once */
    MUTANT_START_BURST,    /* and by a worker that has hardly started */
    MUTANT_FINISH_LOST,    /* a verdict is lost while the store is ill */
    MUTANT_FIRES_ILL,      /* slots go by while the store is ill */
    MUTANT_PAUSE_LOST,     /* a restart forgets that a job is paused */
    MUTANT_NEVER_SHUT,     /* a circuit never closes */
    MUTANT_NEVER_OPEN,     /* or never opens */
    MUTANT_ALL_BLAMED,     /* an endpoint that fails holds back all jobs */
    MUTANT_NONE_BLAMED,    /* or an origin that does, none */
    MUTANT_OLDER_WINS,     /* a webhook that is older counts */
    MUTANT_LAG_WINS,       /* Settings of a replica that lags behind count */
    MUTANT_GROUP_LEAKS,    /* a run that waited takes no room in its group */
    MUTANT_STOP_CLAIMS,    /* a worker that is to stop goes on claiming */
    MUTANT_NO_SPACING,     /* each ask is a fetch of its own */
    MUTANT_NEVER_RENEWS,   /* no lease is renewed */
    MUTANT_RENEWS_NONE,    /* the renewal reaches no row */
    MUTANT_PRUNES_OPEN,    /* what has no verdict is taken away */
    MUTANT_PRUNES_ALL,     /* and so is the newest row of a job */
    MUTANT_PRUNES_YOUNG,   /* and what is not old */
    MUTANTS,
};

#ifdef MOONCRON_MUTANTS
extern enum mutant mutant_alive; /* the simulator's */
#define mutant(name) (mutant_alive == MUTANT_##name)
#else
#define mutant(name) false
#endif

#endif
