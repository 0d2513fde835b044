/* A worker that cannot start says which setting is wrong, what was wanted and
 * what was found, and leaves with a code that systemd understands. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/demo.h"

#include "world.h"

static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n";

/* Expects the worker to leave with `code`, having said all of `says`. */
static void expect_refusal(struct world *world,
                           const struct worker_options *options, int code,
                           const char *const *says)
{
    worker_spawn(&world->worker, &world->scratch, &world->stand, options);
    int left = proc_exit(world->worker.proc, WORKER_PATIENCE_MS);
    char *log = proc_output(world->worker.proc, true);
    if (left != code)
        fail_msg("wanted exit code %d, got %d:\n%s", code, left, log);
    for (; *says; says++) {
        if (!strstr(log, *says))
            fail_msg("not a word of \"%s\" in:\n%s", *says, log);
    }
    assert_null(strstr(log, STAND_ADMIN_KEY));
    assert_null(strstr(log, STAND_SECRET));
    free(log);
    worker_free(&world->worker);
}

/* One row: what is set, the exit code, and what must be said. */
static const struct {
    const char *env[4];
    int code;
    const char *says[4];
} settings[] = {
    { { "BACKEND_URL=nonsense" }, 78, { "BACKEND_URL", "nonsense" } },
    { { "BACKEND_URL=" }, 78, { "BACKEND_URL" } },
    { { "BACKEND_URL=ftp://127.0.0.1/" }, 78, { "BACKEND_URL", "ftp" } },
    { { "BACKEND_URL=http://" }, 78, { "BACKEND_URL" } },
    { { "WORKER_API_KEY" }, 78, { "WORKER_API_KEY" } },
    { { "WORKER_API_KEY=" }, 78, { "WORKER_API_KEY" } },
    { { "WORKER_API_KEY_FILE=/etc/hostname" },
      78,
      { "WORKER_API_KEY", "WORKER_API_KEY_FILE" } },
    { { "WORKER_API_KEY", "WORKER_API_KEY_FILE=/nonexistent/key" },
      78,
      { "/nonexistent/key" } },
    { { "WORKER_WEBHOOK_SECRET_FILE=/etc/hostname" },
      78,
      { "WORKER_WEBHOOK_SECRET", "WORKER_WEBHOOK_SECRET_FILE" } },
    { { "MOONCRON_LISTEN=nonsense" }, 78, { "MOONCRON_LISTEN" } },
    { { "MOONCRON_LISTEN=127.0.0.1:70000" }, 78, { "MOONCRON_LISTEN" } },
    { { "MOONCRON_LOG=xml" }, 78, { "MOONCRON_LOG", "xml" } },
    { { "SCHEDULER_IS_PRIMARY=perhaps" },
      78,
      { "SCHEDULER_IS_PRIMARY", "perhaps" } },
    { { "MOONCRON_POLL=60" }, 78, { "MOONCRON_POLL" } },
    /* All at once. */
    { { "BACKEND_URL=nonsense", "WORKER_API_KEY", "MOONCRON_LOG=xml" },
      78,
      { "BACKEND_URL", "WORKER_API_KEY", "MOONCRON_LOG" } },
};

static void a_wrong_setting_is_named(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct worker_options options = { .env = settings[i].env };
        expect_refusal(world, &options, settings[i].code, settings[i].says);
    }
}

/* It is set, and wrong: that it is not set would send people the wrong way. */
static void a_key_that_is_wrong_is_not_called_missing(void **state)
{
    struct world *world = *state;
    static const char *const both[] = { "WORKER_API_KEY_FILE=/etc/hostname",
                                        NULL };
    static const char *const unread[] = {
        "WORKER_API_KEY", "WORKER_API_KEY_FILE=/nonexistent/key", NULL
    };
    const char *const *const rows[] = { both, unread };
    world_prepare(world, schedule, true, "production");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct worker_options options = { .env = rows[i] };
        worker_spawn(&world->worker, &world->scratch, &world->stand, &options);
        assert_int_equal(proc_exit(world->worker.proc, WORKER_PATIENCE_MS), 78);
        char *log = proc_output(world->worker.proc, true);
        if (strstr(log, "is not set") || strchr(log, '\n')[1])
            fail_msg("more than the one mistake is said:\n%s", log);
        free(log);
        worker_free(&world->worker);
    }
}

