/* A circuit is an origin and its breaker: jobs that call it share both. It
 * outlives reloads, since an origin is no better for a new schedule. */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "mooncron/memory.h"
#include "mutant.h"

/* What a script calls is not known before it does. */
uint32_t circuit_find(struct core *core, const struct job *job)
{
    if (job->function)
        return NO_INDEX;
    for (uint32_t i = 0; i < core->circuit_count; i++)
        if (!strcmp(core->circuits[i].origin, job->origin))
            return i;
    if (core->circuit_count == CIRCUITS_MAX)
        return NO_INDEX;
    core->circuits = memory_resize(core->circuits, core->circuit_count + 1,
                                   sizeof *core->circuits);
    core->circuits[core->circuit_count] =
        (struct circuit){ .origin =
                              memory_copy(job->origin, strlen(job->origin)) };
    return core->circuit_count++;
}

bool circuit_open(const struct core *core, uint32_t index)
{
    return index != NO_INDEX &&
           breaker_open(&core->circuits[index].breaker, core->now.mono);
}

/* Of a run whose job is gone nobody knows the lane: its origin is looked up. */
static struct circuit *circuit_of(struct core *core, const struct run *run)
{
    uint32_t index = run->lane == NO_INDEX ? circuit_find(core, run->job)
                                           : lane_at(core, run->lane)->circuit;
    return index == NO_INDEX ? NULL : &core->circuits[index];
}

/* Who asks for a run by hand wants to know whether the origin is back. */
bool circuit_admits(struct core *core, struct run *run)
{
    struct circuit *circuit = circuit_of(core, run);
    if (!circuit || run->key.manual)
        return true;
    bool closed = breaker_closed(&circuit->breaker);
    bool admitted = breaker_admits(&circuit->breaker, core->now.mono);
    run->probe = admitted && !closed;
    return admitted;
}

static bool origin_to_blame(enum cause cause)
{
    return cause == CAUSE_NETWORK || cause == CAUSE_TIMEOUT ||
           cause == CAUSE_SERVER;
}

/* While a probe is under way only its own failure counts: that of a call which
 * was sent before the circuit opened is no news. */
void circuit_tell(struct core *core, struct run *run, enum cause cause)
{
    struct circuit *circuit = circuit_of(core, run);
    bool probe = run->probe;
    if (cause == CAUSE_SETUP)
        circuit_release(core, run); /* nothing was sent */
    run->probe = false;
    if (!circuit || cause == CAUSE_SETUP)
        return;
    struct breaker *breaker = &circuit->breaker;
    if (origin_to_blame(cause) && !probe && !breaker_closed(breaker))
        return;
    if (mutant(NEVER_OPEN) || (mutant(NEVER_SHUT) && !breaker_closed(breaker)))
        return;
    enum breaker_turn turn = breaker_tell(breaker, !origin_to_blame(cause),
                                          core->now.mono, &core->random);
    if (turn == BREAKER_STAYS)
        return;
    struct action *act = core_act(core, ACT_CIRCUIT);
    act->circuit.origin = circuit->origin;
    act->circuit.open = turn == BREAKER_OPENED;
    act->circuit.cool_ms = breaker_cools_ms(breaker, core->now.mono);
}

void circuit_release(struct core *core, struct run *run)
{
    struct circuit *circuit = run->probe ? circuit_of(core, run) : NULL;
    if (circuit)
        breaker_release(&circuit->breaker);
    run->probe = false;
}

void circuits_close(struct core *core)
{
    for (uint32_t i = 0; i < core->circuit_count; i++)
        free(core->circuits[i].origin);
    free(core->circuits);
}
