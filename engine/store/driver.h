/* A driver keeps the store's rows; what they mean is decided above it.
 *
 * The shared part (store.c, entries.c, reading.c) knows every rule: who may
 * claim what, what a batch written twice does. A driver finds, adds and
 * replaces rows between begin() and commit(), and tells them in order. So two
 * drivers cannot disagree about a claim.
 *
 * Words. A *row* is a run or slots that were passed over; its key is (slot,
 * kind, job). A *life* is one opening of the store, numbered from 1. Jobs are
 * numbered from 1 in the order in which the store first heard of them; a number
 * is never used again. */
#ifndef MOONCRON_STORE_DRIVER_H
#define MOONCRON_STORE_DRIVER_H

#include "mooncron/memory.h"
#include "mooncron/schedule.h"
#include "mooncron/store.h"
#include "names.h"

/* Kept on disk; in this order rows of one slot are told. */
enum row_kind { ROW_RUN, ROW_MANUAL, ROW_PASS };
enum row_state { ROW_WAITS, ROW_CLAIMED, ROW_DONE };

struct row_key {
    struct wall slot; /* of a pass its first */
    uint32_t job;
    uint8_t kind;
};

/* Instants that are not there are EVER_MS; strings are never NULL. */
struct row {
    struct row_key key;
    uint8_t state, trigger, verdict, why, cause;
    bool no_overlap;
    uint16_t status;
    uint32_t life, epoch, generation, attempt;
    struct wall lease, started, ended, last;
    int64_t count, took_ms;
    uint64_t settings;
    const char *error, *by;
    const char *owner; /* told by history() alone, "" where it is forgotten */
};

/* A walk looks at rows one after the other, some at a time: newest slot first,
 * and within it by kind and job. */
struct row_walk {
    uint32_t job;         /* 0: of all */
    struct wall from, to; /* slots */
    uint32_t verdicts;    /* bits of those that are wanted; 0: all. A hint */
    uint32_t left;        /* rows that may be looked at; it counts down */
    struct row_place at;  /* goes on behind it */
};

/* The same for the passes of one job that reach `from` or beyond, in an order
 * of the driver's own. */
struct pass_walk {
    uint32_t job;
    struct wall from;      /* that they reach */
    struct wall begin_max; /* others need not be visited. A hint */
    uint32_t left;
    struct wall last, slot; /* goes on behind it; EVER_MS: at the beginning */
};

/* A walk from the oldest slot on, for rows that may go: they have a verdict,
 * slot and end are before, and they are not the newest of their job. */
struct old_walk {
    struct wall before;
    uint32_t left;       /* rows that may be looked at */
    uint32_t most;       /* and found */
    struct row_place at; /* goes on behind it */
};

/* What changes in a lane; a job's first change makes it. */
struct lane_change {
    struct wall cursor, started; /* EVER_MS: as it was */
    uint32_t runs;               /* so many more */
};

struct lane {
    uint32_t job;
    struct wall cursor, started; /* EVER_MS: none */
    uint64_t digest;
    uint32_t fails, runs;
};

struct life {
    uint32_t id;
    struct stored_life told;
};

struct lease {
    uint32_t life, epoch;
    struct wall until;
};

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_BROKEN };

typedef bool row_visitor(void *data, const struct row *row);
/* A run without a verdict, as far as the next life wants to know. */
struct open_run {
    struct row_key key;
    bool claimed;
    uint8_t trigger, cause;
    uint32_t attempt, epoch, generation;
};
typedef void open_visitor(void *data, const struct open_run *run);
typedef void lane_visitor(void *data, const struct lane *lane);
typedef void pause_visitor(void *data, uint32_t job,
                           const struct stored_pause *pause);
typedef void pass_visitor(void *data, const struct row_key *key);
typedef bool off_visitor(void *data, const struct stored_off *off);
typedef bool life_visitor(void *data, const struct life *life);

/* Whatever answers false, ANSWER_BROKEN or -1 has set `store->error`. Strings
 * that are handed in are borrowed, those that are told live until the next
 * call, or until the visitor returns; a driver may keep them in `store->told`,
 * which the shared part empties. Instants and numbers are as the shared
 * part gave them. */
struct store_driver {
    void (*close)(struct store *store);
    bool (*begin)(struct store *store);
    bool (*commit)(struct store *store); /* false: still begun */
    void (*rollback)(struct store *store);

