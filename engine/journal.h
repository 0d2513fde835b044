/* The journal keeps the store on a thread of its own: the loop never waits for
 * a disk.
 *
 * Entries are added on the loop, and go to the thread together, once a turn of
 * the loop, or a little later where nobody waits for them; what has gathered
 * while a commit was under way is the next batch. So one commit is paid for
 * many entries, and the more there is to do the more each one carries. A batch
 * that the store does not take is written again, each second, until it is: the
 * order is kept, nothing is given up, and meanwhile the journal is not well.
 * Questions (history, pauses, lives) are answered when all that was added
 * before them is written, one after the other and in steps; what is added
 * meanwhile is written between two steps, so a claim waits for one of them at
 * most. While the store is not well questions are told so instead, so that
 * nobody waits for a disk to be mended.
 *
 * The thread also says each 20 s that this life goes on, and when there is
 * nothing else to do it takes old rows away in small steps, unless the clock is
 * in doubt.
 *
 *   loop thread   journal_add, journal_ask, the callbacks
 *   store thread  every call of the store; nothing else touches it */
#ifndef MOONCRON_JOURNAL_H
#define MOONCRON_JOURNAL_H

#include "backlog.h"
#include "histogram.h"
#include "mooncron/clock.h"
#include "mooncron/store.h"

struct uv_loop_s;
struct journal;

struct journal_events {
    /* An entry that was added with a ticket is durable, or taken, or fenced. In
     * the order of adding, but that a job whose backfill is being written down
     * waits for that, and others do not. `epoch` is the row's, of a claim that
     * is durable. */
    void (*written)(void *data, uint64_t ticket, enum entry_outcome outcome,
                    uint32_t epoch);
    /* The store has failed (`sentence` says how), or takes entries again
     * (`sentence` says what was given up, or is ""). Once for each change, and
     * in order with the tickets: the first batch that is taken, then "well". */
    void (*well)(void *data, bool well, const char *sentence);
    /* So many rows were taken away, as the retention says; slots up to `upto`.
     */
    void (*forgotten)(void *data, int64_t rows, struct wall upto);
    /* It is closed, and verdicts or claims were not written: `sentence` says
     * how many, and what becomes of them. The last that is heard of it. */
    void (*lost)(void *data, const char *sentence);
    /* The store is damaged, and stays so in this life. `writes`: it takes no
     * entries any more; else somebody read what is damaged, and entries are
     * taken as before. Each once at most, behind well() and its sentence. */
    void (*damaged)(void *data, bool writes);
};

/* Entries that wait while the store is not well: some 30 MB. Beyond it passes
 * without a ticket are given up, oldest first, and counted: they say what was
 * not done. */
#define JOURNAL_ENTRIES_MAX 100000
/* Of slots of a backfill, behind which nobody shall wait: some ms. */
#define JOURNAL_PARKED_MAX 200
/* Entries in one commit: some 10 ms of SQLite's. The first of a burst are sent
 * while the rest is written. */
#define JOURNAL_BATCH_MAX 1000
/* How long an entry without a ticket waits for others to share its commit. A
 * worker that is killed meanwhile has forgotten it: of a verdict, its run is
 * `unknown` to the next life, which goes on under the same key. */
#define JOURNAL_LINGER_MS 50
#define JOURNAL_AGAIN_MS  1000  /* between tries of a batch */
#define JOURNAL_RENEW_MS  20000 /* a third of a lease */
#define JOURNAL_PRUNE_MS                                                       \
    1000 /* between two steps where more is to go, at most                     \
          */
#define JOURNAL_SOON_MS   5000    /* where all went that was to go */
#define JOURNAL_REST_MS   60000   /* and where nothing was */
#define JOURNAL_PRUNE_MAX 200     /* rows of one step: some ms */
#define JOURNAL_NEWS_MS   3600000 /* between two words on that */

struct journal_options {
    const struct clock *clock; /* outlives the journal; read on its thread */
    struct retention retention;
    /* Those before this one, newest first; borrowed for the call. */
    const struct stored_life *lives;
    size_t life_count;
    /* 0: as above. Real time, whatever the scale of the clock is: where it runs
     * faster, renewals must, too. */
    uint32_t again_ms, linger_ms, renew_ms, prune_ms, news_ms;
};

/* Takes the store; on failure it is the caller's still, and the loop must run
 * once more. */
struct journal *journal_new(struct uv_loop_s *loop, struct store *store,
                            const struct journal_options *options,
                            const struct journal_events *events, void *data,
                            struct error *reterr);

/* Strings are copied. `ticket` 0: nobody is told. */
void journal_add(struct journal *journal, const struct entry *entry,
                 uint64_t ticket);
/* Is written before the entries of its turn. Where another plan of the same or
 * a later generation is there already, it is left at that. */
void journal_publish(struct journal *journal, const struct plan_note *plan);
bool journal_is_well(const struct journal *journal);

/* What its thread has done since it began. */
struct journal_counts {
    uint64_t entries;  /* that are durable */
    uint64_t failures; /* writes that the store did not take */
    uint64_t waiting;  /* entries, now, that the thread has not taken over */
    struct histogram commits; /* how long they took */
};
extern const struct histogram_scale journal_scale;
void journal_counts(struct journal *journal, struct journal_counts *ret);

/* ---- questions ---- */

/* `ask` runs on the store's thread, reads the store and keeps in `question`
 * what it finds, a few milliseconds' worth at most: until it has all it is
 * called again, and what was added meanwhile is written first. `told` runs on
 * the loop, always, and once: `failure` is NULL, or why there is no answer,
 * which may come after some steps, too. */
void journal_ask(struct journal *journal,
                 enum question_step (*ask)(struct store *store, struct wall now,
                                           void *question,
                                           struct error *reterr),
                 void (*told)(void *question, const char *failure),
                 void *question);

/* What was added is still written, for at most `drain_ms`, and not where the
 * store is damaged, though it is tried once, and a call of the store that is
 * under way is waited for; then the store is closed and `closed` called, on the
 * loop. Tickets of what was not written are not heard of again; unanswered
 * questions are told a failure first. Nothing may be added from now on. */
void journal_close(struct journal *journal, uint32_t drain_ms,
                   void (*closed)(void *data), void *data);

#endif
