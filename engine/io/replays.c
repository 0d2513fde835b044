/* Ids that were heard, in a ring that is as long as it had to be. */
#include "replays.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "mooncron/secrets.h"

/* An id may be long and is the sender's to choose: its digest is neither. */
struct heard {
    char mark[16]; /* of its SHA-256 in hex; zeroes: forgotten */
    int64_t at_s;
};

struct replays {
    pthread_mutex_t lock; /* guards all below */
    struct heard *ring;
    size_t cap, first, count;
};

struct replays *replays_new(void)
{
    struct replays *replays = memory_new(sizeof *replays);
    pthread_mutex_init(&replays->lock, NULL);
    return replays;
}

void replays_free(struct replays *replays)
{
    if (!replays)
        return;
    pthread_mutex_destroy(&replays->lock);
    free(replays->ring);
    free(replays);
}

static struct heard *heard_at(struct replays *replays, size_t place)
{
    return &replays->ring[(replays->first + place) % replays->cap];
}

static void drop_first(struct replays *replays)
{
    replays->first = (replays->first + 1) % replays->cap;
    replays->count--;
}

static void drop_old(struct replays *replays, int64_t now_s)
{
    while (replays->count > 0 &&
           heard_at(replays, 0)->at_s < now_s - REPLAYS_KEPT_S)
        drop_first(replays);
}

/* Room for one more; the ring is laid out anew where it grows. */
static void make_room(struct replays *replays)
{
    if (replays->count == REPLAYS_MAX)
        drop_first(replays);
    if (replays->count < replays->cap)
        return;
    size_t cap = replays->cap ? replays->cap * 2 : 64;
    if (cap > REPLAYS_MAX)
        cap = REPLAYS_MAX;
    struct heard *ring = memory_resize(NULL, cap, sizeof *ring);
    for (size_t i = 0; i < replays->count; i++)
        ring[i] = *heard_at(replays, i);
    free(replays->ring);
    replays->ring = ring;
    replays->cap = cap;
    replays->first = 0;
}

static struct heard *find(struct replays *replays, const char *mark)
{
    for (size_t i = 0; i < replays->count; i++) {
        struct heard *heard = heard_at(replays, i);
        if (memcmp(heard->mark, mark, sizeof heard->mark) == 0)
            return heard;
    }
    return NULL;
}

bool replays_add(struct replays *replays, const char *id, int64_t now_s)
{
    char hex[65];
    secret_sha256(id, strlen(id), hex);
    pthread_mutex_lock(&replays->lock);
    drop_old(replays, now_s);
    bool fresh = find(replays, hex) == NULL;
    if (fresh) {
        make_room(replays);
        struct heard *heard = heard_at(replays, replays->count++);
        memcpy(heard->mark, hex, sizeof heard->mark);
        heard->at_s = now_s;
    }
    pthread_mutex_unlock(&replays->lock);
    return fresh;
}

void replays_forget(struct replays *replays, const char *id)
{
    char hex[65];
    secret_sha256(id, strlen(id), hex);
    pthread_mutex_lock(&replays->lock);
    struct heard *heard = find(replays, hex);
    if (heard) /* keeps its place in the order of time, and matches nothing */
        memset(heard->mark, 0, sizeof heard->mark);
    pthread_mutex_unlock(&replays->lock);
}
