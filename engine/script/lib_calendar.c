/* A calendar is declared like a group, and named where it is used: the value of
 * `calendar "name"` does for both. */
#include "lib_calendar.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "declare.h"
#include "ghost.h"
#include "mooncron/civil.h"
#include "mooncron/suggest.h"
#include "when.h"

static const char type_name[] = "mooncron.calendar";

const char *calendar_named(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA)
        return NULL;
    const uint32_t *place = luaL_testudata(L, index, type_name);
    struct loader *loader = loader_of(L);
    return place && loader ? loader->calendars[*place].name : NULL;
}

/* ---- days ---- */

void calendar_add_day(int32_t **days, uint32_t *count, uint32_t *cap,
                      int32_t day)
{
    if (*count == *cap) {
        *cap = *cap ? *cap * 2 : 32;
        *days = memory_resize(*days, *cap, sizeof **days);
    }
    (*days)[(*count)++] = day;
}

static int by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts, and drops what is there twice; how many are left. */
static uint32_t days_settle(int32_t *days, uint32_t count)
{
    uint32_t kept = 0;
    if (count)
        qsort(days, count, sizeof *days, by_day);
    for (uint32_t i = 0; i < count; i++)
        if (!kept || days[i] != days[kept - 1])
            days[kept++] = days[i];
    return kept;
}

const struct calendar *calendar_keep(struct loader *loader, const char *name,
                                     int32_t *days, uint32_t count)
{
    uint32_t kept = days_settle(days, count);
    struct calendar *calendar = arena_new(&loader->arena, sizeof *calendar);
    int32_t *copy = arena_new(&loader->arena, kept * sizeof *copy);
    if (kept)
        memcpy(copy, days, kept * sizeof *copy);
    *calendar = (struct calendar){ loader_keep(loader, name), copy, kept,
                                   calendar_digest(copy, kept) };
    return calendar;
}

/* A thousand jobs of a loop name the same days: these are one calendar. */
const struct calendar *calendar_own(struct loader *loader, int32_t *days,
                                    uint32_t count)
{
    count = days_settle(days, count);
    for (uint32_t i = 0; i < loader->own_days_count; i++) {
        const struct calendar *own = loader->own_days[i];
        if (own->count == count &&
            !memcmp(own->days, days, count * sizeof *days))
            return own;
    }
    if (loader->calendar_count + loader->own_days_count >= JOBSET_CALENDARS_MAX)
        return NULL;
    const struct calendar *own = calendar_keep(loader, "", days, count);
    loader->own_days =
        memory_resize((void *)loader->own_days, loader->own_days_count + 1,
                      sizeof *loader->own_days);
    loader->own_days[loader->own_days_count++] = own;
    return own;
}

#define DATE_LEN 10

/* "2026-12-25T00:00", with seconds, a fraction, "Z" or an offset. A fraction is
 * known only where there is an offset: one is lent. */
static bool has_time(const char *text, size_t len)
{
    int64_t local_s;
    struct wall at;
    char lent[RFC3339_TEXT_MAX];
    if (local_parse(text, len, &local_s) || rfc3339_parse(text, len, &at))
        return true;
    if (len >= sizeof lent)
        return false;
    memcpy(lent, text, len);
    lent[len] = 'Z';
    return rfc3339_parse(lent, len + 1, &at);
}

bool calendar_read_day(const char *text, size_t len, int32_t *ret_day)
{
    bool timed = len > DATE_LEN && text[DATE_LEN] == 'T';
    return date_parse(text, timed ? DATE_LEN : len, ret_day) &&
           (!timed || has_time(text, len));
}

/* ---- calendar "name" { days } ---- */

/* Settings have no such field, and that was told of this line. */
static bool was_blamed(const struct loader *loader,
                       const struct calendar_decl *decl)
{
    const struct mistakes *mistakes = &loader->mistakes;
    if (!mistakes->count)
        return false;
    const struct mistake *last = &mistakes->items[mistakes->count - 1];
    return last->line == decl->line && !strcmp(last->file, decl->file);
}

