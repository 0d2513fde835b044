/* A crossing takes local times over the changes of a zone's offset.
 *
 * Within a span local time is UTC plus a constant, so a search there is one in
 * the almanac. What differs is at its two ends (docs/time.md, rules 2 to 4):
 *
 *   gap    local times between two spans that no clock ever shows. A wildcard
 *          job lets them be. A job with fixed times fires once for all of them,
 *          at the first instant after the gap, unless it is told otherwise, and
 *          unless the gap is one of three hours or more: then a day was skipped
 *          on purpose.
 *   fold   local times that both spans have. A wildcard job fires in both; a
 *          job with fixed times in one: the first, unless it is told otherwise.
 */
#include "rules.h"

#define GAP_S_MAX (3 * INT64_C(3600))

static bool is_wildcard(const struct cron *cron)
{
    return cron->wildcard;
}

/* ---- the ends of a span ---- */

/* The local times of a span that fire in it: [lo, hi). Where a span is open it
 * ends with the years of a search. */
struct window {
    int64_t lo, hi;
};

static struct window window_of(const struct rules *rules,
                               const struct cron *cron,
                               const struct zone_span *span)
{
    bool opens = span->from_s != INT64_MIN, ends = span->to_s != INT64_MAX;
    struct window w = { opens ? span->from_s + span->offset_s : INT64_MIN,
                        ends ? span->to_s + span->offset_s : INT64_MAX };
    if (is_wildcard(cron))
        return w;
    if (opens && span->before_s > span->offset_s &&
        rules->spec.fold == FOLD_FIRST)
        w.lo = span->from_s + span->before_s;
    if (ends && span->offset_s > span->after_s && rules->spec.fold == FOLD_LAST)
        w.hi = span->to_s + span->after_s;
    return w;
}

static bool any_within(const struct rules *rules, const struct cron *cron,
                       int64_t lo, int64_t hi)
{
    int64_t local;
    return almanac_next(rules, cron, lo, hi, &local);
}

/* Whether what the gap before this span hides is made up as `gap` says. */
static bool made_up(const struct rules *rules, const struct cron *cron,
                    int64_t change_s, int32_t before_s, int32_t after_s,
                    enum gap gap)
{
    int64_t size = (int64_t)after_s - before_s;
    return size > 0 && size < GAP_S_MAX && !is_wildcard(cron) &&
           rules->spec.gap == gap &&
           any_within(rules, cron, change_s + before_s, change_s + after_s);
}

static bool fires_first(const struct rules *rules, const struct cron *cron,
                        const struct zone_span *span)
{
    return span->from_s != INT64_MIN &&
           made_up(rules, cron, span->from_s, span->before_s, span->offset_s,
                   GAP_AFTER);
}

static bool fires_last(const struct rules *rules, const struct cron *cron,
                       const struct zone_span *span)
{
    return span->to_s != INT64_MAX &&
           made_up(rules, cron, span->to_s, span->offset_s, span->after_s,
                   GAP_BEFORE);
}

/* ---- searching ---- */

/* The next due local time is far: spans between cannot have it, but for one
 * that a fold turns back in front of where the search began. */
static int64_t leap_forward(int64_t from_s, const struct zone_span *span,
                            int64_t local)
{
    if (span->to_s - from_s < 2 * OFFSET_S_MAX)
        return span->to_s;
    return later(span->to_s, local - OFFSET_S_MAX);
}

bool crossing_next(const struct rules *rules, const struct cron *cron,
                   int64_t after_s, int64_t *ret_s)
{
    int64_t at = after_s + 1, local = 0;
    while (at <= LAST_S) {
        struct zone_span span;
        zone_span(rules->zone, at, &span);
        *ret_s = at;
        if (at == span.from_s && fires_first(rules, cron, &span))
            return true;
        struct window w = window_of(rules, cron, &span);
        bool found = almanac_next(rules, cron, later(at + span.offset_s, w.lo),
                                  INT64_MAX, &local);
        *ret_s = local - span.offset_s;
        if (found && local < w.hi)
            return true;
        *ret_s = span.to_s - 1;
        if (fires_last(rules, cron, &span))
            return true;
        if (!found || span.to_s == INT64_MAX)
            return false;
        at = leap_forward(at, &span, local);
    }
    return false;
}

