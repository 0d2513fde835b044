/* A point is one call of a cell: the play comes to it, and the fault is there.
 */
#ifndef TESTS_CRASH_POINT_H
#define TESTS_CRASH_POINT_H

#include "cells.h"

/* Plays the cell without its fault, to count the calls it can come to; see
 * cell_add(). */
void point_count(struct scene *scene, struct cell *cells, size_t number,
                 const char *title);
/* Plays it with the fault at its call `at`. */
void point_play(struct scene *scene, struct cell *cells, size_t number,
                uint64_t at, const char *title);

#endif
