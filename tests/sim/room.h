/* Arrays of a simulation, which grow as it goes on. */
#ifndef TEST_SIM_ROOM_H
#define TEST_SIM_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* The array, moved where it was full, with room behind its `count` elements of
 * `size` bytes. */
void *room(void *array, uint32_t count, uint32_t *cap, size_t size);

#endif
