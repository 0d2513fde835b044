/* Leftovers are counted, and a few are named: whoever looks for a run finds out
 * that it was one of them, or that there were more. */
#include "leftovers.h"

#include <inttypes.h>

#include "mooncron/civil.h"

static void add(struct leftover *leftover, const struct entry *entry)
{
    if (leftover->count < LEFTOVERS_TOLD_MAX) {
        leftover->first[leftover->count].job = entry->job;
        leftover->first[leftover->count].slot = entry->slot;
    }
    leftover->count++;
}

/* What is said of a slot that was not run is decided again; nothing is lost. */
void leftovers_add(struct leftovers *leftovers, const struct backlog *backlog,
                   size_t from)
{
    for (size_t i = from; i < backlog->count; i++) {
        const struct entry *entry = &backlog->entries[i];
        if (entry->kind == ENTRY_CLAIM)
            add(&leftovers->claims, entry);
        else if (entry->kind == ENTRY_FINISH &&
                 entry->verdict <= VERDICT_UNKNOWN)
            add(&leftovers->verdicts, entry);
    }
}

static void say(const struct leftover *leftover, const char *what,
                struct text *out)
{
    uint64_t named = leftover->count < LEFTOVERS_TOLD_MAX ? leftover->count
                                                          : LEFTOVERS_TOLD_MAX;
    text_printf(out, "%" PRIu64 " %s%s (", leftover->count, what,
                leftover->count == 1 ? "" : "s");
    for (uint64_t i = 0; i < named; i++) {
        char slot[RFC3339_TEXT_MAX];
        text_printf(out, "%s%s of %s", i ? ", " : "", leftover->first[i].job,
                    rfc3339_format(leftover->first[i].slot, 0, slot));
    }
    if (named < leftover->count)
        text_printf(out, " and %" PRIu64 " more", leftover->count - named);
    text_puts(out, ")");
}

static void say_verdicts(const struct leftovers *leftovers, struct text *out)
{
    const struct leftover *verdicts = &leftovers->verdicts;
    if (!verdicts->count)
        return;
    say(verdicts, "verdict", out);
    if (!leftovers->forgotten)
        text_printf(out,
                    ": the next life tries %s again under the same key, or "
                    "says unknown",
                    verdicts->count == 1 ? "it" : "each");
}

static void say_claims(const struct leftovers *leftovers, struct text *out)
{
    if (!leftovers->claims.count)
        return;
    text_puts(out, leftovers->verdicts.count ? "; nor " : "");
    say(&leftovers->claims, "claim", out);
    text_puts(out, ", of which nothing was sent");
    if (!leftovers->forgotten)
        text_puts(out, ": what is due is the next life's to decide");
}

void leftovers_say(const struct leftovers *leftovers, struct text *out)
{
    if (!leftovers->verdicts.count && !leftovers->claims.count)
        return;
    text_puts(out, "the worker ends, and could not write down ");
    say_verdicts(leftovers, out);
    say_claims(leftovers, out);
}
