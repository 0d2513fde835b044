/* Remembering: after a start, what the store knows of the jobs becomes what is
 * recent. */
#ifndef MOONCRON_REMEMBERING_H
#define MOONCRON_REMEMBERING_H

struct daemon;

/* Once, when the first schedule is in force. It goes on by itself, and
 * `remembering` of the daemon is true until it has ended. */
void remembering_begin(struct daemon *d);

#endif
