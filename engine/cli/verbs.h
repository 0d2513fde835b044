/* The verbs of the command line: one function and one file each.
 *
 * `argv[0]` is the verb itself. Each returns the exit code of the program and
 * has said on standard error why, where it is not 0. */
#ifndef MOONCRON_CLI_VERBS_H
#define MOONCRON_CLI_VERBS_H

#include "mooncron/error.h"

int cli_check(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_next(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_backend(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_help(int argc, char **argv);

#endif
