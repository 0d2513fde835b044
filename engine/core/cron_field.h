/* The six fields of a cron expression, as the parser and the printer see them.
 */
#ifndef CORE_CRON_FIELD_H
#define CORE_CRON_FIELD_H

#include <stdint.h>

enum {
    CRON_SECOND,
    CRON_MINUTE,
    CRON_HOUR,
    CRON_DAY,
    CRON_MONTH,
    CRON_WEEKDAY,
    CRON_FIELDS
};

struct cron_field {
    const char *name;
    uint8_t min, max; /* what `*` stands for */
    uint8_t top;      /* the largest number that may be written: 7 is Sunday */
    uint8_t name_count;
    const char *const *names; /* the first of them stands for min */
};

extern const struct cron_field cron_fields[CRON_FIELDS];

static inline unsigned cron_field_size(const struct cron_field *field)
{
    return field->max - field->min + 1u;
}

/* The set of first, first + step, ... up to last. */
uint64_t cron_progression(unsigned first, unsigned last, unsigned step);

#endif
