/* The cells: which faults there are, and the table of what came of them. */
#include "cells.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define STRETCH       50 /* calls that fail one after another */
#define OPENS_STRETCH 10 /* likewise; the gate rests after each of these */

#define FILES (CALL_KEEPS | CALL_READS)
#define ALL   (FILES | CALL_TALKS | CALL_OPENS)

const struct fault faults[FAULTS] = {
    { "kill", DEED_KILL, 0, ALL, 1, false },
    { "torn-write", DEED_TEAR, 0, CALL_WRITES, 1, false },
    { "ENOSPC", DEED_FAIL, ENOSPC, CALL_KEEPS, 1, false },
    { "ENOSPC-stretch", DEED_FAIL, ENOSPC, CALL_KEEPS, STRETCH, false },
    { "ENOSPC-killed", DEED_FAIL, ENOSPC, CALL_KEEPS, STRETCH, true },
    { "EIO", DEED_FAIL, EIO, FILES, 1, false },
    { "EIO-stretch", DEED_FAIL, EIO, FILES, STRETCH, false },
    { "EINTR", DEED_FAIL, EINTR, FILES | CALL_TALKS, 1, false },
    { "EINTR-stretch", DEED_FAIL, EINTR, FILES | CALL_TALKS, STRETCH, false },
    { "EMFILE", DEED_FAIL, EMFILE, CALL_OPENS, 1, false },
    { "EMFILE-stretch", DEED_FAIL, EMFILE, CALL_OPENS, OPENS_STRETCH, false },
};

const struct play *cell_play(size_t number)
{
    return &plays[number / FAULTS];
}

const struct fault *cell_fault(size_t number)
{
    return &faults[number % FAULTS];
}

const char *cell_play_name(size_t number)
{
    return number == CELL_KILLS ? "any" : cell_play(number)->name;
}

const char *cell_fault_name(size_t number)
{
    return number == CELL_KILLS ? "random-kill" : cell_fault(number)->name;
}

void cell_add(struct cell *cell, const struct scene *scene,
              const struct findings *findings, const char *title,
              const char *words)
{
    cell->lost += findings->lost;
    cell->doubled += findings->doubled;
    cell->unsound += findings->unsound;
    cell->slots += findings->slots;
    if (!findings->lost && !findings->doubled && !findings->unsound)
        return;
    printf("WRONG %s (call: %s)\n%s%s\n%s", title, scene->board->call,
           findings->text.data, words, scene->hung.data);
    fflush(stdout);
}

void cell_print(const struct cell *cells, size_t number)
{
    const struct cell *cell = &cells[number];
    printf("%-12s %-15s %5" PRIu64 " points %5" PRIu64 " lost %5" PRIu64
           " doubled %5" PRIu64 " unsound %7.1f s\n",
           cell_play_name(number), cell_fault_name(number), cell->reached,
           cell->lost, cell->doubled, cell->unsound,
           (double)cell->took_ms / 1000);
    fflush(stdout);
}

bool cells_print_total(const struct cell *cells, int64_t took_ms)
{
    uint64_t points = 0, lost = 0, doubled = 0, unsound = 0, slots = 0;
    const struct cell *kills = &cells[CELL_KILLS];
    for (size_t i = 0; i <= CELLS; i++) {
        const struct cell *cell = &cells[i];
        points += cell->reached;
        lost += cell->lost;
        doubled += cell->doubled;
        unsound += cell->unsound;
        slots += cell->slots;
    }
    if (kills->orders)
        printf("%" PRIu64 " orders to lives that were killed, %" PRIu64
               " acknowledged\n",
               kills->orders, kills->acknowledged);
    printf("%" PRIu64 " points, %" PRIu64 " lost, %" PRIu64 " doubled, %s"
           " (%" PRIu64 " rows looked at, %.0f s)\n",
           points, lost, doubled, unsound ? "UNSOUND" : "integrity ok", slots,
           (double)took_ms / 1000);
    return points && !lost && !doubled && !unsound;
}
