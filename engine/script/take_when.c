/* The options that say when, noted as they stand: each text is read once here,
 * so that a mistake in it is told with its place. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "ghost.h"
#include "lib_calendar.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"
#include "when.h"

struct when *when_of(struct taker *taker, struct decl *decl)
{
    if (decl->when && decl->when != decl->base)
        return decl->when;
    struct when *when = arena_new(&taker->loader->arena, sizeof *when);
    *when = decl->base ? *decl->base : (struct when){ .jitter_ms = 0 };
    /* what the defaults said is not said by the job */
    when->gap_said = when->fold_said = when->excluded_said = false;
    decl->when = when;
    return when;
}

static const char *keep(struct taker *taker)
{
    return loader_keep(taker->loader, lua_tostring(taker->L, -1));
}

/* ---- texts ---- */

/* "did you mean \"08:00\"?" where only the leading zero is missing. */
static void guess_time(const char *text, char label[64])
{
    struct cron cron;
    char longer[16];
    label[0] = '\0';
    snprintf(longer, sizeof longer, "0%.10s", text);
    if (strlen(text) < 8 && at_parse(longer, strlen(longer), &cron))
        snprintf(label, 64, "did you mean \"%s\"?", longer);
}

static void blame_time(struct taker *taker, const char *key, uint32_t element,
                       const char *text)
{
    char label[64];
    guess_time(text, label);
    const struct advice advice = {
        .label = label,
        .help = "a time of day is \"08:00\" or \"08:00:30\"; one instant is "
                "\"2026-12-31T23:00\", in the job's time zone"
    };
    taker_blame(taker, "E116", key, SPOT_VALUE, element, &advice,
                "cannot read the time \"%.64s\"", text);
}

/* A text of `at` as a term; false: it was blamed. */
static bool read_at(struct taker *taker, const char *key, uint32_t element,
                    struct term *ret)
{
    size_t len;
    const char *text = lua_tolstring(taker->L, -1, &len);
    struct cron cron;
    int64_t local;
    if (at_parse(text, len, &cron))
        *ret = (struct term){ .kind = TERM_AT, .text = keep(taker) };
    else if (local_parse(text, len, &local))
        *ret = (struct term){ .kind = TERM_ONCE, .text = keep(taker) };
    else {
        blame_time(taker, key, element, text);
        return false;
    }
    return true;
}

/* An empty text has no part to point at. */
static void blame_cron(struct taker *taker, const char *key, uint32_t element,
                       const struct cron_fault *fault)
{
    const struct advice advice = { .label = fault->message,
                                   .help = fault->hint };
    if (fault->width)
        taker_blame_part(taker, "E113", key, element, fault->column,
                         fault->width, &advice, "bad cron expression");
    else
        taker_blame(taker, "E113", key, SPOT_VALUE, element, &advice,
                    "bad cron expression");
}

static bool read_cron(struct taker *taker, const char *key, uint32_t element,
                      struct term *ret)
{
    size_t len;
    const char *text = lua_tolstring(taker->L, -1, &len);
    struct cron cron;
    struct cron_fault fault;
    if (!cron_parse(text, len, &cron, &fault)) {
        blame_cron(taker, key, element, &fault);
        return false;
    }
    *ret = (struct term){ .kind = TERM_CRON, .text = keep(taker) };
    return true;
}

/* ---- cron, at ---- */

void take_cron(struct taker *taker, const char *key, struct decl *decl)
{
    struct term term;
    if (take_type(taker, key, LUA_TSTRING, "a cron expression") &&
        read_cron(taker, key, 0, &term))
        when_of(taker, decl)->cron = term.text;
}

/* Reads one element, which is on top of the stack; false: it was blamed. */
typedef bool read_element(struct taker *taker, const char *key,
                          uint32_t element, void *data);

struct list_kind {
    const char *wanted; /* what the option takes */
    const char *items;  /* what its list has */
    uint32_t min, max;
    read_element *read;
};

