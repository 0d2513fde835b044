/* An operator, who gives commands to a running worker. */
#ifndef TESTS_E2E_OPERATOR_H
#define TESTS_E2E_OPERATOR_H

#include "world.h"

/* `rank` comes each half second of the test's clock, `rare` never meanwhile. */
extern const char schedule[];
void open_world(struct world *world);

/* By a slow clock: nothing else is written meanwhile, and nothing is made up
 * for ten seconds. There is `rare` alone. */
extern const struct worker_options slow;
void open_slow(struct world *world);

/* The worker ends, and another takes its place. */
void restart(struct world *world);
/* The worker is killed, and another takes its place. */
void killed(struct world *world, const struct worker_options *options);

#define SAY(world, code, wanted, ...)                                          \
    world_says(world, code, wanted, (const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT(world, code, wanted, ...)                                       \
    free(SAY(world, code, wanted, __VA_ARGS__))

#endif
