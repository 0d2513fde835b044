/* Lanes are processes that take points from one list, each with a backend of
 * its own. */
#ifndef TESTS_CRASH_LANES_H
#define TESTS_CRASH_LANES_H

#include "cells.h"

#define LANES_MAX 16
#define TITLE_MAX 96 /* of what plays a point again */

struct options {
    uint64_t points; /* of each cell at most; 0: all */
    uint64_t kills, seed, at;
    unsigned lanes;
    const char *play, *fault; /* NULL: all */
};

/* Shared by all lanes. */
struct state {
    struct cell cells[CELLS + 1];
    _Atomic uint64_t next; /* of the list */
    char doing[LANES_MAX][TITLE_MAX];
};

bool lanes_want(const struct options *options, size_t cell);

/* Each returns when its list is done; false where a lane did not come to its
 * end. The calls of all cells that are wanted are counted, … */
bool lanes_count(struct state *state, const struct options *options);
/* … and as many of them played as the cells say. */
bool lanes_play(struct state *state, const struct options *options);

#endif
