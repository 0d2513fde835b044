/* An agenda is a heap of what is due, earliest first. */
#include "agenda.h"

#include <assert.h>
#include <stdlib.h>

#include "mooncron/memory.h"

#define CHILDREN 4 /* shallower than two, and one cache line a level */

void agenda_close(struct agenda *agenda)
{
    free(agenda->entries);
    *agenda = (struct agenda){ 0 };
}

void agenda_clear(struct agenda *agenda)
{
    agenda->count = 0;
}

static bool before(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->id < b->id;
}

static void sift_up(struct agenda *agenda, size_t i)
{
    struct agenda_entry entry = agenda->entries[i];
    while (i > 0) {
        size_t parent = (i - 1) / CHILDREN;
        if (!before(&entry, &agenda->entries[parent]))
            break;
        agenda->entries[i] = agenda->entries[parent];
        i = parent;
    }
    agenda->entries[i] = entry;
}

static size_t least_child(const struct agenda *agenda, size_t i)
{
    size_t first = i * CHILDREN + 1;
    size_t end = first + CHILDREN;
    if (end > agenda->count)
        end = agenda->count;
    size_t least = first;
    for (size_t child = first + 1; child < end; child++)
        if (before(&agenda->entries[child], &agenda->entries[least]))
            least = child;
    return least;
}

static void sift_down(struct agenda *agenda, size_t i)
{
    struct agenda_entry entry = agenda->entries[i];
    while (i * CHILDREN + 1 < agenda->count) {
        size_t child = least_child(agenda, i);
        if (!before(&agenda->entries[child], &entry))
            break;
        agenda->entries[i] = agenda->entries[child];
        i = child;
    }
    agenda->entries[i] = entry;
}

void agenda_append(struct agenda *agenda, struct agenda_entry entry)
{
    if (agenda->count == agenda->cap) {
        agenda->cap = agenda->cap ? agenda->cap * 2 : 16;
        agenda->entries = memory_resize(agenda->entries, agenda->cap,
                                        sizeof *agenda->entries);
    }
    agenda->entries[agenda->count++] = entry;
}

void agenda_push(struct agenda *agenda, struct agenda_entry entry)
{
    agenda_append(agenda, entry);
    sift_up(agenda, agenda->count - 1);
}

void agenda_order(struct agenda *agenda)
{
    if (agenda->count < 2)
        return;
    for (size_t i = (agenda->count - 2) / CHILDREN + 1; i-- > 0;)
        sift_down(agenda, i);
}

const struct agenda_entry *agenda_first(const struct agenda *agenda)
{
    return agenda->count ? agenda->entries : NULL;
}

void agenda_pop(struct agenda *agenda)
{
    assert(agenda->count > 0);
    agenda->entries[0] = agenda->entries[--agenda->count];
    if (agenda->count)
        sift_down(agenda, 0);
}

void agenda_move_first(struct agenda *agenda, int64_t due_ms)
{
    assert(agenda->count > 0);
    agenda->entries[0].due_ms = due_ms;
    sift_down(agenda, 0);
}
