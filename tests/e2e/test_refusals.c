/* A command that cannot be carried out says why, as words and as JSON, and ends
 * with the code for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "operator.h"

static void what_cannot_be_done_is_said(void **state)
{
    struct world *world = *state;
    open_world(world);
    EXPECT(world, 1, "there is no job \"ranc\", did you mean \"rank\"?",
           "trigger", "ranc");
    EXPECT(world, 1, "did you mean \"rank\"?", "why", "ranc");
    EXPECT(world, 0, "nothing is written down: what is remembered begins ",
           "why", "rank", "--at", "0001-01-01T00:00:00Z");
    EXPECT(world, 0, "There is no slot after it.", "why", "rank", "--at",
           "9999-12-31T23:59:59Z");
    EXPECT(world, 1, "did you mean \"rank\"?", "pause", "ranc");
    EXPECT(world, 1, "did you mean \"rank\"?", "logs", "ranc");
    EXPECT(world, 1, "did you mean \"rank\"?", "status", "ranc");
    EXPECT(world, 1, "there is no job \"a/b%?\"", "trigger", "a/b%?");
    EXPECT(world, 1, "off is not scheduled here: `only` lists other", "trigger",
           "off");
    EXPECT(world, 0, "off is not scheduled in production: `only`", "why",
           "off");
    EXPECT(world, 1, "rank is not paused", "resume", "rank");
    EXPECT(world, 64, "--for wants a duration", "pause", "rank", "--for", "2");
    EXPECT(world, 64, "--from is missing", "backfill", "rank");
    EXPECT(world, 64, "verdict must be ok, failed", "logs", "--verdict", "bad");
    worker_drain(&world->worker);
    EXPECT(world, 69, "no daemon answers at", "status");
    EXPECT(world, 69, "no daemon answers at", "logs");
    EXPECT(world, 69, "no daemon answers at", "why", "rank");
    EXPECT(world, 69, "no daemon answers at", "trigger", "rank");
}

/* With --json a failure is an object, alone, whatever failed. */
static void expect_error(const struct world *world, int code,
                         const char *wanted, const char *const *args)
{
    char *said = world_says(world, code, wanted, args);
    json_t *json = json_loads(said, 0, NULL);
    const json_t *error = json_object_get(json, "error");
    if (!json_is_string(error) || !strstr(json_string_value(error), wanted))
        fail_msg("mooncron %s is no JSON with such an error: %s", args[0],
                 said);
    json_decref(json);
    free(said);
}
#define EXPECT_ERROR(world, code, wanted, ...)                                 \
    expect_error(world, code, wanted,                                          \
                 (const char *const[]){ __VA_ARGS__, "--json", NULL })

static void failures_are_json_where_that_is_asked_for(void **state)
{
    struct world *world = *state;
    static const char *const verbs[] = { "trigger", "pause",  "resume",
                                         "why",     "status", "logs" };
    open_world(world);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        EXPECT_ERROR(world, 1, "there is no job", verbs[i], "ranc");
    EXPECT_ERROR(world, 1, "there is no job", "backfill", "ranc", "--from",
                 "2025-01-01", "--to", "2025-01-02");
    EXPECT_ERROR(world, 1, "rank is not paused", "resume", "rank");
    EXPECT_ERROR(world, 1, "off is not scheduled here", "trigger", "off",
                 "--wait");
    worker_drain(&world->worker);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        EXPECT_ERROR(world, 69, "no daemon answers at", verbs[i], "rank");
    EXPECT_ERROR(world, 69, "no daemon answers at", "reload");
}

static void a_wrong_token_is_refused(void **state)
{
    struct world *world = *state;
    open_world(world);
    scratch_write(&world->scratch, "state/admin.token", "of another worker");
    EXPECT(world, 77, "Unauthorized", "trigger", "rank");
    EXPECT(world, 0, "enableJobs on", "status");
    worker_drain(&world->worker);
}

static void a_reload_without_a_backend_says_what_goes_on(void **state)
{
    struct world *world = *state;
    open_world(world);
    stand_fault(&world->stand, "/api/settings", "500", 0, 0);
    EXPECT(world, 69, "\nSchedule #1 keeps running.\n", "reload");
    EXPECT(world, 69, "\"schedule\":1", "reload", "--json");
    stand_calm(&world->stand);
    EXPECT(world, 0, "\"outcome\":\"unchanged\"", "reload", "--json");
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_cannot_be_done_is_said),
        WORLD_TEST(failures_are_json_where_that_is_asked_for),
        WORLD_TEST(a_wrong_token_is_refused),
        WORLD_TEST(a_reload_without_a_backend_says_what_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
