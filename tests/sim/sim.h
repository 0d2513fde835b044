/* A simulation: one worker, its store, its backend and all that goes wrong,
 * for some days of virtual time, from one seed.
 *
 * The worker is the real core, what it writes down goes through the real
 * ledger into the real store in memory, functions run in the real script host.
 * What stands for the rest of the world is here. Time is the true time; the
 * worker reads it through a wall clock that may be wrong.
 *
 * Words. A *life* is one process of the worker, numbered from 1. A *misfortune*
 * is something that begins to go wrong; it hits whatever meets it, and a hit is
 * counted. */
#ifndef TEST_SIM_SIM_H
#define TEST_SIM_SIM_H

#include <stdio.h>

#include "../../engine/doubt.h"
#include "../../engine/ledger.h"
#include "faults.h"
#include "file.h"
#include "mooncron/core.h"
#include "mooncron/store.h"
#include "queue.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Simulations begin at 2026-11-23T14:07:31Z, and end with a calm in which
 * everything works, so that what was held up is made up. */
#define SIM_BEGINS_MS INT64_C(1795442851000)
#define SIM_CALM_MS   (8 * HOUR)

/* ---- the backend ---- */

enum mood {
    MOOD_WELL,
    MOOD_REFUSES,
    MOOD_SLOW,
    MOOD_HANGS,
    MOOD_5XX,
    MOOD_401,
    MOOD_FLAPS,
    MOOD_OVERSIZE,
    MOOD_TRUNCATED,
    MOOD_BUSY,
    MOOD_DENIES,
    MOODS,
};

enum request_kind {
    REQUEST_CALL,   /* of a declared job */
    REQUEST_POLL,   /* how an accepted one goes on */
    REQUEST_SCRIPT, /* of a function that runs */
    REQUEST_HOOK,   /* of one that is told of a run's end */
    REQUEST_FETCH,  /* of Settings */
};

enum closing {
    CLOSED_NOT,
    CLOSED_ANSWERED,
    CLOSED_LATE,      /* its timeout had passed */
    CLOSED_CANCELLED, /* by the worker */
    CLOSED_CRASH,     /* who sent it is no more */
};

/* A line of the backend's ledger: what came, under which key, and what became
 * of it. Instants are true ones; NEVER_MS: not yet, or never. */
struct request {
    enum request_kind kind;
    uint32_t life, generation;
    uint32_t job; /* of sim_jobs; or NO_JOB */
    struct run_key key;
    enum trigger trigger;
    uint32_t attempt, epoch, number;
    struct run_id run;
    int64_t sent_ms, arrived_ms, ended_ms, closed_ms;
    struct wall sent; /* as the worker's clock said */
    uint32_t timeout_ms;
    enum closing closing;
    uint32_t closing_order; /* of several at one moment */
    bool hub, other;        /* of the group; to the other origin */
    bool hung_up;           /* cancelled where nothing asked for it */
    /* what its sender will hear */
    enum verdict verdict;
    enum cause cause;
    uint16_t status;
    bool accepted;
    int64_t retry_after_ms;
    uint32_t version; /* of Settings, told with it */
};

/* Settings as they were saved, oldest first. */
struct version {
    struct facts facts;
    int64_t visible_ms; /* saved at facts.updated, read from here on */
};

struct webhook {
    struct claim_of_change claim;
    int64_t heard_ms; /* NEVER_MS: by nobody */
    uint32_t life;
    bool stale; /* older than what was known then */
};

struct backend {
    struct request *requests;
    uint32_t count, cap, closings;
    enum mood moods[2]; /* of BACKEND_URL's origin, and of the other */
    int64_t well_since_ms[2];
    bool dns_fails, dns_hangs, lossy, lagging;
    struct version *versions;
    uint32_t version_count, version_cap;
    struct webhook *webhooks;
    uint32_t webhook_count, webhook_cap;
};

/* ---- the store ---- */

enum illness {
    ILL_NOT,
    ILL_ENOSPC,
    ILL_EIO,
    ILL_TIMEOUT,
    ILL_AMBIGUOUS,
    ILL_PARTITION,
};

/* An entry, and when it was added to a batch. */
struct note {
    struct entry entry;
    uint64_t ticket;
    int64_t added_ms;
    enum entry_outcome outcome;
};

struct notes {
    struct note *list;
    uint32_t count, cap;
    struct plan_note *plans; /* written before the entries */
    uint32_t plan_count, plan_cap;
};

