/* A slot that has a row: what became of its run, or why it had none. */
#include <inttypes.h>
#include <string.h>

#include "status.h"
#include "why_parts.h"

/* ---- rows ---- */

const struct history_row *row_at(const struct why_case *c, size_t i)
{
    return c->dossier && i < c->dossier->row_count ? &c->dossier->rows[i]
                                                   : NULL;
}

const struct history_row *row_of(const struct why_case *c, struct wall slot)
{
    const struct history_row *row, *passed = NULL;
    for (size_t i = 0; (row = row_at(c, i)); i++) {
        if (row->manual || row->slot.ms > slot.ms || row->last.ms < slot.ms)
            continue;
        if (row->count == 0)
            return row;
        if (!passed)
            passed = row;
    }
    return passed;
}

/* Whether it had begun by then, or waited for its group or another run. */
static bool had_begun(const struct history_row *row, struct wall at)
{
    return row->started.ms != EVER_MS && row->started.ms <= at.ms;
}

static bool waited(const struct history_row *row, struct wall at)
{
    return (row->trigger == TRIGGER_SCHEDULE || row->manual) &&
           row->slot.ms <= at.ms && !had_begun(row, at);
}

const struct history_row *row_going(const struct why_case *c, struct wall at,
                                    struct wall slot)
{
    const struct history_row *row;
    for (size_t i = 0; (row = row_at(c, i)); i++) {
        bool own = !row->manual && row->slot.ms == slot.ms;
        bool open = !row->done || row->ended.ms > at.ms;
        if (row->count == 0 && !own && open &&
            (had_begun(row, at) || waited(row, at)))
            return row;
    }
    return NULL;
}

/* ---- what is newer than the rows ---- */

static struct history_row row_now(const struct recent_run *run, bool done)
{
    return (struct history_row){ .job = "",
                                 .slot = run->key.slot,
                                 .last = run->key.slot,
                                 .started = run->started,
                                 .ended = run->ended,
                                 .took_ms = run->took_ms,
                                 .error = run->error ? run->error : "",
                                 .by = "",
                                 .attempt = run->attempt,
                                 .status = run->status,
                                 .trigger = (uint8_t)run->trigger,
                                 .verdict = run->verdict,
                                 .why = run->why,
                                 .cause = run->cause,
                                 .claimed = true,
                                 .done = done };
}

const struct history_row *row_recent(struct telling *t, struct wall slot)
{
    const struct recent_job *job = t->c->recent;
    const struct recent_run *run = NULL;
    if (job && job->goes_on && !job->going.key.manual &&
        job->going.key.slot.ms == slot.ms)
        run = &job->going;
    else if (job && job->ran && !job->last.key.manual &&
             job->last.key.slot.ms == slot.ms)
        run = &job->last;
    if (!run)
        return NULL;
    t->live = row_now(run, run == &job->last);
    t->live.job = t->c->job->name;
    t->live.owner = t->c->owner ? t->c->owner : "";
    return &t->live;
}

/* ---- a slot that was passed over ---- */

static const char *const passed_because[WHYS] = {
    [WHY_NONE] = "",
    [WHY_OVERLAP] = "the last run of the job was still going",
    [WHY_GROUP_FULL] = "too many runs waited for its group already",
    [WHY_REMOVED] = "the job went out of the schedule while its run waited",
    [WHY_STOPPING] = "the worker was told to stop",
    [WHY_SUPERSEDED] = "a newer slot of the job was due as well, and only the "
                       "newest is run",
    [WHY_LATE] = "it was found too late: the machine slept, or the worker was "
                 "held up",
    [WHY_DOWN] = "no worker was running",
    [WHY_PAUSED] = "the job was paused",
    [WHY_CLOCK] = "the clock was set over it",
    [WHY_STORE] = "the store had failed, and no claim could be written down",
    [WHY_CIRCUIT] = "the circuit of its origin was open",
    [WHY_MIN_GAP] = "it was too soon after the start of the last run (min_gap)",
    [WHY_MAX_RUNS] = "the job had had all its runs (max_runs)",
    [WHY_REPLACED] = "it was cancelled for a newer slot",
    [WHY_DEADLINE] = "it was accepted, and not done by its deadline",
    [WHY_CANCELLED] = "the backfill that it was part of was taken back",
};

void say_because(struct telling *t, const struct history_row *row)
{
    text_printf(&t->words, ": %s", passed_because[row->why]);
}

