/* Walks of the store in memory, over one job or all of them, a step at a time:
 * newest first for who asks, oldest first for what is old. */
#include <stdlib.h>

#include "memory_store.h"
#include "mooncron/memory.h"
#include "mooncron/mutant.h"

/* ---- shelves side by side ---- */

static int by_slot(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;
    int order = row_key_order(&(*x)->key, &(*y)->key);
    if (order)
        return order;
    return ((*x)->key.job > (*y)->key.job) - ((*x)->key.job < (*y)->key.job);
}

/* Newest slot first, and within it by kind and job. */
static int newest_first(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;
    if ((*x)->key.slot.ms != (*y)->key.slot.ms)
        return (*x)->key.slot.ms > (*y)->key.slot.ms ? -1 : 1;
    return by_slot(a, b);
}

/* Rows of several shelves become one: a heap of the next of each. */
struct merge {
    struct row **heap;
    size_t count;
    int (*order)(const void *, const void *);
};

static void merge_sink(struct merge *merge, size_t i)
{
    for (size_t k; (k = 2 * i + 1) < merge->count; i = k) {
        struct row **heap = merge->heap;
        if (k + 1 < merge->count && merge->order(&heap[k + 1], &heap[k]) < 0)
            k++;
        if (merge->order(&heap[i], &heap[k]) <= 0)
            break;
        struct row *row = heap[i];
        heap[i] = heap[k];
        heap[k] = row;
    }
}

static void merge_begin(struct merge *merge)
{
    for (size_t i = merge->count / 2; i-- > 0;)
        merge_sink(merge, i);
}

/* The row that was the first of all is followed by `next` of its shelf. */
static void merge_on(struct merge *merge, struct row *next)
{
    merge->heap[0] = next ? next : merge->heap[--merge->count];
    merge_sink(merge, 0);
}

/* ---- history ---- */

static const char *owner_of(struct memory_store *memory, uint32_t id)
{
    for (size_t i = memory->life_count; i-- > 0;)
        if (memory->lives[i].id == id)
            return memory->lives[i].told.owner;
    return "";
}

/* The first row of a shelf behind `at`, newest slot first; NULL: none that is
 * not before `from`. */
static struct row *next_told(const struct shelf *shelf, int64_t job,
                             const struct row_place *at, struct wall from)
{
    int kind = at->kind + (job <= at->job);
    struct row_key key = { .slot = at->slot,
                           .kind = (uint8_t)(kind < 0 ? 0 : kind) };
    size_t i = shelf_place(shelf, &key);
    if (i < shelf->count && shelf->rows[i].key.slot.ms == at->slot.ms)
        return &shelf->rows[i];
    key.kind = 0;
    i = shelf_place(shelf, &key);
    if (i == 0 || shelf->rows[i - 1].key.slot.ms < from.ms)
        return NULL;
    key.slot = shelf->rows[i - 1].key.slot;
    return &shelf->rows[shelf_place(shelf, &key)];
}

static void begin_walk(struct memory_store *memory, const struct row_walk *walk,
                       struct merge *merge)
{
    size_t first = walk->job ? walk->job - 1 : 0;
    size_t end = walk->job ? walk->job : memory->shelf_count;
    merge->order = newest_first;
    merge->heap = memory_new((end - first + 1) * sizeof *merge->heap);
    for (size_t k = first; k < end; k++) {
        struct row *row = next_told(&memory->shelves[k], (int64_t)k + 1,
                                    &walk->at, walk->from);
        if (row)
            merge->heap[merge->count++] = row;
    }
    merge_begin(merge);
}

/* To begin costs as much as there are shelves: then it is worth as many rows.
 */
enum answer memory_history(struct store *store, struct row_walk *walk,
                           row_visitor *visit, void *data)
{
    struct memory_store *memory = memory_of(store);
    struct merge merge = { 0 };
    begin_walk(memory, walk, &merge);
    size_t left = walk->left > merge.count ? walk->left : merge.count;
    walk->left = 0;
    bool on = true;
    while (merge.count && on && left-- > 0) {
        struct row row = *merge.heap[0];
        row.owner = owner_of(memory, row.life);
        walk->at =
            (struct row_place){ row.key.slot, row.key.kind, row.key.job };
        merge_on(&merge, next_told(memory_shelf(store, row.key.job),
                                   row.key.job, &walk->at, walk->from));
        on = visit(data, &row);
    }
    free(merge.heap);
    return merge.count || !on ? ANSWER_YES : ANSWER_NO;
}

/* By their beginnings: there is no other order here. */
enum answer memory_passes(struct store *store, struct pass_walk *walk,
                          pass_visitor *visit, void *data)
{
    const struct shelf *shelf = memory_shelf(store, walk->job);
    const struct row_key after = { .slot = walk->slot, .kind = UINT8_MAX };
    for (size_t i = shelf_place(shelf, &after); i < shelf->count; i++) {
        const struct row *row = &shelf->rows[i];
        if (row->key.slot.ms > walk->begin_max.ms)
            break;
        if (!walk->left)
            return ANSWER_YES;
        walk->left--;
        walk->slot = row->key.slot;
        if (row->key.kind == ROW_PASS && row->last.ms >= walk->from.ms)
            visit(data, &row->key);
    }
    return ANSWER_NO;
}

/* ---- retention ---- */

/* The first row of a shelf behind `at`, oldest slot first; NULL: none that is
 * before `before`. */
static struct row *next_old(const struct shelf *shelf, int64_t job,
                            const struct row_place *at, struct wall before)
{
    int kind = at->kind + (job <= at->job);
    const struct row_key key = { .slot = at->slot,
                                 .kind = (uint8_t)(kind < 0 ? 0 : kind) };
    size_t i = shelf_place(shelf, &key);
    bool there = i < shelf->count && shelf->rows[i].key.slot.ms < before.ms;
    return there ? &shelf->rows[i] : NULL;
}

static void begin_old(struct memory_store *memory, const struct old_walk *walk,
                      struct merge *merge)
{
    merge->order = by_slot;
    merge->heap = memory_new((memory->shelf_count + 1) * sizeof *merge->heap);
    for (size_t k = 0; k < memory->shelf_count; k++) {
        struct row *row = next_old(&memory->shelves[k], (int64_t)k + 1,
                                   &walk->at, walk->before);
        if (row)
            merge->heap[merge->count++] = row;
    }
    merge_begin(merge);
}

enum answer memory_old(struct store *store, struct old_walk *walk,
                       struct row_key *ret_keys, uint32_t *ret_count)
{
    struct merge merge = { 0 };
    begin_old(memory_of(store), walk, &merge);
    size_t left = walk->left > merge.count ? walk->left : merge.count;
    while (merge.count && left-- > 0 && *ret_count < walk->most) {
        const struct row *row = merge.heap[0];
        const struct shelf *shelf = memory_shelf(store, row->key.job);
        walk->at =
            (struct row_place){ row->key.slot, row->key.kind, row->key.job };
        merge_on(&merge,
                 next_old(shelf, row->key.job, &walk->at, walk->before));
        bool newest = row == &shelf->rows[shelf->count - 1];
        if ((row->state == ROW_DONE || mutant(PRUNES_OPEN)) &&
            row->ended.ms < walk->before.ms && (!newest || mutant(PRUNES_ALL)))
            ret_keys[(*ret_count)++] = row->key;
    }
    free(merge.heap);
    return merge.count ? ANSWER_YES : ANSWER_NO;
}
