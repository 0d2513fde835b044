/* The options that make a request: target, query, headers, body. */
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blame.h"
#include "ghost.h"
#include "json.h"
#include "take.h"
#include "url.h"

void take_target(struct taker *taker, const char *key, const char **ret)
{
    if (!take_type(taker, key, LUA_TSTRING, "a path such as \"/api/feed\""))
        return;
    const char *path = lua_tostring(taker->L, -1);
    const char *wrong = url_path_fault(path);
    if (!wrong) {
        *ret = loader_keep(taker->loader, path);
        return;
    }
    char label[160] = "";
    if (path[0] != '/' && !strstr(path, "://") && strlen(path) < 120)
        snprintf(label, sizeof label, "try \"/%s\"", path);
    const struct advice advice = { .label = label,
                                   .help =
                                       "paths are relative to BACKEND_URL" };
    taker_blame(taker, "E114", key, SPOT_VALUE, 0, &advice, "`%s` target %s",
                key, wrong);
}

static void blame_part(struct taker *taker, const char *key, const char *why)
{
    taker_blame(taker, "E115", key, SPOT_VALUE, 0, NULL, "`%s` %s", key, why);
}

void take_query(struct taker *taker, const char *key, const char **ret)
{
    if (!take_type(taker, key, LUA_TTABLE, "a table of names and values"))
        return;
    struct text *text = &taker->loader->text;
    char why[160];
    text_clear(text);
    if (url_put_query(taker->L, -1, text, why))
        *ret = loader_keep(taker->loader, text->data);
    else
        blame_part(taker, key, why);
}

void take_headers(struct taker *taker, const char *key, const char **ret)
{
    if (!take_type(taker, key, LUA_TTABLE, "a table of names and values"))
        return;
    struct text *text = &taker->loader->text;
    char why[160];
    text_clear(text);
    if (url_put_headers(taker->L, -1, text, why))
        *ret = loader_keep(taker->loader, text->data);
    else
        blame_part(taker, key, why);
}

/* Where several jobs share a target, the only text in the body says which is
 * which. */
static const char *label_of(struct taker *taker)
{
    lua_State *L = taker->L;
    const char *label = "";
    unsigned count = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -1) == LUA_TSTRING)
            label = lua_tostring(L, -1);
        count++;
        lua_pop(L, 1);
    }
    return count == 1 && strlen(label) <= 64 ? loader_keep(taker->loader, label)
                                             : "";
}

void take_body(struct taker *taker, const char *key, const char **ret,
               const char **ret_label)
{
    if (!take_type(taker, key, LUA_TTABLE, "a table, sent as JSON"))
        return;
    struct text *text = &taker->loader->text;
    const char *why = "";
    text_clear(text);
    if (!json_put(taker->L, -1, text, &why)) {
        blame_part(taker, key, why);
        return;
    }
    *ret = loader_keep(taker->loader, text->data);
    *ret_label = label_of(taker);
}