/* Fields with names are no elements: { day = "sat" } is no empty list. */
static bool is_list(lua_State *L)
{
    lua_pushnil(L);
    bool empty = !lua_next(L, -2);
    if (!empty)
        lua_pop(L, 2);
    return empty || lua_rawlen(L, -1) > 0;
}

static void read_list(struct taker *taker, const char *key,
                      const struct list_kind *kind, void *data)
{
    lua_State *L = taker->L;
    lua_Unsigned count = lua_rawlen(L, -1);
    if (!is_list(L)) {
        taker_blame(taker, "E107", key, SPOT_VALUE, 0, NULL,
                    "`%s` must be %s, found a table with names", key,
                    kind->wanted);
        return;
    }
    if (count < kind->min || count > kind->max) {
        taker_blame(taker, "E105", key, SPOT_VALUE, 0, NULL,
                    "`%s` must list %u to %u %s, found %u", key,
                    (unsigned)kind->min, (unsigned)kind->max, kind->items,
                    (unsigned)count);
        return;
    }
    for (uint32_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        bool good = kind->read(taker, key, i, data);
        lua_pop(L, 1);
        if (!good)
            return;
    }
}

/* The value is a list, or a single text, which is a list of one. */
static void for_each(struct taker *taker, const char *key,
                     const struct list_kind *kind, void *data)
{
    if (lua_type(taker->L, -1) == LUA_TSTRING)
        kind->read(taker, key, 0, data);
    else if (take_type(taker, key, LUA_TTABLE, kind->wanted))
        read_list(taker, key, kind, data);
}

/* False, and it was blamed, unless the element is a text. */
static bool element_is_text(struct taker *taker, const char *key,
                            uint32_t element, const char *wanted)
{
    if (lua_type(taker->L, -1) == LUA_TSTRING)
        return true;
    if (ghost_is(taker->L, -1))
        taker->sound = false;
    else
        taker_blame(taker, "E107", key, SPOT_VALUE, element, NULL,
                    "`%s` must list %s, found %s", key, wanted,
                    luaL_typename(taker->L, -1));
    return false;
}

static void add_term(struct taker *taker, struct when *when,
                     const struct term *term)
{
    if (!when->any)
        when->any = arena_new(&taker->loader->arena,
                              SCHEDULE_TERMS_MAX * sizeof *when->any);
    if (when->any_count < SCHEDULE_TERMS_MAX)
        when->any[when->any_count++] = *term;
}

static bool read_time(struct taker *taker, const char *key, uint32_t element,
                      void *data)
{
    struct term term;
    if (!element_is_text(taker, key, element, "times") ||
        !read_at(taker, key, element, &term))
        return false;
    struct when *when = data;
    when->at[when->at_count++] = term.text;
    add_term(taker, when, &term);
    return true;
}

void take_at(struct taker *taker, const char *key, struct decl *decl)
{
    static const struct list_kind kind = {
        .wanted = "a time such as \"08:00\", or a list of them",
        .items = "times",
        .min = 1,
        .max = SCHEDULE_TERMS_MAX,
        .read = read_time,
    };
    struct when *when = when_of(taker, decl);
    when->at =
        arena_new(&taker->loader->arena, SCHEDULE_TERMS_MAX * sizeof *when->at);
    for_each(taker, key, &kind, when);
}

/* ---- any ---- */

static void blame_lattice(struct taker *taker, const char *key,
                          uint32_t element, const char *name,
                          enum duration_fault fault)
{
    static const struct {
        const char *code, *says;
    } faults[] = {
        [DURATION_OK] = { "E111", "is too short" },
        [DURATION_EMPTY] = { "E112", "is no duration" },
        [DURATION_NO_UNIT] = { "E110", "has no unit" },
        [DURATION_MALFORMED] = { "E112", "is no duration" },
        [DURATION_TOO_LONG] = { "E111", "is too long" },
    };
    const struct advice advice = {
        .help = "a duration is a number with its unit, or several: \"90s\", "
                "\"15m\", \"1h30m\", \"2d\""
    };
    bool quoted = lua_type(taker->L, -1) == LUA_TSTRING;
    const char *text = luaL_tolstring(taker->L, -1, NULL);
    taker_blame(taker, faults[fault].code, key, SPOT_VALUE, element, &advice,
                "`%s = %s%.40s%s` %s", name, quoted ? "\"" : "", text,
                quoted ? "\"" : "", faults[fault].says);
    lua_pop(taker->L, 1);
}

