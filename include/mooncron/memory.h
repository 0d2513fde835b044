/* Memory that is there: allocation in C either succeeds or ends the process
 * with the size that could not be had. (Out of memory inside a script is that
 * script's error and never comes here.) */
#ifndef MOONCRON_MEMORY_H
#define MOONCRON_MEMORY_H

#include <stddef.h>

/* Zeroed. Never NULL; `bytes` may be 0. Released with free(). */
void *memory_new(size_t bytes);

/* `count * size` bytes, checked for overflow; the old content is kept, what is
 * new is not zeroed. Never NULL. */
void *memory_resize(void *old, size_t count, size_t size);

/* A copy of `len` bytes with a NUL after them. Never NULL. */
char *memory_copy(const char *bytes, size_t len);
/* The same of a string. */
char *memory_string(const char *string);

/* Many small pieces that live and die together.
 * Embedded; zero-initialised is empty. */
struct arena {
    /* private */
    struct arena_block *head;
    size_t used, cap, bytes;
};

/* `bytes` zeroed bytes, aligned for any type, until arena_close(). */
void *arena_new(struct arena *arena, size_t bytes);

/* A copy of `len` bytes with a NUL after them; not aligned, not padded. */
const char *arena_copy(struct arena *arena, const char *bytes, size_t len);

/* How many bytes the arena holds from the system. */
size_t arena_bytes(const struct arena *arena);

/* Empties it. Its newest block stays, so that an arena that is filled over and
 * over soon asks the system for nothing. */
void arena_clear(struct arena *arena);

void arena_close(struct arena *arena);

#endif
