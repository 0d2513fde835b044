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
 * A slot that is not its job's newest due slot when it is looked at is missed,
 * not fired: a worker that was held up never answers with a burst. */
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
    EV_ANSWER,  /* a run has ended */
    EV_NAP,     /* a run sleeps: answer with ACT_WAKE in `nap_ms` */
    EV_VERSION, /* a job's answer named a Settings version not in force */
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

/* How a run ended. */
enum verdict {
    VERDICT_OK,
    VERDICT_FAILED,
    VERDICT_UNKNOWN, /* sent, and no answer came: the backend may have run it */
    VERDICT_SKIPPED,
    VERDICT_MISSED,
};

/* Why a slot was not run. */
enum why {
    WHY_NONE,
    WHY_OVERLAP,    /* skipped: the last run of the job is still going */
    WHY_GROUP_FULL, /* skipped: too many runs wait for the group already */
    WHY_REMOVED,    /* skipped: the job went away while its run waited */
    WHY_STOPPING,   /* skipped: the worker was told to stop */
    WHY_SUPERSEDED, /* missed: a newer slot of the job was due as well */
    WHY_LATE,       /* missed: found more than LATE_MS_MAX after its time */
};
extern const char *const verdict_names[5];
extern const char *const why_names[7];

/* Names a run for as long as the process lives: never used twice. */
struct run_id {
    uint64_t value; /* 0: no run */
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
            enum verdict verdict; /* ok, failed or unknown */
        } answer;
        struct {
            struct run_id run;
            uint32_t call; /* handed back in ACT_WAKE */
            int64_t nap_ms;
        } nap;
    };
};

/* ---- Actions ---- */

enum action_kind {
    ACT_FETCH,  /* ask the backend for Settings; answer with EV_FETCHED */
    ACT_LOAD,   /* load the file with these Settings; answer with EV_LOADED */
    ACT_SWAP,   /* the jobset just loaded is in force from now on */
    ACT_REPLY,  /* tell an asker how it went */
    ACT_START,  /* begin a run; answer with EV_ANSWER */
    ACT_CANCEL, /* end a run early; its EV_ANSWER is still awaited */
    ACT_FINISH, /* a run has its verdict; its id is dead after this */
    ACT_PASS,   /* slots that get a verdict without a run */
    ACT_WAKE,   /* a nap is over */
    ACT_RETIRE, /* the last run of a generation that is no more in force ended
                 */
    ACT_JUMP,   /* the wall clock was set: for the log */
    ACT_DONE,   /* drained: leave */
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
        struct {
            struct run_id run;
            uint32_t generation;
            const struct job *job; /* lives until ACT_RETIRE */
            struct wall slot;
        } start;
        struct {
            struct run_id run;
            uint32_t generation;
            const char *because; /* static */
        } cancel;
        struct {
            struct run_id run;
            uint32_t generation;
            const struct job *job;
            struct wall slot;
            enum verdict verdict;
            int64_t took_ms;
        } finish;
        struct {
            const struct job *job;
            struct wall first, last; /* slots, both included */
            int64_t count;
            enum verdict verdict; /* skipped or missed */
            enum why why;
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

struct core_config {
    uint64_t seed;   /* of backoff jitter */
    bool primary;    /* false: nothing is ever fired */
    bool fetches;    /* false: the first EV_LOADED needs no fetch (planner) */
    bool has_cached; /* `cached` holds the last good Settings from disk */
    struct facts cached;
    int64_t poll_ms;  /* between fetches that nobody asked for */
    int64_t drain_ms; /* how long EV_STOP waits for runs */
};

/* Limits, each with its reason. */
#define CORE_ASKERS_MAX  64    /* who wait for a reload: as the inbox's */
#define CORE_WAITING_MAX 1000  /* runs that wait for one group */
#define LATE_MS_MAX      30000 /* a slot later than this is a surprise */
#define JUMP_MS_MIN      1000  /* less is the clock being disciplined */

/* A burst of asks, however many, becomes two loads and two fetches: the first
 * ask is served at once, the rest together. Their load begins when nobody has
 * asked for RELOAD_LULL_MS, at the latest RELOAD_SPACING_MS after the first;
 * where two have begun within RELOAD_SPACING_MS, a third waits until that is
 * over. So an ask waits for RELOAD_SPACING_MS and a load under way, never more,
 * and not at all after a quiet second. */
#define RELOAD_SPACING_MS 1000
#define RELOAD_LULL_MS    200 /* gaps of a burst, on a busy machine too */

struct core *core_new(const struct core_config *config, struct now now);
void core_free(struct core *core);

/* Appends to `update` (which the caller has cleared). Time may stand still
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
    uint32_t runs;           /* live, waiting ones included */
};
struct core_status core_status(const struct core *core);

/* The next slot of job `index` of the set in force, or NEVER_MS. */
struct wall core_next_slot(const struct core *core, uint32_t index);

#endif
