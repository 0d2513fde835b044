/* Faults between the journal and the store. */
#include "faulty.h"

#include <limits.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct faulty state;

void faulty_reset(const struct faulty *faulty)
{
    pthread_mutex_lock(&lock);
    state = *faulty;
    pthread_mutex_unlock(&lock);
}

struct faulty faulty_now(void)
{
    pthread_mutex_lock(&lock);
    struct faulty now = state;
    pthread_mutex_unlock(&lock);
    return now;
}

static void set(bool *flag, bool value)
{
    pthread_mutex_lock(&lock);
    *flag = value;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void faulty_release(void)
{
    set(&state.held, false);
}

void faulty_mend(void)
{
    pthread_mutex_lock(&lock);
    state.failures = 0;
    pthread_mutex_unlock(&lock);
}

void faulty_wait_inside(void)
{
    pthread_mutex_lock(&lock);
    while (!state.inside)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void wait_for(const unsigned *counter, unsigned value)
{
    pthread_mutex_lock(&lock);
    while (*counter < value)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void faulty_wait_renewals(unsigned renewals)
{
    wait_for(&state.renewals, renewals);
}

void faulty_wait_prunes(unsigned prunes)
{
    wait_for(&state.prunes, prunes);
}

/* ---- what the journal calls ---- */

/* With the lock held. True: this call fails. */
static bool fails(struct error *reterr)
{
    state.tries++;
    while (state.held) {
        state.inside = true;
        pthread_cond_broadcast(&changed);
        pthread_cond_wait(&changed, &lock);
    }
    state.inside = false;
    bool failed = state.failures > 0;
    if (failed && state.failures != UINT_MAX)
        state.failures--;
    if (failed)
        error_set(reterr, "write the store: the disk is full");
    pthread_cond_broadcast(&changed);
    return failed;
}

/* With the lock held. */
static void count(struct entry *entries, size_t number)
{
    state.commits++;
    state.entries += (unsigned)number;
    for (size_t i = 0; i < number; i++) {
        state.renewals += entries[i].kind == ENTRY_RENEW;
        state.passes += entries[i].kind == ENTRY_PASS;
        state.waits += entries[i].kind == ENTRY_WAIT;
        if (entries[i].kind == ENTRY_CLAIM)
            state.waits_at_claim = state.waits;
    }
    pthread_cond_broadcast(&changed);
}

bool __real_store_write(struct store *store, struct entry *entries,
                        size_t number, enum entry_outcome *ret_outcomes,
                        struct error *reterr);
bool __wrap_store_write(struct store *store, struct entry *entries,
                        size_t number, enum entry_outcome *ret_outcomes,
                        struct error *reterr);
bool __wrap_store_write(struct store *store, struct entry *entries,
                        size_t number, enum entry_outcome *ret_outcomes,
                        struct error *reterr)
{
    pthread_mutex_lock(&lock);
    bool failed = fails(reterr);
    if (!failed)
        count(entries, number);
    bool skip = state.passes_unwritten && entries[0].kind == ENTRY_PASS;
    pthread_mutex_unlock(&lock);
    if (failed)
        return false;
    if (!skip)
        return __real_store_write(store, entries, number, ret_outcomes, reterr);
    for (size_t i = 0; i < number; i++)
        ret_outcomes[i] = ENTRY_DONE;
    return true;
}

bool __real_store_publish(struct store *store, const struct plan_note *plan,
                          struct error *reterr);
bool __wrap_store_publish(struct store *store, const struct plan_note *plan,
                          struct error *reterr);
bool __wrap_store_publish(struct store *store, const struct plan_note *plan,
                          struct error *reterr)
{
    pthread_mutex_lock(&lock);
    bool failed = fails(reterr);
    pthread_mutex_unlock(&lock);
    return !failed && __real_store_publish(store, plan, reterr);
}

bool __wrap_store_prune(struct store *store, const struct retention *retention,
                        struct wall now, uint32_t limit, struct pruning *round,
                        struct error *reterr);
bool __wrap_store_prune(struct store *store, const struct retention *retention,
                        struct wall now, uint32_t limit, struct pruning *round,
                        struct error *reterr)
{
    (void)store, (void)retention, (void)reterr;
    pthread_mutex_lock(&lock);
    if (state.prunes_full > 0) {
        state.prunes_full--;
        round->gone += limit;
        round->upto = now;
    } else {
        round->over = true;
    }
    state.prunes++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return true;
}

void __real_store_close(struct store *store, struct wall now);
void __wrap_store_close(struct store *store, struct wall now);
void __wrap_store_close(struct store *store, struct wall now)
{
    pthread_mutex_lock(&lock);
    state.closes++;
    pthread_mutex_unlock(&lock);
    __real_store_close(store, now);
}

uint32_t __wrap_store_damages(const struct store *store);
uint32_t __wrap_store_damages(const struct store *store)
{
    (void)store;
    return faulty_now().damages;
}
