/* Where the threads of a process stand, in the words of gdb. */
#include "stacks.h"

#include <stdio.h>

#include "proc.h"

#define GDB_PATIENCE_MS 60000 /* it reads all symbols, on a busy machine */

char *stacks_of(pid_t pid)
{
    char number[16];
    snprintf(number, sizeof number, "%d", (int)pid);
    const char *const argv[] = { "/usr/bin/env", "gdb",  "-nx",
                                 "-batch",       "-ex",  "thread apply all bt",
                                 "-p",           number, NULL };
    const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
    struct proc *gdb = proc_start(argv, env);
    proc_ended(gdb, GDB_PATIENCE_MS);
    char *told = proc_output(gdb, false);
    proc_free(gdb);
    return told;
}
