/* The journal keeps the store on a thread of its own: the loop never waits for
 * a disk.
 *
 * Entries are added on the loop, and go to the thread together, once a turn of
 * the loop; what has gathered while a commit was under way is the next batch.
 * So one commit is paid for many entries, and the more there is to do the more
 * each one carries. A batch that the store does not take is written again, each
 * second, until it is: the order is kept, nothing is given up, and meanwhile
 * the journal is not well. Questions (history, pauses, lives) wait in the same
 * line, behind what was added before them.
 *
 *   loop thread   journal_add, journal_ask, the callbacks
 *   store thread  every call of the store; nothing else touches it */
#ifndef MOONCRON_JOURNAL_H
#define MOONCRON_JOURNAL_H

#include "mooncron/clock.h"
#include "mooncron/store.h"

struct uv_loop_s;
struct journal;

struct journal_events {
    /* An entry that was added with a ticket is durable, or taken, or fenced. In
     * the order of adding. */
    void (*written)(void *data, uint64_t ticket, enum entry_outcome outcome);
    /* The store has failed (`sentence` says how), or takes entries again. Said
     * once for each change. */
    void (*well)(void *data, bool well, const char *sentence);
};

/* Entries that wait while the store is not well: some 30 MB. Beyond it passes
 * are given up, oldest first, and counted: they say what was not done. */
#define JOURNAL_ENTRIES_MAX 100000
#define JOURNAL_AGAIN_MS    1000 /* between tries of a batch */

/* Takes the store. `clock` is read on the store's thread only for the times
 * that retention and renewals need; both outlive the journal. */
struct journal *journal_new(struct uv_loop_s *loop, struct store *store,
                            const struct clock *clock,
                            const struct retention *retention,
                            const struct journal_events *events, void *data,
                            struct error *reterr);

/* Strings are copied. `ticket` 0: nobody is told. */
void journal_add(struct journal *journal, const struct entry *entry,
                 uint64_t ticket);
void journal_publish(struct journal *journal, const struct plan_note *plan);
bool journal_is_well(const struct journal *journal);

/* ---- questions ---- */

/* The answer of a question, freed after `told` returns. */
struct journal_answer {
    const char *failure; /* NULL, or why there is none */
    void *result;        /* what `ask` made, for `told` to free */
};
/* `ask` runs on the store's thread and reads the store; `told` on the loop. */
void journal_ask(struct journal *journal,
                 void *(*ask)(struct store *store, struct wall now,
                              void *question, struct error *reterr),
                 void (*told)(void *question,
                              const struct journal_answer *answer),
                 void *question);

/* What was added is still written, for at most `drain_ms`; then the store is
 * closed and `closed` called. Unanswered questions are told a failure first. */
void journal_close(struct journal *journal, uint32_t drain_ms,
                   void (*closed)(void *data), void *data);

#endif
