/* What the metrics tell of each job, and of how many there is room to tell. */
#ifndef MOONCRON_METRICS_JOBS_H
#define MOONCRON_METRICS_JOBS_H

#include "metrics_text.h"
#include "scribe.h"

/* The families of jobs, with samples of the first `count` of the view's set. */
void metrics_jobs_put(struct scribe *scribe, const struct metrics_view *view,
                      uint32_t count);

/* So many jobs, from the first on, that all of them fit into `bytes_max`,
 * beside METRICS_SUMS_BYTES. */
uint32_t metrics_jobs_fit(const struct metrics_view *view, size_t bytes_max);

#endif
