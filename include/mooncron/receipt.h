/* A receipt is what the daemon answers to a reload, read by who asked. */
#ifndef MOONCRON_RECEIPT_H
#define MOONCRON_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct receipt {
    uint32_t schedule, added, changed, removed, unchanged;
    double runs_per_day_before, runs_per_day;
    bool nothing_changed;
    char *message; /* what went wrong, or "" */
};

/* False where it is no JSON object; what it lacks is 0 or "". */
bool receipt_read(struct receipt *receipt, const char *json, size_t len);
void receipt_close(struct receipt *receipt);

#endif
