/* Warnings of a plan: nothing is wrong with the file, and yet. */
#ifndef MOONCRON_WARNINGS_H
#define MOONCRON_WARNINGS_H

#include "mooncron/jobset.h"
#include "mooncron/mistake.h"

/* Adds what there is to say of the set, in this environment, at this time, in
 * the order of the file. `ascii`: pictures without UTF-8. */
void warnings_find(const struct jobset *set, const char *environment,
                   struct wall now, bool ascii, struct mistakes *warnings);

/* Adds what leads to an origin that may not be called, likewise: what is
 * allowed is the worker's to say, and no matter of the file. */
void warnings_find_origins(const struct jobset *set,
                           bool (*is_allowed)(const void *whose,
                                              const char *url),
                           const void *whose, struct mistakes *warnings);

/* As mistake_render(), with the picture where there is one. */
void warning_render(const struct mistake *warning, bool colour,
                    struct text *out);

/* ---- for those who find them ---- */

void warning_add(struct mistakes *warnings, const struct job *job,
                 const char *code, const char *message, const char *help,
                 const char *note);
/* The picture is whole lines, notes and help included. */
void warning_add_picture(struct mistakes *warnings, const struct job *job,
                         const char *code, const char *message,
                         const char *help, const char *picture);

/* The smallest distance of two slots in the coming days that is at most
 * `most_ms`; NEVER_MS where there is none. Of a lattice its interval. */
int64_t warning_interval(const struct job *job, struct wall now,
                         int64_t most_ms);

/* warnings_policy.c: about what happens when a run fails, or cannot be. */
void warnings_find_policy(const struct job *job, struct wall now,
                          struct mistakes *warnings);
void warnings_find_groups(const struct jobset *set, struct mistakes *warnings);

/* warnings_time.c: about when a job is due. */
void warnings_find_time(const struct jobset *set, const struct job *job,
                        struct wall now, struct mistakes *warnings);

#endif