/* The value of an `every` or `phase` within an element; false: blamed. */
static bool read_lattice(struct taker *taker, const char *key, uint32_t element,
                         const char *name, int64_t *ret_ms)
{
    const int64_t min_ms = name[0] == 'e' ? EVERY_MS_MIN : 0;
    enum duration_fault fault = lua_type(taker->L, -1) == LUA_TNUMBER
                                    ? DURATION_NO_UNIT
                                    : DURATION_MALFORMED;
    if (lua_type(taker->L, -1) == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(taker->L, -1, &len);
        fault = duration_parse(text, len, ret_ms);
    }
    if (fault == DURATION_OK && *ret_ms >= min_ms)
        return true;
    blame_lattice(taker, key, element, name, fault);
    return false;
}

/* What an alternative may say; a NULL reader: a duration. */
static const struct part {
    const char *name;
    bool (*read)(struct taker *taker, const char *key, uint32_t element,
                 struct term *ret);
} parts[] = {
    { "every", NULL },
    { "phase", NULL },
    { "cron", read_cron },
    { "at", read_at },
};
#define PARTS (sizeof parts / sizeof *parts)

static void blame_part(struct taker *taker, const char *key, uint32_t element,
                       const char *name)
{
    const char *names[PARTS];
    char label[64] = "";
    for (size_t i = 0; i < PARTS; i++)
        names[i] = parts[i].name;
    const char *near = suggest(name, names, PARTS);
    if (near)
        snprintf(label, sizeof label, "did you mean `%s`?", near);
    const struct advice advice = { .label = label,
                                   .help = "options: every phase cron at" };
    taker_blame(taker, "E104", key, SPOT_VALUE, element, &advice,
                "unknown option `%.64s` of an alternative", name);
}

/* Reads the value of one option; false: blamed. */
static bool read_part(struct taker *taker, const char *key, uint32_t element,
                      const char *name, struct term *ret)
{
    const struct part *part = parts;
    while (part < parts + PARTS && strcmp(part->name, name) != 0)
        part++;
    if (part == parts + PARTS) {
        blame_part(taker, key, element, name);
        return false;
    }
    if (!part->read)
        return read_lattice(taker, key, element, name,
                            name[0] == 'e' ? &ret->every_ms : &ret->phase_ms);
    if (lua_type(taker->L, -1) == LUA_TSTRING)
        return part->read(taker, key, element, ret);
    taker_blame(taker, "E107", key, SPOT_VALUE, element, NULL,
                "`%s` of an alternative must be one text, found %s", name,
                luaL_typename(taker->L, -1));
    return false;
}

/* Reads all options of the table; false: blamed. `ret_kinds` counts every, cron
 * and at. */
static bool read_parts(struct taker *taker, const char *key, uint32_t element,
                       struct term *ret, unsigned *ret_kinds)
{
    lua_State *L = taker->L;
    bool good = true, phased = false;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        bool is_phase = !strcmp(name, "phase");
        phased |= is_phase;
        *ret_kinds += !is_phase;
        good &= read_part(taker, key, element, name, ret);
        lua_pop(L, 1);
    }
    if (!good || !phased || ret->every_ms)
        return good;
    taker_blame(taker, "E108", key, SPOT_VALUE, element, NULL,
                "`phase` of an alternative goes with `every`");
    return false;
}

