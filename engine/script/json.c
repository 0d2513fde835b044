/* JSON, written by us in a settled order, read by lua-cjson. */
#include "json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

int luaopen_cjson_safe(lua_State *L);

static const char decode_key[] = "mooncron.json.decode";

/* ---- scalars ---- */

/* JSON is UTF-8: what is not would be refused by the other side. */
static bool is_utf8(const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes, *end = at + len;
    while (at < end) {
        size_t more = *at < 0x80                  ? 0
                      : *at >= 0xc2 && *at < 0xe0 ? 1
                      : *at >= 0xe0 && *at < 0xf0 ? 2
                      : *at >= 0xf0 && *at < 0xf5 ? 3
                                                  : 9;
        if (more > (size_t)(end - at) - 1)
            return false;
        for (size_t i = 1; i <= more; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += more + 1;
    }
    return true;
}

static bool put_string(const char *bytes, size_t len, struct text *out,
                       const char **ret_why)
{
    *ret_why = "holds text that is no UTF-8";
    if (!is_utf8(bytes, len))
        return false;
    text_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            text_putc(out, '\\');
        if (c < 0x20 || c == 0x7f)
            text_printf(out, "\\u%04x", c);
        else
            text_putc(out, (char)c);
    }
    text_putc(out, '"');
    return true;
}

static bool put_number(lua_State *L, int index, struct text *out,
                       const char **ret_why)
{
    if (lua_isinteger(L, index)) {
        text_printf(out, LUA_INTEGER_FMT, lua_tointeger(L, index));
        return true;
    }
    double number = lua_tonumber(L, index);
    *ret_why = "holds a number that JSON has not (nan or inf)";
    if (!isfinite(number))
        return false;
    char digits[40];
    snprintf(digits, sizeof digits, "%.15g", number);
    if (strtod(digits, NULL) != number)
        snprintf(digits, sizeof digits, "%.17g", number);
    text_puts(out, digits);
    return true;
}

/* ---- tables ---- */

static bool put_value(lua_State *L, int index, struct text *out, int depth,
                      const char **ret_why);

static bool put_list(lua_State *L, int index, lua_Unsigned count,
                     struct text *out, int depth, const char **ret_why)
{
    text_putc(out, '[');
    for (lua_Unsigned i = 1; i <= count; i++) {
        if (i > 1)
            text_putc(out, ',');
        lua_rawgeti(L, index, (lua_Integer)i);
        bool good = put_value(L, lua_gettop(L), out, depth, ret_why);
        lua_pop(L, 1);
        if (!good || out->cut)
            return good;
    }
    text_putc(out, ']');
    return true;
}

struct key {
    const char *bytes;
    size_t len;
};

static int key_order(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->bytes, y->bytes, len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The keys, which the table keeps alive. NULL where one is no string. */
static struct key *keys_of(lua_State *L, int index, size_t count)
{
    struct key *keys = memory_new(count * sizeof *keys);
    size_t i = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING || i == count) {
            lua_pop(L, 1);
            free(keys);
            return NULL;
        }
        keys[i].bytes = lua_tolstring(L, -1, &keys[i].len);
        i++;
    }
    qsort(keys, count, sizeof *keys, key_order);
    return keys;
}

static bool put_object(lua_State *L, int index, size_t count, struct text *out,
                       int depth, const char **ret_why)
{
    struct key *keys = keys_of(L, index, count);
    *ret_why = "holds a table that is neither a list nor has only names";
    if (!keys)
        return false;
    bool good = true;
    text_putc(out, '{');
    for (size_t i = 0; i < count && good && !out->cut; i++) {
        if (i)
            text_putc(out, ',');
        good = put_string(keys[i].bytes, keys[i].len, out, ret_why);
        text_putc(out, ':');
        lua_pushlstring(L, keys[i].bytes, keys[i].len);
        lua_rawget(L, index);
        good = good && put_value(L, lua_gettop(L), out, depth, ret_why);
        lua_pop(L, 1);
    }
    text_putc(out, '}');
    free(keys);
    return good;
}

static size_t table_count(lua_State *L, int index)
{
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        count++;
    }
    return count;
}

static bool put_table(lua_State *L, int index, struct text *out, int depth,
                      const char **ret_why)
{
    *ret_why = "is nested deeper than 32 tables";
    if (depth > JSON_DEPTH_MAX || !lua_checkstack(L, 8))
        return false;
    size_t count = table_count(L, index);
    lua_Unsigned length = lua_rawlen(L, index);
    if (count && length == count)
        return put_list(L, index, length, out, depth, ret_why);
    return put_object(L, index, count, out, depth, ret_why);
}

static bool put_value(lua_State *L, int index, struct text *out, int depth,
                      const char **ret_why)
{
    size_t len;
    const char *bytes;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        text_puts(out, lua_toboolean(L, index) ? "true" : "false");
        return true;
    case LUA_TNUMBER:
        return put_number(L, index, out, ret_why);
    case LUA_TSTRING:
        bytes = lua_tolstring(L, index, &len);
        return put_string(bytes, len, out, ret_why);
    case LUA_TTABLE:
        return put_table(L, index, out, depth + 1, ret_why);
    case LUA_TNIL:
        text_puts(out, "null");
        return true;
    case LUA_TLIGHTUSERDATA: /* the null of lua-cjson */
        if (!lua_touserdata(L, index)) {
            text_puts(out, "null");
            return true;
        }
        break;
    default:
        break;
    }
    *ret_why = "holds a function, or what else JSON cannot say";
    return false;
}

bool json_put(lua_State *L, int index, struct text *out, const char **ret_why)
{
    if (!put_value(L, lua_absindex(L, index), out, 0, ret_why))
        return false;
    *ret_why = "is too large";
    return !out->cut;
}

/* ---- reading ---- */

static void cjson_set(lua_State *L, const char *option, lua_Integer value)
{
    lua_getfield(L, -1, option);
    if (value < 0)
        lua_pushboolean(L, false);
    else
        lua_pushinteger(L, value);
    lua_call(L, 1, 0);
}

void json_open(lua_State *L)
{
    luaopen_cjson_safe(L);
    cjson_set(L, "decode_invalid_numbers", -1);
    cjson_set(L, "decode_max_depth", JSON_DEPTH_MAX);
    lua_getfield(L, -1, "decode");
    lua_setfield(L, LUA_REGISTRYINDEX, decode_key);
    lua_pop(L, 1);
}

/* lua-cjson makes a float of every number, and "page=" .. 50.0 is no page:
 * what is whole becomes an integer again, in place. Its depth is bounded. */
static void make_whole(lua_State *L)
{
    int whole;
    lua_Integer number = lua_tointegerx(L, -1, &whole);
    if (lua_type(L, -1) == LUA_TNUMBER && whole) {
        lua_pop(L, 1);
        lua_pushinteger(L, number);
    }
    if (!lua_istable(L, -1))
        return;
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* table key value */
        make_whole(L);
        lua_pushvalue(L, -2); /* table key value key */
        lua_insert(L, -2);
        lua_rawset(L, -4); /* table key: an old key may be set meanwhile */
    }
}

bool json_decode(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, decode_key);
    lua_insert(L, -2);
    luaL_checkstack(L, 4 * JSON_DEPTH_MAX, "JSON");
    lua_call(L, 1, 2); /* -> value, or nil and a sentence */
    bool good = !lua_isnil(L, -2);
    if (good && lua_islightuserdata(L, -2)) {
        lua_pushnil(L);
        lua_replace(L, -3);
    }
    lua_pop(L, good ? 1 : 2);
    if (good)
        make_whole(L);
    return good;
}
