/* Stands in for the store until a driver is there. */
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "mooncron/store.h"

struct row {
    struct wall slot;
    uint32_t epoch;
    bool done;
};

struct store {
    struct row *rows;
    size_t count;
    uint32_t generation;
};

struct store *store_open_memory(const char *owner)
{
    (void)owner;
    return memory_new(sizeof(struct store));
}

void store_close(struct store *store, struct wall now)
{
    (void)now;
    free(store->rows);
    free(store);
}

static struct row *find(struct store *store, struct wall slot)
{
    for (size_t i = 0; i < store->count; i++)
        if (store->rows[i].slot.ms == slot.ms)
            return &store->rows[i];
    return NULL;
}

static enum entry_outcome write_one(struct store *store,
                                    const struct entry *entry)
{
    struct row *row = find(store, entry->slot);
    switch (entry->kind) {
    case ENTRY_CLAIM:
        if (row)
            return row->done ? ENTRY_TAKEN : ENTRY_DONE;
        store->rows =
            memory_resize(store->rows, store->count + 1, sizeof *store->rows);
        store->rows[store->count++] = (struct row){ entry->slot, 1, false };
        return ENTRY_DONE;
    case ENTRY_FINISH:
        if (!row)
            return ENTRY_FENCED;
        row->done = true;
        return ENTRY_DONE;
    default:
        return ENTRY_DONE;
    }
}

bool store_write(struct store *store, const struct entry *entries, size_t count,
                 enum entry_outcome *ret_outcomes, struct error *reterr)
{
    (void)reterr;
    for (size_t i = 0; i < count; i++)
        ret_outcomes[i] = write_one(store, &entries[i]);
    return true;
}

bool store_publish(struct store *store, const struct plan_note *plan,
                   struct error *reterr)
{
    if (plan->generation <= store->generation)
        error_set(reterr, "another worker published it");
    else
        store->generation = plan->generation;
    return store->generation == plan->generation && !reterr->text[0];
}

bool store_plan(struct store *store, struct plan_note *ret)
{
    *ret = (struct plan_note){ .generation = store->generation };
    return store->generation > 0;
}

bool store_history(struct store *store, const struct history_query *query,
                   history_visitor *visit, void *data, struct error *reterr)
{
    (void)query, (void)reterr;
    for (size_t i = 0; i < store->count; i++)
        if (!visit(data, &(struct history_row){ .job = "" }))
            break;
    return true;
}

int64_t store_prune(struct store *store, const struct retention *retention,
                    struct wall now, uint32_t limit, struct error *reterr);
int64_t store_prune(struct store *store, const struct retention *retention,
                    struct wall now, uint32_t limit, struct error *reterr)
{
    (void)store, (void)retention, (void)now, (void)limit, (void)reterr;
    return 0;
}
