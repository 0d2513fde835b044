/* An open-addressed table, at most half full, that only grows. */
#include "map.h"

#include <stdlib.h>

#include "mooncron/memory.h"

static size_t map_place(const struct map *map, uint64_t key)
{
    size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
    for (i &= map->size - 1; map->keys[i]; i = (i + 1) & (map->size - 1))
        if (map->keys[i] == key)
            break;
    return i;
}

static void map_grow(struct map *map)
{
    struct map old = *map;
    map->size = old.size ? old.size * 2 : 64;
    map->keys = memory_new(map->size * sizeof *map->keys);
    map->values = memory_new(map->size * sizeof *map->values);
    for (size_t i = 0; i < old.size; i++) {
        if (!old.keys[i])
            continue;
        size_t place = map_place(map, old.keys[i]);
        map->keys[place] = old.keys[i];
        map->values[place] = old.values[i];
    }
    free(old.keys);
    free(old.values);
}

uint64_t *map_at(struct map *map, uint64_t key)
{
    if (map->count * 2 >= map->size)
        map_grow(map);
    size_t place = map_place(map, key);
    if (!map->keys[place]) {
        map->keys[place] = key;
        map->count++;
    }
    return &map->values[place];
}

void map_close(struct map *map)
{
    free(map->keys);
    free(map->values);
    *map = (struct map){ 0 };
}

uint64_t map_key(const char *name, int64_t number)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)number;
    hash *= UINT64_C(1099511628211);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return hash | 1;
}
