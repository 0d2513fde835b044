/* The checker reads the backend's ledger and the journal, and nothing else. */
#ifndef TESTS_CRASH_CHECKER_H
#define TESTS_CRASH_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "findings.h"

/* How often a job of this name is due. */
struct rhythm {
    const char *prefix; /* of the job's name; NULL ends a list */
    int64_t every_ms;   /* 0: its rows may lie apart */
    bool may_wait;      /* a claim without a verdict may be left at the end */
    bool again;         /* a slot may be sent more than once */
    bool may_be_away;   /* there are times in which it is in no schedule */
};

/* `calls` is what the stand-in received, `folder` has the journal of a worker
 * that has ended in good order after its last fault. */
void checker_look(const json_t *calls, const char *folder,
                  const struct rhythm *rhythms, struct findings *findings);

#endif
