/* A mistake in a schedule file: what is wrong, where, and what to do.
 *
 * Found by the script host, carried to whoever asked for the load, rendered
 * once, with a caret under the place. Codes: E1xx keep the file from being
 * loaded, W2xx are warnings of `plan`, R3xx happen at run time. */
#ifndef MOONCRON_MISTAKE_H
#define MOONCRON_MISTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/text.h"

/* Most that one load reports: past this, the rest is only counted. */
#define MISTAKES_MAX 200

/* Strings are owned by whoever owns the struct; none is NULL, "" is absent. */
struct mistake {
    const char *code;    /* "E110" */
    const char *message; /* without code and place */
    const char *file;
    uint32_t line;        /* 1-based; 0: no place is known */
    uint32_t column;      /* 1-based, in bytes; 0: the whole line */
    uint32_t width;       /* columns under the caret line; 0: no caret line */
    uint32_t opener_line; /* a line above, shown for context; 0: none */
    const char *source;   /* text of `line` */
    const char *opener;   /* text of `opener_line` */
    const char *label;    /* after the carets: did you mean ... */
    const char *help;     /* one or more lines, each "= help: " */
    const char *note;     /* likewise "= note: " */
};

/* The whole block, as `check` prints it, ending in a newline:
 *
 *   error[E110]: `every = 1440` has no unit in job "feed-flush"
 *     --> scripts/broken.lua:6:11
 *     |
 *   6 |   every = 1440,
 *     |           ^^^^ 1440 what?
 *     = help: write "1440m" (= 1d) for minutes
 */
void mistake_render(const struct mistake *mistake, bool colour,
                    struct text *text);

/* The same in one line, for logs: "E110 scripts/broken.lua:6:11: `every ...".
 */
void mistake_line(const struct mistake *mistake, struct text *text);

/* What a code means, at length (`mooncron explain E110`); NULL if unknown.
 * `ret_title` gets the short form. */
const char *mistake_explain(const char *code, const char **ret_title);

/* A list of copies. Zero-initialised is empty. */
struct mistakes {
    struct mistake *items;
    uint32_t count;
    uint32_t total; /* with those past MISTAKES_MAX */
};
void mistakes_add(struct mistakes *list, const struct mistake *mistake);
/* By file, line and column; equal ones stay in their order. */
void mistakes_sort(struct mistakes *list);
void mistakes_clear(struct mistakes *list);

#endif
