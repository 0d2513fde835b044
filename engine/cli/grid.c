/* Cells are strings in one long row. */
#include "grid.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

void grid_init(struct grid *grid, size_t columns, const char *right)
{
    *grid = (struct grid){ .columns = columns, .right = right };
}

void grid_close(struct grid *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i]);
    free(grid->cells);
    *grid = (struct grid){ 0 };
}

void grid_add(struct grid *grid, const char *cell)
{
    if (grid->count == grid->cap) {
        grid->cap = grid->cap ? grid->cap * 2 : 64;
        grid->cells =
            memory_resize(grid->cells, grid->cap, sizeof *grid->cells);
    }
    grid->cells[grid->count++] = memory_string(cell);
}

static size_t width_of(const char *cell)
{
    return text_columns(cell, strlen(cell));
}

static size_t widest(const struct grid *grid, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < grid->count; i += grid->columns)
        if (width_of(grid->cells[i]) > width)
            width = width_of(grid->cells[i]);
    return width;
}

/* Row `at` of the cells, up to the last that is not empty. */
static void put_row(const struct grid *grid, char *const *at,
                    const size_t *widths, struct text *out)
{
    size_t end = grid->columns;
    while (end > 0 && !*at[end - 1])
        end--;
    for (size_t column = 0; column < end; column++) {
        size_t pad = widths[column] - width_of(at[column]);
        bool right = grid->right[column] == 'r';
        text_puts(out, column ? "  " : "");
        text_fill(out, ' ', right ? pad : 0);
        text_puts(out, at[column]);
        text_fill(out, ' ', right || column + 1 == end ? 0 : pad);
    }
    text_putc(out, '\n');
}

void grid_print(const struct grid *grid, struct text *out)
{
    size_t *widths = memory_new(grid->columns * sizeof *widths);
    for (size_t column = 0; column < grid->columns; column++)
        widths[column] = widest(grid, column);
    for (size_t i = 0; i < grid->count; i += grid->columns)
        put_row(grid, &grid->cells[i], widths, out);
    free(widths);
}