/* One table of `any`: every (and phase), cron, or at. */
static bool read_alternative(struct taker *taker, const char *key,
                             uint32_t element, void *data)
{
    struct term term = { .kind = TERM_EVERY, .text = "" };
    unsigned kinds = 0;
    if (lua_istable(taker->L, -1) &&
        !read_parts(taker, key, element, &term, &kinds))
        return false;
    if (kinds == 1) {
        add_term(taker, data, &term);
        return true;
    }
    const struct advice advice = {
        .help = "for example  any = { { cron = \"0 9 * * MON-FRI\" }, { at = "
                "\"12:00\" } }"
    };
    taker_blame(taker, "E108", key, SPOT_VALUE, element, &advice,
                "each alternative of `any` has one of every, cron, at");
    return false;
}

void take_any(struct taker *taker, const char *key, struct decl *decl)
{
    static const struct list_kind kind = {
        .wanted = "a list of tables",
        .items = "alternatives",
        .min = 1,
        .max = SCHEDULE_TERMS_MAX,
        .read = read_alternative,
    };
    if (take_type(taker, key, LUA_TTABLE, kind.wanted))
        for_each(taker, key, &kind, when_of(taker, decl));
}

/* ---- next ---- */

void take_next(struct taker *taker, const char *key, struct decl *decl)
{
    if (!take_type(taker, key, LUA_TFUNCTION, "a function"))
        return;
    lua_pushvalue(taker->L, -1);
    when_of(taker, decl)->next = luaL_ref(taker->L, LUA_REGISTRYINDEX);
}

/* ---- zones ---- */

void take_timezone(struct taker *taker, const char *key, struct decl *decl)
{
    if (!take_type(taker, key, LUA_TSTRING, "the name of a time zone"))
        return;
    struct loader *loader = taker->loader;
    const char *name = keep(taker);
    struct error err = { "" };
    struct zone *zone = zones_get(loader->zones, name, &err);
    if (zone) {
        zone_unref(zone);
        when_of(taker, decl)->timezone = name;
        return;
    }
    char label[96] = "", near[ZONE_NAME_MAX + 1];
    if (zones_suggest(loader->zones, name, near))
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    const struct advice advice = {
        .label = label,
        .help = "a zone has an IANA name, such as \"Europe/Bucharest\" or "
                "\"UTC\"",
        .note = err.text
    };
    taker_blame(taker, "E117", key, SPOT_VALUE, 0, &advice,
                "unknown time zone \"%.64s\"", name);
}

/* ---- days off ---- */

struct days_off {
    struct when *when;
    int32_t *days; /* grows */
    uint32_t count, cap;
};

/* "sat", "Saturday": the first three letters decide, the rest must fit. */
static int weekday_named(const char *text)
{
    static const char *const names[7] = { "sunday",    "monday",   "tuesday",
                                          "wednesday", "thursday", "friday",
                                          "saturday" };
    size_t len = strlen(text);
    for (int i = 0; i < 7; i++) {
        bool same = len == 3 || len == strlen(names[i]);
        for (size_t c = 0; same && c < len; c++)
            same = (text[c] | 0x20) == names[i][c];
        if (same)
            return i;
    }
    return -1;
}

static void blame_day(struct taker *taker, const char *key, uint32_t element,
                      const char *text)
{
    const struct advice advice = {
        .help = "a day off is a date (\"2026-12-25\"), a day of the week "
                "(\"sat\"), or calendar \"name\""
    };
    taker_blame(taker, "E116", key, SPOT_VALUE, element, &advice,
                "cannot read the day \"%.64s\"", text);
}

static bool add_calendar(struct taker *taker, const char *key, uint32_t element,
                         struct when *when, const char *name)
{
    const uint32_t max = SCHEDULE_CALENDARS_MAX - 1; /* one has its own days */
    if (when->calendar_count < max) {
        when->calendars[when->calendar_count++] =
            loader_keep(taker->loader, name);
        return true;
    }
    taker_blame(taker, "E105", key, SPOT_VALUE, element, NULL,
                "`%s` names more than %u calendars", key, (unsigned)max);
    return false;
}

