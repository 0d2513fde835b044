/* A signal that comes before the worker's loop can hear it.
 *
 * The worker is held with ptrace(2) before it has a loop, is sent the signal
 * there, and let go. It has a folder that cannot be, so that
 * it ends with an exit code, behind the place where the loop begins to hear. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include <cmocka.h>

#include "scratch.h"

#define EXIT_CONFIG 78

static void worker_become(const struct scratch *scratch)
{
    char program[] = BUILD_DIR "/mooncron";
    char *file = scratch_path(scratch, "schedules.lua");
    char *settings = scratch_path(scratch, "settings.json");
    char verb[] = "run", option[] = "--settings";
    char *argv[] = { program, verb, option, settings, file, NULL };
    char folder[256], listen[] = "MOONCRON_LISTEN=127.0.0.1:0";
    snprintf(folder, sizeof folder, "STATE_DIRECTORY=%s/state", file);
    char *env[] = { folder, listen, NULL };
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execve(program, argv, env);
    _exit(127);
}

/* Is the log for a terminal? That is asked once the environment was read. */
static bool is_at_work(pid_t pid)
{
    struct __ptrace_syscall_info info = { 0 };
    long len = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    return len > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY &&
           info.entry.nr == SYS_ioctl && info.entry.args[0] == STDERR_FILENO &&
           info.entry.args[1] == TCGETS;
}

/* Stopped there. */
static pid_t worker_hold(const struct scratch *scratch)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid)
        worker_become(scratch);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status)); /* at its execve(2) */
    ptrace(PTRACE_SETOPTIONS, pid, NULL,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while (!is_at_work(pid)) {
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSTOPPED(status))
            fail_msg("it ended before it had begun: %#x", (unsigned)status);
    }
    return pid;
}

static void a_hangup_before_the_loop_ends_nobody(void **state)
{
    (void)state;
    struct scratch scratch;
    int status;
    scratch_make(&scratch);
    scratch_write(&scratch, "schedules.lua", "");
    scratch_write(&scratch, "settings.json", "{}");
    pid_t pid = worker_hold(&scratch);
    assert_int_equal(kill(pid, SIGHUP), 0);
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        fail_msg("signal %d ended it", WTERMSIG(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_CONFIG);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hangup_before_the_loop_ends_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
