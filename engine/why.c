/* The instant leads to a slot, the slot to a row, the row to a rule.
 *
 * Where there is no slot the ones before and after it are told of. Where a slot
 * in the past has no row, what can be known without one is: that no worker
 * lived then, or that the schedule is newer. */
#include "why.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "writing.h"

#define SENTENCES_BYTES_MAX (16 << 10)

/* What is being told. Sentences end in a newline. */
struct telling {
    const struct why_case *c;
    struct text words;
    const char *code; /* of the first finding */
    struct wall slot; /* that it is about; NEVER_MS: none */
    const struct history_row *row;
};

static void say_date(struct telling *t, struct wall at)
{
    writing_date(&t->words, at, t->c->zone);
}

static void say(struct telling *t, const char *words)
{
    text_puts(&t->words, words);
}

static void say_span(struct telling *t, int64_t ms)
{
    writing_span(&t->words, ms);
}

static void find(struct telling *t, const char *code,
                 const struct history_row *row)
{
    if (t->code)
        return;
    t->code = code;
    t->row = row;
}

static bool is_scheduled(const struct why_case *c)
{
    return c->job->standing == STANDING_SCHEDULED;
}

/* ---- rows ---- */

static const struct history_row *row_at(const struct why_case *c, size_t i)
{
    return c->dossier && i < c->dossier->row_count ? &c->dossier->rows[i]
                                                   : NULL;
}

/* The row that decided a slot: its run before slots that were passed over, for
 * a slot that was missed may have been run afterwards. */
static const struct history_row *row_of(const struct why_case *c,
                                        struct wall slot)
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

/* A run of the job that was going at an instant, but for that of `slot`. */
static const struct history_row *row_going(const struct why_case *c,
                                           struct wall at, struct wall slot)
{
    const struct history_row *row;
    for (size_t i = 0; (row = row_at(c, i)); i++) {
        bool began = row->count == 0 && row->started.ms != EVER_MS &&
                     row->started.ms <= at.ms;
        if (began && (row->manual || row->slot.ms != slot.ms) &&
            (!row->done || row->ended.ms > at.ms))
            return row;
    }
    return NULL;
}

/* ---- lives ---- */

/* The time without a worker that holds `at`; false where one lived then, or
 * none is known before it. */
static bool down_at(const struct why_case *c, struct wall at,
                    struct wall *ret_from, struct wall *ret_to)
{
    *ret_from = (struct wall){ EVER_MS };
    *ret_to = (struct wall){ NEVER_MS };
    for (size_t i = 0; c->dossier && i < c->dossier->life_count; i++) {
        const struct stored_life *life = &c->dossier->lives[i];
        if (life->began.ms <= at.ms && life->seen.ms >= at.ms)
            return false;
        if (life->seen.ms < at.ms && life->seen.ms > ret_from->ms)
            *ret_from = life->seen;
        if (life->began.ms > at.ms && life->began.ms < ret_to->ms)
            *ret_to = life->began;
    }
    return ret_from->ms != EVER_MS && ret_to->ms != NEVER_MS;
}

static void say_down(struct telling *t, struct wall slot)
{
    struct wall from, to;
    if (!down_at(t->c, slot, &from, &to))
        return;
    say(t, " from ");
    say_date(t, from);
    say(t, " to ");
    say_date(t, to);
}

/* ---- pauses ---- */

/* The pause of now, which may be a later one than that of `at`. */
static bool is_pause_of(const struct why_case *c, struct wall at)
{
    return c->dossier && c->dossier->is_paused &&
           c->dossier->pause.since.ms <= at.ms &&
           c->dossier->pause.until.ms >= at.ms;
}

static void say_pause(struct telling *t)
{
    const struct stored_pause *pause = &t->c->dossier->pause;
    if (*pause->by)
        text_printf(&t->words, " by %s", pause->by);
    say(t, ", since ");
    say_date(t, pause->since);
    say(t, ", until ");
    say_date(t, pause->until);
    if (*pause->reason)
        text_printf(&t->words, ": %s", pause->reason);
}

