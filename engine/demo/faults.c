/* Faults on demand: how the stand-in misbehaves, where, and how often. */
#include "faults.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

#include "patience.h"

const char *const fault_names[FAULT_KINDS] = {
    [FAULT_NONE] = "none",
    [FAULT_SLOW] = "slow",
    [FAULT_HANG] = "hang",
    [FAULT_500] = "500",
    [FAULT_503] = "503",
    [FAULT_401] = "401",
    [FAULT_403] = "403",
    [FAULT_404] = "404",
    [FAULT_DROP] = "drop",
    [FAULT_HTML] = "html",
    [FAULT_WRONG_JSON] = "wrong-json",
    [FAULT_HUGE] = "huge",
    [FAULT_REDIRECT] = "redirect",
    [FAULT_BODY] = "body",
};

struct faults {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    uint64_t calm; /* how often FAULT_NONE was set */
    bool stopped;
    size_t count;
    struct fault items[FAULTS_MAX];
};

struct faults *faults_new(void)
{
    struct faults *faults = memory_new(sizeof *faults);
    pthread_mutex_init(&faults->lock, NULL);
    patience_init(&faults->changed);
    return faults;
}

void faults_free(struct faults *faults)
{
    if (!faults)
        return;
    pthread_cond_destroy(&faults->changed);
    pthread_mutex_destroy(&faults->lock);
    free(faults);
}

void faults_stop(struct faults *faults)
{
    pthread_mutex_lock(&faults->lock);
    faults->stopped = true;
    pthread_cond_broadcast(&faults->changed);
    pthread_mutex_unlock(&faults->lock);
}

static struct fault *find(struct faults *faults, const char *path)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (strcmp(faults->items[i].path, path) == 0)
            return &faults->items[i];
    }
    return NULL;
}

static void drop(struct faults *faults, struct fault *fault)
{
    *fault = faults->items[--faults->count];
}

static bool replace(struct faults *faults, const struct fault *fault)
{
    struct fault *old = find(faults, fault->path);
    if (fault->kind != FAULT_NONE) {
        if (!old && faults->count == FAULTS_MAX)
            return false;
        *(old ? old : &faults->items[faults->count++]) = *fault;
    } else if (strcmp(fault->path, "*") == 0) {
        faults->count = 0;
    } else if (old) {
        drop(faults, old);
    }
    return true;
}

bool faults_set(struct faults *faults, const struct fault *fault)
{
    pthread_mutex_lock(&faults->lock);
    bool done = replace(faults, fault);
    if (fault->kind == FAULT_NONE)
        faults->calm++;
    pthread_cond_broadcast(&faults->changed);
    pthread_mutex_unlock(&faults->lock);
    return done;
}

bool faults_take(struct faults *faults, const char *path, struct fault *ret)
{
    pthread_mutex_lock(&faults->lock);
    struct fault *fault = find(faults, path);
    if (!fault)
        fault = find(faults, "*");
    if (fault) {
        *ret = *fault;
        ret->calm = faults->calm;
        if (fault->times != INT64_MAX && --fault->times == 0)
            drop(faults, fault);
    }
    pthread_mutex_unlock(&faults->lock);
    return fault;
}

static void wait_locked(struct faults *faults, int64_t ms, uint64_t calm)
{
    struct timespec until = patience_until(ms);
    while (!faults->stopped && faults->calm == calm &&
           pthread_cond_timedwait(&faults->changed, &faults->lock, &until) == 0)
        continue;
}

void faults_wait(struct faults *faults, const struct fault *taken)
{
    pthread_mutex_lock(&faults->lock);
    wait_locked(faults, taken->ms, taken->calm);
    pthread_mutex_unlock(&faults->lock);
}

void faults_pause(struct faults *faults, int64_t ms)
{
    pthread_mutex_lock(&faults->lock);
    wait_locked(faults, ms, faults->calm);
    pthread_mutex_unlock(&faults->lock);
}
