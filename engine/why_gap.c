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

/* ---- a slot without a row ---- */

void tell_unwritten(struct telling *t, struct wall slot)
{
    const struct why_case *c = t->c;
    struct wall from, to;
    if (down_at(c, slot, &from, &to)) {
        find(t, "down", NULL);
        say_slot(t, slot);
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
