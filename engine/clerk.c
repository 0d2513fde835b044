/* A ring of pieces of work; the first of them has the thread.
 *
 *   loop      give: begin … bell: join, done, begin the next
 *   thread                 work, ring
 *
 * The thread is begun after a piece was put in its place and joined before the
 * place is read again, so the two share nothing but the bell. */
#include "clerk.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <uv.h>

#include "mooncron/memory.h"

struct piece {
    void (*work)(void *data);
    void (*done)(void *data, bool worked);
    void *data;
};

struct clerk {
    uv_async_t bell;
    uv_thread_t thread; /* of pieces[first], where `busy` */
    struct piece pieces[CLERK_WAITING_MAX];
    unsigned first, count;
    bool busy;
    atomic_bool worked; /* set by the thread, the last that it does but ring */
    void (*closed)(void *data); /* NULL: it is not closing */
    void *closed_data;
};

static void work(void *data)
{
    struct clerk *clerk = data;
    const struct piece *piece = &clerk->pieces[clerk->first];
    piece->work(piece->data);
    atomic_store(&clerk->worked, true);
    uv_async_send(&clerk->bell);
}

static struct piece take(struct clerk *clerk)
{
    struct piece piece = clerk->pieces[clerk->first];
    clerk->first = (clerk->first + 1) % CLERK_WAITING_MAX;
    clerk->count--;
    return piece;
}

/* Where no thread can be had the piece is not worked on. */
static void begin(struct clerk *clerk)
{
    while (clerk->count && !clerk->busy) {
        clerk->busy = !uv_thread_create(&clerk->thread, work, clerk);
        if (clerk->busy)
            return;
        struct piece piece = take(clerk);
        piece.done(piece.data, false);
    }
}

static void on_closed(uv_handle_t *bell)
{
    struct clerk *clerk = bell->data;
    void (*closed)(void *data) = clerk->closed;
    void *data = clerk->closed_data;
    free(clerk);
    closed(data);
}

static void on_bell(uv_async_t *bell)
{
    struct clerk *clerk = bell->data;
    if (!clerk->busy || !atomic_exchange(&clerk->worked, false))
        return;
    uv_thread_join(&clerk->thread);
    const struct piece piece = clerk->pieces[clerk->first];
    piece.done(piece.data, true); /* which may give, or close */
    take(clerk);
    clerk->busy = false;
    if (clerk->closed)
        uv_close((uv_handle_t *)&clerk->bell, on_closed);
    else
        begin(clerk);
}

struct clerk *clerk_new(struct uv_loop_s *loop, struct error *reterr)
{
    struct clerk *clerk = memory_new(sizeof *clerk);
    int failed = uv_async_init(loop, &clerk->bell, on_bell);
    if (failed) {
        error_set(reterr, "make the clerk: %s", uv_strerror(failed));
        free(clerk);
        return NULL;
    }
    clerk->bell.data = clerk;
    return clerk;
}

bool clerk_give(struct clerk *clerk, void (*work_on)(void *data),
                void (*done)(void *data, bool worked), void *data)
{
    if (clerk->count == CLERK_WAITING_MAX || clerk->closed)
        return false;
    unsigned last = (clerk->first + clerk->count) % CLERK_WAITING_MAX;
    clerk->pieces[last] = (struct piece){ work_on, done, data };
    clerk->count++;
    begin(clerk);
    return true;
}

/* All but what is under way. */
static void turn_away(struct clerk *clerk)
{
    unsigned kept = clerk->busy ? 1 : 0;
    while (clerk->count > kept) {
        clerk->count--;
        struct piece *last =
            &clerk->pieces[(clerk->first + clerk->count) % CLERK_WAITING_MAX];
        last->done(last->data, false);
    }
}

void clerk_close(struct clerk *clerk, void (*closed)(void *data), void *data)
{
    assert(!clerk->closed);
    clerk->closed = closed;
    clerk->closed_data = data;
    turn_away(clerk);
    if (!clerk->busy)
        uv_close((uv_handle_t *)&clerk->bell, on_closed);
}
