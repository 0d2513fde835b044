/* The lanes, and the list that they take from. */
#include "lanes.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kills.h"
#include "point.h"

typedef void lane_work(struct state *state, const struct options *options,
                       unsigned lane);

bool lanes_want(const struct options *options, size_t cell)
{
    return (!options->play || !strcmp(options->play, cell_play_name(cell))) &&
           (!options->fault || !strcmp(options->fault, cell_fault_name(cell)));
}

/* ---- counting ---- */

static void count_cells(struct state *state, const struct options *options,
                        unsigned lane)
{
    struct scene scene;
    uint64_t cell;
    char *title = state->doing[lane];
    scene_open(&scene);
    while ((cell = atomic_fetch_add(&state->next, 1)) < CELLS) {
        if (!lanes_want(options, cell))
            continue;
        snprintf(title, TITLE_MAX, "counting the calls of %s, %s",
                 cell_play_name(cell), cell_fault_name(cell));
        point_count(&scene, state->cells, cell, title);
    }
    *title = '\0';
    scene_close(&scene);
}

/* ---- playing ---- */

/* The points of a cell are spread over its calls. */
static uint64_t call_of(const struct cell *cell, uint64_t point)
{
    return 1 + point * cell->calls / cell->points;
}

static void do_point(struct scene *scene, struct state *state,
                     const struct options *options, char title[TITLE_MAX],
                     size_t number, uint64_t point)
{
    uint64_t at =
        options->at ? options->at : call_of(&state->cells[number], point);
    snprintf(title, TITLE_MAX, "--play %s --fault %s --at %" PRIu64,
             cell_play_name(number), cell_fault_name(number), at);
    point_play(scene, state->cells, number, at, title);
}

/* Each section has a seed of its own, by which it is played alone. */
static void do_kills(struct scene *scene, struct state *state,
                     const struct options *options, char title[TITLE_MAX],
                     uint64_t section)
{
    uint64_t seed = options->seed + section;
    uint64_t lives = options->kills - section * KILLS_SECTION;
    if (lives > KILLS_SECTION)
        lives = KILLS_SECTION;
    snprintf(title, TITLE_MAX, "--play %s --kills %" PRIu64 " --seed %" PRIu64,
             cell_play_name(CELL_KILLS), lives, seed);
    kills_play(scene, state->cells, seed, lives, title);
}

/* The next of the list: the cells one after another, and kills first. */
static bool take_point(struct state *state, size_t *ret_cell,
                       uint64_t *ret_point)
{
    uint64_t number = atomic_fetch_add(&state->next, 1);
    for (size_t i = 0; i <= CELLS; i++) {
        size_t cell = (CELL_KILLS + i) % (CELLS + 1);
        if (number < state->cells[cell].points) {
            *ret_cell = cell;
            *ret_point = number;
            return true;
        }
        number -= state->cells[cell].points;
    }
    return false;
}

static void do_points(struct state *state, const struct options *options,
                      unsigned lane)
{
    struct scene scene;
    size_t number;
    uint64_t point;
    char *title = state->doing[lane];
    scene_open(&scene);
    while (take_point(state, &number, &point)) {
        struct cell *cell = &state->cells[number];
        int64_t began_ms = scene_mono_ms();
        if (number == CELL_KILLS)
            do_kills(&scene, state, options, title, point);
        else
            do_point(&scene, state, options, title, number, point);
        cell->took_ms += scene_mono_ms() - began_ms;
        if (atomic_fetch_add(&cell->done, 1) + 1 == cell->points)
            cell_print(state->cells, number);
    }
    *title = '\0';
    scene_close(&scene);
}

/* ---- the processes ---- */

static bool run(struct state *state, const struct options *options,
                lane_work *work)
{
    bool well = true;
    state->next = 0;
    fflush(stdout);
    pid_t pids[LANES_MAX];
    for (unsigned i = 0; i < options->lanes; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            work(state, options, i);
            fflush(stdout);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < options->lanes; i++) {
        int status = 0;
        if (pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] &&
            status == 0)
            continue;
        printf("WRONG a lane ended with %d in: %s\n", status, state->doing[i]);
        well = false;
    }
    return well;
}

bool lanes_count(struct state *state, const struct options *options)
{
    return run(state, options, count_cells);
}

bool lanes_play(struct state *state, const struct options *options)
{
    return run(state, options, do_points);
}
