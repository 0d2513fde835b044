/* The cage: what the script host's process may still do. */
#ifndef SCRIPT_CAGE_H
#define SCRIPT_CAGE_H

/* Before anything of a script is seen: limits, no new privileges, no core, and
 * the end of the daemon is the end of this process. Files may be opened. */
void cage_open(void);

/* After the load: nothing is opened, connected or started any more. Where the
 * kernel has no seccomp, the limits have to do. */
void cage_close(void);

#endif
