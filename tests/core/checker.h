/* The checker watches the actions of a core and fails the test at the first
 * that breaks a promise. It outlives the core: a second life of the worker may
 * not repeat what the first has sent. */
#ifndef TEST_CORE_CHECKER_H
#define TEST_CORE_CHECKER_H

#include "map.h"
#include "model.h"
#include "mooncron/core.h"

/* A run from its claim, or its first start, to its verdict; or a hook. */
struct going {
    uint64_t id;
    const char *name; /* borrowed of the job: the set lives until RETIRE */
    struct run_key key;
    uint32_t generation, number, attempt, epoch;
    bool hook, claimed, taken, started;
};

/* Zero-initialised is ready. */
struct checker {
    bool journal;      /* no start without a claim */
    bool set_back;     /* the wall clock was */
    bool attempt_lost; /* the store was not told that one was to follow */
    bool stopping, made_up;
    uint32_t starts, finishes, passes; /* runs that were started, and ended */
    uint32_t claims, hooks, beats;
    int64_t passed_slots;
    /* private */
    struct map fired; /* key to epoch and attempt of the last start */
    struct map
        ended; /* key to 1: it has its verdict; 2: one it was asked for */
    struct map passed; /* likewise, without a run */
    struct map waited; /* key to 1; 2: for a backfill */
    struct map ids;    /* id to number, from 1 */
    struct map places; /* id to place in `going`, from 1 */
    struct map lanes;  /* name to runs going */
    struct map paused; /* name to the end of its pause */
    struct map asked;  /* asker to 1 asked, 2 answered */
    struct map gone;   /* generations that were retired */
    struct map since;  /* name to when its slots began to count */
    struct map digest; /* name to that of the declaration since then */
    struct going *going;
    size_t count, cap;
    const struct jobset *set; /* in force, by the actions seen so far */
    uint32_t generation;      /* its */
    struct action finish;     /* the last */
    size_t open_asks;
};

void checker_ask(struct checker *checker, uint64_t asker);
void checker_see(struct checker *checker, const struct core *core,
                 const struct action *act, struct wall now);
/* The claim of a run was answered. */
void checker_claimed(struct checker *checker, struct run_id run,
                     enum claim_outcome outcome, uint32_t epoch);
/* The worker has died; what the model has is what the next life is told. */
void checker_restart(struct checker *checker, struct model *model);
/* Every slot up to `to` of the jobs in force has its verdict, or is open. */
void checker_end(struct checker *checker, const struct core *core,
                 struct model *model, struct wall to);
/* Whether the slot was fired, or got a verdict without a run. */
bool checker_told(struct checker *checker, const char *name, int64_t slot_ms);
/* Which run in the order of starts; 0: never started. */
uint32_t checker_number(struct checker *checker, struct run_id run);
struct run_id checker_run(const struct checker *checker, uint32_t number);
void checker_close(struct checker *checker);

#endif
