/* The board: the Settings that the stand-in keeps. */
#ifndef DEMO_BOARD_H
#define DEMO_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "mooncron/error.h"

struct board;

/* Settings as a reader sees them. */
struct board_view {
    char *json; /* the reader's to free */
    char version[24];
    char etag[32];
};

struct board *board_new(bool enable_jobs, const char *environment);
void board_free(struct board *board); /* NULL is fine */

/* What a reader sees now. */
void board_read(struct board *board, struct board_view *ret);

/* A change that was accepted and that no reader sees yet: its values, and the
 * whole of Settings as it will be. Changes have times of their own, so of any
 * two one is the newer. */
struct board_change {
    json_t *values;
    json_t *settings; /* with `updatedAt` */
};

/* Checks `values`, an object, over what readers see. False and a sentence
 * where a field that the worker reads has a wrong type. */
bool board_propose(struct board *board, json_t *values,
                   struct board_change *ret, struct error *reterr);
/* Now readers see it. */
void board_commit(struct board *board, const struct board_change *change);
void board_change_close(struct board_change *change);

#endif
