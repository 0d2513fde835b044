/* What was found to be wrong at one point. */
#ifndef TESTS_CRASH_FINDINGS_H
#define TESTS_CRASH_FINDINGS_H

#include <stdbool.h>

#include "mooncron/text.h"

struct findings {
    unsigned lost, doubled, unsound;
    unsigned calls, slots, open; /* what was looked at */
    struct text text;            /* a line each */
};

void findings_open(struct findings *findings);
void findings_close(struct findings *findings);
/* `counter` is the finding's. */
void findings_count(struct findings *findings, unsigned *counter,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What is neither lost nor doubled, and wrong. */
void findings_add(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
