/* Requests are checked where they are written, so that the daemon sends what
 * it is handed. */
#include "url.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 64

bool url_is_whole(const char *url)
{
    return !strncmp(url, "http://", 7) || !strncmp(url, "https://", 8);
}

/* What stands between the scheme and the path: its length. */
static size_t url_host(const char *url, const char **ret)
{
    *ret = strstr(url, "://") + 3;
    return strcspn(*ret, "/?#");
}

const char *url_origin(const char *url, char *buffer)
{
    const char *host;
    size_t len = url_host(url, &host);
    const char *own = url[4] == 's' ? ":443" : ":80";
    size_t own_len = strlen(own);
    if (len > own_len && !strncmp(host + len - own_len, own, own_len))
        len -= own_len;
    len += (size_t)(host - url);
    for (size_t i = 0; i < len; i++)
        buffer[i] = (char)tolower((unsigned char)url[i]);
    buffer[len] = '\0';
    return buffer;
}

static const char *host_fault(const char *url)
{
    const char *host;
    size_t len = url_host(url, &host);
    if (len == 0 || host[0] == ':')
        return "names no host";
    return memchr(host, '@', len)
               ? "has a user name or a password, which has no place in a URL"
               : NULL;
}

const char *url_path_fault(const char *path)
{
    bool whole = url_is_whole(path);
    if (path[0] != '/' && !whole)
        return "must start with /";
    if (path[0] == '/' && path[1] == '/')
        return "must start with one /";
    if (strlen(path) > URL_MAX)
        return "is longer than 4096 bytes";
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return "holds a space or a control character: write %20 and the "
                   "like";
    if (strchr(path, '#'))
        return "has a fragment (#), which is never sent";
    return whole ? host_fault(path) : NULL;
}

/* ---- fields of a table, sorted ---- */

struct field {
    const char *name, *value;
};

static int field_order(const void *a, const void *b)
{
    const struct field *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* A scalar as text on top of the stack; NULL where it is none. */
static const char *scalar(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TBOOLEAN)
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    else
        lua_pushvalue(L, -1);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    return text && strlen(text) == len ? text : NULL;
}

/* The fields of the table at `index`; their strings are kept alive by a list
 * that is left on the stack. Less than 0: `why` says what is wrong. */
static int fields_of(lua_State *L, int index, struct field *fields, size_t max,
                     char why[160])
{
    size_t count = 0;
    index = lua_absindex(L, index);
    lua_newtable(L);
    int kept = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        const char *value = scalar(L); /* kept name value text */
        if (!name || !value || count == max) {
            snprintf(why, 160, "%s%.40s%s",
                     count == max ? "has too many fields"
                     : name       ? "must hold a text or a number for \""
                                  : "must have names",
                     name && count < max ? name : "",
                     name && count < max ? "\"" : "");
            lua_settop(L, kept);
            return -1;
        }
        lua_rawseti(L, kept, (lua_Integer)count + 1);
        fields[count++] = (struct field){ name, value };
        lua_pop(L, 1);
    }
    qsort(fields, count, sizeof *fields, field_order);
    return (int)count;
}

/* ---- queries ---- */

/* RFC 3986, 2.3: unreserved characters stand for themselves. */
static void put_encoded(struct text *out, const char *at)
{
    for (; *at; at++)
        if (isalnum((unsigned char)*at) || strchr("-._~", *at))
            text_putc(out, *at);
        else
            text_printf(out, "%%%02X", (unsigned char)*at);
}

bool url_put_query(lua_State *L, int index, struct text *out, char why[160])
{
    struct field fields[FIELDS_MAX];
    int count = fields_of(L, index, fields, FIELDS_MAX, why);
    if (count < 0) {
        lua_pop(L, 1);
        return false;
    }
    for (int i = 0; i < count; i++) {
        text_putc(out, i ? '&' : '?');
        put_encoded(out, fields[i].name);
        text_putc(out, '=');
        put_encoded(out, fields[i].value);
    }
    lua_pop(L, 1);
    snprintf(why, 160, "is longer than %d bytes", URL_MAX);
    return out->len <= URL_MAX;
}

/* ---- headers ---- */

static bool is_token(const char *name)
{
    for (const char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("!#$%&'*+-.^_`|~", *at))
            return false;
    return *name != '\0';
}

/* The worker's own, and those that say how long a body is. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = { "Authorization",
                                            "X-API-Key",
                                            "Idempotency-Key",
                                            "Host",
                                            "Content-Length",
                                            "Connection",
                                            "Transfer-Encoding",
                                            "Upgrade",
                                            "Cookie",
                                            "TE",
                                            "Trailer",
                                            "Expect",
                                            "Proxy-Authorization",
                                            "traceparent" };
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcasecmp(name, reserved[i]))
            return true;
    return !strncasecmp(name, "X-Mooncron-", 11);
}

static bool header_check(const struct field *field, char why[160])
{
    if (!is_token(field->name)) {
        snprintf(why, 160,
                 "cannot be named \"%.60s\": a name is letters, "
                 "digits and -",
                 field->name);
        return false;
    }
    if (is_reserved(field->name)) {
        snprintf(why, 160, "cannot set %.60s: it is the worker's own",
                 field->name);
        return false;
    }
    for (const char *at = field->value; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            snprintf(why, 160, "has a control character in %.60s", field->name);
            return false;
        }
    return true;
}

bool url_put_headers(lua_State *L, int index, struct text *out, char why[160])
{
    struct field fields[HEADERS_MAX];
    int count = fields_of(L, index, fields, HEADERS_MAX, why);
    bool good = count >= 0;
    for (int i = 0; i < count && good; i++) {
        good = header_check(&fields[i], why);
        text_printf(out, "%s: %s\n", fields[i].name, fields[i].value);
    }
    lua_pop(L, 1);
    if (good && out->len > 8000) {
        snprintf(why, 160, "is longer than 8000 bytes");
        return false;
    }
    return good;
}
