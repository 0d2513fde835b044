/* The text of the files that were loaded, and where in it things stand.
 *
 * Used only once something is wrong: from the line of a call the text is read
 * again, token by token, for the place of an option, its value, or an element
 * of its list. What was computed is not found, and then the line has to do. */
#ifndef SCRIPT_SOURCE_H
#define SCRIPT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCES_MAX      256        /* files of one load */
#define SOURCE_BYTES_MAX (16 << 20) /* some 100,000 jobs, written out */

struct source {
    char *path; /* as the user named it */
    char *text; /* NUL-terminated */
    size_t len;
};

struct sources {
    struct source items[SOURCES_MAX];
    size_t count;
};

/* Takes `text` over. NULL where there are too many. */
struct source *sources_add(struct sources *sources, const char *path,
                           char *text, size_t len);
const struct source *sources_find(const struct sources *sources,
                                  const char *path);
void sources_close(struct sources *sources);

/* Line 1 is the first; "" and 0 where there is none. Without its newline. */
const char *source_line(const struct source *source, uint32_t line,
                        size_t *ret_len);

/* A place in a line; column 0: not found. Columns are bytes from 1, `width` is
 * at most what is left of the line. */
struct spot {
    uint32_t line, column, width;
};

/* A call such as `job "name" { ... }` that begins on `line`. */
struct call_site {
    const struct source *source;
    uint32_t line;
    const char *function; /* "job" */
    const char *name;     /* of its first argument, or NULL */
};

enum spot_of { SPOT_KEY, SPOT_VALUE };

/* Of the option `key`, or of a field of it, "option.field"; for a value, of its
 * `element`th element (from 1) where that is not 0. A field of a table that
 * stands elsewhere is where the option names that table. */
struct spot source_option(const struct call_site *site, const char *key,
                          enum spot_of what, uint32_t element);

/* Of a name that stands alone on `line`; `after` (or NULL) is what stands
 * before it with a dot: "settings" for settings.name. */
struct spot source_name(const struct source *source, uint32_t line,
                        const char *name, const char *after);

/* Of the first `text` in `line`. */
struct spot source_text(const struct source *source, uint32_t line,
                        const char *text);

#endif