static int64_t leap_back(int64_t from_s, const struct zone_span *span,
                         int64_t local)
{
    if (from_s - span->from_s < 2 * OFFSET_S_MAX)
        return span->from_s - 1;
    return earlier(span->from_s - 1, local + OFFSET_S_MAX);
}

bool crossing_last(const struct rules *rules, const struct cron *cron,
                   int64_t at_s, int64_t *ret_s)
{
    int64_t at = at_s, local = 0;
    while (at >= FIRST_S) {
        struct zone_span span;
        zone_span(rules->zone, at, &span);
        *ret_s = at;
        if (span.to_s != INT64_MAX && at == span.to_s - 1 &&
            fires_last(rules, cron, &span))
            return true;
        struct window w = window_of(rules, cron, &span);
        bool found = almanac_last(
            rules, cron, earlier(at + span.offset_s, w.hi - 1), &local);
        *ret_s = local - span.offset_s;
        if (found && local >= w.lo)
            return true;
        *ret_s = span.from_s;
        if (fires_first(rules, cron, &span))
            return true;
        if (!found || span.from_s == INT64_MIN)
            return false;
        at = leap_back(at, &span, local);
    }
    return false;
}

/* ---- all fires of a day ---- */

/* What `map` has outside of [lo, hi), local times, is taken away. */
static void keep_between(struct day_map *map, int64_t day, int64_t lo,
                         int64_t hi)
{
    int64_t begin = day * DAY_S;
    for (unsigned minute = 0; minute < DAY_MINUTES; minute++, begin += 60) {
        if (lo <= begin && begin + 60 <= hi)
            continue;
        for (unsigned second = 0; second < 60; second++)
            if (begin + second < lo || begin + second >= hi)
                map->minutes[minute] &= ~(UINT64_C(1) << second);
    }
}

static void mark_at(struct day_map *map, int64_t day, int64_t local)
{
    int64_t second = local - day * DAY_S;
    if (0 <= second && second < DAY_S)
        map->minutes[second / 60] |= UINT64_C(1) << second % 60;
}

void crossing_mark(const struct rules *rules, const struct cron *cron,
                   const struct zone_span *span, int64_t day,
                   struct day_map *map)
{
    struct window w = window_of(rules, cron, span);
    if (w.lo <= day * DAY_S && (day + 1) * DAY_S <= w.hi) {
        almanac_mark(rules, cron, day, map);
    } else {
        struct day_map part = { { 0 } };
        almanac_mark(rules, cron, day, &part);
        keep_between(&part, day, w.lo, w.hi);
        for (unsigned minute = 0; minute < DAY_MINUTES; minute++)
            map->minutes[minute] |= part.minutes[minute];
    }
    if (fires_first(rules, cron, span))
        mark_at(map, day, span->from_s + span->offset_s);
    if (fires_last(rules, cron, span))
        mark_at(map, day, span->to_s - 1 + span->offset_s);
}

/* ---- fates ---- */

static enum fate gap_fate(const struct rules *rules, const struct cron *cron,
                          int64_t size)
{
    bool moves =
        !is_wildcard(cron) && size < GAP_S_MAX && rules->spec.gap != GAP_SKIP;
    return moves ? FATE_MOVED : FATE_SKIPPED;
}

static enum fate fold_fate(const struct rules *rules, const struct cron *cron)
{
    bool both = is_wildcard(cron) || rules->spec.fold == FOLD_BOTH;
    return both ? FATE_TWICE : FATE_ONCE;
}

enum fate crossing_fate(const struct rules *rules, const struct cron *cron,
                        const struct zone_span *change)
{
    int64_t size = (int64_t)change->offset_s - change->before_s;
    int64_t a = change->from_s + change->before_s;
    int64_t b = change->from_s + change->offset_s;
    if (!any_within(rules, cron, earlier(a, b), later(a, b)))
        return FATE_UNTOUCHED;
    return size > 0 ? gap_fate(rules, cron, size) : fold_fate(rules, cron);
}
