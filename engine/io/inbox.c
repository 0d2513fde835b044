/* Asks of foreign threads, and the loop's word on each.
 *
 * A thread puts its ask into a free place, wakes the loop, and waits on that
 * place. The loop takes the oldest ask, works, and answers by id. Either may be
 * late: a thread whose time is up leaves its place, and an answer to an id that
 * is not waited for any more is dropped.
 *
 * A reload is more than its asker's affair. One that was not taken yet stays in
 * its place, so that no change is lost, and is nobody's afterwards; and where
 * no place is free the asker is sent away, and the loop takes a bare ask of
 * nobody in its place: the backend knows what has changed. An order that nobody
 * waits for is not carried out: who gave it was told that it was not. */
#include "mooncron/inbox.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uv.h>

#include "mooncron/memory.h"

enum place_state {
    PLACE_FREE,
    PLACE_POSTED,   /* the loop has not seen it */
    PLACE_ORPHANED, /* likewise, and nobody waits */
    PLACE_TAKEN,
    PLACE_ANSWERED,
};

struct place {
    enum place_state state;
    struct ask ask;
    struct word word;
};

struct inbox {
    /* the loop's */
    uv_async_t bell;
    void (*arrived)(void *data);
    void *data;
    bool bell_closed;
    /* shared, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t answered; /* broadcast: at most INBOX_ASKS_MAX wait */
    bool closed;
    bool overflowed; /* somebody was sent away, and the loop has not heard */
    uint64_t last_id;
    struct place places[INBOX_ASKS_MAX];
    struct health health;
};

static void on_bell(uv_async_t *bell)
{
    struct inbox *inbox = bell->data;
    inbox->arrived(inbox->data);
}

static void on_bell_closed(uv_handle_t *bell)
{
    struct inbox *inbox = bell->data;
    inbox->bell_closed = true;
}

struct inbox *inbox_new(struct uv_loop_s *loop, void (*arrived)(void *data),
                        void *data, struct error *reterr)
{
    struct inbox *inbox = memory_new(sizeof *inbox);
    int failed = uv_async_init(loop, &inbox->bell, on_bell);
    if (failed) {
        error_set(reterr, "make the inbox: %s", uv_strerror(failed));
        free(inbox);
        return NULL;
    }
    inbox->bell.data = inbox;
    inbox->arrived = arrived;
    inbox->data = data;
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&inbox->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    return inbox;
}

void inbox_close(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    assert(!inbox->closed);
    inbox->closed = true;
    pthread_cond_broadcast(&inbox->answered);
    pthread_mutex_unlock(&inbox->lock);
    uv_close((uv_handle_t *)&inbox->bell, on_bell_closed);
}

