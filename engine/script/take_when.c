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

static void blame_cron(struct taker *taker, const char *key, uint32_t element,
                       const struct cron_fault *fault)
{
    const struct advice advice = { .label = fault->message,
                                   .help = fault->hint };
    taker_blame_part(taker, "E113", key, element, fault->column, fault->width,
                     &advice, "bad cron expression");
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

/* Calls `read` on each element of the list on top of the stack; a single text
 * is a list of one. */
typedef bool read_element(struct taker *taker, const char *key,
                          uint32_t element, void *data);

static void for_each(struct taker *taker, const char *key, uint32_t max,
                     const char *wanted, read_element *read, void *data)
{
    lua_State *L = taker->L;
    if (lua_type(L, -1) == LUA_TSTRING) {
        read(taker, key, 0, data);
        return;
    }
    if (!take_type(taker, key, LUA_TTABLE, wanted))
        return;
    lua_Unsigned count = lua_rawlen(L, -1);
    if (count < 1 || count > max) {
        taker_blame(taker, "E105", key, SPOT_VALUE, 0, NULL,
                    "`%s` must list 1 to %u of them, found %u", key,
                    (unsigned)max, (unsigned)count);
        return;
    }
    for (uint32_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        bool good = read(taker, key, i, data);
        lua_pop(L, 1);
        if (!good)
            return;
    }
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
    struct when *when = when_of(taker, decl);
    when->at =
        arena_new(&taker->loader->arena, SCHEDULE_TERMS_MAX * sizeof *when->at);
    for_each(taker, key, SCHEDULE_TERMS_MAX,
             "a time such as \"08:00\", or a "
             "list of them",
             read_time, when);
}

/* ---- any ---- */

/* The value of an `every` or `phase` within an element; false: blamed. */
static bool read_lattice(struct taker *taker, const char *key, uint32_t element,
                         int64_t min_ms, int64_t *ret_ms)
{
    size_t len;
    const char *text = lua_type(taker->L, -1) == LUA_TSTRING
                           ? lua_tolstring(taker->L, -1, &len)
                           : NULL;
    if (text && duration_parse(text, len, ret_ms) == DURATION_OK &&
        *ret_ms >= min_ms && *ret_ms <= DURATION_MS_MAX)
        return true;
    taker_blame(taker, "E112", key, SPOT_VALUE, element, NULL,
                "cannot read a duration of `%s`", key);
    return false;
}

static bool read_part(struct taker *taker, const char *key, uint32_t element,
                      const char *name, struct term *ret)
{
    if (!strcmp(name, "every")) {
        ret->kind = TERM_EVERY;
        ret->text = "";
        return read_lattice(taker, key, element, EVERY_MS_MIN, &ret->every_ms);
    }
    if (!strcmp(name, "phase"))
        return read_lattice(taker, key, element, 0, &ret->phase_ms);
    if (!element_is_text(taker, key, element, "texts"))
        return false;
    if (!strcmp(name, "cron"))
        return read_cron(taker, key, element, ret);
    if (!strcmp(name, "at"))
        return read_at(taker, key, element, ret);
    taker_blame(taker, "E104", key, SPOT_VALUE, element,
                &(struct advice){ .help = "options: every phase cron at" },
                "unknown option `%.64s` in `any`", name);
    return false;
}

/* One table of `any`: every (and phase), cron, or at. */
static bool read_alternative(struct taker *taker, const char *key,
                             uint32_t element, void *data)
{
    lua_State *L = taker->L;
    struct term term = { .kind = TERM_EVERY };
    unsigned kinds = 0;
    bool good = lua_istable(L, -1);
    lua_pushnil(L);
    while (good && lua_next(L, -2)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        kinds += strcmp(name, "phase") != 0;
        good = read_part(taker, key, element, name, &term);
        lua_pop(L, good ? 1 : 2);
    }
    if (good && kinds == 1) {
        add_term(taker, data, &term);
        return true;
    }
    if (good || !lua_istable(L, -1))
        taker_blame(taker, "E108", key, SPOT_VALUE, element,
                    &(struct advice){ .help = "for example  any = { { cron = "
                                              "\"0 9 * * MON-FRI\" }, { at = "
                                              "\"12:00\" } }" },
                    "each element of `any` has one of every, cron, at");
    return false;
}

void take_any(struct taker *taker, const char *key, struct decl *decl)
{
    if (take_type(taker, key, LUA_TTABLE, "a list of tables"))
        for_each(taker, key, SCHEDULE_TERMS_MAX, "a list of tables",
                 read_alternative, when_of(taker, decl));
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

static bool read_day_off(struct taker *taker, const char *key, uint32_t element,
                         void *data)
{
    lua_State *L = taker->L;
    struct days_off *off = data;
    const char *calendar = calendar_named(L, -1);
    if (calendar) {
        if (off->when->calendar_count < SCHEDULE_CALENDARS_MAX - 1)
            off->when->calendars[off->when->calendar_count++] =
                loader_keep(taker->loader, calendar);
        return true;
    }
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
    if (!date_parse(text, len, &day)) {
        blame_day(taker, key, element, text);
        return false;
    }
    calendar_add_day(&off->days, &off->count, &off->cap, day);
    return true;
}

void take_except(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    struct arena *arena = &taker->loader->arena;
    struct days_off off = { .when = when };
    when->excepts = true;
    when->weekdays_off = 0;
    when->calendar_count = 0;
    when->own_days = NULL;
    when->calendars =
        arena_new(arena, SCHEDULE_CALENDARS_MAX * sizeof *when->calendars);
    if (calendar_named(taker->L, -1))
        read_day_off(taker, key, 0, &off);
    else
        for_each(taker, key, CALENDAR_DAYS_MAX, "a list of days", read_day_off,
                 &off);
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

void take_jitter(struct taker *taker, const char *key, struct decl *decl)
{
    take_duration(taker, key, 1000, JITTER_MS_MAX,
                  &when_of(taker, decl)->jitter_ms);
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
