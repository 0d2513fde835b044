/* Rules are compiled from what a file declares, once, and never change. */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/digest.h"
#include "mooncron/memory.h"

const char *const gap_names[3] = { "after", "skip", "before" };
const char *const fold_names[3] = { "first", "both", "last" };
const char *const excluded_names[3] = { "skip", "next", "previous" };

/* ---- what is sound ---- */

static bool slots_ascend(const struct term *term)
{
    for (uint32_t i = 0; i < term->slot_count; i++)
        if (term->slots_ms[i] % 1000 ||
            (i && term->slots_ms[i] <= term->slots_ms[i - 1]))
            return false;
    return term->slot_count > 0;
}

uint64_t calendar_digest(const int32_t *days, uint32_t count)
{
    if (count > CALENDAR_DAYS_MAX)
        return 0;
    for (uint32_t i = 1; i < count; i++)
        if (days[i] <= days[i - 1])
            return 0;
    uint64_t digest = digest_bytes(DIGEST_START, days, count * sizeof *days);
    return digest ? digest : 1;
}

static uint64_t digest_known(const struct calendar *calendar)
{
    return calendar->digest ? calendar->digest
                            : calendar_digest(calendar->days, calendar->count);
}

static bool numbers_are_sound(const struct rules_spec *spec)
{
    if (spec->term_count < 1 || spec->term_count > SCHEDULE_TERMS_MAX ||
        spec->calendar_count > SCHEDULE_CALENDARS_MAX ||
        spec->weekdays_off >= 0x7f || spec->gap > GAP_BEFORE ||
        spec->fold > FOLD_LAST || spec->excluded > EXCLUDED_PREVIOUS ||
        spec->jitter_ms < 0 || spec->jitter_ms > JITTER_MS_MAX)
        return false;
    for (uint32_t i = 0; i < spec->calendar_count; i++)
        if (!digest_known(spec->calendars[i]))
            return false;
    return true;
}

static bool lattice_is_sound(const struct term *term)
{
    return term->every_ms > 0 && term->phase_ms >= 0 &&
           term->phase_ms < term->every_ms;
}

/* ---- one block ---- */

/* Cuts pieces from a block that was made large enough. */
struct block {
    char *at;
};

static size_t aligned(size_t bytes)
{
    const size_t unit = _Alignof(max_align_t);
    return (bytes + unit - 1) / unit * unit;
}

static void *cut(struct block *block, size_t bytes)
{
    void *piece = block->at;
    block->at += aligned(bytes);
    return piece;
}

static uint32_t slots_kept(const struct term *term)
{
    return term->kind == TERM_ONCE ? 1 : term->slot_count;
}

static size_t block_bytes(const struct rules_spec *spec)
{
    size_t bytes = aligned(sizeof(struct rules)) +
                   aligned(spec->term_count * sizeof(struct term)) +
                   aligned(spec->term_count * sizeof(struct cron)) +
                   aligned(spec->calendar_count * sizeof *spec->calendars);
    for (uint32_t i = 0; i < spec->term_count; i++)
        bytes += aligned(strlen(spec->terms[i].text) + 1) +
                 aligned(slots_kept(&spec->terms[i]) * sizeof(int64_t));
    return bytes;
}

static void copy_term(struct block *block, const struct term *from,
                      struct term *ret)
{
    size_t text = strlen(from->text) + 1;
    *ret = *from;
    ret->text = memcpy(cut(block, text), from->text, text);
    int64_t *slots = cut(block, slots_kept(from) * sizeof *slots);
    if (from->kind == TERM_LIST && from->slot_count)
        memcpy(slots, from->slots_ms, from->slot_count * sizeof *slots);
    ret->slots_ms = slots;
    ret->slot_count = slots_kept(from);
}

static struct rules *rules_copy(const struct rules_spec *spec)
{
    struct block block = { memory_new(block_bytes(spec)) };
    struct rules *rules = cut(&block, sizeof *rules);
    struct term *terms = cut(&block, spec->term_count * sizeof *terms);
    rules->crons = cut(&block, spec->term_count * sizeof *rules->crons);
    size_t list = spec->calendar_count * sizeof *spec->calendars;
    const struct calendar **calendars = cut(&block, list);
    if (list)
        memcpy(calendars, spec->calendars, list);
    for (uint32_t i = 0; i < spec->term_count; i++)
        copy_term(&block, &spec->terms[i], &terms[i]);
    rules->spec = *spec;
    rules->spec.terms = terms;
    rules->spec.calendars = calendars;
    return rules;
}

/* ---- terms ---- */

static bool read_cron(const struct term *term, struct cron *ret,
                      struct error *reterr)
{
    struct cron_fault fault;
    if (cron_parse(term->text, strlen(term->text), ret, &fault))
        return true;
    error_set(reterr, "cron \"%.64s\": %s", term->text, fault.message);
    return false;
}

static bool read_at(const struct term *term, struct cron *ret,
                    struct error *reterr)
{
    if (at_parse(term->text, strlen(term->text), ret))
        return true;
    error_set(reterr, "\"%.64s\" is no time of day", term->text);
    return false;
}

