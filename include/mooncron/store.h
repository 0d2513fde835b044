/* The store remembers, durably: which slots were claimed, how they ended, what
 * is paused, which worker lived when.
 *
 * It is written in batches: store_write() takes many entries and makes them
 * durable in one commit. A claim is exact because the key is unique, not
 * because there is a leader: (job, slot, manual) is a row, and the second who
 * wants to insert it is told that it is taken. So a batch whose commit may or
 * may not have happened is simply written again.
 *
 * The store reads no clock: the time of the caller comes with each call. It is
 * used by one thread at a time, and blocks: the daemon keeps it on a thread of
 * its own (engine/journal.c). Drivers: memory (--state none, tests, simulator)
 * and SQLite; what both promise is asserted by one suite,
 * tests/store/test_conformance.c.
 *
 * Words. A *cursor* is the instant up to which every slot of a job has had its
 * verdict or its run. The *epoch* of a run counts its claims: an entry that
 * carries an older epoch than the row is fenced off. An *owner* is one life of
 * one worker. */
#ifndef MOONCRON_STORE_H
#define MOONCRON_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "mooncron/instant.h"
#include "mooncron/verdict.h"

struct store;

#define STORE_OWNER_MAX 64  /* bytes of an owner's name */
#define STORE_ERROR_MAX 500 /* bytes of a run's error that are kept */
#define STORE_LEASE_MS  60000

/* Where a walk through rows is, for the store alone: behind this one. Kind and
 * job -1: before all rows of the slot. */
struct row_place {
    struct wall slot;
    int kind;
    int64_t job;
};

/* ---- life ---- */

/* Each sets `ret_note` (or "") to what people should hear of the opening: that
 * the file was made, moved aside because it was corrupt (and where to), brought
 * from an older version to this one. NULL and a sentence where there is no
 * store: the folder cannot be written, the file is another worker's or of a
 * newer version. `owner` is copied. */
struct store *store_open_memory(const char *owner);
struct store *store_open_sqlite(const char *path, const char *owner,
                                struct wall now, struct error *ret_note,
                                struct error *reterr);
/* The next life on a store that stays open, as if the one before had been
 * killed: for the simulator and for tests. */
bool store_next_life(struct store *store, const char *owner, struct wall now,
                     struct error *reterr);
/* Whether the file was moved aside at this opening: what was in it is unknown.
 */
bool store_was_moved(const struct store *store);
/* How many calls found the file damaged since it was opened: no second try
 * mends that, and the next opening looks at all of it. */
uint32_t store_damages(const struct store *store);
/* Notes in the store that this life ended in good order. NULL is fine. */
void store_close(struct store *store, struct wall now);

/* ---- what is remembered at the start ---- */

struct stored_lane {
    const char *job;
    /* EVER_MS: none, the job had no slots of late. Never later than `now`:
     * where a clock was wrong, as far as rows reach that begin before it, or
     * `now` where there are none. */
    struct wall cursor;
    uint64_t digest; /* of the schedule that the cursor is of; where there is
                      * none, enum off */
    uint32_t fails;
    uint32_t runs;       /* slots that were claimed; manual ones left out */
    struct wall started; /* the last run, never later than now; EVER_MS: none */
};

struct stored_run {
    const char *job;
    struct wall slot;
    bool manual, claimed; /* false: it waits */
    enum trigger trigger;
    uint32_t attempt; /* the last that may have been sent: one more than the row
                       * has, where that failed and another was to follow */
    uint32_t epoch, generation;
    uint32_t number; /* private */
};

struct stored_pause {
    const char *job, *by, *reason;
    struct wall since, until;
};

/* Why a job had no slots; the numbers are kept on disk. */
enum off {
    OFF_NOT,
    OFF_DISABLED,    /* `enabled` was false in the file */
    OFF_ENVIRONMENT, /* `only` did not list the environment */
    OFF_SETTINGS,    /* enableJobs was off */
    OFF_REMOVED,     /* the file did not have it */
    OFFS,
};

/* A time in which a job had no slots. `why` may be of a newer version. */
struct stored_off {
    struct wall since, until; /* until EVER_MS: it goes on */
    uint8_t why;
    uint32_t generation;     /* the schedule that it began with */
    const char *environment; /* of then, or "" */
};
#define STORE_OFFS_MAX 100 /* of a job, that are told */

/* A life of a worker: from its opening to the last commit, or its close. */
struct stored_life {
    const char *owner;
    struct wall began, seen;
    bool ended; /* in good order */
};

