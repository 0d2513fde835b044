/* Who stands before a run is read off what core and recent say of its job, and
 * of the others of its group. */
#include "blocker.h"

#include <inttypes.h>

#include "writing.h"

const char *const blocker_names[BLOCKERS] = {
    [BLOCKER_NONE] = "none",   [BLOCKER_STORE] = "store",
    [BLOCKER_RUN] = "run",     [BLOCKER_PAUSE] = "pause",
    [BLOCKER_GROUP] = "group", [BLOCKER_CIRCUIT] = "circuit",
    [BLOCKER_GAP] = "min_gap", [BLOCKER_TURN] = "turn",
};

static void add_holder(struct blocker *blocker, const struct job *job,
                       const struct recent_job *known)
{
    if (!known || !known->goes_on ||
        blocker->holder_count == BLOCKER_HOLDERS_MAX)
        return;
    blocker->holders[blocker->holder_count++] =
        (struct holder){ job->name, known->going.key, known->going.started };
}

static void add_group(struct blocker *blocker, const struct jobset *set,
                      const struct recent *recent, uint32_t group)
{
    blocker->group = jobset_group(set, group)->name;
    blocker->limit = jobset_group(set, group)->limit;
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->group == group)
            add_holder(blocker, job, recent_of(recent, job->name));
    }
}

/* Of what is held back until its turn comes. */
static enum blocker_kind held_by(const struct core *core, uint32_t index,
                                 struct wall now)
{
    const struct lane_status lane = core_lane(core, index);
    const struct job *job = jobset_job(core_status(core).set, index);
    if (lane.paused_until.ms != EVER_MS)
        return BLOCKER_PAUSE;
    if (lane.circuit_open)
        return BLOCKER_CIRCUIT;
    if (job_too_soon(job, lane.started, now) ||
        job_too_soon(job, now, core_next_slot(core, index)))
        return BLOCKER_GAP;
    return BLOCKER_TURN;
}

/* A run that waits for its group goes on already, as overlap sees it; one that
 * is queued, or made up, does not yet. */
struct blocker blocker_of(const struct core *core, const struct recent *recent,
                          uint32_t index, struct wall now)
{
    const struct core_status status = core_status(core);
    const struct job *job = jobset_job(status.set, index);
    const struct lane_status lane = core_lane(core, index);
    const struct recent_job *known = recent_of(recent, job->name);
    uint32_t runs = known ? known->begun : 0;
    bool full = job->overlap_max && runs >= job->overlap_max;
    struct blocker blocker = { .kind = BLOCKER_NONE };
    if (!status.store_well) {
        blocker.kind = BLOCKER_STORE;
    } else if (runs && (job->overlap != OVERLAP_ALLOW || full)) {
        blocker.kind = BLOCKER_RUN;
        add_holder(&blocker, job, known);
    } else if (lane.going > runs && job->group != JOB_NO_GROUP) {
        blocker.kind = BLOCKER_GROUP;
        add_group(&blocker, status.set, recent, job->group);
    } else if (lane.queued) {
        blocker.kind = held_by(core, index, now);
    }
    return blocker;
}

/* ---- words ---- */

static void put_group(const struct blocker *blocker, const struct zone *zone,
                      struct text *out)
{
    text_printf(out, "its group \"%s\" is full, with %" PRIu32 " at once",
                blocker->group, blocker->limit);
    for (uint32_t i = 0; i < blocker->holder_count; i++) {
        text_printf(out, "%s%s, since ", i ? "; " : ": ",
                    blocker->holders[i].job);
        writing_date(out, blocker->holders[i].started, zone);
    }
}

void blocker_put(const struct blocker *blocker, const struct zone *zone,
                 struct text *out)
{
    static const char *const clauses[BLOCKERS] = {
        [BLOCKER_NONE] = "its claim is being written down",
        [BLOCKER_STORE] = "the store has failed, and no claim can be written "
                          "down",
        [BLOCKER_PAUSE] = "the job is paused",
        [BLOCKER_CIRCUIT] = "the circuit of its origin is open",
        [BLOCKER_GAP] = "the run before it, or the next slot, is nearer than "
                        "min_gap",
        [BLOCKER_TURN] = "runs that are made up begin one after the other, "
                         "none before the worker has lived for 10 s",
    };
    if (blocker->kind == BLOCKER_GROUP) {
        put_group(blocker, zone, out);
        return;
    }
    if (blocker->kind != BLOCKER_RUN) {
        text_puts(out, clauses[blocker->kind]);
        return;
    }
    text_puts(out, "the run of ");
    writing_date(out, blocker->holders[0].key.slot, zone);
    text_puts(out, " goes on, since ");
    writing_date(out, blocker->holders[0].started, zone);
}
