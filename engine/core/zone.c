/* A zone is a table of what was and a rule for what comes after it. */
#include "mooncron/zone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/digest.h"
#include "mooncron/memory.h"
#include "tzif.h"
#include "tzrule.h"

struct zone {
    unsigned references;
    const char *name;
    uint64_t digest;
    size_t count; /* of transitions in the table */
    const int64_t *times_s;
    const uint8_t *kinds; /* count + 1: kinds[i] ends at times_s[i] */
    const struct regime *regimes;
    bool ruled; /* after the last transition, or always, `rule` holds */
    struct tzrule rule;
    struct arena memory;
};

static const struct zone utc = {
    .name = "UTC",
    .digest = DIGEST_START,
    .kinds = (const uint8_t[]){ 0 },
    .regimes = (const struct regime[]){ { 0, "UTC" } },
};

/* Nothing is ever written there: zone_ref() and zone_unref() know it. */
struct zone *zone_utc(void)
{
    return (struct zone *)&utc;
}

/* The spans of the table are numbered from 0 to count: before the first
 * transition the first type holds. */
static const struct regime *table_regime(const struct zone *zone, size_t span)
{
    return &zone->regimes[zone->kinds[span]];
}

static void table_copy(struct zone *zone, const struct tzif *tzif)
{
    size_t count = tzif->time_count;
    int64_t *times_s = arena_new(&zone->memory, count * sizeof *times_s);
    uint8_t *kinds = arena_new(&zone->memory, count + 1);
    struct regime *regimes =
        arena_new(&zone->memory, tzif->type_count * sizeof *regimes);
    for (size_t i = 0; i < count; i++) {
        times_s[i] = tzif_time_s(tzif, i);
        kinds[i + 1] = tzif_kind(tzif, i);
    }
    for (size_t i = 0; i < tzif->type_count; i++)
        regimes[i] = tzif_regime(tzif, i);
    zone->count = count;
    zone->times_s = times_s;
    zone->kinds = kinds;
    zone->regimes = regimes;
}

/* Where the table ends, the rule must go on with the same offset. */
static bool seam_check(const struct zone *zone, struct error *reterr)
{
    if (!zone->ruled || zone->count == 0)
        return true;
    struct zone_span span;
    tzrule_span(&zone->rule, zone->times_s[zone->count - 1], &span);
    if (span.offset_s == table_regime(zone, zone->count)->offset_s)
        return true;
    error_set(reterr, "its rule contradicts the end of its table");
    return false;
}

static bool zone_fill(struct zone *zone, const void *bytes, size_t len,
                      struct error *reterr)
{
    struct tzif tzif;
    if (!tzif_read(bytes, len, &tzif, reterr))
        return false;
    zone->ruled = tzif.rule_len > 0;
    if (zone->ruled &&
        !tzrule_parse(tzif.rule, tzif.rule_len, &zone->rule, reterr))
        return false;
    table_copy(zone, &tzif);
    zone->digest = digest_bytes(DIGEST_START, bytes, len);
    return seam_check(zone, reterr);
}

struct zone *zone_read(const char *name, const void *bytes, size_t len,
                       struct error *reterr)
{
    struct zone *zone = memory_new(sizeof *zone);
    zone->references = 1;
    if (!zone_fill(zone, bytes, len, reterr)) {
        error_wrap(reterr, "zone %s", name);
        zone_unref(zone);
        return NULL;
    }
    zone->name = arena_copy(&zone->memory, name, strlen(name));
    return zone;
}

struct zone *zone_ref(struct zone *zone)
{
    if (zone != &utc)
        zone->references++;
    return zone;
}

void zone_unref(struct zone *zone)
{
    if (!zone || zone == &utc || --zone->references)
        return;
    arena_close(&zone->memory);
    free(zone);
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

uint64_t zone_digest(const struct zone *zone)
{
    return zone->digest;
}

/* How many transitions there are at or before an instant: the number of its
 * span. Without a branch on the times, which nobody could predict. */
static size_t table_find(const struct zone *zone, int64_t at_s)
{
    const int64_t *first = zone->times_s;
    size_t len = zone->count;
    while (len > 0) {
        size_t half = (len + 1) / 2;
        first += first[half - 1] <= at_s ? half : 0;
        len -= half;
    }
    return (size_t)(first - zone->times_s);
}

static void table_span(const struct zone *zone, size_t span,
                       struct zone_span *ret)
{
    bool first = span == 0, last = span == zone->count;
    const struct regime *regime = table_regime(zone, span);
    ret->from_s = first ? INT64_MIN : zone->times_s[span - 1];
    ret->to_s = last ? INT64_MAX : zone->times_s[span];
    ret->offset_s = regime->offset_s;
    ret->abbreviation = regime->abbreviation;
    ret->before_s = table_regime(zone, first ? span : span - 1)->offset_s;
    ret->after_s = table_regime(zone, last ? span : span + 1)->offset_s;
}

/* A turn of the rule before the end of the table never came. */
static void rule_span(const struct zone *zone, int64_t at_s,
                      struct zone_span *ret)
{
    tzrule_span(&zone->rule, at_s, ret);
    size_t count = zone->count;
    if (count > 0 && ret->from_s <= zone->times_s[count - 1]) {
        ret->from_s = zone->times_s[count - 1];
        ret->before_s = table_regime(zone, count - 1)->offset_s;
    }
}

void zone_span(const struct zone *zone, int64_t at_s, struct zone_span *ret)
{
    size_t span = table_find(zone, at_s);
    if (zone->ruled && span == zone->count)
        rule_span(zone, at_s, ret);
    else
        table_span(zone, span, ret);
}

bool zone_change(const struct zone *zone, int64_t after_s,
                 struct zone_span *ret)
{
    struct zone_span span;
    zone_span(zone, after_s, &span);
    while (span.to_s != INT64_MAX) {
        zone_span(zone, span.to_s, &span);
        if (span.offset_s != span.before_s) {
            *ret = span;
            return true;
        }
    }
    return false;
}

/* UTC of a local time; the ends of time stay where they are. */
static int64_t without_offset(int64_t local_s, int32_t offset_s)
{
    if (offset_s > 0 && local_s < INT64_MIN + offset_s)
        return INT64_MIN;
    if (offset_s < 0 && local_s > INT64_MAX + offset_s)
        return INT64_MAX;
    return local_s - offset_s;
}

/* The first instant at which the clock shows this time or a later one: that is
 * the first coming in a fold, and the end of a gap. The search begins where no
 * offset can have brought the clock there yet. */
int64_t zone_instant(const struct zone *zone, int64_t local_s)
{
    struct zone_span span;
    zone_span(zone, without_offset(local_s, OFFSET_LIMIT_S), &span);
    for (;;) {
        int64_t at_s = without_offset(local_s, span.offset_s);
        if (at_s < span.from_s)
            return span.from_s;
        if (at_s < span.to_s || span.to_s == INT64_MAX)
            return at_s;
        zone_span(zone, span.to_s, &span);
    }
}