static void blame_list(struct loader *loader, const struct calendar_decl *decl,
                       lua_State *L, int index)
{
    const struct advice advice = {
        .help = lua_isnil(L, index)
                    ? "a Setting that may be null:  calendar \"holidays\" "
                      "(settings.holidays or {})"
                    : "for example  calendar \"holidays\" { \"2026-12-25\" }, "
                      "or calendar \"holidays\" (settings.holidays)"
    };
    const char *found =
        lua_istable(L, index) ? "a table with names" : luaL_typename(L, index);
    if (!ghost_is(L, index) && !was_blamed(loader, decl))
        blame_line(loader, "E133", decl->file, decl->line, &advice,
                   "calendar \"%s\" must be followed by a list of dates, found "
                   "%s",
                   decl->name, found);
}

/* Where a text stands in quotes, at most `lines` lines below the first. */
static struct spot spot_quoted(struct loader *loader,
                               const struct calendar_decl *decl,
                               const char *text, uint32_t lines)
{
    const struct source *source = sources_find(&loader->sources, decl->file);
    struct spot spot = { 0, 0, 0 };
    char quoted[64];
    for (uint32_t i = 0; !spot.column && i <= lines; i++)
        for (const char *quote = "\"'"; !spot.column && *quote; quote++) {
            snprintf(quoted, sizeof quoted, "%c%.60s%c", *quote, text, *quote);
            spot = source_text(source, decl->line + i, quoted);
        }
    return spot;
}

#define LINES_SEARCHED 400 /* a year of days, one a line */

static void blame_day(struct loader *loader, const struct calendar_decl *decl,
                      lua_Unsigned element, lua_State *L)
{
    const struct advice advice = { .help = "a day is \"2026-12-25\"" };
    struct spot spot = { 0, 0, 0 };
    char text[64];
    if (lua_type(L, -1) == LUA_TSTRING) {
        snprintf(text, sizeof text, "\"%.40s\"", lua_tostring(L, -1));
        spot = spot_quoted(loader, decl, lua_tostring(L, -1), LINES_SEARCHED);
    } else {
        snprintf(text, sizeof text, "%s",
                 lua_islightuserdata(L, -1) ? "null" : luaL_typename(L, -1));
    }
    blame_spot(loader, "E116", decl->file, &spot, decl->line, &advice,
               "element %u of calendar \"%s\" is no date: %s",
               (unsigned)element, decl->name, text);
}

void calendar_blame(struct loader *loader, struct calendar_decl *decl)
{
    const char *names[64];
    size_t count = 0;
    for (uint32_t i = 0; i < loader->calendar_count && count < 64; i++)
        if (loader->calendars[i].called)
            names[count++] = loader->calendars[i].name;
    char label[160] = "", help[240];
    const char *near = suggest(decl->name, names, count);
    if (near)
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    snprintf(help, sizeof help,
             "declare it:  calendar \"%.100s\" { \"2026-12-25\" }", decl->name);
    const struct advice advice = { .label = label, .help = help };
    struct spot spot = spot_quoted(loader, decl, decl->name, 0);
    if (!decl->missed)
        blame_spot(loader, "E131", decl->file, &spot, decl->line, &advice,
                   "calendar \"%.64s\" is not declared", decl->name);
    decl->missed = true;
}

/* Declared here and nowhere else. */
static bool claim(struct loader *loader, struct calendar_decl *decl,
                  struct caller caller)
{
    if (!decl->called) {
        decl->called = true;
        decl->file = caller.file;
        decl->line = caller.line;
        return true;
    }
    char note[400];
    snprintf(note, sizeof note, "first declared at %s:%u", decl->file,
             (unsigned)decl->line);
    const struct advice advice = { .label = "second declaration",
                                   .note = note };
    blame_whole(loader, "E130", caller.file, caller.line, &advice,
                "calendar \"%s\" is declared twice", decl->name);
    return false;
}

