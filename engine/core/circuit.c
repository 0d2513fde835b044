/* A circuit is an origin and its breaker: jobs that call it share both. It
 * outlives reloads, since an origin is no better for a new schedule.
 *
 * An origin that cannot be reached is nobody's: while its circuit is open all
 * are held back, but for one probe after each cool-down. Where somebody is
 * there and does badly it may be one endpoint, or all of them, and who has not
 * failed himself cannot know. So each lane finds out with a call of its own:
 * held back, but for the probes, are those whose own call failed since the
 * origin last answered well, each for BREAKER_COOL_MS_MAX. So a bad endpoint
 * costs the other jobs nothing, however often it is called, and cannot take all
 * the probes from those that failed once; and an outage costs each job one call
 * in that time. */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "mooncron/digest.h"
#include "mooncron/memory.h"
#include "mutant.h"

const char *const trouble_names[TROUBLES] = {
    [TROUBLE_NONE] = "",
    [TROUBLE_UNREACHABLE] = "unreachable",
    [TROUBLE_ILL] = "ill",
};

/* ---- by origin ---- */

/* Where its circuit is in the index, or would go. */
static uint16_t *slot_of(struct circuits *circuits, const char *origin)
{
    const uint32_t mask = sizeof circuits->slots / sizeof(uint16_t) - 1;
    uint32_t i = digest_fold(digest_string(DIGEST_START, origin)) & mask;
    for (; circuits->slots[i]; i = (i + 1) & mask)
        if (!strcmp(circuits->circuits[circuits->slots[i] - 1].origin, origin))
            break;
    return &circuits->slots[i];
}

static void circuit_add(struct circuits *circuits, const char *origin)
{
    circuits->circuits = memory_resize(circuits->circuits, circuits->count + 1,
                                       sizeof *circuits->circuits);
    circuits->circuits[circuits->count++] =
        (struct circuit){ .origin = memory_string(origin),
                          .good_at = LONG_AGO,
                          .opened = { EVER_MS },
                          .told_at = LONG_AGO };
}

/* What a script calls is not known before it does. */
uint32_t circuit_find(struct core *core, const struct job *job)
{
    struct circuits *circuits = &core->circuits;
    if (job->function)
        return NO_INDEX;
    uint16_t *slot = slot_of(circuits, job->origin);
    if (!*slot) {
        if (circuits->count == CIRCUITS_MAX)
            return NO_INDEX;
        circuit_add(circuits, job->origin);
        *slot = (uint16_t)circuits->count;
    }
    return *slot - 1u;
}

/* NULL: what it calls has none. */
static struct circuit *circuit_of(const struct core *core, uint32_t index)
{
    return index == NO_INDEX ? NULL : &core->circuits.circuits[index];
}

/* ---- who may call ---- */

/* How long a failure at `ill_at` still holds back whose it was; 0: no more, or
 * the origin has answered well since. */
static int64_t blamed_ms(const struct core *core, const struct circuit *circuit,
                         struct mono ill_at)
{
    int64_t left_ms = ill_at.ms + BREAKER_COOL_MS_MAX - core->now.mono.ms;
    bool since = ill_at.ms >= circuit->good_at.ms;
    return since && left_ms > 0 ? left_ms : 0;
}

/* Whether it is held back where the circuit holds somebody back. */
static bool is_blamed(const struct core *core, const struct circuit *circuit,
                      struct mono ill_at)
{
    if (circuit->trouble != TROUBLE_ILL || mutant(ALL_BLAMED))
        return true;
    return blamed_ms(core, circuit, ill_at) > 0 && !mutant(NONE_BLAMED);
}

/* Of a run that is of another declaration than its lane is now, its own
 * failures count. */
static struct mono ill_last(const struct core *core, const struct run *run)
{
    const struct lane *lane =
        run->lane == NO_INDEX ? NULL : lane_at(core, run->lane);
    return lane && lane->ill_at.ms > run->ill_at.ms ? lane->ill_at
                                                    : run->ill_at;
}

bool circuit_holds(const struct core *core, uint32_t index)
{
    const struct circuit *circuit =
        circuit_of(core, lane_at(core, index)->circuit);
    return circuit && breaker_open(&circuit->breaker, core->now.mono) &&
           is_blamed(core, circuit, lane_at(core, index)->ill_at);
}

/* Who asks for a run by hand wants to know whether the origin is back. */
bool circuit_admits(struct core *core, struct run *run)
{
    struct circuit *circuit = circuit_of(core, run->circuit);
    run->pass = PASS_FREE;
    if (!circuit || run->key.manual || breaker_closed(&circuit->breaker))
        return true;
    if (breaker_admits(&circuit->breaker, core->now.mono))
        run->pass = PASS_PROBE;
    else if (!is_blamed(core, circuit, ill_last(core, run)))
        run->pass = PASS_OWN;
    return run->pass != PASS_FREE;
}

void circuit_release(struct core *core, struct run *run)
{
    if (run->pass == PASS_PROBE)
        breaker_release(&circuit_of(core, run->circuit)->breaker);
    run->pass = PASS_FREE;
}

/* ---- what is told of it ---- */

static bool is_news(const struct core *core, const struct circuit *circuit)
{
    const struct mono now = core->now.mono;
    if (breaker_closed(&circuit->breaker))
        return circuit->told != TROUBLE_NONE;
    return circuit->told != circuit->trouble &&
           now.ms - circuit->told_at.ms >= CIRCUIT_TOLD_MS;
}