/* Of a million runs each is a few numbers: their jobs' names are there once. */
struct recall {
    struct stored_lane *lanes;
    struct stored_run *runs; /* without a verdict, oldest slot first */
    struct stored_pause *pauses;
    struct stored_life *lives; /* newest first, the own one left out */
    size_t lane_count, run_count, pause_count, life_count;
    uint32_t generation; /* the highest that was published */
    void *space;         /* private */
};
#define STORE_LIVES_MAX                                                        \
    100 /* that recall tells; older ones stay in the store */

bool store_recall(struct store *store, struct wall now, struct recall *ret,
                  struct error *reterr);
void recall_close(struct recall *recall);
/* Keeps the pauses, and the strings of all, until recall_close(). */
void recall_shrink(struct recall *recall);

/* ---- writing ---- */

enum entry_kind {
    ENTRY_LANE,    /* the job has slots: its cursor, where it has none yet, and
                    * its digest */
    ENTRY_LEAVE,   /* it has none any more, or none for another reason, `why`:
                    * its cursor goes; runs, fails and started stay */
    ENTRY_WAIT,    /* a run that waits */
    ENTRY_CLAIM,   /* a run that is about to be sent, by this owner */
    ENTRY_ATTEMPT, /* an attempt failed, by `cause`, and another follows; the
                    * run goes on, the lease too. Without a cause: what should
                    * have followed was not begun, and the rest stays */
    ENTRY_FINISH,  /* a run's verdict */
    ENTRY_PASS,    /* slots without a run: first to last, `count` of them; of
                    * two with the same first the longer one stands */
    ENTRY_PAUSE,   /* replaces the job's pause */
    ENTRY_RESUME,
    ENTRY_RENEW, /* the lease of every run of this owner; and "still alive" */
};

struct entry {
    enum entry_kind kind;
    const char *job; /* borrowed for the call, as every string here */
    struct wall at;  /* when it happened */
    /* LANE, WAIT, CLAIM, PASS: the job's cursor from now on; EVER_MS: stays */
    struct wall cursor;
    struct wall slot; /* of the run; of PASS the first */
    struct wall last; /* of PASS; of PAUSE its end */
    int64_t count;    /* of PASS */
    int64_t took_ms;  /* of FINISH */
    uint64_t digest;  /* of LANE: the schedule's; of the rest: Settings' */
    /* Of both STORE_ERROR_MAX bytes are kept; NULL is "". */
    const char *error; /* "" or a sentence: ATTEMPT, FINISH; of PAUSE, and of
                        * PASS where that was for one, the reason; of LEAVE the
                        * environment */
    const char *by;    /* of PAUSE, and likewise of PASS, and of a manual CLAIM
                        * or WAIT: who; or "" */
    uint32_t generation, attempt, epoch;
    uint32_t fails;  /* of FINISH: the job's, from now on */
    uint16_t status; /* of HTTP */
    uint8_t trigger, verdict, why, cause; /* why of LEAVE: enum off */
    bool manual, no_overlap;
};

enum entry_outcome {
    ENTRY_DONE,
    ENTRY_TAKEN,  /* CLAIM, WAIT: the slot has a run of another hand, or one
                   * that has ended; nothing was written */
    ENTRY_FENCED, /* ATTEMPT, FINISH: no row, a newer epoch has it, or it has
                   * ended otherwise */
};

/* All of it in one commit, in order. False: none of it is acknowledged (the
 * disk is full, broken, locked), the outcomes mean nothing, and the same batch
 * may be written again, even where it was durable after all: an entry knows its
 * own work by life, epoch and `at`, is done, and changes nothing. So a claim
 * that is no repetition wants another `at` or epoch.
 *
 * A CLAIM takes a row of its key that waits, or that another life left claimed
 * with a lower epoch, or whose verdict is missed or skipped; a backfill also
 * one that failed or is unknown. `epoch` of the entry is what the row has from
 * then on. Over a claim it must be greater than that one's; over another row
 * that had as much, it is raised, in the entry. A claim of a no_overlap job
 * whose job has another claimed no_overlap row of a different owner is taken,
 * too. A WAIT takes a row that has ended as a CLAIM would, and never lowers its
 * epoch. Every row carries the lease: at + STORE_LEASE_MS.
 *
 * A FINISH with a higher epoch than the row's takes it and ends it at once: a
 * run that a dead life left and that shall not be sent again. One with a lower
 * epoch ends a row of this life that waits, or, where it says skipped, one that
 * is claimed: its run was given up before that claim, whose epoch was raised,
 * had been heard of. Its own epoch is raised likewise. */
bool store_write(struct store *store, struct entry *entries, size_t count,
                 enum entry_outcome *ret_outcomes, struct error *reterr);

