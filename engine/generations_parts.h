/* What generations are made of. Shared by generations.c, which finds one by its
 * id, and generation.c, which is one: its host, what that says, and its end. */
#ifndef MOONCRON_GENERATIONS_PARTS_H
#define MOONCRON_GENERATIONS_PARTS_H

#include <uv.h>

#include "errands.h"
#include "generations.h"
#include "intake.h"

enum generation_state {
    GENERATION_LOADING,
    GENERATION_READY,
    GENERATION_CLOSING, /* nobody is told anything any more */
};

struct generation {
    struct generation *next;
    struct generations *all;
    uint32_t id;
    enum generation_state state;
    bool greeted, dismissed; /* said hello; was told to leave */
    struct child *child;     /* NULL: ended, or never needed again */
    struct intake intake;    /* while loading */
    uv_timer_t timer; /* while loading: its end; later: of the host's silence */
    struct errands errands;
    char *path;     /* of the schedule file */
    bool asked;     /* where it hangs, at least once */
    bool last_turn; /* it has no more time to say so */
    char *sentence; /* what runs are told that it was killed under, or NULL */
};

struct generations {
    uv_loop_t *loop;
    struct generation_events on;
    uint32_t load_timeout_ms;
    void *data;
    struct generation *first;
    struct text out;         /* one frame on its way */
    struct zones *zones;     /* the caller's */
    struct host_rules *room; /* for one job at a time */
    void (*closed)(void *data);
    void *closed_data;
};

/* generation.c: starts a host and lets it load; `load` is copied. */
void generation_begin(struct generation *g, const struct host_load *load);
/* It is told to leave, and frees itself later. */
void generation_end(struct generation *g);
/* The run is the host's from now on, and so is the next word on it. */
void generation_hand(struct generation *g, const struct run_note *note);
/* The next word on the run is the host's again. */
void generation_turn(struct generation *g, struct errand *errand);
/* Sends the frame that was written to `out`, or nothing where it is not whole.
 * Returns `whole`. */
bool generation_send(struct generation *g, bool whole);

/* What it holds; it is in no list any more. */
void generation_free(struct generation *g);

/* generations.c: it has closed, and is taken out and freed; with the last that
 * is waited for so are all. */
void generations_left(struct generation *g);

#endif