/* The length of the list at `index`; -1, and it was blamed, where it is none,
 * or is too long. */
static lua_Integer list_length(lua_State *L, struct loader *loader,
                               const struct calendar_decl *decl, int index)
{
    lua_Unsigned length = lua_istable(L, index) ? lua_rawlen(L, index) : 0;
    bool named = false; /* { day = "2026-12-25" } is no empty list */
    if (lua_istable(L, index) && !length) {
        lua_pushnil(L);
        named = lua_next(L, index);
        lua_settop(L, index);
    }
    if (!lua_istable(L, index) || named) {
        blame_list(loader, decl, L, index);
        return -1;
    }
    if (length <= CALENDAR_DAYS_MAX)
        return (lua_Integer)length;
    blame_line(loader, "E105", decl->file, decl->line, NULL,
               "calendar \"%s\" has more than %d days", decl->name,
               CALENDAR_DAYS_MAX);
    return -1;
}

/* Reads the list on top of the stack up to its first mistake. */
static void read_days(lua_State *L, struct loader *loader,
                      struct calendar_decl *decl, lua_Integer length)
{
    int32_t *days = NULL;
    uint32_t count = 0, cap = 0;
    bool good = true;
    for (lua_Integer i = 1; good && i <= length; i++) {
        size_t len = 0;
        int32_t day;
        const char *text = lua_rawgeti(L, -1, i) == LUA_TSTRING
                               ? lua_tolstring(L, -1, &len)
                               : "";
        good = calendar_read_day(text, len, &day);
        if (good)
            calendar_add_day(&days, &count, &cap, day);
        else
            blame_day(loader, decl, (lua_Unsigned)i, L);
        lua_pop(L, 1);
    }
    decl->as = *calendar_keep(loader, decl->name, days, count);
    free(days);
}

static int calendar_call(lua_State *L)
{
    struct loader *loader = declaring(L, "calendar");
    const uint32_t *place = luaL_checkudata(L, 1, type_name);
    struct calendar_decl *decl = &loader->calendars[*place];
    lua_settop(L, 2);
    if (!claim(loader, decl, caller_of(L, loader)))
        return 0;
    lua_Integer length = list_length(L, loader, decl, 2);
    if (length >= 0)
        read_days(L, loader, decl, length);
    return 0;
}

/* The place of a calendar of this name: one is made on the first mention. */
static uint32_t place_of(struct loader *loader, const char *name,
                         struct caller caller)
{
    for (uint32_t i = 0; i < loader->calendar_count; i++)
        if (!strcmp(loader->calendars[i].name, name))
            return i;
    loader->calendars =
        memory_resize(loader->calendars, loader->calendar_count + 1,
                      sizeof *loader->calendars);
    loader->calendars[loader->calendar_count] =
        (struct calendar_decl){ .name = loader_keep(loader, name),
                                .file = caller.file,
                                .line = caller.line };
    return loader->calendar_count++;
}

static int calendar(lua_State *L)
{
    struct loader *loader = declaring(L, "calendar");
    struct caller caller = caller_of(L, loader);
    const char *name = take_name(L, loader, "calendar", caller);
    if (!name) {
        ghost_push(L);
        return 1;
    }
    if (loader->calendar_count + loader->own_days_count >= JOBSET_CALENDARS_MAX)
        return luaL_error(L, "more than %d calendars and lists of days",
                          JOBSET_CALENDARS_MAX);
    uint32_t *place = lua_newuserdatauv(L, sizeof *place, 0);
    *place = place_of(loader, name, caller);
    luaL_setmetatable(L, type_name);
    return 1;
}

void lib_calendar_open(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    lua_pushcfunction(L, calendar_call);
    lua_setfield(L, -2, "__call");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_pushcfunction(L, calendar);
    lua_setfield(L, -2, "calendar");
}
