/* Kills at random, of a worker under load. */
#include "kills.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "judge.h"

#define CALLS_MAX 2500 /* of one life */

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void live(struct scene *scene, uint64_t at)
{
    struct board *board = scene->board;
    board->deed = DEED_KILL;
    board->classes = cell_fault(0)->classes;
    board->at = at;
    board->times = 1;
    board->seen = board->hits = 0;
    scene_arm(scene);
    play_load(scene);
    scene_await_calls(scene, INT32_MAX);
    scene_kill(scene);
}

void kills_play(struct scene *scene, struct cell *cells, uint64_t seed,
                uint64_t lives, const char *title)
{
    struct cell *cell = &cells[CELL_KILLS];
    struct findings findings;
    findings_open(&findings);
    scene_begin(scene);
    seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (uint64_t i = 0; i < lives; i++) {
        live(scene, 1 + random_next(&seed) % CALLS_MAX);
        cell->reached += scene->board->hits > 0;
        if (scene->exit_code != 128 + SIGKILL)
            findings_add(&findings, "life %" PRIu64 " ended with %d", i,
                         scene->exit_code);
    }
    scene_disarm(scene);
    char *words = scene_last_words(scene);
    judge_next_life(scene, &findings);
    judge_books(scene, &findings);
    cell_add(cell, scene, &findings, title, words);
    free(words);
    scene_end(scene);
    findings_close(&findings);
}