static void say_blocker(struct telling *t, struct wall slot)
{
    const struct history_row *row = row_going(t->c, slot, slot);
    if (!row)
        return;
    say(t, row->manual ? ": the manual run of " : ": that of ");
    say_date(t, row->slot);
    if (had_begun(row, slot)) {
        say(t, ", which began ");
        say_date(t, row->started);
    } else {
        say(t, ", which waited to be run");
    }
    if (row->done && !verdict_of_left(row->verdict, row->why)) {
        say(t, " and ended ");
        say_date(t, row->ended);
    }
    text_printf(&t->words, " (overlap = \"%s\"",
                overlap_names[t->c->job->overlap]);
    if (t->c->job->overlap_max)
        text_printf(&t->words, ", max = %" PRIu32, t->c->job->overlap_max);
    say(t, ")");
}

/* Of a pause that is over: what its slots have kept. */
static void say_pauser(struct telling *t, const struct history_row *row)
{
    if (*row->by)
        text_printf(&t->words, " by %s", row->by);
    if (*row->error)
        text_printf(&t->words, ": %s", row->error);
}

static void tell_pass(struct telling *t, struct wall slot,
                      const struct history_row *row)
{
    find(t, verdict_names[row->verdict], row);
    say_slot(t, slot);
    text_printf(&t->words, " was %s", verdict_names[row->verdict]);
    say_because(t, row);
    if (row->why == WHY_OVERLAP)
        say_blocker(t, slot);
    else if (row->why == WHY_DOWN)
        say_down(t, slot);
    else if (row->why == WHY_PAUSED && is_pause_of(t->c, slot))
        say_pause(t);
    else if (row->why == WHY_PAUSED)
        say_pauser(t, row);
    say(t, ".\n");
    if (row->count < 2)
        return;
    text_printf(&t->words, "It was one of %" PRId64 " slots, from ",
                row->count);
    say_date(t, row->slot);
    say(t, " to ");
    say_date(t, row->last);
    say(t, ".\n");
}

/* ---- a slot with a run ---- */

static void say_trigger(struct telling *t, const struct history_row *row)
{
    static const char *const words[TRIGGERS] = {
        [TRIGGER_SCHEDULE] = "",
        [TRIGGER_CATCH_UP] = ", to catch up",
        [TRIGGER_MANUAL] = ", by hand",
        [TRIGGER_BACKFILL] = ", as part of a backfill",
    };
    say(t, words[row->trigger]);
    if (*row->by)
        text_printf(&t->words, " (%s)", row->by);
}

/* A run that had attempts left. How many in all is what its job says now. */
static void say_no_more(struct telling *t, const struct history_row *row,
                        const char *no_more)
{
    uint32_t attempts = t->c->job->retry.attempts;
    text_printf(&t->words, "; no attempt %" PRIu32, row->attempt + 1);
    if (row->attempt < attempts)
        text_printf(&t->words, " of %" PRIu32, attempts);
    text_printf(&t->words, ": %s", no_more);
}

/* The row is of the life that had claimed it last. */
static bool ended_well(const struct why_case *c, const char *owner)
{
    for (size_t i = 0; c->dossier && i < c->dossier->life_count; i++)
        if (strcmp(c->dossier->lives[i].owner, owner) == 0)
            return c->dossier->lives[i].ended;
    return false;
}

static void say_death(struct telling *t, const struct history_row *row)
{
    text_printf(&t->words,
                "; its worker %s while it was under way; what came of it is "
                "not known",
                ended_well(t->c, row->owner) ? "ended" : "died");
}

void say_result(struct telling *t, const struct history_row *row)
{
    bool left = verdict_of_left(row->verdict, row->why);
    text_printf(&t->words, ": %s", verdict_names[row->verdict]);
    if (row->status)
        text_printf(&t->words, ", with %u", row->status);
    if (!left) {
        say(t, ", after ");
        say_span(t, row->took_ms);
    }
    if (row->attempt > 1)
        text_printf(&t->words, ", at attempt %u", row->attempt);
    const char *no_more = why_no_more(row->verdict, row->why);
    if (left)
        say_death(t, row);
    else if (row->why && !no_more)
        text_printf(&t->words, "; %s", passed_because[row->why]);
    if (*row->error)
        text_printf(&t->words, "; %s", row->error);
    if (no_more)
        say_no_more(t, row, no_more);
}

/* Of the run that goes on, what is newer than its row: the attempt under way,
 * or when another follows. */
