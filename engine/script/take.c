/* Options are taken one by one; a wrong one is blamed and the next is taken. */
#include "take.h"

#include <assert.h>
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blame.h"
#include "ghost.h"
#include "json.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"

const char *taker_title(const struct taker *taker, char buffer[160])
{
    if (taker->name)
        snprintf(buffer, 160, "%s \"%.130s\"", taker->function, taker->name);
    else
        snprintf(buffer, 160, "%s%s",
                 strcmp(taker->function, "job") ? "" : "this ",
                 taker->function);
    return buffer;
}

static struct spot spot_of(const struct taker *taker, const char *key,
                           enum spot_of what, uint32_t element)
{
    const struct call_site site = {
        .source = sources_find(&taker->loader->sources, taker->file),
        .line = taker->line,
        .function = taker->function,
        .name = taker->name,
    };
    return source_option(&site, key, what, element);
}

void taker_blame(struct taker *taker, const char *code, const char *key,
                 enum spot_of what, uint32_t element,
                 const struct advice *advice, const char *format, ...)
{
    char message[512], title[160];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct spot spot = spot_of(taker, key, what, element);
    blame_spot(taker->loader, code, taker->file, &spot, taker->line, advice,
               "%s in %s", message, taker_title(taker, title));
    taker->sound = false;
}

void taker_blame_part(struct taker *taker, const char *code, const char *key,
                      uint32_t element, uint32_t column, uint32_t width,
                      const struct advice *advice, const char *message)
{
    char title[160];
    size_t len;
    lua_tolstring(taker->L, -1, &len);
    struct spot spot = spot_of(taker, key, SPOT_VALUE, element);
    if (spot.column && spot.width == len + 2 && column + width <= len) {
        spot.column += 1 + column; /* behind the quote */
        spot.width = width;
    }
    blame_spot(taker->loader, code, taker->file, &spot, taker->line, advice,
               "%s in %s", message, taker_title(taker, title));
    taker->sound = false;
}

/* ---- types ---- */

const char *take_found(lua_State *L, char buffer[64])
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        snprintf(buffer, 64, "\"%.50s\"", lua_tostring(L, -1));
        return buffer;
    case LUA_TNUMBER:
        lua_pushvalue(L, -1); /* the number itself stays one */
        snprintf(buffer, 64, "%s", lua_tostring(L, -1));
        lua_pop(L, 1);
        return buffer;
    case LUA_TBOOLEAN:
        return lua_toboolean(L, -1) ? "true" : "false";
    case LUA_TTABLE:
        return "a table";
    case LUA_TFUNCTION:
        return "a function";
    default:
        return "something else";
    }
}

static void blame_type(struct taker *taker, const char *key, const char *wanted)
{
    char buffer[64];
    taker_blame(taker, "E107", key, SPOT_VALUE, 0, NULL,
                "`%s` must be %s, found %s", key, wanted,
                take_found(taker->L, buffer));
}

bool take_type(struct taker *taker, const char *key, int type,
               const char *wanted)
{
    if (lua_type(taker->L, -1) == type)
        return true;
    if (ghost_is(taker->L, -1))
        taker->sound = false; /* blamed where it came from */
    else
        blame_type(taker, key, wanted);
    return false;
}

void take_bool(struct taker *taker, const char *key, bool *ret)
{
    if (take_type(taker, key, LUA_TBOOLEAN, "true or false"))
        *ret = lua_toboolean(taker->L, -1);
}

void take_string(struct taker *taker, const char *key, const char **ret)
{
    if (take_type(taker, key, LUA_TSTRING, "a text"))
        *ret = loader_keep(taker->loader, lua_tostring(taker->L, -1));
}

void take_count(struct taker *taker, const char *key, uint32_t min,
                uint32_t max, uint32_t *ret)
{
    if (!take_type(taker, key, LUA_TNUMBER, "a whole number"))
        return;
    int whole;
    lua_Integer count = lua_tointegerx(taker->L, -1, &whole);
    if (whole && count >= min && count <= max) {
        *ret = (uint32_t)count;
        return;
    }
    char buffer[64];
    taker_blame(taker, "E105", key, SPOT_VALUE, 0, NULL,
                "`%s` must be a whole number from %u to %u, found %s", key,
                (unsigned)min, (unsigned)max, take_found(taker->L, buffer));
}