enum commit_kind {
    COMMIT_LIFE,  /* the store was opened */
    COMMIT_FRESH, /* likewise, and nothing was in it */
    COMMIT_BATCH,
    COMMIT_PRUNE, /* old rows were taken away */
};

/* What was durable when: the journal, as one who looked on has kept it. */
struct commit {
    enum commit_kind kind;
    uint32_t life;
    int64_t begun_ms, at_ms;
    struct wall wall; /* as the clock of the worker was */
    uint32_t first, count, plan_first, plan_count;
    uint32_t step; /* of those that take rows away */
    bool lost;     /* power went, and it with it */
    bool held_up;  /* not taken at its first try, or behind one that was not */
};

/* What a step was asked that takes rows away: a round, as it was then. */
struct prune {
    struct pruning round;
    uint32_t limit;
};

/* A row that was taken away, and by which commit. */
struct gone {
    uint32_t commit, job;
    struct history_row row; /* without its strings */
};

struct disk {
    struct store *store;
    struct notes waiting, writing, log;
    struct commit *commits;
    uint32_t commit_count, commit_cap;
    char **texts; /* what entries say, each once */
    uint32_t text_count, text_cap;
    struct gone *gone;
    uint32_t gone_count, gone_cap;
    struct prune *prunes;
    uint32_t prune_count, prune_cap;
    struct retention retention;
    struct pruning round; /* that is under way */
    bool round_begun;
    struct doubt doubt; /* of the clock */
    struct step *step;  /* upkeep.c's */
    enum illness illness;
    bool busy;        /* a batch is under way, or rests until its next try */
    int64_t begun_ms; /* that one */
    bool must_renew, must_prune; /* as soon as none is under way */
    int64_t renew_at_ms;
    uint32_t renewed;         /* notes up to the last renewal */
    struct wall lease;        /* what that made them all have */
    bool held_up, ill_before; /* that one; the one before it */
    bool well;                /* as the worker was told */
    bool slow;
};

/* ---- the worker ---- */

struct script_run {
    struct run_id run;
    uint32_t job, number;
    uint32_t generation;
    bool hook;
    struct loaded *loaded;
    struct run_note note;
};

struct generation_file {
    uint32_t generation;
    struct loaded *loaded;
};

/* What a load was begun with; of the one in force, too. */
struct loaded_with {
    uint32_t generation, variant, version, environment;
    uint64_t stamp;
    bool enable_jobs, known;
};

/* When a life began, was told to stop, and was over, and since when its last
 * batch was under way then; NEVER_MS: not yet, or none was. */
struct span_of_life {
    int64_t began_ms, stopped_ms, ended_ms, stuck_ms;
};

struct worker {
    struct core *core; /* NULL: no process lives */
    uint32_t life;
    struct span_of_life *lives; /* of life n at n - 1 */
    uint32_t lives_cap;
    int64_t alarm_late_ms;
    struct recall recall;
    struct memory_of_store memory;
    struct update update;
    struct loaded_with loading, in_force;
    bool stopping, done;
    uint64_t asker;
    struct script_run *scripts;
    uint32_t script_count, script_cap;
    struct generation_file *generations;
    uint32_t generation_count, generation_cap;
    struct text frame;
};

/* ---- the whole ---- */

/* A promise that was broken. */
struct breach {
    const char *promise; /* "I1" */
    char text[300];
    int64_t at_ms; /* true time near which to look */
};
#define BREACHES_MAX 8

/* When the clock was set, and how far it had come by then. */
struct clock_move {
    int64_t at_ms;
    struct wall before, after;
};

/* When the machine slept. */
struct sleep {
    int64_t from_ms, to_ms;
};

struct sim_options {
    uint64_t seed;
    int64_t days;
    bool clocks, environments; /* may be set, may change, in this seed */
    bool forgets;           /* rows are kept for some days, or a few of them */
    bool gentle;            /* nothing goes wrong but a crash each minute */
    bool told;              /* what happens is printed */
    int64_t from_ms, to_ms; /* of that */
};

struct sim {
    struct sim_options options;
    struct files *files;
    uint64_t random;
    int64_t now_ms, end_ms;
    uint64_t hash;
    uint64_t steps;
    struct queue queue;
    struct worker worker;
    struct disk disk;
    struct backend backend;
    uint32_t variant; /* of the schedule file, as it lies on the disk */
    uint64_t stamp;   /* another one each time that it is written */
    bool has_cached;  /* Settings on the disk of the worker */
    uint32_t cached;  /* their version */
    int64_t clock_ahead_ms, asleep_until_ms;
    int64_t misfortune_ms; /* the mean pause between two */
    enum fault await;      /* the process dies at the next such; FAULTS: none */
    struct clock_move *clock_moves;
    uint32_t clock_move_count, clock_move_cap;
    struct sleep *sleeps; /* one after another */
    uint32_t sleep_count, sleep_cap;
    uint64_t hits[FAULTS];
    uint64_t orders[ORDERS], replies;
    uint64_t daily_due, daily_ok; /* slots of the job of a day */
    struct breach breaches[BREACHES_MAX];
    uint32_t breach_count;
};

