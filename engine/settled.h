/* What a backfill passes by: slots that the store knows as run and ok, as being
 * run, or as waiting. */
#ifndef MOONCRON_SETTLED_H
#define MOONCRON_SETTLED_H

#include "mooncron/core.h"
#include "mooncron/store.h"

struct settled {
    struct settled_slot *list; /* oldest first, when all is read; never NULL */
    uint32_t count;
    /* private */
    uint32_t cap, rows;
    struct history_query query;
    struct history_walk *walk;
    struct wall oldest;
};

/* Of the job's slots from `from` to `to`, of which nothing is read yet. The
 * name is borrowed. */
struct settled *settled_new(const char *job, struct wall from, struct wall to);
/* Reads some rows, until all are; a sentence where the store does not answer.
 */
enum history_step settled_read(struct settled *settled, struct store *store,
                               struct error *reterr);
void settled_free(struct settled *settled); /* NULL is fine */

#endif
