/* http.get, post, put, delete: ask the daemon, and wait.
 *
 * The call yields; the daemon's answer resumes it in http_answered(), which
 * raises where the call has failed, unless check = false. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "fiber.h"
#include "json.h"
#include "lib.h"
#include "lib_answer.h"
#include "loader.h"
#include "mooncron/duration.h"
#include "url.h"

#define HTTP_TIMEOUT_MS 30000

/* What the continuation has to know, in one integer. */
enum { CHECK = 1 };
#define METHOD_SHIFT 1

static const char *const names[4] = {
    [METHOD_GET] = "http.get",
    [METHOD_POST] = "http.post",
    [METHOD_PUT] = "http.put",
    [METHOD_DELETE] = "http.delete",
};

/* ---- options ---- */

struct options {
    struct text headers, body, query;
    bool has_body, check;
    uint32_t timeout_ms;
};

static void options_close(struct options *options)
{
    text_close(&options->headers);
    text_close(&options->body);
    text_close(&options->query);
}

/* Each is for the value on top of the stack; false: `why` is a clause. */
static bool read_json(lua_State *L, struct options *options, char why[160])
{
    const char *clause = "";
    options->has_body = true;
    if (json_put(L, -1, &options->body, &clause))
        return true;
    snprintf(why, 160, "%s", clause);
    return false;
}

static bool read_body(lua_State *L, struct options *options, char why[160])
{
    size_t len;
    const char *bytes =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    options->has_body = true;
    snprintf(why, 160, bytes ? "is too large" : "must be a text; see json");
    if (bytes)
        text_add(&options->body, bytes, len);
    return bytes && !options->body.cut;
}

static bool is_table(lua_State *L, char why[160])
{
    snprintf(why, 160, "must be a table of names and values");
    return lua_istable(L, -1);
}

static bool read_query(lua_State *L, struct options *options, char why[160])
{
    return is_table(L, why) && url_put_query(L, -1, &options->query, why);
}

static bool read_headers(lua_State *L, struct options *options, char why[160])
{
    return is_table(L, why) && url_put_headers(L, -1, &options->headers, why);
}

static bool read_timeout(lua_State *L, struct options *options, char why[160])
{
    size_t len = 0;
    const char *text =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "";
    int64_t ms = 0;
    snprintf(why, 160, "must be a duration such as \"5s\"");
    if (duration_parse(text, len, &ms) != DURATION_OK || ms < 1 ||
        ms > TIMEOUT_MS_MAX)
        return false;
    options->timeout_ms = (uint32_t)ms;
    return true;
}

static bool read_check(lua_State *L, struct options *options, char why[160])
{
    snprintf(why, 160, "must be true or false");
    options->check = lua_toboolean(L, -1);
    return lua_isboolean(L, -1);
}

static const struct {
    const char *name;
    bool (*read)(lua_State *L, struct options *options, char why[160]);
} rows[] = {
    { "json", read_json },       { "body", read_body },
    { "query", read_query },     { "headers", read_headers },
    { "timeout", read_timeout }, { "check", read_check },
};

static bool read_option(lua_State *L, const char *name, struct options *options,
                        char why[160])
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(name, rows[i].name))
            return rows[i].read(L, options, why);
    snprintf(why, 160, "is no option: json body query headers timeout check");
    return false;
}

/* Pushes the sentence where an option is wrong. */
static bool read_options(lua_State *L, enum method method,
                         struct options *options)
{
    char why[160];
    if (lua_isnoneornil(L, 2))
        return true;
    if (!lua_istable(L, 2)) {
        lua_pushfstring(L, "%s: the options must be a table", names[method]);
        return false;
    }
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (!read_option(L, name, options, why)) {
            lua_pushfstring(L, "%s: `%s` %s", names[method], name, why);
            return false;
        }
        lua_pop(L, 1);
    }
    return true;
}

/* ---- a call ---- */

/* Pushes the sentence where the request cannot be sent. */
static bool send_request(lua_State *L, struct fiber *fiber, enum method method,
                         struct options *options)
{
    size_t len = 0;
    const char *path =
        lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : "";
    const char *fault =
        strlen(path) == len ? url_path_fault(path) : "holds a zero byte";
    if (fault) {
        lua_pushfstring(L, "%s: the path %s", names[method], fault);
        return false;
    }
    if (!read_options(L, method, options))
        return false;
    if (options->query.len && strchr(path, '?'))
        options->query.data[0] = '&';
    bool posts = method == METHOD_POST || method == METHOD_PUT;
    if (posts && !options->has_body)
        text_puts(&options->body, "{}");
    const char *url = lua_pushfstring(L, "%s%s", path, options->query.data);
    const struct host_request request = {
        .run = fiber->run,
        .method = (uint8_t)method,
        .url = url,
        .headers = options->headers.data,
        .body = { options->body.data, options->body.len },
        .has_body = options->has_body || posts,
        .timeout_ms = options->timeout_ms,
    };
    if (host_put_request(&fiber->host->out, &request))
        return true;
    lua_pushfstring(L, "%s: the request is too large", names[method]);
    return false;
}

static int http_answered(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    enum method method = (enum method)(context >> METHOD_SHIFT);
    const char *path = lua_tostring(L, 1);
    int first = 3; /* behind path and options */
    if (!(context & CHECK))
        return lua_gettop(L) - first + 1;
    if (lua_isnil(L, first))
        return luaL_error(L, "%s %s: %s", names[method], path,
                          lua_tostring(L, first + 1));
    if (lib_answer_failed(L, first))
        return luaL_error(L, "%s %s %s", names[method], path,
                          lua_tostring(L, -1));
    lua_settop(L, first);
    return 1;
}

static int http_call(lua_State *L, enum method method)
{
    if (lib_refuse_loading(L, names[method]))
        return 1;
    struct fiber *fiber = fiber_calling(L, names[method]);
    lua_settop(L, 2);
    struct options options = { .check = true, .timeout_ms = HTTP_TIMEOUT_MS };
    text_init(&options.headers, 16 << 10);
    text_init(&options.body, JSON_BYTES_MAX);
    text_init(&options.query, 16 << 10);
    bool sent = send_request(L, fiber, method, &options);
    lua_KContext context =
        (lua_KContext)method << METHOD_SHIFT | (options.check ? CHECK : 0);
    options_close(&options);
    if (!sent) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
        return lua_error(L);
    }
    lua_settop(L, 2);
    fiber->wait = WAIT_RESPONSE;
    return lua_yieldk(L, 0, context, http_answered);
}

static int http_get(lua_State *L)
{
    return http_call(L, METHOD_GET);
}

static int http_post(lua_State *L)
{
    return http_call(L, METHOD_POST);
}

static int http_put(lua_State *L)
{
    return http_call(L, METHOD_PUT);
}

static int http_delete(lua_State *L)
{
    return http_call(L, METHOD_DELETE);
}

void lib_http_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "get", http_get },       { "post", http_post }, { "put", http_put },
        { "delete", http_delete }, { NULL, NULL },
    };
    lib_answer_open(L);
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "http");
}
