/* A TZif file is two blocks of tables and a line of text; only the second block
 * and the line are read, for the first cannot say what lies after 2038. */
#include "tzif.h"

#include <string.h>

#define HEADER_BYTES 44
#define TYPE_BYTES   6
#define TYPES_MAX    256 /* a transition names its type with one byte */
#define TIME_LIMIT_S (INT64_C(1) << 59) /* the big bang, by RFC 8536 */

/* In the order of the file. */
enum { UT_COUNT, STD_COUNT, LEAP_COUNT, TIME_COUNT, TYPE_COUNT, NAME_BYTES };

struct header {
    char version;
    uint32_t counts[NAME_BYTES + 1];
};

/* What has not been read yet. */
struct rest {
    const unsigned char *at;
    size_t len;
};

static bool refuse(struct error *reterr, const char *clause)
{
    error_set(reterr, "%s", clause);
    return false;
}

static uint32_t big_endian(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

/* The next bytes, or NULL where there are fewer. */
static const unsigned char *take(struct rest *rest, uint64_t bytes)
{
    if (bytes > rest->len)
        return NULL;
    const unsigned char *taken = rest->at;
    rest->at += bytes;
    rest->len -= (size_t)bytes;
    return taken;
}

static bool header_read(struct rest *rest, struct header *ret,
                        struct error *reterr)
{
    const unsigned char *at = take(rest, HEADER_BYTES);
    if (!at)
        return refuse(reterr, "the file is cut within a header");
    if (memcmp(at, "TZif", 4) != 0)
        return refuse(reterr, "the file is no TZif");
    ret->version = (char)at[4];
    for (size_t i = 0; i <= NAME_BYTES; i++)
        ret->counts[i] = big_endian(at + 20 + 4 * i);
    return true;
}

/* How many bytes follow a header. They may be more than there can be. */
static uint64_t block_bytes(const struct header *header, uint64_t time_bytes)
{
    const uint32_t *counts = header->counts;
    return counts[TIME_COUNT] * (time_bytes + 1) +
           (uint64_t)counts[TYPE_COUNT] * TYPE_BYTES + counts[NAME_BYTES] +
           counts[LEAP_COUNT] * (time_bytes + 4) + counts[STD_COUNT] +
           counts[UT_COUNT];
}

static bool version_check(char version, struct error *reterr)
{
    if (version == '\0')
        return refuse(reterr,
                      "the file is TZif of version 1, which ends in 2038");
    if (version < '2' || version > '4')
        return refuse(reterr, "the file is TZif of an unknown version");
    return true;
}

static bool counts_check(const uint32_t *counts, struct error *reterr)
{
    if (counts[LEAP_COUNT] > 0)
        return refuse(reterr, "the file counts leap seconds, as those in "
                              "`right/` do, and the clock does not");
    if (counts[TYPE_COUNT] == 0 || counts[TYPE_COUNT] > TYPES_MAX)
        return refuse(reterr, "the file has no type of time, or over 256");
    uint32_t types = counts[TYPE_COUNT];
    if ((counts[STD_COUNT] != 0 && counts[STD_COUNT] != types) ||
        (counts[UT_COUNT] != 0 && counts[UT_COUNT] != types))
        return refuse(reterr, "the file's counts do not agree");
    return true;
}

/* The indicators speak of how the rules were written, which nobody asks: they
 * are one for each type, 0 or 1, and what is UT is standard time too. */
static bool indicators_check(const unsigned char *at, const uint32_t *counts)
{
    const unsigned char *standard = at, *ut = at + counts[STD_COUNT];
    for (uint32_t i = 0; i < counts[STD_COUNT]; i++)
        if (standard[i] > 1)
            return false;
    for (uint32_t i = 0; i < counts[UT_COUNT]; i++)
        if (ut[i] > 1 || (ut[i] && !(counts[STD_COUNT] && standard[i])))
            return false;
    return true;
}

static bool times_check(const struct tzif *tzif, struct error *reterr)
{
    int64_t last_s = INT64_MIN;
    for (size_t i = 0; i < tzif->time_count; i++) {
        int64_t time_s = tzif_time_s(tzif, i);
        if (time_s < -TIME_LIMIT_S || time_s > TIME_LIMIT_S)
            return refuse(reterr, "a transition is too far from today");
        if (time_s <= last_s)
            return refuse(reterr, "its transitions are not in order");
        if (tzif_kind(tzif, i) >= tzif->type_count)
            return refuse(reterr, "a transition is to a type of time that is "
                                  "not there");
        last_s = time_s;
    }
    return true;
}

static int32_t type_offset_s(const unsigned char *type)
{
    return (int32_t)big_endian(type);
}

/* The bytes of the name up to its NUL, or 0 where there is none. */
static size_t name_len(const struct tzif *tzif, size_t at)
{
    const unsigned char *name = tzif->names + at;
    const unsigned char *nul = memchr(name, '\0', tzif->name_bytes - at);
    return nul ? (size_t)(nul - name) : 0;
}

static bool types_check(const struct tzif *tzif, struct error *reterr)
{
    for (size_t i = 0; i < tzif->type_count; i++) {
        const unsigned char *type = tzif->types + i * TYPE_BYTES;
        int32_t offset_s = type_offset_s(type);
        if (offset_s <= -OFFSET_LIMIT_S || offset_s >= OFFSET_LIMIT_S)
            return refuse(reterr, "an offset is 26 hours or more");
        if (type[4] > 1)
            return refuse(reterr, "daylight saving is neither on nor off");
        if (type[5] >= tzif->name_bytes ||
            !abbreviation_good((const char *)tzif->names + type[5],
                               name_len(tzif, type[5])))
            return refuse(reterr, "an abbreviation is not 3 to 15 letters");
    }
    return true;
}

/* A newline, the rule, a newline, and the end. */
static bool footer_read(struct rest *rest, struct tzif *tzif,
                        struct error *reterr)
{
    const unsigned char *at = rest->at;
    const unsigned char *end =
        rest->len > 1 ? memchr(at + 1, '\n', rest->len - 1) : NULL;
    if (rest->len > 0 && at[0] != '\n')
        return refuse(reterr, "there is no rule after the table");
    if (!end)
        return refuse(reterr, "the file is cut within its rule");
    if (end + 1 != at + rest->len)
        return refuse(reterr, "there is something after the end of the rule");
    tzif->rule = (const char *)at + 1;
    tzif->rule_len = (size_t)(end - at) - 1;
    return true;
}

static bool table_read(struct rest *rest, const uint32_t *counts,
                       struct tzif *tzif, struct error *reterr)
{
    tzif->time_count = counts[TIME_COUNT];
    tzif->type_count = counts[TYPE_COUNT];
    tzif->name_bytes = counts[NAME_BYTES];
    tzif->times = take(rest, 8 * (uint64_t)counts[TIME_COUNT]);
    tzif->kinds = take(rest, counts[TIME_COUNT]);
    tzif->types = take(rest, (uint64_t)TYPE_BYTES * counts[TYPE_COUNT]);
    tzif->names = take(rest, counts[NAME_BYTES]);
    const unsigned char *indicators =
        take(rest, (uint64_t)counts[STD_COUNT] + counts[UT_COUNT]);
    if (!indicators_check(indicators, counts))
        return refuse(reterr, "an indicator is neither 0 nor 1");
    return times_check(tzif, reterr) && types_check(tzif, reterr);
}

bool tzif_read(const void *bytes, size_t len, struct tzif *ret,
               struct error *reterr)
{
    struct rest rest = { bytes, len };
    struct header old, header;
    struct tzif tzif = { 0 };
    if (len > ZONE_BYTES_MAX)
        return refuse(reterr, "the file is over 64 KiB");
    if (!header_read(&rest, &old, reterr) ||
        !version_check(old.version, reterr))
        return false;
    if (!take(&rest, block_bytes(&old, 4)))
        return refuse(reterr, "the file is cut within its first table");
    if (!header_read(&rest, &header, reterr))
        return false;
    if (header.version != old.version)
        return refuse(reterr, "the file has two versions");
    if (!counts_check(header.counts, reterr))
        return false;
    if (block_bytes(&header, 8) > rest.len)
        return refuse(reterr, "the file is cut within its table");
    if (!table_read(&rest, header.counts, &tzif, reterr) ||
        !footer_read(&rest, &tzif, reterr))
        return false;
    *ret = tzif;
    return true;
}

int64_t tzif_time_s(const struct tzif *tzif, size_t i)
{
    const unsigned char *at = tzif->times + 8 * i;
    return (int64_t)((uint64_t)big_endian(at) << 32 | big_endian(at + 4));
}

uint8_t tzif_kind(const struct tzif *tzif, size_t i)
{
    return tzif->kinds[i];
}

struct regime tzif_regime(const struct tzif *tzif, size_t type)
{
    const unsigned char *at = tzif->types + type * TYPE_BYTES;
    struct regime regime = { .offset_s = type_offset_s(at) };
    memcpy(regime.abbreviation, tzif->names + at[5], name_len(tzif, at[5]));
    return regime;
}
