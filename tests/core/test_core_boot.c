/* Stories of the beginning: what is loaded before, and without, a backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static const struct line pumps[] = {
    { .name = "pump", .every_ms = 15 * MINUTE },
    { .name = "beat", .every_ms = 15 * MINUTE, .always = true },
    { 0 },
};

static void boots_with_settings(void **state)
{
    (void)state;
    struct story story;
    struct world world = story_world(pumps);
    story_begin(&story, &world, NULL);
    story_pass(&story, 10 * SECOND);
    story_is(&story, "14:07:31.000 fetch, booting\n"
                     "14:07:31.020 load 1: jobs on in \"production\"\n"
                     "14:07:31.050 swap generation 1: +2 ~0 -0 =0\n");
    assert_true(core_status(story.core).settings_known);
    assert_false(core_status(story.core).unconfirmed);
    assert_int_equal(core_next_slot(story.core, 0).ms,
                     STORY_BEGINS_MS + 7 * MINUTE + 29 * SECOND);
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_with_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
