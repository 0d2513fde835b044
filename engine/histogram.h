/* A histogram counts how long things took. Counting is a comparison or a few,
 * and allocates nothing. */
#ifndef MOONCRON_HISTOGRAM_H
#define MOONCRON_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS 12

/* Where its buckets end, ascending; 0 ends a shorter list. */
struct histogram_scale {
    int64_t bounds_us[HISTOGRAM_BOUNDS];
};

/* Embedded; zero-initialised is empty. */
struct histogram {
    uint64_t buckets[HISTOGRAM_BOUNDS + 1]; /* the last: beyond all bounds */
    uint64_t count;
    uint64_t sum_us;
};

/* Below 0 counts as 0. */
void histogram_add(struct histogram *histogram,
                   const struct histogram_scale *scale, int64_t us);

#endif
