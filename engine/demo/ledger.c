/* Every call that reached the stand-in, in the order of arrival.
 *
 * A call is entered when it arrives and completed when it is answered, so a
 * call that hangs is seen while it hangs. */
#include "ledger.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

#include "patience.h"

const char *const call_field_names[CALL_FIELDS] = {
    [CALL_METHOD] = "method",   [CALL_PATH] = "path",
    [CALL_USER] = "user",       [CALL_KEY] = "idempotencyKey",
    [CALL_JOB] = "job",         [CALL_SCHEDULED] = "scheduledTime",
    [CALL_ATTEMPT] = "attempt", [CALL_TRIGGER] = "trigger",
    [CALL_EPOCH] = "epoch",     [CALL_KNOWN] = "ifNoneMatch",
    [CALL_BODY] = "body",
};

struct ledger {
    size_t capacity;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t more;
    uint64_t last; /* number of the newest call */
    bool stopped;
    struct backend_call **ring; /* call n at n % capacity */
};

struct ledger *ledger_new(size_t capacity)
{
    assert(capacity > 0);
    struct ledger *ledger = memory_new(sizeof *ledger);
    ledger->capacity = capacity;
    ledger->ring = memory_new(capacity * sizeof *ledger->ring);
    pthread_mutex_init(&ledger->lock, NULL);
    patience_init(&ledger->more);
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    for (size_t i = 0; i < ledger->capacity; i++)
        free(ledger->ring[i]);
    free(ledger->ring);
    pthread_cond_destroy(&ledger->more);
    pthread_mutex_destroy(&ledger->lock);
    free(ledger);
}

void ledger_stop(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    ledger->stopped = true;
    pthread_cond_broadcast(&ledger->more);
    pthread_mutex_unlock(&ledger->lock);
}

/* One block: the call, then its text. */
static struct backend_call *call_copy(const struct backend_call *call)
{
    size_t bytes = sizeof *call;
    for (size_t i = 0; i < CALL_FIELDS; i++)
        bytes += strlen(call->field[i]) + 1;
    struct backend_call *copy = memory_new(bytes);
    *copy = *call;
    char *at = (char *)(copy + 1);
    for (size_t i = 0; i < CALL_FIELDS; i++) {
        size_t size = strlen(call->field[i]) + 1;
        copy->field[i] = memcpy(at, call->field[i], size);
        at += size;
    }
    return copy;
}

uint64_t ledger_add(struct ledger *ledger, const struct backend_call *call)
{
    struct backend_call *copy = call_copy(call);
    pthread_mutex_lock(&ledger->lock);
    copy->seq = ++ledger->last;
    uint64_t seq = copy->seq;
    struct backend_call **place = &ledger->ring[seq % ledger->capacity];
    free(*place);
    *place = copy;
    pthread_cond_broadcast(&ledger->more);
    pthread_mutex_unlock(&ledger->lock);
    return seq;
}

void ledger_answer(struct ledger *ledger, uint64_t seq, int status,
                   int64_t took_ms)
{
    pthread_mutex_lock(&ledger->lock);
    struct backend_call *call = ledger->ring[seq % ledger->capacity];
    if (call && call->seq == seq) {
        call->status = status;
        call->took_ms = took_ms;
    }
    pthread_mutex_unlock(&ledger->lock);
}

void ledger_wait(struct ledger *ledger, uint64_t seq, uint64_t count,
                 int64_t wait_ms)
{
    struct timespec until = patience_until(wait_ms);
    pthread_mutex_lock(&ledger->lock);
    while (!ledger->stopped &&
           (ledger->last < seq || ledger->last - seq < count) &&
           pthread_cond_timedwait(&ledger->more, &ledger->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&ledger->lock);
}

uint64_t ledger_visit(struct ledger *ledger, uint64_t seq, size_t limit,
                      ledger_visitor *visit, void *data)
{
    pthread_mutex_lock(&ledger->lock);
    uint64_t last = ledger->last;
    uint64_t first = last < ledger->capacity ? 1 : last - ledger->capacity + 1;
    if (seq + 1 > first)
        first = seq + 1;
    for (uint64_t n = first; n <= last && n - first < limit; n++)
        visit(data, ledger->ring[n % ledger->capacity]);
    pthread_mutex_unlock(&ledger->lock);
    return last;
}
