/* The instant leads to a slot, the slot to a row, the row to a rule.
 *
 * Where there is no slot the ones before and after it are told of. Where a slot
 * has no row it may wait to be run, unwritten yet; or it is to come; or no
 * worker lived then, or what is known begins later. */
#include "why.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "spacing.h"
#include "status.h"
#include "why_parts.h"
#include "writing.h"

#define SENTENCES_BYTES_MAX (16 << 10)

void say_date(struct telling *t, struct wall at)
{
    writing_date(&t->words, at, t->c->zone);
}

void say(struct telling *t, const char *words)
{
    text_puts(&t->words, words);
}

void say_span(struct telling *t, int64_t ms)
{
    writing_span(&t->words, ms);
}

void say_slot(struct telling *t, struct wall slot)
{
    say(t, "Its slot of ");
    say_date(t, slot);
}

void find(struct telling *t, const char *code, const struct history_row *row)
{
    if (t->code)
        return;
    t->code = code;
    t->row = row;
}

bool is_scheduled(const struct why_case *c)
{
    return c->job->standing == STANDING_SCHEDULED;
}

/* ---- pauses ---- */

bool is_pause_of(const struct why_case *c, struct wall at)
{
    return c->dossier && c->dossier->is_paused &&
           c->dossier->pause.since.ms <= at.ms &&
           c->dossier->pause.until.ms >= at.ms;
}

void say_pause(struct telling *t)
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

static bool is_slot(struct wall slot)
{
    return slot.ms != NEVER_MS && slot.ms != EVER_MS;
}

/* ---- what is the matter with the job, now ---- */

/* Why it has no slots now; false where it has some. */
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
    say_slot(t, slot);
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

static void say_circuit(struct telling *t)
{
    const struct why_case *c = t->c;
    if (!c->lane.circuit_open)
        return;
    say(t, "The circuit of its origin");
    if (c->circuit.origin)
        text_printf(&t->words, ", %s,",
                    *c->circuit.origin ? c->circuit.origin : "BACKEND_URL");
    say(t, " is open now");
    if (c->circuit.fails) {
        text_printf(&t->words, ", after %" PRIu32 " failure%s in a row: %s",
                    c->circuit.fails, c->circuit.fails == 1 ? "" : "s",
                    cause_names[c->circuit.cause]);
        if (c->circuit.status)
            text_printf(&t->words, " %u", c->circuit.status);
    }
    if (c->circuit.probing) {
        say(t, "; a call finds out whether it is back");
    } else if (c->circuit.fails && is_slot(c->circuit.again)) {
        say(t, "; the next call is let through from ");
        say_date(t, c->circuit.again);
        say(t, " on");
    }
    say(t, "; if it still is then, the slot is skipped.\n");
}

/* What may yet come between. */
static void say_provisos(struct telling *t)
{
    const struct why_case *c = t->c;
    const struct history_row *row =
        row_going(c, c->now, (struct wall){ NEVER_MS });
    say_circuit(t);
    if (!c->lane.going || c->job->overlap != OVERLAP_SKIP)
        return;
    bool left = row && dossier_left_open(row, c->owner);
    say(t, left ? "A run that was left open goes on" : "A run is going now");
    if (row && row->started.ms != EVER_MS) {
        say(t, ", since ");
        say_date(t, row->started);
    }
    say(t, "; if it still is then, the slot is skipped.\n");
}

/* What keeps the worker itself from firing; NULL: nothing. */
static const char *worker_hurdle(const struct why_case *c)
{
    if (c->stopping)
        return "the worker is stopping";
    return c->store_ill ? "nothing is fired until the journal can be written"
                        : NULL;
}

/* What forbids any further run; NULL: nothing. */
static const char *job_hurdle(const struct why_case *c)
{
    if (!c->primary)
        return "this worker starts nothing (SCHEDULER_IS_PRIMARY=false)";
    if (c->job->max_runs && c->lane.runs >= c->job->max_runs)
        return "the job has had all its runs (max_runs)";
    return NULL;
}

/* Sooner than min_gap after a start that has been, or is to come. */
static void tell_too_soon(struct telling *t, struct wall slot,
                          struct wall before)
{
    find(t, "held", NULL);
    say_slot(t, slot);
    say(t, " will be skipped: it comes sooner than ");
    say_span(t, t->c->job->min_gap_ms);
    say(t, " after the start of the run before it, ");
    say_date(t, before);
    say(t, " (min_gap).\n");
}

static void say_coming(struct telling *t, struct wall slot, bool far_off)
{
    const char *hurdle = worker_hurdle(t->c);
    find(t, hurdle ? "held" : "due", NULL);
    say_slot(t, slot);
    text_printf(&t->words, " %s be run, in ", hurdle ? "would" : "will");
    say_span(t, slot.ms - t->c->now.ms);
    if (hurdle)
        text_printf(&t->words, "; %s", hurdle);
    if (far_off) {
        say(t, "; unless it comes sooner than ");
        say_span(t, t->c->job->min_gap_ms);
        say(t, " after the start of the run before it (min_gap)");
    }
    say(t, ".\n");
}