void take_choice(struct taker *taker, const char *key, const char *const *words,
                 size_t count, uint8_t *ret)
{
    if (!take_type(taker, key, LUA_TSTRING, "a text"))
        return;
    const char *word = lua_tostring(taker->L, -1);
    char help[128] = "allowed: ", label[96] = "";
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(word, words[i])) {
            *ret = (uint8_t)i;
            return;
        }
        size_t len = strlen(help);
        snprintf(help + len, sizeof help - len, "%s%s", i ? ", " : "",
                 words[i]);
    }
    const char *near = suggest(word, words, count);
    if (near)
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    const struct advice advice = { .label = label, .help = help };
    taker_blame(taker, "E105", key, SPOT_VALUE, 0, &advice,
                "`%s` cannot be \"%.64s\"", key, word);
}

void take_function(struct taker *taker, const char *key, const char *wanted,
                   uint32_t *ret_id)
{
    lua_State *L = taker->L;
    if (!take_type(taker, key, LUA_TFUNCTION, wanted))
        return;
    *ret_id = ++taker->loader->functions;
    lua_getfield(L, LUA_REGISTRYINDEX, FUNCTIONS_KEY);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, *ret_id);
    lua_pop(L, 1);
}

/* ---- tables within an option ---- */

#define FIELD_KEY_MAX 96 /* a known option, a dot, some of what was written */
#define FIELDS_MAX    8

static void blame_field(struct taker *taker, const char *key,
                        const struct option_field *fields, size_t count)
{
    const char *names[FIELDS_MAX];
    char path[FIELD_KEY_MAX], label[96] = "", help[128] = "fields:";
    lua_State *L = taker->L;
    if (lua_type(L, -2) != LUA_TSTRING) {
        taker_blame(taker, "E104", key, SPOT_VALUE, 0, NULL,
                    "a value without a name in `%s`", key);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(help);
        names[i] = fields[i].name;
        snprintf(help + len, sizeof help - len, " %s", names[i]);
    }
    const char *near = suggest(lua_tostring(L, -2), names, count);
    if (near)
        snprintf(label, sizeof label, "did you mean `%s`?", near);
    const struct advice advice = { .label = label, .help = help };
    snprintf(path, sizeof path, "%s.%.64s", key, lua_tostring(L, -2));
    taker_blame(taker, "E104", path, SPOT_KEY, 0, &advice, "unknown field `%s`",
                path);
}

bool take_fields(struct taker *taker, const char *key,
                 const struct option_field *fields, size_t count, void *data)
{
    lua_State *L = taker->L;
    const bool before = taker->sound;
    assert(count <= FIELDS_MAX);
    taker->sound = true;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        size_t i = 0;
        while (i < count && strcmp(fields[i].name, name) != 0)
            i++;
        char path[FIELD_KEY_MAX];
        snprintf(path, sizeof path, "%s.%.64s", key, name);
        if (i < count)
            fields[i].take(taker, path, data);
        else
            blame_field(taker, key, fields, count);
        lua_pop(L, 1);
    }
    const bool sound = taker->sound;
    taker->sound = sound && before;
    return sound;
}

/* ---- durations ---- */

/* `write "1440m" (= 1d) for minutes, or "1440ms" (= 1s440ms) ...` */
static void advise_unit(const char *digits, char help[320])
{
    char unit[64], minutes[DURATION_TEXT_MAX], millis[DURATION_TEXT_MAX];
    int64_t ms = 0;
    snprintf(unit, sizeof unit, "%sms", digits);
    if (duration_parse(unit, strlen(unit), &ms) != DURATION_OK ||
        ms > DURATION_MS_MAX / 60000) {
        snprintf(help, 320, "write a number with its unit, such as \"15m\"");
        return;
    }
    duration_format(ms * 60000, minutes);
    duration_format(ms, millis);
    char plain[48], thousandth[48];
    snprintf(plain, sizeof plain, "%sm", digits);
    snprintf(thousandth, sizeof thousandth, "%sms", digits);
    bool same_m = !strcmp(plain, minutes),
         same_ms = !strcmp(thousandth, millis);
    snprintf(help, 320,
             "write \"%sm\"%s%s%s for minutes, or \"%sms\"%s%s%s for "
             "milliseconds",
             digits, same_m ? "" : " (= ", same_m ? "" : minutes,
             same_m ? "" : ")", digits,
             same_ms ? "" : " (= ", same_ms ? "" : millis, same_ms ? "" : ")");
}

