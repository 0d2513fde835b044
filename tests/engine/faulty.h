/* The real store, except that its calls may be held up, may fail and are
 * counted: the linker leads the journal's calls here first. Used by both
 * threads; everything is under one lock. */
#ifndef TESTS_FAULTY_H
#define TESTS_FAULTY_H

#include "mooncron/store.h"

struct faulty {
    unsigned waits, waits_at_claim; /* written, before the last claim was */
    unsigned failures;     /* calls that are still to fail; UINT_MAX: all */
    bool held;             /* no writing goes on */
    int64_t prunes_full;   /* prunes that say there is more */
    bool passes_unwritten; /* passes are counted and go no further */
    unsigned damages;      /* as the store counts them */
    /* counted */
    unsigned tries, commits, renewals, prunes, closes;
    unsigned entries, passes;
    bool inside; /* a call is held */
};

void faulty_reset(const struct faulty *faulty);
struct faulty faulty_now(void);
void faulty_release(void);     /* lets the held call go */
void faulty_mend(void);        /* nothing fails any more */
void faulty_wait_inside(void); /* until a call is held */
void faulty_wait_renewals(unsigned renewals);
void faulty_wait_prunes(unsigned prunes);

#endif
