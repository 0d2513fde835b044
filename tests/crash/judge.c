/* The judge: a worker is well again by itself, its end is right, and its books
 * agree with what the backend and the operator know. */
#include "judge.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "auditor.h"
#include "operator.h"

#define WELL_CALLS 4 /* that are awaited of a worker that is well */

static bool has_hung(const struct scene *scene, struct findings *findings)
{
    if (scene->exit_code != SCENE_HUNG)
        return false;
    findings_add(findings, "it had not ended after %d s",
                 (int)(scene->patience_ms / 1000));
    return true;
}

/* libuv aborts where its first pipe of all cannot be had, before anything of
 * ours was touched. */
static bool is_abort_of_libuv(struct scene *scene)
{
    return scene->exit_code == 128 + SIGABRT && !scene->told.anything &&
           !strcmp(scene->board->call, "pipe2");
}

/* An end by a signal is never right unless the signal was ours, and an end by
 * itself only before it fires or where it was told to. */
void judge_end(struct scene *scene, const struct fault *fault,
               struct findings *findings)
{
    bool ours =
        fault->deed != DEED_FAIL || (fault->kill_ill && scene->told.ill);
    if (has_hung(scene, findings) || is_abort_of_libuv(scene))
        return;
    if (scene->exit_code >= 128 && !(ours && scene->exit_code == 128 + SIGKILL))
        findings_add(findings, "it crashed with %d", scene->exit_code);
    else if (scene->exit_code > 0 && scene->exit_code < 128 &&
             scene->told.scheduled)
        findings_add(findings, "it left by itself with %d", scene->exit_code);
}

/* It is well where it fires, and says so. */
void judge_rest(struct scene *scene, struct findings *findings)
{
    bool ready = scene_await_ready(scene);
    bool fires = ready && scene_await_calls(scene, WELL_CALLS);
    if (!ready)
        findings_add(findings, "it was not ready again by itself");
    else if (!fires)
        findings_add(findings, "it did not fire again by itself");
    else if (!operator_repeat(scene))
        findings_add(findings, "an order could not be given again");
    else if (!operator_follow(scene))
        findings_count(findings, &findings->lost,
                       "a run that was ordered has no end");
    scene_stop(scene);
    if (!has_hung(scene, findings) && scene->exit_code)
        findings_add(findings, "it ended with %d", scene->exit_code);
}

void judge_next_life(struct scene *scene, struct findings *findings)
{
    scene_spawn(scene);
    if (!scene_await_schedule(scene, 1))
        findings_add(findings, "it did not start again");
    judge_rest(scene, findings);
}

/* The backend's ledger has an end: of a longer point nothing can be said. */
static bool is_whole(const json_t *calls, int64_t seq)
{
    const json_t *first = json_array_get(calls, 0);
    return !first ||
           json_integer_value(json_object_get(first, "seq")) == seq + 1;
}

void judge_books(struct scene *scene, struct findings *findings)
{
    char folder[SCRATCH_MAX + 16];
    snprintf(folder, sizeof folder, "%s/state", scene->scratch.path);
    json_t *calls = stand_calls(&scene->stand, scene->seq, 0, 0);
    if (!is_whole(calls, scene->seq))
        findings_add(findings, "the backend has forgotten its first calls");
    else
        checker_look(calls, folder, play_rhythms, findings);
    auditor_look(&scene->orders, calls, folder, findings);
    json_decref(calls);
}
