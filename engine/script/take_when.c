/* The options that say when, noted as they stand: each text is read once here,
 * so that a mistake in it is told with its place. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"
#include "take_list.h"
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
    take_list(taker, key, &kind, when);
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
    if (!take_type(taker, key, LUA_TTABLE, kind.wanted))
        return;
    struct when *when = when_of(taker, decl);
    when->any_said = true;
    take_list(taker, key, &kind, when);
}

/* ---- next ---- */

void take_next(struct taker *taker, const char *key, struct decl *decl)
{
    if (!take_type(taker, key, LUA_TFUNCTION, "a function"))
        return;
    lua_pushvalue(taker->L, -1);
    when_of(taker, decl)->next = luaL_ref(taker->L, LUA_REGISTRYINDEX);
}
