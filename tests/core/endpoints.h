/* Endpoints that jobs call: each does well, does badly, or is gone. */
#ifndef TEST_CORE_ENDPOINTS_H
#define TEST_CORE_ENDPOINTS_H

#include <stdint.h>

#include "story.h"

/* The reply of an origin where nobody is there. */
#define GONE                                                                   \
    {                                                                          \
        .verdict = VERDICT_FAILED, .cause = CAUSE_NETWORK                      \
    }

/* An origin beside the one that jobs have by default. */
#define OTHER "https://other:443"

/* Which jobs do badly, by the first letters of their names; and how many calls
 * came of each. */
struct endpoints {
    const char *sick, *gone;
    uint32_t calls[256];
};

/* For the world's `reply_of`; `data` is a struct endpoints. */
struct reply endpoint(void *data, const struct action *act);
/* Begins a calm story of which the replies are those of `endpoints`. */
void endpoints_begin(struct story *story, const struct line *lines,
                     struct endpoints *endpoints);
/* How many came of the jobs of this letter since it was asked last. */
uint32_t calls(struct endpoints *endpoints, char letter);

#endif
