/* A tenure is a generation that is in force, or was and still has runs. */
#include <assert.h>
#include <stdlib.h>

#include "machine.h"
#include "mooncron/memory.h"

struct tenure *tenure_in_force(const struct core *core)
{
    return core->tenure_count ? &core->tenures[core->tenure_count - 1] : NULL;
}

struct tenure *tenure_of(const struct core *core, uint32_t generation)
{
    uint32_t i = core->tenure_count;
    do
        assert(i > 0);
    while (core->tenures[--i].generation != generation);
    return &core->tenures[i];
}

static void tenure_retire(struct core *core, struct tenure *tenure)
{
    if (tenure->runs || tenure->retired || tenure == tenure_in_force(core))
        return;
    tenure->retired = true;
    core_act(core, ACT_RETIRE)->retire.generation = tenure->generation;
}

void tenure_leave(struct core *core, uint32_t generation)
{
    struct tenure *tenure = tenure_of(core, generation);
    assert(tenure->runs > 0);
    tenure->runs--;
    tenure_retire(core, tenure);
}

void tenures_sweep(struct core *core)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < core->tenure_count; i++) {
        if (core->tenures[i].retired)
            jobset_unref(core->tenures[i].set);
        else
            core->tenures[kept++] = core->tenures[i];
    }
    core->tenure_count = kept;
}

/* Too many generations finish their runs: the oldest are cut short. */
static void tenures_cut(struct core *core)
{
    for (uint32_t i = 0; i + 1 + TENURES_DRAINING_MAX < core->tenure_count;
         i++) {
        struct tenure *tenure = &core->tenures[i];
        if (tenure->cut)
            continue;
        tenure->cut = true;
        run_cancel(core, tenure->generation, WHY_REPLACED,
                   "too many reloads came since");
    }
}

/* ---- coming into force ---- */

/* Settings have been known since the core began, or are now. */
static bool settings_known(const struct core *core)
{
    return core->handover.known || core->config.has_cached ||
           !core->config.fetches;
}

/* Lanes move to the set that has just come into force. */
static void lanes_follow(struct core *core, const struct jobset *before)
{
    bool forget = settings_known(core) && adopt_pending(core);
    lanes_move(core, before);
    adopt_runs(core);
    if (forget)
        adopt_end(core);
    if (!core->config.journal)
        return;
    struct action *act = core_act(core, ACT_LANES);
    act->lanes.before = before;
    act->lanes.forget = forget;
}

void tenure_begin(struct core *core, struct jobset *set, uint32_t generation,
                  struct reload_report *ret_report)
{
    const struct tenure *old = tenure_in_force(core);
    const struct jobset *before = old ? old->set : NULL;
    ret_report->generation = generation;
    ret_report->diff = jobset_compare(before, set);
    ret_report->runs_per_day = jobset_runs_per_day(set);
    ret_report->at = core->in_force_since = core->now.wall;
    lanes_leave(core, set);
    core->tenures = memory_resize(core->tenures, core->tenure_count + 1,
                                  sizeof *core->tenures);
    core->tenures[core->tenure_count++] =
        (struct tenure){ .generation = generation, .set = set };
    core_act(core, ACT_SWAP)->swap.report = *ret_report;
    lanes_follow(core, before);
    if (core->tenure_count > 1)
        tenure_retire(core, &core->tenures[core->tenure_count - 2]);
    agenda_fill(core);
    tenures_cut(core);
}

void tenures_close(struct core *core)
{
    for (uint32_t i = 0; i < core->tenure_count; i++)
        jobset_unref(core->tenures[i].set);
    free(core->tenures);
}
