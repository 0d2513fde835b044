/* What a run of many simulations has found, summed up. */
#ifndef TEST_SIM_REPORT_H
#define TEST_SIM_REPORT_H

#include "sim.h"

struct found {
    uint64_t seed;
    struct breach breach;
};
#define FOUND_MAX 32

struct tally {
    uint64_t seeds, again; /* run; run a second time */
    uint64_t steps, requests, entries, lives;
    uint64_t hash;     /* of all, in any order */
    uint64_t differed; /* seeds whose second run was another */
    uint64_t breaches;
    uint64_t hits[FAULTS];
    uint64_t orders[ORDERS];
    struct found found[FOUND_MAX];
    uint32_t found_count;
};

void tally_take(struct tally *tally, const struct sim *sim);
void tally_add(struct tally *tally, const struct tally *other);
/* The table; `least` is the number of hits that each kind of fault must have,
 * else it is marked. False where one has fewer. */
bool tally_print(const struct tally *tally, int64_t days, uint64_t least,
                 double seconds);

#endif
