/* Names are numbered from 1 in the order in which they came. */
#ifndef MOONCRON_STORE_NAMES_H
#define MOONCRON_STORE_NAMES_H

#include <stdint.h>

#include "mooncron/memory.h"

/* Zero-initialised is empty. */
struct names {
    uint32_t count;
    /* private */
    uint32_t cap, mask;
    const char **names; /* by number - 1; each in the arena */
    uint32_t *slots;    /* open addressing: the number, 0 where none is */
    struct arena arena;
};

void names_close(struct names *names);

/* 0: not there. */
uint32_t names_find(const struct names *names, const char *name);
/* Of one that is not there yet. */
uint32_t names_add(struct names *names, const char *name);
/* "?" of a number that was never given: rows of a file may say anything. */
const char *names_of(const struct names *names, uint32_t number);

/* Forgets all but the first `count`. */
void names_cut(struct names *names, uint32_t count);

#endif