static bool read_day_off(struct taker *taker, const char *key, uint32_t element,
                         void *data)
{
    lua_State *L = taker->L;
    struct days_off *off = data;
    const char *calendar = calendar_named(L, -1);
    if (calendar)
        return add_calendar(taker, key, element, off->when, calendar);
    if (!element_is_text(taker, key, element, "days"))
        return false;
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    int weekday = weekday_named(text);
    if (weekday >= 0) {
        off->when->weekdays_off |= (uint8_t)(1u << weekday);
        return true;
    }
    int32_t day;
    if (!calendar_read_day(text, len, &day)) {
        blame_day(taker, key, element, text);
        return false;
    }
    calendar_add_day(&off->days, &off->count, &off->cap, day);
    return true;
}

/* What the defaults took away is no longer said. */
static void forget_days_off(struct taker *taker, struct when *when)
{
    when->excepts = true;
    when->weekdays_off = 0;
    when->calendar_count = 0;
    when->own_days = NULL;
    when->calendars =
        arena_new(&taker->loader->arena,
                  SCHEDULE_CALENDARS_MAX * sizeof *when->calendars);
}

void take_except(struct taker *taker, const char *key, struct decl *decl)
{
    static const struct list_kind kind = {
        .wanted = "a list of days",
        .items = "days",
        .min = 0, /* none, where the defaults have some */
        .max = CALENDAR_DAYS_MAX,
        .read = read_day_off,
    };
    struct when *when = when_of(taker, decl);
    struct days_off off = { .when = when };
    forget_days_off(taker, when);
    if (calendar_named(taker->L, -1))
        read_day_off(taker, key, 0, &off);
    else
        for_each(taker, key, &kind, &off);
    if (off.count)
        when->own_days = calendar_own(taker->loader, off.days, off.count);
    free(off.days);
    if (when->weekdays_off == 0x7f)
        taker_blame(taker, "E118", key, SPOT_VALUE, 0, NULL,
                    "every day of the week is excepted");
}

void take_excluded(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    when->excluded_said = true;
    take_choice(taker, key, excluded_names, 3, &when->excluded);
}

/* ---- bounds, jitter, changes of offset ---- */

static const char *take_bound(struct taker *taker, const char *key)
{
    if (!take_type(taker, key, LUA_TSTRING, "a date, or a date and time"))
        return NULL;
    size_t len;
    const char *text = lua_tolstring(taker->L, -1, &len);
    int32_t day;
    int64_t local;
    struct wall at;
    if (date_parse(text, len, &day) || local_parse(text, len, &local) ||
        rfc3339_parse(text, len, &at))
        return keep(taker);
    const struct advice advice = {
        .help = "for example  \"2026-12-31\", \"2026-12-31T23:00\" in the "
                "job's time zone, or \"2026-12-31T23:00:00Z\""
    };
    taker_blame(taker, "E116", key, SPOT_VALUE, 0, &advice,
                "cannot read the date \"%.64s\"", text);
    return NULL;
}

void take_from(struct taker *taker, const char *key, struct decl *decl)
{
    when_of(taker, decl)->from = take_bound(taker, key);
}

void take_to(struct taker *taker, const char *key, struct decl *decl)
{
    when_of(taker, decl)->until = take_bound(taker, key);
}

/* "0s" is none, where the defaults have some. */
void take_jitter(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    size_t len;
    int64_t ms;
    const char *text = lua_type(taker->L, -1) == LUA_TSTRING
                           ? lua_tolstring(taker->L, -1, &len)
                           : NULL;
    if (text && duration_parse(text, len, &ms) == DURATION_OK && !ms)
        when->jitter_ms = 0;
    else
        take_duration(taker, key, 1000, JITTER_MS_MAX, &when->jitter_ms);
}

void take_gap(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    when->gap_said = true;
    take_choice(taker, key, gap_names, 3, &when->gap);
}

void take_fold(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    when->fold_said = true;
    take_choice(taker, key, fold_names, 3, &when->fold);
}
