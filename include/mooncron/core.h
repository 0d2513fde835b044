/* The core decides. It is stepped: core_step() takes one event, with the time
 * in it, and fills plain data that says what to do; core_deadline() says when
 * to call again. It reads no clock, opens no socket, logs nothing and calls
 * nobody back. So the daemon, the planner and the tests run the same core.
 *
 * Order, documented because people see it: an event at time t first fires what
 * is due at or before t under the schedule in force, earliest slot first, ties
 * in the order of declaration; only then is the event itself applied. So a
 * reload neither fires nor loses a slot.
 *
 * A slot is claimed before it is run: ACT_CLAIM is answered when the claim is
 * durable, and only then is ACT_START said. What was decided of a slot without
 * a run is told by ACT_PASS. Whoever carries actions out writes each of them
 * down, in their order.
 *
 * A slot that is found late, because nobody was there, is run or missed as its
 * job's catch-up says, and never in a burst. */
#ifndef MOONCRON_CORE_H
#define MOONCRON_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/instant.h"
#include "mooncron/jobset.h"

struct core;

/* ---- Settings, as far as the core has to understand them ---- */

#define ENVIRONMENT_MAX 64

/* What the backend said, in short. `digest` stands for every other field. */
struct facts {
    bool enable_jobs;
    char environment[ENVIRONMENT_MAX + 1]; /* "" where it is null */
    uint64_t digest;
    struct wall updated; /* `updatedAt`; 0 where the backend sends none */
};

/* What an authenticated webhook said: it counts at once, over the rest. */
struct claim_of_change {
    bool has_enable_jobs, enable_jobs;
    bool has_environment;
    char environment[ENVIRONMENT_MAX + 1];
    struct wall at; /* `timestamp`, never later than its arrival */
};

/* ---- Events ---- */

enum event_kind {
    EV_TIME,    /* nothing but the time */
    EV_ASK,     /* somebody wants a reload */
    EV_FETCHED, /* the fetch that ACT_FETCH asked for has ended */
    EV_LOADED,  /* the load that ACT_LOAD asked for has ended */
    EV_CLAIMED, /* the claim that ACT_CLAIM asked for is durable, or is not */
    EV_ANSWER,  /* an attempt of a run has ended */
    EV_NAP,     /* a run sleeps: answer with ACT_WAKE in `nap_ms` */
    EV_VERSION, /* a job's answer named a Settings version not in force */
    EV_STORE,   /* the store has failed, or is well again */
    EV_ORDER,   /* an operator wants something of a job */
    EV_STOP,    /* drain; a second one leaves at once */
};

enum ask_cause { ASK_WEBHOOK, ASK_COMMAND, ASK_SIGNAL };

enum fetch_outcome {
    FETCH_OK,
    FETCH_NOT_MODIFIED,
    FETCH_FAILED,  /* refused, hanging, 5xx, no Settings: ask again soon */
    FETCH_REFUSED, /* 401, 403, 404: set up wrong, ask again slowly */
};

enum load_outcome {
    LOAD_OK,        /* `set` is the new jobset; the reference is the core's */
    LOAD_UNCHANGED, /* same files and Settings as the generation in force */
    LOAD_FAILED,
};

/* Names a run for as long as the process lives: never used twice. */
struct run_id {
    uint64_t value; /* 0: no run */
};

/* What names a run for ever, in any process: its row in the store, and its
 * idempotency key. A manual run is named by the moment it was asked for, and
 * covers no slot. */
struct run_key {
    struct wall slot;
    bool manual;
};

enum claim_outcome {
    CLAIM_DURABLE,
    CLAIM_TAKEN, /* the slot has a run already, by another hand */
};

enum order_verb { VERB_TRIGGER, VERB_PAUSE, VERB_RESUME, VERB_BACKFILL };
extern const char *const order_verb_names[4]; /* "trigger" ... */

/* A slot that a backfill passes by. */
struct settled_slot {
    struct wall slot;
    bool waits; /* it is run, or about to be; false: it was run, and ok */
};

