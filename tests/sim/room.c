/* Arrays of a simulation, which grow as it goes on. */
#include "room.h"

#include "mooncron/memory.h"

void *room(void *array, uint32_t count, uint32_t *cap, size_t size)
{
    if (count < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 64;
    return memory_resize(array, *cap, size);
}
