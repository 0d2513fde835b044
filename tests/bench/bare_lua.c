/* Bare Lua loads a schedule file whose vocabulary does nothing: the floor of
 * what a reload can cost.
 *
 * bench_bare_lua FILE prints the median of several loads in nanoseconds. A load
 * is reading, compiling and running; making the state is not counted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define LOADS 9

static const char vocabulary[] =
    "local function declared() end\n"
    "function job() return declared end\n"
    "group, defaults, multiplier = job, declared, declared\n"
    "settings = { enableJobs = true, schedulerEnvironment = 'production' }\n";

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t load(const char *file)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    int64_t begun = 0;
    if (luaL_dostring(L, vocabulary) != LUA_OK ||
        (begun = now_ns(), luaL_dofile(L, file)) != LUA_OK) {
        fprintf(stderr, "bare_lua: %s\n", lua_tostring(L, -1));
        exit(1);
    }
    int64_t took = now_ns() - begun;
    lua_close(L);
    return took;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int64_t took[LOADS];
    if (argc != 2) {
        fprintf(stderr, "usage: bench_bare_lua FILE\n");
        return 64;
    }
    for (int i = 0; i < LOADS; i++)
        took[i] = load(argv[1]);
    qsort(took, LOADS, sizeof *took, ascending);
    printf("%lld\n", (long long)took[LOADS / 2]);
    return 0;
}