static void blame_unit(struct taker *taker, const char *key)
{
    char value[64], digits[24], label[64], help[320];
    take_found(taker->L, value);
    lua_pushvalue(taker->L, -1);
    snprintf(digits, sizeof digits, "%s", lua_tostring(taker->L, -1));
    lua_pop(taker->L, 1);
    snprintf(label, sizeof label, "%s what?", digits);
    advise_unit(digits, help);
    const struct advice advice = { .label = label, .help = help };
    taker_blame(taker, "E110", key, SPOT_VALUE, 0, &advice,
                "`%s = %s` has no unit", key, value);
}

static void blame_unreadable(struct taker *taker, const char *key,
                             const char *text, size_t len)
{
    char guess[DURATION_TEXT_MAX], label[80] = "";
    if (duration_guess(text, len, guess))
        snprintf(label, sizeof label, "did you mean \"%s\"?", guess);
    const struct advice advice = {
        .label = label,
        .help = label[0] ? ""
                         : "a duration is a number with its unit, or several: "
                           "\"90s\", \"15m\", \"1h30m\", \"2d\""
    };
    taker_blame(taker, "E112", key, SPOT_VALUE, 0, &advice,
                "cannot read duration \"%.64s\"", text);
}

static void blame_range(struct taker *taker, const char *key, bool short_of,
                        int64_t min_ms, int64_t max_ms)
{
    char bound[DURATION_TEXT_MAX], label[64];
    duration_format(short_of ? min_ms : max_ms, bound);
    snprintf(label, sizeof label, "at %s \"%s\"", short_of ? "least" : "most",
             bound);
    const struct advice advice = { .label = label };
    taker_blame(taker, "E111", key, SPOT_VALUE, 0, &advice,
                "`%s = \"%.64s\"` is too %s", key, lua_tostring(taker->L, -1),
                short_of ? "short" : "long");
}

void take_duration(struct taker *taker, const char *key, int64_t min_ms,
                   int64_t max_ms, int64_t *ret_ms)
{
    lua_State *L = taker->L;
    if (lua_type(L, -1) == LUA_TNUMBER) {
        blame_unit(taker, key);
        return;
    }
    if (!take_type(taker, key, LUA_TSTRING, "a duration such as \"15m\""))
        return;
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    int64_t ms = 0;
    enum duration_fault fault = duration_parse(text, len, &ms);
    if (fault == DURATION_NO_UNIT)
        blame_unit(taker, key);
    else if (fault == DURATION_TOO_LONG || (!fault && ms > max_ms))
        blame_range(taker, key, false, min_ms, max_ms);
    else if (fault)
        blame_unreadable(taker, key, text, len);
    else if (ms < min_ms)
        blame_range(taker, key, true, min_ms, max_ms);
    else
        *ret_ms = ms;
}

/* ---- lists ---- */

void take_names(struct taker *taker, const char *key, const char ***ret,
                uint32_t *ret_count)
{
    lua_State *L = taker->L;
    if (!take_type(taker, key, LUA_TTABLE, "a list of names"))
        return;
    lua_Unsigned count = lua_rawlen(L, -1);
    if (count == 0 || count > ONLY_MAX) {
        taker_blame(taker, "E105", key, SPOT_VALUE, 0, NULL,
                    "`%s` must list 1 to %d names", key, ONLY_MAX);
        return;
    }
    const char **names =
        arena_new(&taker->loader->arena, count * sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, i + 1);
        bool good = lua_type(L, -1) == LUA_TSTRING;
        if (good)
            names[i] = loader_keep(taker->loader, lua_tostring(L, -1));
        else
            taker_blame(taker, "E107", key, SPOT_VALUE, i + 1, NULL,
                        "`%s` must list names", key);
        lua_pop(L, 1);
        if (!good)
            return;
    }
    *ret = names;
    *ret_count = (uint32_t)count;
}
