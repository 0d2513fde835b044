/* What the journal is made of. Shared by journal.c, which runs on the loop, and
 * keeper.c, which is the store's thread.
 *
 * Two backlogs: the loop fills one, the thread writes the other; the thread
 * swaps them under the lock whenever it has done with its own. What comes of it
 * is tidings, in two lists that the loop swaps likewise: tickets, answers, and
 * whether the store is well, in the order in which they came to be.
 *
 *   loop     add, add, add, turn: signal      bell: swap the tidings, tell them
 *   thread   swap, write 1000, post, write 1000, post; 200 of what is parked; a
 *            step of the question that was asked first, post where it was the
 *            last; again
 *
 * What nobody waits for (a verdict, a pass) is no reason to write: it lingers
 * until something else is, or for JOURNAL_LINGER_MS. So in a burst the verdicts
 * of the first calls do not take the processor from the last ones, and they
 * share a commit.
 *
 * A batch fails: that is posted, once; whoever has asked is told why; the same
 * batch is written again each second, and when it is taken its tickets are
 * posted, and that the store is well. Where it failed because the file is
 * damaged that is posted, too: nobody need wait for it then. Closing: what
 * waits is written, or the time for it is up; what was asked has one step more,
 * or is told a failure; the store is closed; the last ring of the bell lets the
 * loop join the thread.
 */
#ifndef MOONCRON_JOURNAL_PARTS_H
#define MOONCRON_JOURNAL_PARTS_H

#include <pthread.h>

#include <uv.h>

#include "backlog.h"
#include "doubt.h"
#include "journal.h"

enum tiding_kind {
    TIDING_WRITTEN,
    TIDING_ILL,
    TIDING_WELL,
    TIDING_ANSWER,
    TIDING_FORGOTTEN,
    TIDING_DAMAGED,
};

struct tiding {
    enum tiding_kind kind;
    enum entry_outcome outcome;
    uint32_t epoch;   /* of the row, after a claim */
    struct wall upto; /* the newest slot of the rows that are forgotten */
    union {
        uint64_t ticket;
        int64_t rows;   /* that are forgotten */
        char *sentence; /* owned */
        struct question *question;
        bool writes; /* it is damaged for these, too */
    };
};

/* Grows to what a burst needs and stays so. */
struct tidings {
    struct tiding *list;
    size_t count, cap;
};

struct journal {
    /* set once */
    pthread_t thread;
    struct journal_events on;
    void *data;
    const struct clock *clock;
    struct retention retention;
    uint32_t again_ms, linger_ms, renew_ms, prune_ms, news_ms;

    /* the loop's */
    uv_async_t bell;
    uv_prepare_t turn;
    unsigned handles;  /* open ones */
    bool hurried;      /* in this turn: what waits shall go sooner */
    bool well;         /* as it was told */
    uint64_t given_up; /* passes, since that was told */
    struct tidings telling;
    void (*closed)(void *data);
    void *closed_data;

    /* the thread's */
    struct store *store;
    struct backlog writing;
    size_t written; /* of it, when the time was up */
    struct parked parked;
    struct questions asked; /* the first of them is being answered */
    bool ill;
    bool damaged;     /* so that it takes nothing any more */
    uint32_t damages; /* of the store, that are told */
    int64_t renew_at_ms, prune_at_ms, news_at_ms;
    struct pruning round;
    struct doubt doubt;
    struct tiding forgotten; /* since that was told */
    enum entry_outcome outcomes[JOURNAL_BATCH_MAX];

    /* shared, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct backlog waiting;
    int64_t flush_at_ms; /* when it must be taken over; NEVER_MS: it is empty */
    struct tidings tidings;
    struct journal_counts counts;
    bool closing, ended;
    int64_t close_at_ms; /* when the time for what waits is up */
};

/* keeper.c: the store's thread, from its beginning to its end. */
void *keeper_run(void *journal);
/* The clock that waits are measured by: the system's, since it starts. */
int64_t keeper_now_ms(void);

#endif