    /* between begin() and commit() */
    bool (*job)(struct store *store, uint32_t id, const char *name);
    enum answer (*row_add)(struct store *store, const struct row *row);
    enum answer (*row_get)(struct store *store, const struct row_key *key,
                           struct row *ret);
    bool (*row_put)(struct store *store, const struct row *row);
    /* Short cuts past row_get() and row_put(), where a row is just as it is
     * most of the time; ANSWER_NO: it is not, or there is no short cut.
     * row_claim: it waits, with a lower epoch, and becomes this claim; its `by`
     * stays where this one's is "". row_end: it goes on, with the same epoch,
     * and gets the attempt, the answer and the verdict of this one. */
    enum answer (*row_claim)(struct store *store, const struct row *row);
    enum answer (*row_end)(struct store *store, const struct row *row);
    /* Is there a claimed no_overlap row of the same job and another life? */
    enum answer (*rival)(struct store *store, const struct row_key *key);
    bool (*renew)(struct store *store, struct wall lease);
    /* ANSWER_YES: the job had a lane without a cursor, and has one again. */
    enum answer (*lane_add)(struct store *store, uint32_t job,
                            struct wall cursor, uint64_t digest);
    /* ANSWER_NO: it was without a cursor already, with this digest. */
    enum answer (*lane_leave)(struct store *store, uint32_t job,
                              uint64_t digest);
    /* A time without slots begins, unless one begins just then; the one that
     * goes on, where one does, ends. */
    bool (*off_add)(struct store *store, uint32_t job,
                    const struct stored_off *off);
    bool (*off_end)(struct store *store, uint32_t job, struct wall until);
    bool (*lane_change)(struct store *store, uint32_t job,
                        const struct lane_change *change);
    bool (*lane_fails)(struct store *store, uint32_t job, uint32_t fails);
    bool (*pause)(struct store *store, uint32_t job,
                  const struct stored_pause *pause);
    bool (*resume)(struct store *store, uint32_t job);
    bool (*life)(struct store *store, const struct life *life);
    bool (*plan)(struct store *store, const struct plan_note *plan);
    enum answer (*lease_get)(struct store *store, const char *name,
                             struct lease *ret);
    bool (*lease_put)(struct store *store, const char *name,
                      const struct lease *lease);
    bool (*drop)(struct store *store, const struct row_key *keys,
                 uint32_t count);
    /* Plans and lives that ended before, but never the newest; times without
     * slots likewise, but for those that go on. */
    bool (*forget)(struct store *store, struct wall before);

    /* at any time */
    int64_t (*count)(struct store *store);
    bool (*each_lane)(struct store *store, lane_visitor *visit, void *data);
    /* Job by job, each by slot and kind. */
    bool (*each_open)(struct store *store, open_visitor *visit, void *data);
    bool (*each_pause)(struct store *store, pause_visitor *visit, void *data);
    /* Newest first. */
    bool (*each_off)(struct store *store, uint32_t job, off_visitor *visit,
                     void *data);
    bool (*each_life)(struct store *store, life_visitor *visit, void *data);
    enum answer (*plan_last)(struct store *store, struct plan_note *ret,
                             uint32_t *ret_life);
    enum answer (*pause_get)(struct store *store, uint32_t job,
                             struct stored_pause *ret);
    /* How far the rows of a job reach that begin at or before `upto`, and that
     * not beyond it. */
    enum answer (*reach)(struct store *store, uint32_t job, struct wall upto,
                         struct wall *ret);
    /* These three: ANSWER_NO where there are no more rows, ANSWER_YES where the
     * walk may go on: so many were looked at or found, or the visitor wants no
     * more. A driver to which it makes no difference may look at some more than
     * were left. `ret_keys` has room for those that may be found. */
    enum answer (*old)(struct store *store, struct old_walk *walk,
                       struct row_key *ret_keys, uint32_t *ret_count);
    enum answer (*history)(struct store *store, struct row_walk *walk,
                           row_visitor *visit, void *data);
    enum answer (*passes)(struct store *store, struct pass_walk *walk,
                          pass_visitor *visit, void *data);
};

/* The head of every driver's own struct. */
struct store {
    const struct store_driver *driver;
    struct names jobs;
    char owner[STORE_OWNER_MAX + 1];
    uint32_t life;    /* the own one */
    bool moved;       /* a damaged file was moved aside for it */
    uint32_t damages; /* calls that found it damaged, since the opening */
    struct wall began, seen; /* EVER_MS: not yet */
    int64_t rows;            /* -1: not counted yet */
    bool claims_wait;        /* the last claim's row did: the next one's may */
    struct error error;      /* of the last call that failed */
    struct arena told;       /* strings that live until the next call */
    /* of the batch that is being written, to take it back */
    uint32_t jobs_before;
    int64_t rows_before;
};

/* store.c, for the drivers: the life that begins. `last` is the number of the
 * one before, 0 for none; `now` EVER_MS: it begins with its first batch. */
void store_begin(struct store *store, const struct store_driver *driver,
                 const char *owner, uint32_t last, struct wall now);

/* store.c, for the shared part: a transaction, with what is known of it in
 * memory. store_done() ends it either way. */
bool store_start(struct store *store);
bool store_done(struct store *store, bool ok);

/* The own life was there at this time, the latest of what is written. */
void store_seen(struct store *store, struct wall at);

#endif
