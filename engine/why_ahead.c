/* A slot that is to come and has a row: the clock was ahead, of this life or of
 * one before.
 *
 * What was run then is not run again, for its row is taken; nor is what this
 * life has lived through, whatever came of it. What was only leapt over, or was
 * missed before the life began, is run as if nothing were written down. */
#include <string.h>

#include "why_parts.h"

bool is_ahead(const struct why_case *c, struct wall slot,
              const struct history_row *row)
{
    bool comes = slot.ms > c->now.ms && slot.ms > c->told_at.ms;
    return comes && (row->done || row->count > 0);
}

/* This life was there at the time of the slot. */
static bool was_lived(const struct why_case *c, struct wall slot,
                      const struct history_row *row)
{
    if (c->lane.paused_until.ms == EVER_MS && c->next.ms != NEVER_MS &&
        slot.ms < c->next.ms)
        return true;
    bool leapt = row->verdict == VERDICT_MISSED &&
                 (row->why == WHY_CLOCK || row->why == WHY_DOWN);
    return !leapt && c->owner && strcmp(row->owner, c->owner) == 0;
}

bool tell_lived(struct telling *t, struct wall slot,
                const struct history_row *row)
{
    if (!is_run(row) && !was_lived(t->c, slot, row))
        return false;
    find(t, "held", row);
    say_slot(t, slot);
    text_printf(&t->words,
                " will not be run: it was %s when the clock was "
                "ahead",
                is_run(row) ? "run" : verdict_names[row->verdict]);
    if (is_run(row))
        say_result(t, row);
    else
        say_because(t, row);
    say(t, ".\n");
    return true;
}

void say_ahead(struct telling *t, const struct history_row *row)
{
    text_printf(&t->words,
                "The journal has it as %s from a time when the "
                "clock was ahead",
                verdict_names[row->verdict]);
    say_because(t, row);
    say(t, "; that is not held against it.\n");
}
