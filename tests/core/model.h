/* A model of the store: what an ideal one remembers of the actions of a core,
 * and what it forgets where it dies before a commit.
 *
 * It is the stories' second opinion of the rows: it knows no disk and no batch,
 * and fails the test where what is committed gives a slot a second verdict. */
#ifndef TEST_CORE_MODEL_H
#define TEST_CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "map.h"
#include "mooncron/core.h"

enum model_state { MODEL_WAITS, MODEL_CLAIMED, MODEL_DONE };

struct model_row {
    const char *job; /* the model's */
    struct run_key key;
    enum model_state state;
    enum trigger trigger;
    enum verdict verdict; /* of MODEL_DONE */
    uint32_t attempt, epoch, life;
    bool foreign; /* another hand's */
};

struct model_lane {
    const char *job;
    bool scheduled;
    struct wall cursor, started, paused_until;
    uint32_t fails, runs;
};

/* What was written, and is not committed. */
struct model_note {
    enum action_kind kind;
    const char *job;
    struct run_id run;
    struct run_key key;
    enum trigger trigger;
    enum verdict verdict;
    uint32_t attempt, epoch, fails, generation;
    struct wall cursor, at;
    bool leaves, waited;
    int64_t *slots; /* of ACT_PASS; owned */
    size_t count;
};

struct model_claim {
    struct run_id run; /* 0: it was no claim */
    enum claim_outcome outcome;
    uint32_t epoch;
};

/* Zero-initialised is ready. */
struct model {
    uint32_t life, generation;
    bool set_back; /* the clock was: a missed slot may come after all */
    /* private */
    char **names; /* of jobs, ever */
    size_t name_count;
    struct map known; /* their places, from 1 */
    struct model_row *rows;
    size_t row_count, row_cap;
    struct map places; /* of rows, by key; from 1 */
    struct map passed; /* slots with a verdict and no row */
    struct map taken;  /* runs of this life whose claim was another's, to 1 */
    struct model_lane *lanes;
    size_t lane_count;
    struct model_note *notes;
    size_t note_first, note_count, note_cap;
    struct lane_memory *lane_memory;
    struct run_memory *run_memory;
};

/* Takes one action of a step down; nothing is committed. */
void model_write(struct model *model, const struct core *core,
                 const struct action *act, struct wall now);
bool model_pending(const struct model *model);
/* Commits the oldest that is pending, and says what became of a claim. */
struct model_claim model_commit(struct model *model);
/* Commits `keep` of what is pending, loses the rest, and begins another life.
 * True: lost with it is that an attempt was to follow.
 */
bool model_die(struct model *model, size_t keep);
/* What that life is told. Lives until the next call, or model_close(). */
struct memory_of_store model_memory(struct model *model);
/* Another hand has run the slot. */
void model_take(struct model *model, const char *job, struct wall slot);
const struct model_row *model_row(struct model *model, const char *job,
                                  struct run_key key);
/* The slot has a row, or a verdict without one. */
bool model_told(struct model *model, const char *job, struct wall slot);
/* NULL: no lane of this name has slots. */
struct model_lane *model_lane(const struct model *model, const char *job);
void model_close(struct model *model);

/* One number for a job's key; never 0. */
uint64_t model_key(const char *job, struct run_key key);

#endif
