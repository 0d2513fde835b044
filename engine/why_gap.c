/* A slot that has no row: what can be known without one is that no worker lived
 * then, or that what is known begins later. */
#include <inttypes.h>

#include "why_parts.h"

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

void say_down(struct telling *t, struct wall slot)
{
    struct wall from, to;
    if (!down_at(t->c, slot, &from, &to))
        return;
    say(t, " from ");
    say_date(t, from);
    say(t, " to ");
    say_date(t, to);
}

/* ---- times without slots ---- */

/* A slot of the very instant of a change is of the schedule before it. */
static const struct stored_off *off_at(const struct why_case *c, struct wall at)
{
    for (size_t i = 0; c->dossier && i < c->dossier->off_count; i++) {
        const struct stored_off *off = &c->dossier->offs[i];
        if (off->since.ms < at.ms &&
            (off->until.ms == EVER_MS || at.ms <= off->until.ms))
            return off;
    }
    return NULL;
}

bool tell_off_then(struct telling *t, struct wall at)
{
    static const struct {
        const char *code, *words;
    } offs[OFFS] = {
        [OFF_NOT] = { "off", "for a reason that is not known here" },
        [OFF_DISABLED] = { "disabled", "enabled was false in the file" },
        [OFF_ENVIRONMENT] = { "environment",
                              "`only` listed other environments" },
        [OFF_SETTINGS] = { "off", "enableJobs was off in Settings" },
        [OFF_REMOVED] = { "removed", "the file did not have it" },
    };
    const struct stored_off *off = off_at(t->c, at);
    if (!off)
        return false;
    size_t why = off->why < OFFS ? off->why : OFF_NOT;
    find(t, offs[why].code, NULL);
    text_printf(&t->words, "%s was not scheduled ", t->c->job->name);
    say_date(t, at);
    text_printf(&t->words, ": %s, %s ", offs[why].words,
                off->until.ms == EVER_MS ? "since" : "from");
    say_date(t, off->since);
    if (off->until.ms != EVER_MS) {
        say(t, " to ");
        say_date(t, off->until);
    }
    text_printf(&t->words, " (schedule #%" PRIu32 "%s%s).\n", off->generation,
                *off->environment ? ", in " : "", off->environment);
    return true;
}

/* ---- a slot without a row ---- */

/* What is remembered begins later than the slot: the journal is younger, or its
 * older part has been taken away. */
static bool tell_forgotten(struct telling *t, struct wall slot)
{
    const struct why_case *c = t->c;
    const struct dossier *dossier = c->dossier;
    size_t count = dossier ? dossier->life_count : 0;
    bool all = count > 0 && count < STORE_LIVES_MAX;
    if (all && slot.ms < dossier->lives[count - 1].began.ms) {
        say(t, ": what is remembered begins ");
        say_date(t, dossier->lives[count - 1].began);
        if (dossier->moved)
            say(t, ", when the journal was found damaged and moved aside");
        return true;
    }
    if (!c->keep_days ||
        c->now.ms - slot.ms < (int64_t)c->keep_days * 24 * 3600 * 1000)
        return false;
    text_printf(&t->words,
                ": what ended more than %" PRIu32
                " days ago is taken away (MOONCRON_KEEP_DAYS)",
                c->keep_days);
    return true;
}

static void tell_newer(struct telling *t)
{
    text_printf(&t->words, ": schedule #%" PRIu32 ", in force since ",
                t->c->generation);
    say_date(t, t->c->in_force_since);
    say(t, ", is newer, and the job may have been due at other times, or not "
           "at all");
}

void tell_unwritten(struct telling *t, struct wall slot)
{
    const struct why_case *c = t->c;
    struct wall from, to;
    bool down = down_at(c, slot, &from, &to);
    find(t, down ? "down" : "unwritten", NULL);
    if (down) {
        say_slot(t, slot);
        say(t, " was not run: no worker was running");
        say_down(t, slot);
        say(t, ".\n");
        return;
    }
    say(t, "Of its slot of ");
    say_date(t, slot);
    if (c->failure) {
        text_printf(&t->words, " nothing can be told: %s.\n", c->failure);
        return;
    }
    say(t, " nothing is written down");
    if (!tell_forgotten(t, slot) && c->in_force_since.ms > slot.ms)
        tell_newer(t);
    say(t, ".\n");
}
