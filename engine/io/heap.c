/* After a rest nothing of a process is near: the caches have forgotten it, and
 * in a virtual machine the tables behind its pages are gone as well. The first
 * touch of a page after a second's rest cost up to 14 us there, and a burst of
 * a thousand jobs touches some nine hundred. One of a huge page cost 0.2 us.
 *
 * The C library extends its heap with sbrk(2), and goes on from wherever
 * somebody else has moved the end to (mallopt(3), M_TOP_PAD: how much more than
 * it needs). So the end is moved to the border of a huge page, the heap is made
 * to grow once, and what it has grown by is marked before anything lies there.
 */
#include "mooncron/heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((uintptr_t)2 << 20) /* with pages of 4 KiB */

/* Blocks that are larger have pages of their own, and give them back. */
#define APART_BYTES (512 << 10)
/* What malloc asks for at least from outside its heap; it has less to give. */
#define GROWTH_BYTES (256 << 10)

static bool move_to_border(uintptr_t *ret_border)
{
    uintptr_t end = (uintptr_t)sbrk(0);
    *ret_border = (end + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    return sbrk((intptr_t)(*ret_border - end)) != (void *)-1;
}

void heap_gather(void)
{
    uintptr_t border;
    if (!move_to_border(&border))
        return;
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, APART_BYTES);
    mallopt(M_TRIM_THRESHOLD, HEAP_SMALL + HEAP_HUGE);
    mallopt(M_TOP_PAD, HEAP_SMALL + HEAP_HUGE);
    void *volatile growth = malloc(GROWTH_BYTES); /* volatile: it is made */
    free(growth);
    mallopt(M_TOP_PAD, GROWTH_BYTES);
    uintptr_t begin = border + HEAP_SMALL, end = (uintptr_t)sbrk(0);
    if (end > begin)
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}