/* Runs are counted from the end of a pause on, where the job is paused. */
static void tell_coming(struct telling *t, struct wall slot)
{
    const struct why_case *c = t->c;
    if (tell_paused(t, slot))
        return;
    const char *hurdle = job_hurdle(c);
    if (hurdle) {
        find(t, "held", NULL);
        say_slot(t, slot);
        text_printf(&t->words, " will not be run: %s.\n", hurdle);
        return;
    }
    struct wall until = c->lane.paused_until, before;
    struct wall from =
        until.ms == EVER_MS || until.ms < c->now.ms ? c->now : until;
    enum spacing spacing =
        spacing_of(c->job, c->lane.started, from, slot, &before);
    if (spacing == SPACING_TOO_SOON) {
        tell_too_soon(t, slot, before);
        return;
    }
    say_coming(t, slot, spacing == SPACING_FAR_OFF);
    say_provisos(t);
}

/* The same of any instant: what was off then may be on by now. */
static bool tell_was_off(struct telling *t, struct wall at)
{
    const struct why_case *c = t->c;
    if (at.ms < c->now.ms && tell_off_then(t, at))
        return true;
    return (at.ms >= c->now.ms || at.ms > c->in_force_since.ms) && tell_off(t);
}

/* What will be, and not what was when the clock was ahead. */
static void tell_ahead(struct telling *t, struct wall slot,
                       const struct history_row *row)
{
    if (!is_scheduled(t->c)) {
        tell_off(t);
        return;
    }
    if (tell_lived(t, slot, row))
        return;
    tell_coming(t, slot);
    say_ahead(t, row);
}

/* ---- the instant ---- */

static void tell_slot(struct telling *t, struct wall slot)
{
    const struct history_row *row = row_of(t->c, slot);
    if (!row)
        row = row_recent(t, slot);
    if (row && is_ahead(t->c, slot, row))
        tell_ahead(t, slot, row);
    else if (row)
        tell_row(t, slot, row);
    else if (t->c->lane.unwritten.ms == slot.ms)
        tell_waiting(t, slot, NULL);
    else if (slot.ms > t->c->now.ms && is_scheduled(t->c))
        tell_coming(t, slot);
    else if (!tell_was_off(t, slot) &&
             !(is_scheduled(t->c) && tell_paused(t, slot)))
        tell_unwritten(t, slot);
}

/* A time to the second is meant itself. */
static int64_t width_ms(struct wall at)
{
    return at.ms % WHY_MINUTE_MS ? 1 : WHY_MINUTE_MS;
}

/* The slot that the instant means, by the schedule; NEVER_MS: none. */
static struct wall slot_within(const struct schedule *schedule, struct wall at)
{
    static const struct wall none = { NEVER_MS };
    struct wall slot = schedule_next(schedule, (struct wall){ at.ms - 1 });
    return slot.ms < at.ms + width_ms(at) ? slot : none;
}

size_t why_slots(const struct schedule *schedule, struct wall at,
                 struct wall ret[WHY_SLOTS_MAX])
{
    const struct wall beside[] = {
        schedule_last(schedule, (struct wall){ at.ms - 1 }),
        schedule_next(schedule, at),
    };
    size_t count = 0;
    ret[0] = slot_within(schedule, at);
    if (is_slot(ret[0]))
        return 1;
    for (size_t i = 0; i < 2; i++)
        if (is_slot(beside[i]))
            ret[count++] = beside[i];
    return count;
}

/* The same, or by a row of an older schedule. */
static struct wall slot_meant(const struct why_case *c)
{
    struct wall slot = slot_within(&c->job->schedule, c->at);
    const struct history_row *row;
    for (size_t i = 0; !is_slot(slot) && (row = row_at(c, i)); i++)
        if (row->slot.ms >= c->at.ms &&
            row->slot.ms < c->at.ms + width_ms(c->at))
            slot = row->slot;
    return slot;
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
    if (tell_was_off(t, c->at))
        return;
    const struct history_row *row =
        row_going(c, c->at, (struct wall){ NEVER_MS });
    find(t, row ? run_code(c, row) : "not_due", row);
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
        dossier_row(t->row, c->owner, c->zone, out);
        text_putc(out, '}');
    } else {
        writing_null(out, "run");
    }
    text_putc(out, '}');
}

/* Its newest row up to the instant; of a whole minute, that of its slot. */
static void tell_last_known(struct telling *t)
{
    const struct history_row *row = row_at(t->c, 0);
    if (!row)
        return;
    if (row->slot.ms >= t->c->at.ms)
        t->slot = row->slot;
    tell_row(t, row->slot, row);
}

static void say_gone(struct telling *t)
{
    const struct why_case *c = t->c;
    find(t, "removed", row_at(c, 0));
    text_printf(&t->words,
                "%s is not in the schedule (schedule #%" PRIu32
                ", in force since ",
                c->job->name, c->generation);
    say_date(t, c->in_force_since);
    say(t, ").\n");
}

void why_tell_gone(const struct why_case *c, struct text *out)
{
    static const struct wall never = { NEVER_MS };
    struct telling t = { .c = c, .slot = never };
    text_init(&t.words, SENTENCES_BYTES_MAX);
    say_gone(&t);
    if (c->at.ms < c->now.ms)
        tell_off_then(&t, c->at);
    tell_last_known(&t);
    put_case(&t, never, never, out);
    text_close(&t.words);
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