static void a_taken_port_is_named(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    char listen[64], port[16];
    snprintf(port, sizeof port, "%u", backend_port(world->stand.backend));
    snprintf(listen, sizeof listen, "MOONCRON_LISTEN=127.0.0.1:%s", port);
    const char *const env[] = { listen, NULL };
    const char *const says[] = { port, "in use", NULL };
    const struct worker_options options = { .env = env };
    expect_refusal(world, &options, 69, says);
}

static void expect_state_refusal(struct world *world, const char *folder,
                                 int code)
{
    char pair[256];
    snprintf(pair, sizeof pair, "STATE_DIRECTORY=%s", folder);
    const char *const env[] = { pair, NULL };
    const char *const says[] = { folder, "(STATE_DIRECTORY)", NULL };
    const struct worker_options options = { .env = env };
    expect_refusal(world, &options, code, says);
}

/* A path below a file is none, however long one waits. Where not even root can
 * make a file, and below what is not there yet, somebody may put it right. */
static void an_unwritable_state_folder_is_named(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    char *wrong = scratch_path(&world->scratch, "schedules.lua/state");
    char *absent = scratch_path(&world->scratch, "disk/state");
    expect_state_refusal(world, wrong, 78);
    expect_state_refusal(world, "/sys", 69);
    expect_state_refusal(world, absent, 69);
    free(wrong);
    free(absent);
}

static void every_mistake_of_the_file_is_said(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "defaults { overlp = 'skip' }\n"
                  "job 'a' { every = 1440, post = '/x' }\n"
                  "job 'b' { every = '20 min', post = 'x' }\n"
                  "job 'a' { every = '1h', post = '/x' }\n",
                  true, "production");
    const char *const says[] = { "E104", "E110", "E112", "E114", "E130", NULL };
    expect_refusal(world, NULL, 78, says);
}

static void a_missing_file_is_named(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    const struct worker_options options = { .file = "nowhere.lua" };
    const char *const says[] = { "nowhere.lua", NULL };
    expect_refusal(world, &options, 78, says);
}

/* One row: arguments, and what must be said on stderr. */
static const struct {
    const char *args[4];
    const char *says;
} usages[] = {
    { { "rum" }, "run" },
    { { "plam" }, "plan" },
    { { "frobnicate" }, "frobnicate" },
    { { "run", "--dri-run" }, "--dry-run" },
    { { "run", "--state", "sqlite" },
      "--state cannot be \"sqlite\"; allowed: none" },
    { { "run", "--state=" }, "--state cannot be \"\"; allowed: none" },
    { { "run", "--state" }, "--state wants a value" },
    { { "plan", "--evn", "x" }, "--env" },
    { { "plan", "--env" }, "--env" },
    { { "demo", "--speed", "fast" }, "--speed" },
    { { "demo", "--seconds", "-1" }, "--seconds" },
    { { "backend", "--listen", "here" }, "--listen" },
};

static void a_wrong_word_is_answered_with_a_guess(void **state)
{
    struct world *world = *state;
    world_prepare(world, schedule, true, "production");
    for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
        char *err;
        int code = worker_command(NULL, &world->scratch, &world->stand,
                                  usages[i].args, NULL, &err);
        if (code != 64 || !strstr(err, usages[i].says))
            fail_msg("%s: exit code %d, said:\n%s", usages[i].args[0], code,
                     err);
        free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_wrong_setting_is_named),
        WORLD_TEST(a_key_that_is_wrong_is_not_called_missing),
        WORLD_TEST(a_taken_port_is_named),
        WORLD_TEST(an_unwritable_state_folder_is_named),
        WORLD_TEST(every_mistake_of_the_file_is_said),
        WORLD_TEST(a_missing_file_is_named),
        WORLD_TEST(a_wrong_word_is_answered_with_a_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
