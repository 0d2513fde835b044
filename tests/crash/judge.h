/* The judge says what is wrong with a worker that has met with its fault, and
 * with what it has left. */
#ifndef TESTS_CRASH_JUDGE_H
#define TESTS_CRASH_JUDGE_H

#include "cells.h"

/* Of one that has ended. */
void judge_end(struct scene *scene, const struct fault *fault,
               struct findings *findings);
/* Of one that goes on: it has to get well by itself, and is stopped. */
void judge_rest(struct scene *scene, struct findings *findings);
/* Another life, from its start to its end. */
void judge_next_life(struct scene *scene, struct findings *findings);
/* Ledger and journal, once the last life is over. */
void judge_books(struct scene *scene, struct findings *findings);

#endif
