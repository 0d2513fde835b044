/* An explanation says in words what one schedule does: when, its next times,
 * what the changes of offset in the coming year do to it, and how else it may
 * be written. */
#ifndef MOONCRON_CLI_EXPLANATION_H
#define MOONCRON_CLI_EXPLANATION_H

#include "coming.h"

struct explanation {
    struct coming coming;
    const struct job *job;     /* NULL: a trial */
    const char *not_scheduled; /* NULL, or why it has no times here */
    const char *environment;   /* of the job */
};

/* For people: lines. */
void explanation_lines(const struct explanation *explanation, struct text *out);
/* One object, `version` 1 (docs/cli.md). */
void explanation_json(const struct explanation *explanation, struct text *out);

#endif
