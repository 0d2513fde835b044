/* A scribe writes samples as Prometheus reads them: its text format, 0.0.4, one
 * family after the other. */
#ifndef MOONCRON_SCRIBE_H
#define MOONCRON_SCRIBE_H

#include "histogram.h"
#include "mooncron/instant.h"
#include "mooncron/text.h"

/* Embedded. */
struct scribe {
    struct text *out;
    const char *name; /* of the family whose samples are written */
};

/* Begins a family; its name is borrowed until the next begins. */
void scribe_family(struct scribe *scribe, const char *name, const char *type,
                   const char *help);

/* One sample is begun, and then its value told. `suffix` goes behind the
 * family's name; `labels` are pairs of name and value, and one whose value is
 * NULL is left out. */
void scribe_begin(const struct scribe *scribe, const char *suffix,
                  const char *const (*labels)[2], size_t count);
/* With its pairs in place: SCRIBE(scribe, "", { "job", name }). */
#define SCRIBE(scribe, suffix, ...)                                            \
    scribe_begin(scribe, suffix, (const char *const[][2]){ __VA_ARGS__ },      \
                 sizeof((const char *const[][2]){ __VA_ARGS__ }) /             \
                     sizeof(const char *const[2]))
void scribe_number(const struct scribe *scribe, uint64_t value);
/* As seconds. */
void scribe_seconds_ms(const struct scribe *scribe, int64_t ms);
void scribe_seconds_us(const struct scribe *scribe, int64_t us);

/* The only sample of the family. Of an instant that never was there is none. */
void scribe_single(const struct scribe *scribe, uint64_t value);
void scribe_instant(const struct scribe *scribe, struct wall at);

/* A sample for each of `names`, which are values of the label. */
void scribe_each(const struct scribe *scribe, const char *label,
                 const char *const *names, const uint64_t *counts,
                 size_t count);
void scribe_histogram(const struct scribe *scribe,
                      const struct histogram *histogram,
                      const struct histogram_scale *scale);

#endif
