/* Memory that is there, or the end of the process with the size. */
#include "mooncron/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(size_t bytes)
{
    fprintf(stderr, "mooncron: out of memory: no %zu bytes to be had\n", bytes);
    abort();
}

void *memory_new(size_t bytes)
{
    void *fresh = calloc(1, bytes ? bytes : 1);
    if (!fresh)
        out_of_memory(bytes);
    return fresh;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        out_of_memory(SIZE_MAX);
    size_t bytes = count * size;
    void *fresh = realloc(old, bytes ? bytes : 1);
    if (!fresh)
        out_of_memory(bytes);
    return fresh;
}

char *memory_copy(const char *bytes, size_t len)
{
    char *copy = memory_resize(NULL, len + 1, 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *memory_string(const char *string)
{
    return memory_copy(string, strlen(string));
}

/* Blocks grow with the arena, so that a small jobset stays small and a large
 * one does not cost a call for each name. */
#define ARENA_BLOCK_MIN 1024
#define ARENA_BLOCK_MAX (1 << 20)

struct arena_block {
    struct arena_block *next;
    max_align_t data[];
};

static void arena_grow(struct arena *arena, size_t bytes)
{
    size_t size = arena->cap ? arena->cap * 2 : ARENA_BLOCK_MIN;
    if (size > ARENA_BLOCK_MAX)
        size = ARENA_BLOCK_MAX;
    if (size < bytes)
        size = bytes;
    struct arena_block *block = memory_new(sizeof *block + size);
    block->next = arena->head;
    arena->head = block;
    arena->used = 0;
    arena->cap = size;
    arena->bytes += sizeof *block + size;
}

static void *arena_take(struct arena *arena, size_t bytes, size_t align)
{
    size_t at = (arena->used + align - 1) / align * align;
    if (!arena->head || at > arena->cap || arena->cap - at < bytes) {
        arena_grow(arena, bytes);
        at = 0;
    }
    arena->used = at + bytes;
    return (char *)arena->head->data + at;
}

void *arena_new(struct arena *arena, size_t bytes)
{
    return arena_take(arena, bytes, _Alignof(max_align_t));
}

const char *arena_copy(struct arena *arena, const char *bytes, size_t len)
{
    if (len == 0)
        return "";
    char *copy = arena_take(arena, len + 1, 1);
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->bytes;
}

static void blocks_free(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_clear(struct arena *arena)
{
    struct arena_block *kept = arena->head;
    if (!kept)
        return;
    blocks_free(kept->next);
    kept->next = NULL;
    memset(kept->data, 0, arena->used);
    arena->used = 0;
    arena->bytes = sizeof *kept + arena->cap;
}

void arena_close(struct arena *arena)
{
    blocks_free(arena->head);
    *arena = (struct arena){ 0 };
}