/* What an operator wants. Strings are borrowed until the update is read. */
struct order {
    uint64_t asker; /* gets an ACT_ORDERED; 0: nobody waits */
    enum order_verb verb;
    const char *job;
    bool force;        /* VERB_TRIGGER: beside a run that goes on, whatever
                        * `overlap` says */
    bool dry_run;      /* VERB_RESUME, VERB_BACKFILL: only say what would be */
    struct wall until; /* VERB_PAUSE: when it ends by itself */
    struct wall from, to; /* VERB_BACKFILL: slots of both included */
    /* Likewise: of these slots, oldest first, what the store knows of the first
     * BACKFILL_SLOTS_MAX of the job. NULL: nobody has asked it. */
    const struct settled_slot *settled;
    uint32_t settled_count;
    bool cancel; /* likewise: in place of all this, what waits is taken back */
    const char *by;     /* who says so, for the record */
    const char *reason; /* of VERB_PAUSE; or "" */
};

struct event {
    enum event_kind kind;
    struct now now;
    union {
        struct {
            uint64_t asker; /* gets an ACT_REPLY; 0: nobody waits */
            enum ask_cause cause;
            bool force; /* load though nothing changed; believe older.
                         * By nobody: at once, whatever the backend says */
            struct claim_of_change claim;
        } ask;
        struct {
            enum fetch_outcome outcome;
            struct facts facts; /* with FETCH_OK */
        } fetched;
        struct {
            enum load_outcome outcome;
            struct jobset *set; /* sealed; with LOAD_OK */
        } loaded;
        struct {
            struct run_id run;
            enum claim_outcome outcome;
            uint32_t epoch; /* of the row, with CLAIM_DURABLE */
        } claimed;
        struct {
            struct run_id run;
            enum verdict verdict; /* ok, failed or unknown */
            enum cause cause;     /* CAUSE_NONE where ok */
            bool accepted; /* 202, and where to ask later is known: it goes on,
                            * whatever `verdict`; answered by ACT_POLL */
            bool sent;     /* something of the request had left */
            uint16_t status;        /* of HTTP; 0: none */
            int64_t retry_after_ms; /* as the answer asks; below 0: it does not
                                     */
        } answer;
        struct {
            struct run_id run;
            uint32_t call; /* handed back in ACT_WAKE */
            int64_t nap_ms;
        } nap;
        struct {
            bool well;
        } store;
        struct order order;
    };
};

/* ---- Origins that fail ---- */

/* What is the matter with an origin whose calls fail in a row, as the last of
 * them told. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_UNREACHABLE, /* no name, no connection, no TLS: nobody is there */
    TROUBLE_ILL, /* 5xx, no answer in time, broken off: somebody is there, and
                  * may do better at another endpoint */
    TROUBLES,
};
extern const char *const trouble_names[TROUBLES]; /* "unreachable" ... */

/* ---- Actions ---- */

enum action_kind {
    ACT_FETCH,    /* ask the backend for Settings; answer with EV_FETCHED */
    ACT_LOAD,     /* load the file with these Settings; answer with EV_LOADED */
    ACT_SWAP,     /* the jobset just loaded is in force from now on */
    ACT_REPLY,    /* tell an asker how it went */
    ACT_LANES,    /* after ACT_SWAP: which jobs have slots from here on, and
                   * which have none any more, is to be written down */
    ACT_WAIT,     /* a slot's run waits: write it down, nobody answers */
    ACT_CLAIM,    /* write down that this run is ours; answer with EV_CLAIMED */
    ACT_START,    /* begin an attempt; answer with EV_ANSWER */
    ACT_ACCEPTED, /* an attempt was: it goes on elsewhere, and is asked for */
    ACT_POLL,     /* ask how an accepted run goes on; answer with EV_ANSWER */
    ACT_AGAIN,    /* an attempt failed, and another follows after a pause */
    ACT_CANCEL,   /* end an attempt early; its EV_ANSWER is still awaited */
    ACT_FINISH,   /* a run has its verdict; its id is dead after this */
    ACT_DROP,    /* a claim was another's: the run is nothing, its id is dead */
    ACT_PASS,    /* slots that get a verdict without a run */
    ACT_HOOK,    /* call a function of the file; answer with EV_ANSWER, after
                  * which an ACT_DROP says that its id is dead */
    ACT_BEAT,    /* tell a job's heartbeat that it is well; nobody answers */
    ACT_WAKE,    /* a nap is over */
    ACT_RETIRE,  /* the last run of a generation that is no more in force ended
                  */
    ACT_JUMP,    /* the wall clock was set: for the log */
    ACT_PAUSE,   /* a job is paused: write it down */
    ACT_RESUME,  /* it is no more: write it down */
    ACT_ORDERED, /* tell an operator what became of the order */
    ACT_CIRCUIT, /* the circuit of an origin has opened or closed: for the
                  * log, and never more often than that bears */
    ACT_DONE,    /* drained: leave */
};

