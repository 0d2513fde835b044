/* The orders that an operator has given at a point, oldest first, and what was
 * said to each. */
#ifndef TESTS_CRASH_ORDERS_H
#define TESTS_CRASH_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum demand {
    DEMAND_PAUSE,
    DEMAND_RESUME,
    DEMAND_TRIGGER,
    DEMAND_BACKFILL,
    DEMAND_CANCEL
};

/* What the journal owes to whoever gave the order. */
enum answer {
    ANSWER_NONE,      /* nobody knows: all of it, or nothing */
    ANSWER_REFUSED,   /* nothing of it */
    ANSWER_UNSETTLED, /* all of it, if the worker lives long enough */
    ANSWER_DONE       /* all of it */
};

struct order {
    enum demand demand;
    const char *job;
    char by[16], reason[16]; /* no two orders have the same hand */
    int64_t from_ms, to_ms;  /* of a backfill */
    int64_t slots;           /* likewise: how many these are */
    bool again;              /* it was given once more by the newest life */
    int64_t seq; /* of the newest call that the backend had before it */
    enum answer answer;
    int64_t known_ms; /* when it was answered: no later by a worker's clock */
    int64_t said; /* with DONE, of a trigger: its slot, in milliseconds; of a
                   * backfill, a cancel and a resume: how many slots it came
                   * to. -1: nothing was said */
};
#define ORDERS_MAX 512

struct orders {
    struct order list[ORDERS_MAX];
    size_t count;
};

#endif