/* Of a pause that is over: what its slots have kept. */
static void say_pauser(struct telling *t, const struct history_row *row)
{
    if (*row->by)
        text_printf(&t->words, " by %s", row->by);
    if (*row->error)
        text_printf(&t->words, ": %s", row->error);
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
    [WHY_CIRCUIT] = "the circuit of its origin was open, because the origin "
                    "had stopped answering",
    [WHY_MIN_GAP] = "it was too soon after the start of the last run (min_gap)",
    [WHY_MAX_RUNS] = "the job had had all its runs (max_runs)",
    [WHY_REPLACED] = "it was cancelled for a newer slot",
    [WHY_DEADLINE] = "it was accepted, and not done by its deadline",
};

static void say_blocker(struct telling *t, struct wall slot)
{
    const struct history_row *row = row_going(t->c, slot, slot);
    if (!row)
        return;
    say(t, row->manual ? ": the manual run of " : ": that of ");
    say_date(t, row->slot);
    say(t, ", which began ");
    say_date(t, row->started);
    if (row->done) {
        say(t, " and ended ");
        say_date(t, row->ended);
    }
    text_printf(&t->words, " (overlap = \"%s\")",
                overlap_names[t->c->job->overlap]);
}

static void tell_pass(struct telling *t, struct wall slot,
                      const struct history_row *row)
{
    find(t, verdict_names[row->verdict], row);
    say(t, "Its slot of ");
    say_date(t, slot);
    text_printf(&t->words, " was %s: %s", verdict_names[row->verdict],
                passed_because[row->why]);
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

static void say_result(struct telling *t, const struct history_row *row)
{
    text_printf(&t->words, ": %s", verdict_names[row->verdict]);
    if (row->status)
        text_printf(&t->words, ", with %u", row->status);
    say(t, ", after ");
    say_span(t, row->took_ms);
    if (row->attempt > 1)
        text_printf(&t->words, ", at attempt %u", row->attempt);
    if (row->why)
        text_printf(&t->words, "; %s", passed_because[row->why]);
    if (*row->error)
        text_printf(&t->words, "; %s", row->error);
}

static void tell_run(struct telling *t, struct wall slot,
                     const struct history_row *row)
{
    find(t, row->done ? "ran" : row->claimed ? "running" : "waiting", row);
    say(t, row->manual ? "The run of " : "Its slot of ");
    say_date(t, slot);
    if (!row->done && !row->claimed) {
        say(t, " waits to be run");
        say_trigger(t, row);
        say(t, ".\n");
        return;
    }
    say(t, row->done ? " was run" : " is being run");
    say_trigger(t, row);
    if (row->done) {
        say_result(t, row);
    } else {
        say(t, ", since ");
        say_date(t, row->started);
        text_printf(&t->words, ", attempt %u", row->attempt);
        if (*row->error)
            text_printf(&t->words, ", which failed, and another follows: %s",
                        row->error);
    }
    say(t, ".\n");
    if (row->started.ms - slot.ms >= LATE_MS_MAX && !row->manual) {
        say(t, "It began late, ");
        say_date(t, row->started);
        say(t, ".\n");
    }
}

static void tell_row(struct telling *t, struct wall slot,
                     const struct history_row *row)
{
    if (row->count > 0 || (row->done && row->verdict >= VERDICT_SKIPPED))
        tell_pass(t, slot, row);
    else
        tell_run(t, slot, row);
}

/* ---- a slot without a row ---- */

static void tell_unwritten(struct telling *t, struct wall slot)
{
    const struct why_case *c = t->c;
    struct wall from, to;
    if (down_at(c, slot, &from, &to)) {
        find(t, "down", NULL);
        say(t, "Its slot of ");
        say_date(t, slot);
        say(t, " was not run: no worker was running");
        say_down(t, slot);
        say(t, ".\n");
        return;
    }
    find(t, "unwritten", NULL);
    say(t, "Of its slot of ");
    say_date(t, slot);
    if (c->failure) {
        text_printf(&t->words, " nothing can be told: %s.\n", c->failure);
        return;
    }
    say(t, " nothing is written down");
    if (c->in_force_since.ms > slot.ms) {
        text_printf(&t->words, ": schedule #%u, in force since ",
                    c->generation);
        say_date(t, c->in_force_since);
        say(t, ", is newer, and the job may have been due at other times, or "
               "not at all");
    }
    say(t, ".\n");
}

/* ---- what is the matter with the job, now ---- */

/* Why it has no slots; false where it has some. */
static bool tell_off(struct telling *t)
{
    const struct why_case *c = t->c;
    static const char *const codes[] = {
        [STANDING_DISABLED] = "disabled",
        [STANDING_ENVIRONMENT] = "environment",
        [STANDING_JOBS_OFF] = "off",
    };
    if (is_scheduled(c))
        return false;
    find(t, codes[c->job->standing], NULL);
    text_printf(&t->words, "%s is not scheduled in %s: %s", c->job->name,
                c->environment, status_reason(c->job));
    text_printf(&t->words, " (schedule #%u, in force since ", c->generation);
    say_date(t, c->in_force_since);
    say(t, ").\n");
    return true;
}

/* Of a slot that lies behind us the pause decides when it is over. */
static bool tell_paused(struct telling *t, struct wall slot)
{
    struct wall until = t->c->lane.paused_until;
    bool past = slot.ms <= t->c->now.ms;
    if (until.ms == EVER_MS || until.ms <= slot.ms ||
        (past && !is_pause_of(t->c, slot)))
        return false;
    find(t, "paused", NULL);
    say(t, "Its slot of ");
    say_date(t, slot);
    say(t, past ? " was not run" : " will not be run in its time");
    say(t, ": the job is paused");
    if (t->c->dossier && t->c->dossier->is_paused) {
        say_pause(t);
    } else {
        say(t, " until ");
        say_date(t, until);
    }
    say(t, t->c->job->catch_up.window_ms
               ? ". Afterwards it is made up as catch_up says.\n"
               : ". Afterwards it is missed, for the job has no catch_up.\n");
    return true;
}

/* What may yet come between. */
static void say_provisos(struct telling *t)
{
    const struct why_case *c = t->c;
    const struct history_row *row =
        row_going(c, c->now, (struct wall){ NEVER_MS });
    if (c->lane.circuit_open)
        say(t, "The circuit of its origin is open now; if it still is then, "
               "the slot is skipped.\n");
    if (!c->lane.going || c->job->overlap != OVERLAP_SKIP)
        return;
    say(t, "A run is going now");
    if (row) {
        say(t, ", since ");
        say_date(t, row->started);
    }
    say(t, "; if it still is then, the slot is skipped.\n");
}

static void tell_coming(struct telling *t, struct wall slot)
{
    const struct why_case *c = t->c;
    if (tell_paused(t, slot))
        return;
    const char *not = NULL;
    if (!c->primary)
        not = "this worker starts nothing (SCHEDULER_IS_PRIMARY=false)";
    else if (c->job->max_runs && c->lane.runs >= c->job->max_runs)
        not = "the job has had all its runs (max_runs)";
    find(t, not ? "held" : "due", NULL);
    say(t, "Its slot of ");
    say_date(t, slot);
    if (not ) {
        text_printf(&t->words, " will not be run: %s.\n", not );
        return;
    }
    say(t, " will be run, in ");
    say_span(t, slot.ms - c->now.ms);
    say(t, ".\n");
    say_provisos(t);
}

/* ---- the instant ---- */

static void tell_slot(struct telling *t, struct wall slot)
{
    const struct history_row *row = row_of(t->c, slot);
    if (row)
        tell_row(t, slot, row);
    else if (slot.ms > t->c->now.ms && is_scheduled(t->c))
        tell_coming(t, slot);
    else if (is_scheduled(t->c) && tell_paused(t, slot))
        return;
    else if (!tell_off(t) ||
             (slot.ms <= t->c->now.ms && slot.ms < t->c->in_force_since.ms))
        tell_unwritten(t, slot);
}

static bool is_slot(struct wall slot)
{
    return slot.ms != NEVER_MS && slot.ms != EVER_MS;
}

/* The slot that the instant means, by the schedule or by a row of an older one;
 * NEVER_MS: none. */
static struct wall slot_meant(const struct why_case *c)
{
    int64_t width_ms = c->at.ms % WHY_MINUTE_MS ? 1 : WHY_MINUTE_MS;
    struct wall slot =
        schedule_next(&c->job->schedule, (struct wall){ c->at.ms - 1 });
    if (slot.ms < c->at.ms + width_ms)
        return slot;
    const struct history_row *row;
    for (size_t i = 0; (row = row_at(c, i)); i++)
        if (row->slot.ms >= c->at.ms && row->slot.ms < c->at.ms + width_ms)
            return row->slot;
    return (struct wall){ NEVER_MS };
}

static void tell_manual(struct telling *t, struct wall at)
{
    const struct history_row *row;
    for (size_t i = 0; (row = row_at(t->c, i)); i++)
        if (row->manual && row->slot.ms == at.ms)
            tell_run(t, at, row);
}

static void tell_between(struct telling *t, struct wall before,
                         struct wall after)
{
    const struct why_case *c = t->c;
    if (tell_off(t))
        return;
    const struct history_row *row =
        row_going(c, c->at, (struct wall){ NEVER_MS });
    find(t, row ? row->done ? "ran" : "running" : "not_due", row);
    text_printf(&t->words, "%s %s not due ", c->job->name,
                c->at.ms < c->now.ms ? "was" : "is");
    say_date(t, c->at);
    say(t, ".\n");
    if (row)
        tell_run(t, row->slot, row);
    if (is_slot(before) && (!row || row->manual || row->slot.ms != before.ms))
        tell_slot(t, before);
    if (is_slot(after))
        tell_slot(t, after);
    else
        say(t, "There is no slot after it.\n");
}

/* ---- as JSON ---- */

static void put_sentences(const struct text *words, struct text *out)
{
    writing_open(out, "sentences", '[');
    for (const char *at = words->data; *at;) {
        size_t len = strcspn(at, "\n");
        char *line = memory_copy(at, len);
        writing_string(out, NULL, line);
        free(line);
        at += len + (at[len] == '\n');
    }
    text_putc(out, ']');
}

static void put_case(const struct telling *t, struct wall before,
                     struct wall after, struct text *out)
{
    const struct why_case *c = t->c;
    writing_open(out, NULL, '{');
    writing_number(out, "version", 1);
    writing_string(out, "job", c->job->name);
    writing_time(out, "at", c->at, c->zone);
    writing_time(out, "now", c->now, c->zone);
    writing_string(out, "code", t->code);
    writing_time(out, "slot", t->slot, c->zone);
    writing_time(out, "previous", before, c->zone);
    writing_time(out, "next", after, c->zone);
    put_sentences(&t->words, out);
    if (t->row) {
        writing_open(out, "run", '{');
        dossier_row(t->row, c->zone, out);
        text_putc(out, '}');
    } else {
        writing_null(out, "run");
    }
    text_putc(out, '}');
}

void why_tell(const struct why_case *c, struct text *out)
{
    struct telling t = { .c = c, .slot = slot_meant(c) };
    const struct schedule *schedule = &c->job->schedule;
    struct wall at = is_slot(t.slot) ? t.slot : c->at;
    struct wall before = schedule_last(schedule, (struct wall){ at.ms - 1 });
    struct wall after = schedule_next(schedule, at);
    text_init(&t.words, SENTENCES_BYTES_MAX);
    if (!is_slot(t.slot))
        tell_between(&t, before, after);
    else if (row_of(c, t.slot) ||
             schedule_last(schedule, t.slot).ms == t.slot.ms)
        tell_slot(&t, t.slot);
    if (is_slot(t.slot))
        tell_manual(&t, t.slot);
    assert(t.code);
    put_case(&t, before, after, out);
    text_close(&t.words);
}
