/* A token bucket for each peer, in a table that does not grow: whoever was
 * silent longest gives way, since his bucket has filled up most. */
#include "rate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

struct bucket {
    char peer[56]; /* a network in text */
    double tokens; /* below zero after a failure: that many must come first */
    int64_t at_ms; /* when `tokens` was right */
};

struct rates {
    pthread_mutex_t lock; /* guards all below */
    size_t count;
    struct bucket buckets[RATE_PEERS];
};

struct rates *rates_new(void)
{
    struct rates *rates = memory_new(sizeof *rates);
    pthread_mutex_init(&rates->lock, NULL);
    return rates;
}

void rates_free(struct rates *rates)
{
    if (!rates)
        return;
    pthread_mutex_destroy(&rates->lock);
    free(rates);
}

static struct bucket *find(struct rates *rates, const char *peer)
{
    for (size_t i = 0; i < rates->count; i++)
        if (strcmp(rates->buckets[i].peer, peer) == 0)
            return &rates->buckets[i];
    return NULL;
}

/* A bucket that is free, or that of the peer who was silent longest. */
static struct bucket *claim(struct rates *rates, const char *peer,
                            int64_t now_ms)
{
    struct bucket *bucket = &rates->buckets[0];
    if (rates->count < RATE_PEERS) {
        bucket = &rates->buckets[rates->count++];
    } else {
        for (size_t i = 1; i < RATE_PEERS; i++)
            if (rates->buckets[i].at_ms < bucket->at_ms)
                bucket = &rates->buckets[i];
    }
    snprintf(bucket->peer, sizeof bucket->peer, "%s", peer);
    bucket->tokens = RATE_BURST;
    bucket->at_ms = now_ms;
    return bucket;
}

static void fill(struct bucket *bucket, int64_t now_ms)
{
    if (now_ms > bucket->at_ms)
        bucket->tokens +=
            (double)(now_ms - bucket->at_ms) * RATE_PER_S / 1000.0;
    if (bucket->tokens > RATE_BURST)
        bucket->tokens = RATE_BURST;
    bucket->at_ms = now_ms;
}

bool rates_take(struct rates *rates, const char *peer, int64_t now_ms,
                unsigned *ret_wait_s)
{
    pthread_mutex_lock(&rates->lock);
    struct bucket *bucket = find(rates, peer);
    if (!bucket)
        bucket = claim(rates, peer, now_ms);
    fill(bucket, now_ms);
    bool good = bucket->tokens >= 1;
    if (good)
        bucket->tokens -= 1;
    else
        *ret_wait_s = 1 + (unsigned)((1 - bucket->tokens) / RATE_PER_S);
    pthread_mutex_unlock(&rates->lock);
    return good;
}

void rates_punish(struct rates *rates, const char *peer)
{
    pthread_mutex_lock(&rates->lock);
    struct bucket *bucket = find(rates, peer);
    if (bucket)
        bucket->tokens -= RATE_FAILURE - 1; /* one was taken before */
    pthread_mutex_unlock(&rates->lock);
}
