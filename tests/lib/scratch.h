/* A folder for the time of a test. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stddef.h>

#define SCRATCH_MAX 128

struct scratch {
    char path[SCRATCH_MAX];
};

void scratch_make(struct scratch *scratch);
/* With everything in it. */
void scratch_remove(struct scratch *scratch);
/* Replaces a file in one step, as editors and deployments do. */
void scratch_write(const struct scratch *scratch, const char *name,
                   const char *text);
/* "<path>/<name>"; freed by the caller. */
char *scratch_path(const struct scratch *scratch, const char *name);
/* The whole of a file, or NULL; freed by the caller. */
char *scratch_read(const struct scratch *scratch, const char *name);

#endif