static bool read_once(const struct rules *rules, const struct term *term,
                      struct error *reterr)
{
    int64_t local;
    if (!local_parse(term->text, strlen(term->text), &local)) {
        error_set(reterr, "\"%.64s\" is no date and time", term->text);
        return false;
    }
    int64_t *slot = (int64_t *)(uintptr_t)term->slots_ms; /* our own block */
    *slot = zone_instant(rules->zone, local) * 1000;
    return true;
}

static bool read_term(struct rules *rules, uint32_t i, struct error *reterr)
{
    const struct term *term = &rules->spec.terms[i];
    bool sound = false;
    switch (term->kind) {
    case TERM_EVERY:
        sound = lattice_is_sound(term);
        break;
    case TERM_CRON:
        return read_cron(term, &rules->crons[i], reterr);
    case TERM_AT:
        return read_at(term, &rules->crons[i], reterr);
    case TERM_ONCE:
        return read_once(rules, term, reterr);
    case TERM_LIST:
        sound = slots_ascend(term) && term->slot_count <= LIST_SLOTS_MAX;
        break;
    }
    if (!sound)
        error_set(reterr, "a term of the schedule is not sound");
    return sound;
}

/* ---- digest ---- */

static uint64_t term_digest(uint64_t d, const struct term *term)
{
    d = digest_u64(d, term->kind);
    d = digest_string(d, term->text);
    d = digest_u64(d, (uint64_t)term->every_ms);
    d = digest_u64(d, (uint64_t)term->phase_ms);
    return digest_bytes(d, term->slots_ms,
                        term->slot_count * sizeof *term->slots_ms);
}

static uint64_t digest_of(const struct rules *rules)
{
    const struct rules_spec *spec = &rules->spec;
    uint64_t d = digest_u64(DIGEST_START, zone_digest(rules->zone));
    d = digest_string(d, zone_name(rules->zone));
    for (uint32_t i = 0; i < spec->term_count; i++)
        d = term_digest(d, &spec->terms[i]);
    for (uint32_t i = 0; i < spec->calendar_count; i++)
        d = digest_u64(d, digest_known(spec->calendars[i]));
    d = digest_u64(d, spec->weekdays_off | (unsigned)spec->gap << 8 |
                          (unsigned)spec->fold << 16 |
                          (unsigned)spec->excluded << 24);
    d = digest_u64(d, spec->nth);
    d = digest_u64(d, (uint64_t)spec->jitter_ms);
    d = digest_u64(d, (uint64_t)spec->from.ms);
    return digest_u64(d, (uint64_t)spec->until.ms);
}

/* ---- life ---- */

static bool rules_read(struct rules *rules, struct error *reterr)
{
    for (uint32_t i = 0; i < rules->spec.term_count; i++)
        if (!read_term(rules, i, reterr))
            return false;
    const struct schedule schedule = { .rules = rules };
    if (schedule_next(&schedule, (struct wall){ EVER_MS }).ms != NEVER_MS)
        return true;
    error_set(reterr, "it would never be due");
    return false;
}

/* East of UTC the year 10000 begins earlier. */
static int64_t last_ms_of(const struct zone *zone)
{
    int64_t last_s = zone_instant(zone, LAST_S);
    return (last_s < LAST_S ? last_s : LAST_S) * 1000;
}

struct rules *rules_new(const struct rules_spec *spec, const char *name,
                        struct zone *zone, struct error *reterr)
{
    if (!numbers_are_sound(spec)) {
        error_set(reterr, "a number of the schedule is out of its range");
        return NULL;
    }
    struct rules *rules = rules_copy(spec);
    rules->zone = zone_ref(zone);
    rules->seed = digest_string(DIGEST_START, name);
    rules->last_ms = last_ms_of(zone);
    rules->excludes = spec->weekdays_off || spec->calendar_count;
    if (!rules_read(rules, reterr)) {
        rules_free(rules);
        return NULL;
    }
    rules->digest = digest_of(rules);
    return rules;
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    zone_unref(rules->zone);
    free(rules);
}

/* ---- looking ---- */

const struct rules_spec *rules_spec(const struct rules *rules)
{
    return &rules->spec;
}

struct zone *rules_zone(const struct rules *rules)
{
    return rules->zone;
}

static bool has_cron(const struct term *term)
{
    return term->kind == TERM_CRON || term->kind == TERM_AT;
}

const struct cron *rules_cron(const struct rules *rules, uint32_t term)
{
    return has_cron(&rules->spec.terms[term]) ? &rules->crons[term] : NULL;
}

bool rules_wildcard(const struct rules *rules)
{
    for (uint32_t i = 0; i < rules->spec.term_count; i++)
        if (has_cron(&rules->spec.terms[i]) && rules->crons[i].wildcard)
            return true;
    return false;
}

uint64_t rules_digest(const struct rules *rules)
{
    return rules->digest;
}
