/* What the files of the store in memory share. Shelves and rows are the
 * store's, and stay where they are until the next one is added. */
#ifndef MOONCRON_STORE_MEMORY_STORE_H
#define MOONCRON_STORE_MEMORY_STORE_H

#include <assert.h>

#include "driver.h"

/* What is kept of a job. */
struct shelf {
    bool has_lane, has_pause;
    struct lane lane;
    struct stored_pause pause;
    struct stored_off *offs; /* oldest first; environments are owned */
    size_t off_count, off_cap;
    struct row *rows;
    size_t count, cap;
    size_t open; /* rows without a verdict */
    bool swept;  /* by the drop that is under way */
};

struct memory_plan {
    struct plan_note plan;
    uint32_t life;
};

struct memory_lease {
    char *name;
    struct lease lease;
};

struct memory_store {
    struct store store;    /* first */
    struct shelf *shelves; /* by number of the job - 1 */
    size_t shelf_count, shelf_cap;
    struct life *lives;
    size_t life_count, life_cap;
    struct memory_plan *plans;
    size_t plan_count, plan_cap;
    struct memory_lease *leases;
    size_t lease_count, lease_cap;
    size_t rows;
    uint32_t alone_life; /* has no open rows of other lives beside it */
};

static inline struct memory_store *memory_of(struct store *store)
{
    return (struct memory_store *)store;
}

static inline struct shelf *memory_shelf(struct store *store, uint32_t job)
{
    assert(job > 0 && job <= memory_of(store)->shelf_count);
    return &memory_of(store)->shelves[job - 1];
}

/* By slot and kind. */
int row_key_order(const struct row_key *a, const struct row_key *b);
/* The first row of the shelf that is not before `key`. */
size_t shelf_place(const struct shelf *shelf, const struct row_key *key);

/* ---- walks: as the driver has them ---- */

enum answer memory_history(struct store *store, struct row_walk *walk,
                           row_visitor *visit, void *data);
enum answer memory_passes(struct store *store, struct pass_walk *walk,
                          pass_visitor *visit, void *data);
enum answer memory_old(struct store *store, struct old_walk *walk,
                       struct row_key *ret_keys, uint32_t *ret_count);

#endif