/* It opens and closes as often as the origin likes. What is said of it is how
 * it is, where that is another than was said last. */
static void circuit_say(struct core *core, struct circuit *circuit)
{
    if (!is_news(core, circuit))
        return;
    struct action *act = core_act(core, ACT_CIRCUIT);
    act->circuit.origin = circuit->origin;
    act->circuit.open = !breaker_closed(&circuit->breaker);
    circuit->told = TROUBLE_NONE;
    if (!act->circuit.open)
        return;
    act->circuit.trouble = circuit->trouble;
    act->circuit.cause = circuit->cause;
    act->circuit.status = circuit->status;
    act->circuit.fails = circuit->fails;
    act->circuit.times = circuit->times;
    act->circuit.cool_ms = breaker_cools_ms(&circuit->breaker, core->now.mono);
    circuit->told = circuit->trouble;
    circuit->told_at = core->now.mono;
    circuit->times = 0;
}

/* ---- how calls went ---- */

/* An answer that says no is an answer. */
static enum trouble trouble_of(const struct event *answer)
{
    switch (answer->answer.cause) {
    case CAUSE_SERVER:
        return TROUBLE_ILL;
    case CAUSE_NETWORK:
    case CAUSE_TIMEOUT:
        return answer->answer.sent ? TROUBLE_ILL : TROUBLE_UNREACHABLE;
    default:
        return TROUBLE_NONE;
    }
}

static void tell_good(struct core *core, struct circuit *circuit)
{
    if (mutant(NEVER_SHUT) && !breaker_closed(&circuit->breaker))
        return;
    breaker_tell(&circuit->breaker, true, core->now.mono, &core->random);
    circuit->trouble = TROUBLE_NONE;
    circuit->fails = 0;
    circuit->good_at = core->now.mono;
    circuit->opened.ms = EVER_MS;
    circuit_say(core, circuit);
}

/* A declaration that has changed since, or calls another origin, has not
 * failed. */
static void blame(struct core *core, struct run *run)
{
    run->ill_at = core->now.mono;
    if (run->lane == NO_INDEX)
        return;
    struct lane *lane = lane_at(core, run->lane);
    if (lane->circuit == run->circuit &&
        lane_job(core, run->lane)->digest == run->job->digest)
        lane->ill_at = core->now.mono;
}

/* While it is open the failure of a call that nobody let through says nothing
 * new of the origin: it was sent before, or by hand. Nor is any but the probe's
 * a reason to wait longer. */
static void tell_failed(struct core *core, struct circuit *circuit,
                        enum pass pass, const struct event *answer)
{
    bool closed = breaker_closed(&circuit->breaker);
    enum breaker_turn turn = BREAKER_STAYS;
    if ((pass == PASS_FREE && !closed) || mutant(NEVER_OPEN))
        return;
    circuit->trouble = trouble_of(answer);
    circuit->cause = answer->answer.cause;
    circuit->status = answer->answer.status;
    circuit->fails++;
    if (closed || pass == PASS_PROBE)
        turn = breaker_tell(&circuit->breaker, false, core->now.mono,
                            &core->random);
    if (turn == BREAKER_OPENED) {
        circuit->opened = core->now.wall;
        circuit->times++;
    }
    circuit_say(core, circuit);
}

void circuit_tell(struct core *core, struct run *run,
                  const struct event *answer)
{
    struct circuit *circuit = circuit_of(core, run->circuit);
    enum pass pass = run->pass;
    if (answer->answer.cause == CAUSE_SETUP)
        circuit_release(core, run); /* nothing was sent */
    run->pass = PASS_FREE;
    if (!circuit || answer->answer.cause == CAUSE_SETUP)
        return;
    enum trouble trouble = trouble_of(answer);
    if (trouble == TROUBLE_ILL)
        blame(core, run);
    if (trouble == TROUBLE_NONE)
        tell_good(core, circuit);
    else
        tell_failed(core, circuit, pass, answer);
}

void circuits_close(struct circuits *circuits)
{
    for (uint32_t i = 0; i < circuits->count; i++)
        free(circuits->circuits[i].origin);
    free(circuits->circuits);
}

/* ---- looking ---- */

struct circuit_status core_circuit(const struct core *core, uint32_t index)
{
    const struct circuit *circuit =
        circuit_of(core, lane_at(core, index)->circuit);
    if (!circuit)
        return (struct circuit_status){ .opened = { EVER_MS },
                                        .again = { NEVER_MS } };
    const struct breaker *breaker = &circuit->breaker;
    bool holds = circuit_holds(core, index);
    int64_t again_ms = breaker_cools_ms(breaker, core->now.mono);
    int64_t own_ms = blamed_ms(core, circuit, lane_at(core, index)->ill_at);
    bool sooner = breaker_probed(breaker) || own_ms < again_ms;
    if (circuit->trouble == TROUBLE_ILL && sooner)
        again_ms = own_ms;
    return (struct circuit_status){
        .origin = circuit->origin,
        .open = !breaker_closed(breaker),
        .holds = holds,
        .probing = breaker_probed(breaker),
        .trouble = circuit->trouble,
        .cause = circuit->trouble ? circuit->cause : CAUSE_NONE,
        .status = circuit->trouble ? circuit->status : 0,
        .fails = circuit->fails,
        .opened = circuit->opened,
        .again = { holds ? core->now.wall.ms + again_ms : NEVER_MS },
    };
}