/* sim.c */
void sim_run(struct sim *sim, struct files *files,
             const struct sim_options *options);
void sim_close(struct sim *sim);
int64_t sim_chance(struct sim *sim, int64_t from, int64_t to);
bool sim_one_in(struct sim *sim, int64_t n);
/* From `from` to `to`, each size as likely as another. */
int64_t sim_long(struct sim *sim, int64_t from, int64_t to);
void sim_hit(struct sim *sim, enum fault fault);
void sim_mix(struct sim *sim, uint64_t number);
struct wall sim_wall(const struct sim *sim);
struct now sim_clocks(const struct sim *sim);
void sim_put(struct sim *sim, enum happening_kind kind, int64_t after_ms,
             uint32_t which, uint32_t life);
void sim_put_event(struct sim *sim, int64_t after_ms,
                   const struct event *event);
/* A line of the trace, where somebody reads it. */
void sim_tell(struct sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_blame(struct sim *sim, const char *promise, int64_t at_ms,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The process dies here, where this is what was waited for. */
void sim_await(struct sim *sim, enum fault fault);

/* backend.c */
void backend_begin(struct sim *sim);
struct request *backend_new(struct sim *sim, enum request_kind kind,
                            uint32_t job);
/* Sends the newest request. */
void backend_send(struct sim *sim, struct request *request);
void backend_arrival(struct sim *sim, uint32_t which);
void backend_close(struct sim *sim, struct request *request,
                   enum closing closing);
const struct version *backend_settings(const struct sim *sim);
void backend_change(struct sim *sim, bool hook);
void backend_hook(struct sim *sim, const struct claim_of_change *claim,
                  int64_t after_ms);
void backend_free(struct sim *sim);

/* disk.c */
void disk_begin(struct sim *sim);
void disk_add(struct sim *sim, const struct entry *entry, uint64_t ticket);
void disk_publish(struct sim *sim, const struct plan_note *plan);
/* Begins a batch, where one waits and none is under way. */
void disk_turn(struct sim *sim);
void disk_commit(struct sim *sim);
/* The process is no more: what was not durable is gone. */
void disk_cut(struct sim *sim, bool power);
/* The next life; false: the store cannot be opened now. */
bool disk_open(struct sim *sim, struct recall *ret);
/* What is left is written; then the life ends in good order. */
void disk_drain(struct sim *sim);
void disk_lose_tail(struct sim *sim);
void disk_lose_all(struct sim *sim);
struct commit *disk_commit_new(struct sim *sim, enum commit_kind kind);
void disk_free(struct sim *sim);

/* upkeep.c */
void upkeep_begin(struct sim *sim, const struct recall *recall); /* of a life */
void upkeep_renew(struct sim *sim);
void upkeep_prune(struct sim *sim);
/* What waited for the end of a batch. */
void upkeep_turn(struct sim *sim);
/* A life is over: its runs must have their lease. */
void upkeep_look(struct sim *sim);
void upkeep_free(struct sim *sim);

/* worker.c */
void worker_start(struct sim *sim);
void worker_step(struct sim *sim, const struct event *event);
void worker_answer(struct sim *sim, uint32_t which);
void worker_crash(struct sim *sim, bool power);
void worker_leave(struct sim *sim); /* after ACT_DONE */
void worker_stop(struct sim *sim);
int64_t worker_due_ms(const struct sim *sim);
void worker_free(struct sim *sim);

/* script.c */
void script_start(struct sim *sim, const struct run_note *note,
                  uint32_t function, const char *error);
bool script_cancel(struct sim *sim, struct run_id run);
void script_wake(struct sim *sim, struct run_id run);
void script_answer(struct sim *sim, const struct request *request);
void script_cut(struct sim *sim);

/* misfortune.c */
void misfortune_begin(struct sim *sim);
void misfortune_strike(struct sim *sim);
void misfortune_relief(struct sim *sim, uint32_t which);
/* Everything works from now on. */
void misfortune_end(struct sim *sim);

/* check.c */
void check(struct sim *sim);

#endif
