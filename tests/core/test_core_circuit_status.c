/* Stories of what is told of circuits, and of how many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "endpoints.h"
#include "story.h"

/* Each origin has its own, across reloads; beyond so many there are none. */
static void there_are_so_many(void **state)
{
    (void)state;
    enum { MOST = 1024, COUNT = MOST + 100 };
    static struct line lines[COUNT];
    static char names[COUNT][16], origins[COUNT][32];
    struct story story;
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "job-%u", i);
        snprintf(origins[i], sizeof origins[i], "https://h%u:443", i);
        lines[i] = (struct line){ .name = names[i],
                                  .every_ms = HOUR,
                                  .origin = origins[i] };
    }
    struct world world = story_world(lines);
    world.line_count = COUNT;
    story_calm(&story, &world);
    for (uint32_t generation = 1; generation <= 2; generation++) {
        assert_int_equal(core_status(story.core).generation, generation);
        for (uint32_t i = 0; i < MOST; i++)
            assert_string_equal(core_circuit(story.core, i).origin, origins[i]);
        for (uint32_t i = MOST; i < COUNT; i++)
            assert_null(core_circuit(story.core, i).origin);
        story_ask(&story, 0);
        story_pass(&story, SECOND);
    }
    story_end(&story);
}

/* It opens and closes each minute, and is said to have each ten; that it is
 * something else now is news. */
static void what_flaps_is_told_seldom(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad", .every_ms = 5 * SECOND },
        { .name = "good", .every_ms = MINUTE },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "b" };
    endpoints_begin(&story, lines, &endpoints);
    uint32_t told = 0;
    for (int64_t i = 0; i < 60 * 60; i++) {
        story_pass(&story, SECOND);
        told += strstr(story.trace.data, " circuit \"") != NULL;
        story_forget(&story);
    }
    assert_in_range(told, 10, 12); /* opened and closed */
    endpoints.sick = "";
    endpoints.gone = "bg";
    story_pass(&story, 15 * MINUTE);
    const char *gone = strstr(story.trace.data, " unreachable ");
    assert_non_null(gone);
    assert_null(strstr(gone + 1, " unreachable "));
    story_end(&story);
}

static void what_is_known(void **state)
{
    (void)state;
    struct story story;
    static const struct line lines[] = {
        { .name = "bad", .every_ms = 5 * SECOND },
        { .name = "good", .every_ms = HOUR },
        { .name = "script", .every_ms = HOUR, .scripted = true },
        { 0 },
    };
    struct endpoints endpoints = { .sick = "b" };
    endpoints_begin(&story, lines, &endpoints);
    assert_null(core_circuit(story.core, 2).origin);
    struct circuit_status bad = core_circuit(story.core, 0);
    assert_string_equal(bad.origin, "");
    assert_false(bad.open);
    assert_int_equal(bad.opened.ms, EVER_MS);
    story_pass(&story, 21 * SECOND);
    bad = core_circuit(story.core, 0);
    assert_true(bad.open && bad.holds && !bad.probing);
    assert_int_equal(bad.trouble, TROUBLE_ILL);
    assert_int_equal(bad.cause, CAUSE_SERVER);
    assert_int_equal(bad.status, 503);
    assert_int_equal(bad.fails, 5);
    assert_in_range(story.now.wall.ms - bad.opened.ms, 1, 10 * SECOND);
    assert_in_range(bad.again.ms - bad.opened.ms, 5 * SECOND, 10 * SECOND);
    struct circuit_status good = core_circuit(story.core, 1);
    assert_true(good.open && !good.holds);
    assert_int_equal(good.again.ms, NEVER_MS);
    story.world.run_ms = BY_HAND;
    story_pass(&story, 10 * SECOND);
    bad = core_circuit(story.core, 0);
    assert_true(bad.probing && bad.holds);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_so_many),
        cmocka_unit_test(what_flaps_is_told_seldom),
        cmocka_unit_test(what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
