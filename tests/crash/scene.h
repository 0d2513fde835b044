/* A scene is the world of one point: a folder, a backend that goes on, and a
 * worker that lives several lives. Its clock runs faster than ours, and each
 * life begins after the one before. */
#ifndef TESTS_CRASH_SCENE_H
#define TESTS_CRASH_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/text.h"

#include "board.h"
#include "orders.h"
#include "scratch.h"
#include "stand.h"
#include "worker.h"

#define SCENE_SCALE       20   /* a slot each second is one each 50 ms */
#define SCENE_AHEAD_MS    1000 /* no worker's clock is further ahead of ours */
#define SCENE_PATIENCE_MS 20000
#define SCENE_SLICE_MS    20  /* of a wait for two things: one, and an end */
#define SCENE_HUNG        999 /* what a worker that did not end ended with */

/* What the log has told of a life. */
struct told {
    bool anything, scheduled;
    bool load_failed; /* the newest load */
    bool ill;         /* the store, ever */
    int64_t generation;
};

struct scene {
    struct stand stand;  /* goes on from point to point */
    struct scratch desk; /* holds the board */
    struct board *board;
    int64_t patience_ms; /* with all that a worker is to do */
    /* of one point */
    struct scratch scratch;
    int64_t seq;      /* the newest call before it */
    int64_t began_ms; /* real time, at which both clocks agree */
    bool release;     /* the fault ends where the store is seen to be ill */
    bool kill_ill;    /* or the worker is killed then */
    struct orders orders;
    struct text hung; /* what is known of workers that did not end */
    /* of one life */
    struct worker worker;
    struct told told;
    int exit_code; /* once it has ended */
};

void scene_open(struct scene *scene);
void scene_close(struct scene *scene);
/* A new folder and a disarmed board. */
void scene_begin(struct scene *scene);
void scene_end(struct scene *scene);

int64_t scene_mono_ms(void); /* real, as waiting is measured */
/* The time of the scene, in milliseconds since 1970. */
int64_t scene_now_ms(const struct scene *scene);

void scene_spawn(struct scene *scene);
void scene_arm(struct scene *scene);
void scene_disarm(struct scene *scene);

/* Hears all that was said by now; waits up to so long for the first line. */
void scene_listen(struct scene *scene, int64_t wait_ms);

/* Each waits until what it is named for, or the end of the life: false. */
typedef bool scene_condition(struct scene *scene, int64_t number);
bool scene_await(struct scene *scene, scene_condition *there, int64_t number);
bool scene_await_schedule(struct scene *scene, int64_t generation);
/* Also true where the load failed. */
bool scene_await_load(struct scene *scene, int64_t generation);
bool scene_await_calls(struct scene *scene, int64_t count); /* more of them */
bool scene_await_ready(struct scene *scene);
/* SIGTERM where it lives, and its end. One that does not end is killed; what it
 * had logged, and where it stood, is kept in `hung`. */
void scene_stop(struct scene *scene);
void scene_kill(struct scene *scene);
bool scene_alive(struct scene *scene);
/* The end of its log; freed by the caller. */
char *scene_last_words(struct scene *scene);

#endif
