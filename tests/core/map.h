/* Numbers by number, for checkers that must not be slow. */
#ifndef TEST_CORE_MAP_H
#define TEST_CORE_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty; key 0 is not allowed. */
struct map {
    /* private */
    uint64_t *keys, *values;
    size_t count, size; /* size is a power of two, or 0 */
};

/* The value of `key`, made as 0 where there is none; lives until the next
 * call. */
uint64_t *map_at(struct map *map, uint64_t key);
void map_close(struct map *map);

/* A key that is never 0, of a name and a number. */
uint64_t map_key(const char *name, int64_t number);

#endif