enum reload_outcome {
    RELOAD_DONE,       /* a new schedule is in force */
    RELOAD_UNCHANGED,  /* nothing differs: nothing was touched */
    RELOAD_STALE,      /* the webhook is older than what is in force */
    RELOAD_SUPERSEDED, /* a newer webhook came: its reload is this one's too */
    RELOAD_LOAD_FAILED,
    RELOAD_FETCH_FAILED,
    RELOAD_STOPPING,
    RELOAD_BUSY, /* it goes on, but too many wait already to be told how */
};

struct reload_report {
    enum reload_outcome outcome;
    uint32_t generation; /* in force now; 0: none yet */
    struct jobset_diff diff;
    double runs_per_day_before, runs_per_day;
    struct wall at; /* when the generation came into force */
};

/* A run, as those see it who carry it out or write it down. */
struct run_note {
    struct run_id run;
    uint32_t generation;
    const struct job *job; /* lives until ACT_RETIRE; NULL only in an ACT_FINISH
                            * of a run that the store remembered of a job that
                            * is no more */
    const char *name;      /* the job's */
    struct run_key key;
    enum trigger trigger;
    uint32_t attempt; /* from 1 */
    uint32_t epoch;   /* from 1: how often the slot was claimed */
    int64_t pause_ms; /* of ACT_AGAIN: until the next attempt */
    int64_t left_ms;  /* of ACT_ACCEPTED: until it is asked for no more */
    uint16_t status;  /* of ACT_AGAIN: of the one that failed; 0: none */
    enum cause cause; /* likewise */
    /* Of ACT_WAIT, ACT_CLAIM: slots of the job up to here have had
     * their verdict or their run; EVER_MS: the cursor stays. */
    struct wall cursor;
    uint32_t function; /* of ACT_HOOK, and of its ACT_DROP; else 0 */
    bool handed_on; /* of ACT_DROP: what follows `attempt` was not begun, and is
                     * the next life's */
    enum verdict ended; /* of ACT_HOOK: what it is told of */
    uint32_t fails;     /* of ACT_FINISH: failures in a row, this included */
};

enum order_outcome {
    ORDER_DONE,
    ORDER_NO_JOB,        /* the schedule in force has no job of this name */
    ORDER_NOT_SCHEDULED, /* it has no slots here: off, or another environment */
    ORDER_OVERLAP,       /* a run goes on, and `overlap` forbids another */
    ORDER_LEFT_OPEN,     /* so does one that another life had claimed, and that
                          * is to be tried again: `key` */
    ORDER_NOT_PAUSED,
    ORDER_TOO_MANY, /* runs wait already: CORE_HELD_MAX */
    ORDER_TOO_OLD,  /* VERB_BACKFILL from before BACKFILL_MS_MAX */
    ORDER_STORE,    /* the store does not answer: nothing can be written */
    ORDER_NOT_PRIMARY,
    ORDER_STOPPING,
    ORDERS,
};
extern const char *const order_names[ORDERS]; /* "done" ... */

struct order_report {
    uint64_t asker;
    enum order_verb verb;
    enum order_outcome outcome;
    struct run_id run;       /* VERB_TRIGGER */
    struct run_key key;      /* likewise */
    uint32_t going;          /* with ORDER_OVERLAP: runs of the job */
    struct wall until;       /* VERB_PAUSE */
    struct wall first, last; /* VERB_RESUME: slots that are run now;
                              * VERB_BACKFILL: that were looked at; NEVER_MS
                              * where none is */
    int64_t runs, missed;    /* likewise: how many are, and are not; or how
                              * many were taken back */
    int64_t done, waiting;   /* VERB_BACKFILL: slots that are settled; below 0:
                              * how many is not known */
    bool more; /* VERB_BACKFILL: slots after `last` were not looked at; ask
                * again from there. Or more are to be taken back */
};

