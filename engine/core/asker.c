/* An asker waits for the outcome of a reload: a webhook, or a command line.
 *
 * What is fetched and loaded never depends on who is kept here, so the places
 * may run out: who finds none is told so at once, and the reload it asked for
 * goes on without it. */
#include "machine.h"

struct reload_report asker_report(const struct core *core,
                                  enum reload_outcome outcome)
{
    const struct tenure *tenure = core_tenure(core);
    struct reload_report report = { .outcome = outcome,
                                    .at = core->in_force_since };
    if (!tenure)
        return report;
    report.generation = tenure->generation;
    report.diff.unchanged = jobset_scheduled(tenure->set);
    report.runs_per_day = jobset_runs_per_day(tenure->set);
    report.runs_per_day_before = report.runs_per_day;
    return report;
}

void asker_reply(struct core *core, uint64_t id,
                 const struct reload_report *report)
{
    if (!id)
        return;
    struct action *act = core_act(core, ACT_REPLY);
    act->reply.asker = id;
    act->reply.report = *report;
}

void asker_add(struct core *core, uint64_t id, enum asker_wait wait)
{
    const struct handover *h = &core->handover;
    struct askers *askers = &core->handover.askers;
    if (!id)
        return;
    if (askers->count == CORE_ASKERS_MAX) {
        struct reload_report report = asker_report(core, RELOAD_BUSY);
        asker_reply(core, id, &report);
        return;
    }
    askers->places[askers->count++] = (struct asker){
        .id = id,
        .wait = wait,
        .ticket = (wait == WAIT_FETCH ? h->fetches : h->loads) + 1,
    };
}

void asker_reply_all(struct core *core, enum asker_wait wait, uint32_t ticket,
                     const struct reload_report *report)
{
    struct askers *askers = &core->handover.askers;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < askers->count; i++) {
        const struct asker *asker = &askers->places[i];
        if (asker->wait == wait && asker->ticket <= ticket)
            asker_reply(core, asker->id, report);
        else
            askers->places[kept++] = *asker;
    }
    askers->count = kept;
}

void asker_advance(struct core *core)
{
    const struct handover *h = &core->handover;
    struct askers *askers = &core->handover.askers;
    for (uint32_t i = 0; i < askers->count; i++) {
        struct asker *asker = &askers->places[i];
        if (asker->wait != WAIT_FETCH || asker->ticket > h->fetches)
            continue;
        asker->wait = WAIT_LOAD;
        asker->ticket = h->loads + 1;
    }
}
