/* What the core is made of. Shared by core.c, run.c, handover.c and asker.c.
 *
 * Words. A *lane* is what the core remembers of one job of the set in force:
 * how many of its runs are going. A *tenure* is a generation that is in force,
 * or was and still has runs. An *asker* is somebody who waits for the outcome
 * of a reload. */
#ifndef MOONCRON_CORE_MACHINE_H
#define MOONCRON_CORE_MACHINE_H

#include "agenda.h"
#include "mooncron/core.h"
#include "past.h"

#define NO_INDEX UINT32_MAX
#define LONG_AGO ((struct mono){ INT64_MIN / 2 }) /* some time can be added */

/* ---- runs (run.c) ---- */

enum run_state {
    RUN_FREE,    /* the place is unused */
    RUN_WAITING, /* for room in its group; nothing was started */
    RUN_LIVE,    /* started, and no answer yet */
    RUN_LEAVING, /* cancelled, and no answer yet */
};

struct run {
    uint64_t id; /* serial number and place */
    enum run_state state;
    uint32_t generation;
    const struct job *job; /* of that generation's set */
    struct wall slot;
    struct mono started;
    uint32_t lane;  /* in the set in force, or NO_INDEX: the job is gone */
    uint32_t group; /* likewise */
    uint32_t next;  /* free list, or the queue of the group */
    bool napping;
    uint32_t nap_call;
    int64_t nap_due_ms;
};

struct queue {
    uint32_t live, limit;
    uint32_t waiting, first, last; /* runs, oldest first */
};

struct runs {
    struct run *places;
    uint32_t count, cap, free; /* places ever used, and the first unused */
    uint32_t going;            /* waiting ones included */
    uint64_t serial;
    uint32_t *lanes;      /* runs going, by job of the set in force */
    struct queue *queues; /* by group of the set in force */
    uint32_t queue_count;
    struct agenda timers; /* on mono: id is place * 2 + enum timer */
};

/* ---- who waits for a reload (asker.c) ---- */

enum asker_wait { WAIT_FETCH, WAIT_LOAD };

struct asker {
    uint64_t id;
    enum asker_wait wait;
    uint32_t ticket; /* the first fetch or load that will do */
    bool webhook;    /* gives way to a newer one */
};

/* Of no consequence for what is fetched and loaded: who is not kept here is
 * only not told. */
struct askers {
    struct asker places[CORE_ASKERS_MAX];
    uint32_t count;
};

/* ---- the handover of a reload (handover.c) ---- */

/* When fetches, and when loads, were begun and asked for. */
struct pace {
    struct mono last, before; /* the last one began, and the one before it */
    struct mono asked;        /* since the last one; LONG_AGO: nobody did */
};

/* What is to be done once a fetch has come. */
struct errand {
    bool load;  /* though it says nothing new: somebody asked */
    bool force; /* load though the file is the same, believe older Settings */
};

struct overlay {
    bool active;
    struct claim_of_change claim;
    struct mono since;
};

struct handover {
    struct facts backend; /* the last that the backend, or the disk, said */
    bool known;           /* `backend` came from the backend */
    struct overlay overlay;
    struct facts in_force; /* what the set in force was loaded with */
    bool unconfirmed;      /* and whether a webhook had its say in that */

    bool fetching, booting;
    uint32_t fetches; /* started; the one in flight has this number */
    struct errand errand, errand_next; /* of that one; of the one after it */
    struct mono fetch_at, version_at;
    struct pace fetch_pace;
    uint32_t failures;

    bool loading, load_wanted, load_force;
    uint32_t loads; /* started; likewise */
    struct pace load_pace;
    struct facts tried; /* what the last load was given */
    bool tried_unconfirmed;
    uint32_t generations; /* numbers given out */

    struct askers askers;
    uint64_t random;
};

/* ---- the whole ---- */

/* In force, and the ones that finish their runs: the oldest is cut short where
 * there are more, so that no storm of reloads piles up script hosts. */
#define TENURES_DRAINING_MAX 8

struct tenure {
    uint32_t generation;
    struct jobset *set;
    uint32_t runs; /* that point into the set */
    bool cut;      /* its runs were cancelled */
    bool retired;  /* swept by the next step: actions still point into it */
};

struct core {
    struct core_config config;
    struct now now; /* of the last step */
    struct past past;
    struct agenda agenda;   /* on wall: id is the job's index */
    struct tenure *tenures; /* oldest first; the last one is in force */
    uint32_t tenure_count;
    struct wall in_force_since;
    struct runs runs;
    struct handover handover;
    bool stopping, leaving;
    struct mono stop_at;
    struct update *out; /* during a step */
};

struct action *core_act(struct core *core, enum action_kind kind);
/* The tenure in force, or NULL; and any one, which must be there. */
struct tenure *core_tenure(const struct core *core);
struct tenure *core_tenure_of(const struct core *core, uint32_t generation);
/* A run of this tenure is over: it retires with the last. */
void core_tenure_leave(struct core *core, uint32_t generation);
/* Puts `set` in force as `generation`, and says so with `report`. */
void core_swap(struct core *core, struct jobset *set, uint32_t generation,
               struct reload_report *ret_report);

/* A slot of job `index` is due: runs it, queues it or passes it over. */
void run_due(struct core *core, uint32_t index, struct wall slot);
void run_answered(struct core *core, struct run_id id, enum verdict verdict);
void run_nap(struct core *core, struct run_id id, uint32_t call,
             int64_t nap_ms);
/* Timeouts and naps whose time has come. */
void run_timers(struct core *core);
/* After a swap: runs move to the lanes and queues of the new set. */
void run_move(struct core *core);
/* Cancels what is live of `generation`; 0: of all. */
void run_cancel(struct core *core, uint32_t generation, const char *because);
/* Passes over what has not begun. */
void run_forget_waiting(struct core *core, enum why why);
void run_close(struct runs *runs);

/* A report of nothing done. */
struct reload_report asker_report(const struct core *core,
                                  enum reload_outcome outcome);
/* Tells one; id 0 is nobody. */
void asker_reply(struct core *core, uint64_t id,
                 const struct reload_report *report);
/* Keeps one until asker_reply_all(), or tells it that there is no place. */
void asker_add(struct core *core, const struct event *event,
               enum asker_wait wait);
/* Tells every asker who waits for this ticket, and lets them go. */
void asker_reply_all(struct core *core, enum asker_wait wait, uint32_t ticket,
                     const struct reload_report *report);
/* The fetch has come: who waited for it waits for the load of what it said. */
void asker_advance(struct core *core);

void handover_begin(struct core *core);
void handover_ask(struct core *core, const struct event *event);
void handover_fetched(struct core *core, const struct event *event);
void handover_loaded(struct core *core, const struct event *event);
void handover_version(struct core *core);
/* Starts the fetch or the load whose time has come. */
void handover_turn(struct core *core);
void handover_stop(struct core *core);
/* When handover_turn() has something to do. */
struct mono handover_deadline(const struct core *core);

#endif
