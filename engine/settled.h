/* What a backfill passes by: slots that the store knows as run and ok, as being
 * run, or as waiting. */
#ifndef MOONCRON_SETTLED_H
#define MOONCRON_SETTLED_H

#include "mooncron/core.h"
#include "mooncron/store.h"

struct settled {
    struct settled_slot *list; /* oldest first when all is read; never NULL */
    uint32_t count;
    /* private */
    uint32_t cap;
    struct history_query query; /* the page that is read */
    struct history_walk *walk;
    uint32_t rows, pages; /* rows of this page; pages begun */
    struct wall oldest;
};

/* Of the job's slots from `from` to `to`; the name is borrowed. */
struct settled *settled_new(const char *job, struct wall from, struct wall to);
void settled_free(struct settled *settled); /* NULL is fine */
/* Reads some rows, until all are; a sentence where the store does not answer.
 */
enum history_step settled_read(struct settled *settled, struct store *store,
                               struct error *reterr);

#endif