static void say_attempt(struct telling *t, const struct history_row *row)
{
    const struct recent_job *job = t->c->recent;
    bool live = job && job->goes_on && job->going.key.slot.ms == row->slot.ms &&
                job->going.key.manual == row->manual;
    struct wall again;
    const struct recent_attempt *rest = live ? recent_rest(job, &again) : NULL;
    const char *error = rest && rest->error ? rest->error : row->error;
    uint32_t attempts = t->c->job->retry.attempts;
    uint32_t attempt = live ? job->going.attempt : row->attempt;
    say(t, ", since ");
    say_date(t, row->started);
    text_printf(&t->words, ", attempt %" PRIu32 " of %" PRIu32, attempt,
                attempts);
    if (live && job->going.accepted) {
        say(t, ", which the backend accepted ");
        say_date(t, job->going.accepted_at);
        say(t, ": whether it is done is asked until ");
        say_date(t, job->going.asked_until);
    } else if (rest) {
        text_printf(&t->words,
                    ", which failed: %s; attempt %" PRIu32 " of %" PRIu32
                    " follows ",
                    error, attempt + 1, attempts);
        say_date(t, again);
    } else if (*error && attempt > row->attempt) {
        text_printf(&t->words, "; attempt %" PRIu32 " failed: %s", row->attempt,
                    error);
    } else if (*error) {
        text_printf(&t->words, ", which failed, and another follows: %s",
                    error);
    }
}

/* Each run with its own late beginning. */
static void say_late(struct telling *t, struct wall slot,
                     const struct history_row *row)
{
    if (row->manual || row->started.ms - slot.ms < LATE_MS_MAX)
        return;
    say(t, "It began late, ");
    say_date(t, row->started);
    say(t, ".\n");
}

const char *run_code(const struct why_case *c, const struct history_row *row)
{
    if (dossier_left_open(row, c->owner))
        return "left_open";
    return row->done ? "ran" : row->claimed ? "running" : "waiting";
}

/* Nobody knows whether its request left. Where it is not in line, whether it is
 * tried again is decided with the first Settings. */
static void tell_left_open(struct telling *t, struct wall slot,
                           const struct history_row *row)
{
    const struct why_case *c = t->c;
    find(t, run_code(c, row), row);
    say(t, row->manual ? "The run of " : "Its slot of ");
    say_date(t, slot);
    say(t, row->manual ? "" : " was being run");
    say_trigger(t, row);
    say(t, row->manual ? " was left open" : ", and was left open");
    text_printf(&t->words,
                " by a worker that ended, at attempt %" PRIu32 " of %" PRIu32
                ", begun ",
                row->attempt, c->job->retry.attempts);
    say_date(t, row->started);
    if (c->lane.queued || c->lane.going) {
        say(t, "; it is tried again: ");
        blocker_put(&c->blocker, c->zone, &t->words);
    } else {
        say(t, "; it is tried again, or settled as unknown, once the worker "
               "has Settings");
    }
    say(t, ".\n");
}

/* With overlap = "queue" a slot waits for the run of its job before it, be that
 * one still waiting for the group; NULL: it waits for the group itself. */
static const struct history_row *row_first(const struct why_case *c,
                                           struct wall slot,
                                           const struct history_row *row)
{
    bool queues = c->job->overlap == OVERLAP_QUEUE &&
                  (!row || row->trigger == TRIGGER_SCHEDULE);
    const struct history_row *other;
    if (!queues || !c->lane.queued || c->blocker.kind != BLOCKER_GROUP)
        return NULL;
    for (size_t i = 0; (other = row_at(c, i)); i++)
        if (!other->done && !other->claimed && other->slot.ms < slot.ms &&
            waited(other, slot))
            return other;
    return NULL;
}

void tell_waiting(struct telling *t, struct wall slot,
                  const struct history_row *row)
{
    const struct history_row *first = row_first(t->c, slot, row);
    find(t, "waiting", row);
    say(t, row && row->manual ? "The run of " : "Its slot of ");
    say_date(t, slot);
    say(t, " waits to be run");
    if (row)
        say_trigger(t, row);
    say(t, ": ");
    if (first) {
        say(t, first->manual ? "the manual run of " : "the run of ");
        say_date(t, first->slot);
        say(t, " comes first (overlap = \"queue\"), and waits: ");
    }
    blocker_put(&t->c->blocker, t->c->zone, &t->words);
    say(t, ".\n");
}

void tell_run(struct telling *t, struct wall slot,
              const struct history_row *row)
{
    if (!row->done && !row->claimed) {
        tell_waiting(t, slot, row);
        return;
    }
    if (dossier_left_open(row, t->c->owner)) {
        tell_left_open(t, slot, row);
        return;
    }
    find(t, run_code(t->c, row), row);
    say(t, row->manual ? "The run of " : "Its slot of ");
    say_date(t, slot);
    say(t, row->done ? " was run" : " is being run");
    say_trigger(t, row);
    if (row->done)
        say_result(t, row);
    else
        say_attempt(t, row);
    say(t, ".\n");
    say_late(t, slot, row);
}

bool is_run(const struct history_row *row)
{
    return row->count == 0 && !(row->done && row->verdict >= VERDICT_SKIPPED);
}

void tell_row(struct telling *t, struct wall slot,
              const struct history_row *row)
{
    if (is_run(row))
        tell_run(t, slot, row);
    else
        tell_pass(t, slot, row);
}
