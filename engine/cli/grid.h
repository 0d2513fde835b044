/* A grid is a table that is measured first and printed after: the widest cell
 * of a column decides. The last column is never padded. */
#ifndef MOONCRON_CLI_GRID_H
#define MOONCRON_CLI_GRID_H

#include <stddef.h>

#include "mooncron/text.h"

struct grid {
    size_t columns;
    const char *right; /* a column whose byte is 'r' is set to the right */
    /* private */
    char **cells;
    size_t count, cap;
};

void grid_init(struct grid *grid, size_t columns, const char *right);
void grid_close(struct grid *grid);
/* Cells are added row by row, and copied. */
void grid_add(struct grid *grid, const char *cell);
void grid_print(const struct grid *grid, struct text *out);

#endif
