/* Whatever the bytes are: refused with a sentence, or a zone whose spans meet.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mooncron/zone.h"

/* The span that holds an instant says of its neighbours what they say. */
static struct zone_span check_span(const struct zone *zone, int64_t at_s)
{
    struct zone_span span, other;
    zone_span(zone, at_s, &span);
    assert(span.from_s <= at_s && (at_s < span.to_s || span.to_s == INT64_MAX));
    assert(strlen(span.abbreviation) >= 3);
    if (span.from_s == INT64_MIN) {
        assert(span.before_s == span.offset_s);
    } else {
        zone_span(zone, span.from_s - 1, &other);
        assert(other.to_s == span.from_s);
        assert(other.offset_s == span.before_s);
        assert(other.after_s == span.offset_s);
    }
    if (span.to_s == INT64_MAX) {
        assert(span.after_s == span.offset_s);
    } else {
        zone_span(zone, span.to_s, &other);
        assert(other.from_s == span.to_s);
        assert(other.offset_s == span.after_s);
        assert(other.before_s == span.offset_s);
    }
    return span;
}

static void check_change(const struct zone *zone, int64_t after_s)
{
    struct zone_span change;
    if (!zone_change(zone, after_s, &change))
        return;
    assert(change.from_s > after_s);
    assert(change.offset_s != change.before_s);
    check_span(zone, change.from_s);
}

/* No instant before the answer shows this time or a later one. */
static void check_instant(const struct zone *zone, int64_t local_s)
{
    int64_t at_s = zone_instant(zone, local_s);
    struct zone_span span;
    zone_span(zone, at_s, &span);
    assert(at_s + span.offset_s >= local_s);
    if (at_s == local_s - span.offset_s)
        return;
    assert(at_s == span.from_s);
    assert(at_s - 1 + span.before_s < local_s);
}

static void check_zone(const struct zone *zone)
{
    static const int64_t starts_s[] = {
        INT64_MIN,
        -INT64_C(1000000000000),
        -INT64_C(3000000000),
        0,
        INT64_C(1767225600),
        INT64_C(4102444800),
        INT64_C(1000000000000),
        INT64_MAX - 1,
    };
    for (size_t i = 0; i < sizeof starts_s / sizeof *starts_s; i++) {
        int64_t at_s = starts_s[i];
        for (int step = 0; step < 12 && at_s != INT64_MAX; step++) {
            struct zone_span span = check_span(zone, at_s);
            bool inside = at_s > INT64_MIN / 2 && at_s < INT64_MAX / 2;
            for (int local_s = -7200; inside && local_s <= 7200; local_s += 900)
                check_instant(zone, at_s + span.offset_s + local_s);
            at_s = span.to_s;
        }
        check_change(zone, starts_s[i]);
        zone_instant(zone, starts_s[i]);
    }
}

const unsigned fuzz_limit_ms = 10;

void fuzz_bytes(const uint8_t *bytes, size_t len)
{
    struct error error = { "" };
    struct zone *zone = zone_read("Fuzz/Zone", bytes, len, &error);
    if (zone)
        check_zone(zone);
    else
        assert(strncmp(error.text, "zone Fuzz/Zone: ", 16) == 0);
    zone_unref(zone);
}

static void take_file(const char *path, fuzz_take *take, void *context)
{
    size_t len;
    uint8_t *bytes = fuzz_file(path, &len);
    if (bytes)
        take(context, bytes, len);
    free(bytes);
}

/* One file of each kind that there is: long tables, none, odd footers. */
void fuzz_seeds(fuzz_take *take, void *context)
{
    static const char *const names[] = {
        "Europe/Bucharest", "Europe/Dublin",     "America/New_York",
        "America/Nuuk",     "Africa/Casablanca", "Asia/Jerusalem",
        "Asia/Tehran",      "Pacific/Apia",      "Antarctica/Troll",
        "Etc/UTC",          "Etc/GMT+12",        "Australia/Lord_Howe",
        "EST5EDT",          "Asia/Kathmandu",    "America/Godthab",
        "Africa/Cairo",     "Pacific/Chatham",   "Africa/Monrovia",
        "Asia/Gaza",        "right/Etc/UTC",     "tzdata.zi"
    };
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, FUZZ_ZONES "/%s", names[i]);
        take_file(path, take, context);
    }
}
