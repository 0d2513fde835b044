/* A cell is a play with a fault: its points, and what came of them. The last
 * one has no play of its own: its lives are killed at random. */
#ifndef TESTS_CRASH_CELLS_H
#define TESTS_CRASH_CELLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "plays.h"

struct fault {
    const char *name;
    enum deed deed;
    int error;
    unsigned classes;
    uint64_t times;
    bool kill_ill; /* once the store is seen to fail, the worker is killed */
};
#define FAULTS 11
extern const struct fault faults[FAULTS];

#define CELLS      (PLAYS * FAULTS)
#define CELL_KILLS CELLS /* the number of the last one */

struct cell {
    _Atomic uint64_t calls; /* that the fault can come to */
    uint64_t points;        /* that are tried */
    _Atomic uint64_t done, reached, lost, doubled, unsound, slots;
    _Atomic uint64_t orders, acknowledged; /* to lives that were killed */
    _Atomic int64_t took_ms;
};

const struct play *cell_play(size_t number);
const struct fault *cell_fault(size_t number);
/* As the options and the report have them; of the last one, too. */
const char *cell_play_name(size_t number);
const char *cell_fault_name(size_t number);

/* Adds what was found at one point. Where it is bad it is told on stdout, with
 * `title`, which plays it again, the `words` of the life that had the fault,
 * and whatever hung. */
void cell_add(struct cell *cell, const struct scene *scene,
              const struct findings *findings, const char *title,
              const char *words);

void cell_print(const struct cell *cells, size_t number);
/* True where points were reached, and nothing bad was found at any. */
bool cells_print_total(const struct cell *cells, int64_t took_ms);

#endif
