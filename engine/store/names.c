/* Names and their numbers: an array one way, a hash table the other. */
#include "names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/digest.h"

void names_close(struct names *names)
{
    free(names->names);
    free(names->slots);
    arena_close(&names->arena);
    *names = (struct names){ 0 };
}

/* Names are of the user's own file, not of an enemy. */
static uint32_t hash(const char *name)
{
    return digest_fold(digest_bytes(DIGEST_START, name, strlen(name)));
}

/* Where `name` is, or where it would go. */
static uint32_t *place(const struct names *names, const char *name)
{
    uint32_t i = hash(name) & names->mask;
    for (; names->slots[i]; i = (i + 1) & names->mask)
        if (!strcmp(names->names[names->slots[i] - 1], name))
            break;
    return &names->slots[i];
}

static void index_all(struct names *names, uint32_t size)
{
    free(names->slots);
    names->slots = memory_new(size * sizeof *names->slots);
    names->mask = size - 1;
    for (uint32_t i = 0; i < names->count; i++)
        *place(names, names->names[i]) = i + 1;
}

uint32_t names_find(const struct names *names, const char *name)
{
    return names->slots ? *place(names, name) : 0;
}

uint32_t names_add(struct names *names, const char *name)
{
    if (names->count == names->cap) {
        names->cap = names->cap ? names->cap * 2 : 32;
        names->names =
            memory_resize(names->names, names->cap, sizeof *names->names);
        index_all(names, names->cap * 2); /* at most half full */
    }
    uint32_t *slot = place(names, name);
    assert(!*slot);
    names->names[names->count++] =
        arena_copy(&names->arena, name, strlen(name));
    *slot = names->count;
    return names->count;
}

const char *names_of(const struct names *names, uint32_t number)
{
    return number > 0 && number <= names->count ? names->names[number - 1]
                                                : "?";
}

void names_cut(struct names *names, uint32_t count)
{
    if (count >= names->count)
        return;
    names->count = count;
    index_all(names, names->mask + 1);
}
