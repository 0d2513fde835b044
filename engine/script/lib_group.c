/* group "name" { limit = n }: jobs of a group run so many at once. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "declare.h"
#include "lib.h"
#include "mooncron/suggest.h"
#include "take.h"

static void group_option(struct taker *taker, uint32_t *limit)
{
    lua_State *L = taker->L;
    const char *key =
        lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
    char title[160];
    if (key && !strcmp(key, "limit")) {
        take_count(taker, key, 1, UINT32_MAX, limit);
        return;
    }
    const struct call_site site = {
        .source = sources_find(&taker->loader->sources, taker->file),
        .line = taker->line,
        .function = "group",
        .name = taker->name,
    };
    struct spot spot = source_option(&site, key ? key : "", SPOT_KEY, 0);
    static const char *const names[] = { "limit" };
    bool near = key && suggest(key, names, 1);
    const struct advice advice = { .label = near ? "did you mean `limit`?" : "",
                                   .help = near ? "" : "options: limit" };
    blame_spot(taker->loader, "E104", taker->file, &spot, taker->line, &advice,
               "unknown option `%.64s` in %s", key ? key : "?",
               taker_title(taker, title));
}

/* group "name" { this } : upvalue 1 is the index. */
static int group_table(lua_State *L)
{
    struct loader *loader = declaring(L, "group");
    struct group_decl *group =
        &loader->groups[lua_tointeger(L, lua_upvalueindex(1))];
    group->called = true;
    struct taker taker = { loader,      L,           "group", group->name,
                           group->file, group->line, true };
    if (lua_type(L, 1) != LUA_TTABLE) {
        blame_line(loader, "E133", group->file, group->line, NULL,
                   "group \"%s\" must be followed by a table, found %s",
                   group->name ? group->name : "", luaL_typename(L, 1));
        return 0;
    }
    uint32_t limit = 0, before = loader->mistakes.total;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        group_option(&taker, &limit);
        lua_pop(L, 1);
    }
    group->limit = limit;
    if (!limit && loader->mistakes.total == before)
        blame_line(loader, "E108", group->file, group->line,
                   &(struct advice){ .help = "for example  limit = 1" },
                   "`limit` is missing in group \"%s\"",
                   group->name ? group->name : "");
    return 0;
}

static void group_claim(struct loader *loader, const char *name,
                        struct caller caller)
{
    for (uint32_t i = 0; i < loader->group_count; i++) {
        const struct group_decl *group = &loader->groups[i];
        if (!group->name || strcmp(group->name, name) != 0)
            continue;
        char note[400];
        snprintf(note, sizeof note, "first declared at %s:%u", group->file,
                 (unsigned)group->line);
        const struct advice advice = { .label = "second declaration",
                                       .note = note };
        blame_whole(loader, "E130", caller.file, caller.line, &advice,
                    "group \"%s\" is declared twice", name);
        return;
    }
}

static int group(lua_State *L)
{
    struct loader *loader = declaring(L, "group");
    struct caller caller = caller_of(L, loader);
    const char *name = take_name(L, loader, "group", caller);
    if (name)
        group_claim(loader, name, caller);
    if (loader->group_count == JOBSET_GROUPS_MAX)
        return luaL_error(L, "more than %d groups are declared",
                          JOBSET_GROUPS_MAX);
    lua_pushinteger(L, loader->group_count);
    loader->groups[loader->group_count++] = (struct group_decl){
        .name = name ? loader_keep(loader, name) : NULL,
        .file = caller.file,
        .line = caller.line,
    };
    lua_pushcclosure(L, group_table, 1);
    return 1;
}

void lib_group_open(lua_State *L)
{
    lua_pushcfunction(L, group);
    lua_setfield(L, -2, "group");
}
