/* A list without an order: the last takes the place of one that is over. */
#include "errands.h"

#include <stdlib.h>

#include "mooncron/memory.h"

void errands_close(struct errands *errands)
{
    free(errands->list);
}

struct errand *errands_find(const struct errands *errands, uint64_t run)
{
    for (uint32_t i = 0; i < errands->count; i++)
        if (errands->list[i].note.run.value == run)
            return &errands->list[i];
    return NULL;
}

struct errand *errands_live(const struct errands *errands, uint64_t run)
{
    struct errand *errand = errands_find(errands, run);
    return errand && !errand->cancelled ? errand : NULL;
}

void errands_turn(struct errands *errands, struct errand *errand, bool owes)
{
    if (errand->owes == owes)
        return;
    errand->owes = owes;
    errand->since = errands->turns++;
    errands->owed += owes ? 1 : UINT32_MAX;
}

void errands_add(struct errands *errands, const struct run_note *note)
{
    if (errands->count == errands->cap) {
        errands->cap = errands->cap ? errands->cap * 2 : 8;
        errands->list =
            memory_resize(errands->list, errands->cap, sizeof *errands->list);
    }
    struct errand *errand = &errands->list[errands->count++];
    *errand = (struct errand){ .note = *note };
    errands_turn(errands, errand, true);
}

void errands_remove(struct errands *errands, struct errand *errand)
{
    errands_turn(errands, errand, false);
    *errand = errands->list[--errands->count];
}

uint64_t errands_at_work(const struct errands *errands)
{
    const struct errand *oldest = NULL;
    for (uint32_t i = 0; i < errands->count; i++)
        if (errands->list[i].owes &&
            (!oldest || errands->list[i].since < oldest->since))
            oldest = &errands->list[i];
    return oldest ? oldest->note.run.value : 0;
}
