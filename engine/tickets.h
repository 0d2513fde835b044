/* Tickets: where each run that was accepted (202) is to be asked for. */
#ifndef MOONCRON_TICKETS_H
#define MOONCRON_TICKETS_H

#include <stddef.h>

#include "mooncron/core.h"

struct ticket;

/* Embedded; zero-initialised is empty. */
struct tickets {
    /* private */
    struct ticket **buckets; /* `size` of them, a power of two */
    size_t size, count;
};
void tickets_close(struct tickets *tickets);

/* The URL is copied, in place of the run's last one. */
void tickets_put(struct tickets *tickets, struct run_id run, const char *url);
/* NULL where it has none; lives until the run's next ticket. */
const char *tickets_get(const struct tickets *tickets, struct run_id run);
void tickets_drop(struct tickets *tickets, struct run_id run); /* or none */

#endif
