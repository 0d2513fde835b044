/* Rows come newest first, and no more than a page of them in one walk: among
 * them are slots that were passed over, runs by hand, and slots of schedules
 * that are no more. */
#include "settled.h"

#include <stdlib.h>

#include "mooncron/memory.h"

/* As in store_write(): what failed, is unknown, or was never begun may be run
 * again. */
static bool is_settled(const struct history_row *row)
{
    if (row->count > 0 || row->manual)
        return false;
    return !row->done || row->verdict == VERDICT_OK;
}

static void add(struct settled *settled, const struct history_row *row)
{
    if (settled->count == settled->cap) {
        settled->cap *= 2;
        settled->list =
            memory_resize(settled->list, settled->cap, sizeof *settled->list);
    }
    settled->list[settled->count++] =
        (struct settled_slot){ row->slot, !row->done };
}

static bool on_row(void *data, const struct history_row *row)
{
    struct settled *settled = data;
    settled->rows++;
    settled->oldest = row->slot;
    if (is_settled(row))
        add(settled, row);
    return true;
}

struct settled *settled_new(const char *job, struct wall from, struct wall to)
{
    struct settled *settled = memory_new(sizeof *settled);
    settled->cap = 64;
    settled->list = memory_new(settled->cap * sizeof *settled->list);
    settled->query = (struct history_query){
        .job = job, .from = from, .to = to, .limit = HISTORY_ROWS_MAX
    };
    settled->walk = history_new(&settled->query);
    return settled;
}

/* The walk goes on where a page of it has ended. */
static void turn_page(struct settled *settled)
{
    history_free(settled->walk);
    settled->query.to.ms = settled->oldest.ms - 1;
    settled->rows = 0;
    settled->walk = history_new(&settled->query);
}

static void turn_round(struct settled *settled)
{
    for (uint32_t i = 0, k = settled->count; i + 1 < k; i++) {
        struct settled_slot slot = settled->list[i];
        settled->list[i] = settled->list[--k];
        settled->list[k] = slot;
    }
}

enum history_step settled_read(struct settled *settled, struct store *store,
                               struct error *reterr)
{
    enum history_step step =
        history_step(store, settled->walk, on_row, settled, reterr);
    if (step != HISTORY_OVER)
        return step;
    if (settled->rows == HISTORY_ROWS_MAX) {
        turn_page(settled);
        return HISTORY_GOES_ON;
    }
    turn_round(settled);
    return HISTORY_OVER;
}

void settled_free(struct settled *settled)
{
    if (!settled)
        return;
    history_free(settled->walk);
    free(settled->list);
    free(settled);
}
