/* A worker that does not end is a finding, and the lane goes on. */
#include "scene.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>

#include <cmocka.h>

#include "cells.h"
#include "judge.h"

static void start(struct scene *scene)
{
    scene_begin(scene);
    play_write_load(scene, false);
    scene_spawn(scene);
    assert_true(scene_await_ready(scene));
}

/* gdb is there, and is let at processes that want to be left alone. */
static bool may_trace(void)
{
    unsigned long long capabilities = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "CapEff: %llx", &capabilities) == 1)
            break;
    if (status)
        fclose(status);
    return access("/usr/bin/gdb", X_OK) == 0 &&
           capabilities >> CAP_SYS_PTRACE & 1;
}

static void one_that_hangs_is_found_and_killed(void **state)
{
    struct scene *scene = *state;
    struct findings findings;
    findings_open(&findings);
    start(scene);
    proc_signal(scene->worker.proc, SIGSTOP);
    scene->patience_ms = 100;
    scene_stop(scene);
    scene->patience_ms = SCENE_PATIENCE_MS;
    assert_int_equal(scene->exit_code, SCENE_HUNG);
    assert_false(scene_alive(scene));
    judge_end(scene, cell_fault(0), &findings);
    assert_int_equal(findings.unsound, 1);
    assert_non_null(strstr(findings.text.data, "had not ended"));
    assert_non_null(strstr(scene->hung.data, "\"event\":\"listening\""));
    if (may_trace())
        assert_non_null(strstr(scene->hung.data, "Thread 1 "));
    scene_end(scene);
    findings_close(&findings);
}

static void the_next_one_is_as_good_as_any(void **state)
{
    struct scene *scene = *state;
    struct findings findings;
    findings_open(&findings);
    start(scene);
    judge_rest(scene, &findings);
    judge_books(scene, &findings);
    assert_string_equal(findings.text.data, "");
    assert_string_equal(scene->hung.data, "");
    scene_end(scene);
    findings_close(&findings);
}

static int open_scene(void **state)
{
    static struct scene scene;
    scene_open(&scene);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    scene_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_hangs_is_found_and_killed),
        cmocka_unit_test(the_next_one_is_as_good_as_any),
    };
    return cmocka_run_group_tests(tests, open_scene, close_scene);
}
