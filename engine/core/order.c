/* An order is what an operator wants of a job: run it now, pause it, let it go
 * on, run old slots of it. */
#include "machine.h"

const char *const order_verb_names[4] = { "trigger", "pause", "resume",
                                          "backfill" };
const char *const order_names[ORDERS] = {
    [ORDER_DONE] = "done",
    [ORDER_NO_JOB] = "no_job",
    [ORDER_NOT_SCHEDULED] = "not_scheduled",
    [ORDER_OVERLAP] = "overlap",
    [ORDER_LEFT_OPEN] = "left_open",
    [ORDER_NOT_PAUSED] = "not_paused",
    [ORDER_TOO_MANY] = "too_many",
    [ORDER_TOO_OLD] = "too_old",
    [ORDER_STORE] = "store",
    [ORDER_NOT_PRIMARY] = "not_primary",
    [ORDER_STOPPING] = "stopping",
};

/* ---- may it be done? ---- */

static enum order_outcome order_check(const struct core *core,
                                      const struct order *order,
                                      uint32_t *ret_index)
{
    const struct tenure *tenure = tenure_in_force(core);
    if (core->stopping)
        return ORDER_STOPPING;
    if (!core->config.primary)
        return ORDER_NOT_PRIMARY;
    *ret_index = tenure ? jobset_find(tenure->set, order->job) : NO_INDEX;
    if (*ret_index == NO_INDEX)
        return ORDER_NO_JOB;
    return lane_at(core, *ret_index)->scheduled ? ORDER_DONE
                                                : ORDER_NOT_SCHEDULED;
}

/* ---- run it now ---- */

/* No two runs of a process have the same moment, so none the same key. */
static struct run_key key_now(struct core *core)
{
    if (core->manual_last.ms < core->now.wall.ms)
        core->manual_last = core->now.wall;
    else
        core->manual_last.ms++;
    return (struct run_key){ .slot = core->manual_last, .manual = true };
}

/* Of those that another life had claimed and the lane holds, the first. */
static struct run_key key_left_open(const struct core *core,
                                    const struct lane *lane)
{
    const struct run *run = &core->runs.places[lane->held_first];
    while (!run->reclaimed)
        run = &core->runs.places[run->next];
    return run->key;
}

/* What goes on of the job, here or for all that is known, is against it. */
static enum order_outcome overlap_check(const struct core *core, uint32_t index,
                                        struct order_report *report)
{
    const struct lane *lane = lane_at(core, index);
    report->going = lane->going;
    if (!lane_has_room(core, index))
        return ORDER_OVERLAP;
    if (!lane->reclaimed || lane_job(core, index)->overlap == OVERLAP_ALLOW)
        return ORDER_DONE;
    report->key = key_left_open(core, lane);
    return ORDER_LEFT_OPEN;
}

static enum order_outcome trigger(struct core *core, uint32_t index,
                                  const struct order *order,
                                  struct order_report *report)
{
    if (core->store_ill)
        return ORDER_STORE;
    enum order_outcome may =
        order->force ? ORDER_DONE : overlap_check(core, index, report);
    if (may != ORDER_DONE)
        return may;
    if (lane_at(core, index)->going >= FORCED_MAX)
        return ORDER_TOO_MANY;
    struct run *run = run_new(core, index, key_now(core), TRIGGER_MANUAL);
    report->run.value = run->id;
    report->key = run->key;
    run_admit(core, run);
    return ORDER_DONE;
}

/* ---- pause and resume ---- */

/* What was not decided by now is decided when the pause is over. */
static enum order_outcome pause(struct core *core, uint32_t index,
                                const struct order *order,
                                struct order_report *report)
{
    if (core->store_ill)
        return ORDER_STORE; /* nothing is fired, and it could not be kept */
    lane_pause(core, index, order->until);
    report->until = order->until;
    agenda_renew(core, index);
    struct action *act = core_act(core, ACT_PAUSE);
    act->pause.job = lane_job(core, index)->name;
    act->pause.until = order->until;
    act->pause.by = order->by;
    act->pause.reason = order->reason ? order->reason : "";
    return ORDER_DONE;
}

/* What would be run, and what not, if the lane's pause were over now. */
static void count_due(struct core *core, uint32_t index,
                      struct order_report *report)
{
    struct wall first = lane_next(core, index, lane_at(core, index)->cursor);
    if (first.ms > core->now.wall.ms)
        return;
    due_choose(core, index, first);
    const struct choice *choice = &core->choice;
    int64_t due = 1 + schedule_count(&lane_job(core, index)->schedule, first,
                                     choice->newest);
    report->runs = choice->count;
    report->missed = due - choice->count;
    if (!choice->count)
        return;
    report->first = choice->kept[choice->count - 1];
    report->last = choice->kept[0];
}

