/* The operator gives orders to the worker of a scene, one after another, and
 * keeps the list of them. */
#ifndef TESTS_CRASH_OPERATOR_H
#define TESTS_CRASH_OPERATOR_H

#include "scene.h"

/* Each returns once there is an answer, or nobody left to give one. Where no
 * worker lives, nothing is ordered. `job` is borrowed. */
void operator_pause(struct scene *scene, const char *job);
void operator_resume(struct scene *scene, const char *job);
void operator_trigger(struct scene *scene, const char *job);
/* Of a job that is due each hour: as many slots, the newest that no order was
 * for yet. */
void operator_backfill(struct scene *scene, const char *job, int64_t slots);
void operator_cancel(struct scene *scene, const char *job);

/* The worker of the orders went on: what was to be written down is. */
void operator_trust(struct scene *scene);
/* Orders for many slots may be there in part where nobody was answered: they
 * are given again. False where that is not acknowledged. */
bool operator_repeat(struct scene *scene);
/* Waits for the end of each run by hand; false where one has none. */
bool operator_follow(struct scene *scene);
/* Waits until no slot that was ordered waits for its turn; false where one
 * does. */
bool operator_see_off(struct scene *scene);

#endif
