/* One point: the fault comes, the worker is started again where it has ended,
 * goes on until it fires, and is stopped; then the judge looks. */
#include "point.h"

#include <stdlib.h>

#include "judge.h"
#include "operator.h"

/* At no call where `at` is 0: they are counted. */
static void set_board(struct scene *scene, const struct fault *fault,
                      uint64_t at)
{
    struct board *board = scene->board;
    board->deed = at ? fault->deed : DEED_NONE;
    board->error = fault->error;
    board->classes = fault->classes;
    board->at = at;
    board->times = fault->times;
    scene->release = fault->times > 1;
    scene->kill_ill = at && fault->kill_ill;
}

void point_count(struct scene *scene, struct cell *cells, size_t number,
                 const char *title)
{
    const struct fault *fault = cell_fault(number);
    struct findings findings;
    findings_open(&findings);
    scene_begin(scene);
    set_board(scene, fault, 0);
    cell_play(number)->run(scene);
    cells[number].calls = atomic_load(&scene->board->seen);
    scene_stop(scene);
    judge_end(scene, fault, &findings);
    cell_add(&cells[number], scene, &findings, title, "");
    scene_end(scene);
    findings_close(&findings);
}

/* From the fault to the end of the last life. Returns the log of the life that
 * had the fault; the caller frees it. */
static char *live_on(struct scene *scene, const struct fault *fault, bool hit,
                     struct findings *findings)
{
    if (!scene_alive(scene) || (hit && fault->deed != DEED_FAIL))
        scene_stop(scene); /* it is dead, or dying */
    bool ended = scene->exit_code >= 0;
    if (ended) {
        judge_end(scene, fault, findings);
    } else {
        operator_trust(scene);
        judge_rest(scene, findings);
    }
    char *words = scene_last_words(scene);
    if (ended)
        judge_next_life(scene, findings);
    return words;
}

void point_play(struct scene *scene, struct cell *cells, size_t number,
                uint64_t at, const char *title)
{
    const struct fault *fault = cell_fault(number);
    struct findings findings;
    findings_open(&findings);
    scene_begin(scene);
    set_board(scene, fault, at);
    cell_play(number)->run(scene);
    bool hit = atomic_load(&scene->board->hits) > 0;
    char *words = live_on(scene, fault, hit, &findings);
    judge_books(scene, &findings);
    cells[number].reached += hit;
    cell_add(&cells[number], scene, &findings, title, words);
    free(words);
    scene_end(scene);
    findings_close(&findings);
}
