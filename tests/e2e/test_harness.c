/* The harness hears every line, knows how a process ended, and counts what one
 * holds: else the other tests would be right for nothing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"
#include "proc.h"
#include "scratch.h"

#define PATIENCE_MS 10000

static const char *const env[] = { "NAME=value", NULL };

static struct proc *shell(const char *script)
{
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    return proc_start(argv, env);
}

static void lines_come_in_order(void **state)
{
    (void)state;
    struct proc *proc =
        shell("echo one; echo 2 >&2; echo three; echo four; printf end");
    size_t out = 0, err = 0;
    char *line = proc_line(proc, false, &out, PATIENCE_MS);
    assert_string_equal(line, "one");
    free(line);
    line = proc_await(proc, false, &out, "fo", PATIENCE_MS);
    assert_string_equal(line, "four");
    free(line);
    line = proc_line(proc, false, &out, PATIENCE_MS);
    assert_string_equal(line, "end");
    free(line);
    assert_null(proc_line(proc, false, &out, PATIENCE_MS));
    line = proc_line(proc, true, &err, PATIENCE_MS);
    assert_string_equal(line, "2");
    free(line);
    assert_int_equal(proc_exit(proc, PATIENCE_MS), 0);
    proc_free(proc);
}

static void a_talker_never_waits_for_us(void **state)
{
    (void)state;
    struct proc *proc =
        shell("i=0; while [ $i -lt 20000 ]; do "
              "echo a line of some length that fills a pipe >&2; "
              "i=$((i+1)); done; exit 7");
    assert_int_equal(proc_exit(proc, PATIENCE_MS), 7);
    char *all = proc_output(proc, true);
    assert_int_equal(strlen(all),
                     20000 *
                         strlen("a line of some length that fills a pipe\n"));
    free(all);
    proc_free(proc);
}

static void ends_are_told_apart(void **state)
{
    (void)state;
    struct proc *proc = shell("echo up; exec cat /dev/zero >/dev/null");
    size_t cursor = 0;
    free(proc_await(proc, false, &cursor, "up", PATIENCE_MS));
    assert_true(proc_alive(proc));
    proc_signal(proc, SIGTERM);
    assert_int_equal(proc_exit(proc, PATIENCE_MS), 128 + SIGTERM);
    assert_false(proc_alive(proc));
    proc_free(proc);

    static const char *const nobody[] = { "/nonexistent", NULL };
    assert_int_equal(proc_run(nobody, env, NULL, NULL), 127);
}

static void the_environment_is_what_was_given(void **state)
{
    (void)state;
    static const char *const argv[] = { "/usr/bin/env", NULL };
    char *out;
    assert_int_equal(proc_run(argv, env, &out, NULL), 0);
    assert_string_equal(out, "NAME=value\n");
    free(out);
}

static void whoever_is_left_is_killed(void **state)
{
    (void)state;
    struct proc *proc = shell("cat /dev/zero >/dev/null & echo up; wait");
    size_t cursor = 0;
    free(proc_await(proc, false, &cursor, "up", PATIENCE_MS));
    pid_t group = proc_pid(proc);
    proc_free(proc); /* returns only when its children's pipes are closed */
    assert_true(kill(group, 0) != 0);
}

static void a_footprint_counts(void **state)
{
    (void)state;
    struct proc *proc = shell("exec 9</dev/null; cat /dev/zero >/dev/null & "
                              "exec 8</dev/null; echo up; wait");
    size_t cursor = 0;
    free(proc_await(proc, false, &cursor, "up", PATIENCE_MS));
    struct footprint print = footprint_of(proc_pid(proc));
    assert_int_equal(print.children, 1);
    assert_int_equal(print.threads, 1);
    assert_int_equal(print.fds, 5); /* 0, 1, 2, 8, 9 */
    assert_true(print.rss_kb > 0);
    proc_free(proc);
}

static void a_folder_comes_and_goes(void **state)
{
    (void)state;
    struct scratch scratch;
    scratch_make(&scratch);
    scratch_write(&scratch, "file", "one");
    scratch_write(&scratch, "file", "two");
    char *text = scratch_read(&scratch, "file");
    assert_string_equal(text, "two");
    free(text);
    assert_null(scratch_read(&scratch, "aside.tmp"));
    struct scratch gone = scratch;
    scratch_remove(&scratch);
    assert_null(scratch_read(&gone, "file"));
}

static void a_refused_connection_is_no_answer(void **state)
{
    (void)state;
    struct client_answer answer =
        client_send("GET", "http://127.0.0.1:1/", NULL, NULL);
    assert_int_equal(answer.status, 0);
    assert_true(strlen(answer.error) > 0);
    client_answer_close(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_in_order),
        cmocka_unit_test(a_talker_never_waits_for_us),
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(the_environment_is_what_was_given),
        cmocka_unit_test(whoever_is_left_is_killed),
        cmocka_unit_test(a_footprint_counts),
        cmocka_unit_test(a_folder_comes_and_goes),
        cmocka_unit_test(a_refused_connection_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
