/* Kills at random: lives in a row, each ended where chance wants it. */
#ifndef TESTS_CRASH_KILLS_H
#define TESTS_CRASH_KILLS_H

#include "cells.h"

#define KILLS_SECTION 100 /* lives between two looks */

/* So many lives, each killed at a call of its own; then one that is not. What
 * is chosen comes from the seed; see cell_add(). */
void kills_play(struct scene *scene, struct cell *cells, uint64_t seed,
                uint64_t lives, const char *title);

#endif
