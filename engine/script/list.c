/* A function is asked from a fixed beginning, so that its slots do not depend
 * on when the file was loaded. */
#include "list.h"

#include <lauxlib.h>

#include "blame.h"
#include "mooncron/civil.h"
#include "when.h"

#define KEPT_MS     (7 * DAY_MS)
#define LAST_YEAR_S INT64_C(253402300799) /* 9999-12-31T23:59:59 */
#define ASKED_TWICE 100 /* of its answers, to see that they stay the same */

struct asking {
    struct loader *loader;
    const struct decl *decl;
    int64_t begin_s, previous_s;
};

static bool blame_answer(const struct asking *ask, const char *what)
{
    char text[RFC3339_TEXT_MAX];
    const struct advice advice = {
        .help = "next = function(previous) gets a time in seconds and returns "
                "the next one, which is later; the same question has the same "
                "answer"
    };
    struct taker taker = when_taker(ask->loader, ask->decl);
    rfc3339_format((struct wall){ ask->previous_s * 1000 }, 0, text);
    taker_blame(&taker, "E119", "next", SPOT_VALUE, 0, &advice,
                "`next`, asked after %s, %s", text, what);
    return false;
}

/* It began too long ago, or goes on in steps that are too small. */
static bool blame_way(const struct asking *ask)
{
    char begin[RFC3339_TEXT_MAX], at[RFC3339_TEXT_MAX], note[200];
    const struct advice advice = {
        .help = ask->decl->when->from
                    ? "a function is asked from `from` on: name a later one"
                    : "for times that are so near to each other there is "
                      "`every`",
        .note = note
    };
    struct taker taker = when_taker(ask->loader, ask->decl);
    rfc3339_format((struct wall){ ask->begin_s * 1000 }, 0, begin);
    rfc3339_format((struct wall){ ask->previous_s * 1000 }, 0, at);
    snprintf(note, sizeof note,
             "asked after %s, and after each answer, %d "
             "times, it has come to %s",
             begin, LIST_CALLS_MAX, at);
    taker_blame(&taker, "E119", "next", SPOT_VALUE, 0, &advice,
                "`next` does not get to the end of the %d days ahead",
                LIST_AHEAD_DAYS);
    return false;
}

static bool blame_count(const struct asking *ask)
{
    char help[80];
    const struct advice advice = { .help = help };
    struct taker taker = when_taker(ask->loader, ask->decl);
    snprintf(help, sizeof help,
             "at most %d in %d days; for more there is `every`", LIST_SLOTS_MAX,
             LIST_AHEAD_DAYS);
    taker_blame(&taker, "E119", "next", SPOT_VALUE, 0, &advice,
                "`next` gives too many times");
    return false;
}

/* The answer on top of the stack; it is popped. */
static bool read_answer(const struct asking *ask, int64_t *ret_s)
{
    lua_State *L = ask->loader->vm->L;
    char what[96];
    int whole;
    lua_Integer answer = lua_tointegerx(L, -1, &whole);
    bool number = lua_type(L, -1) == LUA_TNUMBER;
    if (!number)
        snprintf(what, sizeof what, "returned %s%s, not a number of seconds",
                 lua_isnil(L, -1) ? "" : "a ", luaL_typename(L, -1));
    lua_pop(L, 1);
    if (!number)
        return blame_answer(ask, what);
    if (!whole)
        return blame_answer(ask, "returned no whole number of seconds");
    if (answer <= ask->previous_s)
        return blame_answer(ask, "returned a time that is not later");
    if (answer > LAST_YEAR_S)
        return blame_answer(ask, "returned a time after the year 9999");
    *ret_s = answer;
    return true;
}

static bool ask_once(const struct asking *ask, int64_t *ret_s)
{
    lua_State *L = ask->loader->vm->L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, ask->decl->when->next);
    lua_pushinteger(L, ask->previous_s);
    enum vm_status status = vm_call(ask->loader->vm, 1, 1, LOAD_BUDGET_NS);
    if (status == VM_OK)
        return read_answer(ask, ret_s);
    blame_error(ask->loader, status);
    lua_pop(L, 1);
    return false;
}

static bool ask_next(const struct asking *ask, unsigned asked, int64_t *ret_s)
{
    int64_t again_s;
    if (!ask_once(ask, ret_s))
        return false;
    if (asked >= ASKED_TWICE)
        return true;
    if (!ask_once(ask, &again_s))
        return false;
    return again_s == *ret_s || blame_answer(ask, "gave two different answers");
}

static int64_t beginning_s(struct wall now, struct wall from)
{
    if (from.ms != EVER_MS)
        return from.ms / 1000 - 1;
    struct civil date = civil_from(now, 0);
    return civil_days(date.year - 1, 1, 1) * 86400;
}

/* Of slots that are long past only the newest is kept: a job whose time is over
 * has it still, and rests. */
static void keep(int64_t *slots_ms, uint32_t *count, int64_t slot_ms,
                 int64_t oldest_ms)
{
    if (*count && slots_ms[*count - 1] < oldest_ms)
        --*count;
    slots_ms[(*count)++] = slot_ms;
}

bool list_ask(struct loader *loader, const struct decl *decl,
              const struct rules_spec *bounds, int64_t slots_ms[LIST_SLOTS_MAX],
              uint32_t *ret_count)
{
    struct wall now = loader->load->now;
    const int64_t begin_s = beginning_s(now, bounds->from);
    struct asking ask = { loader, decl, begin_s, begin_s };
    const int64_t until_s = (now.ms + LIST_AHEAD_DAYS * DAY_MS) / 1000;
    *ret_count = 0;
    for (unsigned asked = 0; !asked || ask.previous_s <= until_s; asked++) {
        if (*ret_count == LIST_SLOTS_MAX)
            return blame_count(&ask);
        if (asked == LIST_CALLS_MAX)
            return blame_way(&ask);
        int64_t slot_s;
        if (!ask_next(&ask, asked, &slot_s))
            return false;
        if (*ret_count && slot_s * 1000 > bounds->until.ms)
            break;
        ask.previous_s = slot_s;
        keep(slots_ms, ret_count, slot_s * 1000, now.ms - KEPT_MS);
    }
    return true;
}
