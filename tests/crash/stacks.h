/* Where the threads of a process stand. */
#ifndef TESTS_CRASH_STACKS_H
#define TESTS_CRASH_STACKS_H

#include <sys/types.h>

/* As gdb tells it; "" where there is no gdb. Freed by the caller. */
char *stacks_of(pid_t pid);

#endif
