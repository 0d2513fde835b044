/* The same schedule as other programs spell it. */
#ifndef MOONCRON_CLI_DIALECTS_H
#define MOONCRON_CLI_DIALECTS_H

#include "mooncron/cron.h"
#include "mooncron/text.h"

struct dialect {
    const char *name;
    /* One line, or several that together say it, without the last newline;
     * false, and nothing written, where it cannot be said. */
    bool (*spell)(const struct cron *cron, const char *zone, struct text *out);
    /* How the zone is told: what stands before its name, and after it; NULL
     * where the spelling has it. */
    const char *before_zone, *after_zone;
    const char *lack; /* why it cannot be said */
};

extern const struct dialect dialects[];
extern const size_t dialect_count;

#endif