struct action {
    enum action_kind kind;
    union {
        struct {
            bool booting;       /* first try of this process */
            bool believe_older; /* somebody asked with force */
        } fetch;
        struct {
            uint32_t generation; /* of the jobset to be loaded */
            bool enable_jobs;
            char environment[ENVIRONMENT_MAX + 1]; /* "" where none is set */
            bool unconfirmed; /* the two above come from a webhook */
            bool force;       /* load though files and Settings are the same */
        } load;
        struct {
            struct reload_report report;
        } swap;
        struct {
            uint64_t asker;
            struct reload_report report;
        } reply;
        struct run_note note; /* WAIT, CLAIM, START, POLL, AGAIN, DROP, HOOK,
                               * BEAT */
        struct {
            const struct jobset
                *before; /* NULL: the first. Jobs whose
                          * core_lane() is fresh have come, those
                          * scheduled here only have left */
            bool forget; /* so have the remembered ones that the set in force
                          * does not schedule */
        } lanes;
        struct {
            struct run_note note;
            const char *because; /* static */
        } cancel;
        struct {
            struct run_note note;
            enum verdict verdict;
            enum why why; /* where no answer decided */
            enum cause cause;
            uint16_t status;
            int64_t took_ms;
        } finish;
        struct {
            const struct job *job;
            struct wall first, last; /* slots, both included */
            int64_t count;
            enum verdict verdict; /* skipped or missed */
            enum why why;
            struct wall cursor; /* as in struct run_note */
            bool waited; /* one slot, that an ACT_WAIT was said for: its row is
                          * `key`, whatever `first`; with `epoch` */
            struct run_key key;
            uint32_t epoch;
        } pass;
        struct {
            struct run_id run;
            uint32_t generation;
            uint32_t call;
        } wake;
        struct {
            uint32_t generation;
        } retire;
        struct {
            int64_t by_ms; /* positive: forward */
        } jump;
        struct {
            const char *job; /* lives as long as the order, or the jobset */
            struct wall until;
            const char *by, *reason; /* borrowed of the order; "" where the
                                      * time was up */
        } pause;
        struct order_report ordered;
        struct {
            const char *origin; /* lives as long as the core; "":
                                 * BACKEND_URL's */
            bool open;
            enum trouble trouble; /* while it is open; so is what follows */
            enum cause cause;     /* of the last failure, with the status that
                                   * was answered, or 0 */
            uint16_t status;
            uint32_t fails;  /* in a row, by all jobs that call it */
            uint32_t times;  /* that it opened since that was last said */
            int64_t cool_ms; /* until a call finds out */
        } circuit;
    };
};

/* Filled by core_step(), read and cleared by the caller, used again. */
struct update {
    struct action *actions;
    size_t count;
    /* private */
    size_t cap;
};
void update_close(struct update *update);

/* ---- The machine ---- */

/* What the store remembers when a worker starts. */
struct lane_memory {
    const char *job;
    struct wall cursor;
    uint32_t fails;           /* in a row */
    uint32_t runs;            /* in the job's life */
    struct wall started;      /* the last run; EVER_MS: none */
    struct wall paused_until; /* EVER_MS: it is not paused */
};

/* A run without a verdict: the worker that had it is no more. */
struct run_memory {
    const char *job;
    struct run_key key;
    enum trigger trigger;
    bool claimed;     /* it may have been sent; false: it waited */
    uint32_t attempt; /* the last that may have been sent */
    uint32_t epoch;
};

struct memory_of_store {
    const struct lane_memory *lanes; /* sorted by job (strcmp) */
    uint32_t lane_count;
    const struct run_memory *runs; /* oldest slot first */
    uint32_t run_count;
    uint32_t generation; /* the highest number given out */
};

struct core_config {
    uint64_t seed; /* of backoff jitter */
    bool primary;  /* false: nothing is ever fired */
    bool journal;  /* false: nothing is written down, no ACT_CLAIM is said */
    struct memory_of_store memory; /* borrowed as long as the core lives */
    bool fetches;    /* false: the first EV_LOADED needs no fetch (planner) */
    bool has_cached; /* `cached` holds the last good Settings from disk */
    struct facts cached;
    int64_t poll_ms;  /* between fetches that nobody asked for */
    int64_t drain_ms; /* how long EV_STOP waits for runs */
};

/* Limits, each with its reason. */
#define CORE_ASKERS_MAX  64      /* who wait for a reload: as the inbox's */
#define CORE_WAITING_MAX 1000    /* runs that wait for one group */
#define LATE_MS_MAX      30000   /* a slot later than this is a surprise */
#define JUMP_MS_MIN      1000    /* less is the clock being disciplined */
#define CORE_HELD_MAX    1000000 /* runs to be made up: some 150 MB */
/* Runs of one job at once, whatever an operator wants. */
#define FORCED_MAX 100
/* Ten years: to count the seconds of more would hold up the loop. */
#define BACKFILL_MS_MAX    (INT64_C(3653) * 24 * 3600 * 1000)
#define BACKFILL_SLOTS_MAX 10000 /* of one order: a few ms of the loop */
/* A worker that does not live so long starts in a loop, and makes nothing up.
 */
