/* To blame is to note a mistake with its place and what to do about it; the
 * load goes on, so that all mistakes are told at once. */
#ifndef SCRIPT_BLAME_H
#define SCRIPT_BLAME_H

#include "loader.h"

/* What is said beside the message; any may be NULL. */
struct advice {
    const char *label, *help, *note;
};

/* The whole of a line, without a caret. */
void blame_line(struct loader *loader, const char *code, const char *file,
                uint32_t line, const struct advice *advice, const char *format,
                ...) __attribute__((format(printf, 6, 7)));

/* The whole of a line, all of it underlined. */
void blame_whole(struct loader *loader, const char *code, const char *file,
                 uint32_t line, const struct advice *advice, const char *format,
                 ...) __attribute__((format(printf, 6, 7)));

/* A spot in a call that began on `opener` (0: none to be shown); where the spot
 * was not found, the opener's line. */
void blame_spot(struct loader *loader, const char *code, const char *file,
                const struct spot *spot, uint32_t opener,
                const struct advice *advice, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* The error value on top of the stack ended the load: `status` of the door. */
void blame_error(struct loader *loader, enum vm_status status);

/* The syntax error on top of the stack. */
void blame_syntax(struct loader *loader, const char *file);

#endif
