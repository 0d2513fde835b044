/* The backlog is what waits for the store: plans, entries and questions, with
 * copies of all their strings. It is emptied as a whole and keeps its space, so
 * that in the long run nothing is allocated for an entry. It knows no thread.
 */
#ifndef MOONCRON_BACKLOG_H
#define MOONCRON_BACKLOG_H

#include "mooncron/memory.h"
#include "mooncron/store.h"

/* How far a question is, after each step. */
enum question_step {
    QUESTION_GOES_ON,
    QUESTION_ANSWERED,
    QUESTION_FAILED, /* and there is a sentence */
};

/* What somebody wants to know of the store. */
struct question {
    struct question *next;
    enum question_step (*ask)(struct store *store, struct wall now,
                              void *question, struct error *reterr);
    void (*told)(void *question, const char *failure);
    void *question;
    bool failed;
    struct error failure;
};

/* First come, first answered. Zero-initialised is empty. */
struct questions {
    struct question *first, *last;
};
void questions_push(struct questions *list, struct question *question);
/* All of `more`, which is empty then. */
void questions_join(struct questions *list, struct questions *more);
struct question *questions_pop(struct questions *list); /* NULL: none */

/* Embedded; zero-initialised is empty. */
struct backlog {
    struct entry *entries;
    uint64_t *tickets; /* one for each entry */
    size_t count;
    struct plan_note *plans;
    size_t plan_count;
    struct questions questions;
    /* private */
    size_t cap, plan_cap;
    size_t thin_at; /* entries that are worth another search for passes */
    struct arena text;
};

/* Strings are copied, NULL stays NULL. */
void backlog_add(struct backlog *backlog, const struct entry *entry,
                 uint64_t ticket);
void backlog_publish(struct backlog *backlog, const struct plan_note *plan);
bool backlog_is_empty(const struct backlog *backlog);

/* Where there are `max` entries or more: leaves out the oldest passes that have
 * no ticket, an eighth of them all or what there is; how many. So the work of
 * it is shared by many entries. */
size_t backlog_thin(struct backlog *backlog, size_t max);

/* What may be written after the rest: slots of a backfill, which come by the
 * ten thousand, and whatever is added of their jobs behind them, so that the
 * entries of a job keep their order. Zero-initialised is empty. */
#define PARKED_JOBS_MAX 16 /* of more nothing is parked */
struct parked {
    struct backlog backlog;
    size_t at; /* the first entry that is still to be written */
    /* private */
    const char *jobs[PARKED_JOBS_MAX];
    size_t job_count;
};
/* Takes them out of `backlog`. */
void parked_take(struct parked *parked, struct backlog *backlog);
size_t parked_count(const struct parked *parked);      /* still to be written */
void parked_done(struct parked *parked, size_t count); /* were written */

/* Forgets all but the questions, which must have been popped. */
void backlog_clear(struct backlog *backlog);
void backlog_close(struct backlog *backlog); /* likewise */

#endif
