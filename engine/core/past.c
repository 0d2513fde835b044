/* The past is a short list of stretches of wall time; the last one grows. */
#include "past.h"

#include <assert.h>
#include <string.h>

void past_begin(struct past *past, struct wall now)
{
    past->stretches[0] = (struct stretch){ now, now };
    past->count = 1;
}

static struct stretch *last_stretch(struct past *past)
{
    assert(past->count > 0);
    return &past->stretches[past->count - 1];
}

void past_grow(struct past *past, struct wall now)
{
    struct stretch *last = last_stretch(past);
    if (now.ms > last->to.ms)
        last->to = now;
}

struct wall past_end(const struct past *past)
{
    assert(past->count > 0);
    return past->stretches[past->count - 1].to;
}

static bool stretches_touch(const struct stretch *a, const struct stretch *b)
{
    return a->from.ms <= b->to.ms + 1 && b->from.ms <= a->to.ms + 1;
}

static void stretch_remove(struct past *past, size_t i)
{
    past->count--;
    memmove(past->stretches + i, past->stretches + i + 1,
            (past->count - i) * sizeof *past->stretches);
}

/* What the last stretch touches becomes part of it: a clock that swings to and
 * fro needs one stretch, however often it swings. */
static void last_merge(struct past *past)
{
    for (size_t i = past->count - 1; i-- > 0;) {
        struct stretch *last = last_stretch(past);
        const struct stretch *other = &past->stretches[i];
        if (!stretches_touch(last, other))
            continue;
        if (other->from.ms < last->from.ms)
            last->from = other->from;
        if (other->to.ms > last->to.ms)
            last->to = other->to;
        stretch_remove(past, i);
    }
}

/* The two with the smallest gap between them become one: what lies in the gap
 * is given up, and nothing is fired twice. */
static void closest_merge(struct past *past)
{
    size_t before = 0, after = 0;
    int64_t gap_ms = NEVER_MS;
    for (size_t i = 0; i < past->count; i++) {
        for (size_t j = 0; j < past->count; j++) {
            int64_t ms = past->stretches[j].from.ms - past->stretches[i].to.ms;
            if (i == j || ms < 0 || ms >= gap_ms)
                continue;
            gap_ms = ms;
            before = i;
            after = j;
        }
    }
    if (before == after)
        return;
    past->stretches[before].to = past->stretches[after].to;
    stretch_remove(past, after);
}

void past_jump(struct past *past, struct wall from)
{
    last_merge(past);
    if (past->count == PAST_STRETCHES_MAX)
        closest_merge(past);
    assert(past->count < PAST_STRETCHES_MAX);
    past->stretches[past->count++] = (struct stretch){ from, { from.ms - 1 } };
}

/* The stretch that holds `at`, or NULL. */
static const struct stretch *stretch_at(const struct past *past, struct wall at)
{
    for (size_t i = 0; i < past->count; i++) {
        const struct stretch *stretch = &past->stretches[i];
        if (at.ms >= stretch->from.ms && at.ms <= stretch->to.ms)
            return stretch;
    }
    return NULL;
}

bool past_has(const struct past *past, struct wall at)
{
    return stretch_at(past, at) != NULL;
}

/* Each stretch is left behind for good, so the walk ends after `count` steps:
 * `after` only grows. */
struct wall past_next_slot(const struct past *past,
                           const struct schedule *schedule, struct wall after)
{
    for (;;) {
        struct wall slot = schedule_next(schedule, after);
        const struct stretch *lived = stretch_at(past, slot);
        if (!lived)
            return slot;
        after = lived->to;
    }
}

struct wall past_last_slot(const struct past *past,
                           const struct schedule *schedule, struct wall at)
{
    for (;;) {
        struct wall slot = schedule_last(schedule, at);
        const struct stretch *lived = stretch_at(past, slot);
        if (!lived)
            return slot;
        at.ms = lived->from.ms - 1;
    }
}

struct wall past_gap_end(const struct past *past, struct wall at)
{
    int64_t next_ms = NEVER_MS;
    for (size_t i = 0; i < past->count; i++) {
        const struct stretch *stretch = &past->stretches[i];
        bool empty = stretch->to.ms < stretch->from.ms;
        if (!empty && stretch->from.ms > at.ms && stretch->from.ms < next_ms)
            next_ms = stretch->from.ms;
    }
    return (struct wall){ next_ms == NEVER_MS ? NEVER_MS : next_ms - 1 };
}
