/* The arguments of one verb, read by a table.
 *
 * `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`; `--` ends the options.
 * Every verb also understands `--color WHEN`, `--quiet`, `--verbose` and
 * `--help`. Whatever is not understood is said on standard error, with a
 * suggestion, and the program ends with EXIT_USAGE. */
#ifndef MOONCRON_CLI_ARGS_H
#define MOONCRON_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"

struct args_option {
    const char *name;  /* without its dashes */
    char letter;       /* of the short form; 0: none */
    const char *value; /* what --help calls its value; NULL: a flag */
    const char *help;
};

struct args_verb {
    const char *name;
    const char *about;    /* sentences for --help, ending in a newline */
    const char *operands; /* "[file]", or "" */
    const struct args_option *options;
    size_t option_count;
    unsigned operands_min, operands_max;
};

/* The longest table of a verb, with the options that all have. */
#define ARGS_OPTIONS_MAX  20
#define ARGS_OPERANDS_MAX 2

struct args {
    const struct args_verb *verb;
    const char *operands[ARGS_OPERANDS_MAX];
    unsigned operand_count;
    /* private */
    const char *values[ARGS_OPTIONS_MAX]; /* NULL: not given */
};

/* False where the verb has nothing to do: help was asked for and printed, or a
 * usage mistake was said; `ret_code` is the exit code then. */
bool args_read(struct args *args, const struct args_verb *verb, int argc,
               char **argv, int *ret_code);

/* The value of an option, "" for a flag that was given; NULL: not given. */
const char *args_value(const struct args *args, const char *name);

/* The readers below leave `ret` alone where the option was not given, and say
 * false, having said why, where its value cannot be read. */
bool args_number(const struct args *args, const char *name, double min,
                 double max, bool whole, double *ret);
bool args_duration(const struct args *args, const char *name, int64_t min_ms,
                   int64_t max_ms, int64_t *ret_ms);
/* The index in `words`. */
bool args_choice(const struct args *args, const char *name,
                 const char *const *words, size_t count, unsigned *ret);

/* Says a usage mistake of the verb; returns EXIT_USAGE. */
int args_refuse(const struct args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Colour on this descriptor? --color, then NO_COLOR, FORCE_COLOR, TERM, and
 * whether it is a terminal. */
bool args_colour(const struct args *args, int fd);

#endif
