/* A tally counts slots without walking from each to the next.
 *
 * One lattice is arithmetic. What comes often is counted piece by piece, a
 * piece being the part of a local day that lies in one span of the zone: all
 * terms mark their seconds on the map of the day, so that two of them that meet
 * are one slot, and the marks are counted. What comes seldom is walked after
 * all. */
#include <string.h>

#include "rules.h"

/* Up to so many times a day a walk is no slower. */
#define SELDOM 32

/* On a day that is named. */
static double times_a_day(const struct rules *rules)
{
    double sum = 0, nth = rules->spec.nth > 1 ? rules->spec.nth : 1;
    for (uint32_t i = 0; i < rules->spec.term_count; i++) {
        const struct term *term = &rules->spec.terms[i];
        const struct cron *cron = rules_cron(rules, i);
        if (term->kind == TERM_EVERY)
            sum += (double)DAY_MS / (double)term->every_ms;
        else if (cron)
            sum += cron_times(cron) / nth;
    }
    return sum;
}

/* A map has whole seconds only. Who has lattices of fractions beside others is
 * alone, and may wait. */
static bool has_fractions(const struct rules *rules)
{
    for (uint32_t i = 0; i < rules->spec.term_count; i++)
        if (rules->spec.terms[i].every_ms % 1000 ||
            rules->spec.terms[i].phase_ms % 1000)
            return true;
    return false;
}

static bool is_lattice(const struct rules *rules)
{
    return rules->spec.term_count == 1 &&
           rules->spec.terms[0].kind == TERM_EVERY;
}

/* ---- pieces ---- */

/* [begin_ms, end_ms) of a local day. */
struct piece {
    struct zone_span span;
    int64_t day, begin_ms, end_ms;
    bool excluded;
};

static struct piece piece_at(const struct rules *rules, int64_t begin_ms,
                             int64_t until_ms)
{
    struct piece piece = { .begin_ms = begin_ms };
    int64_t at_s = floor_div(begin_ms, 1000);
    zone_span(rules->zone, at_s, &piece.span);
    piece.day = floor_div(at_s + piece.span.offset_s, DAY_S);
    int64_t end_s = (piece.day + 1) * DAY_S - piece.span.offset_s;
    end_s = earlier(end_s, piece.span.to_s);
    piece.end_ms = earlier(end_s * 1000, until_ms + 1);
    piece.excluded = rules->excludes && almanac_excludes(rules, piece.day);
    return piece;
}

static int64_t lattice_count(const struct term *term, int64_t begin_ms,
                             int64_t end_ms)
{
    return lattice_until(term->every_ms, term->phase_ms, end_ms - 1) -
           lattice_until(term->every_ms, term->phase_ms, begin_ms - 1);
}

/* ---- marks ---- */

static void mark(const struct piece *piece, int64_t at_ms, struct day_map *map)
{
    int64_t second = at_ms / 1000 + piece->span.offset_s - piece->day * DAY_S;
    map->minutes[second / 60] |= UINT64_C(1) << second % 60;
}

static void mark_lattice(const struct piece *piece, const struct term *term,
                         struct day_map *map)
{
    int64_t n =
        lattice_until(term->every_ms, term->phase_ms, piece->begin_ms - 1) + 1;
    int64_t at_ms = n * term->every_ms + term->phase_ms;
    for (; at_ms < piece->end_ms; at_ms += term->every_ms)
        mark(piece, at_ms, map);
}

static void mark_list(const struct piece *piece, const struct term *term,
                      struct day_map *map)
{
    uint32_t i = list_after(term, piece->begin_ms - 1);
    for (; i < term->slot_count && term->slots_ms[i] < piece->end_ms; i++)
        mark(piece, term->slots_ms[i], map);
}

static void mark_term(const struct rules *rules, uint32_t i,
                      const struct piece *piece, struct day_map *map)
{
    const struct term *term = &rules->spec.terms[i];
    const struct cron *cron = rules_cron(rules, i);
    if (cron)
        crossing_mark(rules, cron, &piece->span, piece->day, map);
    else if (term->kind == TERM_EVERY && !piece->excluded)
        mark_lattice(piece, term, map);
    else if (!piece->excluded)
        mark_list(piece, term, map);
}

/* The marks of the seconds [first, end) of the day. */
static int64_t marks(const struct day_map *map, int64_t first, int64_t end)
{
    int64_t count = 0;
    for (int64_t minute = first / 60; minute * 60 < end; minute++) {
        uint64_t seconds = map->minutes[minute];
        if (minute * 60 < first)
            seconds &= ~UINT64_C(0) << first % 60;
        if (end - minute * 60 < 60)
            seconds &= (UINT64_C(1) << (end - minute * 60)) - 1;
        count += __builtin_popcountll(seconds);
    }
    return count;
}

static int64_t piece_count(const struct rules *rules, const struct piece *piece)
{
    struct day_map map;
    memset(&map, 0, sizeof map);
    for (uint32_t i = 0; i < rules->spec.term_count; i++)
        mark_term(rules, i, piece, &map);
    int64_t midnight_s = piece->day * DAY_S - piece->span.offset_s;
    return marks(&map, -floor_div(-piece->begin_ms, 1000) - midnight_s,
                 -floor_div(-piece->end_ms, 1000) - midnight_s);
}

/* ---- counting ---- */

static int64_t walk(const struct rules *rules, int64_t after_ms,
                    int64_t until_ms)
{
    int64_t count = 0, at_ms = nominal_next(rules, after_ms);
    for (; at_ms <= until_ms && at_ms != NEVER_MS; count++)
        at_ms = nominal_next(rules, at_ms);
    return count;
}

int64_t tally(const struct rules *rules, int64_t after_ms, int64_t until_ms)
{
    const bool lattice = is_lattice(rules);
    const struct term *first = &rules->spec.terms[0];
    if (lattice && !rules->excludes)
        return lattice_count(first, after_ms + 1, until_ms + 1);
    if (times_a_day(rules) <= SELDOM || (!lattice && has_fractions(rules)))
        return walk(rules, after_ms, until_ms);
    int64_t count = 0, at_ms = after_ms + 1;
    while (at_ms <= until_ms) {
        struct piece piece = piece_at(rules, at_ms, until_ms);
        if (!lattice)
            count += piece_count(rules, &piece);
        else if (!piece.excluded)
            count += lattice_count(first, at_ms, piece.end_ms);
        at_ms = piece.end_ms;
    }
    return count;
}
