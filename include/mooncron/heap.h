/* The heap of a process that sleeps most of the time and then has to be quick.
 */
#ifndef MOONCRON_HEAP_H
#define MOONCRON_HEAP_H

/* What lies beyond the first HEAP_SMALL bytes of the heap is of huge pages from
 * now on, where the kernel gives them to who asks (madvise(2),
 * MADV_HUGEPAGE), up to HEAP_HUGE bytes; a small schedule needs none of it. All
 * threads allocate in this one heap. To be called once, by a process that has
 * one thread. Where it cannot be done all is as it was. */
#define HEAP_SMALL (2 << 20)
#define HEAP_HUGE  (8 << 20)
void heap_gather(void);

#endif
