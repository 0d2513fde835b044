/* Old rows are taken away in rounds, and each round in steps: first what is too
 * old, then the oldest of what is too many, at last plans and lives.
 *
 * A step goes on where the one before ended, over rows that stay, too: those
 * without a verdict, of which there may be a million, and the newest of each
 * job. To look at a row costs a small part of what it costs to take it away,
 * and where none goes nothing is written. */
#include <stdlib.h>

#include "driver.h"
#include "mooncron/mutant.h"

#define LOOKS 5 /* rows that are looked at for each that may go */

enum { OLD, MANY };

/* How many rows there are more than `keep`; -1: broken. */
static int64_t excess(struct store *store, int64_t keep)
{
    if (store->rows < 0)
        store->rows = store->driver->count(store);
    return store->rows < 0 ? -1 : store->rows > keep ? store->rows - keep : 0;
}

/* From the oldest row on. */
static void begin(struct pruning *round, int stage, int64_t most)
{
    round->begun = true;
    round->stage = stage;
    round->most = most;
    round->at = (struct row_place){ { EVER_MS }, -1, -1 };
}

/* What a step found. */
struct prey {
    struct row_key *keys; /* room for `limit`, the most that may go */
    uint32_t count, limit;
};

/* The round as it is when the prey is gone. */
static bool look(struct store *store, const struct retention *retention,
                 struct wall before, struct pruning *round, struct prey *prey)
{
    struct old_walk walk = {
        .before = round->stage == OLD ? before : (struct wall){ NEVER_MS },
        .left = prey->limit * LOOKS,
        .most = round->most < prey->limit ? (uint32_t)round->most : prey->limit,
        .at = round->at,
    };
    enum answer answer =
        store->driver->old(store, &walk, prey->keys, &prey->count);
    if (answer == ANSWER_BROKEN)
        return false;
    if (prey->count && prey->keys[prey->count - 1].slot.ms > round->upto.ms)
        round->upto = prey->keys[prey->count - 1].slot;
    round->gone += prey->count;
    round->most -= prey->count;
    round->at = walk.at;
    if (answer == ANSWER_YES && round->most > 0)
        return true;
    int64_t many =
        round->stage == OLD ? excess(store, retention->keep_rows) : 0;
    if (many > prey->count)
        begin(round, MANY, many - prey->count);
    else
        round->over = true;
    return many >= 0;
}

static bool take_away(struct store *store, struct wall before,
                      const struct pruning *round, const struct prey *prey)
{
    if (!prey->count && !round->over)
        return true;
    if (!store_start(store))
        return false;
    bool ok = store->driver->drop(store, prey->keys, prey->count);
    if (store->rows >= 0)
        store->rows -= prey->count;
    if (ok && round->over)
        ok = store->driver->forget(store, before);
    return store_done(store, ok);
}

bool store_prune(struct store *store, const struct retention *retention,
                 struct wall now, uint32_t limit, struct pruning *round,
                 struct error *reterr)
{
    struct prey prey = { memory_new(limit * sizeof *prey.keys), 0, limit };
    struct pruning next = *round;
    struct wall before = { EVER_MS };
    if (now.ms >= EVER_MS + retention->keep_ms)
        before.ms = now.ms - retention->keep_ms / (mutant(PRUNES_YOUNG) + 1);
    if (!next.begun) {
        begin(&next, OLD, INT64_MAX);
        next.upto = (struct wall){ EVER_MS };
    }
    bool ok = look(store, retention, before, &next, &prey) &&
              take_away(store, before, &next, &prey);
    free(prey.keys);
    if (ok)
        *round = next;
    else
        *reterr = store->error;
    return ok;
}
