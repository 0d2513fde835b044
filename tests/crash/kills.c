/* Kills at random, of a worker under load that is given orders and reloaded.
 *
 * What a life is to do is chosen before it begins, from the seed alone, and not
 * from what becomes of it; so a seed has the same lives, as far as machines do
 * the same twice. Its kill comes at a call that is counted from its start, from
 * when it is ready, or from its last step on. The start gets longer from life
 * to life, since more is remembered: without the others, few would fire after
 * some fifty lives.
 *
 * An operator who got no answer to an order for many slots gives it again in
 * the next life, before any other order. */
#include "kills.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "judge.h"
#include "operator.h"

#define STEPS_MAX 5  /* of one life */
#define WAIT_MAX  15 /* calls of the backend between two steps */
#define OLD_SLOTS 10 /* of a backfill */

_Static_assert(ORDERS_MAX >= STEPS_MAX * KILLS_SECTION,
               "there are more orders than places for them");

/* ---- what may be wanted of it ---- */

static void backfill(struct scene *scene, const char *job)
{
    operator_backfill(scene, job, OLD_SLOTS);
}

static const struct {
    void (*order)(struct scene *scene, const char *job); /* NULL: a reload */
    const char *jobs[2];                                 /* one of them */
} wishes[] = {
    { operator_pause, { "s-p1", "s-p2" } },
    { operator_resume, { "s-p1", "s-p2" } },
    { operator_trigger, { "ht", "h-once" } },
    { backfill, { "hb1", "hb2" } },
    { operator_cancel, { "hb1", "hb2" } },
    { NULL, { NULL, NULL } },
};
#define WISHES (sizeof wishes / sizeof *wishes)

/* ---- what a life is to do ---- */

enum moment { AT_START, WHEN_READY, AT_LAST_STEP, MOMENTS };

/* From that moment to its kill. */
static const uint64_t calls_max[MOMENTS] = {
    [AT_START] = 2500,
    [WHEN_READY] = 1500,
    [AT_LAST_STEP] = 150,
};

struct step {
    int64_t calls; /* of the backend, before it */
    size_t wish, job;
};

struct plan {
    bool other; /* the schedule at its start */
    enum moment moment;
    uint64_t kill_at; /* this call from then on */
    size_t count;
    struct step steps[STEPS_MAX];
};

static uint64_t random_below(uint64_t *seed, uint64_t limit)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % limit;
}

static struct plan plan_life(uint64_t *seed)
{
    struct plan plan = { .other = random_below(seed, 2),
                         .moment = (enum moment)random_below(seed, MOMENTS),
                         .count = 1 + random_below(seed, STEPS_MAX) };
    plan.kill_at = 1 + random_below(seed, calls_max[plan.moment]);
    for (size_t i = 0; i < plan.count; i++)
        plan.steps[i] = (struct step){
            .calls = 1 + (int64_t)random_below(seed, WAIT_MAX),
            .wish = random_below(seed, WISHES),
            .job = random_below(seed, 2),
        };
    return plan;
}

/* ---- a life ---- */

static void threaten(struct scene *scene, const struct plan *plan,
                     enum moment moment)
{
    struct board *board = scene->board;
    if (plan->moment != moment)
        return;
    board->deed = DEED_KILL;
    board->classes = CALL_KEEPS | CALL_READS | CALL_TALKS | CALL_OPENS;
    board->at = plan->kill_at;
    board->times = 1;
    scene_arm(scene);
}

static void reload(struct scene *scene, bool other)
{
    play_write_load(scene, other);
    if (!scene_alive(scene))
        return;
    proc_signal(scene->worker.proc, SIGHUP);
    scene_await_load(scene, scene->told.generation + 1);
}

static void take_steps(struct scene *scene, const struct plan *plan)
{
    bool other = plan->other;
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        scene_await_calls(scene, step->calls);
        if (i + 1 == plan->count)
            threaten(scene, plan, AT_LAST_STEP);
        if (wishes[step->wish].order)
            wishes[step->wish].order(scene, wishes[step->wish].jobs[step->job]);
        else
            reload(scene, other = !other);
    }
}

static void live(struct scene *scene, const struct plan *plan)
{
    scene_disarm(scene);
    scene->board->seen = scene->board->hits = 0;
    play_write_load(scene, plan->other);
    threaten(scene, plan, AT_START);
    scene_spawn(scene);
    if (scene_await_ready(scene)) {
        threaten(scene, plan, WHEN_READY);
        operator_repeat(scene);
        take_steps(scene, plan);
    }
    scene_await_calls(scene, INT32_MAX);
    scene_kill(scene);
}

/* One more that is not killed, and has the time for all that was ordered. */
static void live_in_peace(struct scene *scene, struct findings *findings)
{
    scene_disarm(scene);
    scene_spawn(scene);
    if (scene_await_ready(scene) && operator_repeat(scene) &&
        !operator_see_off(scene))
        findings_count(findings, &findings->lost,
                       "slots that were ordered wait still");
    judge_rest(scene, findings);
}

/* ---- the lives ---- */

static void count_orders(struct cell *cell, const struct orders *orders)
{
    cell->orders += orders->count;
    for (size_t i = 0; i < orders->count; i++)
        cell->acknowledged += orders->list[i].answer == ANSWER_DONE;
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
        const struct plan plan = plan_life(&seed);
        live(scene, &plan);
        cell->reached += scene->board->hits > 0;
        if (scene->exit_code != 128 + SIGKILL)
            findings_add(&findings, "life %" PRIu64 " ended with %d", i,
                         scene->exit_code);
    }
    char *words = scene_last_words(scene);
    live_in_peace(scene, &findings);
    judge_books(scene, &findings);
    count_orders(cell, &scene->orders);
    cell_add(cell, scene, &findings, title, words);
    free(words);
    scene_end(scene);
    findings_close(&findings);
}
