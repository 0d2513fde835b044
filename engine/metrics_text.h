/* The text of the metrics, as Prometheus reads it: its text format, 0.0.4.
 *
 * It is written from a view, which is plain data and may be read on any thread;
 * names of jobs are borrowed of the view's set. */
#ifndef MOONCRON_METRICS_TEXT_H
#define MOONCRON_METRICS_TEXT_H

#include "journal.h"
#include "metrics.h"
#include "mooncron/text.h"
#include "mooncron/vitals.h"
#include "traffic.h"

/* What is told of one job. */
struct metrics_row {
    struct metrics_job counted;
    struct metrics_passed passed;
    struct wall next;         /* NEVER_MS: none, or it is not scheduled */
    struct wall last_success; /* of an earlier life, too; EVER_MS: unknown */
    uint32_t going, fails;
    bool paused;
};

struct metrics_view {
    struct wall now;
    bool primary;
    const char *environment; /* in force */
    struct core_status status;
    struct metrics_sums sums;
    const struct metrics_circuit *circuits;
    size_t circuit_count;
    struct traffic_counts traffic;
    bool has_journal;
    struct journal_counts journal;
    struct vitals vitals;
    const struct jobset *set; /* NULL before the first */
    struct metrics_row *rows; /* one for each of its jobs */
};

/* Room for the sums beside the jobs. */
#define METRICS_SUMS_BYTES (256 << 10)

/* At most `bytes_max` long: jobs that do not fit, the last of the file, are
 * left out of every family, and counted in one of their own. */
void metrics_text(const struct metrics_view *view, size_t bytes_max,
                  struct text *out);

#endif
