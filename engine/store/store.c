/* A store is opened, numbers its life, writes in transactions and is closed:
 * what every driver does the same way. */
#include <stdio.h>
#include <string.h>

#include "driver.h"

void store_begin(struct store *store, const struct store_driver *driver,
                 const char *owner, uint32_t last, struct wall now)
{
    store->driver = driver;
    store->life = last + 1;
    store->began = store->seen = now;
    store->rows = -1;
    snprintf(store->owner, sizeof store->owner, "%s", owner);
}

bool store_start(struct store *store)
{
    store->jobs_before = store->jobs.count;
    store->rows_before = store->rows;
    return store->driver->begin(store);
}

/* Each commit says that its life was there until now: a life that was cut off
 * is told by its last one. */
static bool put_life(struct store *store, bool ended)
{
    const struct life life = { .id = store->life,
                               .told = { .owner = store->owner,
                                         .began = store->began,
                                         .seen = store->seen,
                                         .ended = ended } };
    return store->driver->life(store, &life);
}

bool store_done(struct store *store, bool ok)
{
    if (ok && put_life(store, false) && store->driver->commit(store))
        return true;
    store->driver->rollback(store);
    names_cut(&store->jobs, store->jobs_before);
    store->rows = store->rows_before;
    return false;
}

/* By the clock as it is now: where it was a year ahead and was put right, the
 * life was not there for that year. */
void store_seen(struct store *store, struct wall at)
{
    if (store->began.ms == EVER_MS || at.ms < store->began.ms)
        store->began = at;
    store->seen = at;
}

bool store_was_moved(const struct store *store)
{
    return store->moved;
}

uint32_t store_damages(const struct store *store)
{
    return store->damages;
}

void store_close(struct store *store, struct wall now)
{
    if (!store)
        return;
    store_seen(store, now);
    if (store->driver->begin(store) &&
        !(put_life(store, true) && store->driver->commit(store)))
        store->driver->rollback(store);
    names_close(&store->jobs);
    arena_close(&store->told);
    store->driver->close(store);
}

bool store_next_life(struct store *store, const char *owner, struct wall now,
                     struct error *reterr)
{
    store_begin(store, store->driver, owner, store->life, now);
    if (store_start(store) && store_done(store, true))
        return true;
    *reterr = store->error;
    return false;
}

/* ---- plans ---- */

/* A plan that this life published already: its commit was not heard of. */
static bool is_again(const struct store *store, const struct plan_note *plan,
                     const struct plan_note *last, uint32_t life)
{
    return life == store->life && last->generation == plan->generation &&
           last->at.ms == plan->at.ms;
}

/* ANSWER_NO: nothing is to be written, it is there. */
static enum answer may_publish(struct store *store,
                               const struct plan_note *plan)
{
    struct plan_note last;
    uint32_t life;
    arena_close(&store->told);
    enum answer there = store->driver->plan_last(store, &last, &life);
    if (there != ANSWER_YES)
        return there == ANSWER_NO ? ANSWER_YES : ANSWER_BROKEN;
    if (is_again(store, plan, &last, life))
        return ANSWER_NO;
    if (plan->generation > last.generation)
        return ANSWER_YES;
    error_set(&store->error,
              "generation %u is not newer than %u, which is published already",
              plan->generation, last.generation);
    return ANSWER_BROKEN;
}

bool store_publish(struct store *store, const struct plan_note *plan,
                   struct error *reterr)
{
    store_seen(store, plan->at);
    if (store_start(store)) {
        enum answer may = may_publish(store, plan);
        bool ok = may == ANSWER_NO ||
                  (may == ANSWER_YES && store->driver->plan(store, plan));
        if (store_done(store, ok))
            return true;
    }
    *reterr = store->error;
    return false;
}

bool store_plan(struct store *store, struct plan_note *ret)
{
    uint32_t life;
    struct plan_note last;
    arena_close(&store->told);
    if (store->driver->plan_last(store, &last, &life) != ANSWER_YES)
        return false;
    *ret = last;
    return true;
}

/* ---- leases ---- */

bool store_lease(struct store *store, const char *name, struct wall now,
                 int64_t ttl_ms)
{
    if (!store_start(store))
        return false;
    store_seen(store, now);
    struct lease lease = { 0 };
    enum answer there = store->driver->lease_get(store, name, &lease);
    bool ok = there != ANSWER_BROKEN;
    if (there == ANSWER_YES && lease.life != store->life &&
        lease.until.ms > now.ms)
        ok = false;
    if (lease.life != store->life)
        lease.epoch++;
    lease.life = store->life;
    lease.until.ms = now.ms + ttl_ms;
    return store_done(store,
                      ok && store->driver->lease_put(store, name, &lease));
}
