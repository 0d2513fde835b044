/* Loads: the same file gives the same jobs, and a file that does harm is told
 * of its line. What each mistake looks like is for spec/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

/* Tables with many keys, whose order is another in each Lua state. */
static const char many[] =
    "defaults { headers = { A = '1', B = '2', C = '3', D = '4', E = '5' } }\n"
    "group 'g' { limit = 2 }\n"
    "for i = 1, 50 do\n"
    "  job('j' .. i) { every = '1h', phase = 'auto', group = 'g',\n"
    "    post = '/j/' .. i, query = { q = i, r = 'x', s = true, t = 'y' },\n"
    "    body = { one = i, two = { 'a', 'b' }, three = 3, four = false,\n"
    "             five = 'six', seven = { eight = 8, nine = 9, ten = 10 } },\n"
    "    headers = { F = '6', G = '7', H = '8' } }\n"
    "end\n";

static void the_same_file_is_the_same_schedule(void **state)
{
    (void)state;
    struct play first, again;
    play_open(&first, many);
    play_says(&first, "loaded 50, 0 mistakes\n");
    for (int i = 0; i < 10; i++) {
        play_open(&again, many);
        play_says(&again, "loaded 50, 0 mistakes\n");
        struct jobset_diff diff = jobset_compare(first.set, again.set);
        assert_int_equal(diff.unchanged, 50);
        assert_int_equal(diff.added + diff.changed + diff.removed, 0);
        play_close(&again);
    }
    play_close(&first);
}

/* One row: a file that does harm while it loads, and what it is told. */
static const struct {
    const char *text, *told;
} harms[] = {
    { "\nwhile true do end", "E150:2: " },
    { "\nwhile true do pcall(error) end", "E150:2: " },
    { "local function f() return 1 + f() end\nf()", "E152:1: " },
    { "local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end",
      "E151:2: " },
    { "local s = ('x'):rep(1 << 40)", ":1: " },
    { "\nos.exit(0)", "E122:2: " },
    { "\nio.write('x')", "E122:2: " },
    { "\nhttp.get('/a')", "E140:2: " },
    { "\nsleep('1s')", "E140:2: " },
    { "\nfail('x')", "E140:2: " },
    { "\nprint('x')", "E140:2: " },
    { "multiplier(function() while true do end end)\n"
      "job 'a' { every = '1h', post = '/a' }",
      "E150:1: " },
    { "setmetatable(_G, { __index = function() end })", "E101:1: " },
    { "string.rep = nil", "E101:1: string.rep cannot be written" },
    { "getmetatable('').__index = nil", "E101:1: " },
    { "rawset(_G, 'job', nil)", "E101:1: rawset: " },
    { "rawset(settings, 'enableJobs', true)", "E101:1: rawset: " },
    { "math.pwo(2, 3)", "E122:1: unknown name `math.pwo`" },
    { "job = nil", "E123:1: " },
    { "\27Lua", "E1" },
};

static void harm_is_told_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct play play;
        play_open(&play, harms[i].text);
        const char *end = strstr(play.said.data, "loaded 0, ");
        if (!end || strstr(play.said.data, ", 0 mistakes"))
            fail_msg("%s: %s", harms[i].text, play.said.data);
        if (!strstr(play.said.data, harms[i].told))
            fail_msg("%s: %s", harms[i].text, play.said.data);
        play_close(&play);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_file_is_the_same_schedule),
        cmocka_unit_test(harm_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
