/* What is remembered of jobs that have gone out of the schedule in this life,
 * should they come back: a pause ends by itself, and not because a file was
 * wrong for a minute. The store remembers the same for the next life. */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "mooncron/memory.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct away_job *)a)->name,
                  ((const struct away_job *)b)->name);
}

static struct away_job *away_find(const struct away *away, const char *name)
{
    struct away_job key = { .name = (char *)(uintptr_t)name };
    if (away->count == 0)
        return NULL;
    return bsearch(&key, away->jobs, away->count, sizeof key, by_name);
}

bool away_return(struct core *core, uint32_t index)
{
    struct lane *lane = lane_at(core, index);
    struct away_job *job = away_find(&core->away, lane_job(core, index)->name);
    if (!job)
        return false;
    job->back = true;
    lane->fails = job->fails;
    lane->runs = job->runs;
    lane->started = job->started;
    if (job->paused_until.ms > core->now.wall.ms)
        lane_pause(core, index, job->paused_until);
    return true;
}

/* Those that are not back. */
static uint32_t compact(struct away *away)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < away->count; i++) {
        if (away->jobs[i].back)
            free(away->jobs[i].name);
        else
            away->jobs[count++] = away->jobs[i];
    }
    return count;
}

static bool has_left(const struct jobset *set, const struct job *job,
                     const struct lane *lane)
{
    bool blank = !lane->runs && !lane->fails && lane->started.ms == EVER_MS &&
                 lane->paused_until.ms == EVER_MS;
    return !blank && jobset_find(set, job->name) == NO_INDEX;
}

void away_keep(struct core *core, const struct jobset *before,
               const struct lanes *old)
{
    struct away *away = &core->away;
    const struct jobset *set = tenure_in_force(core)->set;
    away->count = compact(away);
    for (uint32_t i = 0; i < old->count && away->count < AWAY_MAX; i++) {
        const struct lane *lane = &old->lanes[i];
        const struct job *job = jobset_job(before, i);
        if (!has_left(set, job, lane))
            continue;
        away->jobs =
            memory_resize(away->jobs, away->count + 1, sizeof *away->jobs);
        away->jobs[away->count++] = (struct away_job){
            .name = memory_string(job->name),
            .fails = lane->fails,
            .runs = lane->runs,
            .started = lane->started,
            .paused_until = lane->paused_until,
        };
    }
    if (away->count) /* none is NULL, which qsort may not be given */
        qsort(away->jobs, away->count, sizeof *away->jobs, by_name);
}

void away_close(struct away *away)
{
    for (uint32_t i = 0; i < away->count; i++)
        free(away->jobs[i].name);
    free(away->jobs);
}