void inbox_free(struct inbox *inbox)
{
    assert(inbox->closed && inbox->bell_closed);
    for (size_t i = 0; i < INBOX_ASKS_MAX; i++) {
        free(inbox->places[i].word.message);
        free(inbox->places[i].word.json);
    }
    pthread_cond_destroy(&inbox->answered);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

/* With the lock held: a place for an ask of this kind, or NULL. */
static struct place *free_place(struct inbox *inbox, enum ask_kind kind)
{
    struct place *found = NULL;
    unsigned questions = 0;
    for (size_t i = 0; i < INBOX_ASKS_MAX; i++) {
        struct place *place = &inbox->places[i];
        if (place->state != PLACE_FREE)
            questions += place->ask.kind != ASK_RELOAD;
        else if (!found)
            found = place;
    }
    if (kind != ASK_RELOAD && questions >= INBOX_QUESTIONS_MAX)
        return NULL;
    return found;
}

static struct timespec deadline_in(uint32_t timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* With the lock held: waits for the word, and leaves the place. */
static struct word wait_for_word(struct inbox *inbox, struct place *place,
                                 const struct timespec *deadline)
{
    int late = 0;
    while (place->state != PLACE_ANSWERED && !inbox->closed && !late)
        late = pthread_cond_timedwait(&inbox->answered, &inbox->lock, deadline);
    struct word word = { 0 };
    if (place->state == PLACE_ANSWERED) {
        word = place->word;
        place->word.message = place->word.json = NULL;
    }
    bool orphan = place->state == PLACE_POSTED && place->ask.kind == ASK_RELOAD;
    place->state = orphan ? PLACE_ORPHANED : PLACE_FREE;
    return word;
}

bool inbox_ask(struct inbox *inbox, struct ask *ask, uint32_t timeout_ms,
               struct word *ret_word)
{
    struct timespec deadline = deadline_in(timeout_ms);
    pthread_mutex_lock(&inbox->lock);
    bool reload = ask->kind == ASK_RELOAD;
    struct place *place = inbox->closed ? NULL : free_place(inbox, ask->kind);
    if (!inbox->closed && (place || reload))
        uv_async_send(&inbox->bell); /* under the lock, so before uv_close() */
    if (place) {
        ask->id = ++inbox->last_id;
        *place = (struct place){ .state = PLACE_POSTED, .ask = *ask };
        *ret_word = wait_for_word(inbox, place, &deadline);
    } else {
        inbox->overflowed |= reload;
    }
    pthread_mutex_unlock(&inbox->lock);
    return place != NULL;
}

/* With the lock held: what was posted first. */
static struct place *oldest_posted(struct inbox *inbox)
{
    struct place *oldest = NULL;
    for (size_t i = 0; i < INBOX_ASKS_MAX; i++) {
        struct place *place = &inbox->places[i];
        if (place->state != PLACE_POSTED && place->state != PLACE_ORPHANED)
            continue;
        if (!oldest || place->ask.id < oldest->ask.id)
            oldest = place;
    }
    return oldest;
}

bool inbox_take(struct inbox *inbox, struct ask *ret)
{
    pthread_mutex_lock(&inbox->lock);
    struct place *place = oldest_posted(inbox);
    bool nobodys = !place && inbox->overflowed;
    if (place) {
        *ret = place->ask;
        place->state = place->state == PLACE_POSTED ? PLACE_TAKEN : PLACE_FREE;
    } else if (nobodys) {
        *ret = (struct ask){ .cause = ASK_WEBHOOK };
        inbox->overflowed = false;
    }
    pthread_mutex_unlock(&inbox->lock);
    return place || nobodys;
}

/* With the lock held. */
static struct place *awaited_place(struct inbox *inbox, uint64_t id)
{
    for (size_t i = 0; i < INBOX_ASKS_MAX; i++) {
        struct place *place = &inbox->places[i];
        if (place->state == PLACE_TAKEN && place->ask.id == id)
            return place;
    }
    return NULL;
}

/* The word's strings go with it, or are freed. */
static void say(struct inbox *inbox, uint64_t id, const struct word *word)
{
    pthread_mutex_lock(&inbox->lock);
    struct place *place = awaited_place(inbox, id);
    if (place) {
        place->word = *word;
        place->state = PLACE_ANSWERED;
        pthread_cond_broadcast(&inbox->answered);
    }
    pthread_mutex_unlock(&inbox->lock);
    if (!place) {
        free(word->message);
        free(word->json);
    }
}

void inbox_answer(struct inbox *inbox, uint64_t id,
                  const struct reload_report *report, const char *message)
{
    const struct word word = {
        .answered = true,
        .report = *report,
        .message = message ? memory_string(message) : NULL,
    };
    say(inbox, id, &word);
}

void inbox_tell(struct inbox *inbox, uint64_t id, int status, char *json,
                uint64_t tag)
{
    const struct word word = {
        .answered = true, .status = status, .json = json, .tag = tag
    };
    say(inbox, id, &word);
}

bool inbox_recall(struct inbox *inbox, uint64_t id, struct ask *ret)
{
    pthread_mutex_lock(&inbox->lock);
    const struct place *place = awaited_place(inbox, id);
    if (place)
        *ret = place->ask;
    pthread_mutex_unlock(&inbox->lock);
    return place;
}

void inbox_set_health(struct inbox *inbox, const struct health *health)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->health = *health;
    pthread_mutex_unlock(&inbox->lock);
}

struct health inbox_health(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct health health = inbox->health;
    pthread_mutex_unlock(&inbox->lock);
    return health;
}
