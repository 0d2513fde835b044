/* What the checker looks at: the rows of the journal, what was durable when,
 * and the ledger of the backend; nothing of the core. */
#ifndef TEST_SIM_CHECK_H
#define TEST_SIM_CHECK_H

#include "sim.h"

/* A row of the journal, without strings; of those that were taken away, too. */
struct row {
    struct wall slot, last, started;
    int64_t count;
    enum trigger trigger;
    enum verdict verdict;
    enum why why;
    uint32_t epoch, attempt;
    bool manual, done, gone;
};

struct rows {
    struct row *runs, *manual, *passes; /* by slot */
    uint32_t run_count, manual_count, pass_count;
    uint32_t run_cap, manual_cap, pass_cap;
};

/* An entry that was durable, and since when. */
struct fact {
    const struct note *note;
    const struct commit *commit;
};

/* What belongs to one key of a job: sorted. */
struct facts_of_job {
    struct fact *claims, *finishes, *waits, *passes; /* by key, by time */
    uint32_t claim_count, finish_count, wait_count, pass_count;
    uint32_t claim_cap, finish_cap, wait_cap, pass_cap;
};

struct check {
    struct sim *sim;
    int64_t fresh_ms;     /* nothing of before is in the store */
    uint32_t fresh_first; /* the first commit behind that */
    struct rows rows[SIM_JOBS];
    struct facts_of_job facts[SIM_JOBS];
    struct fact *lost;
    uint32_t lost_count, lost_cap;
    const struct commit **commits; /* since then; not those that only renew */
    uint32_t commit_count;
    const struct request **calls; /* since then; by key, in order */
    uint32_t call_count;
};

/* Whether what a life wrote of this slot was lost; 0: any life. */
bool check_lost(const struct check *check, uint32_t job, int64_t slot_ms,
                uint32_t life);
/* Whether the clock was set between two moments, both included. */
bool check_moved(const struct check *check, int64_t from_ms, int64_t to_ms);
/* How far the clock had come before it was set back, by a moment. */
int64_t check_reached_ms(const struct check *check, int64_t at_ms);
/* Whether the clock showed an instant, or came to it late, but not so late that
 * its slots would be, between two moments. */
bool check_showed(const struct check *check, struct wall at, int64_t from_ms,
                  int64_t to_ms);
/* How much of (from, to] the machine slept. */
int64_t check_slept_ms(const struct check *check, int64_t from_ms,
                       int64_t to_ms);
/* Whether the row of a key was taken away between two moments. */
bool check_gone(const struct check *check, uint32_t job, struct run_key key,
                int64_t from_ms, int64_t to_ms);
/* The first claim of a key, of all lives; NULL: there is none. With `epoch` 0,
 * of any. */
const struct fact *check_claim(const struct check *check, uint32_t job,
                               struct run_key key, uint32_t epoch);
/* The first time that just these slots were passed over. */
const struct fact *check_pass(const struct check *check, uint32_t job,
                              const struct row *pass);
/* What a plan was loaded with. */
const struct jobset *check_set(const struct check *check,
                               const struct plan_note *plan);
const struct plan_note *check_plan(const struct check *check,
                                   uint32_t generation);
/* The declaration of a job in that generation; NULL: it is not known. */
const struct job *check_job(const struct check *check, uint32_t generation,
                            uint32_t job);
/* Of facts that are sorted the place of the first that is not before `key`. */
uint32_t check_place(const struct fact *facts, uint32_t count,
                     struct run_key key);
int check_by_key(const struct run_key *a, const struct run_key *b);

void check_slots(struct check *check);   /* check_slots.c */
void check_calls(struct check *check);   /* check_calls.c */
void check_claims(struct check *check);  /* check_claims.c */
void check_leases(struct check *check);  /* check_leases.c */
void check_reloads(struct check *check); /* check_reloads.c */

#endif
