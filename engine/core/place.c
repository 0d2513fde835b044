/* A place is where a run is kept: one after another, used again and again,
 * found by the run's id. */
#include <assert.h>

#include "machine.h"
#include "mooncron/memory.h"

/* An id is a serial number and a place: 16 million runs at once, and at 10,000
 * a second 3 years until a number comes again. */
#define PLACE_BITS 24
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

struct run *place_new(struct runs *runs)
{
    if (runs->free == NO_INDEX) {
        if (runs->count == runs->cap) {
            runs->cap = runs->cap ? runs->cap * 2 : 16;
            runs->places =
                memory_resize(runs->places, runs->cap, sizeof *runs->places);
        }
        runs->places[runs->count].next = NO_INDEX;
        runs->free = runs->count++;
    }
    uint32_t place = runs->free;
    assert(place <= PLACE_MASK);
    struct run *run = &runs->places[place];
    runs->free = run->next;
    *run = (struct run){ .id = ++runs->serial << PLACE_BITS | place,
                         .lane = NO_INDEX,
                         .group = NO_INDEX,
                         .next = NO_INDEX };
    runs->taken++;
    return run;
}

uint32_t run_place(const struct run *run)
{
    return (uint32_t)(run->id & PLACE_MASK);
}

uint32_t run_serial(const struct run *run)
{
    return (uint32_t)(run->id >> PLACE_BITS);
}

void place_free(struct runs *runs, struct run *run)
{
    uint32_t place = run_place(run);
    run->state = RUN_FREE;
    run->next = runs->free;
    runs->free = place;
    runs->taken--;
}

struct run *run_find(struct runs *runs, struct run_id id)
{
    uint64_t place = id.value & PLACE_MASK;
    if (place >= runs->count)
        return NULL;
    struct run *run = &runs->places[place];
    return run->state != RUN_FREE && run->id == id.value ? run : NULL;
}
