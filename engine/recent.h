/* What is recent: of each job the run that goes on, the last one that ended,
 * how long the last few took, and its pause. So the status of the worker is
 * told without asking the store.
 *
 * It is fed by what the core decides, and, after a start, by what the store
 * remembers. By name, so reloads leave it alone. Each feeding costs the same,
 * however many jobs there are. */
#ifndef MOONCRON_RECENT_H
#define MOONCRON_RECENT_H

#include "mooncron/core.h"
#include "mooncron/store.h"

struct recent;

#define RECENT_TOOK     15 /* runs that the median is of */
#define RECENT_ATTEMPTS 8  /* of a run, the newest; more is a retry storm */

struct recent_run {
    struct run_key key;
    enum trigger trigger;
    uint32_t attempt;
    struct wall started, ended; /* EVER_MS: unknown, and not yet */
    int64_t took_ms; /* of what another life left nothing, verdict_of_left() */
    uint16_t status;
    uint8_t verdict, why, cause;
    bool accepted; /* its attempt was, by a 202, and it is asked for: */
    struct wall accepted_at, asked_until;
    char *error; /* or NULL */
};

/* An attempt that failed, and was followed by another. */
struct recent_attempt {
    uint32_t number;
    uint16_t status;       /* of HTTP; 0: none */
    struct wall began, at; /* at: when it had failed */
    int64_t pause_ms;      /* until the next one */
    char *error;           /* or NULL */
};

struct recent_job {
    bool goes_on; /* `going` is the run, of those that do, that began last */
    bool ran;     /* `last` is the newest run that has ended */
    bool passed;  /* `pass` is the newest slot without a run */
    bool is_left; /* `left` is the newest run that another life had claimed, and
                   * nobody has gone on with yet */
    struct recent_run going, last, left;
    struct {
        struct wall slot;
        enum verdict verdict;
        enum why why;
    } pass;
    struct run_key attempts_of;      /* the run whose these are, the newest */
    struct wall attempt_began;       /* its newest attempt */
    struct recent_attempt *attempts; /* NULL: none failed */
    uint32_t attempt_count;
    struct {
        struct wall since, until; /* until EVER_MS: there is none */
        char *by, *reason;        /* or NULL */
    } pause;
    uint32_t begun; /* runs that go on, from their first byte */
    /* private */
    struct recent_run *beside; /* those of them that `going` is not */
    uint32_t beside_cap;
    char *name;
    uint64_t hash;
    uint32_t took_ms[RECENT_TOOK];
    uint32_t took_count, took_next;
};

struct recent *recent_new(void);
void recent_free(struct recent *recent); /* NULL is fine */

/* What the core decided at `at`; `error` is the sentence of an attempt that has
 * failed, or "". */
void recent_action(struct recent *recent, const struct action *act,
                   const char *error, struct wall at);
/* Forgets jobs that `set` does not have; pauses are kept until they end. */
void recent_sweep(struct recent *recent, const struct jobset *set,
                  struct wall now);

/* What the store remembers: rows newest first, before or after anything else
 * was heard of the job; its pause before. */
void recent_row(struct recent *recent, const struct history_row *row);
/* Such a row of a run that another life left open. */
void recent_left(struct recent *recent, const struct history_row *row);
void recent_pause(struct recent *recent, const struct stored_pause *pause);

/* NULL: nothing is known. Borrowed until the next feeding. */
const struct recent_job *recent_of(const struct recent *recent,
                                   const char *name);
/* The run of this key, where it goes on; else NULL. */
const struct recent_run *recent_going(const struct recent_job *job,
                                      struct run_key key);
/* The attempt that failed, where the run that goes on rests until the next one,
 * and when that is; else NULL. */
const struct recent_attempt *recent_rest(const struct recent_job *job,
                                         struct wall *ret_again);
/* Whether the attempts that are known are of this run; `job` may be NULL. */
bool recent_attempts_are(const struct recent_job *job, struct run_key key);
/* Of a run that ends while it rests: how its last attempt failed, which is what
 * it ends with; else NULL. */
const char *recent_failure(const struct recent *recent,
                           const struct run_note *note);
/* The median of the last RECENT_TOOK runs; -1: there was none. */
int64_t recent_median_ms(const struct recent_job *job);

#endif
