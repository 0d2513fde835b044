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
    *calendar = (struct calendar){ loader_keep(loader, name), copy, kept };
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
    const struct calendar *own = calendar_keep(loader, "", days, count);
    loader->own_days =
        memory_resize((void *)loader->own_days, loader->own_days_count + 1,
                      sizeof *loader->own_days);
    loader->own_days[loader->own_days_count++] = own;
    return own;
}

/* A date, or a date and time of which the date counts: backends send both. */
static bool read_day(const char *text, size_t len, int32_t *ret_day)
{
    size_t date = len > 10 && text[10] == 'T' ? 10 : len;
    return date_parse(text, date, ret_day);
}

/* ---- calendar "name" { days } ---- */

static void blame_list(struct loader *loader, const struct calendar_decl *decl,
                       lua_State *L, int index)
{
    const struct advice advice = {
        .help = "for example  calendar \"holidays\" { \"2026-12-25\" }, or "
                "calendar \"holidays\" (settings.holidays)"
    };
    if (!ghost_is(L, index))
        blame_line(loader, "E133", decl->file, decl->line, &advice,
                   "calendar \"%s\" must be followed by a list of dates, found "
                   "%s",
                   decl->name, luaL_typename(L, index));
}

static void blame_day(struct loader *loader, const struct calendar_decl *decl,
                      lua_Unsigned element, lua_State *L)
{
    const char *text =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    const struct advice advice = { .help = "a day is \"2026-12-25\"" };
    blame_line(loader, "E116", decl->file, decl->line, &advice,
               "element %u of calendar \"%s\" is no date: %s%.40s%s",
               (unsigned)element, decl->name, text ? "\"" : "",
               text ? text : luaL_typename(L, -1), text ? "\"" : "");
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

static int calendar_call(lua_State *L)
{
    struct loader *loader = declaring(L, "calendar");
    const uint32_t *place = luaL_checkudata(L, 1, type_name);
    struct calendar_decl *decl = &loader->calendars[*place];
    if (!claim(loader, decl, caller_of(L, loader)))
        return 0;
    if (!lua_istable(L, 2)) {
        blame_list(loader, decl, L, 2);
        return 0;
    }
    int32_t *days = NULL;
    uint32_t count = 0, cap = 0;
    lua_Unsigned length = lua_rawlen(L, 2);
    bool good = length <= CALENDAR_DAYS_MAX;
    if (!good)
        blame_line(loader, "E105", decl->file, decl->line, NULL,
                   "calendar \"%s\" has more than %d days", decl->name,
                   CALENDAR_DAYS_MAX);
    for (lua_Unsigned i = 1; good && i <= length; i++) {
        size_t len = 0;
        int32_t day;
        lua_rawgeti(L, 2, (lua_Integer)i);
        const char *text =
            lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "";
        good = read_day(text, len, &day);
        if (good)
            calendar_add_day(&days, &count, &cap, day);
        else
            blame_day(loader, decl, i, L);
        lua_pop(L, 1);
    }
    decl->as = *calendar_keep(loader, decl->name, days, count);
    free(days);
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
    if (loader->calendar_count >= JOBSET_CALENDARS_MAX)
        return luaL_error(L, "more than %d calendars are declared",
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
