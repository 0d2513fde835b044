/* The verbs of the command line: one function and one file each.
 *
 * `argv[0]` is the verb itself. Each returns the exit code of the program and
 * has said on standard error why, where it is not 0. */
#ifndef MOONCRON_CLI_VERBS_H
#define MOONCRON_CLI_VERBS_H

#include <stddef.h>

#include "mooncron/error.h"

int cli_check(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_next(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_backend(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_logs(int argc, char **argv);
int cli_why(int argc, char **argv);
int cli_trigger(int argc, char **argv);
int cli_pause(int argc, char **argv);
int cli_resume(int argc, char **argv);
int cli_backfill(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_help(int argc, char **argv);

/* The heading of `help` that a verb stands under. */
enum verb_group { VERB_LOOK, VERB_RUN, VERB_TALK, VERB_OTHER, VERB_HIDDEN };

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    enum verb_group group;
    const char *help;    /* one line; NULL: only its name is listed */
    const char *example; /* likewise */
};

extern const struct verb verbs[];
extern const size_t verb_count;

/* NULL, having said so and what was probably meant, where it is none. */
const struct verb *verb_find(const char *word);

#endif