/* ---- plans ---- */

/* One generation that came into force, so that a row explains itself. */
struct plan_note {
    uint32_t generation;
    struct wall at;
    uint64_t settings; /* digest */
    const char *environment, *tzdata, *file;
    uint32_t jobs;
};
/* False also where `generation` is not greater than every one before: another
 * worker published meanwhile. The same one once more by the same life, with the
 * same `at`, is true. */
bool store_publish(struct store *store, const struct plan_note *plan,
                   struct error *reterr);
/* The newest; `ret`'s strings live until the next call. False: none yet. */
bool store_plan(struct store *store, struct plan_note *ret);

/* ---- leases, for housekeeping only ---- */

/* Takes or renews `name` for this owner until `now` + ttl; false where another
 * owner holds it still. */
bool store_lease(struct store *store, const char *name, struct wall now,
                 int64_t ttl_ms);

/* ---- history ---- */

struct history_query {
    const char *job;      /* NULL: all */
    struct wall from, to; /* slots, both included */
    uint32_t verdicts;    /* bits; 0: all, those that go on included */
    uint32_t limit;       /* newest slots first; at most HISTORY_ROWS_MAX */
};
#define HISTORY_ROWS_MAX 10000

/* A run, or slots that were passed over (count > 0). Strings live until the
 * visitor returns. Verdict, why, trigger and cause are ones that there is a
 * word for: what a newer version wrote, or a damaged page has, is unknown, by
 * no why and no cause, and of the schedule. */
struct history_row {
    const char *job;
    struct wall slot, last;     /* equal for a run */
    int64_t count;              /* 0: a run */
    struct wall started, ended; /* EVER_MS: not yet */
    int64_t took_ms;
    const char *error, *by;
    const char *owner; /* "" where its life is forgotten */
    uint64_t settings;
    uint32_t generation, attempt, epoch;
    uint16_t status;
    uint8_t trigger, verdict, why, cause;
    bool manual, claimed, done; /* waits: neither */
};
typedef bool history_visitor(void *data, const struct history_row *row);

/* What touches [from, to]: newest slot first, runs before passes of the same
 * slot; ends early where the visitor says false. */
bool store_history(struct store *store, const struct history_query *query,
                   history_visitor *visit, void *data, struct error *reterr);

/* The same in steps, each of which looks at HISTORY_STEP_ROWS rows or so, some
 * hundred microseconds: whoever asks for what is rare in a million of them
 * holds up nobody who writes meanwhile. No row is told twice; one that is
 * written while the walk is under way may be told or not. */
#define HISTORY_STEP_ROWS 100
enum history_step {
    HISTORY_GOES_ON,
    HISTORY_OVER,   /* nothing comes after this step */
    HISTORY_FAILED, /* neither, and there is a sentence */
};
struct history_walk;
/* The job's name is borrowed until history_free(). */
struct history_walk *history_new(const struct history_query *query);
void history_free(struct history_walk *walk); /* NULL is fine */
enum history_step history_step(struct store *store, struct history_walk *walk,
                               history_visitor *visit, void *data,
                               struct error *reterr);

/* The pause of a job, be it over by now; strings live until the next call.
 * False: it has none. */
bool store_pause_of(struct store *store, const char *job,
                    struct stored_pause *ret);
/* The times in which a job had no slots, newest first, up to `max`. Strings
 * live until the next call. */
size_t store_offs(struct store *store, const char *job, struct stored_off *ret,
                  size_t max);
/* Lives that touch [from, to], newest first, up to `max`; own one included.
 * Strings live until the next call. */
size_t store_lives(struct store *store, struct wall from, struct wall to,
                   struct stored_life *ret, size_t max);

/* ---- retention ---- */

struct retention {
    int64_t keep_ms;   /* rows that ended longer ago go */
    int64_t keep_rows; /* and the oldest of more than these */
};
/* A round from the oldest row on. Zero-initialised begins one. */
struct pruning {
    bool over;        /* nothing is left to go */
    int64_t gone;     /* rows that went in this round */
    struct wall upto; /* the newest slot of these, where there are any */
    /* private */
    bool begun;
    int stage;
    int64_t most; /* rows that may go in this stage */
    struct row_place at;
};
/* One small step of a round, in which `limit` rows go at most. False and a
 * sentence: nothing went, and the step may be tried again. Rows without a
 * verdict stay, and so does the newest row of each job. The last step takes
 * away plans and lives of that age, too, but not the newest. */
bool store_prune(struct store *store, const struct retention *retention,
                 struct wall now, uint32_t limit, struct pruning *round,
                 struct error *reterr);

#endif
