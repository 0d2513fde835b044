/* Buckets are kept apart, and summed up where they are told. */
#include "histogram.h"

void histogram_add(struct histogram *histogram,
                   const struct histogram_scale *scale, int64_t us)
{
    size_t i = 0;
    if (us < 0)
        us = 0;
    while (i < HISTOGRAM_BOUNDS && scale->bounds_us[i] &&
           us > scale->bounds_us[i])
        i++;
    if (i < HISTOGRAM_BOUNDS && !scale->bounds_us[i])
        i = HISTOGRAM_BOUNDS;
    histogram->buckets[i]++;
    histogram->count++;
    histogram->sum_us += (uint64_t)us;
}
