/* Errands are the runs that a script host was handed, and whose word it is on
 * each. Few, so a search is cheap. */
#ifndef MOONCRON_ERRANDS_H
#define MOONCRON_ERRANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/core.h"

struct errand {
    struct run_note note; /* its job lives as long as the run */
    uint32_t requests;    /* that it has made */
    bool owes;            /* the next word on it is the host's */
    uint64_t since;       /* its turn, while it owes: the oldest is at work */
    bool cancelled;       /* nobody waits for it any more */
};

/* Embedded; zero-initialised is empty. */
struct errands {
    struct errand *list;
    uint32_t count;
    uint32_t owed; /* so many of them owe */
    /* private */
    uint32_t cap;
    uint64_t turns;
};

void errands_close(struct errands *errands);

/* The pointers below are good until the next errand is added or removed. NULL:
 * the host was handed no such run, or it is over. */
struct errand *errands_find(const struct errands *errands, uint64_t run);
/* The same of those that somebody waits for. */
struct errand *errands_live(const struct errands *errands, uint64_t run);

/* It owes from the start. */
void errands_add(struct errands *errands, const struct run_note *note);
void errands_remove(struct errands *errands, struct errand *errand);
/* Whose the next word is. */
void errands_turn(struct errands *errands, struct errand *errand, bool owes);

/* The run that the host is at work on: of those that it owes a word, the one
 * that has waited longest; 0: none. */
uint64_t errands_at_work(const struct errands *errands);

#endif
