/* A desk: a loop with a journal, the store of which is faulty.h's, and what it
 * was told. Tickets come in order, and nothing comes after the end. */
#ifndef TESTS_ENGINE_DESK_H
#define TESTS_ENGINE_DESK_H

#include <pthread.h>

#include <uv.h>

#include "faulty.h"
#include "journal.h"

#define LONG_MS  600000 /* a time that must not come to its end */
#define START_MS INT64_C(1767225600000) /* when it is opened, by its clock */

struct desk {
    uv_loop_t loop;
    struct clock clock;
    struct mono began;
    struct journal *journal;
    uint64_t next_ticket; /* to be added */
    uint64_t told;        /* tickets, each one more than the one before */
    enum entry_outcome outcomes[8]; /* of the first */
    unsigned ills, wells;
    unsigned damages[2]; /* that a reader found, and that a write did */
    uint64_t told_when_well;
    char ill[200], well[200]; /* what was said when it last became so */
    unsigned answers;
    unsigned news; /* of rows that are forgotten */
    int64_t forgotten;
    char lost[500];
    bool closed;
};

/* What `options` leaves open has no end. */
void desk_open(struct desk *desk, struct journal_options options,
               const struct faulty *faulty);
/* Its time goes `scale` times as fast. */
void desk_open_at(struct desk *desk, double scale,
                  struct journal_options options, const struct faulty *faulty);
/* Whatever waits is written. */
void desk_close(struct desk *desk);
/* For journal_close(), and then: the loop ends by itself, no handle is left. */
void desk_on_closed(void *data);
void desk_shut(struct desk *desk);

/* Gives what was added to the thread. */
void desk_turn(struct desk *desk);
/* Each turns the loop until so many were told. */
void desk_await_told(struct desk *desk, uint64_t ticket);
void desk_await_ill(struct desk *desk);
void desk_await_wells(struct desk *desk, unsigned wells);
void desk_await_answers(struct desk *desk, unsigned answers);

/* ---- entries of a job, slots in seconds ---- */

struct entry entry_of(enum entry_kind kind, int64_t slot);
/* With the next ticket. */
void desk_add(struct desk *desk, enum entry_kind kind, int64_t slot);
void desk_add_claims(struct desk *desk, unsigned count);
/* Slots of another job, without a ticket. */
void desk_add_backfill(struct desk *desk, unsigned count);
/* A commit of one entry is under way, and is held: what is added from now on is
 * taken over together. */
void desk_begin_commit(struct desk *desk);

/* ---- questions ---- */

struct asked {
    struct desk *desk;
    pthread_t loop_thread;
    unsigned rows;   /* that there must be at least */
    unsigned seen;   /* that there were */
    unsigned number; /* which of the answers this one is */
    bool fails;
    char failure[200];
};

/* How many rows are there? At least as many as tickets were given out. */
void desk_ask(struct desk *desk, struct asked *asked, unsigned number);
unsigned rows_of(struct store *store);
/* For journal_ask(), of a question that begins with a struct asked. */
void told_rows(void *question, const char *failure);

#endif