static enum order_outcome resume(struct core *core, uint32_t index,
                                 const struct order *order,
                                 struct order_report *report)
{
    if (core->store_ill && !order->dry_run)
        return ORDER_STORE;
    if (lane_at(core, index)->paused_until.ms == EVER_MS)
        return ORDER_NOT_PAUSED;
    count_due(core, index, report);
    if (order->dry_run)
        return ORDER_DONE;
    due_resume(core, index, core->now.wall, order->by,
               order->reason ? order->reason : "");
    agenda_renew(core, index);
    return ORDER_DONE;
}

/* ---- run old slots ---- */

/* NULL: the slot is not settled. `*at` is where to go on in the list, which is
 * asked for later and later slots. */
static const struct settled_slot *settled_at(const struct order *order,
                                             uint32_t *at, struct wall slot)
{
    while (*at < order->settled_count && order->settled[*at].slot.ms < slot.ms)
        ++*at;
    bool is =
        *at < order->settled_count && order->settled[*at].slot.ms == slot.ms;
    return is ? &order->settled[*at] : NULL;
}

/* Takes on the slots from `slot` to `to`, but for those that are settled; in a
 * dry run it only counts. */
static void take_on(struct core *core, uint32_t index,
                    const struct order *order, struct wall slot, struct wall to,
                    struct order_report *report)
{
    const struct schedule *schedule = &lane_job(core, index)->schedule;
    uint32_t at = 0, count = 0;
    for (; slot.ms <= to.ms && count < BACKFILL_SLOTS_MAX;
         slot = schedule_next(schedule, slot), count++) {
        const struct settled_slot *settled = settled_at(order, &at, slot);
        report->last = slot;
        report->done += settled && !settled->waits;
        report->waiting += settled && settled->waits;
        report->runs += !settled;
        if (!settled && !order->dry_run)
            held_add(core,
                     run_new(core, index, (struct run_key){ .slot = slot },
                             TRIGGER_BACKFILL));
    }
    report->more = slot.ms <= to.ms;
}

/* However many they are: none is looked at. */
static void count_slots(const struct schedule *schedule, struct wall slot,
                        struct wall to, struct order_report *report)
{
    report->runs = 1 + schedule_count(schedule, slot, to);
    report->last = schedule_last(schedule, to);
    report->done = report->waiting = -1;
    report->more = false;
}

static enum order_outcome backfill(struct core *core, uint32_t index,
                                   const struct order *order,
                                   struct order_report *report)
{
    const struct schedule *schedule = &lane_job(core, index)->schedule;
    struct wall to = order->to;
    if (to.ms > core->now.wall.ms)
        to = core->now.wall;
    if (core->store_ill && !order->dry_run)
        return ORDER_STORE;
    if (order->cancel) {
        held_cancel(core, index, report);
        return ORDER_DONE;
    }
    if (order->from.ms < core->now.wall.ms - BACKFILL_MS_MAX)
        return ORDER_TOO_OLD;
    if (!order->dry_run &&
        core->lanes.held + BACKFILL_SLOTS_MAX > CORE_HELD_MAX)
        return ORDER_TOO_MANY;
    struct wall slot =
        schedule_next(schedule, (struct wall){ order->from.ms - 1 });
    if (slot.ms > to.ms)
        return ORDER_DONE;
    report->first = slot;
    bool asked = order->settled != NULL;
    if (asked || !order->dry_run)
        take_on(core, index, order, slot, to, report);
    if (order->dry_run && (report->more || !asked))
        count_slots(schedule, slot, to, report);
    if (!asked)
        report->done = report->waiting = -1;
    return ORDER_DONE;
}

void order_take(struct core *core, const struct order *order)
{
    static enum order_outcome (*const carry_out[])(
        struct core * core, uint32_t index, const struct order *order,
        struct order_report *report) = {
        [VERB_TRIGGER] = trigger,
        [VERB_PAUSE] = pause,
        [VERB_RESUME] = resume,
        [VERB_BACKFILL] = backfill,
    };
    struct order_report report = { .asker = order->asker,
                                   .verb = order->verb,
                                   .first = { NEVER_MS },
                                   .last = { NEVER_MS } };
    uint32_t index;
    report.outcome = order_check(core, order, &index);
    if (report.outcome == ORDER_DONE)
        report.outcome = carry_out[order->verb](core, index, order, &report);
    core_act(core, ACT_ORDERED)->ordered = report;
}
