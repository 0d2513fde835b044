/* The checker watches the actions of a core and fails the test at the first
 * that breaks a promise. */
#ifndef TEST_CORE_CHECKER_H
#define TEST_CORE_CHECKER_H

#include "map.h"
#include "mooncron/core.h"

struct going {
    uint64_t id;
    const char *name; /* borrowed of the job: the set lives until RETIRE */
    struct wall slot;
    uint32_t generation, number;
};

/* Zero-initialised is ready. */
struct checker {
    uint32_t starts, finishes, passes;
    int64_t passed_slots;
    /* private */
    struct map fired;  /* name and slot */
    struct map passed; /* likewise */
    struct map ids;    /* id to number, from 1 */
    struct map places; /* id to place in `going`, from 1 */
    struct map lanes;  /* name to runs going */
    struct map asked;  /* asker to 1 asked, 2 answered */
    struct map gone;   /* generations that were retired */
    struct going *going;
    size_t count, cap;
    const struct jobset *set; /* in force, by the actions seen so far */
    uint32_t generation;      /* its */
    size_t open_asks;
};

void checker_ask(struct checker *checker, uint64_t asker);
void checker_see(struct checker *checker, const struct core *core,
                 const struct action *act);
/* Whether the slot was fired, or got a verdict without a run. */
bool checker_told(struct checker *checker, const char *name, int64_t slot_ms);
/* Which run in the order of starts; 0: never started. */
uint32_t checker_number(struct checker *checker, struct run_id run);
struct run_id checker_run(const struct checker *checker, uint32_t number);
void checker_close(struct checker *checker);

#endif