#define CATCH_UP_SETTLE_MS  10000
#define CATCH_UP_SPACING_MS 200   /* between two runs that are made up */
#define HOOK_MS_MAX         10000 /* a hook's budget */
/* How long a 202 (RFC 9110, 15.3.3) is asked about where its job has no
 * deadline, and how often where it has no Retry-After (10.2.3). */
#define ACCEPTED_MS_MAX    (3600 * 1000)
#define POLL_MS            5000
#define RETRY_AFTER_MS_MAX (24 * 3600 * 1000) /* longer is taken for this */

/* A burst of asks, however many, becomes two loads and two fetches: the first
 * ask is served at once, the rest together. Their load begins when nobody has
 * asked for RELOAD_LULL_MS, at the latest RELOAD_SPACING_MS after the first;
 * where two have begun within RELOAD_SPACING_MS, a third waits until that is
 * over. So an ask waits for RELOAD_SPACING_MS and a load under way, never more,
 * and not at all after a quiet second. */
#define RELOAD_SPACING_MS 1000
#define RELOAD_LULL_MS    200 /* gaps of a burst, on a busy machine too */

/* Copies the config, and borrows what its memory points to. Never NULL. */
struct core *core_new(const struct core_config *config, struct now now);
/* NULL is fine. What actions point to goes with it. */
void core_free(struct core *core);

/* Appends to `update` (which the caller has cleared); what its actions point to
 * lives until the next step, where nothing longer is said. Time may stand still
 * between events; where wall time goes back no slot is fired twice. */
void core_step(struct core *core, const struct event *event,
               struct update *update);

/* When to step with EV_TIME at the latest: whichever comes first of an instant
 * on either clock; NEVER_MS where nothing waits on it. */
struct core_deadline {
    struct wall wall;
    struct mono mono;
};
struct core_deadline core_deadline(const struct core *core);

/* What is in force, for the status of the worker. */
struct core_status {
    uint32_t generation;
    const struct jobset *set; /* NULL before the first; borrowed */
    struct wall in_force_since;
    struct facts settings; /* what the generation in force was loaded with */
    bool settings_known;   /* they came from the backend, ever */
    bool unconfirmed;
    bool fetching, loading, stopping;
    uint32_t fetch_failures; /* in a row */
    uint32_t runs;           /* that are not over: held ones and hooks, too */
    bool store_well;
};
struct core_status core_status(const struct core *core);

/* The next slot of job `index` of the set in force, or NEVER_MS: also where it
 * has had all its runs, or where there is no set. Here and below an index that
 * is none of the set's is a mistake of the caller, and asserted. */
struct wall core_next_slot(const struct core *core, uint32_t index);

/* What is known of job `index` of the set in force. */
struct lane_status {
    uint32_t going;  /* runs, from their claim or their wait for a group on */
    uint32_t queued; /* beside them: to be made up, or until these are over */
    uint32_t fails;  /* in a row */
    uint32_t runs;   /* in the job's life */
    struct wall cursor, started;
    struct wall paused_until; /* EVER_MS: it is not paused */
    struct wall unwritten;    /* its slot that waits, and has no row yet; or
                               * EVER_MS */
    bool circuit_open;        /* as circuit_status.holds, below */
    bool fresh; /* it has slots since the last swap, and had none before */
};
struct lane_status core_lane(const struct core *core, uint32_t index);

/* What is known of the origin that job `index` of the set in force calls. */
struct circuit_status {
    const char *origin; /* "": BACKEND_URL's; NULL: the job has no circuit, and
                         * nothing else is said. Lives as long as the core */
    bool open;
    bool holds;           /* a call of this job would be held back now */
    bool probing;         /* the call that finds out is under way */
    enum trouble trouble; /* TROUBLE_NONE: the last answer was a good one; or of
                           * the last failure, and so are these */
    enum cause cause;
    uint16_t status;    /* that was answered, or 0 */
    uint32_t fails;     /* in a row, by all jobs that call it */
    struct wall opened; /* EVER_MS: it is not open */
    struct wall again;  /* where it holds: from then on a call of this job may
                         * go, unless another's is finding out; or NEVER_MS */
};
struct circuit_status core_circuit(const struct core *core, uint32_t index);

#endif
