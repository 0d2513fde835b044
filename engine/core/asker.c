/* An asker waits for the outcome of a reload: a webhook, or a command line.
 *
 * What is fetched and loaded never depends on who is kept here, so the places
 * may run out: who finds none is told so at once, and the reload it asked for
 * goes on without it.
 *
 * Of the webhooks that wait for the same fetch or load only the newest is kept.
 * Behind each of them somebody holds a row lock, and what the older one said is
 * no more what counts: it is let go at once. So a storm holds no more than a
 * webhook for each fetch and load under way or next, and the threads behind the
 * gate are free for the rest of it. A command line is never let go: somebody
 * reads what it prints. */
#include "machine.h"

struct reload_report asker_report(const struct core *core,
                                  enum reload_outcome outcome)
{
    const struct tenure *tenure = tenure_in_force(core);
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

static uint32_t next_ticket(const struct handover *h, enum asker_wait wait)
{
    return (wait == WAIT_FETCH ? h->fetches : h->loads) + 1;
}

static bool is_webhook_for(const struct asker *asker, enum asker_wait wait,
                           uint32_t ticket)
{
    return asker->webhook && asker->wait == wait && asker->ticket == ticket;
}

/* Lets go of the webhooks that wait for the next of this kind, but for the
 * newest: askers stand in the order in which they came. */
static void supersede(struct core *core, enum asker_wait wait)
{
    struct askers *askers = &core->handover.askers;
    struct reload_report report = asker_report(core, RELOAD_SUPERSEDED);
    uint32_t ticket = next_ticket(&core->handover, wait);
    uint32_t newest = NO_INDEX, kept = 0;
    for (uint32_t i = 0; i < askers->count; i++)
        if (is_webhook_for(&askers->places[i], wait, ticket))
            newest = i;
    for (uint32_t i = 0; i < askers->count; i++) {
        const struct asker *asker = &askers->places[i];
        if (is_webhook_for(asker, wait, ticket) && i != newest)
            asker_reply(core, asker->id, &report);
        else
            askers->places[kept++] = *asker;
    }
    askers->count = kept;
}

void asker_add(struct core *core, const struct event *event,
               enum asker_wait wait)
{
    struct askers *askers = &core->handover.askers;
    if (!event->ask.asker)
        return;
    if (askers->count == CORE_ASKERS_MAX) {
        struct reload_report report = asker_report(core, RELOAD_BUSY);
        asker_reply(core, event->ask.asker, &report);
        return;
    }
    askers->places[askers->count++] =
        (struct asker){ .id = event->ask.asker,
                        .wait = wait,
                        .ticket = next_ticket(&core->handover, wait),
                        .webhook = event->ask.cause == ASK_WEBHOOK };
    supersede(core, wait);
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
        asker->ticket = next_ticket(h, WAIT_LOAD);
    }
    supersede(core, WAIT_LOAD);
}
