/* The lives of a worker: it is killed or ends, and is started again.
 *
 * Each life begins at a moment of our choice and runs sixty times as fast, so
 * that hours lie between two lives and minutes in one. */
#ifndef TESTS_E2E_LIVES_H
#define TESTS_E2E_LIVES_H

#include "mooncron/civil.h"

#include "world.h"

struct wall instant(const char *text);
struct wall seconds_after(struct wall at, int64_t seconds);

/* Starts a worker, and waits for nothing. `more` is one more variable, or NULL.
 */
void life_spawn(struct world *world, struct wall start, const char *more);
/* The same, and waits until it listens. */
void life_begin(struct world *world, struct wall start, const char *more);
void life_is_cut(struct world *world);
void life_ends(struct world *world);

void expect_says(struct world *world, const char *needle);
/* What `mooncron why plain` says of this instant. */
void expect_why(const struct world *world, const char *at, const char *needle);

/* ---- a schedule ---- */

/* `tick` comes each five seconds, `digest` and `plain` each hour. */
extern const char outage[];
/* A claim was written after what the schedule begins with, and so that is
 * durable, too. */
void await_ticks(const struct world *world, int count);

/* ---- calls ---- */

/* The next call of `job` after `*seq`, which moves to it. */
json_t *next_call(const struct world *world, int64_t *seq, const char *job);
unsigned calls_of(const struct world *world, int64_t seq, const char *job);
const char *text_of(const json_t *call, const char *field);
struct wall slot_of(const json_t *call);
void expect_field(const json_t *call, const char *field, const char *wanted);
/* Its key is "<job>/<slot>". */
void expect_key(const json_t *call, const char *job, struct wall slot);

/* ---- the journal ---- */

/* What the journal of a worker that has ended says of a job. */
void expect_journal(const struct world *world, const char *job,
                    const char *wanted);

#endif
